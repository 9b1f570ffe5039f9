"""What each worker has in hand, and how those ended that had it before: told in the run's folder. Never decides.

<run folder>/in-hand/<worker>.json   what that worker works on; a dead one's file tells what it died with
<run folder>/deaths/<digest>.json    an item, and how each worker ended that had it in hand
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class InHand:
    """What a worker works on.

    Attributes:
        item: the id of the pytest item.
        number: the PO number.
    """

    item: str
    number: str


def begins(run: Run, worker: str, held: InHand) -> str:
    """Say what a worker is about to begin; return how those ended that had it before, as one line, or "".

    A disk that is full does not keep an item from being tried: if its worker dies too, less is known of it.
    """
    with suppress(OSError):
        take_in_hand(run, worker, held)
    return history_of(run, held.item)


def take_in_hand(run: Run, worker: str, held: InHand) -> None:
    """Say what a worker is about to begin, in place of what it had before.

    Raises:
        OSError: the disk did not take it.
    """
    path = _in_hand_file(run, worker)
    path.parent.mkdir(exist_ok=True, mode=0o700)
    # Renamed, but not brought to the disk: who asks lives on the same machine, and that would take longer than a page.
    aside = path.with_suffix(".half")
    aside.write_text(json.dumps(asdict(held)), encoding="utf-8")
    aside.replace(path)


def in_hand(run: Run, worker: str) -> InHand | None:
    """Return what a worker last had in hand, or None; what cannot be read is not known."""
    try:
        return InHand(**json.loads(_in_hand_file(run, worker).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def all_in_hand(run: Run) -> dict[str, InHand]:
    """Return what each worker last had in hand, by worker."""
    workers = [each.stem for each in (run.folder / "in-hand").glob("*.json")]
    found = {each: in_hand(run, each) for each in sorted(workers, key=lambda each: (len(each), each))}
    return {worker: held for worker, held in found.items() if held is not None}


def note_death(run: Run, item: str, told: str) -> tuple[str, ...]:
    """Keep how a worker ended under an item; return all that is known of that item, the oldest first.

    Args:
        run: the run.
        item: the item's id.
        told: how the worker ended, as one clause.

    Raises:
        OSError: the disk did not take it.
    """
    deaths = (*deaths_of(run, item), told)
    path = _deaths_file(run, item)
    path.parent.mkdir(exist_ok=True, mode=0o700)
    write_whole(path, json.dumps(deaths).encode())
    return deaths


def deaths_of(run: Run, item: str) -> tuple[str, ...]:
    """Return how workers ended that had an item in hand, the oldest first; what cannot be read is not known."""
    try:
        return tuple(map(str, json.loads(_deaths_file(run, item).read_bytes())))
    except (OSError, ValueError):
        return ()


def history_of(run: Run, item: str) -> str:
    """Return the same as one line, or ""."""
    return "; ".join(deaths_of(run, item))


def _in_hand_file(run: Run, worker: str) -> Path:
    return run.folder / "in-hand" / f"{worker}.json"


def _deaths_file(run: Run, item: str) -> Path:
    """Return the file of an item; its id may hold whatever a file's name may not."""
    return run.folder / "deaths" / f"{hashlib.sha256(item.encode()).hexdigest()[:20]}.json"
