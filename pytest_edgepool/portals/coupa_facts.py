"""The plain facts of one Coupa page, parsed from what the script in it answers. Never says what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


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
        titles: the tooltips of the element and of what is in it, and the name that a download of it would get.
        text: its visible text.
        is_among: whether it stands where attachments are.
        is_named: whether its own label, tooltip or download holds the name of a file.
        press: a selector of what is to be clicked, where nothing tells an address; else "".
        is_download: whether the element itself says that what it leads to is to be saved.
        is_unread: whether it is seen to be a file, with neither an address nor anything that may be pressed.
        mark: which of the elements that Coupa marks it belongs to, from 1; 0 for none.
    """

    url: str
    is_marked: bool
    labels: tuple[str, ...]
    titles: tuple[str, ...]
    text: str
    is_among: bool = False
    is_named: bool = False
    press: str = ""
    is_download: bool = False
    is_unread: bool = False
    mark: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRequest:
    """A request of the page's scripts that failed, while a part of the page is empty.

    Attributes:
        what: its address, without query.
        status: its HTTP status; below 0 when no answer came.
        is_own: whether its address is one of attachments, or of this very order.
    """

    what: str
    status: int
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """What the script found, each of the type it should have; a fact that was missing is empty or 0.

    Attributes:
        url: the page's address.
        title: its title.
        status: HTTP status of its navigation, 0 when unknown.
        is_busy: whether it still arrives, or says of itself as a whole that it is being filled (`aria-busy`).
        is_filling: whether a part of it says so that is where attachments are.
        is_opening: whether the tab that was opened last has nothing in it yet.
        is_cut: whether there is more on it than the script looks at.
        failed: the requests that failed and left a part of it empty.
        underway: the requests that its scripts have under way, and whether its other parts are still arriving.
        headings: texts of its main headings.
        errors: texts of its error boxes.
        body: the beginning of its visible text.
        own_text: the beginning of what is not the site's navigation.
        password_fields: how many visible fields ask for a password.
        name_fields: how many visible fields ask who one is.
        sign_out_links: how many links sign one out.
        order_marks: how many elements only an order's page has.
        links: what its first links lead to that have a number in them, absolute.
        suppliers: its links to suppliers.
        requisitions: what its links to requisitions lead to, absolute.
        sections: selectors of the tabs whose panels nobody has filled yet.
        candidates: what may be attachments, in page order.
    """

    url: str = ""
    title: str = ""
    status: int = 0
    is_busy: bool = False
    is_filling: bool = False
    is_opening: bool = False
    is_cut: bool = False
    failed: tuple[FailedRequest, ...] = ()
    underway: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    body: str = ""
    own_text: str = ""
    password_fields: int = 0
    name_fields: int = 0
    sign_out_links: int = 0
    order_marks: int = 0
    links: tuple[str, ...] = ()
    suppliers: tuple[SupplierLink, ...] = ()
    requisitions: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
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
        is_filling=facts.get("isFilling") is True,
        is_opening=facts.get("isOpening") is True,
        is_cut=facts.get("isCut") is True,
        failed=tuple(_failed(_mapping(one)) for one in _items(facts.get("failed"))),
        underway=_texts(facts.get("underway")),
        headings=_texts(facts.get("headings")),
        errors=_texts(facts.get("errors")),
        body=_text(facts.get("body")),
        own_text=_text(facts.get("ownText")),
        password_fields=_count(facts.get("passwordFields")),
        name_fields=_count(facts.get("nameFields")),
        sign_out_links=_count(facts.get("signOutLinks")),
        order_marks=_count(facts.get("orderMarks")),
        links=_texts(facts.get("links")),
        suppliers=tuple(_supplier(_mapping(one)) for one in _items(facts.get("suppliers"))),
        requisitions=_texts(facts.get("requisitions")),
        sections=_texts(facts.get("sections")),
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
        is_among=raw.get("isAmong") is True,
        is_named=raw.get("isNamed") is True,
        press=_text(raw.get("press")),
        is_download=raw.get("isDownload") is True,
        is_unread=raw.get("isUnread") is True,
        mark=_count(raw.get("mark")),
    )


def _failed(raw: Mapping[str, object]) -> FailedRequest:
    status = raw.get("status")
    return FailedRequest(
        what=_text(raw.get("what")),
        status=status if isinstance(status, int) and not isinstance(status, bool) else -1,
        is_own=raw.get("isOwn") is True,
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
