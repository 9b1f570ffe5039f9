"""Puts a leased profile and the browser on it to the proofs of profiles/verify.py. Never mends what they find."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential, wait_random

from pytest_edgepool.browser.handover import take_cookies
from pytest_edgepool.browser.wire import DriverError, what_it_said
from pytest_edgepool.clock import SYSTEM_CLOCK, Clock, Deadline
from pytest_edgepool.errors import (
    DeadlinePassed,
    NetworkTrouble,
    Permanent,
    ServerTrouble,
    SiteUnreachable,
    TooManyRequests,
)
from pytest_edgepool.portals.portal import Page, PageKind
from pytest_edgepool.portals.reading import read_portal
from pytest_edgepool.profiles.cookies import keys_of, read_cookies
from pytest_edgepool.profiles.soundness import exit_type_of, wrong_with_files
from pytest_edgepool.profiles.template import wrong_with_clone
from pytest_edgepool.profiles.verify import Answer, MethodResult, compare_session, prove
from pytest_edgepool.redact import origin_of, plain_url, redacted

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.browser.tabs import Tab
    from pytest_edgepool.fulfilment.backing_off import BackOff
    from pytest_edgepool.portals.portal import Portal
    from pytest_edgepool.prepare import Plan
    from pytest_edgepool.profiles.cookies import Cookies
    from pytest_edgepool.profiles.lease import Lease
    from pytest_edgepool.profiles.template import Template
    from pytest_edgepool.settings import Settings

_KNOWN = (PageKind.HOME, PageKind.ORDER)
OUT_OF_SERVICE = "out_of_service"
"""What the sign-in proof tells in its details where the site's own trouble says nothing of who asks."""
_OUT_OF_SERVICE = frozenset({429, 502, 503, 504, *range(520, 531)})  # a 500 may be what a broken session gets
_UNWELL = (PageKind.RATE_LIMITED, PageKind.SERVER_ERROR)
_STORED = "return Object.fromEntries(Object.entries(localStorage))"


class SiteDown(Permanent):
    """The site cannot be asked who we are. At the very first look the run is over; later it may pass."""


