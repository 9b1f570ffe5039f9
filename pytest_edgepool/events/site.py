"""What all workers learn of the site: when it is left alone, given up for a while, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pytest_edgepool.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLeftAlone(Event):
    """No worker asks the site for a while: it asked for that, or it or the network is in trouble."""

    name: ClassVar[str] = "site.left_alone"
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitOpened(Event):
    """The site failed many POs in a row, of all workers: for a while nobody begins one."""

    name: ClassVar[str] = "circuit.opened"
    failed: int
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteProbed(Event):
    """While the circuit is open, this worker goes on with one PO to see whether the site answers again."""

    name: ClassVar[str] = "site.probed"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitClosed(Event):
    """The site answered again: all workers go on."""

    name: ClassVar[str] = "circuit.closed"
    failed: int
