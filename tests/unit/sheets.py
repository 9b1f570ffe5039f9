"""What tests of sheets share: writing one, reading it, and what a refusal says."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest

from pytest_edgepool.errors import SheetMistake
from pytest_edgepool.orders.sheet import Sheet, SheetRules, read_sheets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

_HEAD = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_FOOT = b"</sheetData></worksheet>"


def written(folder: Path, content: str | bytes, name: str = "pos.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(
    folder: Path,
    content: str | bytes,
    column: str | None = None,
    name: str = "pos.csv",
    rules: SheetRules | None = None,
) -> Sheet:
    (sheet,) = read_sheets([written(folder, content, name)], column, rules)
    return sheet


def refused(folder: Path, content: str | bytes, name: str = "pos.csv", rules: SheetRules | None = None) -> SheetMistake:
    with pytest.raises(SheetMistake) as caught:
        read(folder, content, name=name, rules=rules)
    return caught.value


def numbers(sheet: Sheet) -> list[str]:
    return [order.number for order in sheet.orders]


def workbook(worksheets: Mapping[str, Iterable[Sequence[object]]], touch: Callable[[openpyxl.Workbook], None]) -> bytes:
    """The bytes of a workbook with these rows; `touch` may do more to it."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in worksheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    touch(book)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def book_of(*rows: Sequence[object]) -> bytes:
    """The bytes of a workbook with one worksheet."""
    return workbook({"Sheet1": rows}, lambda _: None)


def book_with(rows: bytes, more: Mapping[str, bytes] | None = None) -> bytes:
    """The bytes of a workbook whose only worksheet holds these rows, as XML; and with further parts."""
    parts = {"xl/worksheets/sheet1.xml": _HEAD + rows + _FOOT, **(more or {})}
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book_of(["PO"]))) as plain, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as to:
        for name in {**dict.fromkeys(plain.namelist()), **parts}:
            to.writestr(name, parts.get(name) or plain.read(name))
    return held.getvalue()


def text_cell(at: str, text: str) -> bytes:
    """A cell that holds a text, as XML."""
    return f'<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>'.encode()
