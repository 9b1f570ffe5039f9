"""Coupa's addresses, and what its pages are. Never waits, never clicks, never follows a link.

What is known of Coupa's pages was read in public tools that work on them: the attachment's file is
`span.attachment-file[data-url]`, a bare `/attachments/<digits>` leads back to the order, the supplier's link has
the title "number - name", and a missing order says "Oops! We couldn't find what you wanted".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urldefrag, urlsplit

from pytest_edgepool.portals.coupa_facts import SCRIPT, parse_facts
from pytest_edgepool.portals.portal import FoundAttachment, Page, PageKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.portals.coupa_facts import Candidate, PageFacts, SupplierLink

# The prefix that people write before the number. It goes only where digits alone are left: "POLAND7" is no PO.
PREFIXED_NUMBER = re.compile(r"(?:PO|PM)[\s#:_-]*(\d+)", re.IGNORECASE | re.ASCII)

ORDER_PATH = re.compile(r"/order_headers/[^/]*\d[^/]*/?$", re.ASCII)
HOME_PATH = re.compile(r"/(?:order_headers|user/home)/?$")
FRONT_PATH = re.compile(r"/(?:home|dashboard)?/?$")
SIGN_IN_WORDS = frozenset(
    {"adfs", "auth", "authorization", "authorize", "idp", "login", "oauth", "oauth2", "openid", "pingfederate"}
    | {"saml", "saml2", "session_expired", "sessions", "sign_in", "signin", "sso"}
)

# `/attachments/5`: the attachment's own page, which leads back to the order; a transfer would fetch HTML.
BARE_ATTACHMENT_PATH = re.compile(r"/attachments?/\d+/?$", re.ASCII)
ATTACHMENT_PATH = re.compile(r"/attachments?/attachment_file/|/attachments?/\d+/download/?$", re.ASCII)

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

# What Coupa's widgets say around the file's name, by language.
LABEL_FORMS = (
    re.compile(r"(?P<name>.+?)\s+file attachment", re.IGNORECASE),
    re.compile(r"(?:file attachment|anexo de arquivo)\s*:?\s+(?P<name>.+)", re.IGNORECASE),
    re.compile(r"(?P<name>.+?)\s+anexo de arquivo", re.IGNORECASE),
)
FILE_NAME = re.compile(r"[^\s].*\.[A-Za-z0-9]{1,8}")
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
    """

    name: str = "coupa"

    def home_url(self, base_url: str) -> str:
        """Return the list of orders: unlike the front page, no tenant shows it to somebody who is not signed in."""
        return f"{base_url.rstrip('/')}/order_headers"

    def order_url(self, base_url: str, number: str) -> str:
        """Return the order's address; a `PO` or `PM` before the digits is left out, anything else is kept."""
        number = number.strip()
        prefixed = PREFIXED_NUMBER.fullmatch(number)
        return f"{base_url.rstrip('/')}/order_headers/{quote(prefixed[1] if prefixed else number, safe='')}"

    def read(self, driver: WebDriver) -> Page:
        """Return what the tab shows now, by one script in the page."""
        return classify(parse_facts(driver.execute_script(SCRIPT)))


def classify(facts: PageFacts) -> Page:
    """Return what the page with these facts is.

    ORDER and HOME must be shown by address *and* status *and* content *and* the absence of an error; all that is not
    shown is OTHER. So is a page that a script has not filled yet: who reads it again later may find more.
    """
    attachments = _attachments(facts.candidates)
    supplier = _supplier(facts.suppliers)
    kind = _kind(facts, is_order_marked=bool(attachments or supplier), has_attachments=bool(attachments))
    is_order = kind is PageKind.ORDER
    return Page(
        kind=kind,
        url=facts.url,
        title=facts.title,
        supplier=supplier if is_order else "",
        attachments=attachments if is_order else (),
        http_status=facts.status,
        is_busy=facts.is_busy,
    )


def _kind(facts: PageFacts, *, is_order_marked: bool, has_attachments: bool) -> PageKind:
    if not _is_web_address(facts.url):
        return PageKind.OTHER
    if facts.status == TOO_MANY_REQUESTS:
        return PageKind.RATE_LIMITED
    if facts.status >= FIRST_SERVER_ERROR:
        return PageKind.SERVER_ERROR
    # Before every other answer: a lost session read as "not found" has burnt whole sheets.
    if _asks_who_we_are(facts):
        return PageKind.SIGNED_OUT
    refusal = _refusal(facts, is_order_marked=is_order_marked, has_attachments=has_attachments)
    return refusal or _good_kind(facts)


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


def _good_kind(facts: PageFacts) -> PageKind:
    # A shell answers 200 at any address, maybe with a title: taken for an order, it would be one "without attachments".
    is_filled = bool(facts.headings or facts.body or facts.candidates or facts.suppliers)
    if facts.is_busy or not is_filled:
        return PageKind.OTHER
    is_good = facts.status == 0 or 200 <= facts.status < 400  # noqa: PLR2004 - HTTP's own ranges
    path = urlsplit(facts.url).path
    if is_good and ORDER_PATH.search(path):
        return PageKind.ORDER
    # A front page is also what a stranger gets; being able to sign out is what only a known user has.
    if is_good and (HOME_PATH.search(path) or (FRONT_PATH.fullmatch(path or "/") and facts.sign_out_links)):
        return PageKind.HOME
    return PageKind.OTHER


def _supplier(links: Iterable[SupplierLink]) -> str:
    for link in links:
        numbered = NUMBERED_SUPPLIER.fullmatch(link.title)
        name = numbered["name"] if numbered else link.text or link.title
        if name:
            return name
    return ""


def _attachments(candidates: Iterable[Candidate]) -> tuple[FoundAttachment, ...]:
    found: dict[str, str] = {}
    for candidate in candidates:
        if _is_attachment(candidate):
            url = urldefrag(candidate.url).url
            found[url] = found.get(url) or _name(candidate)
    return tuple(FoundAttachment(url=url, name=name) for url, name in found.items())


def _is_attachment(candidate: Candidate) -> bool:
    if not _is_web_address(candidate.url):
        return False
    path = urlsplit(candidate.url).path
    if BARE_ATTACHMENT_PATH.search(path):
        return False
    return candidate.is_marked or ATTACHMENT_PATH.search(path) is not None


def _name(candidate: Candidate) -> str:
    for label in candidate.labels:
        for form in LABEL_FORMS:
            labelled = form.fullmatch(label)
            if labelled:
                return labelled["name"]
    shown = (*candidate.titles, candidate.text)
    return next((text for text in shown if FILE_NAME.fullmatch(text)), "")


def _is_web_address(url: str) -> bool:
    try:
        address = urlsplit(url)
    except ValueError:
        return False
    return address.scheme in {"http", "https"} and bool(address.hostname)
