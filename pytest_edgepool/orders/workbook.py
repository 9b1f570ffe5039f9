"""From an Excel workbook to rows: the only door to openpyxl. Never runs a formula, never writes."""

from __future__ import annotations

import io
import warnings
from datetime import date, datetime, time
from math import isfinite
from typing import TYPE_CHECKING, Any

from pytest_edgepool.errors import SheetMistake
from pytest_edgepool.orders.archive import checked
from pytest_edgepool.orders.table import MAX_COLUMNS, MAX_ROWS, Problems, Record, Table, filled, too_many_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_edgepool.orders.archive import Archive

_LAST_ROW = 1_048_576  # Excel's
_EXACT = 10**15  # a spreadsheet keeps fifteen digits of a number, and shows zeros for the others
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
_UNLOCK = "open it in Excel and save it as .xlsx without a password"
_SAVE_ANEW = "open it in Excel and save it anew as .xlsx, or as CSV (UTF-8)"
_INSTALL = "install it with pip install 'pytest-edgepool[xlsx]', or save the sheet as CSV (UTF-8)"


def read_workbook(name: str, data: bytes, worksheet: str, problems: Problems) -> list[Table]:
    """Return the rows of each worksheet that is shown, or of the named one; formulas are the values stored beside them.

    Args:
        name: how messages call the sheet.
        data: the bytes of the file.
        worksheet: the name of one worksheet, or empty for all.
        problems: what is told of a formula without a stored value; its row is left out.

    Raises:
        SheetMistake: it cannot be read, it is too big, or it has no such worksheet.
    """
    if data.startswith(_OLD_OR_LOCKED):
        raise SheetMistake(name, None, "is locked with a password or is an old Excel file", _UNLOCK)
    if not data.startswith(b"PK"):
        raise SheetMistake(name, None, "is no Excel workbook", "give it the suffix .csv if it is text")
    archive = checked(name, data)
    try:
        import openpyxl
    except ImportError:
        problem = "is a workbook, and openpyxl, which reads workbooks, is not installed"
        raise SheetMistake(name, None, problem, _INSTALL) from None
    try:
        # It warns of everything that a file has and it does not write back: charts, validations, styles.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            try:
                return [_table(name, sheet, archive, problems) for sheet in _wanted(name, book.worksheets, worksheet)]
            finally:
                book.close()
    except SheetMistake:
        raise
    except Exception as error:  # its parser meets damaged files with errors of every kind; each is told
        raise SheetMistake(name, None, f"is a damaged workbook ({type(error).__name__})", _SAVE_ANEW) from error


def _wanted(name: str, sheets: Sequence[Any], worksheet: str) -> list[Any]:
    wanted = worksheet.strip()
    if not wanted:
        return [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    exact = [sheet for sheet in sheets if sheet.title.strip() == wanted]
    alike = [sheet for sheet in sheets if sheet.title.strip().casefold() == wanted.casefold()]
    if not (exact or alike):
        there = ", ".join(repr(sheet.title) for sheet in sheets[:20])
        known = f"has no worksheet {wanted!r} (there are {there})"
        raise SheetMistake(name, None, known, "name one of them with po_worksheet")
    return (exact or alike)[:1]


def _table(name: str, sheet: Any, archive: Archive, problems: Problems) -> Table:
    called = f"{name}, worksheet {sheet.title!r}"
    spoiled = _without_value(sheet) if archive.has_formulas else {}
    for line, cell in spoiled.items():
        problem = f"the formula in {cell} has no stored value"
        problems.add(
            SheetMistake(called, line, problem, "open the workbook in Excel and save it, or put a value there")
        )
    records: list[Record] = []
    for line, cells in _rows(sheet):
        record = None if line in spoiled else filled(line, cells, called)
        if record is not None:
            records.append(record)
        if len(records) > MAX_ROWS + 1:
            raise too_many_rows(called)
    return Table(name=called, worksheet=sheet.title, records=tuple(records))


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with their numbers; those that the file leaves out are one and the same object."""
    from openpyxl.cell.read_only import EMPTY_CELL

    empty: Any = None
    # What the worksheet says of its own size may be wrong; without it, only what is asked for here bounds a row.
    sheet.reset_dimensions()
    for line, row in enumerate(sheet.iter_rows(min_row=1, max_row=_LAST_ROW, max_col=MAX_COLUMNS + 1), 1):
        if row is empty:
            continue
        held = [cell for cell in row if cell is not EMPTY_CELL]
        if not held:
            empty = row
            continue
        cells = [""] * held[-1].column
        for cell in held:
            cells[cell.column - 1] = _text(cell)
        yield line, cells


def _text(cell: Any) -> str:
    """Return a cell as its reader sees it, as far as that does not depend on their language."""
    value = cell.value
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(value, cell.number_format)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if value.time() != time() else value.date().isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _number(value: float, shown_as: str | None) -> str:
    if not isfinite(value):
        return "#NUM!"
    if abs(value) >= _EXACT:
        return f"{value:.14E}"  # so that nobody takes it for the number that was typed in
    if value != int(value):
        return repr(value)
    digits = str(int(value))
    return digits.zfill(len(shown_as)) if shown_as and set(shown_as) == {"0"} else digits


def _without_value(sheet: Any) -> dict[int, str]:
    """Return, by row, the first cell that holds a formula beside which no value is stored."""
    from xml.etree.ElementTree import iterparse

    found: dict[int, str] = {}
    line = 0
    # openpyxl shows a formula that was never calculated, and one whose value is an empty text, as the same empty cell.
    with sheet.parent._archive.open(sheet._worksheet_path) as source:  # noqa: SLF001
        for _, element in iterparse(source):  # noqa: S314 - archive.py has seen that there is no document type
            if _local(element.tag) != "row":
                continue
            line = int(element.get("r", line + 1))
            for cell in element:
                inside = {_local(child.tag): child.text or "" for child in cell}
                if "f" in inside and "is" not in inside and not (inside.get("v") or cell.get("t") == "str"):
                    found.setdefault(line, f"cell {cell.get('r')}" if cell.get("r") else "a cell")
            element.clear()
    return found


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
