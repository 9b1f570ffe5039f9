"""Reading sheets that can be run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pytest_edgepool.errors import Permanent
from pytest_edgepool.orders.sheet import Sheet, digest_of, freeze, read_sheets, thaw


def written(folder: Path, content: str | bytes, name: str = "pos.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(folder: Path, content: str | bytes, column: str | None = None, name: str = "pos.csv") -> Sheet:
    (sheet,) = read_sheets([written(folder, content, name)], column)
    return sheet


def numbers(sheet: Sheet) -> list[str]:
    return [order.number for order in sheet.orders]


def test_the_smallest_sheet_is_one_column(tmp_path: Path) -> None:
    """A header and a number are a sheet, without any warning."""
    sheet = read(tmp_path, "PO_NUMBER\nPO1\n")

    assert (numbers(sheet), sheet.po_column, sheet.warnings) == (["PO1"], "PO_NUMBER", ())


def test_orders_come_in_the_sheets_order_with_their_lines(tmp_path: Path) -> None:
    """Orders keep the file's order, and `row` is the line that an editor shows."""
    sheet = read(tmp_path, "PO_NUMBER,x\nPO9,a\nPO1,b\nPO5,c\n")

    assert [(order.number, order.row) for order in sheet.orders] == [("PO9", 2), ("PO1", 3), ("PO5", 4)]


