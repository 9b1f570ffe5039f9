"""What happens to slots, profiles and sign-ins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pytest_edgepool.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotLeased(Event):
    """A worker holds a slot."""

    name: ClassVar[str] = "slot.leased"
    slot: int
    kind: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileCloned(Event):
    """A clone was made and checked."""

    name: ClassVar[str] = "profile.cloned"
    slot: int
    seconds: float
    size_bytes: int
    files: int
    means: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileVerified(Event):
    """A profile was put to the proofs."""

    name: ClassVar[str] = "profile.verified"
    slot: int
    outcome: str
    methods: dict[str, str]
    seconds: float
    results: list[dict[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileMended(Event):
    """A rung of the ladder was taken, because a profile was not proved."""

    name: ClassVar[str] = "profile.mended"
    slot: int
    rung: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionHandedOver(Event):
    """A sign-in went from one browser into another. Tells how much it was and what was refused, never a value."""

    name: ClassVar[str] = "session.handed_over"
    slot: int
    giver: str
    cookies: int
    refused: list[str]
    origins: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLost(Event):
    """The site no longer knows this worker's browser, and that could not be mended."""

    name: ClassVar[str] = "session.lost"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionKept(Event):
    """At a clean end the freshest session went into the managed base."""

    name: ClassVar[str] = "session.kept"
    giver: str
    cookies: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRetired(Event):
    """A worker that cannot be signed in gives its items to others."""

    name: ClassVar[str] = "worker.retired"
    reason: str
