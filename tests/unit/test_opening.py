"""What an order's page answers is believed only when nothing speaks against it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.clock import Deadline
from pytest_edgepool.errors import ServerTrouble, SignedOut, StrangePage
from pytest_edgepool.fulfilment.desk import Progress
from pytest_edgepool.fulfilment.opening import answer_of, opened
from pytest_edgepool.outcomes.status import Status
from pytest_edgepool.portals.portal import FoundAttachment, Page, PageKind
from pytest_edgepool.portals.reading import Patience
from pytest_edgepool.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import Mapping

SITE = "https://acme.test"
ASKED, HOME = f"{SITE}/order_headers/15262984", f"{SITE}/order_headers"
FILE = FoundAttachment(f"{SITE}/attachments/1/download", "a.pdf")
ORDER = Page(PageKind.ORDER, ASKED, attachments=(FILE,))
MISSING = Page(PageKind.NOT_FOUND, ASKED, http_status=404, is_doubtful=True)
KNOWN = Page(PageKind.HOME, HOME)


class Site:
    """A portal, and a tab of a driver that shows its pages by their addresses."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self.pages = dict(pages)
        self.asked: list[str] = []
        self.driver = self.reader = self
        self.is_from_ahead = False
        self.is_in_front = False
        self.patience = Patience()
        self.clock = FakeClock()

    def open(self, url: str) -> None:
        self.asked.append(url)

    def read(self, _driver: object) -> Page:
        return self.pages[self.asked[-1]]

    def headers(self) -> dict[str, str]:
        return {}

    def attempt(self, **more: Any) -> Any:
        desk = SimpleNamespace(
            portal=self,
            order_urls=(ASKED,),
            home_url=HOME,
            back_off=SimpleNamespace(is_in_trouble=False),
            chosen=lambda *_shown: None,
            tell=lambda _event: None,
            patience=self.patience,
            clock=self.clock,
        )
        vars(desk).update(more)
        return SimpleNamespace(
            desk=desk,
            tab=self,
            order=SimpleNamespace(number="15262984"),
            progress=Progress(),
            deadline=Deadline.after(300, "the order", self.clock),
        )


def test_a_missing_order_without_a_sign_of_the_session_is_looked_into_once() -> None:
    """As long as nothing else shows the session: one look in a row of them, another after the next order."""
    site = Site({ASKED: MISSING, HOME: KNOWN})
    for _ in range(3):
        assert opened(site.attempt()).kind is PageKind.NOT_FOUND
    assert site.asked == [ASKED, HOME, ASKED, ASKED, ASKED]
    site.pages[ASKED] = ORDER
    opened(site.attempt())
    site.pages[ASKED] = replace(MISSING, kind=PageKind.NO_ACCESS)
    assert answer_of(opened(site.attempt())) == (
        Status.ACCESS_DENIED,
        "the site does not let this user see the order",
    )
    assert site.asked.count(HOME) == 2


def test_a_missing_order_of_a_lost_session_is_signed_out() -> None:
    """Whole sheets have been lost to an "Oops" that was none."""
    site = Site({ASKED: MISSING, HOME: Page(PageKind.SIGNED_OUT, f"{SITE}/sessions/new")})
    for _ in range(2):
        with pytest.raises(SignedOut):
            opened(site.attempt())
    assert site.asked == [ASKED, HOME, ASKED, HOME]


def test_a_missing_order_beside_a_way_to_sign_out_is_missing() -> None:
    """Nothing is asked then, nor where the suite's portal knows no such page."""
    site = Site({ASKED: replace(MISSING, is_doubtful=False)})
    assert opened(site.attempt()).kind is PageKind.NOT_FOUND
    site.pages[ASKED] = MISSING
    assert opened(site.attempt(home_url="")).kind is PageKind.NOT_FOUND
    assert site.asked == [ASKED, ASKED]


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("https://login.idp.test/passkey", SignedOut),
        ("https://idp.test/saml2/continue", SignedOut),
        (f"{SITE}/login/notice", StrangePage),
        ("https://elsewhere.test/notice", StrangePage),
    ],
)
def test_a_page_of_another_sites_sign_in_is_signed_out(url: str, error: type[Exception]) -> None:
    """It asks for a key or a phone, and for no password: nobody knows the page, and its address says enough."""
    site = Site({ASKED: Page(PageKind.UNKNOWN, url)})
    with pytest.raises(error):
        opened(site.attempt())
    assert site.clock.monotonic() - 1000 < 10


UNREAD = "1 of its attachments could not be read"


def test_what_could_not_be_read_is_noted_or_strange() -> None:
    """Beside attachments it makes the order partial; alone it is no order without attachments."""
    site = Site({ASKED: replace(ORDER, unread=(UNREAD,))})
    attempt = site.attempt()
    assert opened(attempt).attachments == (FILE,)
    assert [str(each) for each in attempt.progress.unseen] == [f"{ASKED}: {UNREAD}"]
    opened(attempt)
    assert len(attempt.progress.unseen) == 1
    site.pages[ASKED] = replace(ORDER, unread=(UNREAD,), attachments=())
    with pytest.raises(StrangePage, match=UNREAD):
        opened(site.attempt())


def test_a_part_that_did_not_come_is_worth_another_try() -> None:
    """Whatever else the page has."""
    site = Site({ASKED: replace(ORDER, failed=(f"{ASKED}/lines answered 404",))})
    with pytest.raises(StrangePage, match="lines answered 404"):
        opened(site.attempt())
    site.pages[ASKED] = Page(PageKind.SERVER_ERROR, ASKED, http_status=503)
    with pytest.raises(ServerTrouble, match="503"):
        opened(site.attempt())


def test_a_request_that_never_ended_is_no_order_without_attachments() -> None:
    """Not at the first order, and not at the tenth."""
    site = Site({ASKED: Page(PageKind.ORDER, ASKED, underway=("acme.test/order_headers/15262984/attachments",))})
    for _ in range(4):
        with pytest.raises(StrangePage, match=r"it still waited for .*/15262984/attachments"):
            opened(site.attempt())


def test_the_suites_choice_is_the_last_word() -> None:
    """Who says which attachments there are has looked."""
    bad = replace(ORDER, unread=(UNREAD,), failed=("x",), is_busy=True, sections=())
    site = Site({ASKED: bad})
    attempt = site.attempt(chosen=lambda *_shown: ())
    assert opened(attempt).attachments == ()
    assert attempt.progress.unseen == []


def test_what_was_opened_ahead_is_believed_when_all_is_well_else_asked_anew_once() -> None:
    """The site may have been in trouble then; what it says in the order's own turn counts."""
    for first, then in ((Page(PageKind.RATE_LIMITED, ASKED, http_status=429), ORDER), (MISSING, ORDER), (ORDER, None)):
        site = Site({ASKED: first, HOME: KNOWN})
        site.is_from_ahead = True

        def open_anew(url: str, site: Site = site, then: Page | None = then) -> None:
            site.is_from_ahead = not site.asked
            if site.asked and then is not None:
                site.pages[ASKED] = then
            site.asked.append(url)

        site.open = open_anew  # type: ignore[method-assign]
        assert opened(site.attempt()).kind is PageKind.ORDER
        assert site.asked == ([ASKED] if then is None else [ASKED, ASKED])
