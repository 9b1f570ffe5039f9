"""What every event is: a frozen value with a dotted name and a log level. Never does anything about it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pytest_edgepool.settings import LogLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. `name` is dotted, `level` says from which log level on it is written."""

    name: ClassVar[str] = "event"
    level: ClassVar[LogLevel] = "basic"

    def told(self) -> dict[str, object]:
        """Return the fields, ready for JSON."""
        return {each.name: getattr(self, each.name) for each in fields(self)}
