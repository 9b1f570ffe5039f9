"""The part of the page's script that says what is still to come, and what did not. Never opens a tab.

To come: parts that say so where attachments are, tabs whose panel nobody has filled yet, requests under way. What did
not come: requests that failed while the part that they were to fill stayed empty.
"""

from __future__ import annotations

REST = r"""
const isNear = (mark) => mark.closest(ATTACHED) !== null || mark.querySelector(ATTACHED) !== null;
const BUSY = '[aria-busy="true"], .loading, .spinner, .loader, [class*="spinner" i], [role="progressbar"]';
const HOLDS = 'a, img, input, button, [data-url], [role="button"]';
const isSeen = (mark) => mark.checkVisibility({checkVisibilityCSS: true, checkOpacity: true});
const isBlank = (part) => !flat(part.textContent) && !part.querySelector(HOLDS);
const BOX = 'div, section, ul, ol, dl, table, tbody';
const MOST_SECTIONS = 12;
const saysWait = (panel) => {
  const text = flat(panel.textContent, 60);
  return text.length < 40 && /(?:\.\.\.|\u2026)$/.test(text) && !panel.querySelector(HOLDS);
};
const isUnfilled = (panel) => isBlank(panel) || panel.matches('[aria-busy="true"]') || saysWait(panel)
  || Array.from(panel.querySelectorAll(BUSY)).some((one) => getComputedStyle(one).display !== 'none')
  || Array.from(panel.querySelectorAll('tbody')).some((one) => !one.children.length)
  || Array.from(panel.querySelectorAll(ATTACHED)).some((one) => one.matches(BOX) && isBlank(one));
const isOff = (tab) => tab.matches('[aria-selected="true"], [aria-disabled="true"], [disabled], .active');
const panelOf = (tab) => {
  const href = tab.getAttribute('href') || '';
  if (href && !isScripted(href)) { return null; }  // it leads to another page
  const named = (tab.getAttribute('aria-controls') || tab.getAttribute('data-target')
    || tab.getAttribute('data-bs-target') || href).replace(/^#/, '');
  return named && !isScripted(named) ? document.getElementById(named) : null;
};
const opened = Array.from(window[Symbol.for('edgepool.opened')] || []).map(panelOf).filter(Boolean);
const mayBeOpened = (tab, panel) => Boolean(panel) && !opened.includes(panel) && !isHarmful(tab)
  && !(tab.form && tab.type !== 'button') && isUnfilled(panel);
const isSection = (tab) => !isOff(tab) && isShown(tab) && mayBeOpened(tab, panelOf(tab));
const ADDS = /(?:^|[-_\s])(?:new|add|upload|form|edit)(?:[-_\s]|$)/i;
const isFold = (fold) => {
  const panel = panelOf(fold);
  return !fold.form && mayBeOpened(fold, panel) && !panel.matches('form') && !panel.querySelector('form')
    && !ADDS.test(`${panel.id} ${classOf(panel)}`)
    && (panel.matches(ATTACHED) || panel.querySelector(ATTACHED) !== null);
};
const sections = [
  ...all('[role="tab"], a[data-toggle="tab"], a[data-bs-toggle="tab"]').filter(isSection),
  ...all('[aria-expanded="false"][aria-controls]:not([aria-haspopup])').filter(isFold),
];
const isOpening = opened.length > 0 && isUnfilled(opened[opened.length - 1]);
const told = window[Symbol.for('edgepool.underway')];
const underway = told ? Array.from(told()).map((each) => flat(String(each))).slice(0, 20) : [];
const justNow = performance.now() - 100;
const asked = performance.getEntriesByType('resource').filter(
  (each) => ['fetch', 'xmlhttprequest'].includes(each.initiatorType));
if (asked.slice(-50).some((each) => each.responseEnd > justNow)) {
  underway.push('what a request has just brought');
}
if (document.readyState === 'interactive') { underway.push('the rest of the page'); }
// The last answer to each address; one that never came is -1, one that nobody may see is 0.
const answers = new Map(asked.map((each) => [each.name, each.responseStatus]));
const counted = window[Symbol.for('edgepool.answers')];
if (counted) { counted().forEach(([url, status]) => answers.set(url, status)); }
const number = (location.pathname.match(/\d+(?!.*\d)/) || [''])[0];
const isOwn = (url) => /attachment/i.test(url) || url.startsWith(`${location.origin}${location.pathname}/`)
  || (number.length > 2 && new RegExp(`(?<!\\d)${number}(?!\\d)`).test(url));
const isEmptyBox = (one) => one.matches(BOX) && isShown(one) && isBlank(one);
let empty;
const isEmpty = () => (empty ??= opened.some(isUnfilled) || all(ATTACHED).some(isEmptyBox));
const isMissed = ([url, status]) => {
  if (status !== -1 && status < 400) { return false; }
  if (isOwn(url)) { return isEmpty() || (!candidates.length && (/attachment/i.test(url) || !all(ATTACHED).length)); }
  return url.startsWith(`${location.origin}/`) && [-1, 401, 429].concat(status >= 500 ? status : []).includes(status)
    && isEmpty();
};
const failed = Array.from(answers).filter(isMissed).slice(0, 20).map(([url, status]) => ({
  what: absolute(url, location.href).replace(/[?#].*$/, ''), status: status, isOwn: isOwn(url),
}));
"""
