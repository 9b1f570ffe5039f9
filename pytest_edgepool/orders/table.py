"""A sheet's rows before anybody knows what they mean, and how much of them is too much. Never names a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.errors import SheetMistake, SheetMistakes

if TYPE_CHECKING:
    from collections.abc import Sequence

# A sheet of a year's orders has some ten thousand rows and a megabyte. What is far beyond was not made by hand, and
# would hold every process of the run up; so it is refused before it fills the memory.
MAX_BYTES = 32 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 702  # as far as column ZZ
TOLD = 20  # problems, or warnings of one sheet, that people read; the others are counted

DIVIDE = "divide it into smaller sheets"


@dataclass(frozen=True, slots=True)
class Record:
    """One row that holds something.

    Attributes:
        line: 1-based line of the file, or row of the worksheet, on which it begins.
        cells: what it holds, as text; never longer than up to its last filled cell.
    """

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows of a text file or of one worksheet.

    Attributes:
        name: how messages call it.
        worksheet: its name inside a workbook, else empty.
        records: the rows that hold something; the header is among them.
        warnings: sentences for the user.
    """

    name: str
    worksheet: str = ""
    records: tuple[Record, ...]
    warnings: tuple[str, ...] = ()


class Problems:
    """What is wrong with the sheets, collected so that all of it is told at once."""

    def __init__(self) -> None:
        self.first: list[SheetMistake] = []
        self.total = 0

    def add(self, mistake: SheetMistake) -> None:
        """Count a mistake; of many only the first are kept."""
        self.total += 1
        if len(self.first) < TOLD:
            self.first.append(mistake)

    def raise_if_any(self) -> None:
        """Raise what was added.

        Raises:
            SheetMistake: the only one.
            SheetMistakes: the first of several, and how many there are.
        """
        if self.total == 1:
            raise self.first[0]
        if self.total:
            raise SheetMistakes(tuple(self.first), self.total)


def bounded(warnings: Sequence[str], name: str) -> tuple[str, ...]:
    """Return the first warnings, and one that says how many more there are."""
    more = len(warnings) - TOLD
    if more <= 0:
        return tuple(warnings)
    return (*warnings[:TOLD], f"{name}: … and {more} more warnings like these.")


def filled(line: int, cells: Sequence[str], name: str) -> Record | None:
    """Return the row without the empty cells at its end, or None when it holds nothing.

    Raises:
        SheetMistake: it has too many columns.
    """
    width = len(cells)
    while width and not cells[width - 1].strip():
        width -= 1
    if width > MAX_COLUMNS:
        raise SheetMistake(name, line, f"the row has more than {MAX_COLUMNS} columns", "leave out what no PO needs")
    return Record(line, tuple(cells[:width])) if width else None


def too_many_rows(name: str) -> SheetMistake:
    """Return the mistake of a sheet with more rows than a run takes."""
    return SheetMistake(name, None, f"has more than {MAX_ROWS} rows", DIVIDE)
