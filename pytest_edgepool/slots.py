"""What workers say of their slots, for whoever asks: other workers, the summary, the report. Never leases one."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.run import write_whole

if TYPE_CHECKING:
    from pytest_edgepool.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotStatus:
    """What is known of one worker's slot.

    Attributes:
        worker: `gw0`, … or `master` without xdist.
        slot: the slot's number, -1 before the first lease.
        kind: `base`, `clone`, or "" before the first lease.
        state: `waiting`, `starting`, `ready`, or `ended`.
        verified: what the proofs came to, or "".
        starts: browsers started so far.
        tabs: tabs opened so far.
        memory_bytes: the most that its browser was seen to use.
        clone_seconds: what making its clone took.
        note: why it is not on the base although it might have been, or "".
    """

    worker: str
    slot: int = -1
    kind: str = ""
    state: str = "waiting"
    verified: str = ""
    starts: int = 0
    tabs: int = 0
    memory_bytes: int = 0
    clone_seconds: float = 0.0
    note: str = ""


def say(run: Run, status: SlotStatus) -> None:
    """Write what a worker says of its slot, for all to read."""
    write_whole(run.folder / "slots" / f"{status.worker}.json", json.dumps(asdict(status)).encode())


def slots_of(run: Run) -> tuple[SlotStatus, ...]:
    """Return what the workers of a run last said of their slots, by worker."""
    found = [SlotStatus(**json.loads(path.read_bytes())) for path in (run.folder / "slots").glob("*.json")]
    return tuple(sorted(found, key=lambda each: (len(each.worker), each.worker)))
