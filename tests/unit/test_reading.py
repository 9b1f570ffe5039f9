"""A page is read when it has settled."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from pytest_edgepool.clock import Deadline
from pytest_edgepool.portals.answered import AnsweredPortal
from pytest_edgepool.portals.portal import FoundAttachment, Page, PageKind
from pytest_edgepool.portals.reading import (
    BUSY_SECONDS,
    MOST_PRESSES,
    OPENING_SECONDS,
    STEADY_SECONDS,
    Patience,
    read_portal,
    read_settled,
    read_whole,
    union,
)
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
        look = Shown(polling(f"site.test/orders/{number + 2}/news/{'0f' * 12}{number}"))
        read_settled(look, Deadline.after(300, "the page", clock), clock, patience)
        spent.append(clock.monotonic() - begun)
    assert [round(each) for each in spent] == [20, 20, 0, 0]
    whole = read_settled(
        Shown(polling("site.test/parts/2"), FILLED), Deadline.after(300, "the page", clock), clock, patience
    )
    assert whole == FILLED  # others are waited for as before


@pytest.mark.parametrize("path", ["site.test/order_headers/1/x", "site.test/Attachments/7", "the rest of the page"])
def test_what_brings_attachments_is_always_waited_for(path: str) -> None:
    """However slow it was for other orders; an order without attachments is not called one while it is awaited."""
    patience = Patience()
    for _ in range(4):
        clock = FakeClock()
        page = read_settled(Shown(polling(path)), Deadline.after(300, "the page", clock), clock, patience)
        assert round(clock.monotonic() - 1000) == 20
        assert page.unread == (f"it still waited for {path} after 20 s",)
    having = replace(polling(path), attachments=(FILE,))
    clock = FakeClock()
    assert not read_settled(Shown(having), Deadline.after(300, "the page", clock), clock, patience).unread


def test_a_page_with_a_clock_in_its_title_is_not_waited_for_for_ever() -> None:
    """It changes all the time and stays what it is: a page that nobody knows."""
    clock = FakeClock()
    ticking = [replace(EMPTY, title=f"back in {seconds}") for seconds in range(3000)]
    assert settled(Shown(*ticking), clock, seconds=300.0).kind is PageKind.UNKNOWN
    assert clock.monotonic() - 1000 < BUSY_SECONDS + 1


def test_a_tab_that_was_opened_is_waited_for_until_it_is_filled() -> None:
    """Its script may begin by a timer; one that stays empty is believed after a while."""
    clock, opening = FakeClock(), replace(ORDER, is_opening=True)
    assert settled(Shown(*[opening] * 20, FILLED), clock) == FILLED
    clock = FakeClock()
    assert settled(Shown(opening), clock).attachments == ()
    assert OPENING_SECONDS <= clock.monotonic() - 1000 < OPENING_SECONDS + 1


def test_the_suites_word_is_asked_for_when_the_page_has_settled() -> None:
    """A page in the middle of loading has no way to sign out yet: asked then, the suite would say no."""
    asked: list[int] = []
    shown = Shown(EMPTY, EMPTY, ORDER)

    def says(_driver: object, _base: str) -> bool:
        asked.append(shown.looks)
        return True

    tab = SimpleNamespace(read=lambda _driver: shown())
    portal = AnsweredPortal(portal=tab, base_url="https://site.test", signed_in=says)  # type: ignore[arg-type]
    clock = FakeClock()
    page = read_portal(None, portal, Deadline.after(60, "the page", clock), clock)  # type: ignore[arg-type]
    assert (page.kind, page.is_signed_in, asked) == (PageKind.ORDER, True, [3])


def test_a_file_of_two_parts_counts_once() -> None:
    """Its address may end in a fragment or say how to hand it out; what is clicked is known by where it stands."""
    other = FoundAttachment(f"{FILE.url}?disposition=attachment#top", "b")
    versioned = FoundAttachment(f"{FILE.url}?version=2", "a.pdf")
    clicked = [FoundAttachment("", "c", press="#c", page=page) for page in ("https://a.test/1", "https://a.test/2")]
    assert union([FILE], [other, versioned], clicked, clicked) == (FILE, versioned, *clicked)


class Clicked:
    """A portal and its driver in one, with more tabs than anybody needs; each takes one thing to click away."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.pressed = 0

    def read(self, _driver: object) -> Page:
        files = tuple(FoundAttachment("", f"{each}.pdf", press=f"#moved{self.pressed}-{each}") for each in range(2))
        return replace(
            ORDER,
            url=f"{ORDER.url}?tab={self.pressed}",
            attachments=files[: 1 if self.pressed else 2],
            sections=tuple(f"#{self.pressed}-{each}" for each in range(self.left)),
        )

    def execute_script(self, _script: str, _selector: str) -> bool:
        self.pressed, self.left = self.pressed + 1, self.left - 1
        return True


def test_where_to_click_is_believed_of_the_last_look() -> None:
    """What was there before and is gone is told; an address that only the tab changed is the same page."""
    tabs, clock = Clicked(1), FakeClock()
    page = read_whole(tabs, tabs, Deadline.after(60, "the page", clock), clock)  # type: ignore[arg-type]
    assert [each.press for each in page.attachments] == ["#moved1-0"]
    assert page.unread == ("1.pdf is not there any more when a tab is opened",)


def test_a_page_with_tabs_without_end_is_left() -> None:
    """And does not pretend to be whole."""
    tabs, clock = Clicked(100), FakeClock()
    page = read_whole(tabs, tabs, Deadline.after(60, "the page", clock), clock)  # type: ignore[arg-type]
    assert tabs.pressed == MOST_PRESSES
    assert any("more than the 12 tabs" in each for each in page.unread)


@pytest.mark.parametrize("kind", [PageKind.SIGNED_OUT, PageKind.SERVER_ERROR, PageKind.RATE_LIMITED])
def test_a_tab_whose_part_is_refused_is_the_sites_word(kind: PageKind) -> None:
    """The page is not loaded anew, which would make it one without the tab's attachments."""
    pages = [replace(ORDER, sections=("#t",)), replace(ORDER, kind=kind)]
    tab = SimpleNamespace(read=lambda _driver: pages[0], execute_script=lambda *_script: bool(pages.pop(0)))
    clock = FakeClock()
    assert read_whole(tab, tab, Deadline.after(60, "the page", clock), clock).kind is kind  # type: ignore[arg-type]


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
