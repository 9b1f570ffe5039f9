"""Which column of a table is what, found by its header. Never judges what a row holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.errors import SheetMistake
from pytest_edgepool.headers import bare
from pytest_edgepool.orders.naming import (
    EXACT_COLUMN,
    KNOWN_COLUMNS,
    LEVELS_COLUMN,
    PRIORITY_COLUMNS,
    RESULTS,
    STATUS_COLUMNS,
    is_comment,
    names_orders,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_edgepool.orders.table import Record, Table

EMPTY = "has no purchase orders"

_ROWS_LOOKED_AT = 20  # for the header: a title and notes may stand above it
_NAMED = 12  # columns that a sentence lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column is what; an empty name where there is none.

    Attributes:
        header: the names of all columns, each different.
        number: the PO number.
        status: what came of the PO, as an earlier run wrote it.
        priority: which POs come first.
        levels: the folders of a PO, from the outermost.
        warnings: sentences for the user.
        line: the line, or row of the worksheet, that the header stands in.
    """

    header: tuple[str, ...]
    number: str
    status: str
    priority: str
    levels: tuple[str, ...]
    warnings: tuple[str, ...]
    line: int = 0


def read_header(table: Table, wanted: str | None) -> tuple[Columns, tuple[Record, ...]]:
    """Return what the columns are, and the rows below the header without comments.

    Args:
        table: the rows.
        wanted: the header of the PO column, or None to find it.

    Raises:
        SheetMistake: there are no rows, or no such column.
    """
    place = _place_of_header(table.records, wanted)
    rows = [each for each in table.records[place + 1 :] if not is_comment(each.cells)]
    if not rows:
        remedy = "put a header line and one row for each PO into it"
        raise SheetMistake(table.name, None, EMPTY, remedy)
    at = table.records[place]
    header, warnings = _header(table.name, at, rows)
    number, doubts = _number_column(table.name, header, wanted)
    if any(not is_comment(each.cells) for each in table.records[:place]):
        warnings.append(f"{table.name}: the header was found in line {at.line}; what stands above it was left out.")
    columns = Columns(
        header=header,
        number=number,
        status=_first(header, lambda name: bare(name) in STATUS_COLUMNS),
        priority=_first(header, lambda name: bare(name) in PRIORITY_COLUMNS),
        levels=_levels(header),
        warnings=(*warnings, *doubts, *_commented_out(table, place)),
        line=at.line,
    )
    return columns, tuple(rows)


def _place_of_header(records: Sequence[Record], wanted: str | None) -> int:
    """Return the place of the first row that names the PO column, else of the first that is no comment."""
    sought = bare(wanted) if wanted is not None else ""
    first = len(records)
    for place, record in enumerate(records[:_ROWS_LOOKED_AT]):
        names = [cell for cell in record.cells if cell.strip()]
        if any(bare(name) == sought if sought else names_orders(name) for name in names):
            return place
        if first == len(records) and not is_comment(record.cells):
            first = place
    return first


def _header(name: str, at: Record, rows: Sequence[Record]) -> tuple[tuple[str, ...], list[str]]:
    """Return distinct names for all columns that hold anything; cells beyond the header are kept, with a warning."""
    named = [cell.strip() for cell in at.cells]
    warnings = [
        f"{name}, line {row.line}: {len(row.cells)} values, but the header names {len(named)} columns; "
        "check for a missing quotation mark."
        for row in rows
        if len(row.cells) > len(named)
    ]
    width = max(len(named), *(len(row.cells) for row in rows))
    header: dict[str, None] = {}
    for place in range(1, width + 1):
        wanted = (named[place - 1] if place <= len(named) else "") or f"column {place}"
        if wanted in header:
            warnings.append(f"{name}, line {at.line}: the header names {wanted!r} twice; the first one counts.")
        while wanted in header:
            wanted = f"{wanted} (column {place})"
        header[wanted] = None
    return tuple(header), warnings


def _number_column(name: str, header: tuple[str, ...], wanted: str | None) -> tuple[str, list[str]]:
    more = f", … and {len(header) - _NAMED} more" if len(header) > _NAMED else ""
    there = "its columns are " + ", ".join(repr(column[:80]) for column in header[:_NAMED]) + more
    if wanted is not None:
        exact = [column for column in header if column == wanted.strip()]
        alike = [column for column in header if bare(column) and bare(column) == bare(wanted)]
        if exact or alike:
            return (exact or alike)[0], []
        raise SheetMistake(name, None, f"has no column {wanted!r} ({there})", "name one of them with --po-column")
    if EXACT_COLUMN in header:
        return EXACT_COLUMN, []
    meant = sorted((c for c in header if names_orders(c)), key=lambda column: KNOWN_COLUMNS.index(bare(column)))
    if not meant:
        raise SheetMistake(name, None, f"has no column with PO numbers ({there})", "name one of them with --po-column")
    if len(meant) == 1:
        return meant[0], []
    choice = ", ".join(repr(column) for column in meant[:_NAMED])
    return meant[0], [f"{name}: {choice} may all be the PO column; {meant[0]!r} was taken (see --po-column)."]


def _first(header: tuple[str, ...], is_meant: Callable[[str], bool]) -> str:
    return next((name for name in header if is_meant(name)), "")


def _levels(header: tuple[str, ...]) -> tuple[str, ...]:
    if LEVELS_COLUMN not in header:
        return ()
    right = header[header.index(LEVELS_COLUMN) + 1 :]
    return tuple(name for name in right if bare(name) not in RESULTS)


def _commented_out(table: Table, place: int) -> list[str]:
    """Return a warning when rows were left out of which each may be a PO that somebody wants."""
    lines = [
        str(each.line)
        for each in table.records[place + 1 :]
        if is_comment(each.cells) and not any(map(str.isspace, each.cells[0].strip()))
    ]
    if not lines:
        return []
    more = f" and {len(lines) - _NAMED} more" if len(lines) > _NAMED else ""
    known = ", ".join(lines[:_NAMED]) + more
    return [f"{table.name}: rows that begin with # are comments and were left out: line {known}."]
