"""A page is read when it has settled."""

from __future__ import annotations

from pytest_edgepool.clock import Deadline
from pytest_edgepool.portals.portal import Page, PageKind
from pytest_edgepool.portals.reading import BUSY_SECONDS, STEADY_SECONDS, read_settled
from pytest_edgepool.testing import FakeClock

EMPTY = Page(kind=PageKind.OTHER, url="https://site.test/order_headers/1")
ORDER = Page(kind=PageKind.ORDER, url="https://site.test/order_headers/1", supplier="Acme")
SIGN_IN = Page(kind=PageKind.SIGNED_OUT, url="https://site.test/sign_in")


class Shown:
    """A tab that shows these pages, one at each look, the last for ever."""

    def __init__(self, *pages: Page) -> None:
        self.pages = list(pages)
        self.looks = 0

    def __call__(self) -> Page:
        self.looks += 1
        return self.pages.pop(0) if len(self.pages) > 1 else self.pages[0]


def settled(shown: Shown, clock: FakeClock, seconds: float = 30.0) -> Page:
    return read_settled(shown, Deadline.after(seconds, "the proof", clock), clock)


def test_a_page_that_is_known_is_read_once() -> None:
    """The usual case costs one look and no pause."""
    clock, shown = FakeClock(), Shown(ORDER)
    assert settled(shown, clock) == ORDER
    assert (shown.looks, clock.slept) == (1, [])


def test_a_page_that_scripts_fill_is_waited_for() -> None:
    """Empty first, then what it is."""
    assert settled(Shown(EMPTY, EMPTY, EMPTY, ORDER), FakeClock()) == ORDER


def test_signing_in_over_several_pages_is_followed() -> None:
    """Each is another page: the wait begins anew with it."""
    steps = [Page(kind=PageKind.OTHER, url=f"https://idp.test/{number // 35}") for number in range(100)]
    assert settled(Shown(*steps, ORDER), FakeClock()) == ORDER


def test_being_signed_out_is_an_answer() -> None:
    """It is not waited for to pass."""
    clock = FakeClock()
    assert settled(Shown(EMPTY, SIGN_IN), clock) == SIGN_IN
    assert len(clock.slept) == 1


def test_what_does_not_change_is_what_it_is() -> None:
    """A page that nobody knows is not waited for until the deadline."""
    clock = FakeClock()
    begun = clock.monotonic()
    assert settled(Shown(EMPTY), clock) == EMPTY
    assert clock.monotonic() - begun < STEADY_SECONDS + 1


BUSY = Page(kind=PageKind.OTHER, url="https://site.test/order_headers/1", is_busy=True)


def test_a_page_that_says_that_it_is_busy_is_given_longer() -> None:
    """A slow site's script fills it after many seconds without a sign."""
    assert settled(Shown(*[BUSY] * 150, ORDER), FakeClock()) == ORDER


def test_a_page_that_stays_busy_is_not_waited_for_for_ever() -> None:
    """An order must not cost its whole time because a script forgot to say that it is done."""
    clock = FakeClock()
    begun = clock.monotonic()
    assert settled(Shown(BUSY), clock, seconds=300.0) == BUSY
    assert clock.monotonic() - begun < BUSY_SECONDS + STEADY_SECONDS + 1


def test_the_deadline_holds() -> None:
    """What is there then is returned."""
    pages = [Page(kind=PageKind.OTHER, url=f"https://idp.test/{number}") for number in range(1000)]
    clock = FakeClock()
    assert settled(Shown(*pages), clock, seconds=2.0).kind is PageKind.OTHER
    assert clock.monotonic() <= 1000.0 + 2.2
