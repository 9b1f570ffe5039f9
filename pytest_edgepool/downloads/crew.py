"""A few threads that do jobs side by side, for one caller who can leave at any moment. Never knows what the jobs are.

No executor of the standard library: its threads are waited for when the process ends, and a signal that interrupts the
caller would then wait for a silent site.
"""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from pytest_edgepool.clock import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

T = TypeVar("T")

THREADS = "edgepool-transfer"  # what their names begin with

_LOOK_SECONDS = 0.2
_END_SECONDS = 2.0  # what was cut ends in milliseconds; a name that is just being looked up cannot be interrupted


class Crew(Generic[T]):
    """Jobs under way; to be used in a `with`, whose end none of them outlives but one that cannot be interrupted.

    Args:
        jobs: what is to be done; may raise.
        at_once: how many of them side by side.
        cut: ends what is under way, when the caller leaves before all is done.
    """

    def __init__(self, jobs: Sequence[Callable[[], T]], at_once: int, cut: Callable[[], object]) -> None:
        self._jobs = jobs
        self._cut = cut
        self._waiting: SimpleQueue[int] = SimpleQueue()
        self._done: SimpleQueue[tuple[int, T | BaseException] | None] = SimpleQueue()
        self._held = threading.Event()
        self._working = min(at_once, len(jobs))
        for number in range(len(jobs)):
            self._waiting.put(number)
        self._threads = [
            threading.Thread(target=self._work, name=f"{THREADS}-{number}", daemon=True)
            for number in range(self._working)
        ]

    def __enter__(self) -> Self:
        for each in self._threads:
            each.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.set()
        if self._working:  # a thread that has said its last word may still be seen alive
            self._cut()
        soon = Deadline.after(_END_SECONDS, "the end of all transfers")
        for each in self._threads:
            each.join(max(0.0, soon.remaining_seconds()))

    @property
    def are_left(self) -> bool:
        """Whether a thread lives on behind the end of the block: it could not be interrupted."""
        return any(each.is_alive() for each in self._threads)

    def results(self, look: Callable[[], object]) -> Iterator[tuple[int, T | BaseException]]:
        """Yield each job's number with what it returned or raised, as they end.

        Args:
            look: called a few times a second while nothing comes; what it raises ends the waiting.
        """
        while self._working:
            try:
                came = self._done.get(timeout=_LOOK_SECONDS)
            except Empty:
                look()
                continue
            if came is None:
                self._working -= 1
            else:
                yield came

    def _work(self) -> None:
        try:
            while not self._held.is_set():
                number = self._waiting.get_nowait()
                try:
                    self._done.put((number, self._jobs[number]()))
                except BaseException as error:  # noqa: BLE001 - whoever takes the results raises what is not expected
                    self._done.put((number, error))
        except Empty:
            pass
        finally:
            self._done.put(None)
