"""Coupa's addresses, and what its pages are. Never waits, never clicks, never follows a link.

What is known of Coupa's pages was read in public tools that work on them: the attachment's file is
`span.attachment-file[data-url]`, a bare `/attachments/<digits>` leads back to the order, the supplier's link has
the title "number - name", and a missing order says "Oops! We couldn't find what you wanted".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urlsplit

from pytest_edgepool.portals.addresses import order_url
from pytest_edgepool.portals.coupa_attachments import attachments_in, unread_in
from pytest_edgepool.portals.coupa_facts import parse_facts
from pytest_edgepool.portals.coupa_kinds import REQUISITION_PATH, kind_of, trouble_of_status
from pytest_edgepool.portals.coupa_script import SCRIPT
from pytest_edgepool.portals.portal import HOLDS_FILES, Page, PageKind
from pytest_edgepool.redact import origin_of, plain_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.portals.coupa_facts import PageFacts, SupplierLink

ORDER_PATH = "/order_headers/<number>"
FINAL = (PageKind.NOT_FOUND, PageKind.NO_ACCESS)

NUMBERED_SUPPLIER = re.compile(r"\S*\d\S*\s+-\s+(?P<name>.+)")


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

    A page that a script has not filled yet is UNKNOWN: who reads it again later may find more.

    Args:
        facts: what the script in the page answered.
        order_path: how the address of an order's page goes on after the base URL, with `<number>` in it.
    """
    attachments = attachments_in(facts.candidates, facts.url)
    supplier = _supplier(facts.suppliers)
    kind = kind_of(facts, order_path, is_order_marked=bool(attachments or supplier), has_attachments=bool(attachments))
    page = Page(
        kind=kind,
        url=facts.url,
        title=facts.title,
        http_status=_status(facts, kind),
        is_busy=facts.is_busy,
        is_doubtful=kind in FINAL and not facts.sign_out_links,
    )
    if kind not in HOLDS_FILES:
        return page
    is_order = kind is PageKind.ORDER
    return replace(
        page,
        supplier=supplier if is_order else "",
        attachments=attachments,
        is_busy=facts.is_busy or facts.is_filling,
        underway=facts.underway,
        requisitions=_requisitions(facts) if is_order else (),
        sections=facts.sections,
        is_opening=facts.is_opening,
        unread=tuple(_unread(facts)),
        failed=tuple(f"{plain_url(each.what)} {_answer(each.status)}" for each in facts.failed),
    )


def _status(facts: PageFacts, kind: PageKind) -> int:
    """Return the page's status, or that of its script's request which made it what it is."""
    if kind is trouble_of_status(facts.status):
        return facts.status
    return next((each.status for each in facts.failed if kind is trouble_of_status(each.status)), facts.status)


def _answer(status: int) -> str:
    return f"answered {status}" if status > 0 else "was not answered"


def _unread(facts: PageFacts) -> Iterator[str]:
    count = unread_in(facts.candidates, facts.url)
    if count:
        yield f"{count} of its attachments could not be read: neither an address nor what is to be clicked is known"
    if facts.is_cut:
        yield "it holds more than is looked at"


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
