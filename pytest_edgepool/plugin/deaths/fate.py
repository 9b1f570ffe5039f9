"""What becomes of an item whose worker died, decided from what is known of it. Never does anything about it."""

from __future__ import annotations

import signal
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from pytest_edgepool.clock import SYSTEM_CLOCK, Clock, Deadline, wait_until
from pytest_edgepool.plugin.junit import status_in

if TYPE_CHECKING:
    import pytest

TWICE = 2
_REAPING_SECONDS = 1.0  # a dead process's end of the pipe may close a moment before its exit status can be had


class Fate(Enum):
    """What becomes of an item whose worker died."""

    KNOWN = "its outcome is known, and told"
    THEIRS = "another plugin runs it again"
    STOPPED = "the run is being ended"
    NOT_BEGUN = "somebody else has it, as if nothing had been"
    AGAIN = "it runs again"
    FAILED = "it is not tried again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a worker had come with an item, from what it reported.

    Attributes:
        said: the phases that were reported.
        is_told: whether its result was among them.
        is_repeated: whether this try does not count, because another plugin repeats it.
        properties: what the result's report carried.
    """

    said: frozenset[str] = frozenset()
    is_told: bool = False
    is_repeated: bool = False
    properties: tuple[tuple[str, object], ...] = ()

    def after(self, report: pytest.TestReport) -> Progress:
        """Return the progress when one more report has come."""
        said = self.said | {str(report.when)}
        if str(report.outcome) == "rerun" or self.is_repeated:
            return Progress(said=said, is_repeated=True)
        is_result = report.when == "call" or (report.when == "setup" and not report.passed)
        told = tuple(report.user_properties) if status_in(report.user_properties) else self.properties
        return replace(self, said=said, is_told=self.is_told or is_result, properties=told)


def fate_of(
    *, is_known: bool, is_theirs: bool, is_stopping: bool, was_begun: bool, can_go_on: bool, deaths: int
) -> Fate:
    """Decide what becomes of an item whose worker died.

    Args:
        is_known: whether its outcome is in the ledger, or was reported.
        is_theirs: whether another plugin has it run again already.
        is_stopping: whether the run was being ended before.
        was_begun: whether the dead worker had begun it.
        can_go_on: whether we may give it to somebody else.
        deaths: how many workers died under it, this one included.
    """
    if is_known:
        return Fate.KNOWN
    if is_theirs:
        return Fate.THEIRS
    if is_stopping or not (was_begun or can_go_on):
        return Fate.STOPPED
    if not was_begun:
        return Fate.NOT_BEGUN
    return Fate.AGAIN if can_go_on and deaths < TWICE else Fate.FAILED


def how_ended(node: Any, clock: Clock = SYSTEM_CLOCK) -> str:
    """Return how a worker ended, as a clause without a subject; a worker on another machine only "ended".

    Args:
        node: xdist's controller of the worker.
        clock: where time comes from.
    """
    process = getattr(getattr(node.gateway, "_io", None), "popen", None)
    if process is None:
        return "ended"
    wait_until(lambda: process.poll() is not None, Deadline.after(_REAPING_SECONDS, "the end of a worker", clock))
    code = process.poll()
    if code is None:
        return f"(process {process.pid}) was lost"
    if code >= 0:
        return f"(process {process.pid}) ended with exit status {code}"
    names = {each.value: each.name for each in signal.Signals}
    return f"(process {process.pid}) was killed by {names.get(-code, f'signal {-code}')}"


def reruns_of(sched: Any, item: str) -> int:
    """Return how often pytest-rerunfailures would run an item again: only one of us may do that."""
    known = getattr(getattr(sched.config, "failures_db", None), "get_test_reruns", None)
    return int(known(item)) if callable(known) else 0


def failures_of(sched: Any, item: str) -> int:
    """Return how many tries of an item pytest-rerunfailures has counted."""
    known = getattr(getattr(sched.config, "failures_db", None), "get_test_failures", None)
    return int(known(item)) if callable(known) else 0


def set_failures(sched: Any, item: str, count: int) -> None:
    """Have pytest-rerunfailures take an item's next try for that one; else it may pass over it in silence."""
    counts = getattr(sched.config, "failures_db", None)
    name, setting = getattr(counts, "_hash", None), getattr(counts, "_set", None)
    if callable(name) and callable(setting):
        setting(name(item), "f", count)


def runs_again(item: pytest.Item) -> bool:
    """Whether pytest-rerunfailures may run an item again in this run."""
    count = getattr(item.config.pluginmanager.get_plugin("rerunfailures"), "get_reruns_count", None)
    return callable(count) and bool(count(item))


def forbid_reruns(sched: Any, item: str) -> None:
    """Have pytest-rerunfailures not run an item again that is done."""
    setting = getattr(getattr(sched.config, "failures_db", None), "set_test_reruns", None)
    if callable(setting):
        setting(item, 0)
