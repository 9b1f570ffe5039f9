"""Which PO is being fetched now, by whichever run into the same output folder. Never knows what comes of it.

A claim is a lock file in the work folder of its run, `<output>/.edgepool/work/<run id>/claims/`. The system frees the
lock when its process dies, and the file goes with the work folder. Files are made and removed under the ledger's lock:
else somebody could lock a file that is just being removed.
"""

from __future__ import annotations

import hashlib
import math
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pytest_edgepool.clock import SYSTEM_CLOCK, Clock
from pytest_edgepool.errors import RunStopped
from pytest_edgepool.locks import Lock, is_free
from pytest_edgepool.outcomes.ledger import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_LOOK_SECONDS = 0.2


class Claims:
    """The claims of one run on the POs of an output folder.

    Args:
        output: the output folder.
        run_id: the run's id.
        is_stopping: whether the run is being ended.
        clock: where time comes from.
        patience_seconds: how long another worker of the run may have a PO that is wanted here too.
    """

    def __init__(
        self,
        output: Path,
        run_id: str,
        is_stopping: Callable[[], bool],
        clock: Clock = SYSTEM_CLOCK,
        patience_seconds: float = math.inf,
    ) -> None:
        self._own = output / ".edgepool"
        self._run_id = run_id
        self._is_stopping = is_stopping
        self._clock = clock
        self._patience_seconds = patience_seconds

    @contextmanager
    def on(self, number: str, site: str) -> Iterator[str]:
        """Have a PO for oneself in this block; yields the id of the other run that has it now, or "".

        A worker of the same run that has it, for another test, is waited for. Where the folder takes no lock file there
        is no claim: the PO's own outcome says what is wrong with the folder.

        Raises:
            RunStopped: the run was ended while another of its workers had the PO, or that one hangs.
        """
        mine = self._mine(number, site)
        other = self._taken(mine)
        try:
            yield other
        finally:
            if mine.is_held:
                self._given_back(mine)

    def is_elsewhere(self, number: str, site: str) -> bool:
        """Whether another run has a PO now."""
        with suppress(OSError, NotImplementedError), self._changing():
            return bool(self._other_than(self._mine(number, site)))
        return False

    def _mine(self, number: str, site: str) -> Lock:
        name = f"{hashlib.sha256(f'{site} {number}'.encode()).hexdigest()[:20]}.lock"
        return Lock(self._own / "work" / self._run_id / "claims" / name)

    def _other_than(self, mine: Lock) -> str:
        """Return the other run that has what a lock of ours is for, or ""."""
        held = (path for path in self._own.glob(f"work/*/claims/{mine.path.name}") if path != mine.path)
        return next((path.parent.parent.name for path in held if _is_held(path)), "")

    def _taken(self, mine: Lock) -> str:
        """Take a claim; return who has it, when that is another run."""
        with suppress(OSError, NotImplementedError):
            until = self._clock.monotonic() + self._patience_seconds
            while True:
                with self._changing():
                    other = self._other_than(mine)
                    if other or mine.take():
                        return other
                if self._is_stopping():
                    raise RunStopped("the run was ended before its turn")
                if self._clock.monotonic() >= until:
                    had = f"another worker of this run has had the PO for {self._patience_seconds:g} s"
                    raise RunStopped(f"{had}; the same command goes on")
                self._clock.sleep(_LOOK_SECONDS)
        return ""

    def _given_back(self, mine: Lock) -> None:
        with suppress(OSError), self._changing():
            mine.free()
            mine.path.unlink(missing_ok=True)
            mine.path.parent.rmdir()  # the last one does
        mine.free()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with Lock(self._own / "ledger.jsonl.lock").held(PATIENCE_SECONDS):  # who hangs in it must not stop the run
            yield


def _is_held(path: Path) -> bool:
    """Whether a process has a claim; the file of one that is dead is removed, or to look would make it anew."""
    if not is_free(path):
        return True
    with suppress(OSError):
        path.unlink(missing_ok=True)
        path.parent.rmdir()
    return False
