"""Proves that a profile is the right one and signed in, before any work. Never mends it.

Three methods, each with its own limit and result: *file* (what was copied is sound), *capability* (the live session
runs on what was leased), *auth* (the site knows us). The last is asked by whoever knows the site; here is what its
answer means.
"""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pytest_edgepool.clock import SYSTEM_CLOCK, Clock
from pytest_edgepool.errors import DeadlinePassed, EdgepoolError, RunStopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


class Proof(StrEnum):
    """What one method, or all together, came to."""

    SUCCESS = "SUCCESS"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    TIMEOUT = "TIMEOUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodResult:
    """What one method came to.

    Attributes:
        method: `file`, `capability` or `auth`.
        outcome: SUCCESS, FAILED or TIMEOUT.
        seconds: how long it took.
        error: why it failed, as one clause, or "".
    """

    method: str
    outcome: Proof
    seconds: float
    error: str = ""


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
        """Whether a worker may go on: all that was asked is proved, or all but the files.

        Files that look odd may still do when the live session is the right one and the site knows us; the other two
        say just that, and not proven means no.
        """
        live = [each.outcome for each in self.results if each.method != "file"]
        if self.outcome is Proof.PARTIAL:
            return all(each is Proof.SUCCESS for each in live)
        return self.outcome is Proof.SUCCESS

    @property
    def error(self) -> str:
        """The first failure, as one clause, or ""."""
        return next((f"{each.method}: {each.error}" for each in self.results if each.error), "")

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"outcome": str(self.outcome), "results": [asdict(each) for each in self.results]}


def prove(method: str, probe: Callable[[], str], clock: Clock = SYSTEM_CLOCK) -> MethodResult:
    """Run one probe, which returns what is wrong in one clause, or "" when nothing is; its errors are failures too.

    Raises:
        RunStopped: the run is being ended, which says nothing of the profile.
    """
    begun = clock.monotonic()
    try:
        wrong = probe()
        outcome = Proof.FAILED if wrong else Proof.SUCCESS
    except RunStopped:
        raise
    except DeadlinePassed as error:
        wrong, outcome = str(error), Proof.TIMEOUT
    except (EdgepoolError, OSError, sqlite3.Error) as error:
        wrong, outcome = str(error), Proof.FAILED
    return MethodResult(method=method, outcome=outcome, seconds=round(clock.monotonic() - begun, 3), error=wrong)


def wrong_with_files(user_data_dir: Path, profile_directory: str) -> str:
    """Return what is wrong with a profile's files while no browser has them open, or "".

    A file that is not there is not wrong: an empty profile has none yet.
    """
    profile = user_data_dir / profile_directory
    for path in (user_data_dir / "Local State", profile / "Preferences"):
        if path.is_file() and not _is_json(path):
            return f"{path.name} is damaged"
    for path in (profile / "Cookies", profile / "Network" / "Cookies"):
        if path.is_file() and (wrong := _wrong_with_database(path)):
            return f"{path.name} is damaged ({wrong})"
    return ""


def _is_json(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except ValueError:
        return False


def _wrong_with_database(path: Path) -> str:
    try:
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)
        try:
            answer = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
        finally:
            database.close()
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if answer == "ok" else answer


def wrong_with_session(*, user_data_dir: Path, reported_user_data_dir: str, version: str, reported_version: str) -> str:
    """Return how the live session differs from what was leased, or "".

    The driver's capabilities name the user data dir that the browser really runs on: a refused one is silently replaced
    by some drivers.
    """
    if not reported_user_data_dir:
        return "the driver does not say which user data dir it runs on"
    if _real(reported_user_data_dir) != _real(user_data_dir):
        return f"the browser runs on {reported_user_data_dir}, not on {user_data_dir}"
    majors = {each.partition(".")[0] for each in (version, reported_version) if each}
    if len(majors) > 1:
        return f"the browser is version {reported_version}, not {version}: it was updated during the run"
    return ""


def _real(folder: Path | str) -> str:
    return os.path.normcase(os.path.realpath(folder))


def together(results: Iterable[MethodResult]) -> Verification:
    """Return the verification that these results make."""
    return Verification(results=tuple(results))
