"""The script that collects the plain facts of one Coupa page, run in that page. Never changes it, never waits.

One script, because each driver call costs a round trip and the page may change between two of them. Texts are cut
short: facts go into logs' evidence and through the driver, and no marker stands far down. It goes by structure, not by
words: tenants have Coupa in every language.
"""

from __future__ import annotations

from pytest_edgepool.portals.coupa_script_files import FILES
from pytest_edgepool.portals.coupa_script_rest import REST

_TOOLS = r"""
const flat = (text, most) => (text || '').replace(/\s+/g, ' ').trim().slice(0, most || 300);
const all = (selector) => Array.from(document.querySelectorAll(selector)).slice(0, 5000);
const isShown = (element) => element.getClientRects().length > 0;
const countShown = (selector) => all(selector).filter(isShown).length;
const texts = (selector) => all(selector).filter(isShown).map((element) => flat(element.textContent)).filter(Boolean);
const absolute = (value, base) => {
  if (!value) { return ''; }  // a missing one would read "null", an empty one is the page itself
  try {
    const url = new URL(value, base);
    return ['http:', 'https:'].includes(url.protocol) ? url.href : '';
  } catch (error) {
    return '';
  }
};
const ATTACHED = ':is([class*="attachment" i], [id*="attachment" i]):not(html, body, form)';
const selectorOf = (element) => {
  const steps = [];
  for (let one = element; one && one.nodeType === 1; one = one.parentElement) {
    const byId = one.id && '#' + CSS.escape(one.id);
    if (byId && document.querySelectorAll(byId).length === 1) { steps.unshift(byId); break; }
    const siblings = one.parentElement ? Array.from(one.parentElement.children) : [one];
    const alike = siblings.filter((each) => each.localName === one.localName);
    steps.unshift(`${CSS.escape(one.localName)}:nth-of-type(${alike.indexOf(one) + 1})`);
  }
  return steps.join(' > ');
};
// What is the site's and not the page's: its links and classes are on every page, also on those of errors.
const isOfSite = (element) => {
  if (element.closest('nav, [role="navigation"], [role="banner"], aside, footer')) { return true; }
  const header = element.closest('header');
  return element.matches('html, body') || Boolean(header && !header.closest('main, article, section'));
};
// What sends, removes or asks "are you sure" is never pressed, and what it leads to is never fetched.
const HARMS = /remove|delete|destroy|trash|cancel|(?:^|[-_\s])close(?:[-_\s]|$)/i;
const classOf = (element) => element.getAttribute('class') || '';
const isDeed = (element) => element.matches('[data-method]:not([data-method="get" i]), [data-confirm]')
  || (!element.matches('.attachment-file') && HARMS.test(classOf(element)));
const isHarmful = (element) => isDeed(element) || element.matches('[type="submit" i], [data-remote]')
  || Array.from(element.querySelectorAll('[class]')).some((each) => HARMS.test(classOf(each)));
"""

_ANSWER = r"""
const frame = [document.documentElement, document.body, ...all('main, [role="main"]')];
const navigation = performance.getEntriesByType('navigation')[0];
const orders = [
  '[id*="order_header" i]', '[class*="order_header" i]', '[class*="orderHeader" i]', 'form[action*="/order_headers/"]',
  `a[href^="${CSS.escape(location.pathname)}/"]`,
].join(',');
const ownText = () => {
  const root = document.querySelector('main, [role="main"]') || document.body;
  const walker = root && document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let size = 0; walker && size < 4000 && walker.nextNode();) {
    const text = flat(walker.currentNode.data), parent = walker.currentNode.parentElement;
    if (text && !parent.matches('script, style, template') && isShown(parent)
      && (parent === root || !isOfSite(parent))) { found.push(text); size += text.length; }
  }
  return found.join(' ');
};
const links = Array.from(document.links).slice(0, 300).filter((link) => /\d/.test(link.pathname + link.search));
const isRecent = (link) => link.closest('[class*="recent" i], [id*="recent" i]') !== null;
return {
  url: location.href,
  title: flat(document.title),
  status: navigation ? navigation.responseStatus : 0,
  isBusy: document.readyState === 'loading' || frame.some((one) => one && one.getAttribute('aria-busy') === 'true'),
  isFilling: all(BUSY).some((mark) => isNear(mark) && isSeen(mark)),
  isOpening: isOpening,
  isCut: offered.length > MOST || sections.length > MOST_SECTIONS,
  underway: underway,
  failed: failed,
  headings: texts('h1'),
  errors: texts('.flash_error, .flash-error, #error_explanation'),
  body: document.body ? flat(document.body.innerText, 4000) : '',
  ownText: flat(ownText(), 4000),
  passwordFields: countShown('input[type="password"]'),
  nameFields: countShown([
    'input[type="email"]', 'input[autocomplete~="username"]', 'input[name*="login" i]', 'input[name*="user" i]',
  ].join(',')),
  signOutLinks: all('a[href*="/sessions/destroy"], a[href*="logout" i], a[href*="sign_out" i]').length,
  orderMarks: all(orders).filter((one) => !isOfSite(one)).length,
  links: links.slice(0, 60).map((link) => absolute(link.href, link.baseURI)),
  suppliers: all('a[href*="/suppliers/show/"]').filter((link) => !isOfSite(link)).map((link) => ({
    title: flat(link.getAttribute('title')), text: flat(link.textContent),
  })),
  requisitions: all('a[href*="/requisition_headers/"]').filter((link) => !isOfSite(link) && !isRecent(link))
    .map((link) => absolute(link.href, link.baseURI)),
  sections: sections.slice(0, MOST_SECTIONS).map(selectorOf),
  candidates: candidates,
};
"""

SCRIPT = _TOOLS + FILES + REST + _ANSWER
