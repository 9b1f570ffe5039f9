"""Reads a page when it has settled, and whole: what is still being filled, or hidden behind a tab, is waited for.

Never sends the tab anywhere but back to the page that is read.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urldefrag

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.portals.answered import AnsweredPortal
from pytest_edgepool.portals.portal import HOLDS_FILES, Page, PageKind
from pytest_edgepool.portals.underway import press

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.clock import Clock, Deadline
    from pytest_edgepool.portals.portal import FoundAttachment, Portal

# Single sign-on goes over several pages that send themselves on, and a page built by scripts is empty at first. What
# has not changed for so long is what it is.
STEADY_SECONDS = 4.0
BUSY_SECONDS = 20.0  # and what says all that time that it is busy, has been forgotten by its own script
OPENING_SECONDS = 3.0  # a tab whose panel is empty for so long, with nothing under way, has nothing in it
MOST_PRESSES = 12  # a page that offers more for ever offers the same again
_LOOK_SECONDS = 0.1
_MOST_TIMES = 2  # a request that stays open so often is no part of the page: it waits for news
_SITES_WORD = (PageKind.SIGNED_OUT, PageKind.RATE_LIMITED, PageKind.SERVER_ERROR)
_REST_OF_PAGE = "the rest of the page"


@dataclass(slots=True)
class Patience:
    """What pages were waited for in vain, so that not every page waits for it again; one for each worker.

    Attributes:
        in_vain: how often each kind of request was.
        is_known: whether the site was seen to know us, since it last showed an order.
    """

    in_vain: Counter[str] = field(default_factory=Counter)
    is_known: bool = False

    def still_awaited(self, page: Page) -> tuple[str, ...]:
        """Return what the page has under way that is worth waiting for."""
        return tuple(each for each in page.underway if self.in_vain[_kind_of(each)] < _MOST_TIMES)

    def lose(self, page: Page) -> None:
        """Learn that waiting for what the page has under way was in vain; what brings attachments is none of it."""
        awaited = self.still_awaited(page)
        self.in_vain.update({_kind_of(each) for each in awaited if not _brings_attachments(each, page)})


def read_settled(
    look: Callable[[], Page], deadline: Deadline, clock: Clock = SYSTEM_CLOCK, patience: Patience | None = None
) -> Page:
    """Return what the tab shows, as soon as it is a page that the portal knows and is whole; else once it is steady.

    A page that is whole when it is looked at first costs one look. One that has no attachment and still awaits a
    request when all patience is over says so: it is not one "without attachments".

    Args:
        look: reads what the tab shows now.
        deadline: until when to look at all; what is there then is returned.
        clock: where time comes from.
        patience: what is known of earlier pages' requests.

    Raises:
        selenium.common.exceptions.WebDriverException: the driver or its tab did not answer.
    """
    patience = patience or Patience()
    page = look()
    begun = came = steady_since = clock.monotonic()
    while not deadline.passed:
        now = clock.monotonic()
        if page.kind is PageKind.UNKNOWN:
            if now - steady_since >= STEADY_SECONDS or now - came >= BUSY_SECONDS:
                break
        elif not _is_coming(page, patience, now - begun):
            break
        elif now - begun >= BUSY_SECONDS:
            return _given_up(page, patience)
        clock.sleep(_LOOK_SECONDS)
        again = look()
        now = clock.monotonic()
        if again != page or (again.is_busy and now - came < BUSY_SECONDS):
            steady_since = now
        if _place(again) != _place(page):
            came = now
        page = again
    return page


def read_portal(
    driver: WebDriver,
    portal: Portal,
    deadline: Deadline,
    clock: Clock = SYSTEM_CLOCK,
    patience: Patience | None = None,
) -> Page:
    """Return the settled page as the portal reads it; the suite's own word is asked for when it has settled.

    Raises:
        selenium.common.exceptions.WebDriverException: the driver or its tab did not answer.
    """
    if not isinstance(portal, AnsweredPortal):
        return read_settled(lambda: portal.read(driver), deadline, clock, patience)
    own = portal.portal
    return portal.answered(read_settled(lambda: own.read(driver), deadline, clock, patience), driver)


def read_whole(
    driver: WebDriver,
    portal: Portal,
    deadline: Deadline,
    clock: Clock = SYSTEM_CLOCK,
    patience: Patience | None = None,
) -> Page:
    """Return the page with everything that it offers, each tab opened whose part nobody has filled yet.

    Raises:
        selenium.common.exceptions.WebDriverException: the driver or its tab did not answer.
    """
    patience = patience or Patience()
    page = read_portal(driver, portal, deadline, clock, patience)
    pressed: set[str] = set()
    while page.kind in HOLDS_FILES and not deadline.passed:
        selector = next((each for each in page.sections if each not in pressed), "")
        if not selector:
            break
        if len(pressed) >= MOST_PRESSES:
            return replace(page, unread=(*page.unread, f"it has more than the {MOST_PRESSES} tabs that are opened"))
        pressed.add(selector)
        if not press(driver, selector):
            continue
        again = read_portal(driver, portal, deadline, clock, patience)
        if again.kind in _SITES_WORD and _place(again) == _place(page):
            return again  # what the tab asked for was refused: loaded anew, the page would look whole
        if again.kind is not page.kind or _place(again) != _place(page):
            driver.get(page.url)  # that was no tab but a way out
            again = read_portal(driver, portal, deadline, clock, patience)
        page = _joined(page, again)
    return page


def _joined(before: Page, page: Page) -> Page:
    """Return a page with the attachments that it showed before; where to click is believed of the last look alone."""
    known = {each.name for each in page.attachments if each.press}
    lost = [each for each in before.attachments if each.press and each.name not in known]
    attachments = union((each for each in before.attachments if each.url), page.attachments)
    gone = tuple(f"{each.name or 'an attachment'} is not there any more when a tab is opened" for each in lost)
    return replace(page, attachments=attachments, unread=(*page.unread, *gone))


def union(*parts: Iterable[FoundAttachment]) -> tuple[FoundAttachment, ...]:
    """Return the attachments of all parts, in their order, each file once."""
    found: dict[tuple[str, str, str], FoundAttachment] = {}
    for each in (one for part in parts for one in part):
        place = "" if each.url else each.page
        found.setdefault((_plain(each.url), each.press, place), each)
    return tuple(found.values())


def _is_coming(page: Page, patience: Patience, seconds: float) -> bool:
    if page.kind not in HOLDS_FILES:
        return False
    return page.is_busy or bool(patience.still_awaited(page)) or (page.is_opening and seconds < OPENING_SECONDS)


def _given_up(page: Page, patience: Patience) -> Page:
    awaited = patience.still_awaited(page)
    patience.lose(page)
    if page.attachments or not awaited:
        return page
    told = f"it still waited for {', '.join(awaited[:3])} after {BUSY_SECONDS:g} s"
    return replace(page, unread=(*page.unread, told))


def _brings_attachments(request: str, page: Page) -> bool:
    """Return whether a request may well bring attachments: by its name, as one of this very order, or of the page."""
    number = re.search(r"\d+(?!.*\d)", _place(page))
    is_own = bool(number and re.search(rf"(?<![0-9A-Za-z]){number[0]}(?![0-9A-Za-z])", request.partition("/")[2]))
    return is_own or "attachment" in request.lower() or request == _REST_OF_PAGE


def _place(page: Page) -> str:
    return urldefrag(page.url).url.partition("?")[0]


def _plain(url: str) -> str:
    """Return an address without what does not change the file: a fragment, and how it shall be handed out."""
    whole, _, query = urldefrag(url).url.partition("?")
    return "?".join(filter(None, (whole, re.sub(r"(?:^|&)disposition=[^&]*", "", query).lstrip("&"))))


def _kind_of(request: str) -> str:
    """Return a request without what is another each time: numbers, digests, long tokens."""
    plain = re.sub(r"[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,})*|(?<=[/=_-])[\w-]{20,}", "#", request)
    return re.sub(r"\d+", "#", plain)
