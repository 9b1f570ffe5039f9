"""Orders that were not tried when a run ends: each is reported as STOPPED, none is passed over. Never stops a run."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pytest_edgepool.outcomes.status import Outcome, Status, one_line
from pytest_edgepool.plugin.collect import node_ids
from pytest_edgepool.plugin.deaths.retiring import NOBODY_LEFT
from pytest_edgepool.plugin.reports import place_of, reports_of
from pytest_edgepool.run import STOP_BY_SIGNAL

if TYPE_CHECKING:
    from pytest_edgepool.plugin.controller import Controller
    from pytest_edgepool.run import Run

NOT_ITS_TURN = "the run was ended before its turn"


def not_its_turn(run: Run) -> str:
    """Return why an order of a run that is being ended was not begun, as one line."""
    reason = run.stop_reason()
    return one_line(f"{NOT_ITS_TURN}: {reason}") if reason not in ("", STOP_BY_SIGNAL) else NOT_ITS_TURN


def report_stopped(of: Controller) -> bool:
    """Report each order that has no outcome as STOPPED, when the run was ended before its time.

    Returns:
        Whether there are items that nobody was left to run, also such as are no orders.
    """
    back, lost = of.taken_back.items, _why_lost(of)
    if not (of.run.is_stopping or back - of.heard.ended or lost):
        return False
    not_begun = not_its_turn(of.run)
    is_short = bool(lost) and (of.selected is None or bool(of.selected - of.heard.ended))
    for item_id, order in node_ids(of.config, of.sheets):
        was_meant = of.run.is_stopping or item_id in back or lost
        if was_meant and item_id not in of.heard.ended and (of.selected is None or item_id in of.selected):
            why = NOBODY_LEFT if item_id in back else lost or not_begun
            earlier = of.crashing.history(item_id)
            of.told[item_id] = Outcome(number=order.number, status=Status.STOPPED, reason=why, earlier=earlier)
            for report in reports_of(item_id, place_of(item_id, order), of.told[item_id]):
                of.config.hook.pytest_runtest_logreport(report=report)
    if is_short:
        with suppress(OSError):  # nobody hears it any more but the summary and the report
            of.run.stop(lost)
    return is_short


def _why_lost(of: Controller) -> str:
    """Return why orders may be left that nobody was there to run, or ""; xdist itself passes them over in silence."""
    dsession: Any = of.config.pluginmanager.getplugin("dsession")
    if of.run.is_stopping:
        return ""
    if of.taken_back.stopped_for or of.crashing.stopped_for:  # a full disk did not take the flag
        return of.taken_back.stopped_for or of.crashing.stopped_for
    if not of.crashing.deaths or getattr(dsession, "shouldstop", False):
        return ""
    if of.crashing.has_somebody and not getattr(dsession, "_summary_report", ""):
        return "no worker reported it, although there were some to run it"
    return f"no worker was left to run it: {len(of.crashing.deaths)} died, and xdist starts no more"
