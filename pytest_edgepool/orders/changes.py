"""What is to be written into a sheet's rows, and where that goes. Never reads or writes a file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_edgepool.errors import SheetMistake
from pytest_edgepool.headers import bare
from pytest_edgepool.orders.columns import read_header
from pytest_edgepool.orders.naming import is_comment
from pytest_edgepool.orders.numbers import number_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgepool.orders.spans import Span
    from pytest_edgepool.orders.table import Table

KEPT = "the results are in the report"
_NOT_ALONE = "could not be written so that all else stays as it is"

# What neither XML nor a text that is read again may hold.
_UNHOLDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be written into one row.

    Attributes:
        line: the line of the file, or row of the worksheet, as the sheet was read.
        number: the PO number that must stand there still.
        cells: what is to be written, by the name of the column.
        worksheet: the worksheet's name, where the sheet is a workbook.
    """

    line: int
    number: str
    cells: Mapping[str, str | int]
    worksheet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where in a table the changes go.

    Attributes:
        header_line: where the header stands.
        places: the place of each column that is written, from 0; new ones are to the right of all others.
        new: the columns among them that the header does not name yet.
        number: the place of the PO column.
        width: how many columns there are without the new ones.
    """

    header_line: int
    places: Mapping[str, int]
    new: tuple[str, ...]
    number: int = 0
    width: int = 0


def holdable(changes: Sequence[Change]) -> list[Change]:
    """Return the changes without characters that no sheet can hold."""
    return [
        replace(
            each, cells={name: _clean(value) if isinstance(value, str) else value for name, value in each.cells.items()}
        )
        for each in changes
    ]


def _clean(text: str) -> str:
    return _UNHOLDABLE.sub("\ufffd", text)


def guarded(layout: Layout, changes: Sequence[Change]) -> list[Change]:
    """Return the changes so that none makes a comment of its row, which begins with `#`: an apostrophe goes before."""
    first = {name for name, place in layout.places.items() if place == 0}
    return [
        replace(each, cells={name: _told(value) if name in first else value for name, value in each.cells.items()})
        for each in changes
    ]


def _told(value: str | int) -> str | int:
    return f"'{value}" if isinstance(value, str) and is_comment((value,)) else value


def layout_of(table: Table, column: str | None, changes: Sequence[Change], merged: Sequence[Span] = ()) -> Layout:
    """Return where the changes go, once it is seen that each row still holds its PO.

    Args:
        table: the sheet's rows, as they are now.
        column: the header of the PO column, or None to find it.
        changes: what is to be written.
        merged: cells that are one: nothing is added inside of them.

    Raises:
        SheetMistake: a row holds another PO by now, or the sheet cannot be read any more.
    """
    columns, records = read_header(table, column)
    at = columns.header.index(columns.number)
    held = {each.line: number_in(each.cells[at]) if at < len(each.cells) else "" for each in records}
    for change in changes:
        if held.get(change.line) != change.number:
            problem = f"holds {held.get(change.line) or 'no PO'} where {change.number} was when the run began"
            raise SheetMistake(table.name, change.line, problem, KEPT)
    own: dict[str, int] = {}
    for place, name in enumerate(columns.header):
        own.setdefault(bare(name), place)
    named = tuple(dict.fromkeys(name for change in changes for name in change.cells))
    new = tuple(name for name in named if bare(name) not in own)
    lowest = max((change.line for change in changes), default=columns.line)
    reached = (each.right + 1 for each in merged if each.top <= lowest and each.bottom >= columns.line)
    begin = max(len(columns.header), *reached, 0)
    beyond = {name: begin + place for place, name in enumerate(new)}
    places = {name: own.get(bare(name), beyond.get(name, -1)) for name in named}
    return Layout(header_line=columns.line, places=places, new=new, number=at, width=len(columns.header))


def check(before: Table, after: Table, layout: Layout, changes: Sequence[Change]) -> None:
    """See that nothing but the changes differs, before anybody's sheet is replaced.

    Raises:
        SheetMistake: something does.
    """
    written = set(layout.places.values())
    wanted = {each.line: {layout.places[name]: value for name, value in each.cells.items()} for each in changes}
    is_same = len(before.records) == len(after.records)
    for old, new in zip(before.records, after.records, strict=False):
        width = max(len(old.cells), len(new.cells))
        was, now = (each.cells + ("",) * (width - len(each.cells)) for each in (old, new))
        kept = all(was[place] == now[place] for place in range(width) if place not in written)
        there = all(_holds(now, place, value) for place, value in wanted.get(old.line, {}).items())
        if not (is_same and kept and there and is_comment(was) == is_comment(now)):
            raise SheetMistake(before.name, old.line, _NOT_ALONE, KEPT)
    if not is_same:
        raise SheetMistake(before.name, None, _NOT_ALONE, KEPT)


def _holds(cells: tuple[str, ...], place: int, value: str | int) -> bool:
    held = cells[place] if place < len(cells) else ""
    if isinstance(value, int):  # the cell's format may show a number as 007
        try:
            return float(held) == value
        except ValueError:
            return False
    return _plain(held) == _plain(value)


def _plain(text: str) -> str:
    """Return a text without what differs between a cell as it is given and as it is read: line ends, spaces around."""
    return "\n".join(text.splitlines()).strip()
