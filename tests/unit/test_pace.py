"""While memory or processor are short, orders begin one after the other; nobody waits for ever, never all of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.errors import RunStopped
from pytest_edgepool.events import Event, WorkerWaited
from pytest_edgepool.resources import MemoryState
from pytest_edgepool.run import Run
from pytest_edgepool.settings import Settings
from pytest_edgepool.testing import FakeClock
from pytest_edgepool.workers.pace import Pace, Pressure, reason_to_wait
from pytest_edgepool.workers.slots import SlotStatus, say, slots_of
from tests.staged import go_on, holding, idle, staged

if TYPE_CHECKING:
    from pathlib import Path

GB = 1_000_000_000
FINE = MemoryState(used_bytes=5 * GB, limit_bytes=10 * GB)
SHORT = MemoryState(used_bytes=8 * GB, limit_bytes=10 * GB)


@pytest.mark.parametrize(
    ("memory", "ours", "load", "reason"),
    [
        (FINE, 2 * GB, 0.0, ""),
        (SHORT, 2 * GB, 0.0, "memory"),
        (SHORT, GB, 0.0, "memory"),
        (SHORT, 4 * GB // 10, 0.0, ""),  # without us it would be short too
        (SHORT, 0, 0.0, ""),
        (SHORT, 0, 12.0, "processor"),
        (FINE, 0, 9.9, ""),
        (FINE, 0, 10.0, "processor"),
        (SHORT, 2 * GB, 12.0, "memory"),
    ],
)
def test_what_an_order_waits_for(memory: MemoryState, ours: int, load: float, reason: str) -> None:
    """Memory of which our browsers are the cause, or a processor that is wanted by too many."""
    now = Pressure(memory=memory, ours_bytes=ours, load=load)
    assert reason_to_wait(now, 0.75, 10.0) == reason


@pytest.mark.parametrize(("memory_limit", "load_limit"), [(0, 0), (0.9, 0), (0, 13)])
def test_a_limit_of_nothing_is_none(memory_limit: float, load_limit: float) -> None:
    """0 is never, and what is below its limit is well."""
    now = Pressure(memory=SHORT, ours_bytes=4 * GB, load=12.0)
    assert reason_to_wait(now, memory_limit, load_limit) == ""


@dataclass
class Recycler:
    """Counts how often it was asked."""

    asked: int = 0

    def between_items(self) -> None:
        self.asked += 1


@dataclass
class Worker:
    """A worker as far as its pace goes."""

    run: Run
    name: str = "gw0"
    settings: Settings = field(default_factory=Settings)
    recycling: Recycler = field(default_factory=Recycler)
    told: list[Event] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.run.join()
        self.status = SlotStatus(worker=self.name, memory_now=2 * GB, pid=os.getpid())

    def note(self, **changes: Any) -> None:
        self.notes.append(changes)
        self.status = replace(self.status, **changes)
        say(self.run, self.status)

    def tell(self, event: Event) -> None:
        self.told.append(event)

    @property
    def waits(self) -> list[WorkerWaited]:
        return [each for each in self.told if isinstance(each, WorkerWaited)]


@dataclass
class Machine:
    """What the machine tells, as the test has it; `then` happens at each look."""

    memory: MemoryState = SHORT
    looks: int = 0
    then: Any = None

    def look(self) -> MemoryState:
        self.looks += 1
        if self.then is not None:
            self.then(self)
        return self.memory


def pace_of(worker: Any, machine: Machine, clock: FakeClock | None = None) -> Pace:
    return Pace(worker, machine.look, lambda: 0.0, clock or FakeClock())


def place_of(run: Run) -> Path:
    return run.folder / "pace.lock"


def test_nobody_waits_while_all_is_well(tmp_path: Path) -> None:
    """Also when somebody has the place."""
    worker = Worker(Run(tmp_path, "r1"))
    pace = pace_of(worker, Machine(FINE))
    with holding(place_of(worker.run)), pace.place():
        pass
    assert (worker.waits, worker.recycling.asked) == ([], 1)


def test_one_goes_on_while_memory_is_short(tmp_path: Path) -> None:
    """Who has the place waits for nothing; it is free again when the order is done, also when that failed."""
    first, second = Worker(Run(tmp_path, "r1")), Worker(Run(tmp_path, "r1"), "gw1")
    with pytest.raises(ZeroDivisionError), pace_of(first, Machine()).place():
        raise ZeroDivisionError
    with pace_of(second, Machine()).place():
        pass
    assert first.waits == second.waits == []


def test_the_others_wait_until_it_is_well(tmp_path: Path) -> None:
    """They look twice a second, and say meanwhile what they wait for."""
    worker, clock = Worker(Run(tmp_path, "r1")), FakeClock()

    def better(machine: Machine) -> None:
        machine.memory = FINE if machine.looks > 4 else SHORT

    with holding(place_of(worker.run)), pace_of(worker, Machine(then=better), clock).place():
        assert worker.status.waits_for == ""
    assert worker.notes == [{"waits_for": "memory"}, {"waits_for": "", "waited_seconds": 2.0}]
    assert worker.waits == [WorkerWaited(because="memory", seconds=2.0, in_vain=False)]


def test_the_others_wait_until_the_place_is_free(tmp_path: Path) -> None:
    """The order that was in hand is done, though memory is as short as before."""
    worker = Worker(Run(tmp_path, "r1"))
    with holding(place_of(worker.run)) as other:

        def ends(machine: Machine) -> None:
            if machine.looks == 3:
                other.kill()
                other.wait()

        with pace_of(worker, Machine(then=ends)).place():
            pass
    [wait] = worker.waits
    assert not wait.in_vain


def test_a_wait_in_vain_is_not_repeated_until_it_was_well(tmp_path: Path) -> None:
    """A shortage that lasts costs each worker one wait, and not one for each order."""
    worker, machine = Worker(Run(tmp_path, "r1")), Machine()
    pace = pace_of(worker, machine)
    with holding(place_of(worker.run)):
        for _ in range(5):
            with pace.place():
                pass
        assert worker.waits == [WorkerWaited(because="memory", seconds=60.0, in_vain=True)]
        for memory in (FINE, SHORT):
            machine.memory = memory
            with pace.place():
                pass
    assert len(worker.waits) == 2
    assert worker.status.waited_seconds == 120.0


def test_the_end_of_the_run_ends_the_wait(tmp_path: Path) -> None:
    """Nothing new is begun."""
    worker = Worker(Run(tmp_path, "r1"))

    def ends(machine: Machine) -> None:
        if machine.looks == 2:
            worker.run.stop("signal")

    with (
        holding(place_of(worker.run)),
        pytest.raises(RunStopped),
        pace_of(worker, Machine(then=ends)).place(),
    ):
        raise AssertionError("it began")
    assert worker.status.waits_for == ""


def test_no_patience_is_no_wait(tmp_path: Path) -> None:
    """`edgepool_pace_wait = 0` switches it off: nothing is even looked at."""
    worker, machine = Worker(Run(tmp_path, "r1"), settings=Settings(edgepool_pace_wait=0)), Machine()
    with holding(place_of(worker.run)), pace_of(worker, machine).place():
        pass
    assert (machine.looks, worker.recycling.asked) == (0, 1)


def test_browsers_of_the_other_workers_are_ours_too_while_they_live(tmp_path: Path) -> None:
    """A killed worker's browser is gone, whatever its slot last said; an ended one's too."""
    run = Run(tmp_path, "r1")
    run.join()
    with idle() as pid:
        say(run, SlotStatus(worker="gw1", memory_now=3 * GB, pid=pid, state="ready"))
        say(run, SlotStatus(worker="gw2", memory_now=3 * GB, pid=pid, state="ended"))
        worker = Worker(run)
        worker.status = replace(worker.status, memory_now=0)
        with holding(place_of(run)), pace_of(worker, Machine()).place():
            pass
        assert len(worker.waits) == 1
    killed = Worker(run)
    killed.status = replace(killed.status, memory_now=0)
    with holding(place_of(run)), pace_of(killed, Machine()).place():
        pass
    assert killed.waits == []


IN_A_CONTAINER = """
import sys; from pathlib import Path
from functools import partial
from pytest_edgepool.resources import memory
from pytest_edgepool.run import Run
from pytest_edgepool.workers.pace import Pace
from tests.unit.test_pace import Worker
root, state, name = map(Path, sys.argv[1:])
worker = Worker(Run(state, "r1"), str(name))
pace = Pace(worker, partial(memory, root, "linux"), lambda: 0.0)
print("there", flush=True)
sys.stdin.readline()
with pace.place():
    print("began", flush=True)
    sys.stdin.readline()
