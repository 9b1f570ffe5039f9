"""Whether a workbook's archive may be unpacked: how big it gets, and what is in it. Never reads a cell."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.errors import SheetMistake
from pytest_edgepool.orders.table import DIVIDE, MAX_COLUMNS, MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_MEMBERS = 2_000
MAX_UNPACKED = 64 * 1024 * 1024  # bytes of all its XML; 100 000 rows of ten columns have less
MAX_ELEMENTS = 1_500_000  # one is at least four bytes in the file, some three hundred in memory; a cell has two
MAX_WORKSHEET_ROWS = 2 * MAX_ROWS  # empty ones too

_SAVE_ANEW = "open it in the program that made it and save it anew as .xlsx"
_CHUNK = 1024 * 1024
_OVERLAP = 64  # what is searched for is shorter, so that it is found across two chunks too
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_FAR_CELL = re.compile(rb"""\sr\s*=\s*["'][A-Za-z]{3}""")  # AAA is the column after ZZ


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A workbook that may be unpacked.

    Attributes:
        data: the bytes of the file.
        has_formulas: whether any cell holds a formula.
    """

    data: bytes
    has_formulas: bool


def checked(name: str, data: bytes) -> Archive:
    """Return the archive when it is safe to unpack.

    Each part is read once in pieces, and never more of it than the archive declares.

    Args:
        name: how messages call the sheet.
        data: the bytes of the file.

    Raises:
        SheetMistake: it is no archive, is damaged, or unpacks to more than a sheet of orders has.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            parts = [each for each in members if each.filename.lower().endswith((".xml", ".rels", ".vml"))]
            if len(members) > MAX_MEMBERS:
                raise SheetMistake(name, None, f"has more than {MAX_MEMBERS} parts", _SAVE_ANEW)
            if sum(each.file_size for each in parts) > MAX_UNPACKED:
                raise SheetMistake(name, None, f"unpacks to more than {MAX_UNPACKED >> 20} MiB", DIVIDE)
            marks = _Marks()
            for part in parts:
                for piece in _pieces(archive, part):
                    _look(name, part.filename, piece, marks)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        problem = f"is no workbook, or a damaged one ({type(error).__name__})"
        raise SheetMistake(name, None, problem, _SAVE_ANEW) from error
    return Archive(data=data, has_formulas=marks.has_formulas)


class _Marks:
    def __init__(self) -> None:
        self.elements = 0
        self.rows = 0
        self.has_formulas = False


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the part in pieces that overlap a little."""
    before = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            yield before + chunk
            before = chunk[-_OVERLAP:]


def _look(name: str, part: str, piece: bytes, marks: _Marks) -> None:
    marks.elements += piece.count(b"<") - piece.count(b"</")
    marks.rows += len(_ROW.findall(piece))
    if marks.elements > MAX_ELEMENTS:
        raise SheetMistake(name, None, "holds more cells than a sheet of orders has", DIVIDE)
    if marks.rows > MAX_WORKSHEET_ROWS:
        raise SheetMistake(name, None, f"has more than {MAX_WORKSHEET_ROWS} rows, empty ones too", DIVIDE)
    # A workbook has no document type; one that has could have the parser unfold a few bytes to gigabytes, or fetch
    # files. A NUL means UTF-16, in which the search would not see it.
    if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece or b"\0" in piece:
        raise SheetMistake(name, None, f"holds what no workbook has (in {part[:80]!r})", _SAVE_ANEW)
    marks.has_formulas = marks.has_formulas or _FORMULA.search(piece) is not None
    if "sheet" in part.lower() and _FAR_CELL.search(piece):
        raise SheetMistake(name, None, f"has more than {MAX_COLUMNS} columns", "leave out what no PO needs")
