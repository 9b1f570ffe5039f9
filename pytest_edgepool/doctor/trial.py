"""A throw-away clone of the base and a browser on it, as a run would have them. Never opens the base itself."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_edgepool.browser.edge import RunningBrowser
from pytest_edgepool.browser.handover import take_cookies
from pytest_edgepool.browser.launch import Launch
from pytest_edgepool.errors import ProfileTrouble
from pytest_edgepool.prepare import Plan
from pytest_edgepool.profiles.cookies import Cookies, Key, keys_of, read_cookies
from pytest_edgepool.profiles.holder import holder_of
from pytest_edgepool.profiles.kept import kept_in
from pytest_edgepool.profiles.manifest import sizes_below
from pytest_edgepool.profiles.trimming import copy_base
from pytest_edgepool.workers.proof import Prover, SiteDown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.browser.binaries import Browser
    from pytest_edgepool.portals.portal import Portal
    from pytest_edgepool.profiles.base import Base
    from pytest_edgepool.profiles.verify import MethodResult
    from pytest_edgepool.run import Run
    from pytest_edgepool.settings import Settings

_SLOT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Who is asked whether we are signed in.

    Attributes:
        url: the site's base URL.
        portal: how it is asked.
    """

    url: str
    portal: Portal


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What the throw-away clone showed.

    Attributes:
        before: the cookies that the clone had before a browser opened it.
        after: those that the browser knew.
        size_bytes: how large the clone was before.
        origins: how many origins have local storage in it.
        site: what the site said, or None when it was not asked.
        unreachable: why the site could not be asked, or "".
    """

    before: Cookies
    after: frozenset[Key] = field(repr=False)
    size_bytes: int = 0
    origins: int = 0
    site: MethodResult | None = None
    unreachable: str = ""


def try_clone(run: Run, base: Base, browser: Browser, settings: Settings, site: Site | None) -> Trial:
    """Clone a closed base into a run's folder and look what a browser makes of it; the clone is the run's to remove.

    Raises:
        ProfileTrouble: somebody has the base, it could not be copied, or its cookies cannot be read.
        BaseUnusable: the base is damaged.
        BrowserTrouble: the browser did not start, or died.
    """
    folder = run.clone_folder(_SLOT)
    _copy(run.state, base, settings, folder)
    try:
        before, origins = read_cookies(folder, "Default"), kept_in(folder, "Default").origins
    except (sqlite3.Error, OSError) as error:
        raise ProfileTrouble(f"the cookies of {base.user_data_dir} cannot be read: {error}") from error
    size = sum(sizes_below(folder).values())
    with _browser_on(run, folder, base, browser, settings) as running:
        after = keys_of(take_cookies(running.devtools))
        said, unreachable = _ask(running, base, browser, settings, site)
    return Trial(before=before, after=after, size_bytes=size, origins=origins, site=said, unreachable=unreachable)


def _copy(state: Path, base: Base, settings: Settings, folder: Path) -> None:
    """Copy the base while it is closed and ours: nobody may open it meanwhile."""
    with base.lock(state).held(0) as got:
        if not got or holder_of(base.user_data_dir):
            raise ProfileTrouble(f"somebody has {base.user_data_dir} since a moment ago; ask again")
        copy_base(
            base,
            folder,
            indexeddb=settings.edgepool_indexeddb,
            extensions=settings.edgepool_extensions,
            live=False,
        )


@contextmanager
def _browser_on(run: Run, folder: Path, base: Base, browser: Browser, settings: Settings) -> Iterator[RunningBrowser]:
    launch = Launch(
        browser=browser,
        user_data_dir=folder,
        own_keys=not base.managed,
        arguments=settings.edgepool_arg,
        patience_seconds=settings.edgepool_start_timeout,
    )
    with run.intending(folder, launch.mark):
        running = RunningBrowser.start(launch, run.record)
    try:
        yield running
    finally:
        running.quit()
        run.end_recorded(str(folder))


def _ask(
    running: RunningBrowser, base: Base, browser: Browser, settings: Settings, site: Site | None
) -> tuple[MethodResult | None, str]:
    """Return what the site says of us, and why it could not be asked."""
    if site is None:
        return None, ""
    plan = Plan(browser=browser, base=base, portal=site.portal.name, url=site.url, template_key="")
    try:
        return Prover(settings=settings, plan=plan, portal=site.portal).of_sign_in(running), ""
    except SiteDown as error:
        return None, str(error)
