"""A text sheet with some of its cells changed and all else as it was, byte for byte. Never writes a file."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.orders.changes import check, guarded, holdable, layout_of
from pytest_edgepool.orders.delimited import delimiter_of, read_text
from pytest_edgepool.orders.encoding import text_of
from pytest_edgepool.orders.naming import COMMENT
from pytest_edgepool.orders.table import Problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_edgepool.orders.changes import Change, Layout
    from pytest_edgepool.orders.table import Table

# The mark that a file begins with, and how the rest is encoded; the first that gives back the same bytes is it.
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"", "utf-8"),
    (b"", "utf-16-le"),
    (b"", "utf-16-be"),
    (b"", "cp1252"),
)
_QUOTED = re.compile(r'"[^"]*(?:""[^"]*)*"')
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class _Row:
    """Where in the text the fields of a row are."""

    line: int
    fields: tuple[tuple[int, int], ...]


def changed_text(
    name: str, data: bytes, column: str | None, changes: Sequence[Change], *, tab_only: bool = False
) -> tuple[bytes, str]:
    """Return the sheet's bytes with the changes in them, and a note for the user or "".

    Delimiter, encoding, byte order mark, line ends and the quoting of all other cells stay. An encoding that cannot
    hold a result becomes UTF-8 with a mark.

    Args:
        name: how messages call the sheet.
        data: the bytes of the file.
        column: the header of the PO column, or None to find it.
        changes: what is to be written; columns that the sheet does not have are added at the end.
        tab_only: whether only a tab divides.

    Raises:
        SheetMistake: the sheet is no longer the one that the changes are for, or cannot be read.
    """
    before = _table(name, data, tab_only=tab_only)
    changes = holdable(changes)
    layout = layout_of(before, column, changes)
    changes = guarded(layout, changes)
    text, _ = text_of(name, data)
    delimiter = delimiter_of(text, tab_only=tab_only)
    made, note = _encoded(_spliced(text, delimiter, layout, changes), data, text)
    check(before, _table(name, made, tab_only=tab_only), layout, changes)
    return made, note


def _table(name: str, data: bytes, *, tab_only: bool) -> Table:
    problems = Problems()
    table = read_text(name, data, problems, tab_only=tab_only)
    problems.raise_if_any()
    return table


def _spliced(text: str, delimiter: str, layout: Layout, changes: Sequence[Change]) -> str:
    wanted: dict[int, Mapping[str, str | int]] = {each.line: each.cells for each in changes}
    wanted[layout.header_line] = {name: name for name in layout.new}
    parts, done, quotes_all = [], 0, False
    for row in _rows(text, delimiter):
        if row.line == layout.header_line:
            quotes_all = all(text[begin : begin + 1] == '"' for begin, _ in row.fields)
        cells = wanted.get(row.line)
        if not cells:
            continue
        fields = [text[begin:end] for begin, end in row.fields]
        for name, value in cells.items():
            place = layout.places[name]
            fields += [""] * (place + 1 - len(fields))
            fields[place] = _field(str(value), delimiter, quotes_all=quotes_all)
        parts += [text[done : row.fields[0][0]], delimiter.join(fields)]
        done = row.fields[-1][1]
    return "".join((*parts, text[done:]))


def _field(value: str, delimiter: str, *, quotes_all: bool) -> str:
    if quotes_all or value.strip() != value or any(sign in value for sign in (delimiter, '"', "\r", "\n")):
        return '"' + value.replace('"', '""') + '"'
    return value


def _rows(text: str, delimiter: str) -> Iterator[_Row]:
    """Yield the rows, divided as `read_text` divides them; it has seen that each quotation mark is closed."""
    plain = re.compile(rf"[^{re.escape(delimiter)}\r\n]*")
    alone = tuple(COMMENT + sign for sign in (delimiter, "\r", "\n"))
    at, line = 0, 1
    while at < len(text):
        is_comment = text.startswith(COMMENT, at) and not text.startswith(alone, at)
        fields, begun = [], line
        while True:
            found = (None if is_comment else _QUOTED.match(text, at)) or plain.match(text, at)
            end = found.end() if found else at
            line += len(_LINE_END.findall(text, at, end))
            fields.append((at, end))
            at = end
            if not text.startswith(delimiter, at):
                break
            at += 1
        yield _Row(begun, tuple(fields))
        ended = _LINE_END.match(text, at)
        at = ended.end() if ended else len(text)
        line += 1


def _encoded(made: str, data: bytes, text: str) -> tuple[bytes, str]:
    for mark, encoding in _ENCODINGS:
        try:
            if data.startswith(mark) and mark + text.encode(encoding) == data:
                return mark + made.encode(encoding), ""
        except UnicodeEncodeError:
            continue
    told = "its encoding does not know all letters of the results, so it is UTF-8 now"
    return codecs.BOM_UTF8 + made.encode("utf-8", "backslashreplace"), told
