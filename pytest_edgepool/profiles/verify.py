"""Proves that a profile is the right one and signed in, before any work. Never mends it.

Three methods, each with its own limit and result: *file* (what was copied is sound), *capability* (the live session
runs on what was leased), *auth* (the site knows us). The last is asked by whoever knows the site; here is what its
answer means.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tenacity import RetryError, Retrying, stop_after_attempt

from pytest_edgepool.clock import SYSTEM_CLOCK, Clock
from pytest_edgepool.errors import AskedToWait, DeadlinePassed, EdgepoolError, RunStopped
from pytest_edgepool.redact import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

METHODS = ("file", "capability", "auth")


class Proof(StrEnum):
    """What one method, or all together, came to."""

    SUCCESS = "SUCCESS"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    TIMEOUT = "TIMEOUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a probe found.

    Attributes:
        wrong: what is wrong, as one clause, or "".
        details: what it saw, as plain values; never a secret.
        forbids: whether nothing else can make up for it: the browser is on a profile that is not its own.
    """

    wrong: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    forbids: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodResult:
    """What one method came to.

    Attributes:
        method: `file`, `capability` or `auth`.
        outcome: SUCCESS, FAILED or TIMEOUT.
        seconds: how long it took, pauses between tries included.
        error: why it failed, as one clause, or "".
        details: what was seen, as plain values.
        tries: how often it was asked.
        forbids: whether no other proof makes up for its failure.
    """

    method: str
    outcome: Proof
    seconds: float
    error: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    tries: int = 1
    forbids: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What all methods that were asked came to."""

    results: tuple[MethodResult, ...] = ()

    @property
    def outcome(self) -> Proof:
        """SUCCESS when all did, PARTIAL when some did, else FAILED or, when nothing but time was lacking, TIMEOUT."""
        outcomes = {each.outcome for each in self.results}
        if outcomes <= {Proof.SUCCESS}:
            return Proof.SUCCESS
        if Proof.SUCCESS in outcomes:
            return Proof.PARTIAL
        return Proof.TIMEOUT if outcomes == {Proof.TIMEOUT} else Proof.FAILED

    @property
    def permits_work(self) -> bool:
        """Whether a worker may go on: all that was asked is proved, or, at the least, that the site knows us.

        Files that look odd, or a browser that was updated meanwhile, may still do when the site knows us, or when
        nobody wanted it asked. A browser on somebody else's profile never does.
        """
        if any(each.forbids for each in self.results):
            return False
        auth = [each.outcome for each in self.results if each.method == "auth"]
        if self.outcome is Proof.PARTIAL:
            return all(each is Proof.SUCCESS for each in auth)
        return self.outcome is Proof.SUCCESS

    @property
    def failed(self) -> tuple[str, ...]:
        """The methods that did not succeed."""
        return tuple(each.method for each in self.results if each.outcome is not Proof.SUCCESS)

    def details_of(self, method: str) -> Mapping[str, Any]:
        """Return what a method saw, or nothing when it was not asked."""
        return next((each.details for each in self.results if each.method == method), {})

    @property
    def error(self) -> str:
        """The first failure, as one clause, or ""."""
        return next((f"{each.method}: {each.error}" for each in self.results if each.error), "")

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"outcome": str(self.outcome), "results": [asdict(each) for each in self.results]}


_ONCE = Retrying(stop=stop_after_attempt(1))


def prove(
    method: str, probe: Callable[[], Answer | str], clock: Clock = SYSTEM_CLOCK, tries: Retrying = _ONCE
) -> MethodResult:
    """Run one probe, which returns what it found; its errors are failures too.

    Args:
        method: the method's name.
        probe: returns an answer, or just what is wrong in one clause, "" when nothing is.
        clock: where time comes from.
        tries: which of its errors are worth another try, and how many; what it answers is final.

    Raises:
        RunStopped, AskedToWait: the run is being ended, or has to be: that says nothing of the profile.
    """
    begun = clock.monotonic()
    asked = 0
    answer = Answer()
    outcome = Proof.FAILED
    try:
        for attempt in tries:
            with attempt:
                asked += 1
                said = probe()
                answer = Answer(wrong=said) if isinstance(said, str) else said
        outcome = Proof.FAILED if answer.wrong else Proof.SUCCESS
    except (RunStopped, AskedToWait):
        raise
    except RetryError as given_up:
        outcome, answer = _given_up(given_up.last_attempt.exception() or given_up)
    except (EdgepoolError, OSError, sqlite3.Error) as error:
        outcome, answer = _given_up(error)
    return MethodResult(
        method=method,
        outcome=outcome,
        seconds=round(clock.monotonic() - begun, 3),
        error=redacted(answer.wrong),  # a driver's message may hold an address with its secrets
        details=dict(answer.details),
        tries=asked,
        forbids=answer.forbids,
    )


def _given_up(error: BaseException) -> tuple[Proof, Answer]:
    """Return what an error of a probe comes to; one that is no trouble of the world is a bug, and raised."""
    if not isinstance(error, EdgepoolError | OSError | sqlite3.Error) or isinstance(error, RunStopped):
        raise error
    outcome = Proof.TIMEOUT if isinstance(error, DeadlinePassed) else Proof.FAILED
    return outcome, Answer(wrong=str(error))


def compare_session(
    *,
    user_data_dir: Path,
    reported_user_data_dir: str,
    versions: tuple[str, str],
    driver_versions: tuple[str, str],
) -> Answer:
    """Compare the live session with what was leased.

    The driver's capabilities name the user data dir that the browser really runs on: a refused one is silently replaced
    by some drivers, and a policy may replace it for everybody.

    Args:
        user_data_dir: what was leased.
        reported_user_data_dir: what the session says it runs on.
        versions: the browser's version as it was found, and as the session reports it; "" where unknown.
        driver_versions: the same of the driver.
    """
    details = {
        "user_data_dir": reported_user_data_dir,
        "browser_version": versions[1],
        "driver_version": driver_versions[1],
    }
    if not reported_user_data_dir:
        told = "the driver does not say which user data dir it runs on"
        return Answer(wrong=told, details=details, forbids=True)
    if _real(reported_user_data_dir) != _real(user_data_dir):
        told = f"the browser runs on {reported_user_data_dir}, not on {user_data_dir}"
        return Answer(wrong=told, details=details, forbids=True)
    for what, (found, reported) in (("browser", versions), ("driver", driver_versions)):
        if len({_major(each) for each in (found, reported) if each}) > 1:
            told = f"the {what} is version {reported}, not {found}: it was updated during the run"
            return Answer(wrong=told, details=details)
    return Answer(details=details)


def _major(version: str) -> str:
    return version.partition(".")[0]


def _real(folder: Path | str) -> str:
    return os.path.normcase(os.path.realpath(folder))


def together(results: Iterable[MethodResult]) -> Verification:
    """Return the verification that these results make."""
    return Verification(results=tuple(results))
