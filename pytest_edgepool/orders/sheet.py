"""The sheet of purchase orders, read once and frozen. Never writes to a sheet, never opens a browser."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pytest_edgepool.errors import SheetMistake
from pytest_edgepool.orders.columns import EMPTY, read_header
from pytest_edgepool.orders.delimited import read_text
from pytest_edgepool.orders.frozen import Sheet, digest_of, freeze, thaw
from pytest_edgepool.orders.numbers import NumberRule, asked_as, fault_of, number_in
from pytest_edgepool.orders.order import PurchaseOrder
from pytest_edgepool.orders.priority import NORMAL, rank
from pytest_edgepool.orders.table import DIVIDE, MAX_BYTES, Problems, bounded
from pytest_edgepool.orders.workbook import read_workbook

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_edgepool.orders.columns import Columns
    from pytest_edgepool.orders.table import Record, Table

__all__ = ["SUFFIXES", "NumberRule", "Sheet", "SheetRules", "digest_of", "freeze", "read_sheets", "thaw"]

SUFFIXES = (".csv", ".tsv", ".xlsx")
SHOWN = 12  # lines that one warning names
DONE = "COMPLETED"  # as earlier runs, and tools that people come from, write it into sheets; "Completed" is not that


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRules:
    """What is settable about sheets, beside the PO column.

    Attributes:
        worksheet: the only worksheet to read of a workbook; empty: all that are shown.
        honours_status: whether a PO that the sheet itself calls COMPLETED is done.
        numbers: what may be a PO number.
    """

    worksheet: str = ""
    honours_status: bool = True
    numbers: NumberRule = field(default_factory=NumberRule)


def read_sheets(paths: Sequence[Path], column: str | None, rules: SheetRules | None = None) -> tuple[Sheet, ...]:
    """Read the sheets; a PO that is named twice, also across sheets, is an order once.

    Args:
        paths: the sheets, as the user gave them.
        column: the header of the PO column, or None to find it.
        rules: what else is settable; the defaults.

    Raises:
        SheetMistake: what keeps the sheets from being run, all of it.
    """
    problems = Problems()
    sheets = []
    for path in paths:
        try:
            sheets.append(_read(path, column, rules or SheetRules(), problems))
        except SheetMistake as mistake:
            problems.add(mistake)
    problems.raise_if_any()
    first: dict[str, PurchaseOrder] = {}
    return tuple(_with_orders(sheet, first) for sheet in sheets)


def _read(path: Path, column: str | None, rules: SheetRules, problems: Problems) -> Sheet:
    data = _bytes_of(path)
    tables = _tables(path, data, rules, problems)
    read, left_out = _understood(str(path), tables, column)
    warnings = [warning for table in tables for warning in table.warnings]
    warnings += [warning for each in read for warning in each.columns.warnings]
    rows: list[PurchaseOrder] = []
    for each in read:
        warnings += _doubtful_priorities(each)
        rows += _rows(str(path), each, rules, problems)
    return Sheet(
        path=str(path),
        digest=digest_of(data),
        header=tuple(dict.fromkeys(name for each in read for name in each.columns.header)),
        rows=tuple(rows),
        po_column=read[0].columns.number,
        orders=(),
        warnings=(*warnings, *left_out),
    )


@dataclass(frozen=True, slots=True)
class _Understood:
    table: Table
    columns: Columns
    records: tuple[Record, ...]


def _tables(path: Path, data: bytes, rules: SheetRules, problems: Problems) -> list[Table]:
    suffix = path.suffix.lower()
    if suffix != ".xlsx":
        return [read_text(str(path), data, problems, tab_only=suffix == ".tsv")]
    return read_workbook(str(path), data, rules.worksheet, problems)


def _understood(name: str, tables: list[Table], column: str | None) -> tuple[list[_Understood], list[str]]:
    """Return the tables that hold orders, and a warning for each worksheet that holds other things."""
    read: list[_Understood] = []
    faults: list[SheetMistake] = []
    for table in tables:
        try:
            read.append(_Understood(table, *read_header(table, column)))
        except SheetMistake as fault:
            if table.records or not faults:
                faults.insert(0 if table.records else len(faults), fault)
    if read:
        return read, [f"{fault.path}: {fault.problem}; it was left out." for fault in faults if fault.problem != EMPTY]
    raise faults[0] if faults else SheetMistake(name, None, EMPTY, "put them on a worksheet that is not hidden")


def _bytes_of(path: Path) -> bytes:
    name = str(path)
    try:
        if path.is_dir():
            raise SheetMistake(name, None, "is a folder", "name the sheet inside it")
        if path.exists() and path.suffix.lower() not in SUFFIXES:
            raise SheetMistake(name, None, f"is not one of {' '.join(SUFFIXES)}", "save it as CSV (UTF-8)")
        if path.exists() and not path.is_file():
            raise SheetMistake(name, None, "is a device or a pipe", "save it as a file first")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SheetMistake(name, None, "there is no such file", "check the path given with --po-csv") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        remedy = "close it elsewhere or give yourself the right to read it"
        raise SheetMistake(name, None, f"cannot be read ({reason})", remedy) from error
    if len(data) > MAX_BYTES:
        raise SheetMistake(name, None, f"is larger than {MAX_BYTES >> 20} MiB", DIVIDE)
    return data


# -- rows ------------------------------------------------------------------------------------------------------------


def _rows(path: str, read: _Understood, rules: SheetRules, problems: Problems) -> Iterator[PurchaseOrder]:
    """Yield the rows that ask for a PO; what is wrong with the others is a problem each."""
    name, columns = read.table.name, read.columns
    blank = ("",) * len(columns.header)
    for record in read.records:
        held = dict(zip(columns.header, record.cells + blank[len(record.cells) :], strict=True))
        number = number_in(held[columns.number])
        if not number:
            remedy = f"fill in {columns.number!r} or delete the row"
            problems.add(SheetMistake(name, record.line, "the row has values but no PO number", remedy))
            continue
        fault = fault_of(number, rules.numbers)
        if fault is not None:
            problems.add(SheetMistake(name, record.line, *fault))
            continue
        is_done = rules.honours_status and held.get(columns.status, "").strip() == DONE
        yield PurchaseOrder(
            number=number,
            sheet=path,
            row=record.line,
            columns=held,
            worksheet=read.table.worksheet,
            done_as=DONE if is_done else "",
            priority=held.get(columns.priority, "").strip(),
            levels=tuple(level for each in columns.levels if (level := held[each].strip())),
            asked_as=asked_as(number, rules.numbers),
        )


def _doubtful_priorities(read: _Understood) -> list[str]:
    column = read.columns.priority
    if not column:
        return []
    place = read.columns.header.index(column)
    cells = ((record.line, record.cells[place]) for record in read.records if place < len(record.cells))
    unknown = [f"{line} ({cell.strip()[:20]!r})" for line, cell in cells if rank(cell) is None]
    if not unknown:
        return []
    more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
    known = f"the priority of line {', '.join(unknown[:SHOWN])}{more} is not known"
    return [f"{read.table.name}: {known}; it counts as normal (write 1, 2, 3, … or urgent, high, normal, low)."]


# -- orders ----------------------------------------------------------------------------------------------------------


def _with_orders(sheet: Sheet, first: dict[str, PurchaseOrder]) -> Sheet:
    """Return the sheet with what is run of it: the first row of each number, the most urgent first."""
    orders, warnings = [], list(sheet.warnings)
    for row in sheet.rows:
        earlier = first.setdefault(row.number, row)
        if earlier is row:
            orders.append(row)
            continue
        where = f"{row.sheet}, worksheet {row.worksheet!r}" if row.worksheet else row.sheet
        known = f"PO {row.item_name} stands already in {_place(earlier, row)}; it is run once."
        warnings.append(f"{where}, line {row.row}: {known}")
    if any(order.priority for order in orders):
        orders.sort(key=lambda order: rank(order.priority) or (NORMAL, 0.0))  # a stable sort: else as in the sheet
    return replace(sheet, orders=tuple(orders), warnings=bounded(warnings, sheet.path))


def _place(earlier: PurchaseOrder, row: PurchaseOrder) -> str:
    line = f"line {earlier.row}"
    if earlier.worksheet != row.worksheet and earlier.worksheet:
        line = f"worksheet {earlier.worksheet!r}, {line}"
    return line if earlier.sheet == row.sheet else f"{earlier.sheet}, {line}"