def test_the_path_is_what_the_user_gave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path stays relative, in the sheet and in its orders."""
    written(tmp_path, "PO_NUMBER\nPO1\n")
    monkeypatch.chdir(tmp_path)

    (sheet,) = read_sheets([Path("pos.csv")], None)

    assert (sheet.path, sheet.orders[0].sheet) == ("pos.csv", "pos.csv")


def test_the_digest_is_of_the_bytes_on_the_disk(tmp_path: Path) -> None:
    """The digest can be checked with any sha256 tool."""
    content = b"\xef\xbb\xbfPO_NUMBER\r\nPO1\r\n"

    assert read(tmp_path, content).digest == hashlib.sha256(content).hexdigest()


def test_a_number_loses_the_spaces_around_it_and_its_column_does_not(tmp_path: Path) -> None:
    """The number is stripped, a no-break space too; what the report shows is what the sheet held."""
    (order,) = read(tmp_path, "PO_NUMBER,x\n \u00a0PO1 , y \n").orders

    assert order.number == "PO1"
    assert order.columns == {"PO_NUMBER": " \u00a0PO1 ", "x": " y "}


def test_numbers_stay_text(tmp_path: Path) -> None:
    """Leading zeros and long numbers are kept as written."""
    assert numbers(read(tmp_path, "PO_NUMBER\n000123\n12345678901234567890\n")) == ["000123", "12345678901234567890"]


@pytest.mark.parametrize(
    "header",
    [
        *("PO_NUMBER", "PO", "po", "PO Number", "po_number", "Purchase Order", "PURCHASE-ORDER"),
        *("Purchase Order Number", "Order Number", "order_number", "Pedido", " PO_NUMBER ", "PO Number:"),
    ],
)
def test_the_usual_headers_are_found(tmp_path: Path, header: str) -> None:
    """Case, spaces and punctuation of the header do not matter."""
    sheet = read(tmp_path, f"Supplier,{header},Amount\nAcme,PO1,10\n")

    assert (numbers(sheet), sheet.po_column, sheet.warnings) == (["PO1"], header.strip(), ())


def test_the_exact_header_wins(tmp_path: Path) -> None:
    """`PO_NUMBER` is taken among others, without a doubt."""
    sheet = read(tmp_path, "PO,Order Number,PO_NUMBER\na,b,c\n")

    assert (numbers(sheet), sheet.warnings) == (["c"], ())


def test_a_doubtful_header_is_told(tmp_path: Path) -> None:
    """With two columns that may be meant, the better known one is taken and the user hears of it."""
    sheet = read(tmp_path, "Order Number,PO\na,b\n")

    assert numbers(sheet) == ["b"]
    assert "'PO', 'Order Number'" in sheet.warnings[0]
    assert "--po-column" in sheet.warnings[0]


@pytest.mark.parametrize("wanted", ["Auftrag Nr.", "auftrag nr", " AUFTRAG_NR "])
def test_the_user_may_name_the_column(tmp_path: Path, wanted: str) -> None:
    """`--po-column` wins over every known header, and is found as loosely as they are."""
    assert numbers(read(tmp_path, "PO_NUMBER,Auftrag Nr.\nPO1,A1\n", wanted)) == ["A1"]


def test_of_two_columns_that_look_alike_the_exact_one_is_meant(tmp_path: Path) -> None:
    """`--po-column` prefers the header that is spelled as the user spells it."""
    assert numbers(read(tmp_path, "po no,PO No\na,b\n", "PO No")) == ["b"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, delimiter: str) -> None:
    """Comma, semicolon and tab need no option; the other signs are then ordinary characters."""
    text = delimiter.join(["PO_NUMBER", "Total", "Note"]) + "\n" + delimiter.join(["PO1", '"1,5;x"', "n"]) + "\n"

    assert read(tmp_path, text).orders[0].columns == {"PO_NUMBER": "PO1", "Total": "1,5;x", "Note": "n"}


def test_signs_inside_quotes_are_no_delimiters(tmp_path: Path) -> None:
    """A quoted header full of commas does not hide the semicolons, even with a line end in it."""
    sheet = read(tmp_path, '"PO, all, of\nthem";PO_NUMBER\na;PO1\n')

    assert (numbers(sheet), sheet.orders[0].row) == (["PO1"], 3)


def test_a_tsv_sheet_is_divided_by_tabs(tmp_path: Path) -> None:
    """In a `.tsv` only the tab divides, however many commas its header has."""
    assert read(tmp_path, "PO_NUMBER\ta,b,c\nPO1\tx\n", name="pos.TSV").header == ("PO_NUMBER", "a,b,c")


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    """A sheet saved by Excel as "CSV UTF-8" is read like any other."""
    assert read(tmp_path, b"\xef\xbb\xbfPO_NUMBER,F\xc3\xa4rbe\nPO1,x\n").header == ("PO_NUMBER", "Färbe")


def test_an_old_windows_sheet_is_read_and_told(tmp_path: Path) -> None:
    """Windows-1252 bytes are understood; the warning names the first line that is not UTF-8."""
    sheet = read(tmp_path, "PO_NUMBER,Supplier\nPO1,Acme\nPO2,Peças €\n".encode("cp1252"))

    assert sheet.orders[1].columns["Supplier"] == "Peças €"
    assert sheet.warnings[0].startswith(f"{sheet.path}, line 3: not UTF-8")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_understood(tmp_path: Path, end: str) -> None:
    """Unix, Windows and old Mac sheets give the same orders and lines."""
    sheet = read(tmp_path, end.join(["PO_NUMBER", "PO1", "PO2"]))

    assert [(order.number, order.row) for order in sheet.orders] == [("PO1", 2), ("PO2", 3)]


def test_a_row_begins_where_its_record_begins(tmp_path: Path) -> None:
    """Line ends inside quotes count as lines of the file."""
    sheet = read(tmp_path, 'PO_NUMBER,Note\nPO1,"one\ntwo\nthree"\nPO2,x\n')

    assert [(order.number, order.row) for order in sheet.orders] == [("PO1", 2), ("PO2", 5)]
    assert sheet.orders[0].columns["Note"] == "one\ntwo\nthree"


def test_blank_rows_are_skipped(tmp_path: Path) -> None:
    """Empty lines, rows of delimiters and rows of spaces are nothing, also before the header; lines still count."""
    sheet = read(tmp_path, "\n  \nPO_NUMBER,x\n\n,\n  , \nPO1,a\n\n")

    assert [(order.number, order.row) for order in sheet.orders] == [("PO1", 7)]
    assert sheet.warnings == ()


def test_a_short_row_is_filled_up(tmp_path: Path) -> None:
    """Missing cells at the end of a row are empty, without a warning: spreadsheet programs leave them out."""
    sheet = read(tmp_path, "PO_NUMBER,a,b\nPO1\n")

    assert (sheet.orders[0].columns, sheet.warnings) == ({"PO_NUMBER": "PO1", "a": "", "b": ""}, ())


def test_a_long_row_keeps_its_values_and_is_told(tmp_path: Path) -> None:
    """Values beyond the header are kept in columns of their own; the warning names line and counts."""
    sheet = read(tmp_path, "PO_NUMBER,Supplier\nPO1,Smith, Inc\nPO2,Acme\n")

    assert sheet.header == ("PO_NUMBER", "Supplier", "column 3")
    assert [row.columns["column 3"] for row in sheet.rows] == [" Inc", ""]
    assert "line 2: 3 values, but the header names 2 columns" in sheet.warnings[0]


def test_empty_cells_beyond_the_header_are_nothing(tmp_path: Path) -> None:
    """The rows of commas that spreadsheets export make neither columns nor warnings."""
    sheet = read(tmp_path, "PO_NUMBER,x,,,\nPO1,a,,,\nPO2,b,,,,,\n")

    assert (sheet.header, sheet.warnings) == (("PO_NUMBER", "x"), ())


def test_a_column_without_a_name_keeps_its_values(tmp_path: Path) -> None:
    """An empty header between two others is called by its place."""
    assert read(tmp_path, "PO_NUMBER,,y\nPO1,a,b\n").orders[0].columns == {
        "PO_NUMBER": "PO1",
        "column 2": "a",
        "y": "b",
    }


def test_two_columns_of_one_name_both_keep_their_values(tmp_path: Path) -> None:
    """The second one gets its place into its name, and the user hears which one counts."""
    sheet = read(tmp_path, "PO_NUMBER,x,PO_NUMBER\nPO1,a,PO2\n")

    assert sheet.orders[0].columns == {"PO_NUMBER": "PO1", "x": "a", "PO_NUMBER (column 3)": "PO2"}
    assert "twice" in sheet.warnings[0]


def test_a_po_named_twice_is_run_once(tmp_path: Path) -> None:
    """The first row is the order; the warning names both lines; the report still has every row."""
    sheet = read(tmp_path, "PO_NUMBER,x\nPO1,a\nPO2,b\n PO1,c\n")

    assert numbers(sheet) == ["PO1", "PO2"]
    assert [(row.number, row.row) for row in sheet.rows] == [("PO1", 2), ("PO2", 3), ("PO1", 4)]
    assert sheet.warnings == (f"{sheet.path}, line 4: PO PO1 stands already in line 2; it is run once.",)


def test_a_po_named_in_two_sheets_is_run_once(tmp_path: Path) -> None:
    """The warning names both sheets and both lines; the second sheet runs what is left of it."""
    one = written(tmp_path, "PO_NUMBER\nPO1\nPO2\n", "one.csv")
    two = written(tmp_path, "Pedido\nPO3\nPO2\n", "two.csv")

    first, second = read_sheets([one, two], None)

    assert (numbers(first), numbers(second)) == (["PO1", "PO2"], ["PO3"])
    assert first.warnings == ()
    assert second.warnings == (f"{two}, line 3: PO PO2 stands already in {one}, line 3; it is run once.",)


def test_numbers_that_differ_in_case_are_different(tmp_path: Path) -> None:
    """Only the site knows whether case matters, so nothing is thrown away."""
    assert numbers(read(tmp_path, "PO_NUMBER\npo1\nPO1\n")) == ["po1", "PO1"]


def test_no_sheet_is_no_order() -> None:
    """An empty list of sheets gives an empty list."""
    assert read_sheets([], None) == ()


def test_a_big_sheet_keeps_every_row(tmp_path: Path) -> None:
    """5000 rows are 5000 orders, each on its own line."""
    sheet = read(tmp_path, "PO_NUMBER,x\n" + "".join(f"PO{n},v\n" for n in range(5000)))

    assert [(order.number, order.row) for order in sheet.orders] == [(f"PO{n}", n + 2) for n in range(5000)]


def test_frozen_sheets_thaw_to_the_same(tmp_path: Path) -> None:
    """What the controller froze a worker reads back equal: rows, orders, warnings, line ends and accents."""
    one = written(tmp_path, 'PO_NUMBER,Nota\nPO1,"ação\nlinha"\nPO1,again\n', "one.csv")
    two = written(tmp_path, "PO;x\nPO7;y\n", "two.csv")
    sheets = read_sheets([one, two], None)
    frozen = freeze(sheets)

    assert thaw(frozen, digest_of(frozen)) == sheets


def test_freezing_is_the_same_each_time(tmp_path: Path) -> None:
    """Equal sheets give equal bytes, so that their digest says whether they changed."""
    path = written(tmp_path, "PO_NUMBER,x\nPO1,a\n")

    assert freeze(read_sheets([path], None)) == freeze(read_sheets([path], None))


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data.replace(b"PO1", b"PO2"), lambda _: b""])
def test_changed_bytes_do_not_thaw(tmp_path: Path, damage: object) -> None:
    """A frozen sheet that was cut, changed or emptied is refused before anything of it is used."""
    frozen = freeze(read_sheets([written(tmp_path, "PO_NUMBER\nPO1\n")], None))

    with pytest.raises(Permanent, match="frozen sheet"):
        thaw(damage(frozen), digest_of(frozen))
