"""Results written into a sheet: what is not a result stays byte for byte, and the wrong row is never written to."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table as ExcelTable

from pytest_edgepool.errors import SheetMistake
from pytest_edgepool.orders.changed_text import changed_text
from pytest_edgepool.orders.changed_workbook import changed_workbook
from pytest_edgepool.orders.changes import Change

if TYPE_CHECKING:
    from collections.abc import Callable

DONE = {"STATUS": "COMPLETED", "ATTACHMENTS_FOUND": 2, "AttachmentName": "a.pdf;\nb, c.pdf"}


def change(line: int, number: str, worksheet: str = "", **cells: str | int) -> Change:
    return Change(line=line, number=number, worksheet=worksheet, cells=cells or DONE)


def text(data: str, *changes: Change, encoding: str = "utf-8", **more: Any) -> str:
    made, _ = changed_text("pos.csv", data.encode(encoding), None, changes, **more)
    return made.decode(encoding)


# -- text ------------------------------------------------------------------------------------------------------------


def test_missing_columns_are_added_at_the_end() -> None:
    """The rows that have no result stay as they are, short as they may be."""
    made = text("PO,Note\r\nPO1,x\r\nPO2\r\n", change(2, "PO1", STATUS="COMPLETED", SUPPLIER="A, B"))
    assert made == 'PO,Note,STATUS,SUPPLIER\r\nPO1,x,COMPLETED,"A, B"\r\nPO2\r\n'


def test_columns_that_are_there_are_found_loosely_and_filled() -> None:
    """`Attachments found` is ATTACHMENTS_FOUND; what stood there goes."""
    made = text("Status;PO;Attachments found\nold;PO1;\n", change(2, "PO1", STATUS="PARTIAL", ATTACHMENTS_FOUND=3))
    assert made == "Status;PO;Attachments found\nPARTIAL;PO1;3\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("sep=;\r\nPO;a\r\nPO1;b", "sep=;\r\nPO;a;STATUS\r\nPO1;b;X"),
        ('"PO","a"\n"PO1","b"\n', '"PO","a","STATUS"\n"PO1","b","X"\n'),
        ('PO,a\n\n# it\'s "odd, this\nPO1,"two\nlines"\n', 'PO,a,STATUS\n\n# it\'s "odd, this\nPO1,"two\nlines",X\n'),
        ("Title\n\nPO\tb\nPO1\tc\n", "Title\n\nPO\tb\tSTATUS\nPO1\tc\tX\n"),
        ("PO,a,,\nPO1,b,,\n", "PO,a,STATUS,\nPO1,b,X,\n"),
        ("PO\rPO1\r", "PO,STATUS\rPO1,X\r"),
        ("PO,<|>,Year\nPO1,,2026\n", "PO,<|>,Year,STATUS\nPO1,,2026,X\n"),
        ("PO , a\n PO1 , b\n", "PO , a,STATUS\n PO1 , b,X\n"),
    ],
)
def test_what_is_no_result_stays_as_it_is(data: str, expected: str) -> None:
    """Delimiter, quotes, line ends, titles, comments, blank lines, spaces, levels."""
    line = next(
        n for n, each in enumerate(data.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1) if "PO1" in each
    )
    assert text(data, change(line, "PO1", STATUS="X")) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"])
def test_the_encoding_and_its_mark_stay(encoding: str) -> None:
    """Whatever program made the sheet reads it again."""
    data = "PO;Empresa\nPO1;ação é\n".encode(encoding)
    made, note = changed_text("pos.csv", data, None, [change(2, "PO1", STATUS="X")])
    assert made == "PO;Empresa;STATUS\nPO1;ação é;X\n".encode(encoding)
    assert note == ""


def test_letters_that_the_encoding_does_not_know_make_it_utf_8() -> None:
    """No letter of a supplier is lost; the user is told."""
    made, note = changed_text("pos.csv", "PO;n\nPO1;é\n".encode("cp1252"), None, [change(2, "PO1", SUPPLIER="注")])
    assert made.decode("utf-8-sig") == "PO;n;SUPPLIER\nPO1;é;注\n"
    assert made.startswith(b"\xef\xbb\xbf")
    assert "UTF-8 now" in note


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("PO\nPO2\nPO1\n", "line 2: holds PO2 where PO1 was when the run began; the results are in the report"),
        ("PO\nPO9\n", "holds PO9 where PO1 was"),
        ("PO\n\nPO1\n", "holds no PO where PO1 was"),
        ("Note\nPO1\n", "has no column with PO numbers"),
        ('PO\nPO1,"x\n', "cannot be read"),
    ],
)
def test_a_sheet_that_was_edited_meanwhile_is_not_written_to(now: str, said: str) -> None:
    """A result never stands beside another PO."""
    with pytest.raises(SheetMistake, match=said):
        text(now, change(2, "PO1"))


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\x1a"), max_size=8)


@given(
    st.lists(st.lists(CELL, max_size=3), min_size=1, max_size=6),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["\r\n", "\n"]),
    CELL,
)
def test_whatever_a_sheet_holds_only_results_differ(
    rows: list[list[str]], delimiter: str, quoting: Any, line_end: str, supplier: str
) -> None:
    """Read again, each cell of the user's own is what it was; or it is refused, and nothing is written."""
    held = io.StringIO(newline="")
    writer = csv.writer(held, delimiter=delimiter, quoting=quoting, lineterminator=line_end)
    writer.writerow(["PO", "a", "b", "c"])
    lines = []
    for place, row in enumerate(rows):
        lines.append(held.getvalue().count("\n") + held.getvalue().replace("\r\n", "").count("\r") + 1)
        writer.writerow([f"PO{place}", *row])
    changes = [change(line, f"PO{place}", STATUS="X", SUPPLIER=supplier) for place, line in enumerate(lines)]
    try:
        made = text(held.getvalue(), *changes)
    except SheetMistake:
        return
    before = list(csv.reader(io.StringIO(held.getvalue(), newline=""), delimiter=delimiter))
    after = list(csv.reader(io.StringIO(made, newline=""), delimiter=delimiter))
    assert [row[: len(old)] for row, old in zip(after, before, strict=True)] == before
    assert all(row[4:5] == ["X"] for row in after[1:])


