"""What killed runs left in the state folder. Never removes it: that is `edgepool clean`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.doctor.finding import Finding, ok, warning
from pytest_edgepool.files import GONE
from pytest_edgepool.locks import is_free
from pytest_edgepool.profiles.base import Base
from pytest_edgepool.profiles.journal import Journal
from pytest_edgepool.run import dead_runs

if TYPE_CHECKING:
    from pathlib import Path

TOPIC = "leftovers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """How much there is of what.

    Attributes:
        runs: folders of runs of which no process lives, half-removed ones included.
        templates: templates that nobody shares, half-made ones included.
        journals: bases whose tabs and preferences are still set aside, by nobody who lives.
    """

    runs: int = 0
    templates: int = 0
    journals: int = 0


def look_for_leftovers(state: Path) -> Leftovers:
    """Count what is left; what belongs to a run that lives is not counted.

    Raises:
        OSError: the state folder cannot be read.
    """
    half_gone = sum(1 for _ in (state / "runs").glob(f"*{GONE}*"))
    templates = [each for each in (state / "templates").glob("*") if each.is_dir()]
    return Leftovers(
        runs=len(dead_runs(state)) + half_gone,
        templates=sum(_is_unshared(state, each) for each in templates),
        journals=sum(_is_orphaned(state, each) for each in (state / "journals").glob("*/journal.json")),
    )


def _is_unshared(state: Path, template: Path) -> bool:
    """Whether no process shares a template; one whose lock is held is being made, shared or given back just now."""
    making = state / "locks" / f"template-{template.name.partition('.')[0]}.lock"
    return is_free(making) and all(map(is_free, (template / "users").glob("*.lock")))


def _is_orphaned(state: Path, path: Path) -> bool:
    """Whether nobody is at work on the base that a journal speaks of."""
    try:
        journal = Journal.read(path)
    except (OSError, ValueError, KeyError, TypeError):
        return path.exists()  # unreadable: nobody can put back what it speaks of, and somebody should know
    base = Base(user_data_dir=journal.user_data_dir, profile_directory=journal.profile_directory, managed=False)
    return is_free(base.lock(state).path)


def judge_leftovers(left: Leftovers) -> Finding:
    """Return what is left as a finding."""
    kinds = (
        (left.runs, "dead run", "dead runs"),
        (left.templates, "template that nobody uses", "templates that nobody uses"),
        (left.journals, "base whose tabs are set aside", "bases whose tabs are set aside"),
    )
    told = ", ".join(f"{count} {one if count == 1 else more}" for count, one, more in kinds if count)
    if not told:
        return ok(TOPIC, "none")
    return warning(TOPIC, f"of killed runs: {told}", "run `edgepool clean`; the next run does it too")
