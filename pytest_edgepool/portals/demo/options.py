"""How the demo site shall behave, and how it shall misbehave. Never serves anything."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.portals.demo.shapes import Shape, shapes_in

if TYPE_CHECKING:
    from collections.abc import Mapping

SessionKind = Literal["persistent", "session", "local-storage", "indexed-db"]
SESSION_KINDS: tuple[SessionKind, ...] = get_args(SessionKind)
# In these the browser keeps a token that only a script can send; no cookie makes the site know anybody.
TOKEN_KINDS: frozenset[SessionKind] = frozenset({"local-storage", "indexed-db"})

_TIMES = ("latency_seconds", "chunk_delay_seconds", "slow_chunk_delay_seconds", "session_seconds", "lazy_seconds")


class FaultName(StrEnum):
    """One way to misbehave, for one order."""

    SERVER_ERROR = "server-error"
    RATE_LIMIT = "rate-limit"
    NO_ACCESS = "no-access"
    FILE_ERROR = "file-error"
    FILE_MISSING = "file-missing"
    FILE_RATE_LIMIT = "file-rate-limit"
    TRUNCATED = "truncated"
    RESET = "reset"
    SIGNED_OUT_FILE = "signed-out-file"
    SLOW = "slow"
    SIGNED_OUT_PAGE = "signed-out-page"
    OOPS = "oops"
    MAINTENANCE = "maintenance"
    NO_LENGTH = "no-length"
    GZIP = "gzip"
    WRONG_RANGE = "wrong-range"
    HTML_200 = "html-200"


PAGE_FAULTS = frozenset(
    {
        FaultName.SERVER_ERROR,
        FaultName.RATE_LIMIT,
        FaultName.NO_ACCESS,
        FaultName.SIGNED_OUT_PAGE,
        FaultName.OOPS,
        FaultName.MAINTENANCE,
    }
)
FILE_FAULTS = frozenset(FaultName) - PAGE_FAULTS
# What strikes whoever asks; whether somebody may see an order is known only when it is known who that is.
STRANGERS_FAULTS = frozenset({FaultName.SERVER_ERROR, FaultName.RATE_LIMIT})


@dataclass(frozen=True, slots=True)
class DemoFault:
    """A fault, and how often it strikes.

    Attributes:
        name: what goes wrong: with the order's page (`PAGE_FAULTS`) or with its files (all others).
        first_requests: only the first that many requests are struck; None strikes all.
    """

    name: FaultName
    first_requests: int | None = None

    @classmethod
    def parse(cls, text: str) -> DemoFault:
        """Return the fault written as `name` or `name:first_requests`, like `server-error:2`.

        Raises:
            UsageMistake: there is no such fault, or the count is not a positive number.
        """
        name, colon, count = text.partition(":")
        if name not in set(FaultName):
            raise UsageMistake(f"There is no demo fault {name!r}; there are: {', '.join(FaultName)}.")
        if colon and not re.fullmatch(r"[1-9]\d{0,8}", count, re.ASCII):
            raise UsageMistake(f"In the demo fault {text!r} the count of requests must be a whole number from 1.")
        return cls(FaultName(name), int(count) if colon else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """The demo site's settings.

    Attributes:
        latency_seconds: how long every answer is held back.
        chunk_delay_seconds: the pause after each 16 KiB of a file.
        slow_chunk_delay_seconds: that pause under the fault `slow`.
        session: where the browser keeps the sign-in: in a cookie that outlives it ("persistent") or does not
            ("session"), or as a token in "local-storage" or "indexed-db", which a script in each page sends.
        rotate: whether each page and file replaces the cookie by a new one and refuses the old one from then on.
        session_seconds: how long after signing in one is still known; None is for ever.
        session_key: who gives one can stop the site and serve it again without anybody being signed out;
            without one each site knows only its own visitors.
        retry_after: the `Retry-After` of an answer with status 429; "" sends none.
        faults: by order number (`PO` may stand before it), a `DemoFault` or its text.
        shapes: by order number, how its attachments are shown: names of `Shape` with `+` between them.
        lazy_seconds: how long the site thinks about what a page's script fetches.
        ranges: whether files have an `ETag` and can be asked for in part.
    """

    latency_seconds: float = 0.0
    chunk_delay_seconds: float = 0.0
    slow_chunk_delay_seconds: float = 0.25
    session: SessionKind = "persistent"
    rotate: bool = False
    session_seconds: float | None = None
    session_key: str = ""
    retry_after: str = "1"
    faults: Mapping[str, DemoFault | str] = field(default_factory=dict)
    shapes: Mapping[str, str] = field(default_factory=dict)
    lazy_seconds: float = 0.5
    ranges: bool = True

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            UsageMistake: a time is negative, the kind of session unknown or none that rotates, or a fault or shape
                is unknown.
        """
        for name in _TIMES:
            value = getattr(self, name)
            if value is not None and value < 0:
                raise UsageMistake(f"The demo option {name} is {value:g}; it cannot be negative.")
        if self.session not in SESSION_KINDS:
            raise UsageMistake(f"The demo session is {self.session!r}; it must be one of: {', '.join(SESSION_KINDS)}.")
        if self.rotate and self.has_tokens:
            raise UsageMistake(f"The demo session {self.session!r} does not rotate; only one in a cookie does.")
        parsed = {plain_number(number): _fault(fault) for number, fault in self.faults.items()}
        object.__setattr__(self, "faults", MappingProxyType(parsed))
        shapes = {plain_number(number): "+".join(sorted(shapes_in(text))) for number, text in self.shapes.items()}
        if shapes and self.has_tokens:
            raise UsageMistake(f"The demo session {self.session!r} has no shapes; take one in a cookie.")
        object.__setattr__(self, "shapes", MappingProxyType(shapes))

    @property
    def has_tokens(self) -> bool:
        """Whether a script in the page sends who one is, instead of a cookie."""
        return self.session in TOKEN_KINDS

    def fault_of(self, number: str) -> DemoFault | None:
        """Return the fault of that order, or None."""
        fault = self.faults.get(plain_number(number))
        return None if fault is None else _fault(fault)

    def shapes_of(self, number: str) -> frozenset[Shape]:
        """Return the shapes of that order's attachments; none is Coupa's usual page."""
        text = self.shapes.get(plain_number(number), "")
        return shapes_in(text) if text else frozenset()


def plain_number(number: str) -> str:
    """Return the number as it stands in the order's address: without `PO` or `PM` before it."""
    return re.sub(r"^(?:PO|PM)", "", number.strip(), flags=re.IGNORECASE)


def _fault(fault: DemoFault | str) -> DemoFault:
    return DemoFault.parse(fault) if isinstance(fault, str) else fault
