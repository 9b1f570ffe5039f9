"""Where in a worksheet's XML its cells are, and the XML with some of them changed. Never knows what a column means.

Sources: ECMA-376 part 1, §18.3.1 (worksheet, row, c, is) and §15.2 (workbook and its relationships).
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, fromstring
from xml.parsers import expat
from xml.sax.saxutils import escape

from pytest_edgepool.errors import SheetMistake
from pytest_edgepool.orders.changes import KEPT
from pytest_edgepool.orders.spans import letters_of, place_of, span_of

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Collection, Mapping

    from pytest_edgepool.orders.spans import Span

_SPANS = re.compile(rb"\sspans\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_DIMENSION = re.compile(rb"(<(?:\w+:)?dimension\s[^>]*?ref\s*=\s*[\"'])([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?([\"'])")
_REFERENCE = re.compile(r"([A-Z]+)\d+")
_MANY_CELLS = ("array", "dataTable")  # a formula that stands in one cell and fills all of its `ref`


@dataclass(slots=True)
class Cell:
    """A cell in the XML: its place from 0, its bytes' begin and end, its format, and whether it holds a formula."""

    place: int
    begin: int
    end: int = 0
    style: str = ""
    has_formula: bool = False


@dataclass(slots=True)
class Row:
    """A row in the XML: its prefix, the bytes of its start tag, where its content ends, and its cells."""

    prefix: str
    begin: int
    tag_end: int
    end: int = 0
    cells: list[Cell] = field(default_factory=list)


