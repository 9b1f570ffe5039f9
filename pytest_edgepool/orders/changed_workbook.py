"""A workbook with some of its cells changed and every other part of it as it was, byte for byte. Never writes a file.

Cells are put into the worksheet's own XML: charts, pictures, formats, formulas and the values stored beside them stay,
which a library that reads a workbook and writes it anew would lose in part.
"""

from __future__ import annotations

import copy
import io
import re
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgepool.errors import SheetMistake
from pytest_edgepool.orders.changes import KEPT, check, guarded, holdable, layout_of
from pytest_edgepool.orders.ranges import merged_in, wider_tables, with_wider_filter, with_wider_names
from pytest_edgepool.orders.table import Problems
from pytest_edgepool.orders.workbook import read_workbook
from pytest_edgepool.orders.worksheet_xml import parts_of, root_of, spliced

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgepool.orders.changes import Change, Layout
    from pytest_edgepool.orders.table import Table

_LONGEST = 32_767  # characters that Excel takes in a cell
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
    by_title = _by_title(changes)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if any(each.startswith(_SIGNED) for each in archive.namelist()):
            raise SheetMistake(name, None, "is signed, and a change would break that", KEPT)
        parts = parts_of(archive)
        missing = [title for title in by_title if title not in before or title not in parts]
        if missing:
            raise SheetMistake(name, None, f"has no worksheet {missing[0]!r} any more", KEPT)
        layouts = {
            title: layout_of(before[title], column, here, merged_in(archive.read(parts[title])))
            for title, here in by_title.items()
        }
        by_title = {title: guarded(layouts[title], here) for title, here in by_title.items()}
        root = root_of(archive)
        made = {root: archive.read(root)}
        for title, here in by_title.items():
            made |= _changed_parts(before[title].name, archive, parts[title], layouts[title], here)
            made[root] = with_wider_names(made[root], title, layouts[title])
        whole = _packed(archive, made)
    after = _tables(name, whole, worksheet)
    for title, here in by_title.items():
        check(before[title], after[title], layouts[title], here)
    return whole, ""


def _by_title(changes: Sequence[Change]) -> dict[str, list[Change]]:
    by_title: dict[str, list[Change]] = {}
    for each in holdable(changes):
        by_title.setdefault(each.worksheet, []).append(replace(each, cells=_short(each.cells)))
    return by_title


def _changed_parts(
    called: str, archive: zipfile.ZipFile, part: str, layout: Layout, changes: Sequence[Change]
) -> dict[str, bytes]:
    tables = wider_tables(called, archive, part, layout, [each.line for each in changes])
    return {part: _changed_part(called, archive.read(part), layout, changes), **tables}


def _changed_part(called: str, xml: bytes, layout: Layout, changes: Sequence[Change]) -> bytes:
    if _OTHER_ENCODING.match(xml):
        raise SheetMistake(called, None, "is not in UTF-8", KEPT)
    wanted = {each.line: {layout.places[key]: cell for key, cell in each.cells.items()} for each in changes}
    wanted[layout.header_line] = {layout.places[key]: key for key in layout.new}
    return with_wider_filter(spliced(called, xml, layout.header_line, wanted), layout)


def _short(cells: Mapping[str, str | int]) -> dict[str, str | int]:
    return {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in cells.items()}


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
