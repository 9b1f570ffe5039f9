"""What a run's workers know together of the site: a small file in the run's folder. Never knows what it means."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pytest_edgepool import events
from pytest_edgepool.files import read_whole, write_whole
from pytest_edgepool.locks import Lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from _typeshed import DataclassInstance

    from pytest_edgepool.events import Event

_LOCK_SECONDS = 10.0  # it is held for milliseconds; whoever hangs in it must not stop the run

T = TypeVar("T", bound="DataclassInstance")


class Shared(Generic[T]):
    """One worker's view of what all know.

    Args:
        folder: the run's folder.
        name: of the file in it and of its lock.
        kind: the frozen dataclass that is kept; made without arguments it is what is known at first. Its values are
            numbers, texts and tuples of texts.
        what: it is, as the news of a write that failed calls it.
        tell: hears that.
    """

    def __init__(self, folder: Path, name: str, kind: type[T], what: str, tell: Callable[[Event], None]) -> None:
        self._path = folder / f"{name}.json"
        self._lock = Lock(folder / f"{name}.lock")
        self._kind = kind
        self._what = what
        self._tell = tell

    def read(self) -> T:
        """Return what is known; what is known at first, where nothing has been written or it cannot be read now."""
        try:
            held: dict[str, Any] = json.loads(read_whole(self._path))
        except OSError:  # then each worker does as if it were alone
            return self._kind()
        return self._kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in held.items()})

    @contextmanager
    def changing(self) -> Iterator[T]:
        """Keep the others from writing in this block, if none hangs in such a one; its value is what is known."""
        with self._lock.held(_LOCK_SECONDS):
            yield self.read()

    def write(self, known: T) -> None:
        """Let all know it from now on; where the folder is gone or its disk is full, that is told and costs nothing."""
        try:
            write_whole(self._path, json.dumps(asdict(known)).encode(), lasting=False)
        except OSError as error:
            self._tell(events.CleanupFailed(what=self._what, error=str(error)))
