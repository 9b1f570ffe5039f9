"""What came of a run, as files for people and programs. Never decides a status, never reads the ledger."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgepool.outcomes.status import NOT_TRIED, Outcome, Verdict, one_line, verdict_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RESULT_COLUMNS = (
    "STATUS",
    "SUPPLIER",
    "ATTACHMENTS_FOUND",
    "ATTACHMENTS_DOWNLOADED",
    "AttachmentName",
    "LAST_PROCESSED",
    "ERROR_MESSAGE",
    "DOWNLOAD_FOLDER",
    "COUPA_URL",
)
NAME_SEPARATOR = ";\n"  # what users' sheets already hold: one name on each line of the cell

# A spreadsheet program runs a cell that begins so as a formula; text that the site sent must never be one.
_FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One row of a sheet and what came of it.

    Attributes:
        number: the PO number.
        sheet: the sheet's path as the user gave it.
        columns: the sheet's own values, by header.
        outcome: what to show for it, or None when it was never tried.
    """

    number: str
    sheet: str
    columns: Mapping[str, str]
    outcome: Outcome | None


def shown(now: Outcome | None, last: Outcome | None) -> Outcome | None:
    """Return what a report shows: this run's outcome, or the ledger's last true one where this run did not try.

    Args:
        now: what this run said of the PO, if anything.
        last: the ledger's last true outcome of the PO, if any.
    """
    if now is not None and (now.status not in NOT_TRIED or last is None):
        return now
    return last


def write_csv(path: Path, header: Sequence[str], rows: Sequence[ReportRow], output: Path) -> None:
    """Write the sheet's own columns, then the result columns; UTF-8 with BOM, published by one rename.

    A result column that the sheet already has stays where it is; its value is replaced where there is an outcome.

    Args:
        path: the report.
        header: the sheet's own columns, in order.
        rows: one for each row of the sheet.
        output: the output folder, for `DOWNLOAD_FOLDER`.

    Raises:
        OSError: it cannot be written; an earlier report is as it was.
    """
    own = {name.strip().casefold(): name for name in header}
    place = {name: own.get(name.casefold(), name) for name in RESULT_COLUMNS}
    columns = list(dict.fromkeys((*header, *place.values())))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([_harmless(name) for name in columns])
    for row in rows:
        results = {place[name]: value for name, value in _results(row.outcome, output).items()}
        writer.writerow([_harmless(results.get(name, row.columns.get(name, ""))) for name in columns])
    _publish(path, text.getvalue().encode("utf-8-sig", "backslashreplace"))


def write_json(path: Path, run: Mapping[str, Any], rows: Sequence[ReportRow]) -> None:
    """Write the run, how many POs have which status, and each row with everything known of it.

    Args:
        path: the report.
        run: facts about the run, as JSON knows them; other values are written as text.
        rows: one for each row of the sheet; a PO that stands in several is counted once.

    Raises:
        OSError: it cannot be written; an earlier report is as it was.
    """
    outcomes = {row.number: row.outcome for row in rows}
    totals = Counter(str(outcome.status) for outcome in outcomes.values() if outcome is not None)
    report = {
        "run": dict(run),
        "purchase_orders": len(outcomes),
        "totals": dict(sorted(totals.items())),
        "orders": [_as_json(row) for row in rows],
    }
    _publish(path, (json.dumps(report, indent=1, default=str) + "\n").encode("ascii"))


def _as_json(row: ReportRow) -> dict[str, Any]:
    result = None
    if row.outcome is not None:
        result = {
            **row.outcome.to_json(),
            "attachments_downloaded": row.outcome.attachments_downloaded,
            "received_bytes": row.outcome.received_bytes,
        }
    return {"number": row.number, "sheet": row.sheet, "columns": dict(row.columns), "outcome": result}


def _results(outcome: Outcome | None, output: Path) -> dict[str, str]:
    if outcome is None:
        return {}
    is_well = verdict_of(outcome.status) is Verdict.PASSED
    values = (
        str(outcome.status),
        outcome.supplier,
        str(outcome.attachments_found),
        str(outcome.attachments_downloaded),
        NAME_SEPARATOR.join(kept.name for kept in outcome.files),
        _moment(outcome.finished_at),
        "" if is_well else one_line(outcome.reason),
        str(output / outcome.folder) if outcome.folder else "",
        outcome.url,
    )
    return dict(zip(RESULT_COLUMNS, values, strict=True))


def _moment(finished_at: str) -> str:
    """Return the moment as users' sheets hold it, in UTC; text that is no moment stays as it is."""
    try:
        moment = datetime.fromisoformat(finished_at)
    except ValueError:
        return finished_at
    return (moment.astimezone(UTC) if moment.tzinfo else moment).strftime("%Y-%m-%d %H:%M:%S")


def _harmless(cell: str) -> str:
    if cell.startswith(_FORMULA_BEGINNINGS) and not _PLAIN_NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def _publish(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, aside_name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    aside = Path(aside_name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:  # whatever it is, also Ctrl-C: no half report stays, and the error goes on
        aside.unlink(missing_ok=True)
        raise
