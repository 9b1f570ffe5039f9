"""Results in workbooks as people keep them: empty cells with a format, filters, tables, merges, array formulas."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table as ExcelTable

from pytest_edgepool.errors import SheetMistake
from pytest_edgepool.headers import RESULT_COLUMNS
from pytest_edgepool.orders.changed_text import changed_text
from pytest_edgepool.orders.changed_workbook import changed_workbook
from pytest_edgepool.orders.changes import Change
from tests.unit.sheets import book_of, book_with, text_cell, workbook

if TYPE_CHECKING:
    from collections.abc import Callable

TITLE = "Sheet1"
ROWS = (["PO", "Sum", "Who"], ["PO1", 1, "a"], ["PO2", 2, "b"])


def changed(data: bytes, **cells: str | int) -> bytes:
    """The workbook with these cells for PO1, in line 2."""
    change = Change(line=2, number="PO1", worksheet=TITLE, cells=cells or {"STATUS": "COMPLETED", "SUPPLIER": "Acme"})
    return changed_workbook("p.xlsx", data, None, [change])[0]


def sheet_of(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data))[TITLE]


def held(data: bytes, line: int = 2) -> list[Any]:
    return [cell.value for cell in sheet_of(data)[line]]


def part(data: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name).decode()


def book(touch: Callable[[Any], object]) -> bytes:
    return workbook({TITLE: ROWS}, lambda made: touch(made[TITLE]))


# -- empty cells, as a program writes each one that has a format -----------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "written", "expected"),
    [
        (b'<c r="B2" s="0"/><c r="C2"><v>7</v></c>', {"STATUS": "X"}, ["PO1", "X", 7, None]),
        (b'<c r="B2" s="0"/>', {"STATUS": "X"}, ["PO1", "X", None, None]),
        (b'<c r="B2" s="0"/><c r="C2" s="0"/><c r="D2"><v>7</v></c>', {"STATUS": "X"}, ["PO1", "X", None, 7]),
        (b'<c r="B2" s="0"/><c r="C2" s="0"/>', {"STATUS": "X", "SUPPLIER": "Y"}, ["PO1", "X", "Y", None]),
        (b'<c r="B2"><v/></c><c r="C2"><v>7</v></c>', {"STATUS": "X"}, ["PO1", "X", 7, None]),
        (b'<c r="B2" s="0"></c><c r="C2"><v>7</v></c>', {"STATUS": "X"}, ["PO1", "X", 7, None]),
        (b'<c r="C2" s="0" /><c r="D2"><v>7</v></c>', {"STATUS": "X"}, ["PO1", "X", None, 7]),
    ],
)
def test_an_empty_cell_is_filled_and_its_neighbours_stay(
    cells: bytes, written: dict[str, str | int], expected: list[Any]
) -> None:
    """Each is one element without content: nothing of what follows it is part of it."""
    header = b"".join(
        text_cell(f"{at}1", text) for at, text in zip("ABCD", ("PO", "STATUS", "SUPPLIER", "n"), strict=True)
    )
    data = book_with(b'<row r="1">' + header + b'</row><row r="2">' + text_cell("A2", "PO1") + cells + b"</row>")
    made = changed(data, **written)
    assert (held(made) + [None] * 4)[:4] == expected
    assert held(made, 1) == ["PO", "STATUS", "SUPPLIER", "n"]


def test_all_nine_result_columns_may_be_empty_cells() -> None:
    """As in a sheet whose columns were formatted before the first run."""
    letters = "BCDEFGHIJ"
    header = b"".join(text_cell(f"{at}1", name) for at, name in zip(letters, RESULT_COLUMNS, strict=True))
    empty = b"".join(f'<c r="{at}2" s="0"/>'.encode() for at in letters)
    data = book_with(
        b'<row r="1">'
        + text_cell("A1", "PO")
        + header
        + b'</row><row r="2">'
        + text_cell("A2", "PO1")
        + empty
        + b"</row>"
    )
    assert held(changed(data, **{name: f"of {name}" for name in RESULT_COLUMNS})) == [
        "PO1",
        *(f"of {name}" for name in RESULT_COLUMNS),
    ]


# -- ranges that are sorted ------------------------------------------------------------------------------------------


def test_a_filter_over_all_columns_is_over_the_new_ones_too() -> None:
    """Sorting by it moves the results with their rows; what the workbook knows of it says the same."""

    def touch(made: Any) -> None:
        made[TITLE].auto_filter.ref = "A1:C3"
        known = DefinedName("_xlnm._FilterDatabase", attr_text=f"'{TITLE}'!$A$1:$C$3", hidden=True)
        made[TITLE].defined_names["_xlnm._FilterDatabase"] = known

    data = changed(workbook({TITLE: ROWS}, touch))
    assert sheet_of(data).auto_filter.ref == "A1:E3"
    assert "!$A$1:$E$3</definedName>" in part(data, "xl/workbook.xml")


def test_a_filter_over_some_columns_stays() -> None:
    """It is the user's choice, and without new columns nothing is widened."""
    assert sheet_of(changed(book(lambda sheet: setattr(sheet.auto_filter, "ref", "A1:B3")))).auto_filter.ref == "A1:B3"
    filtered = book(lambda sheet: setattr(sheet.auto_filter, "ref", "A1:C3"))
    assert sheet_of(changed(filtered, Who="z")).auto_filter.ref == "A1:C3"


