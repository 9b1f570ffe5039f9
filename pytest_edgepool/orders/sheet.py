"""The sheet of purchase orders, read once and frozen. Never writes to a sheet, never opens a browser."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_edgepool.errors import Permanent, SheetMistake
from pytest_edgepool.orders.order import PurchaseOrder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SUFFIXES = (".csv", ".tsv")
DELIMITERS = (",", ";", "\t")  # the first one wins a draw
EXACT_COLUMN = "PO_NUMBER"

# Headers that mean the PO number, as letters and digits only; the earlier one wins.
KNOWN_COLUMNS = ("ponumber", "po", "purchaseorder", "purchaseordernumber", "ordernumber", "pedido")

_SAVE_AS_CSV = "open it in the program that made it and save it as CSV (UTF-8)"
_FOREIGN_BEGINNINGS = {
    b"PK\x03\x04": "is an Excel workbook or a ZIP archive, not text",
    b"%PDF-": "is a PDF, not text",
    b"\xd0\xcf\x11\xe0": "is an old Excel or Word file, not text",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet as it was when the run began.

    Attributes:
        path: as the user gave it.
        digest: sha256 of the file's bytes, in hex.
        header: the column names, each different.
        rows: every row that is not blank, in the file's order; the report shows them all.
        po_column: the header of the column that holds the PO numbers.
        orders: what is run: the first row of each number.
        warnings: sentences for the user.
    """

    path: str
    digest: str
    header: tuple[str, ...]
    rows: tuple[PurchaseOrder, ...]
    po_column: str
    orders: tuple[PurchaseOrder, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    cells: tuple[str, ...]


def digest_of(data: bytes) -> str:
    """Return the sha256 of `data` in hex."""
    return hashlib.sha256(data).hexdigest()


def read_sheets(paths: Sequence[Path], column: str | None) -> tuple[Sheet, ...]:
    """Read the sheets; a PO that is named twice, also across sheets, is an order once.

    Args:
        paths: the sheets, as the user gave them.
        column: the header of the PO column, or None to find it.

    Raises:
        SheetMistake: the first thing that keeps a sheet from being run.
    """
    first: dict[str, PurchaseOrder] = {}
    return tuple(_without_twins(_read(path, column), first) for path in paths)


def freeze(sheets: Sequence[Sheet]) -> bytes:
    """Return the sheets as JSON bytes that `thaw` reads; the same sheets give the same bytes."""
    return json.dumps([asdict(sheet) for sheet in sheets], sort_keys=False).encode("ascii")


def thaw(data: bytes, digest: str) -> tuple[Sheet, ...]:
    """Return what `freeze` wrote.

    Args:
        data: the frozen bytes.
        digest: what `digest_of` said of them when they were frozen.

    Raises:
        Permanent: the bytes are not the ones that were frozen.
    """
    if digest_of(data) != digest:
        raise Permanent("the frozen sheet of this run was changed or is damaged; start the run again")
    return tuple(_thawed(raw) for raw in json.loads(data))


def _thawed(raw: dict[str, Any]) -> Sheet:
    orders = {name: tuple(PurchaseOrder.from_json(one) for one in raw[name]) for name in ("rows", "orders")}
    return Sheet(**{**raw, **orders, "header": tuple(raw["header"]), "warnings": tuple(raw["warnings"])})


def _without_twins(sheet: Sheet, first: dict[str, PurchaseOrder]) -> Sheet:
    orders, warnings = [], list(sheet.warnings)
    for row in sheet.rows:
        earlier = first.setdefault(row.number, row)
        if earlier is row:
            orders.append(row)
            continue
        other = f"line {earlier.row}" if earlier.sheet == row.sheet else f"{earlier.sheet}, line {earlier.row}"
        warnings.append(f"{row.sheet}, line {row.row}: PO {row.number} stands already in {other}; it is run once.")
    return replace(sheet, orders=tuple(orders), warnings=tuple(warnings))


def _read(path: Path, column: str | None) -> Sheet:
    name = str(path)
    data = _bytes_of(path)
    text, warnings = _decoded(name, data)
    records = list(_records(name, text, tab_only=path.suffix.lower() == ".tsv"))
    if len(records) < 2:  # noqa: PLR2004 - a header alone asks for nothing
        raise SheetMistake(name, None, "has no purchase orders", "put a header line and one row for each PO into it")
    header, more = _header(name, records)
    po_column, doubts = _po_column(name, header, column)
    rows = tuple(_row(name, record, header, po_column) for record in records[1:])
    return Sheet(
        path=name,
        digest=digest_of(data),
        header=header,
        rows=rows,
        po_column=po_column,
        orders=(),
        warnings=(*warnings, *more, *doubts),
    )


def _bytes_of(path: Path) -> bytes:
    name = str(path)
    try:
        if path.is_dir():
            raise SheetMistake(name, None, "is a folder", "name the sheet inside it")
        if path.exists() and path.suffix.lower() not in SUFFIXES:
            raise SheetMistake(name, None, f"is not one of {' '.join(SUFFIXES)}", "save it as CSV (UTF-8)")
        return path.read_bytes()
    except FileNotFoundError:
        raise SheetMistake(name, None, "there is no such file", "check the path given with --po-csv") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        remedy = "close it elsewhere or give yourself the right to read it"
        raise SheetMistake(name, None, f"cannot be read ({reason})", remedy) from error


def _decoded(name: str, data: bytes) -> tuple[str, list[str]]:
    for beginning, problem in _FOREIGN_BEGINNINGS.items():
        if data.startswith(beginning):
            raise SheetMistake(name, None, problem, _SAVE_AS_CSV)
    if b"\0" in data:
        raise SheetMistake(name, None, "is binary or UTF-16, not plain text", _SAVE_AS_CSV)
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        raise SheetMistake(name, line, "is neither UTF-8 nor Windows-1252 text", _SAVE_AS_CSV) from None
    return text, [f"{name}, line {line}: not UTF-8, so the sheet was read as Windows-1252; check accented letters."]


def _records(name: str, text: str, *, tab_only: bool) -> Iterator[_Record]:
    """Yield the rows that hold something. `strict`: an unclosed quote would swallow the rest of the sheet silently."""
    delimiter = "\t" if tab_only else _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            remedy = "close the quotation mark, or write one inside quotes as two"
            raise SheetMistake(name, line, f"the row that begins here cannot be read ({error})", remedy) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield _Record(line, tuple(cells))


def _delimiter(text: str) -> str:
    outside_quotes = "".join(text.split('"')[::2]).lstrip("\r\n ")
    header = next(iter(outside_quotes.splitlines()), "")
    return max(DELIMITERS, key=header.count)


def _header(name: str, records: list[_Record]) -> tuple[tuple[str, ...], list[str]]:
    """Return distinct names for all columns that hold anything; cells beyond the header are kept, with a warning."""
    named = [cell.strip() for cell in records[0].cells]
    while named and not named[-1]:
        named.pop()
    warnings, width = [], len(named)
    for record in records[1:]:
        held = max((place for place, cell in enumerate(record.cells, 1) if cell.strip()), default=0)
        if held > len(named):
            known = f"{held} values, but the header names {len(named)} columns"
            warnings.append(f"{name}, line {record.line}: {known}; check for a missing quotation mark.")
        width = max(width, held)
    header: list[str] = []
    for place in range(1, width + 1):
        wanted = (named[place - 1] if place <= len(named) else "") or f"column {place}"
        if wanted in header:
            warnings.append(f"{name}, line {records[0].line}: the header names {wanted!r} twice; the first one counts.")
            wanted = f"{wanted} (column {place})"
        header.append(wanted)
    return tuple(header), warnings


def _po_column(name: str, header: tuple[str, ...], wanted: str | None) -> tuple[str, list[str]]:
    there = "its columns are " + ", ".join(repr(column) for column in header)
    if wanted is not None:
        exact = [column for column in header if column == wanted.strip()]
        alike = [column for column in header if _bare(column) and _bare(column) == _bare(wanted)]
        if exact or alike:
            return (exact or alike)[0], []
        raise SheetMistake(name, None, f"has no column {wanted!r} ({there})", "name one of them with --po-column")
    if EXACT_COLUMN in header:
        return EXACT_COLUMN, []
    meant = sorted((c for c in header if _bare(c) in KNOWN_COLUMNS), key=lambda c: KNOWN_COLUMNS.index(_bare(c)))
    if not meant:
        raise SheetMistake(name, None, f"has no column with PO numbers ({there})", "name one of them with --po-column")
    if len(meant) == 1:
        return meant[0], []
    choice = ", ".join(repr(column) for column in meant)
    return meant[0], [f"{name}: {choice} may all be the PO column; {meant[0]!r} was taken (see --po-column)."]


def _bare(header: str) -> str:
    return "".join(char for char in header.casefold() if char.isalnum())


def _row(name: str, record: _Record, header: tuple[str, ...], po_column: str) -> PurchaseOrder:
    cells = (*record.cells, *("" for _ in range(len(header) - len(record.cells))))
    columns = dict(zip(header, cells, strict=False))
    number = columns[po_column].strip()
    if not number:
        remedy = f"fill in {po_column!r} or delete the row"
        raise SheetMistake(name, record.line, "the row has values but no PO number", remedy)
    return PurchaseOrder(number=number, sheet=name, row=record.line, columns=columns)
