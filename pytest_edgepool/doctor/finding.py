"""One thing that was looked at and what came of it, and all of them together. Never looks at anything itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pytest_edgepool.errors import EdgepoolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_REPORT = "this should not happen: please report it, with this line"


class Verdict(StrEnum):
    """How it stands."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        topic: what it is about, in a word or two.
        verdict: ok; warning: a run can start, but; wrong: it cannot, or would fail.
        told: what was seen, as a sentence without a full stop; never a cookie's name or value.
        remedy: what to do about it, or "".
    """

    topic: str
    verdict: Verdict
    told: str
    remedy: str = ""

    def lines(self) -> str:
        """Return it for people: a line with a mark, and the remedy below it."""
        mark = "WRONG" if self.verdict is Verdict.WRONG else str(self.verdict)
        remedy = f"\n{'':8} {'':14} -> {self.remedy}" if self.remedy else ""
        return f"{mark:8} {self.topic:14} {self.told}{remedy}"


def ok(topic: str, told: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(topic=topic, verdict=Verdict.OK, told=told)


def warning(topic: str, told: str, remedy: str) -> Finding:
    """Return a finding that a run can live with."""
    return Finding(topic=topic, verdict=Verdict.WARNING, told=told, remedy=remedy)


def wrong(topic: str, told: str, remedy: str) -> Finding:
    """Return a finding that keeps a run from starting or from working."""
    return Finding(topic=topic, verdict=Verdict.WRONG, told=told, remedy=remedy)


def parted(sentence: str) -> tuple[str, str]:
    """Return what a sentence of ours tells and its last clause, which is the remedy ("" when it has one clause)."""
    told, _, remedy = " ".join(sentence.split()).rstrip(".").rpartition("; ")
    return (told, remedy) if told else (remedy, "")


def of_error(topic: str, error: Exception, remedy: str) -> Finding:
    """Return what an error of ours says as a finding.

    Args:
        topic: what was looked at.
        error: the error.
        remedy: what to do when the error names nothing.
    """
    told, named = parted(str(error))
    return wrong(topic, told, named or remedy)


def safely(topic: str, examination: Callable[[], Iterable[Finding]], remedy: str = _REPORT) -> tuple[Finding, ...]:
    """Return what an examination found; what it stumbles over is a finding too, and not proven means no.

    Args:
        topic: what is looked at.
        examination: looks at it.
        remedy: what to do about an error of ours that names no remedy.
    """
    try:
        return tuple(examination())
    except EdgepoolError as error:
        return (of_error(topic, error, remedy),)
    except OSError as error:
        return (wrong(topic, f"it could not be looked at: {error}", "see to it that you may read what it names"),)
    except Exception as error:  # noqa: BLE001 - a mistake of ours in one must not keep the others from being told
        return (wrong(topic, f"it could not be examined: {type(error).__name__}: {error}", _REPORT),)


def can_start(findings: Iterable[Finding]) -> bool:
    """Whether a run can start: nothing is wrong."""
    return all(each.verdict is not Verdict.WRONG for each in findings)


def as_json(findings: Iterable[Finding]) -> dict[str, Any]:
    """Return all findings as plain values."""
    held = tuple(findings)
    return {"findings": [asdict(each) for each in held], "can_start": can_start(held)}


def last_line(findings: Iterable[Finding]) -> str:
    """Return what it all comes to, for people."""
    held = tuple(findings)
    counts = {verdict: sum(each.verdict is verdict for each in held) for verdict in Verdict}
    warned = f"{counts[Verdict.WARNING]} warning{'' if counts[Verdict.WARNING] == 1 else 's'}"
    if can_start(held):
        return "A run can start." if not counts[Verdict.WARNING] else f"A run can start ({warned})."
    things = "1 thing is wrong" if counts[Verdict.WRONG] == 1 else f"{counts[Verdict.WRONG]} things are wrong"
    return f"A run cannot start: {things} ({warned})."
