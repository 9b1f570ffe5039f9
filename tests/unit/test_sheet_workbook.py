"""Excel workbooks: worksheets, values as people see them, formulas that are never run."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.orders.sheet import SheetRules, digest_of, freeze, read_sheets, thaw
from tests.unit.sheets import book_of, book_with, numbers, read, refused, text_cell, workbook, written

if TYPE_CHECKING:
    from pathlib import Path

NAME = "pos.xlsx"


def test_a_workbook_is_read_like_a_text_file(tmp_path: Path) -> None:
    """Header, orders, rows, columns; the order knows its worksheet, and its row is the one that Excel shows."""
    sheet = read(tmp_path, book_of(["PO Number", "Supplier"], ["PO1", "Peças São João"], [], ["PO2", None]), name=NAME)

    assert (sheet.header, sheet.po_column, sheet.warnings) == (("PO Number", "Supplier"), "PO Number", ())
    assert [(order.number, order.row, order.worksheet) for order in sheet.orders] == [
        ("PO1", 2, "Sheet1"),
        ("PO2", 4, "Sheet1"),
    ]
    assert sheet.orders[0].columns == {"PO Number": "PO1", "Supplier": "Peças São João"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((15262984, "15262984"), (15262984.0, "15262984"), (2.5, "2.5"), (True, "TRUE"), (None, "")),
        *(
            (dt.date(2026, 11, 21), "2026-11-21"),
            (dt.datetime.fromisoformat("2026-11-21 08:30"), "2026-11-21 08:30:00"),
        ),
        *((dt.time(8, 30), "08:30:00"), ("001", "001"), ("=not run", "")),
    ],
)
def test_values_are_the_text_that_people_see(tmp_path: Path, value: object, text: str) -> None:
    """Numbers have no `.0`, dates no midnight; leading zeros of text stay."""
    if text or value is None:
        assert read(tmp_path, book_of(["PO", "x", "y"], ["PO1", value, "z"]), name=NAME).orders[0].columns["x"] == text
    else:
        assert "no stored value" in str(refused(tmp_path, book_of(["PO", "x"], ["PO1", value]), NAME))


def test_leading_zeros_that_only_the_format_shows_are_kept(tmp_path: Path) -> None:
    """A number formatted as 00000000 is the text that its reader sees."""

    def touch(book: object) -> None:
        book.worksheets[0]["A2"].number_format = "00000000"  # type: ignore[attr-defined]

    assert numbers(read(tmp_path, workbook({"a": [["PO"], [123]]}, touch), name=NAME)) == ["00000123"]


def test_a_number_that_excel_has_rounded_is_refused(tmp_path: Path) -> None:
    """Of a number with more than fifteen digits the spreadsheet has lost the last ones."""
    found = refused(tmp_path, book_of(["PO"], [12345678901234567]), NAME)

    assert "has rounded the PO number" in found.problem
    assert numbers(read(tmp_path, book_of(["PO"], ["12345678901234567"]), name=NAME)) == ["12345678901234567"]


def test_all_worksheets_are_read_and_a_po_of_two_is_run_once(tmp_path: Path) -> None:
    """Their columns stand one after the other in the report; the warning names worksheet and row."""
    data = workbook({"Q1": [["PO", "a"], ["PO1", 1]], "Q2": [["b", "Pedido"], [2, "PO1"], [3, "PO2"]]}, lambda _: None)
    sheet = read(tmp_path, data, name=NAME)

    assert (numbers(sheet), sheet.header) == (["PO1", "PO2"], ("PO", "a", "b", "Pedido"))
    where = f"{sheet.path}, worksheet 'Q2', line 2"
    assert sheet.warnings == (f"{where}: PO PO1 stands already in worksheet 'Q1', line 2; it is run once.",)


def test_worksheets_with_other_things_are_left_out_and_told(tmp_path: Path) -> None:
    """Instructions are no orders; an empty worksheet is not worth a word."""
    data = workbook(
        {"Read me": [["Fill in"], ["the next one"]], "Orders": [["PO"], ["PO1"]], "Empty": []}, lambda _: None
    )
    sheet = read(tmp_path, data, name=NAME)

    assert numbers(sheet) == ["PO1"]
    assert len(sheet.warnings) == 1
    assert "worksheet 'Read me': has no column with PO numbers" in sheet.warnings[0]


def test_a_hidden_worksheet_is_read_only_by_name(tmp_path: Path) -> None:
    """What nobody sees, nobody asks for."""

    def touch(book: object) -> None:
        book["Old"].sheet_state = "hidden"  # type: ignore[index]

    data = workbook({"Now": [["PO"], ["PO1"]], "Old": [["PO"], ["PO2"]]}, touch)
    assert numbers(read(tmp_path, data, name=NAME)) == ["PO1"]
    assert numbers(read(tmp_path, data, name=NAME, rules=SheetRules(worksheet="Old"))) == ["PO2"]


@pytest.mark.parametrize("wanted", ["PO_Data", " po_data "])
def test_the_named_worksheet_alone_is_read(tmp_path: Path, wanted: str) -> None:
    """Others may hold what they like; case and spaces do not matter."""
    data = workbook({"x": [["PO"], ["PO1"]], "PO_Data": [["PO"], ["PO2"]]}, lambda _: None)

    assert numbers(read(tmp_path, data, name=NAME, rules=SheetRules(worksheet=wanted))) == ["PO2"]


def test_a_worksheet_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    """The sentence names the setting."""
    found = refused(tmp_path, book_of(["PO"], ["PO1"]), NAME, SheetRules(worksheet="Q9"))

    assert str(found).endswith("has no worksheet 'Q9' (there are 'Sheet1'); name one of them with po_worksheet.")


def test_a_formulas_stored_value_is_read_and_nothing_is_run(tmp_path: Path) -> None:
    """What Excel stored beside the formula counts, also when it stored an empty text."""
    rows = (
        b'<row r="1">' + text_cell("A1", "PO") + text_cell("B1", "x") + b"</row>"
        b'<row r="2"><c r="A2" t="str"><f>"PO"&amp;7</f><v>PO8</v></c><c r="B2" t="str"><f>""</f><v></v></c></row>'
    )
    (order,) = read(tmp_path, book_with(rows), name=NAME).orders

    assert (order.number, order.columns["x"]) == ("PO8", "")


def test_a_formula_without_a_stored_value_is_refused_with_its_cell(tmp_path: Path) -> None:
    """Every such row is told, whichever column it is; the other rows are judged as well."""
    data = book_of(["PO", "x"], ["PO1", "=A2"], ["PO2", 1], ["=A3", 2], [None, 3])
    told = str(refused(tmp_path, data, NAME))

    assert "line 2: the formula in cell B2 has no stored value" in told
    assert "line 4: the formula in cell A4 has no stored value" in told
    assert "line 5: the row has values but no PO number" in told
    assert "The sheet has 3 problems" in told


def test_what_excel_adds_to_a_workbook_does_no_harm(tmp_path: Path) -> None:
    """Merged titles, filters, validations, comments, styles and charts are passed over without a warning."""
    from openpyxl.chart import BarChart
    from openpyxl.comments import Comment
    from openpyxl.worksheet.datavalidation import DataValidation

    def touch(book: object) -> None:
        sheet = book.worksheets[0]  # type: ignore[attr-defined]
        sheet.merge_cells("A1:C1")
        sheet.auto_filter.ref = "A3:C4"
        sheet["A4"].comment = Comment("check", "Ana")
        sheet.add_data_validation(DataValidation(type="list", formula1='"a,b"'))
        sheet.add_chart(BarChart(), "F2")
        book.create_chartsheet("Chart").add_chart(BarChart())  # type: ignore[attr-defined]

    rows = [["Open orders"], [], ["PO", "b", "c"], ["PO1", 1, 2]]
    sheet = read(tmp_path, workbook({"Data": rows}, touch), name=NAME)

    assert (numbers(sheet), sheet.orders[0].row) == (["PO1"], 4)
    assert "the header was found in line 3" in sheet.warnings[0]


def test_sheets_of_both_kinds_freeze_and_thaw(tmp_path: Path) -> None:
    """What the workers read is equal in every field: worksheet, levels, priority, status."""
    head = ["PO", "STATUS", "PRIORITY", "<|>", "Year"]
    book = workbook({"a": [head, ["PO1", "COMPLETED", 3, None, 2026]], "b": [["PO"], ["PO2"], ["PO1"]]}, lambda _: None)
    paths = [written(tmp_path, book, NAME), written(tmp_path, "PO,PRIORITY\nPO3,low\nPO4,1\n")]
    sheets = read_sheets(paths, None)
    frozen = freeze(sheets)

    assert thaw(frozen, digest_of(frozen)) == sheets
    first = sheets[0].orders[0]
    assert (first.done_as, first.priority, first.levels, first.asked_as) == ("COMPLETED", "3", ("2026",), ("1",))
    assert numbers(sheets[1]) == ["PO4", "PO3"]


def test_without_openpyxl_the_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra that brings it is named; a text file needs nothing of it."""
    monkeypatch.setitem(sys.modules, "openpyxl", None)

    assert "pip install 'pytest-edgepool[xlsx]'" in str(refused(tmp_path, book_of(["PO"], ["PO1"]), NAME))
    assert numbers(read(tmp_path, "PO\nPO1\n")) == ["PO1"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PO_NUMBER\nPO1\n", "is no Excel workbook"),
        (b"", "is no Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "locked with a password"),
        (b"PK\x03\x04 and no more", "is no workbook, or a damaged one"),
        (book_of(["PO"], ["PO1"])[:-50], "is no workbook, or a damaged one"),
        (book_of(), "has no purchase orders"),
        (book_of(["PO"]), "has no purchase orders"),
        (book_of(["Order"], ["1"]), "has no column with PO numbers"),
    ],
)
def test_what_is_no_workbook_of_orders_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    """One sentence each, with what to do."""
    found = refused(tmp_path, content, NAME)

    assert words in found.problem
    assert found.remedy
