"""From a sheet's text to its rows: which sign divides them, where quotes end. Never knows what a column means."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from pytest_edgepool.errors import SheetMistake
from pytest_edgepool.orders.encoding import text_of
from pytest_edgepool.orders.naming import COMMENT, LEVELS_COLUMN, names_orders
from pytest_edgepool.orders.table import DIVIDE, MAX_ROWS, Problems, Record, Table, filled, too_many_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

DELIMITERS = (",", ";", "\t", "|")  # the earlier one wins a draw
MAX_LINES = 20 * MAX_ROWS

# In one go: a comment's quotation mark opens nothing, and a quoted line that begins with the sign is no comment.
_QUOTED_OR_COMMENT = re.compile(rf'"([^"]*)"?|(?:^|(?<=[\r\n])){COMMENT}[^,;|\t\r\n][^\r\n]*')
_SIGNS = re.compile(r"[,;\t|\r\n]")
_TOLD_DELIMITER = re.compile(r"sep=(.)[\r\n]*")  # Excel's own first line
_LOOKED_AT = 200_000  # characters
_LINES_LOOKED_AT = 20  # a title and notes may stand above the header


def read_text(name: str, data: bytes, problems: Problems, *, tab_only: bool = False) -> Table:
    """Return the rows of a text file.

    Args:
        name: how messages call the sheet.
        data: the bytes of the file.
        problems: what is told of a row that cannot be read; the rows before it are returned.
        tab_only: whether only a tab divides.

    Raises:
        SheetMistake: nothing of it can be read, or it is too big.
    """
    text, warnings = text_of(name, data)
    if max(text.count("\n"), text.count("\r")) > MAX_LINES:
        raise SheetMistake(name, None, f"has more than {MAX_LINES} lines, empty ones too", DIVIDE)
    records: list[Record] = []
    try:
        for record in _records(name, text, tab_only=tab_only):
            records.append(record)
            if len(records) > MAX_ROWS + 1:
                raise too_many_rows(name)
    except _BrokenRow as broken:
        if len(records) < 2:  # noqa: PLR2004 - the header alone
            raise broken.mistake from None
        problems.add(broken.mistake)
    return Table(name=name, records=tuple(records), warnings=tuple(warnings))


class _BrokenRow(Exception):  # noqa: N818 - it ends the reading, and is told as the mistake that it carries
    def __init__(self, mistake: SheetMistake) -> None:
        super().__init__(mistake)
        self.mistake = mistake


class _Lines:
    """The lines of a text; a quotation mark in a comment line opens nothing."""

    def __init__(self, text: str, delimiter: str) -> None:
        self._lines = iter(io.StringIO(text, newline=""))
        self._alone = (COMMENT + delimiter, COMMENT + "\r", COMMENT + "\n")  # a column that is called "#"
        self.begins_row = True

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if self.begins_row and line.startswith(COMMENT) and not line.startswith(self._alone):
            line = line.replace('"', "'")
        self.begins_row = False
        return line


def _records(name: str, text: str, *, tab_only: bool) -> Iterator[Record]:
    """Yield the rows that hold something. `strict`: an unclosed quote would swallow the rest of the sheet silently."""
    told = _TOLD_DELIMITER.match(text)
    delimiter = delimiter_of(text, tab_only=tab_only)
    lines = _Lines(text, delimiter)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    if told:
        next(reader)
    while True:
        line = reader.line_num + 1
        lines.begins_row = True
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _BrokenRow(_broken(name, line, error)) from None
        if cells is None:
            return
        record = filled(line, cells, name)
        if record is not None:
            yield record


def delimiter_of(text: str, *, tab_only: bool) -> str:
    """Return the sign that divides a sheet's text: as its first line tells it, else as it is most likely meant."""
    told = _TOLD_DELIMITER.match(text)
    return "\t" if tab_only else told[1] if told and told[1] in DELIMITERS else _delimiter(text)


def _broken(name: str, line: int, error: csv.Error) -> SheetMistake:
    if "field larger" in str(error):
        problem = f"a cell holds more than {csv.field_size_limit()} characters"
        return SheetMistake(name, line, problem, "shorten it, or close the quotation mark before it")
    remedy = "close the quotation mark, or write one inside quotes as two"
    return SheetMistake(name, line, f"the row that begins here cannot be read ({error})", remedy)


def _delimiter(text: str) -> str:
    """Return the sign that the header is divided by, or the first line that is divided when it is no header."""
    lines = list(_first_lines(text))
    if not lines:
        return DELIMITERS[0]
    first = lines[0]
    if not _signs(first) and not names_orders(first):
        first = next((line for line in lines if _signs(line)), first)
    return max(DELIMITERS, key=first.count)


def _first_lines(text: str) -> Iterator[str]:
    """Yield the first lines that hold something and are no comments; signs and line ends in quotes are left out."""
    plain = _QUOTED_OR_COMMENT.sub(
        lambda found: COMMENT if found[1] is None else _SIGNS.sub("", found[1]), text[:_LOOKED_AT]
    )
    seen = 0
    for line in io.StringIO(plain, newline=None):
        bare = line.replace(LEVELS_COLUMN, "").strip("\n ")
        if bare.strip() and bare != COMMENT:
            seen += 1
            yield bare
        if seen == _LINES_LOOKED_AT:
            return


def _signs(line: str) -> int:
    return sum(map(line.count, DELIMITERS))
