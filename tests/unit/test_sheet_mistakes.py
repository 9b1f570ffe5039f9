"""Sheets that cannot be run: one sentence each, with file, line where there is one, and remedy."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from pytest_edgepool.errors import SheetMistake, UsageMistake
from pytest_edgepool.orders.sheet import read_sheets


def mistake(path: Path, column: str | None = None) -> SheetMistake:
    with pytest.raises(SheetMistake) as caught:
        read_sheets([path], column)
    return caught.value


def written(folder: Path, content: bytes, name: str = "pos.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"", None, "has no purchase orders"),
        (b"\n \n,,\n", None, "has no purchase orders"),
        (b"PO_NUMBER,Supplier\n", None, "has no purchase orders"),
        (b"\xef\xbb\xbf", None, "has no purchase orders"),
        (b"PO_NUMBER,Supplier\n,\n\n", None, "has no purchase orders"),
        (b"PO_NUMBER\nPO\x001\n", None, "is binary or UTF-16"),
        ("PO_NUMBER\nPO1\n".encode("utf-16")[:-1], None, "begins as UTF-16"),
        ("PO_NUMBER\nPO\0001\n".encode("utf-16"), 2, "NUL"),
        (b"PK\x03\x04rest of a workbook", None, "Excel workbook"),
        (b"%PDF-1.7\nPO_NUMBER\n", None, "is a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", None, "old Excel"),
        (b"PO_NUMBER\nPO1\nPO\x81\n", 3, "neither UTF-8 nor Windows-1252"),
        (b"PO_NUMBER,x\nPO1,a\n,b\n", 3, "no PO number"),
        (b"PO_NUMBER,x\nPO1,a\n   ,b\n", 3, "no PO number"),
        (b'PO_NUMBER,x\nPO1,"a\nb"\n,c\n', 4, "no PO number"),
        (b'PO_NUMBER,x\nPO1,a\nPO2,"never closed\nPO3,c\n', 3, "cannot be read"),
        (b'PO_NUMBER,x\nPO1,"a"b\n', 2, "cannot be read"),
    ],
)
def test_a_bad_sheet_is_refused_with_file_line_and_reason(
    tmp_path: Path, content: bytes, line: int | None, problem: str
) -> None:
    """The sentence names the sheet, its line where one is meant, and what is wrong."""
    path = written(tmp_path, content)

    found = mistake(path)

    assert (found.path, found.line) == (str(path), line)
    assert problem in found.problem
    assert found.remedy


def test_a_mistake_is_one_sentence_and_the_users(tmp_path: Path) -> None:
    """It reads as one line, ends with one full stop, and is a usage mistake, which is shown without traceback."""
    found = mistake(written(tmp_path, b"PO_NUMBER,x\n,b\n"))

    assert isinstance(found, UsageMistake)
    assert str(found) == (
        f"{tmp_path / 'pos.csv'}, line 2: the row has values but no PO number; fill in 'PO_NUMBER' or delete the row."
    )


def test_a_mistake_survives_pickling(tmp_path: Path) -> None:
    """It can be told by another process in the same words."""
    found = mistake(written(tmp_path, b""))

    assert str(pickle.loads(pickle.dumps(found))) == str(found)


def test_a_sheet_without_a_po_column_names_the_columns_there_are(tmp_path: Path) -> None:
    """The user sees what was read, and the option that helps."""
    text = str(mistake(written(tmp_path, b"Order;Supplier;Total\nPO1;Acme;1\n")))

    assert "its columns are 'Order', 'Supplier', 'Total'" in text
    assert "--po-column" in text


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    """`--po-column` with a wrong name is no reason to guess, although PO_NUMBER is there."""
    text = str(mistake(written(tmp_path, b"PO_NUMBER,Supplier\nPO1,Acme\n"), "Auftrag"))

    assert "no column 'Auftrag'" in text
    assert "'PO_NUMBER', 'Supplier'" in text


def test_punctuation_alone_names_no_column(tmp_path: Path) -> None:
    """A `--po-column` without a letter or digit does not match a header without one."""
    assert "no column '-'" in str(mistake(written(tmp_path, b"PO_NUMBER,#\nPO1,2\n"), "-"))


def test_a_missing_sheet_is_named(tmp_path: Path) -> None:
    """The path is shown as given, with the option it came from."""
    text = str(mistake(tmp_path / "nowhere.csv"))

    assert text.startswith(f"{tmp_path / 'nowhere.csv'}: there is no such file")
    assert "--po-csv" in text


def test_a_missing_sheet_of_another_suffix_is_missing_first(tmp_path: Path) -> None:
    """Nobody is told to convert a file that is not there."""
    assert "no such file" in str(mistake(tmp_path / "nowhere.ods"))


def test_a_folder_is_no_sheet(tmp_path: Path) -> None:
    """A folder is refused, even one with a sheet's name."""
    folder = tmp_path / "pos.csv"
    folder.mkdir()

    assert "is a folder" in str(mistake(folder))


@pytest.mark.parametrize("name", ["pos.xls", "pos.ods", "pos", "pos.csv.bak"])
def test_another_suffix_is_refused_with_what_is_read(tmp_path: Path, name: str) -> None:
    """The sentence lists the kinds of sheet that can be read."""
    assert ".csv .tsv" in str(mistake(written(tmp_path, b"PO_NUMBER\nPO1\n", name)))


def test_a_path_through_a_file_cannot_be_read(tmp_path: Path) -> None:
    """What the operating system says stands in the sentence."""
    written(tmp_path, b"PO_NUMBER\nPO1\n")

    assert "cannot be read (Not a directory)" in str(mistake(tmp_path / "pos.csv" / "inner.csv"))


def test_a_path_that_no_system_takes_is_a_mistake() -> None:
    """A NUL in a path is told like any other wrong path, not as a traceback."""
    assert mistake(Path("a\0b.csv")).remedy


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_sheet_without_the_right_to_read_is_told(tmp_path: Path) -> None:
    """Permission denied is named as such."""
    path = written(tmp_path, b"PO_NUMBER\nPO1\n")
    path.chmod(0)

    assert "Permission denied" in str(mistake(path))


def test_the_first_bad_sheet_is_the_one_that_is_told(tmp_path: Path) -> None:
    """A good sheet before a bad one does not hide it."""
    good = written(tmp_path, b"PO_NUMBER\nPO1\n", "good.csv")
    bad = written(tmp_path, b"", "bad.csv")

    with pytest.raises(SheetMistake, match=r"bad\.csv"):
        read_sheets([good, bad], None)


def test_a_field_without_end_is_refused(tmp_path: Path) -> None:
    """A field beyond the csv module's limit is told with the line on which its row begins."""
    content = b"PO_NUMBER,x\nPO1," + b"a" * 200_000 + b"\n"

    assert mistake(written(tmp_path, content)).line == 2
