"""Reads a page when it has settled: what is still being filled, or on its way to another, is looked at again.

Never sends the tab anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.portals.portal import Page, PageKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgepool.clock import Clock, Deadline

# Single sign-on goes over several pages that send themselves on, and a page built by scripts is empty at first. What
# has not changed for so long is what it is.
STEADY_SECONDS = 4.0
BUSY_SECONDS = 20.0  # and what says all that time that it is busy, has been forgotten by its own script
_LOOK_SECONDS = 0.1


def read_settled(look: Callable[[], Page], deadline: Deadline, clock: Clock = SYSTEM_CLOCK) -> Page:
    """Return what the tab shows, as soon as it is a page that the portal knows; else once it no longer changes.

    Args:
        look: reads what the tab shows now.
        deadline: until when to look at all; what is there then is returned.
        clock: where time comes from.

    Raises:
        selenium.common.exceptions.WebDriverException: the driver or its tab did not answer.
    """
    page = look()
    begun = steady_since = clock.monotonic()
    while page.kind is PageKind.OTHER and not deadline.passed:
        if clock.monotonic() - steady_since >= STEADY_SECONDS:
            break
        clock.sleep(_LOOK_SECONDS)
        again = look()
        now = clock.monotonic()
        if again != page or (again.is_busy and now - begun < BUSY_SECONDS):
            steady_since = now
        page = again
    return page
