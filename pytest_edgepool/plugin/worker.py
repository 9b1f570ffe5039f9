"""The process that runs items: its log, its browser, one order after the other. Never reads a sheet."""

from __future__ import annotations

import warnings
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgepool import events
from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.errors import BrowserTrouble, Retired, RunStopped
from pytest_edgepool.plugin.ending import handlers_of
from pytest_edgepool.plugin.escaped import outcome_of
from pytest_edgepool.plugin.fate import runs_again
from pytest_edgepool.plugin.identity import add_portals, name_of, run_id_of
from pytest_edgepool.plugin.junit import note
from pytest_edgepool.plugin.keys import RUN_ID, SHEETS, STATION
from pytest_edgepool.plugin.news import pass_on
from pytest_edgepool.plugin.retiring import handing_back
from pytest_edgepool.plugin.sweeping import sweep_quietly
from pytest_edgepool.plugin.watcher import GivenUp, Watcher
from pytest_edgepool.redact import origin_of
from pytest_edgepool.run import Run
from pytest_edgepool.workers.in_hand import InHand, begins

if TYPE_CHECKING:
    import pytest

    from pytest_edgepool.fulfilment.desk import Desk
    from pytest_edgepool.log import Log
    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.outcomes.status import Outcome
    from pytest_edgepool.settings import Settings
    from pytest_edgepool.workers.worker import Worker


