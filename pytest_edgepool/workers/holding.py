"""What one worker holds of the run: the plan, its slot, and what it says of both. Never starts a browser."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_edgepool import events
from pytest_edgepool.errors import ProfileTrouble
from pytest_edgepool.fulfilment.backing_off import BackOff
from pytest_edgepool.portals.answered import AnsweredPortal
from pytest_edgepool.portals.portal import portal_named
from pytest_edgepool.prepare import prepare, renew_template
from pytest_edgepool.profiles.lease import FIRST_WORKERS, Held, Lease, take_base, take_clone
from pytest_edgepool.profiles.template import wrong_with_template
from pytest_edgepool.redact import redacted
from pytest_edgepool.workers.slots import SlotStatus, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.events import Event
    from pytest_edgepool.portals.portal import Portal
    from pytest_edgepool.prepare import Plan
    from pytest_edgepool.profiles.template import Share, Template
    from pytest_edgepool.run import Run
    from pytest_edgepool.settings import Settings


class Holding:
    """A worker's share in the run and its slot, each taken when first needed.

    Attributes:
        is_fresh: whether no browser has opened the leased profile yet.
        back_off: until when the run leaves the site alone.

    Args:
        run: the run's folder.
        settings: what is in force.
        name: the worker's name.
        tell: hears of every event.
        portals: further portals, from plugins.
    """

    def __init__(
        self,
        run: Run,
        settings: Settings,
        name: str,
        tell: Callable[[Event], None],
        portals: Mapping[str, Portal] | None = None,
    ) -> None:
        self.run = run
        self.settings = settings
        self.name = name
        self.tell = tell
        self.portals = portals or {}
        self.signed_in: Callable[[WebDriver, str], bool | None] | None = None
        self.back_off = BackOff(run.folder, settings, tell, lambda: run.is_stopping)
        self.status = SlotStatus(worker=name, pid=os.getpid(), recycle_at=settings.edgepool_recycle_least_tabs)
        self._is_mute = False
        self._prepared: tuple[Plan, Share, Template] | None = None
        self._held: Held | None = None
        self.is_fresh = True

    def plan(self) -> Plan:
        """Return the run's plan, preparing it when nobody has."""
        return self._prepare()[0]

    def portal(self) -> Portal | None:
        """Return the run's portal."""
        plan = self.plan()
        portal = portal_named(plan.portal, self.portals, self.settings.po_order_path)
        if portal is None or self.signed_in is None:
            return portal
        return AnsweredPortal(portal=portal, base_url=plan.url, signed_in=self.signed_in)

    def lease(self) -> Lease:
        """Return the slot this worker holds, leasing one when it has none.

        Raises:
            UsageMistake: all browsers that `--edgepool-max-browsers` allows are in use.
            ProfileTrouble: the clone could not be made.
        """
        if self._held is None:
            self._held = self._take_slot()
            self.is_fresh = True
            self._tell_lease(self._held.lease)
        return self._held.lease

    def note(self, **changes: Any) -> None:
        """Change what is said of this worker's slot; the fields are those of `SlotStatus`."""
        self.status = replace(self.status, **changes)
        try:
            say(self.run, self.status)
        except OSError as error:  # a full disk: others know less of this worker, and its order is none the worse
            if not self._is_mute:
                self._is_mute = True
                self.tell(events.CleanupFailed(what="what a worker says of its slot", error=str(error)))

    def stop_the_run(self, error: Exception) -> Exception:
        """Have no worker begin anything new, for a reason; returns the error, to be raised."""
        self.run.stop(redacted(str(error)))
        self.tell(events.RunStopping(reason=str(error)))
        return error

    def give_slot_back(self) -> None:
        """Give the slot back, if there is one.

        Raises:
            ProfileTrouble: a process of ours on it does not end.
            OSError: the clone could not be removed.
        """
        held, self._held = self._held, None
        if held is not None:
            held.give_back()

    def give_template_back(self) -> None:
        """Give the share in the template back, if there is one.

        Raises:
            OSError: it was the last one, and the template could not be removed.
        """
        if self._prepared is not None:
            self._prepared[1].give_back()

    def template(self) -> Template:
        """Return the template that clones are made from, preparing it when nobody has."""
        return self._prepare()[2]

    def renew_profile(self) -> None:
        """Give the slot back, so that the next lease is a new clone; from a new template when the old is damaged.

        Raises:
            ProfileTrouble: the slot could not be given back, or no template could be made.
            BaseUnusable: the template is damaged and so is the base.
            OSError: the clone could not be removed.
        """
        self.give_slot_back()
        if wrong_with_template(self.template()):
            self._renew_template()

    def _prepare(self) -> tuple[Plan, Share, Template]:
        if self._prepared is None:
            self._prepared = prepare(self.run, self.settings, portals=self.portals)
        return self._prepared

    def _take_slot(self) -> Held:
        plan, _, template = self._prepare()
        note = ""
        if plan.base is None or self.name not in FIRST_WORKERS or self.settings.edgepool_base != "gw0":
            pass
        elif self.settings.edgepool_rotating_session and not plan.base.managed:
            note = "the site changes its session with each use, and no session is put into a base of your own"
        else:
            got = take_base(self.run, plan.base, self.settings)
            if isinstance(got, Held):
                return got
            note = f"the base is held by {got}"
        try:
            return take_clone(self.run, template, self.settings, note)
        except ProfileTrouble:
            if not wrong_with_template(template):
                raise
        return take_clone(self.run, self._renew_template(), self.settings, note)

    def _renew_template(self) -> Template:
        """Return the template, made anew because it is damaged."""
        plan, share, _ = self._prepare()
        template = renew_template(self.run, self.settings, plan, share)
        self._prepared = (plan, share, template)
        return template

    def _tell_lease(self, lease: Lease) -> None:
        self.note(slot=lease.slot, kind=lease.kind, note=lease.note, profile=str(lease.user_data_dir))
        self.tell(events.SlotLeased(slot=lease.slot, kind=lease.kind, note=lease.note))
        if lease.clone is None:
            return
        seconds = round(lease.clone.seconds, 3)
        clone = lease.clone
        self.note(clone_seconds=seconds, clone_bytes=clone.size_bytes, clone_means=clone.means)
        self.tell(
            events.ProfileCloned(
                slot=lease.slot,
                seconds=seconds,
                size_bytes=clone.size_bytes,
                files=clone.files,
                means=clone.means,
            )
        )