def parts_of(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return in which part of the archive each worksheet is, by its name."""
    root = root_of(archive)
    targets = targets_of(archive, root, "worksheet")
    found = {}
    for each in fromstring(archive.read(root)).iter():  # noqa: S314 - archive.py has seen that there is no document type
        known = {_local(name): value for name, value in each.attrib.items()}
        if _local(each.tag) == "sheet" and known.get("id") in targets:
            found[known.get("name", "")] = targets[known["id"]]
    return found


def root_of(archive: zipfile.ZipFile) -> str:
    """Return the part that names the worksheets."""
    return next(iter(targets_of(archive, "", "officeDocument").values()), "xl/workbook.xml")


def targets_of(archive: zipfile.ZipFile, part: str, kind: str) -> dict[str, str]:
    """Return the parts of a kind that a part leads to, by the id that it knows them by."""
    folder, name = posixpath.split(part)
    told = posixpath.join(folder, "_rels", f"{name}.rels")
    if told not in archive.namelist():
        return {}
    held: Element = fromstring(archive.read(told))  # noqa: S314 - as above
    return {
        each.get("Id", ""): posixpath.normpath(posixpath.join("/", folder, each.get("Target", ""))).lstrip("/")
        for each in held
        if each.get("Type", "").endswith("/" + kind)
    }


def located(xml: bytes, lines: Collection[int]) -> tuple[dict[int, Row], list[Span]]:
    """Return where the rows of these numbers are, and the cells that formulas of many cells fill."""
    reader = _Reader(xml, lines)
    reader.read()
    return reader.rows, reader.spans


class _Reader:
    def __init__(self, xml: bytes, lines: Collection[int]) -> None:
        self.rows: dict[int, Row] = {}
        self.spans: list[Span] = []
        self._xml = xml
        self._lines = lines
        self._line = 0
        self._row: Row | None = None
        self._cell: Cell | None = None
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._begins
        self._parser.EndElementHandler = self._ends

    def read(self) -> None:
        self._parser.Parse(self._xml, True)  # noqa: FBT003 - expat's own

    def _begins(self, tag: str, given: dict[str, str]) -> None:
        prefix, _, local = tag.rpartition(":")
        at = self._parser.CurrentByteIndex
        if local == "row":
            self._line = int(given.get("r", self._line + 1))
            if self._line in self._lines:
                self._row = self.rows[self._line] = Row(f"{prefix}:" if prefix else "", at, self._tag_end(at))
        elif local == "c" and self._row is not None:
            last = self._row.cells[-1].place if self._row.cells else -1
            told = _REFERENCE.fullmatch(given.get("r", ""))
            self._cell = Cell(place_of(told[1]) if told else last + 1, at, style=given.get("s", ""))
            self._row.cells.append(self._cell)
        elif local == "f":
            if self._cell is not None:
                self._cell.has_formula = True
            if "ref" in given and given.get("t") in _MANY_CELLS:
                self.spans.append(span_of(given["ref"]))

    def _ends(self, tag: str) -> None:
        local = tag.rpartition(":")[2]
        at = self._parser.CurrentByteIndex
        if local == "c" and self._cell is not None:
            own = self._tag_end(self._cell.begin)  # of `<c/>` expat tells the end as the byte after it
            self._cell.end = own if self._xml[own - 2 : own] == b"/>" else self._tag_end(at)
            self._cell = None
        elif local == "row" and self._row is not None:
            self._row.end = at
            self._row = None

    def _tag_end(self, at: int) -> int:
        return self._xml.index(b">", at) + 1


def spliced(name: str, xml: bytes, header_line: int, wanted: Mapping[int, Mapping[int, str | int]]) -> bytes:
    """Return the XML with cells put into their rows.

    Args:
        name: how messages call the worksheet.
        xml: the worksheet.
        header_line: the row of the header: what is added there looks like its neighbour.
        wanted: what is to be written, by row and place.

    Raises:
        SheetMistake: a formula stands there.
    """
    rows, spans = located(xml, wanted)
    parts, done = [], 0
    for line, cells in sorted(wanted.items()):
        row = rows.get(line)
        if row is None or not cells:
            continue
        _refuse_formulas(name, line, row, cells, spans)
        parts += [xml[done : row.begin], _SPANS.sub(b"", xml[row.begin : row.tag_end])]
        done = row.tag_end
        for begin, end, made in _edits(line, header_line, row, cells):
            parts += [xml[done:begin], made]
            done = end
    widest = max((place for cells in wanted.values() for place in cells), default=0)
    return _DIMENSION.sub(lambda found: _widened(found, widest), b"".join((*parts, xml[done:])), count=1)


def _refuse_formulas(name: str, line: int, row: Row, cells: Collection[int], spans: Collection[Span]) -> None:
    held = {each.place for each in row.cells if each.has_formula}
    for place in cells:
        if place in held or any(each.holds(line, place) for each in spans):
            problem = f"{letters_of(place)}{line} holds a formula, which a result would replace"
            raise SheetMistake(name, line, problem, KEPT)


def _edits(line: int, header_line: int, row: Row, cells: Mapping[int, str | int]) -> list[tuple[int, int, bytes]]:
    there = {each.place: each for each in row.cells}
    last_style = row.cells[-1].style if row.cells and line == header_line else ""
    edits = []
    for place, value in sorted(cells.items()):
        old = there.get(place)
        at = old.begin if old else next((each.begin for each in row.cells if each.place > place), row.end)
        style = old.style if old else last_style
        edits.append((at, old.end if old else at, _cell(row.prefix, f"{letters_of(place)}{line}", style, value)))
    return edits


def _cell(prefix: str, reference: str, style: str, value: str | int) -> bytes:
    shown = f' s="{style}"' if style else ""
    if isinstance(value, int):
        return f'<{prefix}c r="{reference}"{shown}><{prefix}v>{value}</{prefix}v></{prefix}c>'.encode()
    if not value:
        return f'<{prefix}c r="{reference}"{shown}/>'.encode()
    text = escape(value, {"\r": "&#13;"})
    held = f'<{prefix}is><{prefix}t xml:space="preserve">{text}</{prefix}t></{prefix}is>'
    return f'<{prefix}c r="{reference}"{shown} t="inlineStr">{held}</{prefix}c>'.encode()


def _widened(found: re.Match[bytes], widest: int) -> bytes:
    """Return the worksheet's own word of its size, with the new columns in it: some readers believe it."""
    head, first, top, last, bottom, tail = found.groups()
    place = max(place_of((last or first).decode()), widest)
    return b"%s%s%s:%s%s%s" % (head, first, top, letters_of(place).encode(), bottom or top, tail)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
