"""Puts a leased profile and the browser on it to the proofs of profiles/verify.py. Never mends what they find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.browser.wire import DriverError, what_it_said
from pytest_edgepool.clock import Deadline
from pytest_edgepool.errors import Permanent, SiteUnreachable
from pytest_edgepool.portals.portal import PageKind
from pytest_edgepool.profiles.verify import MethodResult, prove, wrong_with_files, wrong_with_session

if TYPE_CHECKING:
    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.portals.portal import Portal
    from pytest_edgepool.prepare import Plan
    from pytest_edgepool.profiles.lease import Lease
    from pytest_edgepool.settings import Settings


class SiteDown(Permanent):
    """The site could not be reached by the first browser: the run is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prover:
    """What the proofs need to know.

    Attributes:
        settings: which methods are asked, and their limits.
        plan: which browser it must be, and which site.
        portal: how the site is asked, or None: then nobody is asked.
    """

    settings: Settings
    plan: Plan
    portal: Portal | None

    def of_files(self, lease: Lease) -> tuple[MethodResult, ...]:
        """Prove that the profile's files are sound, while no browser has them open."""
        if "file" not in self._methods():
            return ()
        return (prove("file", lambda: wrong_with_files(lease.user_data_dir, lease.profile_directory)),)

    def of_browser(self, lease: Lease, browser: RunningBrowser) -> tuple[MethodResult, ...]:
        """Prove that the browser runs on what was leased, and that the site knows us.

        Raises:
            SiteDown: nobody is there to ask.
        """
        found = []
        if "capability" in self._methods():
            found.append(prove("capability", lambda: self._wrong_with_session(lease, browser)))
        if "auth" in self._methods() and self.portal is not None:
            found.append(self.of_sign_in(browser))
        return tuple(found)

    def of_sign_in(self, browser: RunningBrowser) -> MethodResult:
        """Prove that the site knows us: its own page must say so.

        Raises:
            SiteDown: nobody is there to ask.
        """
        nobody: list[SiteUnreachable] = []

        def ask() -> str:
            try:
                return self._wrong_with_sign_in(browser)
            except SiteUnreachable as error:
                nobody.append(error)
                return str(error)

        result = prove("auth", ask)
        if nobody:
            raise SiteDown(f"The site did not answer: {nobody[0]}; check --po-url and the network.") from nobody[0]
        return result

    def _methods(self) -> tuple[str, ...]:
        return tuple(filter(None, self.settings.edgepool_verify.split(",")))

    def _wrong_with_session(self, lease: Lease, browser: RunningBrowser) -> str:
        with browser.within(Deadline.after(self.settings.edgepool_capability_timeout, "the capability proof")):
            return wrong_with_session(
                user_data_dir=lease.user_data_dir,
                reported_user_data_dir=browser.user_data_dir,
                version=self.plan.browser.version,
                reported_version=str(browser.capabilities.get("browserVersion", "")),
            )

    def _wrong_with_sign_in(self, browser: RunningBrowser) -> str:
        if self.portal is None:
            return ""
        deadline = Deadline.after(self.settings.edgepool_auth_timeout, "the sign-in proof")
        try:
            with browser.within(deadline), browser.tab() as tab:
                tab.open(self.portal.home_url(self.plan.url))
                page = self.portal.read(tab.driver)
        except DriverError as error:
            return f"the tab failed: {what_it_said(error)}"
        if page.kind is PageKind.SIGNED_OUT:
            return "the site asks to sign in"
        # Not proven means no: a page that is neither home nor an order may be any step of a sign-in.
        known = page.kind in (PageKind.HOME, PageKind.ORDER)
        return "" if known else f"the site shows a page of the kind {page.kind}"
