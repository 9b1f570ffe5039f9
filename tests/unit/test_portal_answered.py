"""The suite's word on the sign-in wins over the portal's, and only where it says something."""

from __future__ import annotations

import pytest

from pytest_edgepool.portals.answered import AnsweredPortal
from pytest_edgepool.portals.coupa import CoupaPortal
from pytest_edgepool.portals.portal import FoundAttachment, Page, PageKind

URL = "https://acme.test/order_headers/1"
FILE = FoundAttachment("https://acme.test/attachments/1/download", "a.pdf")


class Fixed(CoupaPortal):
    """A portal that reads one page, whatever the driver shows."""

    def read(self, driver: object) -> Page:
        assert isinstance(driver, Page)
        return driver


def read(page: Page, said: bool | None) -> Page:
    asked: list[tuple[object, str]] = []

    def signed_in(driver: object, base_url: str) -> bool | None:
        asked.append((driver, base_url))
        return said

    portal = AnsweredPortal(portal=Fixed(name="mine"), base_url="https://acme.test", signed_in=signed_in)
    answer = portal.read(page)  # type: ignore[arg-type]
    assert asked == [(page, "https://acme.test")]
    return answer


@pytest.mark.parametrize("kind", list(PageKind))
def test_where_the_suite_says_nothing_the_portal_decides(kind: PageKind) -> None:
    """The page is the portal's, unchanged."""
    page = Page(kind, URL, attachments=(FILE,))
    assert read(page, None) is page


@pytest.mark.parametrize("kind", list(PageKind))
def test_a_no_makes_every_good_page_a_signed_out_one(kind: PageKind) -> None:
    """Not those by which a site says that it is in trouble: signing in would mend nothing."""
    answer = read(Page(kind, URL, attachments=(FILE,)), False)
    unwell = (PageKind.SERVER_ERROR, PageKind.RATE_LIMITED)
    assert answer.kind is (kind if kind in unwell else PageKind.SIGNED_OUT)
    assert kind in unwell or answer.attachments == ()


def test_a_yes_makes_a_sign_in_page_a_known_one() -> None:
    """An order stays an order, and a page that nobody knows is still waited for."""
    assert read(Page(PageKind.SIGNED_OUT, URL), True).kind is PageKind.HOME
    assert read(Page(PageKind.ORDER, URL, attachments=(FILE,)), True).attachments == (FILE,)
    assert read(Page(PageKind.UNKNOWN, URL), True).kind is PageKind.UNKNOWN
    assert read(Page(PageKind.UNKNOWN, URL), True).is_signed_in


def test_its_addresses_are_the_portals() -> None:
    """Only reading is changed."""
    portal = AnsweredPortal(portal=CoupaPortal(name="mine"), base_url="https://acme.test", signed_in=lambda *_: None)
    assert portal.name == "mine"
    assert portal.order_url("https://acme.test", "7") == "https://acme.test/order_headers/7"
    assert portal.home_url("https://acme.test") == "https://acme.test/order_headers"
