"""Events to JSON lines, three levels, nothing secret: the only door to structlog. Never configures others' logging."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from pytest_edgepool.redact import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from pathlib import Path

    from pytest_edgepool.events import Event
    from pytest_edgepool.settings import LogLevel

_DEPTH: dict[LogLevel, int] = {"basic": 0, "detailed": 1, "complete": 2}


def _without_secrets(value: object) -> object:
    """Return a value as JSON can hold it, redacted; what JSON does not know is held as its text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {redacted(str(key)): _without_secrets(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_secrets(each) for each in value]
    return redacted(str(value))


def _redact(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: _without_secrets(value) for key, value in fields.items()}


class Log:
    """One process's log file.

    Args:
        path: the file; its folder is made. Lines are appended and flushed one by one.
        level: the deepest level that is written.
        bound: fields that every line carries, such as run and worker.

    Attributes:
        trouble: why a line could not be written, or None: a full disk must not fail the order that it is about.
    """

    def __init__(self, path: Path, level: LogLevel, **bound: Any) -> None:
        import structlog

        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.trouble: OSError | None = None
        self._depth = _DEPTH[level]
        self._file: TextIO = path.open("a", encoding="utf-8")
        self._listeners: list[Callable[[Event], None]] = []
        self._logger: Any = structlog.wrap_logger(
            structlog.WriteLogger(self._file),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _redact,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            wrapper_class=structlog.BoundLogger,
            **bound,
        )

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Have every event told to `listener` too, whatever the level."""
        self._listeners.append(listener)

    def tell(self, event: Event) -> None:
        """Write the event, if its level is wanted, and pass it to the listeners."""
        if _DEPTH[event.level] <= self._depth and not self._file.closed:
            try:
                self._logger.info(event.name, **event.told())
            except OSError as error:  # the line stays in the file's buffer, and is tried again with the next
                self.trouble = error
        for listener in self._listeners:
            listener(event)

    def close(self) -> None:
        """Close the file; further events reach the listeners only."""
        try:
            self._file.close()
        except OSError as error:  # what is still in its buffer is lost
            self.trouble = error
