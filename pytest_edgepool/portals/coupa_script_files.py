"""The part of the page's script that finds what may be attachments. Never presses one, never asks an address.

Where attachments are: in the page and in frames of the same site. A widget's address may stand on what it is in. What
is seen to be a file, and has neither an address nor anything that may be pressed, is told as such: it must be missed.
"""

from __future__ import annotations

FILES = r"""
const frames = all('iframe, frame').map((frame) => {
  try { return frame.contentDocument; } catch (error) { return null; }  // another site's
});
const documents = [document, ...frames.filter((each) => each && each.body)];
const everywhere = (selector) => documents.flatMap((one) => Array.from(one.querySelectorAll(selector)));
const MOST = 20000;
const FILE_NAME = /\.[A-Za-z0-9]{1,8}(?![A-Za-z0-9])/;
const CLIMB = 4;
const AMONG = ATTACHED + ', [data-download-url]';
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
const isInDeed = (part, whole) => {
  for (let one = part; one && one !== whole; one = one.parentElement) { if (isDeed(one)) { return true; } }
  return false;
};
const labelled = (element) => [element, ...Array.from(element.querySelectorAll('[title], [aria-label]')).slice(0, 30)]
  .filter((one) => !isInDeed(one, element));
const marks = new Map(everywhere('.attachment-file').map((one, index) => [one, index + 1]));
const candidate = (element, url, press, isUnread) => ({
  url: url,
  press: press || '',
  isUnread: isUnread === true,
  mark: marks.get(element.closest('.attachment-file')) || 0,
  isMarked: element.closest('.attachment-file') !== null,
  isAmong: element.closest(AMONG) !== null,
  isNamed: isNamed(element),
  isDownload: element.matches('[download], [data-download-url]') || element.closest('[data-download-url]') !== null,
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
const BUTTON = '[role="button"], [role="link"], button, a, [onclick], [tabindex]';
const isForForm = (element) => Boolean(element.form);
const partsOf = (element) => Array.from(element.querySelectorAll('*')).filter((one) => !isInDeed(one, element));
const textOf = (element) => Array.from(element.childNodes, (node) => {
  if (node.nodeType === 1) { return isDeed(node) || isHarmful(node) ? '' : textOf(node); }
  return node.nodeType === 3 ? node.data : '';
}).join(' ');
const saysFile = (element) => FILE_NAME.test(element.textContent)
  || labelled(element).some((each) => each.getAttribute('aria-label') || each.getAttribute('title'));
// One that only looks like its file's button may well be the one that deletes it: it must hold all that is to be read.
const isWhole = (button, element) => {
  const text = flat(textOf(element));
  if (text) { return flat(textOf(button)) === text; }
  const told = flat(button.getAttribute('aria-label') || button.getAttribute('title'));
  return FILE_NAME.test(told) && !/\s/.test(told);
};
const pressable = (element) => {
  if (element.ownerDocument !== document) { return null; }
  const isFree = (one) => one.matches(BUTTON) && !isForForm(one) && !one.matches('[data-remote]');
  if (isFree(element) && !isDeed(element)) { return saysFile(element) ? element : null; }
  const buttons = partsOf(element).filter((one) => isFree(one) && !isHarmful(one));
  return buttons.length === 1 && saysFile(buttons[0]) && isWhole(buttons[0], element) ? buttons[0] : null;
};
const isFileSeen = (element) => !element.matches('input, label, form, template') && (isShown(element)
  ? Boolean(flat(element.textContent) || labelled(element).some((one) => one.matches('[title], [aria-label]')))
  : FILE_NAME.test(element.textContent));
const mayCount = (element, url) => url && (/attachment/i.test(url) || element.closest(AMONG) !== null);
const unread = (element) => candidate(element, '', '', true);
const foundMark = (element) => {
  if (element.querySelector('.attachment-file') || partsOf(element).some((one) => givenBy(one).length)) { return null; }
  const button = pressable(element);
  if (button) { return candidate(button, '', selectorOf(button)); }
  return isFileSeen(element) ? unread(element) : null;
};
const found = (element) => {
  const isMark = element.matches('.attachment-file');
  if (isDeed(element)) { return isMark && isFileSeen(element) ? unread(element) : null; }
  if (givenBy(element).length) {
    const url = addressOf(element);
    return mayCount(element, url) ? candidate(element, url) : null;
  }
  if (!isNamed(element)) { return null; }
  const above = climbed(element);
  if (above !== null) { return mayCount(element, above) ? candidate(element, above) : null; }
  if (isMark) { return foundMark(element); }
  const isLoose = element.matches(BUTTON) && element.closest(ATTACHED) && !element.closest('.attachment-file');
  return isLoose && isShown(element) && !isHarmful(element) ? unread(element) : null;
};
// A page of thousands of lines has as many tooltips: only those among attachments are looked at.
const offered = everywhere([
  '[data-url]', '[data-download-url]', '[data-href]', 'a[href*="attachment" i]', 'a[download]', '.attachment-file',
  '[onclick*="attachment" i]',
  `:is(${AMONG}) :is([onclick], a[href], [aria-label*="."], [title*="."])`,
].join(','));
const candidates = offered.slice(0, MOST).map(found).filter(Boolean);
"""
