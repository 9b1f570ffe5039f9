"""The files that a run's report is written to, and what came of that. Never decides what came of an order."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.outcomes.report import Report
from pytest_edgepool.outcomes.reports.as_csv import write_csv
from pytest_edgepool.outcomes.reports.as_json import write_json
from pytest_edgepool.outcomes.reports.as_page import write_page
from pytest_edgepool.outcomes.reports.as_workbook import can_write, write_workbook
from pytest_edgepool.outcomes.status import one_line
from pytest_edgepool.plugin.telling.spent import spent_by
from pytest_edgepool.redact import origin_of
from pytest_edgepool.workers.slots import slots_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgepool.plugin.controller import Controller

WRITTEN_BY: dict[str, Callable[[Path, Report], object]] = {
    "report.csv": write_csv,
    "report.json": write_json,
    "report.html": write_page,
    "report.xlsx": write_workbook,
}


def kinds_in(output: Path) -> str:
    """Return the suffixes of the report's files; a workbook of an earlier run is none of them."""
    with_workbook = can_write() and (output / "report.xlsx").exists()
    return ".csv, .html, .json, .xlsx" if with_workbook else ".csv, .html, .json"


def report_of(of: Controller) -> Report:
    """Return the run's report: each PO of the sheets with the ledger's last true status."""
    found, slots = of.findings, slots_of(of.run)
    told: dict[str, Any] = {
        "id": of.run.id,
        "site": origin_of(of.plan.url),
        "browser": of.plan.browser.to_json(),
        "finished_at": SYSTEM_CLOCK.now().isoformat(timespec="seconds"),
        "seconds": round(SYSTEM_CLOCK.monotonic() - of.begun_at, 3),
        "stopped": of.run.stop_reason(),
        "workers": [asdict(each) for each in slots],
        "resources": spent_by(slots),
        "notes": list(of.plan.notes),
        "torn_ledger_lines": list(found.torn_lines),
    }
    header = tuple(dict.fromkeys(name for sheet in of.sheets for name in sheet.header))
    return Report(header=header, rows=found.rows, output=Path(of.settings.po_output), run=told)


def write_all(report: Report) -> tuple[str, ...]:
    """Write report.csv, report.json, report.html and, where openpyxl is installed, report.xlsx.

    One that cannot be written, because a spreadsheet program has it open, keeps none of the others from it.

    Returns:
        A clause for each reason why some could not be written; their earlier files are as they were.
    """
    troubles: dict[str, list[str]] = {}
    for name, write in WRITTEN_BY.items():
        try:
            write(report.output / name, report)
        except Exception as error:  # noqa: BLE001 - whatever it is, it costs this file alone
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            troubles.setdefault(one_line(why), []).append(name)
    return tuple(f"{', '.join(names)} could not be written ({why})" for why, names in troubles.items())