class Station:
    """Everything that a process which runs items has for them.

    Args:
        config: pytest's config.
        session: pytest's session, which is told to stop.
        run: the run's folder.
        settings: what is in force.
    """

    def __init__(self, config: pytest.Config, session: pytest.Session, run: Run, settings: Settings) -> None:
        from pytest_edgepool.log import Log
        from pytest_edgepool.plugin.book import Book
        from pytest_edgepool.workers.pace import Pace
        from pytest_edgepool.workers.worker import Worker

        self.config = config
        self._session = session
        self.settings = settings
        self.run = run
        self.output = Path(settings.po_output)
        self.name = name_of(config)
        self.handlers = handlers_of(config, run)
        self._book = Book(self.output, settings.po_rerun, lambda: origin_of(self.worker.plan().url), self._stop)
        self._history = ""
        with ExitStack() as opened:  # closed from the last to the first, also when one cannot be opened
            self.handlers.install()
            opened.callback(self.handlers.restore)
            # A controller with orders lives in the run until it has reported; else the last one removes the run: a
            # controller without, ended by Ctrl-C, hears of no worker's end any more.
            opened.callback(sweep_quietly, run.state)
            sweep_quietly(
                run.state
            )  # a killed run with the same id, as `--testrunuid` gives it, may have left its stop flag
            run.join()
            opened.callback(run.leave)
            folder = self.output / ".edgepool" / "runs" / run.id
            self.log: Log = Log(folder / f"{self.name}.jsonl", settings.edgepool_log, run=run.id, worker=self.name)
            self.log.listen(partial(pass_on, config))
            opened.callback(self.log.close)
            self.watcher = Watcher(run, session, settings.edgepool_grace, self._end_recorded)
            self.watcher.start()
            opened.callback(self.watcher.finish)
            self.worker: Worker = Worker(run, settings, self.name, self.log.tell, add_portals(config))  # type: ignore[arg-type]
            self.pace = Pace(self.worker)
            self.worker.has_orders = SHEETS in config.stash
            opened.callback(self.worker.close)
            self._opened = opened.pop_all()

    def close(self) -> None:
        """End the browser, give everything back, and restore what was installed, each even when another fails."""
        if self.log.trouble is not None:
            told = f"its log is not whole ({self.log.trouble.strerror or self.log.trouble})"
            self.worker.note(note="; ".join(filter(None, (self.worker.status.note, told))))
        with self.handlers.held_off():
            self._opened.close()

    def before(self, item: pytest.Item) -> None:
        """Recycle the browser when it is due, before a test takes its tab; orders have it done in their own turn."""
        names = getattr(item, "fixturenames", ())
        if "edge_tab" in names and "po_download" not in names:
            self.worker.recycling.between_items()

    # -- one order -----------------------------------------------------------------------------------------------

    def download(self, order: PurchaseOrder, item: pytest.Item) -> Outcome:
        """Fetch one order, or skip it when it is done; the ledger has the outcome before anyone is told."""
        self._history = begins(self.run, self.name, InHand(item=item.nodeid, number=order.number))
        try:
            outcome = self._known(order, item) or self._fulfilled(order)
        except BaseException as error:
            self._tell_escaped(order, item, error)
            raise
        note(item, outcome)
        return outcome

    def _known(self, order: PurchaseOrder, item: pytest.Item) -> Outcome | None:
        """Return what is known of an order without fetching it, or None."""
        if self._history:  # what a worker wrote before it died under this very item counts once
            told = self._book.told_before(order, self.run.id, may_run_again=runs_again(item))
            if told is not None:
                return told
        skipped = self._book.skipped(order)
        return None if skipped is None else self._signed(skipped)

    def _tell_escaped(self, order: PurchaseOrder, item: pytest.Item, error: BaseException) -> None:
        """Have an order that pytest-timeout or a hook broke off be in ledger, report and JUnit as the others are."""
        outcome = outcome_of(order, error)
        if outcome is not None:
            with suppress(Exception):  # the error that is on its way says more
                note(item, self._book.write(self._signed(outcome)))
                self.worker.doubt(BrowserTrouble(outcome.reason))  # one that does not answer is not for the next

    def _fulfilled(self, order: PurchaseOrder) -> Outcome:
        from pytest_edgepool.fulfil import fulfil
        from pytest_edgepool.outcomes.status import is_done

        if self.run.is_stopping:  # xdist has a worker run what it holds even when it is told to shut down
            return self._stopped(order, "the run was ended before its turn")
        try:
            with self.watcher.in_hand(), self.pace.place(), self.worker.turn():
                outcome = fulfil(order, self._desk(order))
        except (GivenUp, RunStopped) as ended:
            return self._stopped(order, str(ended))
        except Retired as retired:
            back = handing_back(self.config)
            if back is None or not back.gives_up():
                return self._stopped(order, str(retired))
            raise
        if self.watcher.has_given_up and not is_done(outcome.status):  # its browser was ended under it
            return self._stopped(order, self.watcher.why_given_up())
        outcome = self._book.write(self._signed(outcome))
        self.worker.tab_closed()
        self.log.tell(
            events.OrderFinished(
                number=outcome.number,
                status=str(outcome.status),
                reason=outcome.reason,
                files=outcome.attachments_downloaded,
                size_bytes=outcome.received_bytes,
                attempts=outcome.attempts,
                seconds=outcome.seconds,
            )
        )
        try:
            self.config.hook.pytest_edgepool_order_finished(config=self.config, order=order, outcome=outcome)
        except Exception as error:  # noqa: BLE001 - anybody's code: the ledger has the outcome, and JUnit must agree
            warnings.warn(f"a listener to the news of {order.number} failed: {error!r}", stacklevel=2)
        return outcome

    def _stop(self, error: Exception) -> None:
        """Have no worker of the run begin anything new; this one not even when the flag cannot be raised."""
        try:
            self.worker.stop_the_run(error)
        except OSError:  # the disk of the state folder is full as well: the other workers find that out by themselves
            self._session.shouldstop = str(error)

    def _stopped(self, order: PurchaseOrder, why: str) -> Outcome:
        from pytest_edgepool.outcomes.status import Outcome, Status

        return self._signed(Outcome(number=order.number, status=Status.STOPPED, reason=why))

    def _signed(self, outcome: Outcome) -> Outcome:
        status = self.worker.status
        return replace(
            outcome,
            finished_at=SYSTEM_CLOCK.now().isoformat(timespec="milliseconds"),
            run=self.run.id,
            worker=self.name,
            slot=status.slot,
            profile=status.kind,
            site=origin_of(self.worker.plan().url),
            earlier=self._history or outcome.earlier,
        )

    def _desk(self, order: PurchaseOrder) -> Desk:
        from pytest_edgepool.downloads.shelf import Shelf
        from pytest_edgepool.errors import UsageMistake
        from pytest_edgepool.fulfilment.desk import Desk

        plan, portal = self.worker.plan(), self.worker.portal()
        if portal is None:
            raise UsageMistake("Orders need a site: name its kind with --po-portal=coupa.")
        given = self.config.hook.pytest_edgepool_order_url(order=order, base_url=plan.url)
        return Desk(
            portal=portal,
            order_url=given or portal.order_url(plan.url, order.number),
            shelf=Shelf(self.output, self.run.id),
            settings=self.settings,
            tell=self.log.tell,
            browser=self.worker.browser,
            back_off=self.worker.back_off,
            stop=self._stop,
            doubt=self.worker.doubt,
            take_up=self.watcher.begins,
            settle=self.watcher.ends,
        )

    def _end_recorded(self) -> None:
        """End the browser under the order in hand, where the main thread cannot be interrupted: its call then fails."""
        if self.worker.has_browser and self.worker.status.profile:  # what was said of it: the watcher leases nothing
            self.run.end_recorded(self.worker.status.profile)


def station_of(session: pytest.Session) -> Station:
    """Return this process's station, opening it when a fixture is first asked for."""
    from pytest_edgepool.plugin.options import in_force
    from pytest_edgepool.run import new_run_id, state_folder

    config = session.config
    if STATION not in config.stash:
        settings = in_force(config).settings
        state = state_folder(settings.edgepool_state_dir)
        run_id = config.stash.get(RUN_ID, "") or run_id_of(getattr(config, "workerinput", {}))
        config.stash[STATION] = Station(config, session, Run(state, run_id or new_run_id(SYSTEM_CLOCK)), settings)
        if hasattr(config, "workeroutput"):
            config.workeroutput["edgepool"] = {"state": str(state)}
    return config.stash[STATION]


def close_station(config: pytest.Config) -> None:
    """Close this process's station, if it has one; the last process of a run removes the run's folder."""
    station = config.stash.get(STATION, None)
    if station is not None:
        del config.stash[STATION]
        station.close()
