"""Signing in once, on a managed base: opened for a person, closed in order, site remembered. Never keeps a password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.browser import binaries
from pytest_edgepool.browser.edge import RunningBrowser
from pytest_edgepool.browser.launch import Launch
from pytest_edgepool.browser.wire import DriverError
from pytest_edgepool.clock import SYSTEM_CLOCK, Clock, Deadline, wait_until
from pytest_edgepool.errors import BaseUnusable, BrowserTrouble, SignedOut, UsageMistake
from pytest_edgepool.portals.portal import PageKind, portal_named
from pytest_edgepool.profiles.base import Base, holder_of, managed_base, record_url
from pytest_edgepool.profiles.tabs import drop_tabs
from pytest_edgepool.redact import plain_url
from pytest_edgepool.run import Run, new_run_id, sweep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.browser.binaries import Browser
    from pytest_edgepool.settings import Settings

_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How somebody signs in.

    Attributes:
        settings: `po_url` and `po_portal` say where, `edgepool_browser` with what, `edgepool_headed` whether it is
            seen.
        state: the state folder.
        patience_seconds: how long the person has.
        say: tells the person what happens, a sentence at a time.
        by_itself: fills in the sign-in form where no person is needed (the demo site), or None.
        clock: where time comes from.
    """

    settings: Settings
    state: Path
    patience_seconds: float
    say: Callable[[str], None]
    by_itself: Callable[[WebDriver], None] | None = None
    clock: Clock = SYSTEM_CLOCK

    @property
    def url(self) -> str:
        """The site's base URL."""
        return self.settings.po_url.rstrip("/")

    def sign_in(self) -> Base:
        """Sign in on the managed base and remember the site.

        Raises:
            UsageMistake: no address, no portal, no browser.
            BaseUnusable: the base is in use.
            SignedOut: the site did not say in time that we are signed in.
        """
        if portal_named(self.settings.po_portal or "coupa") is None or not self.url.startswith(("https://", "http://")):
            raise UsageMistake(f"--url: {self.url!r} is no address of a site; it begins with https://.")
        browser = binaries.find(self.settings)
        base = managed_base(self.state, browser.brand, browser.channel)
        with base.lock(self.state).held(patience_seconds=0) as got:
            holder = holder_of(base.user_data_dir) if got else "a run"
            if holder:
                raise BaseUnusable(f"The managed base {base.user_data_dir} is in use by {holder}; end that first.")
            self._in_browser(browser, base)
            record_url(self.state, browser.brand, browser.channel, self.url)
        site = plain_url(self.url)
        self.say(f"Signed in. {browser.title} keeps it in {base.user_data_dir}, and {site} is remembered.")
        return base

    def _in_browser(self, browser: Browser, base: Base) -> None:
        """Sign in with a browser on the base; closing it in order is what writes the session down."""
        base.user_data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        drop_tabs(base.profile_folder)
        sweep(self.state, lambda _trouble: None)  # what resists is told by the next run
        run = Run(self.state, new_run_id(SYSTEM_CLOCK))
        run.join()
        try:
            launch = Launch(
                browser=browser,
                user_data_dir=base.user_data_dir,
                headed=self.settings.edgepool_headed,
                arguments=self.settings.edgepool_arg,
                patience_seconds=self.settings.edgepool_start_timeout,
            )
            running = RunningBrowser.start(launch, run.record)
            try:
                self._until_signed_in(running)
            finally:
                running.quit()
        finally:
            run.remove()

    def _until_signed_in(self, running: RunningBrowser) -> None:
        portal = portal_named(self.settings.po_portal or "coupa")
        assert portal is not None  # noqa: S101 - sign_in has refused "none"
        site = plain_url(self.url)
        self.say(f"Opening {site} …" + ("" if self.by_itself else " Sign in there; this ends by itself."))

        def is_in() -> bool:
            try:
                return portal.read(running.driver).kind in (PageKind.HOME, PageKind.ORDER)
            except DriverError as error:
                if not running.is_alive():
                    raise BrowserTrouble("the browser was closed before you were signed in; try again") from error
                return False  # between two pages of the sign-in

        with running.tab() as tab:
            tab.open(portal.home_url(self.url))
            if self.by_itself is not None:
                self.by_itself(running.driver)
            if not wait_until(is_in, Deadline.after(self.patience_seconds, "signing in", self.clock), _LOOK_SECONDS):
                patience = f"{self.patience_seconds:g} s"
                raise SignedOut(f"{site} did not say within {patience} that you are signed in; try again.")
