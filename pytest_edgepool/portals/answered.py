"""A portal whose word on being signed in the suite may overrule. Never asks where nobody answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_edgepool.browser.lazily import real
from pytest_edgepool.portals.coupa import CoupaPortal
from pytest_edgepool.portals.portal import Page, PageKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.portals.portal import Portal


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredPortal:
    """What a portal reads, and what the suite says of the sign-in.

    Attributes:
        portal: reads the pages.
        base_url: the site's address.
        signed_in: whether the tab shows that the site knows us; None where the suite cannot tell.
    """

    portal: Portal
    base_url: str
    signed_in: Callable[[WebDriver, str], bool | None]

    @property
    def name(self) -> str:
        """The portal's own name."""
        return self.portal.name

    def home_url(self, base_url: str) -> str:
        """Return the portal's own answer."""
        return self.portal.home_url(base_url)

    def order_url(self, base_url: str, number: str) -> str:
        """Return the portal's own answer."""
        return self.portal.order_url(base_url, number)

    def read(self, driver: WebDriver) -> Page:
        """Return what the portal reads, as the suite's word on the sign-in makes it."""
        return self.answered(self.portal.read(driver), driver)

    def answered(self, page: Page, driver: WebDriver) -> Page:
        """Return a page that the portal has read, as the suite's word on the sign-in makes it."""
        said = self.signed_in(real(driver), self.base_url)
        if said is None:
            return page
        if said:
            kind = PageKind.HOME if page.kind is PageKind.SIGNED_OUT else page.kind
            return replace(page, kind=kind, is_signed_in=True, is_doubtful=False)
        if page.kind in (PageKind.RATE_LIMITED, PageKind.SERVER_ERROR):
            return page  # a site in trouble knows nobody, and signing in would mend nothing
        return Page(kind=PageKind.SIGNED_OUT, url=page.url, title=page.title, http_status=page.http_status)


def reads_by_script(portal: Portal) -> bool:
    """Whether pages are read by scripts that only read: then a background tab is read where it is.

    Ours do, unless a subclass reads in its own way; another portal says so by the attribute `reads_by_script`.
    """
    own = _own(portal)
    return getattr(type(own), "read", None) is CoupaPortal.read or getattr(own, "reads_by_script", False) is True


def opens_ahead(portal: Portal) -> bool:
    """Whether a site may be asked for the next order's page while one is in hand.

    Ours may; another portal says so by the attribute `opens_ahead`: a site may keep in mind which order was last shown.
    """
    own = _own(portal)
    return type(own) is CoupaPortal or getattr(own, "opens_ahead", False) is True


def _own(portal: Portal) -> Portal:
    return portal.portal if isinstance(portal, AnsweredPortal) else portal
