"""A worker that cannot be signed in gives its items to others: in order, without a report, nothing lost or run twice.

How: as long as a worker has no proved browser, the reports of an item are kept until it has run; when the worker
retires meanwhile they are dropped, and a note in the run's folder names the item. The controller sees the note when it
hears of the item's end, tells that worker to shut down once it has handed back the rest, and has the scheduler give the
item to somebody else. Schedulers that bind items to workers (`loadscope` and its kin) cannot do that.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.runner import runtestprotocol

from pytest_edgepool.files import write_whole
from pytest_edgepool.plugin.keys import STATION

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.run import Run

# The distributions whose items may go to any worker; xdist's others raise NotImplementedError.
_FREE = ("load", "worksteal")
_NAME = "edgepool-handing-back"
NOBODY_LEFT = "the worker that had it could not be signed in, and no other was left to take it"


def handing_back(config: pytest.Config) -> HandingBack | None:
    """Return this worker's side, or None where items cannot be handed back."""
    found: HandingBack | None = config.pluginmanager.get_plugin(_NAME)
    return found


def listen_for_items(config: pytest.Config, run: Run, worker: str) -> None:
    """Have this worker able to hand items back."""
    config.pluginmanager.register(HandingBack(run, worker), _NAME)


def can_hand_back(config: pytest.Config) -> bool:
    """Whether items can go from one worker to another in this run; only one of us and rerunfailures may do that."""
    return config.getoption("dist", "no") in _FREE and not config.getoption("reruns", None)


def _folder_of(run: Run) -> Path:
    return run.folder / "handed-back"


class HandingBack:
    """The worker's side, in runs with orders.

    Args:
        run: the run.
        worker: this worker's name.

    Attributes:
        gave_up: whether the item in hand is to be handed back; kept here, because the station may be closed by then.
        is_in_charge: whether the reports of the item in hand are kept, so that it can be handed back.
    """

    def __init__(self, run: Run, worker: str) -> None:
        self._run = run
        self._worker = worker
        self.gave_up = False
        self.is_in_charge = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run an item whose worker may have to retire first, and report it only when it has not."""
        station = item.config.stash.get(STATION, None)
        if (station is not None and station.worker.has_browser) or not _uses_us(item) or _is_run_by_others(item):
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        self.is_in_charge = True
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        self.is_in_charge = False
        if self.gave_up:
            self.gave_up = False
            note = {"item": item.nodeid, "worker": self._worker}
            _folder_of(self._run).mkdir(exist_ok=True, mode=0o700)
            write_whole(_folder_of(self._run) / f"{secrets.token_hex(4)}.json", json.dumps(note).encode())
        else:
            for report in reports:
                item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True


def _is_run_by_others(item: pytest.Item) -> bool:
    """Whether another plugin runs items in its own way (again, each in a process, …): that is not taken from it."""
    runners = (
        each for each in item.ihook.pytest_runtest_protocol.get_hookimpls() if not (each.wrapper or each.hookwrapper)
    )
    return any(each.plugin_name not in (_NAME, "runner") and not _stands_by(each.plugin, item) for each in runners)


def _stands_by(plugin: object, item: pytest.Item) -> bool:
    """Whether that is pytest-rerunfailures, installed and not asked to run this item again: it leaves it to pytest."""
    count = getattr(plugin, "get_reruns_count", None)
    return callable(count) and count(item) is None


def _uses_us(item: pytest.Item) -> bool:
    return "po_download" in getattr(item, "fixturenames", ())


class TakingBack:
    """The controller's side.

    Args:
        config: pytest's config.
        run: the run.

    Attributes:
        items: the ids of the items that were handed back, whatever became of them then.
    """

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self._config = config
        self._run = run
        self.items: set[str] = set()
        self._replacement: Any = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logfinish(self) -> None:
        """Look for items that were handed back; the folder is there only when one was."""
        folder = _folder_of(self._run)
        if folder.is_dir():
            for path in sorted(folder.glob("*.json")):
                note = json.loads(path.read_bytes())
                path.unlink()
                self.items.add(note["item"])
                self._give_on(note["item"], note["worker"])

    def _give_on(self, item: str, worker: str) -> None:
        dsession: Any = self._config.pluginmanager.getplugin("dsession")
        scheduler = dsession.sched
        for node in scheduler.nodes:
            if node.gateway.id == worker:
                node.shutdown()  # after what it has been given: it hands that back too
        # a new worker is among the scheduler's only once it is ready
        there = [*scheduler.nodes, *([self._replacement] if self._replacement else [])]
        if any(not node.shutting_down for node in there) or self._is_replaced(dsession, worker):
            scheduler.mark_test_pending(item)
        elif scheduler.pending:
            # Nobody is left who could take what no worker has yet: xdist would end with an internal error.
            self._run.stop("no worker is left that is signed in; sign in again with `edgepool login`")

    def _is_replaced(self, dsession: Any, worker: str) -> bool:
        """Start a worker for the one that retires, when all others have been dealt their last items already.

        As xdist does for a worker that crashed; a small sheet is dealt out whole at once. Only once a run: what cannot
        be signed in twice will not be the third time.
        """
        retired = next((node for node in dsession.sched.nodes if node.gateway.id == worker), None)
        if retired is None or self._replacement is not None or not hasattr(dsession, "_clone_node"):
            return False
        dsession.shuttingdown = False
        self._replacement = dsession._clone_node(retired)  # noqa: SLF001 - xdist has no public door for it
        return True