def test_a_table_over_the_rows_gets_the_new_columns() -> None:
    """Its columns are those of its header, as Excel demands; another run adds none."""
    data = changed(book(lambda sheet: sheet.add_table(ExcelTable(displayName="Orders", ref="A1:C3"))))
    for made in (data, changed(data, STATUS="PARTIAL", SUPPLIER="B")):
        (table,) = sheet_of(made).tables.values()
        assert (table.ref, table.autoFilter.ref) == ("A1:E3", "A1:E3")
        assert [each.name for each in table.tableColumns] == held(made, 1) == ["PO", "Sum", "Who", "STATUS", "SUPPLIER"]
        assert len({each.id for each in table.tableColumns}) == 5


def test_a_table_that_cannot_take_them_is_named() -> None:
    """One over some of the columns would be sorted without its results."""
    with pytest.raises(
        SheetMistake, match=r"line 1: the table 'Some' \(A1:B3\) cannot be given more columns; add STATUS"
    ):
        changed(book(lambda sheet: sheet.add_table(ExcelTable(displayName="Some", ref="A1:B3"))))


def test_a_table_beside_the_orders_is_none_of_it() -> None:
    """What does not hold the PO column stays as it is."""
    data = changed(book(lambda sheet: sheet.add_table(ExcelTable(displayName="Side", ref="B1:C3"))))
    assert [each.ref for each in sheet_of(data).tables.values()] == ["B1:C3"]


def test_new_columns_stand_beside_merged_cells_not_in_them() -> None:
    """In a merged cell nobody would see them."""
    data = changed(book(lambda sheet: sheet.merge_cells("C1:E1")))
    assert held(data, 1)[5:] == ["STATUS", "SUPPLIER"]
    assert held(data)[5:] == ["COMPLETED", "Acme"]


# -- what stands there -----------------------------------------------------------------------------------------------


def test_no_cell_of_an_array_formula_is_written_to() -> None:
    """It stands in one cell and fills the others."""
    data = workbook({TITLE: [["PO", "STATUS"], ["PO1", ""]]}, lambda made: None)
    array = workbook(
        {TITLE: [["PO", "STATUS", "n"], ["PO1", "", 1], ["PO2", "", 2]]},
        lambda made: made[TITLE].__setitem__("C2", ArrayFormula("B2:C3", "=1")),
    )
    # What no program has calculated yet cannot be read as a sheet.
    array = (
        _with(array, "<v></v>", "<v>1</v>")
        if "<v></v>" in part(array, "xl/worksheets/sheet1.xml")
        else _with(array, "<v />", "<v>1</v>")
    )
    assert held(changed(data, STATUS="X")) == ["PO1", "X"]
    with pytest.raises(SheetMistake, match="line 2: B2 holds a formula"):
        changed(array, STATUS="X")


def _with(data: bytes, old: str, new: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).decode().replace(old, new))
    return made.getvalue()


def test_a_text_longer_than_a_cell_is_cut() -> None:
    """Excel calls a workbook damaged that holds more."""
    assert len(held(changed(book_of(*ROWS), SUPPLIER="x" * 40_000))[3]) == 32_767


def test_a_count_is_the_same_number_however_its_cell_shows_it() -> None:
    """A format of zeros shows 2 as 002."""

    def touch(made: Any) -> None:
        made[TITLE]["B2"].number_format = "000"

    data = workbook({TITLE: [["PO", "ATTACHMENTS_FOUND"], ["PO1", 0]]}, touch)
    assert held(changed(data, ATTACHMENTS_FOUND=2)) == ["PO1", 2]


def test_no_result_makes_a_comment_of_its_row() -> None:
    """A row that begins with # asks for no PO any more: the next run would not see it."""
    data = changed(book_of(["SUPPLIER", "PO"], ["old", "PO1"]), SUPPLIER="#1 Supply")
    assert held(data) == ["'#1 Supply", "PO1"]
    change = Change(line=2, number="PO1", cells={"SUPPLIER": "#1 Supply", "STATUS": "X"})
    made, _ = changed_text("p.csv", b"SUPPLIER,PO\nold,PO1\n", None, [change])
    assert made == b"SUPPLIER,PO,STATUS\n'#1 Supply,PO1,X\n"


def test_what_cannot_be_written_names_its_row() -> None:
    """A cell's date format turns a count into a date: nobody shall find the row by search."""

    def touch(made: Any) -> None:
        made[TITLE]["B2"].number_format = "yyyy-mm-dd"

    data = workbook({TITLE: [["PO", "ATTACHMENTS_FOUND"], ["PO1", 0]]}, touch)
    with pytest.raises(SheetMistake, match="line 2: could not be written so that all else stays"):
        changed(data, ATTACHMENTS_FOUND=2)
