"""The plain facts of one Coupa page: the script that collects them and their parsing. Never says what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# One script, because each driver call costs a round trip and the page may change between two of them.
# Texts are cut short: facts go into logs' evidence and through the driver, and no marker stands far down.
SCRIPT = r"""
const flat = (text, most) => (text || '').replace(/\s+/g, ' ').trim().slice(0, most || 300);
const all = (selector) => Array.from(document.querySelectorAll(selector)).slice(0, 5000);
const isShown = (element) => element.getClientRects().length > 0;
const countShown = (selector) => all(selector).filter(isShown).length;
const texts = (selector) => all(selector).filter(isShown).map((element) => flat(element.textContent)).filter(Boolean);
const absolute = (value) => {
  if (!value) { return ''; }  // a missing one would read "null", an empty one is the page itself
  try {
    const url = new URL(value, document.baseURI);
    return ['http:', 'https:'].includes(url.protocol) ? url.href : '';
  } catch (error) {
    return '';
  }
};
const candidate = (element) => {
  const named = [element, ...element.querySelectorAll('[title], [aria-label]')];
  return {
    url: absolute(element.getAttribute('data-url') || element.getAttribute('href')),
    isMarked: element.hasAttribute('data-url') && element.closest('.attachment-file') !== null,
    labels: named.map((one) => flat(one.getAttribute('aria-label'))),
    titles: named.map((one) => flat(one.getAttribute('title'))),
    text: flat(element.textContent),
  };
};
const frame = [document.documentElement, document.body, ...all('main, [role="main"]')];
const navigation = performance.getEntriesByType('navigation')[0];
return {
  url: location.href,
  title: flat(document.title),
  status: navigation ? navigation.responseStatus : 0,
  isBusy: document.readyState === 'loading' || frame.some((one) => one && one.getAttribute('aria-busy') === 'true'),
  headings: texts('h1'),
  errors: texts('.flash_error, .flash-error, #error_explanation'),
  body: document.body ? flat(document.body.innerText, 4000) : '',
  passwordFields: countShown('input[type="password"]'),
  nameFields: countShown([
    'input[type="email"]', 'input[autocomplete~="username"]', 'input[name*="login" i]', 'input[name*="user" i]',
  ].join(',')),
  signOutLinks: all('a[href*="/sessions/destroy"], a[href*="logout" i], a[href*="sign_out" i]').length,
  suppliers: all('a[href*="/suppliers/show/"]').map((link) => ({
    title: flat(link.getAttribute('title')), text: flat(link.textContent),
  })),
  candidates: all('[data-url], a[href*="/attachment"]').map(candidate),
};
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierLink:
    """A link to a supplier's page: its title ("number - name" on Coupa) and its text."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An element that may be an attachment.

    Attributes:
        url: what it leads to, absolute; "" when that is not http or https.
        is_marked: whether Coupa itself marks it as an attachment's file.
        labels: the accessible names of the element and of what is in it.
        titles: the tooltips of the element and of what is in it.
        text: its visible text.
    """

    url: str
    is_marked: bool
    labels: tuple[str, ...]
    titles: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """What the script found, each of the type it should have; a fact that was missing is empty or 0.

    Attributes:
        url: the page's address.
        title: its title.
        status: HTTP status of its navigation, 0 when unknown.
        is_busy: whether it still arrives, or says of itself as a whole that it is being filled (`aria-busy`).
        headings: texts of its main headings.
        errors: texts of its error boxes.
        body: the beginning of its visible text.
        password_fields: how many visible fields ask for a password.
        name_fields: how many visible fields ask who one is.
        sign_out_links: how many links sign one out.
        suppliers: its links to suppliers.
        candidates: what may be attachments, in page order.
    """

    url: str = ""
    title: str = ""
    status: int = 0
    is_busy: bool = False
    headings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    body: str = ""
    password_fields: int = 0
    name_fields: int = 0
    sign_out_links: int = 0
    suppliers: tuple[SupplierLink, ...] = ()
    candidates: tuple[Candidate, ...] = ()


def parse_facts(raw: object) -> PageFacts:
    """Return the facts in the script's answer; whatever has the wrong type counts as missing.

    A page can change what our script sees (it shares the page's world), so nothing here is believed by type.
    """
    facts = _mapping(raw)
    return PageFacts(
        url=_text(facts.get("url")),
        title=_text(facts.get("title")),
        status=_count(facts.get("status")),
        is_busy=facts.get("isBusy") is True,
        headings=_texts(facts.get("headings")),
        errors=_texts(facts.get("errors")),
        body=_text(facts.get("body")),
        password_fields=_count(facts.get("passwordFields")),
        name_fields=_count(facts.get("nameFields")),
        sign_out_links=_count(facts.get("signOutLinks")),
        suppliers=tuple(_supplier(_mapping(one)) for one in _items(facts.get("suppliers"))),
        candidates=tuple(_candidate(_mapping(one)) for one in _items(facts.get("candidates"))),
    )


def _supplier(raw: Mapping[str, object]) -> SupplierLink:
    return SupplierLink(title=_text(raw.get("title")), text=_text(raw.get("text")))


def _candidate(raw: Mapping[str, object]) -> Candidate:
    return Candidate(
        url=_text(raw.get("url")),
        is_marked=raw.get("isMarked") is True,
        labels=_texts(raw.get("labels")),
        titles=_texts(raw.get("titles")),
        text=_text(raw.get("text")),
    )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _items(value: object) -> Sequence[object]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text for text in map(_text, _items(value)) if text)


def _text(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
