"""From a file's bytes to its text: which encoding it is in. Never guesses where a wrong guess could pass unseen."""

from __future__ import annotations

import codecs
import re

from pytest_edgepool.errors import SheetMistake

SAVE_AS_CSV = "open it in the program that made it and save it as CSV (UTF-8)"

_FOREIGN_BEGINNINGS = {
    b"PK\x03\x04": "is an Excel workbook or a ZIP archive, not text",
    b"%PDF-": "is a PDF, not text",
    b"\xd0\xcf\x11\xe0": "is an old Excel or Word file, not text",
}
_MARKS = {  # the longer one first: UTF-32's begins as UTF-16's
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_LOOKED_AT = 2000  # characters that tell whether bytes are UTF-16: the header is among them
_PLAIN_WORD = re.compile(r"[ -~\t\r\n]{2}")  # bytes that are not UTF-16, or in the other order, give next to none


def text_of(name: str, data: bytes) -> tuple[str, list[str]]:
    """Return the text of a sheet, and warnings.

    UTF-8, UTF-16 and UTF-32 are known by their mark, UTF-8 and UTF-16 without it too; what is none of them is taken
    for Windows-1252, of which Latin-1 is a part.

    Args:
        name: how messages call the sheet.
        data: the bytes of the file.

    Raises:
        SheetMistake: it is no text.
    """
    for beginning, problem in _FOREIGN_BEGINNINGS.items():
        if data.startswith(beginning):
            raise SheetMistake(name, None, problem, SAVE_AS_CSV)
    marked = next((encoding for mark, encoding in _MARKS.items() if data.startswith(mark)), "")
    if marked:
        text = _decoded(data, marked)
        if text is None:
            raise SheetMistake(name, None, f"begins as {marked.upper()} and goes on otherwise", SAVE_AS_CSV)
    elif b"\0" in data:
        text = _wide(data)
        if text is None:
            raise SheetMistake(name, None, "is binary or UTF-16 without a mark, not plain text", SAVE_AS_CSV)
    else:
        return _narrow(name, data)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise SheetMistake(name, line, "holds a NUL character, so it is binary or damaged", SAVE_AS_CSV)
    return text, []


def _narrow(name: str, data: bytes) -> tuple[str, list[str]]:
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    text = _decoded(data, "cp1252")
    if text is None:
        raise SheetMistake(name, line, "is neither UTF-8 nor Windows-1252 text", SAVE_AS_CSV)
    return text, [f"{name}, line {line}: not UTF-8, so the sheet was read as Windows-1252; check accented letters."]


def _wide(data: bytes) -> str | None:
    """Return UTF-16 that has lost its mark: read in one of the two orders it is full of plain letters."""
    read = [text for text in (_decoded(data, each) for each in ("utf-16-le", "utf-16-be")) if text and "\0" not in text]
    best = max(read, key=_plain_words, default="")
    return best if _plain_words(best) else None


def _plain_words(text: str) -> int:
    return len(_PLAIN_WORD.findall(text, 0, _LOOKED_AT))


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
