"""Filters and tables of a worksheet, made to reach over the columns that are added to it. Never changes a cell.

Sorting moves what the range holds: a result beside it would stand beside another PO afterwards.

Sources: ECMA-376 part 1, §18.3.1.2 (autoFilter), §18.3.1.55 (mergeCells), §18.5.1 (tables), §18.2.5 (definedName).
"""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape, unescape
from typing import TYPE_CHECKING

from pytest_edgepool.errors import SheetMistake
from pytest_edgepool.orders.changes import KEPT
from pytest_edgepool.orders.spans import letters_of, span_of
from pytest_edgepool.orders.worksheet_xml import targets_of

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Sequence

    from pytest_edgepool.orders.changes import Layout
    from pytest_edgepool.orders.spans import Span

_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*[\"']([^\"']*)[\"']")
_FILTER = re.compile(rb"(<(?:\w+:)?autoFilter\s(?:[^>]*?\s)?ref\s*=\s*[\"'])([^\"']*)([\"'])")
_TABLE = re.compile(rb"(<(?:\w+:)?table\s(?:[^>]*?\s)?ref\s*=\s*[\"'])([^\"']*)([\"'])")
_NAME = re.compile(rb"<(?:\w+:)?table\s(?:[^>]*?\s)?displayName\s*=\s*[\"']([^\"']*)[\"']")
_FOREIGN = re.compile(rb"<(?:\w+:)?table\s[^>]*?\stableType\s*=\s*[\"'](?!worksheet)")
_COLUMNS = re.compile(rb"<((?:\w+:)?)tableColumns(?:\s+count\s*=\s*[\"']\d+[\"'])?\s*>(.*)</\1tableColumns>", re.DOTALL)
_COLUMN_ID = re.compile(rb"<(?:\w+:)?tableColumn\s(?:[^>]*?\s)?id\s*=\s*[\"'](\d+)[\"']")
_DEFINED = re.compile(rb"(<(?:\w+:)?definedName\s[^>]*?[\"']_xlnm\._FilterDatabase[\"'][^>]*>)([^<]*)")


def merged_in(xml: bytes) -> list[Span]:
    """Return which cells of a worksheet are merged."""
    return [span_of(each.decode("ascii", "replace")) for each in _MERGED.findall(xml)]


def with_wider_filter(xml: bytes, layout: Layout) -> bytes:
    """Return the worksheet with its filter over the new columns too, where it is over all others."""
    return _FILTER.sub(lambda found: found[1] + _wider_reference(found[2], layout) + found[3], xml, count=1)


def with_wider_names(xml: bytes, title: str, layout: Layout) -> bytes:
    """Return the workbook's part with what it knows of that filter widened alike."""

    def changed(found: re.Match[bytes]) -> bytes:
        sheet, _, reference = unescape(found[2].decode("utf-8", "replace")).rpartition("!")
        wider = _wider(span_of(reference), layout)
        if wider is None or sheet.strip("'").replace("''", "'") != title:
            return found[0]
        last = f"${letters_of(wider.left)}${wider.top}:${letters_of(wider.right)}${wider.bottom}"
        return found[1] + found[2].rpartition(b"!")[0] + b"!" + last.encode()

    return _DEFINED.sub(changed, xml)


def wider_tables(
    called: str, archive: zipfile.ZipFile, part: str, layout: Layout, lines: Sequence[int]
) -> dict[str, bytes]:
    """Return the tables over the POs, by their part, each with the new columns in it.

    Args:
        called: how messages call the worksheet.
        archive: the workbook.
        part: the worksheet.
        layout: where the changes go.
        lines: the rows that are changed.

    Raises:
        SheetMistake: a table cannot take them.
    """
    made: dict[str, bytes] = {}
    for target in targets_of(archive, part, "table").values() if layout.new else ():
        xml = archive.read(target)
        told = _TABLE.search(xml)
        span = span_of(told[2].decode("ascii", "replace")) if told else None
        if span is None or not span.left <= layout.number <= span.right:
            continue
        if span.top > max(lines, default=0) or span.bottom < layout.header_line:
            continue
        wider = _wider(span, layout)
        is_beside = min(layout.places[name] for name in layout.new) == span.right + 1
        columns = _COLUMNS.search(xml)
        if wider is None or not is_beside or columns is None or _FOREIGN.search(xml):
            name = _NAME.search(xml)
            shown = unescape(name[1].decode("utf-8", "replace")) if name else ""
            remedy = f"add {', '.join(layout.new)} to its header yourself, or turn it into a plain range; {KEPT}"
            raise SheetMistake(called, span.top, f"the table {shown!r} ({span}) cannot be given more columns", remedy)
        grown = xml[: columns.start()] + _with_columns(columns, layout) + xml[columns.end() :]
        for pattern in (_TABLE, _FILTER):
            grown = pattern.sub(lambda found: found[1] + _wider_reference(found[2], layout) + found[3], grown, count=1)
        made[target] = grown
    return made


def _with_columns(found: re.Match[bytes], layout: Layout) -> bytes:
    prefix, held = found.groups()
    ids = [int(each) for each in _COLUMN_ID.findall(held)]
    new = b"".join(
        b'<%stableColumn id="%d" name="%s"/>' % (prefix, max(ids, default=0) + place, escape(name).encode())
        for place, name in enumerate(layout.new, 1)
    )
    count = len(ids) + len(layout.new)
    return b'<%stableColumns count="%d">%s%s</%stableColumns>' % (prefix, count, held, new, prefix)


def _wider_reference(reference: bytes, layout: Layout) -> bytes:
    wider = _wider(span_of(reference.decode("ascii", "replace")), layout)
    return str(wider).encode() if wider is not None else reference


def _wider(span: Span, layout: Layout) -> Span | None:
    """Return a range over the new columns too, or None where it is not one over the header and all other columns."""
    last = max((layout.places[name] for name in layout.new), default=-1)  # no new one, nothing wider
    is_over_all = span.left <= layout.number and layout.width - 1 <= span.right < last
    return replace(span, right=last) if span.top == layout.header_line and is_over_all else None
