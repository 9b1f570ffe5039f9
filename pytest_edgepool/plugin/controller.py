"""What is done once a run: preparing, stopping, reporting, clearing up. Never runs an item."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed, EdgepoolError, Permanent, UsageMistake
from pytest_edgepool.plugin.collect import orders_of
from pytest_edgepool.plugin.deaths.crashing import Crashing
from pytest_edgepool.plugin.deaths.retiring import TAKING_BACK, TakingBack, can_hand_back
from pytest_edgepool.plugin.distribution import check_workers, count_clones
from pytest_edgepool.plugin.ending import handlers_of, heed
from pytest_edgepool.plugin.escaped import tell_failed_outside
from pytest_edgepool.plugin.heard import Heard
from pytest_edgepool.plugin.identity import add_portals
from pytest_edgepool.plugin.keys import RUN_ID, SHEETS
from pytest_edgepool.plugin.stopped import report_stopped
from pytest_edgepool.terminal import ending_as_ctrl_c

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.orders.sheet import Sheet
    from pytest_edgepool.outcomes.status import Outcome
    from pytest_edgepool.plugin.telling.findings import Findings
    from pytest_edgepool.prepare import Plan
    from pytest_edgepool.profiles.template import Share
    from pytest_edgepool.run import Run
    from pytest_edgepool.settings import InForce

_ENDING = "\nedgepool: ending; POs in hand are finished first, {:g} s at most. A second signal gives them up.\n"


def _mended(act: Any) -> Any:
    try:
        return act()
    except UsageMistake as mistake:
        raise pytest.UsageError(str(mistake)) from None


class Controller:
    """The controller's part of a run with orders; also of a run in one process.

    Args:
        config: pytest's config.
        force: the settings in force.
    """

    def __init__(self, config: pytest.Config, force: InForce) -> None:
        self.config = config
        self.force = force
        self.settings = force.settings
        self.heard = Heard()
        self.outputs_done = False
        self.output_trouble = ""
        self.updated: tuple[tuple[str, bool], ...] = ()
        self.begun_at = SYSTEM_CLOCK.monotonic()
        with ending_as_ctrl_c("SIGTERM"):
            self.run, self.plan, self._share, self.digest = self._begin()
        self._handlers = handlers_of(config, self.run, _ENDING.format(self.settings.edgepool_grace))
        self._handlers.install()
        self.taken_back = TakingBack(config, self.run)
        config.pluginmanager.register(self.taken_back, TAKING_BACK)
        self.told: dict[str, Outcome] = {}
        self.crashing = self._watch_workers()
        self.selected: frozenset[str] | None = None
        heed(config, self.run)

    def _begin(self) -> tuple[Run, Plan, Share, str]:
        """Look everything up, then write: a mistake is told before anything is written or started."""
        from pytest_edgepool.downloads.names import folder_for
        from pytest_edgepool.downloads.shelf import check_output
        from pytest_edgepool.orders.sheet import digest_of, freeze
        from pytest_edgepool.plugin.first_run import look_or_sign_in
        from pytest_edgepool.prepare import prepare
        from pytest_edgepool.run import Run, new_run_id, state_folder, state_path, write_whole

        check_workers(self.config, self.settings)
        state = state_path(self.settings.edgepool_state_dir)
        portals: Any = add_portals(self.config)
        _mended(lambda: folder_for(self.settings.po_folder, supplier="any", number="PO1"))
        _mended(lambda: check_output(Path(self.settings.po_output)))
        found = _mended(lambda: look_or_sign_in(self.config, self.settings, state, portals))
        run = Run(_mended(lambda: state_folder(self.settings.edgepool_state_dir)), new_run_id(SYSTEM_CLOCK))
        self.config.stash[RUN_ID] = run.id
        clones = count_clones(self.config, self.settings)
        try:
            plan, share, self.template = prepare(run, self.settings, found, portals, clones)
            frozen = freeze(self.sheets)
            write_whole(run.orders_file, frozen)
            run.works_in(Path(self.settings.po_output))
        except EdgepoolError as error:
            run.remove()
            raise pytest.UsageError(str(error)) from None
        except BaseException:  # Ctrl-C while a large base is copied: nothing of the run may stay
            run.remove()
            raise
        return run, plan, share, digest_of(frozen)

    def _watch_workers(self) -> Crashing:
        from pytest_edgepool.outcomes.ledger import Ledger
        from pytest_edgepool.redact import origin_of

        ledger = Ledger(Path(self.settings.po_output) / ".edgepool" / "ledger.jsonl")
        crashing = Crashing(self.config, self.run, ledger, origin_of(self.plan.url), self._tell)
        self.config.pluginmanager.register(crashing, "edgepool-crashing")
        return crashing

    def _tell(self, item_id: str, outcome: Outcome | None) -> None:
        """Hear what came of an item that no worker reports; None: it runs again."""
        if outcome is None:
            self.heard.forget(item_id)
        else:
            self.told[item_id] = outcome

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """The sheets of the run."""
        return self.config.stash[SHEETS]

    @cached_property
    def findings(self) -> Findings:
        """What came of the orders; asked once everything is in."""
        from pytest_edgepool.plugin.telling.findings import findings_of

        return findings_of(self)

    @property
    def orders(self) -> tuple[PurchaseOrder, ...]:
        """The orders of the run."""
        return orders_of(self.config)

    # -- hooks ---------------------------------------------------------------------------------------------------

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker the run, where it lives, and what the frozen sheets must be."""
        node.workerinput["edgepool"] = {
            "run": self.run.id,
            "state": str(self.run.state),
            "digest": self.digest,
            "hands_back": can_hand_back(self.config),
        }

    def pytest_report_header(self) -> list[str]:
        """Say what is in force and where it came from."""
        from pytest_edgepool.plugin.summary import header

        return header(self)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what it says."""
        self.heard.hear(report)
        if str(report.outcome) == "rerun":
            self._tell(report.nodeid, None)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep which items are to be run, in one process."""
        self.selected = frozenset(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Keep which items are to be run, in workers: they all collect the same."""
        self.selected = frozenset(ids)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Any:
        """Report what was not tried before anybody writes a report; clear up after everybody has."""
        with self._handlers.held_off():
            is_short = self._report_stopped()
        if (
            is_short or "STOPPED" in self.heard.statuses.values()
        ) and session.exitstatus != pytest.ExitCode.INTERNAL_ERROR:
            session.exitstatus = self._exit_status()
        try:
            return (yield)
        finally:
            with self._handlers.held_off():
                self.write_outputs()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print what became of the orders."""
        from pytest_edgepool.plugin.summary import summarize

        self.write_outputs()
        summarize(self, terminalreporter)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Clear up: what workers could not do, the controller does."""
        self.end()

    # -- the end -------------------------------------------------------------------------------------------------

    def _report_stopped(self) -> bool:
        try:
            tell_failed_outside(self)
            return report_stopped(self)
        except Exception as error:  # noqa: BLE001 - whatever it is, also another plugin's: JUnit is still to be written
            self._warn(f"edgepool could not report each PO that was not tried ({error!r}); the next run tries them.")
            return True

    def _warn(self, told: str) -> None:
        with suppress(Warning):  # `-W error` makes errors of them, and what comes after is still to be done
            self.config.issue_config_time_warning(pytest.PytestWarning(told), stacklevel=3)

    def _exit_status(self) -> int:
        from pytest_edgepool.run import STOP_BY_SIGNAL

        signalled = self.run.stop_reason() == STOP_BY_SIGNAL
        return int(pytest.ExitCode.INTERRUPTED if signalled else pytest.ExitCode.TESTS_FAILED)

    def write_outputs(self) -> None:
        """Write the reports, once."""
        from pytest_edgepool.plugin.summary import write_reports

        if not self.outputs_done:
            self.outputs_done = True
            try:
                write_reports(self)
            except OSError as error:  # JUnit is still to be written, and the next run writes the report anew
                self.output_trouble = str(error.strerror or error)

    def end(self) -> None:
        """Remove what the run has on disk, then restore the handlers; what cannot be removed the next run sweeps."""
        from pytest_edgepool.plugin.clearing import steps_of

        with self._handlers.held_off():
            for act in steps_of(self.run, self.settings, self.plan, self._share):
                try:
                    act()
                except (OSError, ValueError, Permanent, BrowserTrouble, DeadlinePassed) as error:
                    self._warn(f"edgepool could not clear up ({error}); `edgepool clean` will.")
        self._handlers.restore()
