"""The script that collects the plain facts of one Coupa page, run in that page. Never changes it, never waits.

One script, because each driver call costs a round trip and the page may change between two of them. Texts are cut
short: facts go into logs' evidence and through the driver, and no marker stands far down. It goes by structure, not by
words: tenants have Coupa in every language.
"""

from __future__ import annotations

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
const ATTACHED = '[class*="attachment" i], [id*="attachment" i]';
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
"""

# Where attachments are: in the page and in frames of the same site. A widget's address may stand on what it is in.
_CANDIDATES = r"""
const frames = all('iframe, frame').map((frame) => {
  try { return frame.contentDocument; } catch (error) { return null; }  // another site's
});
const documents = [document, ...frames.filter((each) => each && each.body)];
const everywhere = (selector) => documents.flatMap((one) => Array.from(one.querySelectorAll(selector))).slice(0, 5000);
const FILE_NAME = /\.[A-Za-z0-9]{1,8}(?![A-Za-z0-9])/;
const CLIMB = 4;
const isScripted = (value) => value.startsWith('#') || /^javascript:\s*(void\s*\(?\s*0?\s*\)?)?[;\s]*$/i.test(value);
const GIVES = '[data-url], [data-download-url], [data-href], [href], [onclick]';
const givenBy = (element) => {
  if (!element.matches(GIVES)) { return []; }
  const names = ['data-url', 'data-download-url', 'data-href', 'href'];
  const given = names.map((name) => (element.getAttribute(name) || '').trim());
  const quoted = Array.from((element.getAttribute('onclick') || '').matchAll(/['"]([^'"\s]+)/g), (one) => one[1]);
  const called = quoted.find((one) => /^[a-z][a-z0-9+.-]*:/i.test(one)) || quoted.find((one) => one.startsWith('/'));
  return [...given, called || ''].filter((value) => value && !isScripted(value));
};
const addressOf = (element) => givenBy(element).map((value) => absolute(value, element.baseURI)).find(Boolean) || '';
const isNamed = (element) => element.matches('.attachment-file') || FILE_NAME.test(
  ['aria-label', 'title', 'download'].map((name) => element.getAttribute(name) || '').join(' '));
const labelled = (element) => [element, ...element.querySelectorAll('[title], [aria-label]')];
const candidate = (element, url, press) => ({
  url: url,
  press: press || '',
  isMarked: element.closest('.attachment-file') !== null,
  isAmong: element.closest(ATTACHED + ', [data-download-url]') !== null,
  isNamed: isNamed(element),
  labels: labelled(element).map((one) => flat(one.getAttribute('aria-label'))),
  titles: [flat(element.getAttribute('download')), ...labelled(element).map((one) => flat(one.getAttribute('title')))],
  text: flat(element.textContent),
});
const climbed = (element) => {
  let one = element.parentElement;
  for (let step = 0; one && step < CLIMB; step += 1, one = one.parentElement) {
    if (givenBy(one).length) { return addressOf(one); }
  }
  return null;
};
const REMOVES = '[data-method], [data-confirm], [class*="remove" i], [class*="delete" i], [type="submit"]';
const BUTTON = '[role="button"], [role="link"], button, a, [onclick], [tabindex]';
const pressable = (element) => {
  if (!element.matches('.attachment-file') || element.ownerDocument !== document) { return null; }
  const parts = [element, ...element.querySelectorAll('*')];
  if (parts.some((one) => givenBy(one).length) || element.querySelector('.attachment-file')) { return null; }
  const named = (one) => labelled(one).some((each) => each.getAttribute('aria-label') || each.getAttribute('title'))
    || FILE_NAME.test(one.textContent);
  return parts.find((one) => one.matches(BUTTON) && !one.matches(REMOVES) && named(one)) || null;
};
const mayCount = (element, url) => url
  && (/attachment/i.test(url) || element.closest(ATTACHED + ', [data-download-url]') !== null);
const found = (element) => {
  if (givenBy(element).length) {
    const url = addressOf(element);
    return mayCount(element, url) ? candidate(element, url) : null;
  }
  if (!isNamed(element)) { return null; }
  const above = climbed(element);
  if (above !== null) { return mayCount(element, above) ? candidate(element, above) : null; }
  const button = pressable(element);
  return button && candidate(button, '', selectorOf(button));
};
const offered = everywhere([
  '[data-url]', '[data-download-url]', '[data-href]', 'a[href*="attachment" i]', 'a[download]', '.attachment-file',
  '[role="button"][onclick]', 'button[onclick]', 'a[onclick]', '[aria-label*="."]', '[title*="."]',
].join(','));
"""

# What is still to come: parts that say so where attachments are, tabs whose panel nobody has filled yet, requests.
_TO_COME = r"""
const isNear = (mark) => mark.closest(ATTACHED) !== null || mark.querySelector(ATTACHED) !== null;
const BUSY = '[aria-busy="true"], .loading, .spinner, .loader, [class*="spinner" i], [role="progressbar"]';
const HOLDS = 'a, img, input, button, [data-url], [role="button"]';
const isSeen = (mark) => mark.checkVisibility({checkVisibilityCSS: true, checkOpacity: true});
const isBlank = (part) => !flat(part.textContent) && !part.querySelector(HOLDS);
const BOX = 'div, section, ul, ol, dl, table, tbody';
const isUnfilled = (panel) => isBlank(panel) || panel.matches('[aria-busy="true"]')
  || Array.from(panel.querySelectorAll(ATTACHED)).some((one) => one.matches(BOX) && isBlank(one));
const isOff = (tab) => tab.matches('[aria-selected="true"], [aria-disabled="true"], [disabled], .active');
const panelOf = (tab) => {
  const href = tab.getAttribute('href') || '';
  const named = (tab.getAttribute('aria-controls') || tab.getAttribute('data-target')
    || tab.getAttribute('data-bs-target') || (href.startsWith('#') ? href : '')).replace(/^#/, '');
  if (!named) { return href && !isScripted(href) ? undefined : null; }  // undefined: it leads to another page
  return document.getElementById(named);
};
const isSection = (tab) => {
  const panel = panelOf(tab);
  return panel !== undefined && !isOff(tab) && isShown(tab) && (panel === null || isUnfilled(panel));
};
const isFold = (fold) => {
  const panel = panelOf(fold);
  return Boolean(panel) && isUnfilled(panel) && (panel.matches(ATTACHED) || panel.querySelector(ATTACHED) !== null);
};
const sections = [
  ...all('[role="tab"], a[data-toggle="tab"], a[data-bs-toggle="tab"]').filter(isSection),
  ...all('[aria-expanded="false"][aria-controls]:not([aria-haspopup])').filter(isFold),
].slice(0, 12);
const told = window[Symbol.for('edgepool.underway')];
const underway = told ? Array.from(told()).map((each) => flat(String(each))).slice(0, 20) : [];
const justNow = performance.now() - 100;
const hasJustEnded = performance.getEntriesByType('resource').slice(-50).some(
  (each) => ['fetch', 'xmlhttprequest'].includes(each.initiatorType) && each.responseEnd > justNow);
if (hasJustEnded) { underway.push('what a request has just brought'); }
if (document.readyState === 'interactive') { underway.push('the rest of the page'); }
"""

_ANSWER = r"""
const frame = [document.documentElement, document.body, ...all('main, [role="main"]')];
const navigation = performance.getEntriesByType('navigation')[0];
const orders = [
  '[id*="order_header" i]', '[class*="order_header" i]', '[class*="orderHeader" i]', 'form[action*="/order_headers/"]',
  `a[href^="${CSS.escape(location.pathname)}/"]`,
].join(',');
return {
  url: location.href,
  title: flat(document.title),
  status: navigation ? navigation.responseStatus : 0,
  isBusy: document.readyState === 'loading' || frame.some((one) => one && one.getAttribute('aria-busy') === 'true'),
  isFilling: all(BUSY).some((mark) => isNear(mark) && isSeen(mark)),
  underway: underway,
  headings: texts('h1'),
  errors: texts('.flash_error, .flash-error, #error_explanation'),
  body: document.body ? flat(document.body.innerText, 4000) : '',
  passwordFields: countShown('input[type="password"]'),
  nameFields: countShown([
    'input[type="email"]', 'input[autocomplete~="username"]', 'input[name*="login" i]', 'input[name*="user" i]',
  ].join(',')),
  signOutLinks: all('a[href*="/sessions/destroy"], a[href*="logout" i], a[href*="sign_out" i]').length,
  orderMarks: all(orders).length,
  suppliers: all('a[href*="/suppliers/show/"]').map((link) => ({
    title: flat(link.getAttribute('title')), text: flat(link.textContent),
  })),
  requisitions: all('a[href*="/requisition_headers/"]').map((link) => absolute(link.href, link.baseURI)),
  sections: sections.map(selectorOf),
  candidates: offered.map(found).filter(Boolean),
};
"""

SCRIPT = _TOOLS + _CANDIDATES + _TO_COME + _ANSWER
