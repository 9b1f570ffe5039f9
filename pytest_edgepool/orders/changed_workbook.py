"""A workbook with some of its cells changed and every other part of it as it was, byte for byte. Never writes a file.

Cells are put into the worksheet's own XML: charts, pictures, formats, formulas and the values stored beside them stay,
which a library that reads a workbook and writes it anew would lose in part.
"""

from __future__ import annotations

import copy
import io
import re
import zipfile
from typing import TYPE_CHECKING

from pytest_edgepool.errors import SheetMistake
from pytest_edgepool.orders.changes import KEPT, check, holdable, layout_of
from pytest_edgepool.orders.table import Problems
from pytest_edgepool.orders.workbook import read_workbook
from pytest_edgepool.orders.worksheet_xml import parts_of, spliced

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgepool.orders.changes import Change, Layout
    from pytest_edgepool.orders.table import Table

_SIGNED = "_xmlsignatures/"
_OTHER_ENCODING = re.compile(rb"^[^<]{0,4}<\?xml[^>]*encoding=[\"'](?!utf-8[\"'])", re.IGNORECASE)


def changed_workbook(
    name: str, data: bytes, column: str | None, changes: Sequence[Change], worksheet: str = ""
) -> tuple[bytes, str]:
    """Return the workbook's bytes with the changes in them, as text cells, never formulas; and "".

    Args:
        name: how messages call the sheet.
        data: the bytes of the file.
        column: the header of the PO column, or None to find it.
        changes: what is to be written; columns that a worksheet does not have are added to the right.
        worksheet: the only worksheet that was read; empty: all that are shown.

    Raises:
        SheetMistake: the sheet is no longer the one that the changes are for, or it cannot be changed without a loss.
    """
    before = _tables(name, data, worksheet)
    by_title: dict[str, list[Change]] = {}
    for each in holdable(changes):
        by_title.setdefault(each.worksheet, []).append(each)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if any(each.startswith(_SIGNED) for each in archive.namelist()):
            raise SheetMistake(name, None, "is signed, and a change would break that", KEPT)
        parts = parts_of(archive)
        missing = [title for title in by_title if title not in before or title not in parts]
        if missing:
            raise SheetMistake(name, None, f"has no worksheet {missing[0]!r} any more", KEPT)
        layouts = {title: layout_of(before[title], column, here) for title, here in by_title.items()}
        made = {
            parts[title]: _changed_part(before[title].name, archive.read(parts[title]), layouts[title], here)
            for title, here in by_title.items()
        }
        whole = _packed(archive, made)
    after = _tables(name, whole, worksheet)
    for title, here in by_title.items():
        check(before[title], after[title], layouts[title], here)
    return whole, ""


def _changed_part(called: str, xml: bytes, layout: Layout, changes: Sequence[Change]) -> bytes:
    if _OTHER_ENCODING.match(xml):
        raise SheetMistake(called, None, "is not in UTF-8", KEPT)
    wanted = {each.line: {layout.places[key]: cell for key, cell in each.cells.items()} for each in changes}
    wanted[layout.header_line] = {layout.places[key]: key for key in layout.new}
    return spliced(called, xml, layout.header_line, wanted)


def _tables(name: str, data: bytes, worksheet: str) -> dict[str, Table]:
    problems = Problems()
    tables = read_workbook(name, data, worksheet, problems)
    problems.raise_if_any()
    return {each.worksheet: each for each in tables}


def _packed(archive: zipfile.ZipFile, made: Mapping[str, bytes]) -> bytes:
    """Return the archive with some parts replaced, the others as they are, in the same order."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as target:
        for info in archive.infolist():
            data = made[info.filename] if info.filename in made else archive.read(info)
            target.writestr(copy.copy(info), data, info.compress_type)
    return held.getvalue()
