"""Signing in once, on a managed base: opened for a person, closed in order, proved on a clone. Keeps no password."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.browser import binaries
from pytest_edgepool.browser.edge import RunningBrowser
from pytest_edgepool.browser.launch import Launch
from pytest_edgepool.clock import SYSTEM_CLOCK, Clock, Deadline, wait_until
from pytest_edgepool.errors import BaseUnusable, BrowserTrouble, ProfileTrouble, SignedOut, UsageMistake
from pytest_edgepool.files import remove_folder
from pytest_edgepool.portals.portal import NO_PORTAL, portal_named
from pytest_edgepool.portals.watch import Watch
from pytest_edgepool.prepare import Plan
from pytest_edgepool.profiles.base import Base, holder_of, managed_base, record_url, recorded_url
from pytest_edgepool.profiles.cookies import read_cookies
from pytest_edgepool.profiles.kept import kept_in
from pytest_edgepool.profiles.tabs import drop_tabs
from pytest_edgepool.profiles.trimming import copy_base
from pytest_edgepool.profiles.verify import Proof
from pytest_edgepool.redact import plain_url
from pytest_edgepool.run import Run, new_run_id, sweep
from pytest_edgepool.terminal import ending_as_ctrl_c, has_screen, undisturbed
from pytest_edgepool.workers.proof import Prover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.browser.binaries import Browser
    from pytest_edgepool.portals.portal import Portal
    from pytest_edgepool.profiles.cookies import Cookies
    from pytest_edgepool.profiles.kept import Kept
    from pytest_edgepool.settings import Settings

_LOOK_SECONDS = 0.5
_CLOSING_SECONDS = 15.0  # it writes everything down first
_CLONE_SLOT = 1


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
        says_so: whether the person has said that they are signed in, or None when nobody can be asked.
        portals: further portals by name, from plugins.
        clock: where time comes from.
    """

    settings: Settings
    state: Path
    patience_seconds: float
    say: Callable[[str], None]
    by_itself: Callable[[WebDriver], None] | None = None
    says_so: Callable[[], bool] | None = None
    portals: Mapping[str, Portal] | None = None
    clock: Clock = SYSTEM_CLOCK

    @property
    def url(self) -> str:
        """The site's base URL."""
        return self.settings.po_url.rstrip("/")

    def sign_in(self) -> Base:
        """Sign in on the managed base, remember the site, and prove that a clone of the base is signed in.

        Nothing is left but the base, however this ends; a new base in which nobody signed in goes too.

        Raises:
            UsageMistake: no address, nobody who can say that they are signed in, no screen, no browser.
            BaseUnusable: the base is in use.
            BrowserTrouble: the browser did not start, or was closed by hand.
            SignedOut: the site did not say in time that we are signed in, or a clone is not.
            KeyboardInterrupt: the person gave up, or their terminal was closed.
        """
        portal = self._portal()
        browser = binaries.find(self.settings)
        base = managed_base(self.state, browser.brand, browser.channel)
        with ending_as_ctrl_c(), base.lock(self.state).held(patience_seconds=0) as got:
            holder = holder_of(base.user_data_dir) if got else "a run"
            if holder:
                raise BaseUnusable(f"The managed base {base.user_data_dir} is in use by {holder}; end that first.")
            with self._a_run() as run:
                self._on_base(run, browser, base, portal)
                self._remember(browser, portal)
                self._prove(run, browser, base, portal)
        remembered = f", and {plain_url(self.url)} is remembered" if portal else ""
        self.say(f"{browser.title} keeps it in {base.user_data_dir}{remembered}.")
        return base

    def _portal(self) -> Portal | None:
        portal = portal_named(self.settings.po_portal or "coupa", self.portals)
        if not self.url.lower().startswith(("https://", "http://")):
            raise UsageMistake(f"--url: {plain_url(self.url)!r} is no address of a site; it begins with https://.")
        if portal is None and self.says_so is None:
            raise UsageMistake(
                "--portal none: only you can say when you are signed in, by pressing Enter; run it on a terminal."
            )
        # Elsewhere a screen needs no name, and who came over the network may have one all the same.
        if self.settings.edgepool_headed and sys.platform.startswith("linux") and not has_screen(os.environ):
            raise UsageMistake(
                "There is no screen to show the browser on (neither DISPLAY nor WAYLAND_DISPLAY is set); "
                "sign in where there is one."
            )
        return portal

    @contextmanager
    def _a_run(self) -> Iterator[Run]:
        """Give a run's folder, in which processes are recorded and the clone lies: what is left of it gets swept."""
        sweep(self.state, lambda _trouble: None)  # what resists is told by the next run
        run = Run(self.state, new_run_id(SYSTEM_CLOCK))
        run.join()
        try:
            yield run
        finally:
            with undisturbed():
                run.remove()

    @contextmanager
    def _browser(self, run: Run, browser: Browser, user_data_dir: Path, *, headed: bool) -> Iterator[RunningBrowser]:
        launch = Launch(
            browser=browser,
            user_data_dir=user_data_dir,
            headed=headed,
            arguments=self.settings.edgepool_arg,
            patience_seconds=self.settings.edgepool_start_timeout,
        )
        with run.intending(user_data_dir, launch.mark):
            running = RunningBrowser.start(launch, run.record)
        try:
            yield running
        finally:
            with undisturbed():
                running.quit()

    def _on_base(self, run: Run, browser: Browser, base: Base, portal: Portal | None) -> None:
        """Sign in with a browser on the base; closing it in order is what writes the session down."""
        is_new = not (base.user_data_dir / "Local State").exists()
        base.user_data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            drop_tabs(base.profile_folder)
            with self._browser(run, browser, base.user_data_dir, headed=self.settings.edgepool_headed) as running:
                self._until_signed_in(Watch(running, portal, self.url))
        except BaseException:
            if is_new:  # else the next run would take it for a base that somebody has signed in
                with undisturbed():
                    run.end_recorded()
                    remove_folder(base.user_data_dir.parent)
            raise
        closing = Deadline.after(_CLOSING_SECONDS, "closing the browser")
        if not wait_until(lambda: not holder_of(base.user_data_dir), closing):
            raise BrowserTrouble(f"{browser.title} does not let go of {base.user_data_dir}; close it and try again")

    def _until_signed_in(self, watch: Watch) -> None:
        site = plain_url(self.url)
        self.say(f"Opening {site} …{'' if self.by_itself else self._what_to_do(watch)}")
        watch.open()
        if self.by_itself is not None:
            self.by_itself(watch.driver)

        def is_in() -> bool:
            return watch.is_signed_in() or bool(self.says_so and self.says_so())

        if not wait_until(is_in, Deadline.after(self.patience_seconds, "signing in", self.clock), _LOOK_SECONDS):
            who = "you did not say" if watch.portal is None else f"{site} did not say"
            raise SignedOut(f"{who} within {self.patience_seconds:g} s that you are signed in; try again.")

    def _what_to_do(self, watch: Watch) -> str:
        if watch.portal is None:
            return " Sign in there, then press Enter here."
        enter = ", or when you press Enter here" if self.says_so else ""
        return f" Sign in there; the browser closes by itself when you are signed in{enter}."

    def _remember(self, browser: Browser, portal: Portal | None) -> None:
        """Remember the site that runs with POs go to; a site without a portal is none of these."""
        url = self.url if portal else recorded_url(self.state, browser.brand, browser.channel)
        record_url(self.state, browser.brand, browser.channel, url)

    def _prove(self, run: Run, browser: Browser, base: Base, portal: Portal | None) -> None:
        """Ask as a run does: a clone, headless, must be signed in. Where that would use the session up, count."""
        clone, settings = run.clone_folder(_CLONE_SLOT), self.settings
        copy_base(
            base, clone, indexeddb=settings.edgepool_indexeddb, extensions=settings.edgepool_extensions, live=False
        )
        kept, before = _counted(clone)
        for each in kept.sentences():
            self.say(each)
        asked = None if settings.edgepool_rotating_session else portal
        name = asked.name if asked else NO_PORTAL
        plan = Plan(browser=browser, base=base, portal=name, url=self.url, template_key="")
        with self._browser(run, browser, clone, headed=False) as running:
            result = Prover(settings=settings, plan=plan, portal=asked).of_sign_in(running, before)
        wrong = (
            "there is no cookie, no local storage and no database"
            if asked is None and kept.is_nothing
            else result.error
        )
        if wrong or result.outcome is not Proof.SUCCESS:
            raise SignedOut(f"Kept nothing that a clone can use: {wrong}. The base stays as it is; sign in again.")
        told = "is signed in" if asked else "reads these cookies"
        self.say(f"Signed in, and proved: a clone, opened headless, {told}.")


def _counted(clone: Path) -> tuple[Kept, Cookies]:
    try:
        return kept_in(clone, "Default"), read_cookies(clone, "Default")
    except (sqlite3.Error, OSError) as error:
        raise ProfileTrouble(f"What was kept cannot be read: {error}.") from error


def next_command(settings: Settings) -> str:
    """Return what to type after signing in."""
    named = [
        f"--edgepool-{name}={value}"
        for name, value, default in (
            ("browser", settings.edgepool_browser, "auto"),
            ("channel", settings.edgepool_channel, "stable"),
        )
        if value != default
    ]
    what = [] if settings.po_portal == NO_PORTAL else ["--po-csv pos.csv"]
    return " ".join(["pytest -n 6", *what, *named])
