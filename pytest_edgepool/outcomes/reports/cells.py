"""What a report says of one outcome, by result column, and how a cell is kept harmless. Never writes a file."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_edgepool.headers import RESULT_COLUMNS, bare
from pytest_edgepool.outcomes.status import Verdict, one_line, verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pytest_edgepool.outcomes.status import Outcome

AS_THE_SHEET_SAYS = ", as the sheet says"
"""What follows a status that only the sheet knows."""
NAME_SEPARATOR = ";\n"  # what users' sheets already hold: one name on each line of the cell

# A spreadsheet program runs a cell that begins so as a formula; text that the site sent must never be one.
_FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*")


def results_of(outcome: Outcome | None, output: Path) -> dict[str, str | int]:
    """Return what the result columns hold; nothing where a PO was never tried.

    A supplier that the site did not name is left out too: the sheet may know it.

    Args:
        outcome: what to show.
        output: the output folder, for `DOWNLOAD_FOLDER`.
    """
    if outcome is None:
        return {}
    is_well = verdict_of(outcome.status) is Verdict.PASSED
    values = (
        str(outcome.status),
        outcome.supplier,
        outcome.attachments_found,
        outcome.attachments_downloaded,
        NAME_SEPARATOR.join(kept.name for kept in outcome.files),
        moment_of(outcome.finished_at),
        "" if is_well else one_line(outcome.reason),
        str(output / outcome.folder) if outcome.folder else "",
        outcome.url,
    )
    found: dict[str, str | int] = dict(zip(RESULT_COLUMNS, values, strict=True))
    if not outcome.supplier:
        del found["SUPPLIER"]
    return found


def places_of(header: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return what each result column is called beside these: as all that mean the same, else by its own name.

    Two sheets may call it `Status` and `STATUS`: none of them may go on saying what was true before the run.
    """
    own: dict[str, tuple[str, ...]] = {}
    for name in header:
        own[bare(name)] = (*own.get(bare(name), ()), name)
    return {name: own.get(bare(name), (name,)) for name in RESULT_COLUMNS}


def moment_of(finished_at: str) -> str:
    """Return a moment as users' sheets hold it, in UTC; text that is no moment stays as it is."""
    try:
        moment = datetime.fromisoformat(finished_at)
    except ValueError:
        return finished_at
    return (moment.astimezone(UTC) if moment.tzinfo else moment).strftime("%Y-%m-%d %H:%M:%S")


def harmless(cell: str) -> str:
    """Return the text of a cell so that no spreadsheet program takes it for a formula."""
    return "'" + cell if begins_like_formula(cell) else cell


def begins_like_formula(cell: str) -> bool:
    """Say whether a spreadsheet program would run a cell as a formula; a negative number is none."""
    return cell.startswith(_FORMULA_BEGINNINGS) and not _PLAIN_NUMBER.fullmatch(cell)
