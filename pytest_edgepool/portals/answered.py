"""A portal whose word on being signed in the suite may overrule. Never asks where nobody answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

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
        page = self.portal.read(driver)
        said = self.signed_in(driver, self.base_url)
        if said is None:
            return page
        if said:
            kind = PageKind.HOME if page.kind is PageKind.SIGNED_OUT else page.kind
            return replace(page, kind=kind, is_signed_in=True)
        if page.kind in (PageKind.RATE_LIMITED, PageKind.SERVER_ERROR):
            return page  # a site in trouble knows nobody, and signing in would mend nothing
        return Page(kind=PageKind.SIGNED_OUT, url=page.url, title=page.title, http_status=page.http_status)