# -- workbooks -------------------------------------------------------------------------------------------------------


def workbook(fill: Callable[[Any], object]) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def rich(book: Any) -> None:
    """Formats, widths, a formula with its stored value, a chart, a validation, a table, a second worksheet."""
    sheet = book.active
    sheet.title = "Orders & more"
    sheet.append(["PO", "Sum", "Status"])
    for place in range(1, 4):
        sheet.append([f"PO{place}", place * 10, "old"])
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="FFCC00")
    sheet.column_dimensions["A"].width = 33
    check = DataValidation(type="list", formula1='"a,b"')
    check.add("C2:C9")
    sheet.add_data_validation(check)
    sheet.add_table(ExcelTable(displayName="T", ref="A1:C4"))
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=4), titles_from_data=True)
    sheet.add_chart(chart, "H2")
    other = book.create_sheet("Sums")
    other.append(["text", "=SUM('Orders & more'!B2:B4)"])
    other.sheet_state = "hidden"


def cells(data: bytes, title: str) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(data))[title].iter_rows(values_only=True))


def test_a_workbook_keeps_all_that_is_no_result() -> None:
    """Every part but the worksheet and its table is byte for byte the same; in these only results differ."""
    data = workbook(rich)
    title = "Orders & more"
    done = {**DONE, "SUPPLIER": "=1+1 <&> \x0b ção"}
    made, _ = changed_workbook(
        "p.xlsx", data, None, [change(2, "PO1", title, **done), change(4, "PO3", title, STATUS="X")]
    )

    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(io.BytesIO(made)) as new:
        assert new.namelist() == old.namelist()
        differs = [name for name in old.namelist() if old.read(name) != new.read(name)]
    assert differs == ["xl/worksheets/sheet1.xml", "xl/tables/table1.xml"]
    held = cells(made, title)
    assert held[0] == ("PO", "Sum", "Status", "ATTACHMENTS_FOUND", "AttachmentName", "SUPPLIER")
    assert held[1] == ("PO1", 10, "COMPLETED", 2, "a.pdf;\nb, c.pdf", "=1+1 <&> \ufffd ção")
    assert held[2] == ("PO2", 20, "old", None, None, None)
    assert held[3] == ("PO3", 30, "X", None, None, None)
    sheet = openpyxl.load_workbook(io.BytesIO(made))[title]
    assert sheet["F2"].data_type == "s"
    assert sheet["D1"].font.bold
    assert sheet.dimensions == "A1:F4"
    assert (sheet.column_dimensions["A"].width, len(sheet._charts), len(sheet.tables)) == (33, 1, 1)


