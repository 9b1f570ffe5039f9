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
_LOOK_SECONDS = 0.1
_MOST_TIMES = 2  # a request that stays open so often is no part of the page: it waits for news


@dataclass(slots=True)
class Patience:
    """What pages were waited for in vain, so that not every page waits for it again; one for each worker."""

    in_vain: Counter[str] = field(default_factory=Counter)

    def still_awaited(self, page: Page) -> tuple[str, ...]:
        """Return what the page has under way that is worth waiting for."""
        return tuple(each for each in page.underway if self.in_vain[_kind_of(each)] < _MOST_TIMES)

    def lose(self, page: Page) -> None:
        """Learn that waiting for what the page has under way was in vain."""
        self.in_vain.update({_kind_of(each) for each in self.still_awaited(page)})


def read_settled(
    look: Callable[[], Page], deadline: Deadline, clock: Clock = SYSTEM_CLOCK, patience: Patience | None = None
) -> Page:
    """Return what the tab shows, as soon as it is a page that the portal knows and is whole; else once it is steady.

    A page that is whole when it is looked at first costs one look.

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
    begun = steady_since = clock.monotonic()
    while not deadline.passed:
        now = clock.monotonic()
        if page.kind is PageKind.UNKNOWN:
            if now - steady_since >= STEADY_SECONDS:
                break
        elif not _is_coming(page, patience):
            break
        elif now - begun >= BUSY_SECONDS:
            patience.lose(page)
            break
        clock.sleep(_LOOK_SECONDS)
        again = look()
        now = clock.monotonic()
        if again != page or (again.is_busy and now - begun < BUSY_SECONDS):
            steady_since = now
        page = again
    return page


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
    page = read_settled(lambda: portal.read(driver), deadline, clock, patience)
    pressed: set[str] = set()
    while page.kind in HOLDS_FILES and not deadline.passed:
        selector = next((each for each in page.sections if each not in pressed), "")
        if not selector:
            break
        pressed.add(selector)
        if not press(driver, selector):
            continue
        again = read_settled(lambda: portal.read(driver), deadline, clock, patience)
        if again.kind is not page.kind or urldefrag(again.url).url != urldefrag(page.url).url:
            driver.get(page.url)  # that was no tab but a way out
            again = read_settled(lambda: portal.read(driver), deadline, clock, patience)
        page = replace(again, attachments=union(page.attachments, again.attachments))
    return page


def union(*parts: Iterable[FoundAttachment]) -> tuple[FoundAttachment, ...]:
    """Return the attachments of all parts, in their order, each file once."""
    found: dict[tuple[str, str, str], FoundAttachment] = {}
    for each in (one for part in parts for one in part):
        place = "" if each.url else each.page
        found.setdefault((_plain(each.url), each.press, place), each)
    return tuple(found.values())


def _is_coming(page: Page, patience: Patience) -> bool:
    return page.kind in HOLDS_FILES and (page.is_busy or bool(patience.still_awaited(page)))


def _plain(url: str) -> str:
    """Return an address without what does not change the file: a fragment, and how it shall be handed out."""
    whole, _, query = urldefrag(url).url.partition("?")
    return "?".join(filter(None, (whole, re.sub(r"(?:^|&)disposition=[^&]*", "", query).lstrip("&"))))


def _kind_of(request: str) -> str:
    return re.sub(r"\d+", "#", request)
