"""Text files as people's programs write them: encodings, dividing signs, comments, titles above the header."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.sheets import numbers, read, refused, written

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "PO_NUMBER,Fornecedor\nPO1,Peças São João\nPO2,Müller\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_usual_encoding_is_found(tmp_path: Path, encoding: str, end: str) -> None:
    """With or without a byte order mark, the same text gives the same orders."""
    sheet = read(tmp_path, TEXT.replace("\n", end).encode(encoding))

    assert sheet.header == ("PO_NUMBER", "Fornecedor")
    assert [order.columns["Fornecedor"] for order in sheet.orders] == ["Peças São João", "Müller"]


def test_only_the_guessed_encoding_is_told(tmp_path: Path) -> None:
    """Windows-1252 is a guess and is said to be one; UTF-16 is not."""
    assert "Windows-1252" in read(tmp_path, TEXT.encode("latin-1")).warnings[0]
    assert read(tmp_path, TEXT.encode("utf-16-be")).warnings == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_pipe_divides_too_and_the_levels_column_does_not(tmp_path: Path, delimiter: str) -> None:
    """The header `<|>` holds a pipe and is a name all the same."""
    sign = '"<|>"' if delimiter == "|" else "<|>"
    sheet = read(tmp_path, f"PO{delimiter}{sign}{delimiter}Year\nPO1{delimiter}{delimiter}2026\n")

    assert sheet.header == ("PO", "<|>", "Year")
    assert sheet.orders[0].levels == ("2026",)


def test_the_delimiter_that_excel_writes_first_counts(tmp_path: Path) -> None:
    """`sep=;` is an instruction, not a row; lines are counted with it."""
    sheet = read(tmp_path, "sep=;\r\nPO_NUMBER;a,b,c\r\nPO1;x\r\n")

    assert (sheet.header, sheet.orders[0].row) == (("PO_NUMBER", "a,b,c"), 3)


def test_a_title_above_the_header_is_left_out_and_told(tmp_path: Path) -> None:
    """Reports have a title, a date and a blank line above their header."""
    sheet = read(tmp_path, "Open orders;;\nas of 2026-11-21, all plants;;\n\nBuyer;PO Number;Total\nAna;PO1;7\n")

    assert (numbers(sheet), sheet.header, sheet.orders[0].row) == (["PO1"], ("Buyer", "PO Number", "Total"), 5)
    assert "the header was found in line 4" in sheet.warnings[0]


def test_a_title_without_a_dividing_sign_does_not_hide_that_of_the_header(tmp_path: Path) -> None:
    """The sign is looked for in the first line that has one."""
    assert read(tmp_path, "Open orders\nBuyer;PO Number\nAna;PO1\n").header == ("Buyer", "PO Number")


def test_a_single_column_may_hold_other_signs(tmp_path: Path) -> None:
    """When the first line is the PO header alone, nothing below it decides how it is divided."""
    assert numbers(read(tmp_path, "PO_NUMBER\nA;1\nA;2\n")) == ["A;1", "A;2"]


def test_comments_are_left_out_wherever_they_stand(tmp_path: Path) -> None:
    """Rows that begin with `#` and blank rows ask for nothing; a quotation mark or comma in them opens nothing."""
    text = '# don\'t "open, ever\n\n#a, b, c\nPO_NUMBER,x\n# "later\nPO1,a\n,\n"# quoted, too",\nPO2,b\n'
    sheet = read(tmp_path, text)

    assert [(order.number, order.row) for order in sheet.orders] == [("PO1", 6), ("PO2", 9)]
    assert (sheet.header, sheet.warnings) == (("PO_NUMBER", "x"), ())


def test_an_order_that_was_commented_out_is_told(tmp_path: Path) -> None:
    """`#PO2` asks for nothing, and nobody has to wonder where it went."""
    sheet = read(tmp_path, "PO_NUMBER\nPO1\n#PO2\n# a note\n#3\n")

    assert numbers(sheet) == ["PO1"]
    assert sheet.warnings == (f"{sheet.path}: rows that begin with # are comments and were left out: line 3, 5.",)


@pytest.mark.parametrize("header", ["#,PO,x", '#,"PO",x', "#PO,a,x"])
def test_a_header_that_begins_with_a_number_sign_is_a_header(tmp_path: Path, header: str) -> None:
    """Sheets number their rows in a column that is called `#`."""
    assert len(numbers(read(tmp_path, f"{header}\n1,PO1,a\n2,PO2,b\n"))) == 2


def test_the_rows_before_a_broken_one_are_judged_as_well(tmp_path: Path) -> None:
    """An unclosed quote ends the reading; what is wrong above it is told with it."""
    told = str(refused(tmp_path, 'PO_NUMBER,x\n,a\nPO2,"open\n'))

    assert told.startswith("The sheet has 2 problems:")
    assert "line 3: the row that begins here cannot be read" in told
    assert "line 2: the row has values but no PO number" in told


def test_a_tab_in_a_csv_and_a_comma_in_a_tsv(tmp_path: Path) -> None:
    """A `.tsv` is divided by tabs whatever its first lines say."""
    path = written(tmp_path, "sep=,\nPO\ta,b\nPO1\tx\n", "pos.tsv")

    assert read(tmp_path, path.read_bytes(), name="pos.tsv").header == ("PO", "a,b")


def test_a_quoted_line_that_begins_with_the_sign_is_no_comment(tmp_path: Path) -> None:
    """A line end inside quotes begins no row, so neither header nor cell is cut there."""
    sheet = read(tmp_path, '"Note, all\n# of it";PO_NUMBER\n"a\n#b";PO1\n')

    assert (sheet.header, sheet.orders[0].columns["Note, all\n# of it"]) == (
        ("Note, all\n# of it", "PO_NUMBER"),
        "a\n#b",
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_comments_end_with_their_line(tmp_path: Path, end: str) -> None:
    """Whatever the line end, the sign is that of the header below."""
    assert numbers(read(tmp_path, end.join(['# a "b', "# c", "x;PO", "1;PO1"]))) == ["PO1"]