def test_it_can_be_read_and_changed_again() -> None:
    """The next run reads what this one wrote, and writes into the same columns."""
    once, _ = changed_workbook("p.xlsx", workbook(rich), None, [change(3, "PO2", "Orders & more")])
    twice, _ = changed_workbook("p.xlsx", once, None, [change(3, "PO2", "Orders & more", STATUS="PARTIAL")])
    assert cells(twice, "Orders & more")[2] == ("PO2", 20, "PARTIAL", 2, "a.pdf;\nb, c.pdf")


def raw(sheet_xml: str) -> bytes:
    """A workbook whose only worksheet is this XML, as a program other than Excel may write it."""
    held = io.BytesIO()
    data = workbook(lambda book: book.active.append(["PO"]))
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(held, "w") as new:
        for name in old.namelist():
            new.writestr(name, sheet_xml if name.endswith("sheet1.xml") else old.read(name))
    return held.getvalue()


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def row(xml: str, *texts: str) -> str:
    """A row as XML, of a template for cells."""
    return "".join(xml.replace("TEXT", text).replace("@", "AB"[place]) for place, text in enumerate(texts))


PLAIN = '<c t="inlineStr"><is><t>TEXT</t></is></c>'
PREFIXED = '<x:c r="@1" t="inlineStr"><x:is><x:t>TEXT</x:t></x:is></x:c>'
QUOTED = "<c r='@1' t='inlineStr'><is><t>TEXT</t></is></c>"
NO_REFERENCES = (
    f'<worksheet xmlns="{MAIN}"><sheetData><row>{row(PLAIN, "PO", "STATUS")}</row>'
    f"<row>{row(PLAIN, 'PO1')}</row></sheetData></worksheet>"
)
WITH_PREFIX = (
    f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row r="1">{row(PREFIXED, "PO", "STATUS")}</x:row>'
    f'<x:row r="2">{row(PREFIXED, "PO1").replace("1" + chr(34), "2" + chr(34), 1)}</x:row></x:sheetData></x:worksheet>'
)
WITH_SPANS = (
    f"<worksheet xmlns='{MAIN}'><dimension ref='A1:B2'/><sheetData><row r='1' spans='1:2'>{row(QUOTED, 'PO', 'Status')}"
    f"</row><row r='2' spans='1:2'>{row(QUOTED.replace('@1', '@2'), 'PO1')}<c r='B2'/></row></sheetData></worksheet>"
)


@pytest.mark.parametrize("xml", [NO_REFERENCES, WITH_PREFIX, WITH_SPANS])
def test_worksheets_of_other_programs_are_changed_too(xml: str) -> None:
    """Rows and cells without their reference, prefixed names, empty cells."""
    made, _ = changed_workbook("p.xlsx", raw(xml), None, [change(2, "PO1", "Sheet", STATUS="X", SUPPLIER="Acme")])
    assert [row[0:3] for row in cells(made, "Sheet")][1] == ("PO1", "X", "Acme")


def test_a_formula_is_not_replaced() -> None:
    """The user's own formula in a result column is worth more than a result."""
    xml = (
        f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>PO</t></is></c><c r="B1" '
        't="inlineStr"><is><t>STATUS</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>PO1</t></is></c>'
        '<c r="B2"><f>1+1</f><v>2</v></c></row></sheetData></worksheet>'
    )
    with pytest.raises(SheetMistake, match="line 2: B2 holds a formula"):
        changed_workbook("p.xlsx", raw(xml), None, [change(2, "PO1", "Sheet", STATUS="X")])


def test_a_worksheet_that_is_gone_and_a_moved_row_are_told() -> None:
    """Nothing is written where it would be beside another PO."""
    for worksheet, line, said in (
        ("Gone", 2, "no worksheet 'Gone' any more"),
        ("Orders & more", 3, "holds PO2 where PO1"),
    ):
        with pytest.raises(SheetMistake, match=said):
            changed_workbook("p.xlsx", workbook(rich), None, [change(line, "PO1", worksheet)])
