"""Tells how far the orders are while they run: live on a terminal, else in lines now and then. Never counts others.

Registered only where there are orders: a suite without any pays nothing.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.outcomes.status import Status, one_line
from pytest_edgepool.plugin.collect import node_ids
from pytest_edgepool.plugin.junit import status_in
from pytest_edgepool.plugin.telling.tally import Tally
from pytest_edgepool.workers.in_hand import all_in_hand

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgepool.plugin.controller import Controller
    from pytest_edgepool.plugin.telling.live import Below
    from pytest_edgepool.settings import Settings

_NAME = "edgepool-progress"
_REDRAW_SECONDS = 0.5
_SHARE = 0.1  # of all POs, after which there is a plain line
_OFTEN_SECONDS, _SELDOM_SECONDS = 10.0, 60.0  # not before so long, unless asked for; and after so long in any case
_INSTALL = "edgepool_progress=live: rich, which draws it, is not installed; pip install 'pytest-edgepool[progress]'."


def check(settings: Settings) -> None:
    """Refuse what cannot be had, before anything is begun.

    Raises:
        pytest.UsageError: the live lines are asked for, and rich is not installed.
    """
    if settings.edgepool_progress == "live":
        from pytest_edgepool.plugin.telling.live import has_rich

        if not has_rich():
            raise pytest.UsageError(_INSTALL)


def watch(config: pytest.Config, controller: Controller) -> None:
    """Have this run's progress told, where anybody wants to see it."""
    if controller.settings.edgepool_progress != "none":
        config.pluginmanager.register(Progress(config, controller), _NAME)


class Progress:
    """Counts orders as they end, and tells it.

    Args:
        config: pytest's config.
        controller: the run.
    """

    def __init__(self, config: pytest.Config, controller: Controller) -> None:
        self._config = config
        self._of = controller
        self._wanted = controller.settings.edgepool_progress
        self._tally: Tally | None = None
        self._is_plain = False
        self._told_at, self._told_done = 0.0, 0
        self._statuses: dict[str, Status] = {}
        self._below: Below | None = None
        self._give_back: Callable[[], object] = lambda: None
        self._trouble: Exception | None = None
        self._over = threading.Event()

    # -- hooks -------------------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        """Begin with the first item."""
        if self._tally is None:
            self._begin()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count an order that has ended, once its last report is in."""
        if self._tally is None:
            return
        status = status_in(report.user_properties)
        if status in Status.__members__:
            self._statuses[report.nodeid] = Status(status)
        if str(report.outcome) == "rerun":
            self._tally.begins_again(report.nodeid)
        elif report.when == "teardown":
            self._tally.ends(report.nodeid, self._statuses.get(report.nodeid, Status.FAILED))

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self) -> None:
        """Tell it in a line, now and then; pytest's own line is whole by now."""
        if self._is_plain and self._tally is not None and self._is_due(self._tally):
            # Not by the reporter's own ways: it does not know of xdist's dots, and would begin the sheet's line anew.
            reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
            writer = getattr(reporter, "_tw", None)
            if writer is None:
                return
            if writer.width_of_current_line:
                writer.line()
            writer.line(f"edgepool: {self._tally.told()}")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Any:
        """End before anybody tells what came of the run."""
        self.end()
        return (yield)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell why there were no lines any more."""
        if self._trouble is not None:
            why = one_line(str(self._trouble) or type(self._trouble).__name__)
            terminalreporter.write_line(f"edgepool: the progress was not shown to its end ({why})", yellow=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_enter_pdb(self) -> None:
        """Leave the terminal to the debugger."""
        self.end()

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self) -> None:
        """Leave the terminal to the traceback."""
        self.end()

    def pytest_unconfigure(self) -> None:
        """Leave the terminal as it was, whatever happened."""
        self.end()

    # -- beginning and end -------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        orders = {item for item, _ in node_ids(self._config, self._of.sheets)}
        self._tally = Tally(frozenset(orders & (self._of.selected or frozenset())))
        self._told_at = SYSTEM_CLOCK.monotonic()
        reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        if self._tally.total == 0 or reporter is None:
            return
        if self._is_for_live(reporter):
            self._draw_below(reporter._tw, self._tally)  # noqa: SLF001 - pytest has no public way to what it writes to
        else:
            self._is_plain = self._wanted != "auto" or self._config.get_verbosity() >= 0

    def _is_for_live(self, reporter: Any) -> bool:
        """Whether lines can stay below what is written: on a terminal to which nobody writes past pytest."""
        from pytest_edgepool.plugin.telling.live import has_rich

        option = self._config.getoption
        writer = getattr(reporter, "_tw", None)  # of pytest's own; another's may have none
        is_terminal = type(reporter) is pytest.TerminalReporter and reporter.isatty and hasattr(writer, "_file")
        if self._wanted == "plain" or not is_terminal or os.environ.get("TERM") == "dumb":
            return False
        # Each of these options is gone where its plugin is blocked: `-p no:capture`, `-p no:debugging`.
        past_pytest = option("capture", "no") == "no" or option("usepdb", False) or option("trace", False)  # noqa: FBT003
        return self._wanted == "live" or (has_rich() and not past_pytest and not os.environ.get("CI"))

    def _draw_below(self, writer: Any, tally: Tally) -> None:
        from pytest_edgepool.plugin.telling.live import Below, Drawing, size_of

        file = writer._file  # noqa: SLF001 - as above
        drawing, run = Drawing(file), self._of.run

        def lines(width: int) -> list[str]:
            hands = [
                (worker, held.number) for worker, held in all_in_hand(run).items() if not tally.has_ended(held.item)
            ]
            return drawing.lines(tally, hands, width)

        self._below = below = Below(file, lines, lambda: size_of(file))
        self._give_back = lambda: setattr(writer, "_file", file)
        writer._file = below  # noqa: SLF001 - as above
        threading.Thread(target=self._redraw, args=(below,), name="edgepool-progress", daemon=True).start()

    def _redraw(self, below: Below) -> None:
        with suppress(Exception):  # the terminal is gone, or the run's folder cannot be read: no line is worth a word
            while not self._over.wait(_REDRAW_SECONDS):
                if self._of.run.is_stopping:  # whoever ends the run is told so, past pytest
                    below.close()
                    return
                below.draw()

    def end(self) -> None:
        """Tell nothing more."""
        self._over.set()
        self._is_plain = False
        below, self._below = self._below, None
        if below is not None:
            try:
                with suppress(Exception):  # the terminal may be gone
                    below.close()
            finally:
                self._give_back()
                self._trouble = below.trouble

    def _is_due(self, tally: Tally) -> bool:
        now = SYSTEM_CLOCK.monotonic()
        waited, more = now - self._told_at, tally.done - self._told_done
        least = 0.0 if self._wanted == "plain" else _OFTEN_SECONDS
        is_due = more > 0 and waited >= least and (waited >= _SELDOM_SECONDS or more >= tally.total * _SHARE)
        if is_due:
            self._told_at, self._told_done = now, tally.done
        return is_due
