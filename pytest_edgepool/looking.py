"""What a run needs, looked up before anything is written: policies, browser, base, site. Never makes or changes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.browser import binaries
from pytest_edgepool.browser.places import confined, out_of_sight
from pytest_edgepool.errors import BaseUnusable, NobodySignedIn, UsageMistake
from pytest_edgepool.portals.portal import NO_PORTAL, portal_named
from pytest_edgepool.profiles.base import (
    BaseStatus,
    choose,
    everyday_base,
    is_usable,
    recorded_url,
    refusal,
    status_of,
    url_beside,
)
from pytest_edgepool.profiles.policies import forbids, read_policies
from pytest_edgepool.redact import plain_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_edgepool.browser.binaries import Browser
    from pytest_edgepool.portals.portal import Portal
    from pytest_edgepool.profiles.base import Base
    from pytest_edgepool.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was looked up, before anything is written; the notes are sentences for header and summary."""

    browser: Browser
    base: Base | None
    portal: Portal | None
    url: str
    notes: tuple[str, ...] = ()


def look(
    settings: Settings,
    state: Path,
    *,
    has_orders: bool,
    portals: Mapping[str, Portal] | None = None,
    may_automate: Callable[[Browser, Path], bool] | None = None,
) -> Found:
    """Look up browser, driver, base and site; writes nothing, and starts nothing but what `may_automate` does.

    Args:
        settings: what is in force.
        state: the state folder.
        has_orders: whether there are POs to fetch.
        portals: further portals, from plugins.
        may_automate: says whether a browser lets itself be automated on its default user data dir; asked only when
            `auto` finds no managed base, and such a folder is there. By default it is found out by trying.

    Raises:
        UsageMistake: one sentence saying what is missing and what to do.
    """
    portal = portal_named(settings.po_portal or ("coupa" if has_orders else NO_PORTAL), portals)
    browser = binaries.find(settings)
    for why in forbids(read_policies(browser.brand)):
        raise UsageMistake(why)
    base = _chosen(settings, state, browser)
    url = _site(settings, state, browser, base, portal)
    notes = [out_of_sight(browser.binary, state)]
    if base is None and settings.edgepool_profile == "auto":
        base = _default_profile(settings, browser, may_automate or _by_trying, notes)
    if has_orders and portal is not None and base is None:
        raise NobodySignedIn(
            f"Nobody is signed in yet: there is no managed base for {browser.title}; sign in once with "
            f"`edgepool login --url {plain_url(url)}`."
        )
    if base is not None and not is_usable(status := status_of(base)):
        raise BaseUnusable(refusal(status, base))
    return Found(browser=browser, base=base, portal=portal, url=url.rstrip("/"), notes=tuple(filter(None, notes)))


def _chosen(settings: Settings, state: Path, browser: Browser) -> Base | None:
    try:
        return choose(settings, state, browser.brand, browser.channel, confined=confined(browser.binary))
    except PermissionError as error:  # nobody can tell whether there is one
        raise BaseUnusable(
            f"The base is {BaseStatus.PERMISSION_DENIED} ({error.filename}); give yourself the right to read and write "
            "it, or run as the user who has it."
        ) from None


def _site(settings: Settings, state: Path, browser: Browser, base: Base | None, portal: Portal | None) -> str:
    remembered = url_beside(base.user_data_dir) if base is not None and base.managed else ""
    url = settings.po_url or remembered or recorded_url(state, browser.brand, browser.channel)
    if portal is not None and not url:
        raise (UsageMistake if base is not None else NobodySignedIn)(
            "The site's address is not known: give it with --po-url=https://…, or sign in once with "
            "`edgepool login --url https://…`, which remembers it."
        )
    if url and not url.lower().startswith(("https://", "http://")):
        raise UsageMistake(f"--po-url: {plain_url(url)!r} is no address of a site; it begins with https://.")
    return url


def _default_profile(
    settings: Settings, browser: Browser, may_automate: Callable[[Browser, Path], bool], notes: list[str]
) -> Base | None:
    """Return the browser's everyday profile, where there is one that can be used and automated; noted, as it is so."""
    sandbox = confined(browser.binary)
    base = everyday_base(settings, browser.brand, browser.channel, confined=sandbox, only_own=True)
    if base is None or not (base.user_data_dir / "Local State").is_file() or not is_usable(status_of(base)):
        return None
    if not may_automate(browser, base.user_data_dir):
        return None
    notes.append(f"nobody has signed in with `edgepool login`: the base is your own profile {base.profile_folder}")
    return base


def _by_trying(browser: Browser, user_data_dir: Path) -> bool:
    from pytest_edgepool.browser.automation import lets_itself_be_automated

    return lets_itself_be_automated(browser, user_data_dir).yes
