"""What workers say of their slots, for whoever asks: other workers, the summary, the report. Never leases one."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from pytest_edgepool.files import read_whole, write_whole
from pytest_edgepool.locks import is_free
from pytest_edgepool.processes import is_alive

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.run import Run


_LEASING_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotStatus:
    """What is known of one worker's slot.

    Attributes:
        worker: `gw0`, … or `master` without xdist.
        slot: the slot's number, -1 before the first lease.
        kind: `base`, `clone`, or "" before the first lease.
        profile: the user data dir that it leases, or "".
        state: `waiting`, `starting`, `mending` (it climbs the ladder), `holding` (it waits for one that may help),
            `ready`, `retired` (others have its items), or `ended`.
        verified: what the proofs came to, or "".
        proofs: what each method came to, each time; `round` counts the times.
        mended: the rungs of the ladder that it climbed, in order.
        starts: browsers started so far.
        tabs: tabs opened so far.
        memory_bytes: the most that its browser was seen to use.
        clone_seconds: what making its clone took.
        clone_bytes: how large the clone is.
        clone_means: how it was copied: `reflink`, `clonefile` or `copy`.
        start_seconds: what the last start of its browser took.
        verify_seconds: what the last proofs took.
        pid: the worker's own process.
        tabs_now: tabs that the running browser has had.
        memory_now: what the running browser used when it was looked at last; 0 when none runs.
        memory_total: the most that all browsers of the run were seen to use at once, as this worker added it up.
        cpu_seconds: processor time of its browsers and their drivers.
        recycles: how often its browser was started anew, between two items.
        recycle_at: tabs from which on its browser may be recycled for memory.
        waits_for: what it waits for before its next PO (`memory`, `processor`), or "".
        waited_seconds: how long it waited for that, altogether.
        note: why it is not on the base although it might have been, or "".
    """

    worker: str
    slot: int = -1
    kind: str = ""
    profile: str = ""
    state: str = "waiting"
    verified: str = ""
    proofs: tuple[dict[str, Any], ...] = ()
    mended: tuple[str, ...] = ()
    starts: int = 0
    tabs: int = 0
    memory_bytes: int = 0
    clone_seconds: float = 0.0
    clone_bytes: int = 0
    clone_means: str = ""
    start_seconds: float = 0.0
    verify_seconds: float = 0.0
    pid: int = 0
    tabs_now: int = 0
    memory_now: int = 0
    memory_total: int = 0
    cpu_seconds: float = 0.0
    recycles: int = 0
    recycle_at: int = 0
    waits_for: str = ""
    waited_seconds: float = 0.0
    note: str = ""


def say(run: Run, status: SlotStatus) -> None:
    """Write what a worker says of its slot, for all to read."""
    write_whole(run.folder / "slots" / f"{status.worker}.json", json.dumps(asdict(status)).encode(), lasting=False)


def slots_of(run: Run) -> tuple[SlotStatus, ...]:
    """Return what the workers of a run last said of their slots, by worker."""
    found = [_read(path) for path in (run.folder / "slots").glob("*.json")]
    return tuple(sorted(found, key=lambda each: (len(each.worker), each.worker)))


def others_of(run: Run, worker: str) -> tuple[SlotStatus, ...]:
    """Return what the other living workers of a run last said; a killed one's word does not count.

    Looked at while nobody leases: who looks at a lock holds it for that moment.
    """
    said = [each for each in slots_of(run) if each.worker != worker]
    with run.leasing_lock().held(_LEASING_PATIENCE_SECONDS) as got:
        return tuple(each for each in said if each.slot < 0 or not got or not is_free(run.slot_lock(each.slot).path))


def running_of(run: Run, without: str) -> tuple[SlotStatus, ...]:
    """Return what the other workers said whose browser runs; takes no lock, so that a look between items is cheap."""
    said = (each for each in slots_of(run) if each.worker != without and each.memory_now > 0)
    return tuple(each for each in said if each.state not in ("ended", "retired") and is_alive(each.pid))


def _read(path: Path) -> SlotStatus:
    held = json.loads(read_whole(path))
    known = {each.name: held[each.name] for each in fields(SlotStatus) if each.name in held}
    lists = {name: tuple(known.get(name, ())) for name in ("proofs", "mended")}
    return SlotStatus(**{**known, **lists})