print("done", flush=True)
"""


def container(root: Path, used: int) -> Path:
    """The files of a container of 2 GB."""
    files = {
        "proc/self/cgroup": "0::/",
        "sys/fs/cgroup/memory.max": "2000000000",
        "sys/fs/cgroup/memory.stat": "inactive_file 0",
        "sys/fs/cgroup/memory.current": str(used),
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text}\n")
    return root


@pytest.mark.parametrize("what", ["the first is done", "the first is killed", "there is room"])
def test_real_workers_in_a_full_container_begin_one_after_the_other(tmp_path: Path, what: str) -> None:
    """Two processes and the files of a control group: the second begins when the first has ended, or room is made."""
    root, state = container(tmp_path / "root", 1_999_999_999), tmp_path / "state"
    with (
        staged(IN_A_CONTAINER, str(root), str(state), "gw0") as (first, _),
        staged(IN_A_CONTAINER, str(root), str(state), "gw1") as (second, _),
    ):
        assert go_on(first) == "began"
        assert second.stdin is not None
        second.stdin.write("\n")
        second.stdin.flush()
        waits = Deadline.after(20, "the second waits")
        assert wait_until(lambda: [each.waits_for for each in slots_of(Run(state, "r1"))] == ["memory"], waits)
        if what == "the first is done":
            assert go_on(first) == "done"
        elif what == "the first is killed":
            first.kill()
        else:
            container(root, 1000)
        assert second.stdout is not None
        assert second.stdout.readline().strip() == "began"
        assert go_on(second) == "done"