@dataclass(slots=True, kw_only=True)
class Prover:
    """What the proofs need to know, and what they saw.

    Attributes:
        settings: which methods are asked, and their limits.
        plan: which browser it must be, and which site.
        portal: how the site is asked, or None: then nobody is asked.
        clock: where time comes from.
        back_off: until when the run leaves the site alone; None where there is no run.
        was_in: whether the run was signed in before: then a site that is unwell is no lost sign-in.
        local_storage: what the site had stored, by origin, when it last said that it knows us.
    """

    settings: Settings
    plan: Plan
    portal: Portal | None
    clock: Clock = SYSTEM_CLOCK
    back_off: BackOff | None = None
    was_in: Callable[[], bool] = lambda: False
    local_storage: dict[str, dict[str, str]] = field(default_factory=dict)

    def asks(self, method: str) -> bool:
        """Whether the settings want this method."""
        return method in self.settings.edgepool_verify.split(",")

    def of_files(self, lease: Lease, template: Template | None) -> tuple[MethodResult, ...]:
        """Prove that the profile's files are sound, while no browser has them open.

        Args:
            lease: the profile.
            template: what it must equal, for a clone that no browser has opened yet.
        """
        if not self.asks("file"):
            return ()
        return (prove("file", lambda: self._look_at_files(lease, template), self.clock),)

    def cookies_before(self, lease: Lease) -> Cookies | None:
        """Return which cookies the profile holds before a start, or None when that cannot be told."""
        if not self.asks("auth"):
            return None
        try:
            return read_cookies(lease.user_data_dir, lease.profile_directory, self.clock)
        except (sqlite3.Error, OSError):
            return None  # damaged: that is the file proof's to say

    def of_browser(self, lease: Lease, browser: RunningBrowser, before: Cookies | None) -> tuple[MethodResult, ...]:
        """Prove that the browser runs on what was leased, and that the site knows us.

        Args:
            lease: the profile.
            browser: the browser on it.
            before: the cookies it had before the start, to be found again; None: they are not asked for.

        Raises:
            SiteDown: nobody is there to ask.
        """
        found = []
        if self.asks("capability"):
            found.append(prove("capability", lambda: self._look_at_session(lease, browser), self.clock, self._tries()))
        if self.asks("auth"):
            found.append(self.of_sign_in(browser, before))
        return tuple(found)

    def of_sign_in(self, browser: RunningBrowser, before: Cookies | None = None) -> MethodResult:
        """Prove that the site knows us: its own page must say so. Without a portal only the cookies are compared.

        Raises:
            SiteDown: nobody is there to ask.
            AskedToWait: the site wants to be left alone for longer than the settings grant.
        """
        trouble: list[Exception] = []

        def ask() -> Answer:
            if self.back_off is not None:
                self.back_off.wait()
            try:
                return self._look_at_sign_in(browser, before)
            except DeadlinePassed as error:
                trouble[:] = [error]
                raise
            except (NetworkTrouble, ServerTrouble) as error:
                trouble[:] = [error]
                if self.back_off is not None:
                    self.back_off.hear(error, f"the sign-in of process {os.getpid()}")
                raise
            except DriverError as error:
                return Answer(wrong=f"the tab failed: {what_it_said(error)}")

        result = prove("auth", ask, self.clock, self._tries())
        if trouble and result.error == redacted(str(trouble[0])):
            result = replace(result, details={**result.details, **self._told_from_signed_out(trouble[0])})
        return result

    def _told_from_signed_out(self, trouble: Exception) -> dict[str, Any]:
        """Raise, or return as details, what the site's trouble means; once the run was in, it is no lost sign-in."""
        if isinstance(trouble, SiteUnreachable):
            raise SiteDown(f"The site did not answer: {trouble}; check --po-url and the network.") from trouble
        if self.was_in():
            raise SiteDown(f"the sign-in could not be looked at: {trouble}") from trouble
        is_out = isinstance(trouble, ServerTrouble) and trouble.status in _OUT_OF_SERVICE
        return {OUT_OF_SERVICE: True} if is_out else {}

    def _tries(self) -> Retrying:
        """Return the tries that trouble on the way gets: bounded, with growing pauses and jitter."""
        first = self.settings.edgepool_verify_retry_seconds
        most = self.settings.edgepool_verify_retry_most_seconds
        return Retrying(
            stop=stop_after_attempt(self.settings.edgepool_verify_attempts),
            wait=wait_exponential(multiplier=first, max=max(first, most - first)) + wait_random(0, first),
            retry=retry_if_exception_type((NetworkTrouble, ServerTrouble, DeadlinePassed)),
            sleep=self.clock.sleep,
        )

    def _look_at_files(self, lease: Lease, template: Template | None) -> Answer:
        deadline = Deadline.after(self.settings.edgepool_file_timeout, "the file proof", self.clock)
        ended = exit_type_of(lease.user_data_dir, lease.profile_directory)
        wrong = wrong_with_files(lease.user_data_dir, lease.profile_directory, deadline)
        if template is not None and not wrong:
            deadline.check()
            wrong = wrong_with_clone(lease.user_data_dir, template, deadline)
            if not wrong and ended not in ("", "Normal"):
                wrong = f"its last session ended as {ended}"
        return Answer(wrong=wrong, details={"exit_type": ended, "compared_with_template": template is not None})

    def _look_at_session(self, lease: Lease, browser: RunningBrowser) -> Answer:
        deadline = self._limit(self.settings.edgepool_capability_timeout, "the capability proof")
        product = str(browser.devtools.call("Browser.getVersion", deadline).get("product", ""))
        return compare_session(
            user_data_dir=lease.user_data_dir,
            reported_user_data_dir=browser.user_data_dir,
            versions=(self.plan.browser.version, product.rpartition("/")[2]),
            driver_versions=(self.plan.browser.driver_version, browser.driver_version),
        )

    def _look_at_sign_in(self, browser: RunningBrowser, before: Cookies | None) -> Answer:
        details: dict[str, Any] = {}
        lost = 0
        if before is not None:
            after = keys_of(take_cookies(browser.devtools))
            lost = before.lost(after)
            details = {"cookies_before": before.total, "cookies_after": len(after), "cookies_lost": lost}
        if self.portal is None:
            return Answer(wrong=_wrong_with_cookies(before, lost), details=details)
        page = self._page_that_knows_us(browser)
        details |= {"page": str(page.kind), "url": plain_url(page.url)}
        wrong = _wrong_with_page(page)
        # The site's own word counts: it may know us by other means. But when it does not, this is why.
        if wrong and (told := _wrong_with_cookies(before, lost)):
            wrong = f"{wrong}; {told}"
        return Answer(wrong=wrong, details=details)

    def _page_that_knows_us(self, browser: RunningBrowser) -> Page:
        assert self.portal is not None  # noqa: S101 - the only caller has looked
        portal = self.portal
        deadline = self._limit(self.settings.edgepool_auth_timeout, "the sign-in proof")
        with browser.within(deadline), browser.tab(is_ours=True) as tab:
            tab.open(portal.home_url(self.plan.url))
            page = read_portal(tab.driver, portal, deadline, self.clock)
            if page.kind in _UNWELL:
                raise (
                    TooManyRequests(page.http_status)
                    if page.kind is PageKind.RATE_LIMITED
                    else ServerTrouble(page.http_status)
                )
            if page.kind in _KNOWN:
                self.local_storage = _stored_by(tab, page)
            return page

    def _limit(self, seconds: float, what: str) -> Deadline:
        return Deadline.after(seconds, what, self.clock)


def _stored_by(tab: Tab, page: Page) -> dict[str, dict[str, str]]:
    stored = tab.driver.execute_script(_STORED)
    return {origin_of(page.url): stored} if stored else {}


def _wrong_with_page(page: Page) -> str:
    if page.kind is PageKind.SIGNED_OUT:
        return "the site asks to sign in"
    # Not proven means no: a page that is neither home nor an order may be any step of a sign-in.
    return "" if page.kind in _KNOWN or page.is_signed_in else f"the site shows a page of the kind {page.kind}"


def _wrong_with_cookies(before: Cookies | None, lost: int) -> str:
    """Return what the loss of cookies means: a few go by themselves; most go when their key is another."""
    if before is None or lost * 2 <= before.total:
        return ""
    return (
        f"{lost} of the profile's {before.total} cookies were gone once the browser ran: "
        "it cannot read what another key source has sealed"
    )
