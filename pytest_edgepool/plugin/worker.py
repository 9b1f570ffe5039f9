"""The process that runs items: its log, its browser, one order after the other. Never reads a sheet."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.plugin.ending import handlers_of
from pytest_edgepool.plugin.identity import add_portals, name_of, run_id_of
from pytest_edgepool.plugin.keys import RUN_ID, SHEETS, STATION
from pytest_edgepool.plugin.news import pass_on
from pytest_edgepool.plugin.site import signed_in_by
from pytest_edgepool.plugin.sweeping import sweep_quietly
from pytest_edgepool.plugin.watcher import Watcher
from pytest_edgepool.run import Run

if TYPE_CHECKING:
    import pytest

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
        from pytest_edgepool.plugin.orders import Orders
        from pytest_edgepool.workers.pace import Pace
        from pytest_edgepool.workers.worker import Worker

        self.config = config
        self._session = session
        self.settings = settings
        self.run = run
        self.output = Path(settings.po_output)
        self.name = name_of(config)
        self.handlers = handlers_of(config, run)
        with ExitStack() as opened:  # closed from the last to the first, also when one cannot be opened
            self.handlers.install()
            opened.callback(self.handlers.restore)
            # A controller with orders lives in the run until it has reported; else the last one removes the run: a
            # controller without, ended by Ctrl-C, hears of no worker's end any more.
            opened.callback(sweep_quietly, run.state)
            # A killed run with the same id, as `--testrunuid` gives it, may have left its stop flag.
            sweep_quietly(run.state)
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
            self.worker.signed_in = signed_in_by(config)
            self._orders = Orders(self)
            opened.callback(self._orders.ways.close)
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
        """Look after the browser before an item: what was opened for another is closed; when it is due, it is recycled.

        Orders have it recycled in their own turn.
        """
        self._orders.following.begins(item)
        names = getattr(item, "fixturenames", ())
        if "edge_tab" in names and "po_download" not in names:
            self.worker.recycling.between_items()

    # -- one order -----------------------------------------------------------------------------------------------

    def download(self, order: PurchaseOrder, item: pytest.Item) -> Outcome:
        """Fetch one order, or skip it when it is done; the ledger has the outcome before anyone is told."""
        return self._orders.download(order, item)

    def stop(self, error: Exception) -> None:
        """Have no worker of the run begin anything new; this one not even when the flag cannot be raised."""
        try:
            self.worker.stop_the_run(error)
        except OSError:  # the disk of the state folder is full as well: the other workers find that out by themselves
            self._session.shouldstop = str(error)

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
