"""A worker that cannot be signed in gives its items to others: in order, without a report, nothing lost or run twice.

How: as long as a worker has no proved browser, the reports of an item are kept until it has run; when the worker
retires meanwhile they are dropped, and a note in the run's folder names the item: an empty file, whose name says it
all. The controller sees the note when it hears of that item's end, tells that worker to shut down once it has handed
back the rest, and has the scheduler give the item to somebody else. Schedulers that bind items to workers (`loadscope`
and its kin) cannot do that.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.runner import runtestprotocol

from pytest_edgepool.plugin.ending import HEEDING
from pytest_edgepool.plugin.keys import STATION

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.run import Run

# The distributions whose items may go to any worker; xdist's others raise NotImplementedError.
_FREE = ("load", "worksteal")
_NAME = "edgepool-handing-back"
TAKING_BACK = "edgepool-taking-back"
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


def _mark_of(item: str) -> str:
    """Return what notes of an item begin with; its id may hold whatever a file's name may not."""
    return f"{hashlib.sha256(item.encode()).hexdigest()[:20]}."


def _workers_who_gave(run: Run, item: str) -> tuple[str, ...]:
    try:
        return tuple(sorted(each.name.partition(".")[2] for each in _folder_of(run).glob(f"{_mark_of(item)}*")))
    except OSError:  # the disk fails: whoever had the item says nothing of it, and it is told as one that nobody ran
        return ()


class HandingBack:
    """The worker's side, in runs with orders.

    Args:
        run: the run.
        worker: this worker's name.

    Attributes:
        gave_up: whether the item in hand is to be handed back; kept here, because the station may be closed by then.
    """

    def __init__(self, run: Run, worker: str) -> None:
        self._run = run
        self._worker = worker
        self._item = ""
        self.gave_up = False

    def gives_up(self) -> bool:
        """Say that the item in hand is for somebody else.

        Returns:
            Whether it will be: not when its reports are not kept, nor when the disk does not take the note.
        """
        if not self._item:
            return False
        try:
            _folder_of(self._run).mkdir(exist_ok=True, mode=0o700)
            (_folder_of(self._run) / f"{_mark_of(self._item)}{self._worker}").touch(mode=0o600)
        except OSError:
            return False
        self.gave_up = True
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run an item whose worker may have to retire first, and report it only when it has not."""
        station = item.config.stash.get(STATION, None)
        if (station is not None and station.worker.is_healthy) or not _uses_us(item) or _is_run_by_others(item):
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        self._item, self.gave_up = item.nodeid, False
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        self._item = ""
        if not self.gave_up:
            for report in reports:
                item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True


def _is_run_by_others(item: pytest.Item) -> bool:
    """Whether another plugin runs items in its own way (again, each in a process, …): that is not taken from it."""
    runners = (
        each for each in item.ihook.pytest_runtest_protocol.get_hookimpls() if not (each.wrapper or each.hookwrapper)
    )
    ours = (_NAME, HEEDING, "runner")
    return any(each.plugin_name not in ours and not _stands_by(each.plugin, item) for each in runners)


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
        stopped_for: why the run was ended, when nobody was left for what no worker had.
    """

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self._config = config
        self._run = run
        self.items: set[str] = set()
        self.stopped_for = ""
        self._heard: set[tuple[str, str]] = set()
        self._replacement: Any = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Look whether that item was handed back; the folder is there only when one was.

        A note that is there before its item's end is left alone: till then the scheduler counts it as that worker's.
        """
        for worker in _workers_who_gave(self._run, nodeid):
            if (nodeid, worker) not in self._heard:
                self._heard.add((nodeid, worker))
                self.items.add(nodeid)
                self._give_on(nodeid, worker)

    def hear_of_death(self, item: str, worker: str) -> bool:
        """Have a note of a worker that died over an item not give it on once more.

        Returns:
            Whether it was given on already.
        """
        was_given_on = (item, worker) in self._heard
        self._heard.add((item, worker))
        return was_given_on

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
            self.stopped_for = "no worker is left that is signed in; sign in again with `edgepool login`"
            with suppress(OSError):  # a full disk: nobody else has to know
                self._run.stop(self.stopped_for)

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
