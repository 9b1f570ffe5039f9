"""Sheets made to do harm are refused with one sentence before they fill the memory; nothing of them is run."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import SheetMistakes
from pytest_edgepool.orders import archive
from pytest_edgepool.orders.delimited import MAX_LINES
from pytest_edgepool.orders.sheet import read_sheets
from pytest_edgepool.orders.table import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, TOLD
from tests.unit.sheets import book_with, read, refused, text_cell, written

if TYPE_CHECKING:
    from pathlib import Path

HEAD = b'<row r="1">' + text_cell("A1", "PO") + b"</row>"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PO_NUMBER,x\nPO1," + b"a" * 10_000_000 + b"\n", "a cell holds more than 131072 characters"),
        (b'PO_NUMBER,x\nPO1,"' + b"a,\n" * 100_000, "a cell holds more than 131072 characters"),
        (b'"' * 10_000_000, "characters"),
        (b"PO_NUMBER," + b"x," * 10_000 + b"x\nPO1\n", f"more than {MAX_COLUMNS} columns"),
        (b"PO_NUMBER\n" + b"PO1\n" * (MAX_ROWS + 1), f"more than {MAX_ROWS} rows"),
        (b"PO_NUMBER\n" + b"\n" * MAX_LINES + b"PO1\n", "lines, empty ones too"),
        (b"PO_NUMBER\nPO1\n" + b" " * MAX_BYTES, "is larger than 32 MiB"),
        (b"\0" * 1_000_000, "is binary"),
        ("PO_NUMBER\n\0PO1\n".encode("utf-16-le"), "is binary"),
    ],
    ids=["field", "quoted-field", "quotes", "columns", "rows", "lines", "bytes", "nuls", "wide-nul"],
)
def test_a_text_file_beyond_all_bounds_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    """One sentence says which bound it was."""
    assert words in refused(tmp_path, content).problem


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (HEAD + b" " * (archive.MAX_UNPACKED + 1), "unpacks to more than"),
        (HEAD + b"<row>" + b"<c/>" * archive.MAX_ELEMENTS + b"</row>", "holds more cells"),
        (HEAD + b"<row/>" * archive.MAX_WORKSHEET_ROWS, "rows, empty ones too"),
        (HEAD + b'<row r="2"><c r="XFD2"><v>1</v></c></row>', "more than 702 columns"),
        (HEAD + b'<row r="99999999999"><c><v>1</v></c></row>', "has no purchase orders"),
        (HEAD + b'<row r="x"><c><v>1</v></c></row>', "is a damaged workbook"),
        (HEAD + b'<row r="2"><c r="A2" t="s"><v>99</v></c></row>', "is a damaged workbook"),
        (HEAD + b'<row r="2"><c r="A2"><v>1e999</v></c></row>', "shows the error #NUM!"),
        (HEAD + b"<row><c><f>1+1</f></c></row>", "the formula in a cell has no stored value"),
        (HEAD + b"<a>" * 5_000 + b"</a>" * 5_000, "has no purchase orders"),
    ],
    ids=["bomb", "cells", "rows", "far-column", "far-row", "row-name", "no-string", "infinite", "formula", "deep"],
)
def test_a_workbook_beyond_all_bounds_is_refused(tmp_path: Path, rows: bytes, words: str) -> None:
    """What it would unpack to is counted before a parser sees it."""
    assert words in str(refused(tmp_path, book_with(rows), "pos.xlsx"))


@pytest.mark.parametrize(
    "part",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
        b'<?xml version="1.0"?>' + b" " * (1024 * 1024 - 25) + b'<!DOCTYPE x SYSTEM "file:///etc/hostname"><x/>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x><x/>'.encode("utf-16"),
    ],
    ids=["unfolding", "across-pieces", "utf-16"],
)
def test_a_part_that_would_unfold_or_fetch_is_never_parsed(tmp_path: Path, part: bytes) -> None:
    """A document type is found wherever it stands, in any part."""
    data = book_with(HEAD, {"xl/styles.xml": part})

    assert "holds what no workbook has (in 'xl/styles.xml')" in refused(tmp_path, data, "pos.xlsx").problem


def test_too_many_parts_are_refused(tmp_path: Path) -> None:
    """An archive of thousands of files is no workbook."""
    data = book_with(HEAD, {f"xl/{n}.bin": b"x" for n in range(archive.MAX_MEMBERS)})

    assert "parts" in refused(tmp_path, data, "pos.xlsx").problem


def test_a_size_that_a_worksheet_only_claims_is_not_believed(tmp_path: Path) -> None:
    """Neither a vast one nor one that hides rows."""
    rows = HEAD + b'<row r="2">' + text_cell("A2", "PO1") + b"</row>"
    for claimed in (b"A1:XFD1048576", b"A1"):
        data = book_with(b"</sheetData>" + b'<dimension ref="' + claimed + b'"/><sheetData>' + rows)
        assert [order.number for order in read(tmp_path, data, name="pos.xlsx").orders] == ["PO1"]


def test_all_problems_are_told_together_and_bounded(tmp_path: Path) -> None:
    """Those of all sheets, each with its line and remedy; of many the first, and how many more there are."""
    bad = written(tmp_path, "PO,x\n" + ",a\n=1,b\n" * 166, "bad.csv")
    with pytest.raises(SheetMistakes) as caught:
        read_sheets([tmp_path / "gone.csv", bad], None)

    told = str(caught.value)
    assert caught.value.total == 333
    assert len(told.splitlines()) == TOLD + 2
    assert told.splitlines()[0] == "The sheet has 333 problems:"
    assert "gone.csv: there is no such file; check the path given with --po-csv." in told
    assert f"{bad}, line 2: the row has values but no PO number; fill in 'PO' or delete the row." in told
    assert f"{bad}, line 3: '=1' begins like a formula and is no PO number; put the number there as text." in told
    assert told.endswith("… and 313 more.")


def test_many_mistakes_survive_pickling(tmp_path: Path) -> None:
    """They can be told by another process in the same words."""
    found = refused(tmp_path, "PO,x\n,a\n,b\n")

    assert str(pickle.loads(pickle.dumps(found))) == str(found)


def test_warnings_are_bounded(tmp_path: Path) -> None:
    """A sheet that names one PO a thousand times says so twenty times."""
    sheet = read(tmp_path, "PO\n" + "PO1\n" * 1000)

    assert len(sheet.warnings) == TOLD + 1
    assert sheet.warnings[-1].endswith("… and 979 more warnings like these.")


def test_a_number_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    """Control characters of a sheet are escaped in what is said of it."""
    sheet = read(tmp_path, 'PO,x\n"P\x1b[2JO",a\n"P\x1b[2JO",b\n')

    assert "\x1b" not in "".join(sheet.warnings)
