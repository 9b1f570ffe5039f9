"""What kind of page a Coupa page is, from its facts. Never reads one.

ORDER, REQUISITION and HOME must be shown by address *and* status *and* content *and* the absence of an error; all that
is not shown is UNKNOWN.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_edgepool.portals.addresses import is_sign_in_address, is_web_address, number_in
from pytest_edgepool.portals.portal import HOLDS_FILES, PageKind

if TYPE_CHECKING:
    from pytest_edgepool.portals.coupa_facts import PageFacts

REQUISITION_PATH = re.compile(r"/requisition_headers/[^/]*\d[^/]*/?$", re.ASCII)
HOME_PATH = re.compile(r"/(?:order_headers|user/home)/?$")
FRONT_PATH = re.compile(r"/(?:home|dashboard)?/?$")

NO_ACCESS_MARKERS = (
    "you are not authorized",
    "access denied",
    "acesso negado",
    "você não está autorizado",
    "você não tem permissão",
)
NOT_FOUND_MARKERS = (
    "oops! we couldn't find what you wanted",
    "the page you were looking for doesn't exist",
    "desculpe, não encontramos o que você procurava",
)

UNAUTHORIZED = 401
FORBIDDEN = 403
TOO_MANY_REQUESTS = 429
FIRST_SERVER_ERROR = 500
NOT_FOUND_STATUSES = frozenset({404, 410})


def kind_of(facts: PageFacts, order_path: str, *, is_order_marked: bool, has_attachments: bool) -> PageKind:
    """Return what kind of page it is.

    Args:
        facts: what the script in the page answered.
        order_path: how the address of an order's page goes on after the base URL, with `<number>` in it.
        is_order_marked: whether it has what only an order has: an attachment or a supplier.
        has_attachments: whether it has attachments.
    """
    if not is_web_address(facts.url):
        return PageKind.UNKNOWN
    trouble = trouble_of_status(facts.status)
    if trouble is not None:
        return trouble
    is_named = is_order_marked or _is_named(facts, order_path)
    # Before every other answer: a lost session read as "not found" has burnt whole sheets.
    if _asks_who_we_are(facts, order_path, is_named=is_named):
        return PageKind.SIGNED_OUT
    refusal = _refusal(facts, is_named=is_named, has_attachments=has_attachments)
    kind = refusal or _good_kind(facts, order_path, is_named=is_named)
    # What its scripts ask for is the site's word as well, once nothing is on its way that may mend it.
    own = [] if facts.underway or kind not in HOLDS_FILES else [each for each in facts.failed if each.is_own]
    return next(filter(None, (trouble_of_status(each.status) for each in own)), kind)


def trouble_of_status(status: int) -> PageKind | None:
    """Return what a status says before all else: that the site is unwell, or does not know us; None for others."""
    if status == TOO_MANY_REQUESTS:
        return PageKind.RATE_LIMITED
    if status >= FIRST_SERVER_ERROR:
        return PageKind.SERVER_ERROR
    return PageKind.SIGNED_OUT if status == UNAUTHORIZED else None


def _asks_who_we_are(facts: PageFacts, order_path: str, *, is_named: bool) -> bool:
    if facts.password_fields:
        return True
    # A sign-in in two steps asks for the name first. A name field alone says so at a sign-in address, and where
    # an order or the list of orders should be, when nothing else of either is there.
    if not facts.name_fields:
        return False
    if is_sign_in_address(facts.url):
        return True
    path = urlsplit(facts.url).path
    is_ours = number_in(facts.url, order_path) or REQUISITION_PATH.search(path) or HOME_PATH.search(path)
    return bool(is_ours) and not (facts.sign_out_links or is_named or _links_orders(facts, order_path))


def _refusal(facts: PageFacts, *, is_named: bool, has_attachments: bool) -> PageKind | None:
    if facts.status == FORBIDDEN:
        return PageKind.NO_ACCESS
    if facts.status in NOT_FOUND_STATUSES:
        return PageKind.NOT_FOUND
    if has_attachments:
        return None  # what is offered is not refused, whatever a line of the order says
    spoken = [facts.title, *facts.headings, *facts.errors]
    if not is_named:
        spoken.append(facts.body)
    text = "\n".join(spoken).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold()
    if any(marker in text for marker in NO_ACCESS_MARKERS):
        return PageKind.NO_ACCESS
    if any(marker in text for marker in NOT_FOUND_MARKERS):
        return PageKind.NOT_FOUND
    return None


def _good_kind(facts: PageFacts, order_path: str, *, is_named: bool) -> PageKind:
    # A shell answers 200 at any address, maybe with a title: taken for an order, it would be one "without attachments".
    is_filled = bool(facts.headings or facts.body or facts.candidates or facts.suppliers)
    is_good = facts.status == 0 or 200 <= facts.status < 400  # noqa: PLR2004 - HTTP's own ranges
    if facts.is_busy or not is_filled or not is_good:
        return PageKind.UNKNOWN
    path = urlsplit(facts.url).path
    number = number_in(facts.url, order_path)
    if number:
        # What else a site shows there (maintenance, a notice) names neither the order nor anything of it. A part that
        # only orders have says something together with the number: the site's own navigation may be named alike.
        is_shown = is_named or (facts.order_marks > 0 and _says(number, facts.own_text))
        return PageKind.ORDER if is_shown else PageKind.UNKNOWN
    if REQUISITION_PATH.search(path):
        return PageKind.REQUISITION if is_named else PageKind.UNKNOWN
    # A front page is also what a stranger gets, and a list's address may be one: being able to sign out, or seeing an
    # order, is what only a known user has.
    is_list = HOME_PATH.search(path) and (facts.sign_out_links or _links_orders(facts, order_path))
    if is_list or (FRONT_PATH.fullmatch(path or "/") and facts.sign_out_links):
        return PageKind.HOME
    return PageKind.UNKNOWN


def _links_orders(facts: PageFacts, order_path: str) -> bool:
    return any(number_in(each, order_path) for each in facts.links if is_web_address(each))


def _is_named(facts: PageFacts, order_path: str) -> bool:
    """Return whether title or headings name the number that the page's address holds."""
    path = urlsplit(facts.url).path
    number = number_in(facts.url, order_path)
    if not number and REQUISITION_PATH.search(path):
        number = path.rstrip("/").rpartition("/")[2]
    return bool(number) and _says(number, facts.title, *facts.headings)


def _says(number: str, *texts: str) -> bool:
    """Return whether one of the texts names the number; another number that merely holds it does not count."""
    digits = re.search(r"\d+(?!.*\d)", number, re.ASCII)
    whole = re.compile(rf"(?<!\d){re.escape(digits[0] if digits else number)}(?!\d)", re.ASCII)
    return any(whole.search(text) for text in texts)
