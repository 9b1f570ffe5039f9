"""A page is read when it has settled."""

from __future__ import annotations

import pytest

from pytest_edgepool.clock import Deadline
from pytest_edgepool.portals.portal import FoundAttachment, Page, PageKind
from pytest_edgepool.portals.reading import BUSY_SECONDS, STEADY_SECONDS, Patience, read_settled, read_whole, union
from pytest_edgepool.testing import FakeClock

EMPTY = Page(kind=PageKind.UNKNOWN, url="https://site.test/order_headers/1")
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
    steps = [Page(kind=PageKind.UNKNOWN, url=f"https://idp.test/{number // 35}") for number in range(100)]
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


BUSY = Page(kind=PageKind.UNKNOWN, url="https://site.test/order_headers/1", is_busy=True)


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
    pages = [Page(kind=PageKind.UNKNOWN, url=f"https://idp.test/{number}") for number in range(1000)]
    clock = FakeClock()
    assert settled(Shown(*pages), clock, seconds=2.0).kind is PageKind.UNKNOWN
    assert clock.monotonic() <= 1000.0 + 2.2


FILLING = Page(kind=PageKind.ORDER, url="https://site.test/order_headers/1", is_busy=True)
FILE = FoundAttachment("https://site.test/attachment/attachment_file/type/1/a.pdf", "a.pdf")
FILLED = Page(kind=PageKind.ORDER, url="https://site.test/order_headers/1", attachments=(FILE,))


def polling(path: str = "site.test/orders/1/news") -> Page:
    return Page(kind=PageKind.ORDER, url="https://site.test/order_headers/1", underway=(path,))


def test_an_order_whose_attachments_are_coming_is_waited_for() -> None:
    """A page in the middle of loading is not one "without attachments", whether it says so or only asks the site."""
    assert settled(Shown(*[FILLING] * 50, FILLED), FakeClock()) == FILLED
    assert settled(Shown(*[polling()] * 50, FILLED), FakeClock()) == FILLED


def test_an_order_that_stays_busy_is_returned_as_busy() -> None:
    """Who reads it decides what that means; it is not called whole."""
    clock = FakeClock()
    assert settled(Shown(FILLING), clock, seconds=300.0).is_busy
    assert clock.monotonic() - 1000 < BUSY_SECONDS + 1


def test_another_page_with_requests_is_not_waited_for() -> None:
    """Only where attachments can be is anything waited for."""
    shown = Shown(Page(kind=PageKind.HOME, url="https://site.test/", underway=("x",)))
    settled(shown, FakeClock())
    assert shown.looks == 1


def test_a_request_that_never_ends_is_waited_for_twice() -> None:
    """A page that waits for news keeps one open for ever: from the third order on, it costs nothing."""
    clock, patience = FakeClock(), Patience()
    spent = []
    for number in range(4):
        begun = clock.monotonic()
        look = Shown(polling(f"site.test/orders/{number}/news"))
        read_settled(look, Deadline.after(300, "the page", clock), clock, patience)
        spent.append(clock.monotonic() - begun)
    assert [round(each) for each in spent] == [20, 20, 0, 0]
    whole = read_settled(
        Shown(polling("site.test/parts/2"), FILLED), Deadline.after(300, "the page", clock), clock, patience
    )
    assert whole == FILLED  # others are waited for as before


def test_a_file_of_two_parts_counts_once() -> None:
    """Its address may end in a fragment or say how to hand it out; what is clicked is known by where it stands."""
    other = FoundAttachment(f"{FILE.url}?disposition=attachment#top", "b")
    versioned = FoundAttachment(f"{FILE.url}?version=2", "a.pdf")
    clicked = [FoundAttachment("", "c", press="#c", page=page) for page in ("https://a.test/1", "https://a.test/2")]
    assert union([FILE], [other, versioned], clicked, clicked) == (FILE, versioned, *clicked)


class Sections:
    """A portal and its driver in one: tabs that bring a file each, and take the one before away."""

    def __init__(self, *, leads_away: str = "") -> None:
        self.shown, self.leads_away = "", leads_away
        self.pressed: list[str] = []

    def read(self, _driver: object) -> Page:
        if self.shown == self.leads_away != "":
            return Page(kind=PageKind.HOME, url="https://site.test/")
        sections = tuple(each for each in ("#one", "#two") if each != self.shown)
        files = (FoundAttachment(f"https://site.test/attachments/{self.shown[1:]}/download", ""),) if self.shown else ()
        return Page(
            kind=PageKind.ORDER, url="https://site.test/order_headers/1", attachments=(FILE, *files), sections=sections
        )

    def execute_script(self, _script: str, selector: str) -> bool:
        self.pressed.append(selector)
        self.shown = selector
        return True

    def get(self, _url: str) -> None:
        self.shown = ""


@pytest.mark.parametrize(("leads_away", "files"), [("", ["one", "two"]), ("#one", ["two"]), ("#two", ["one"])])
def test_each_tab_is_opened_once_and_all_that_was_seen_counts(leads_away: str, files: list[str]) -> None:
    """Also what goes away when the next is opened; a tab that leads to another page is left again."""
    tabs, clock = Sections(leads_away=leads_away), FakeClock()
    page = read_whole(tabs, tabs, Deadline.after(60, "the page", clock), clock)  # type: ignore[arg-type]
    assert tabs.pressed == ["#one", "#two"]
    assert [each.url.split("/")[-2] for each in page.attachments[1:]] == files
    assert page.kind is PageKind.ORDER
