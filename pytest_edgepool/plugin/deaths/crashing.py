"""A worker that died: what becomes of the item it had, and of what it left. Never runs an item.

its outcome is known already      told as it is, with the reports that are still missing
the run is being ended            STOPPED
it was not begun                  somebody else has it, as if nothing had been
its first death                   it runs again, once
its second                        FAILED, with the history
`loadscope` and its kin           FAILED, and the run is ended in order: xdist 3.8 would hang, or run it for ever
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.plugin.collect import node_ids
from pytest_edgepool.plugin.deaths.fate import (
    TWICE,
    Fate,
    Progress,
    failures_of,
    fate_of,
    forbid_reruns,
    how_ended,
    reruns_of,
    set_failures,
)
from pytest_edgepool.plugin.deaths.inquest import Inquest
from pytest_edgepool.plugin.deaths.lost import end_lost, send_only_to_the_living
from pytest_edgepool.plugin.deaths.retiring import TAKING_BACK
from pytest_edgepool.plugin.distribution import binds_orders, why_bound
from pytest_edgepool.plugin.junit import dropping, status_in
from pytest_edgepool.plugin.keys import SHEETS
from pytest_edgepool.plugin.reports import place_of, reports_of, teardown_of
from pytest_edgepool.workers.in_hand import in_hand
from pytest_edgepool.workers.remains import clear_remains

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.outcomes.ledger import Ledger
    from pytest_edgepool.outcomes.status import Outcome
    from pytest_edgepool.run import Run


class Crashing:
    """What the controller does about workers that die.

    Args:
        config: pytest's config.
        run: the run.
        ledger: where outcomes are.
        site: the origin of the site.
        tell: hears what came of an item that no worker reports; None when it runs again.

    Attributes:
        deaths: how each worker ended that died, by its name.
        stopped_for: why the run was ended, when a death did that.
        has_somebody: whether a worker ended in order after the last one that died.
    """

    def __init__(
        self, config: pytest.Config, run: Run, ledger: Ledger, site: str, tell: Callable[[str, Outcome | None], None]
    ) -> None:
        self._config = config
        self._sheets = config.stash[SHEETS]
        self._run = run
        self._inquest = Inquest(run, ledger, site)
        self._tell = tell
        self._progress: dict[str, Progress] = {}
        self._orders: dict[str, PurchaseOrder] | None = None
        self._beside_junit: pytest.TestReport | None = None
        self._was_stopping = False
        self.deaths: dict[str, str] = {}
        self.stopped_for = ""
        self.has_somebody = True

    # -- what workers say ----------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Keep that an item was begun."""
        self._progress[nodeid] = Progress()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Forget an item that was handed back without a report."""
        if not self._progress.get(nodeid, Progress()).said:
            self._progress.pop(nodeid, None)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, Any, Any]:
        """Keep what was said of an item; tell its history; keep tries that do not count out of JUnit."""
        is_beside = report is self._beside_junit
        if not is_beside:
            self._progress[report.nodeid] = self._progress.get(report.nodeid, Progress()).after(report)
        if self.deaths and status_in(report.user_properties):
            self._add_history(report)
        is_repeated = report.nodeid in self._progress and self._progress[report.nodeid].is_repeated
        drop = dropping(self._config, report) if is_beside or (is_repeated and self._is_ours(report)) else None
        result = yield
        if drop is not None:
            drop()
        return result

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Have pytest count by itself what runs again, as pytest-rerunfailures does."""
        is_rerun = str(report.outcome) == "rerun"
        return ("rerun", "R", ("RERUN", {"yellow": True})) if is_rerun else None

    def _add_history(self, report: pytest.TestReport) -> None:
        """Tell what is known of an item, also for a suite whose `po_download` is its own."""
        history = self.history(report.nodeid)
        if history and not any(name == "history" for name, _ in report.user_properties):
            report.user_properties.append(("history", history))

    def _is_ours(self, report: pytest.TestReport) -> bool:
        item = report.nodeid
        is_known = self._order(item) is not None or bool(status_in(report.user_properties))
        return is_known or bool(self._inquest.deaths(item))

    def _order(self, item: str) -> PurchaseOrder | None:
        if self._orders is None:  # asked only when something went wrong
            self._orders = dict(node_ids(self._config, self._sheets))
        return self._orders.get(item)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Have a worker that is dead already, and not yet known to be, not end the run with an internal error."""
        send_only_to_the_living(node)

    # -- a death -------------------------------------------------------------------------------------------------

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Clear up after a worker that died, before xdist replaces it."""
        self.has_somebody = not error
        if not error:
            return
        name = str(node.gateway.id)
        self._was_stopping = self._run.is_stopping
        dsession: Any = self._config.pluginmanager.getplugin("dsession")
        if binds_orders(self._config) and not self._was_stopping:
            dsession.shouldstop = self.stopped_for = f"worker {name} died; {why_bound(self._config)}"
            with suppress(OSError):  # a full disk: the others are told to shut down by xdist
                self._run.stop(self.stopped_for)
        self.deaths[name] = how_ended(node)
        if error != "keyboard-interrupt":  # such a one is ending in order
            end_lost(node, dsession)
        with suppress(OSError):  # likewise: the end of the run tries again
            clear_remains(self._run, name)

    @pytest.hookimpl(wrapper=True, optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: Any, sched: Any) -> Generator[None, Any, Any]:
        """Decide what becomes of the item that a worker had when it died, once others have had their say."""
        name = str(report.node.gateway.id)
        number = self._number(crashitem, name)
        if not number:
            return (yield)  # none of ours: as xdist has it
        self._beside_junit = report
        back: Any = self._config.pluginmanager.get_plugin(TAKING_BACK)
        if back.hear_of_death(crashitem, name):
            _silence(report)
            return (yield)
        progress, theirs, failures = self._begun(crashitem), reruns_of(sched, crashitem), failures_of(sched, crashitem)
        known = None
        if progress is not None:
            self._inquest.noted(crashitem, f"worker {name} {self.deaths.get(name, 'ended')}")
            if self._order(crashitem) is not None:  # a test that fetches one has more to do
                known = self._inquest.known(number, may_run_again=theirs > 0)
        deaths = self._inquest.deaths(crashitem)
        is_known = known is not None or (progress is not None and progress.is_told)
        if theirs and (is_known or self._was_stopping or len(deaths) >= TWICE):
            forbid_reruns(sched, crashitem)
        result = yield
        fate = fate_of(
            is_known=is_known,
            is_theirs=report.outcome == "rerun",
            is_stopping=self._was_stopping,
            was_begun=progress is not None,
            can_go_on=not theirs and not binds_orders(self._config),
            deaths=len(deaths),
        )
        if fate in (Fate.KNOWN, Fate.STOPPED, Fate.FAILED):
            self._conclude(fate, crashitem, report, known or self._outcome(fate, number, name, deaths))
        else:
            self._give_on(fate, crashitem, report, sched)
            if fate is not Fate.THEIRS:
                set_failures(sched, crashitem, failures)
        return result

    def _outcome(self, fate: Fate, number: str, name: str, deaths: tuple[str, ...]) -> Outcome:
        if fate is Fate.FAILED:
            why = why_bound(self._config) if binds_orders(self._config) else ""
            return self._inquest.failed(number, name, deaths, why)
        return self._inquest.stopped(number, name, deaths)

    def _conclude(self, fate: Fate, item: str, report: Any, outcome: Outcome) -> None:
        """Tell what came of an item, as far as it was not told."""
        if fate is not Fate.KNOWN:
            self._tell(item, outcome)
        for each in self._missing(item, outcome, report.node):
            self._config.hook.pytest_runtest_logreport(report=each)
        _silence(report)

    def _give_on(self, fate: Fate, item: str, report: Any, sched: Any) -> None:
        """Have somebody else run an item."""
        self._progress.pop(item, None)
        self._tell(item, None)
        if fate is not Fate.THEIRS:
            sched.mark_test_pending(item)
        if fate is Fate.NOT_BEGUN:
            _silence(report)
        else:
            report.outcome, report.when = "rerun", "call"

    def _missing(self, item: str, outcome: Outcome, node: Any) -> Iterator[pytest.TestReport]:
        progress, place = self._begun(item) or Progress(), place_of(item, self._order(item))
        if not progress.is_told:
            yield from reports_of(item, place, outcome, node=node, said=progress.said)
        elif "teardown" not in progress.said:
            yield teardown_of(item, place, list(progress.properties), node)

    def history(self, item: str) -> str:
        """Return what is known of an item, or ""."""
        return "; ".join(self._inquest.deaths(item))

    # -- what is known -------------------------------------------------------------------------------------------

    def _number(self, item: str, name: str) -> str:
        """Return the number of the order that an item is for, or ""."""
        order, held = self._order(item), in_hand(self._run, name)
        if order is not None:
            return order.number
        return held.number if held is not None and held.item == item else ""

    def _begun(self, item: str) -> Progress | None:
        """Return how far the try in hand had come, or None when none was begun since the last one was over."""
        progress = self._progress.get(item)
        return None if progress is None or progress.is_repeated else progress


def _silence(report: Any) -> None:
    """Have xdist's report of a crash say nothing: what is to be said was said, or will be."""
    report.outcome, report.when, report.longrepr = "passed", "setup", None
