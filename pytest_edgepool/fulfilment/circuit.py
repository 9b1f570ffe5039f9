"""Whether the run still asks the site at all, after many POs in a row that it failed. Never asks it itself.

The row is kept in the run's folder and counts the POs of all workers. When it is full the circuit opens: nobody begins
a PO. After a pause one worker goes on with its PO as a probe, under a lock that the system frees when it dies. An
answer of the site closes the circuit and all go on; a probe that fails ends the run.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_edgepool import events
from pytest_edgepool.clock import SYSTEM_CLOCK, Clock
from pytest_edgepool.errors import RunStopped
from pytest_edgepool.fulfilment.shared import Shared
from pytest_edgepool.locks import Lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_edgepool.events import Event
    from pytest_edgepool.failures import Failure
    from pytest_edgepool.settings import Settings

_LOOK_SECONDS = 0.2
_NAME, _WHAT = "circuit", "how many POs the site failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The POs that the site failed, with none in between that it answered.

    Attributes:
        orders: their numbers, each once.
        since: when the first of them failed, on the clock of whoever reads it.
        because: why the last of them did.
        probe_at: when one may be tried, on the monotonic clock; 0 when the circuit is closed.
        past: what is told of the times when it was open and closed again.
    """

    orders: tuple[str, ...] = ()
    since: str = ""
    because: str = ""
    probe_at: float = 0.0
    past: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether nobody may begin a PO."""
        return bool(self.probe_at)

    def __str__(self) -> str:
        """Return what has happened, as one clause."""
        return f"the site failed {len(self.orders)} POs in a row since {self.since}: {self.because}"


class Circuit:
    """One worker's view of the portal's circuit.

    Args:
        folder: the run's folder.
        settings: what is in force.
        tell: hears when it opens and closes.
        is_stopping: whether the run is being ended.
        clock: where time comes from.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        tell: Callable[[Event], None],
        is_stopping: Callable[[], bool],
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._row = Shared(folder, _NAME, Row, _WHAT, tell)
        self._probe = Lock(folder / "circuit-probe.lock")
        self._most = settings.po_circuit
        self._pause_seconds = settings.po_circuit_seconds
        self._patience_seconds = settings.po_attempts * (settings.po_timeout + settings.po_retry_after_most)
        self._tell = tell
        self._is_stopping = is_stopping
        self._clock = clock

    @contextmanager
    def passage(self) -> Iterator[None]:
        """Begin a PO in this block; while the circuit is open, wait for the pause, then for the probe's result.

        Raises:
            RunStopped: the run was ended meanwhile, or the worker that probes hangs.
        """
        until = math.inf
        while (row := self._row.read()).is_open:
            if self._is_stopping():
                raise RunStopped(f"the run was ended while nobody asked the site ({row})")
            left = row.probe_at - self._clock.monotonic()
            if left > 0:
                self._clock.sleep(min(_LOOK_SECONDS, left))
            elif not self._probe.take():
                until = min(until, self._clock.monotonic() + self._patience_seconds)
                self._wait_for_probe(until, row)
            elif not self._row.read().is_open or self._is_stopping():  # another's probe has just ended
                self._probe.free()
            else:
                break
        try:
            if self._probe.is_held:
                self._tell(events.SiteProbed(reason=str(row)))
            yield
        finally:
            self._probe.free()

    @property
    def is_open(self) -> bool:
        """Whether nobody may begin a PO but a probe."""
        return self._row.read().is_open

    def _wait_for_probe(self, until: float, row: Row) -> None:
        if self._clock.monotonic() >= until:
            raise RunStopped(f"the worker that was to find out whether the site is there again hangs ({row})")
        self._clock.sleep(_LOOK_SECONDS)

    def hear(self, number: str, failure: Failure | None, reason: str) -> RunStopped | None:
        """Learn what came of a PO; return why the run is over, when it is.

        Args:
            number: the PO.
            failure: of which kind its failure is; None when the site answered, whatever the answer was.
            reason: why it failed, as one line.
        """
        if self._most and failure is not None and failure.circuit == "counts":
            return self._failed(number, reason)
        if failure is None or failure.circuit == "closes":
            self._answered()
        return None

    def _failed(self, number: str, reason: str) -> RunStopped | None:
        now = self._clock.monotonic()
        with self._row.changing() as row:
            since = row.since or self._time()
            orders = tuple(dict.fromkeys((*row.orders, number)))
            opens = not row.is_open and len(orders) >= self._most
            probe_at = now + self._pause_seconds if opens else row.probe_at
            failed = replace(row, orders=orders, since=since, because=reason, probe_at=probe_at)
            self._row.write(failed)
        if opens:
            self._tell(events.CircuitOpened(failed=len(orders), reason=reason, seconds=self._pause_seconds))
        # A PO that was under way may have closed it meanwhile: then a probe that fails is the first of a new row.
        is_over = (row.is_open and self._probe.is_held) or (opens and not self._pause_seconds)
        return RunStopped(str(failed)) if is_over else None

    def _answered(self) -> None:
        if not self._row.read().orders:
            return
        with self._row.changing() as row:
            told = (f"{row}; it answered again at {self._time()}",) if row.is_open else ()
            self._row.write(Row(past=(*row.past, *told)))
        if row.is_open:
            self._tell(events.CircuitClosed(failed=len(row.orders)))

    def _time(self) -> str:
        return f"{self._clock.now().astimezone():%H:%M}"


def past_in(folder: Path) -> tuple[str, ...]:
    """Return what is told of a run's circuit: each time that it was open and closed again, as a clause.

    Args:
        folder: the run's folder.
    """
    return Shared(folder, _NAME, Row, _WHAT, lambda _: None).read().past
