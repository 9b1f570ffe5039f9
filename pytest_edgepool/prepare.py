"""What is done once a run: browser and driver found, base chosen, template made, site known. Never starts a browser.

The controller does it before any worker starts, when there are orders; in other suites the first process whose test
asks for a fixture does it, and the rest read the plan.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgepool.browser.binaries import Browser
from pytest_edgepool.errors import BaseUnusable, ProfileTrouble
from pytest_edgepool.events import CleanupFailed
from pytest_edgepool.files import write_whole
from pytest_edgepool.locks import Lock
from pytest_edgepool.looking import Found, look
from pytest_edgepool.portals.portal import NO_PORTAL
from pytest_edgepool.profiles.base import Base
from pytest_edgepool.profiles.lease import wait_for_base
from pytest_edgepool.profiles.space import Room
from pytest_edgepool.profiles.tabs import put_all_tabs_back
from pytest_edgepool.profiles.template import Share, Template, sweep_templates
from pytest_edgepool.profiles.trimming import WRITTEN_TO, copy_base, empty_profile
from pytest_edgepool.run import sweep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgepool.events import Event
    from pytest_edgepool.portals.portal import Portal
    from pytest_edgepool.profiles.trimming import Made
    from pytest_edgepool.run import Run
    from pytest_edgepool.settings import Settings

_PATIENCE_SECONDS = 300.0  # for another process of this run that is preparing
_LIVE = "the base is open in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What all processes of a run need to know.

    Attributes:
        browser: executable and driver.
        base: the base, or None when there is none: every browser starts on an empty profile.
        portal: the portal's name.
        url: the site's base URL, or "".
        template_key: the template's name in the state folder.
        notes: sentences for header and summary.
    """

    browser: Browser
    base: Base | None
    portal: str
    url: str
    template_key: str
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        base = self.base and {
            "user_data_dir": str(self.base.user_data_dir),
            "profile_directory": self.base.profile_directory,
            "managed": self.base.managed,
        }
        return {
            "browser": self.browser.to_json(),
            "base": base,
            "portal": self.portal,
            "url": self.url,
            "template_key": self.template_key,
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> Plan:
        """Return what `to_json` gave."""
        base = held["base"]
        if base is not None:
            base = Base(**{**base, "user_data_dir": Path(base["user_data_dir"])})
        return cls(
            browser=Browser.from_json(held["browser"]),
            base=base,
            portal=held["portal"],
            url=held["url"],
            template_key=held["template_key"],
            notes=tuple(held["notes"]),
        )


def prepare(
    run: Run,
    settings: Settings,
    found: Found | None = None,
    portals: Mapping[str, Portal] | None = None,
    clones: int = 0,
) -> tuple[Plan, Share, Template]:
    """Join the run's folder; make the plan and the template, or read them when another process has.

    Args:
        run: the run's folder.
        settings: what is in force.
        found: what `look` returned, when it was asked already.
        portals: further portals, from plugins.
        clones: how many clones there must be room for, beside the template.

    Returns:
        The plan, this process's share in the template, and the template.

    Raises:
        UsageMistake: as `look`.
        BaseUnusable: the base is busy, and `--edgepool-base-busy=fail`.
        ProfileTrouble: the template could not be made, or there is no room for it and its clones.
        RunStopped: the run was ended while this waited for the base.
    """
    notes: list[str] = []
    room = Room(clones=clones, state=run.state)
    _clear_up(run.state, notes)
    run.join()
    with Lock(run.folder / "prepare.lock").held(_PATIENCE_SECONDS) as got:
        if not got:
            raise ProfileTrouble(f"another worker has been preparing the run for {_PATIENCE_SECONDS:g} s")
        if run.plan_file.exists():
            plan = Plan.from_json(json.loads(run.plan_file.read_bytes()))
            share = Share(run.state, plan.template_key, run.id)
            # Made anew when all who shared it have ended before we asked: a run's workers do not begin together.
            return plan, share, share.take(partial(_make_template, run, settings, plan.base, notes, room=room))
        found = found or look(settings, run.state, has_orders=False, portals=portals)
        notes[:0] = found.notes
        return _begin(run, settings, found, notes, room)


def _begin(run: Run, settings: Settings, found: Found, notes: list[str], room: Room) -> tuple[Plan, Share, Template]:
    share = Share(run.state, _template_key(found.base, settings), run.id)
    template = share.take(partial(_make_template, run, settings, found.base, notes, room=room))
    plan = _plan(found, share, template, notes)
    write_whole(run.plan_file, json.dumps(plan.to_json()).encode())
    return plan, share, template


def renew_template(run: Run, settings: Settings, plan: Plan, share: Share) -> Template:
    """Make the run's template anew when it is damaged, or take the one that another worker has made by now.

    The run is under way: a base that its first worker has open is copied from under it, whatever else is wanted.

    Raises:
        BaseUnusable: the base is damaged too.
        ProfileTrouble: it could not be made.
    """
    settings = replace(settings, edgepool_base_busy="clone")
    return share.renew(partial(_make_template, run, settings, plan.base, [], room=Room(state=run.state)))


def _plan(found: Found, share: Share, template: Template, notes: list[str]) -> Plan:
    if template.how == "live" and not any(_LIVE in each or WRITTEN_TO in each for each in (*notes, *template.notes)):
        notes.append(_live_note("another program"))  # it was another run that found out who
    notes += template.notes
    return Plan(
        browser=found.browser,
        base=found.base,
        portal=found.portal.name if found.portal else NO_PORTAL,
        url=found.url,
        template_key=share.folder.name,
        notes=tuple(notes),
    )


def _clear_up(state: Path, notes: list[str]) -> None:
    """Remove what dead runs left, undo what they set aside; what resists is noted and does not hold this run up."""

    def tell(event: Event) -> None:
        if isinstance(event, CleanupFailed):
            notes.append(f"{event.what} could not be cleared up ({event.error}); `edgepool clean` tries again")

    sweep(state, tell)
    put_all_tabs_back(state, tell)
    try:
        sweep_templates(state)
    except OSError as error:
        tell(CleanupFailed(what="the template of a dead run", error=str(error)))


def _template_key(base: Base | None, settings: Settings) -> str:
    if base is None:
        return "empty"
    return (
        f"{base.key}{'' if settings.edgepool_indexeddb else '-noidb'}{'-ext' if settings.edgepool_extensions else ''}"
    )


def _make_template(
    run: Run, settings: Settings, base: Base | None, notes: list[str], target: Path, *, room: Room
) -> Made:
    """Copy the base while it is closed and locked; from under a running browser only when there is no other way."""
    if base is None:
        return empty_profile(target)
    lock = base.lock(run.state)
    try:
        holder = wait_for_base(run, base, lock, settings)
        if holder and settings.edgepool_base_busy != "clone":
            raise BaseUnusable(
                f"The base {base.user_data_dir} is held by {holder}; end that first, or use --edgepool-base-busy=clone."
            )
        if holder:
            notes.append(_live_note(holder))
        return copy_base(
            base,
            target,
            indexeddb=settings.edgepool_indexeddb,
            extensions=settings.edgepool_extensions,
            live=bool(holder),
            room=room,
        )
    finally:
        lock.free()


def _live_note(holder: str) -> str:
    return f"{_LIVE} {holder}: all workers use clones of it, and a sign-in of the last half minute may be missing"


def default_launches() -> int:
    """Return how many browsers may start at once: as many as there are cores (more only get in each other's way)."""
    return max(1, os.cpu_count() or 1)
