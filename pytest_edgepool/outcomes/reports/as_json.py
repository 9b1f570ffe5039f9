"""The report for programs: the run, the figures, and each row with everything known of it. Never computes a figure."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from pytest_edgepool.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.outcomes.report import Report, ReportRow


def write_json(path: Path, report: Report) -> None:
    """Write the run, how many POs have which status, and each row with everything known of it.

    Args:
        path: the report's file; its folder is made.
        report: what it shows.

    Raises:
        OSError: it cannot be written; an earlier report is as it was.
    """
    told = {
        "run": dict(report.run),
        "purchase_orders": len(report.outcomes),
        "files": report.files,
        "received_bytes": report.received_bytes,
        "totals": dict(report.totals),
        "orders": [_as_json(row) for row in report.rows],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (dumped(told, indent=1) + "\n").encode("ascii"))


def dumped(told: Any, **how: Any) -> str:
    """Return JSON that every reader takes: what is no number there (NaN, infinity) is null; what it has not is text."""
    try:
        return json.dumps(told, default=str, allow_nan=False, **how)
    except ValueError:
        return json.dumps(_finite(told), default=str, allow_nan=False, **how)


def _finite(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _finite(value) for name, value in told.items()}
    if isinstance(told, list | tuple):
        return [_finite(each) for each in told]
    return None if isinstance(told, float) and not math.isfinite(told) else told


def _as_json(row: ReportRow) -> dict[str, Any]:
    result = None
    if row.outcome is not None:
        result = {
            **row.outcome.to_json(),
            "attachments_downloaded": row.outcome.attachments_downloaded,
            "received_bytes": row.outcome.received_bytes,
        }
    where = {"sheet": row.sheet, "worksheet": row.worksheet, "line": row.line}
    known = {"done_as": row.done_as, "columns": dict(row.columns), "outcome": result}
    return {"number": row.number, **where, **known}
