"""The report as a sheet: the user's own columns, the results beside them. Never computes a figure."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from pytest_edgepool.files import write_whole
from pytest_edgepool.outcomes.reports.cells import harmless

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.outcomes.report import Report


def write_csv(path: Path, report: Report) -> None:
    """Write the sheet's own columns, then the result columns; UTF-8 with BOM, published by one rename.

    Args:
        path: the report's file; its folder is made.
        report: what it shows.

    Raises:
        OSError: it cannot be written; an earlier report is as it was.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([harmless(name) for name in report.columns])
    for row in report.rows:
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in report.cells(row)])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.getvalue().encode("utf-8-sig", "backslashreplace"))
