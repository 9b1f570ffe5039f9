"""Coupa's addresses, and what its pages are. Never waits, never clicks, never follows a link.

What is known of Coupa's pages was read in public tools that work on them: the attachment's file is
`span.attachment-file[data-url]`, a bare `/attachments/<digits>` leads back to the order, the supplier's link has
the title "number - name", and a missing order says "Oops! We couldn't find what you wanted".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urlsplit

from pytest_edgepool.portals.addresses import is_web_address, number_in, order_url
from pytest_edgepool.portals.coupa_attachments import attachments_in
from pytest_edgepool.portals.coupa_facts import parse_facts
from pytest_edgepool.portals.coupa_script import SCRIPT
from pytest_edgepool.portals.portal import HOLDS_FILES, Page, PageKind
from pytest_edgepool.redact import origin_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.portals.coupa_facts import PageFacts, SupplierLink

ORDER_PATH = "/order_headers/<number>"
REQUISITION_PATH = re.compile(r"/requisition_headers/[^/]*\d[^/]*/?$", re.ASCII)
HOME_PATH = re.compile(r"/(?:order_headers|user/home)/?$")
FRONT_PATH = re.compile(r"/(?:home|dashboard)?/?$")
SIGN_IN_WORDS = frozenset(
    {"adfs", "auth", "authorization", "authorize", "idp", "login", "oauth", "oauth2", "openid", "pingfederate"}
    | {"saml", "saml2", "session_expired", "sessions", "sign_in", "signin", "sso"}
)

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

NUMBERED_SUPPLIER = re.compile(r"\S*\d\S*\s+-\s+(?P<name>.+)")

TOO_MANY_REQUESTS = 429
FIRST_SERVER_ERROR = 500
NO_ACCESS_STATUSES = frozenset({401, 403})
NOT_FOUND_STATUSES = frozenset({404, 410})


@dataclass(frozen=True, slots=True, kw_only=True)
class CoupaPortal:
    """A Coupa site.

    Attributes:
        name: the name it is selected by; another site with Coupa's pages may give its own.
        order_path: how the address of an order's page goes on after the base URL, with `<number>` in it.
    """

    name: str = "coupa"
    order_path: str = ORDER_PATH

    def home_url(self, base_url: str) -> str:
        """Return the list of orders: unlike the front page, no tenant shows it to somebody who is not signed in."""
        return f"{base_url.rstrip('/')}/order_headers"

    def order_url(self, base_url: str, number: str) -> str:
        """Return the address of the order of that number, which is taken as it is, without spaces around it."""
        return order_url(base_url, self.order_path, number)

    def read(self, driver: WebDriver) -> Page:
        """Return what the tab shows now, by one script in the page."""
        return classify(parse_facts(driver.execute_script(SCRIPT)), self.order_path)


def classify(facts: PageFacts, order_path: str = ORDER_PATH) -> Page:
    """Return what the page with these facts is.

    ORDER, REQUISITION and HOME must be shown by address *and* status *and* content *and* the absence of an error; all
    that is not shown is UNKNOWN. So is a page that a script has not filled yet: who reads it again later may find more.

    Args:
        facts: what the script in the page answered.
        order_path: how the address of an order's page goes on after the base URL, with `<number>` in it.
    """
    attachments = attachments_in(facts.candidates)
    supplier = _supplier(facts.suppliers)
    kind = _kind(facts, order_path, is_order_marked=bool(attachments or supplier), has_attachments=bool(attachments))
    holds_files = kind in HOLDS_FILES
    is_order = kind is PageKind.ORDER
    return Page(
        kind=kind,
        url=facts.url,
        title=facts.title,
        supplier=supplier if is_order else "",
        attachments=attachments if holds_files else (),
        http_status=facts.status,
        is_busy=facts.is_busy or (holds_files and facts.is_filling),
        underway=facts.underway if holds_files else (),
        requisitions=_requisitions(facts) if is_order else (),
        sections=facts.sections if holds_files else (),
    )


def _kind(facts: PageFacts, order_path: str, *, is_order_marked: bool, has_attachments: bool) -> PageKind:
    if not is_web_address(facts.url):
        return PageKind.UNKNOWN
    if facts.status == TOO_MANY_REQUESTS:
        return PageKind.RATE_LIMITED
    if facts.status >= FIRST_SERVER_ERROR:
        return PageKind.SERVER_ERROR
    # Before every other answer: a lost session read as "not found" has burnt whole sheets.
    if _asks_who_we_are(facts):
        return PageKind.SIGNED_OUT
    refusal = _refusal(facts, is_order_marked=is_order_marked, has_attachments=has_attachments)
    return refusal or _good_kind(facts, order_path, is_order_marked=is_order_marked)


def _asks_who_we_are(facts: PageFacts) -> bool:
    if facts.password_fields:
        return True
    # A sign-in in two steps asks for the name first; a name field alone says so only at a sign-in address.
    address = urlsplit(facts.url)
    words = {*address.path.lower().split("/"), *(address.hostname or "").split(".")}
    return bool(facts.name_fields and words & SIGN_IN_WORDS)


def _refusal(facts: PageFacts, *, is_order_marked: bool, has_attachments: bool) -> PageKind | None:
    if facts.status in NO_ACCESS_STATUSES:
        return PageKind.NO_ACCESS
    if facts.status in NOT_FOUND_STATUSES:
        return PageKind.NOT_FOUND
    if has_attachments:
        return None  # what is offered is not refused, whatever a line of the order says
    spoken = [facts.title, *facts.headings, *facts.errors]
    if not is_order_marked:
        spoken.append(facts.body)
    text = "\n".join(spoken).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold()
    if any(marker in text for marker in NO_ACCESS_MARKERS):
        return PageKind.NO_ACCESS
    if any(marker in text for marker in NOT_FOUND_MARKERS):
        return PageKind.NOT_FOUND
    return None


def _good_kind(facts: PageFacts, order_path: str, *, is_order_marked: bool) -> PageKind:
    # A shell answers 200 at any address, maybe with a title: taken for an order, it would be one "without attachments".
    is_filled = bool(facts.headings or facts.body or facts.candidates or facts.suppliers)
    is_good = facts.status == 0 or 200 <= facts.status < 400  # noqa: PLR2004 - HTTP's own ranges
    if facts.is_busy or not is_filled or not is_good:
        return PageKind.UNKNOWN
    path = urlsplit(facts.url).path
    number = number_in(facts.url, order_path)
    if number:
        # What else a site shows there (maintenance, a notice) names neither the order nor anything of it.
        is_shown = is_order_marked or facts.order_marks > 0 or _names(facts, number)
        return PageKind.ORDER if is_shown else PageKind.UNKNOWN
    if REQUISITION_PATH.search(path):
        is_shown = is_order_marked or _names(facts, path.rstrip("/").rpartition("/")[2])
        return PageKind.REQUISITION if is_shown else PageKind.UNKNOWN
    # A front page is also what a stranger gets; being able to sign out is what only a known user has.
    if HOME_PATH.search(path) or (FRONT_PATH.fullmatch(path or "/") and facts.sign_out_links):
        return PageKind.HOME
    return PageKind.UNKNOWN


def _names(facts: PageFacts, number: str) -> bool:
    """Return whether title or headings name the number; another number that merely holds it does not count."""
    digits = re.search(r"\d+(?!.*\d)", number, re.ASCII)
    whole = re.compile(rf"(?<!\d){re.escape(digits[0] if digits else number)}(?!\d)", re.ASCII)
    return any(whole.search(text) for text in (facts.title, *facts.headings))


def _requisitions(facts: PageFacts) -> tuple[str, ...]:
    """Return the requisitions that an order's page links to; only the site itself is asked for them."""
    urls = (urldefrag(url).url for url in facts.requisitions if origin_of(url) == origin_of(facts.url))
    return tuple(dict.fromkeys(url for url in urls if REQUISITION_PATH.search(urlsplit(url).path)))


def _supplier(links: Iterable[SupplierLink]) -> str:
    for link in links:
        numbered = NUMBERED_SUPPLIER.fullmatch(link.title)
        name = numbered["name"] if numbered else link.text or link.title
        if name:
            return name
    return ""
