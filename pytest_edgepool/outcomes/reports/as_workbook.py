"""The report as an Excel workbook: rows, files, figures. Never writes a formula, never computes a figure."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from pytest_edgepool.files import write_whole
from pytest_edgepool.outcomes.reports.cells import begins_like_formula, moment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from pytest_edgepool.outcomes.report import Report

Row = list[str | int]

_LONGEST = 32_767  # characters that Excel takes in a cell
_MOST_ROWS = 1_048_576  # Excel's, the header included
_WIDEST = 48
_UNHOLDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML has no word for these
# Not "PO": the workbook may be given as a sheet again, and then only its first worksheet asks for orders.
_FILE_COLUMNS = ("belongs to", "file", "bytes", "SHA-256", "type", "source", "called there", "fetched (UTC)", "folder")


def can_write() -> bool:
    """Say whether openpyxl is installed."""
    try:
        import openpyxl  # noqa: F401
    except ImportError:
        return False
    return True


def write_workbook(path: Path, report: Report) -> bool:
    """Write the workbook, published by one rename; return False where openpyxl is not installed.

    Args:
        path: the report's file; its folder is made.
        report: what it shows.

    Raises:
        OSError: it cannot be written; an earlier report is as it was.
    """
    if not can_write():
        return False
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    _fill(book.create_sheet("Purchase orders"), report.columns, map(report.cells, report.rows))
    _fill(book.create_sheet("Files"), _FILE_COLUMNS, _files(report))
    _fill(book.create_sheet("Figures"), ("figure", "value"), _figures(report))
    held = io.BytesIO()
    book.save(held)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, held.getvalue())
    return True


def _figures(report: Report) -> Iterator[Row]:
    yield ["run", str(report.run.get("id", ""))]
    yield ["site", str(report.run.get("site", ""))]
    yield ["finished at", str(report.run.get("finished_at", ""))]
    yield ["purchase orders", len(report.outcomes)]
    yield ["files", report.files]
    yield ["bytes", report.received_bytes]
    for status, count in report.totals.items():
        yield [status, count]


def _files(report: Report) -> Iterator[Row]:
    for number, outcome in report.outcomes.items():
        for kept in outcome.files if outcome is not None else ():
            folder = str(report.output / outcome.folder) if outcome is not None and outcome.folder else ""
            told: Row = [number, kept.name, kept.size, kept.sha256, kept.content_type, kept.url]
            yield [*told, kept.original_name, moment_of(kept.fetched_at), folder]


def _fill(sheet: Any, header: Sequence[str], rows: Iterable[Row]) -> None:
    """Write a worksheet with a header that stays in sight and can be filtered by."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    for place, name in enumerate(header, 1):
        sheet.column_dimensions[get_column_letter(place)].width = min(max(len(name) + 4, 16), _WIDEST)
    sheet.freeze_panes = "A2"
    bold = Font(bold=True)
    heads = []
    for name in header:
        head = WriteOnlyCell(sheet, value=_clean(name))
        head.data_type, head.font = "s", bold
        heads.append(head)
    sheet.append(heads)
    count = 1
    for row in rows:
        if count == _MOST_ROWS:
            break
        sheet.append([_cell(sheet, value) for value in row])
        count += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(header), 1))}{count}"


def _cell(sheet: Any, value: str | int) -> Any:
    if isinstance(value, int):
        return value
    text = _clean(value)
    if not (begins_like_formula(text) or text.startswith(("=", "#"))):
        return text
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=text)
    # Text in the file, and text still after somebody has edited the cell.
    cell.data_type, cell.quotePrefix = "s", True
    return cell


def _clean(text: str) -> str:
    """Return the text with what a workbook can hold: no control characters, no half characters, not too long."""
    return _UNHOLDABLE.sub("\ufffd", text)[:_LONGEST]
