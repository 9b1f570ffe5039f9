"""Sheets made to do harm, given to the command: each is refused with a sentence, all together, and nothing is run."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.unit.sheets import book_with, text_cell, workbook

if TYPE_CHECKING:
    from tests.plugin.conftest import Shop

HEAD = b'<row r="1">' + text_cell("A1", "PO_NUMBER") + b"</row>"


def bomb() -> bytes:
    """A workbook of a few kilobytes that unpacks to many megabytes."""
    held = io.BytesIO()
    with (
        zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for _ in range(128):
            part.write(b"0" * (1 << 20))
    return held.getvalue()


def sheets() -> dict[str, tuple[bytes, str]]:
    """Each file, and words of what is said of it."""
    return {
        "nul.csv": (b"PO_NUMBER\nPO1\0\n", "is binary"),
        "field.csv": (b"PO_NUMBER,x\nPO1," + b"a" * 10_000_000 + b"\n", "a cell holds more than"),
        "columns.csv": (b"PO_NUMBER," + b"x," * 10_000 + b"x\nPO1\n", "more than 702 columns"),
        "formulas.csv": (b'PO_NUMBER\n"=HYPERLINK(""http://x"")"\n@SUM(A1)\n', "begins like a formula"),
        "formula.xlsx": (book_with(HEAD + b'<row r="2"><c r="A2"><f>1+1</f></c></row>'), "has no stored value"),
        "bomb.xlsx": (bomb(), "unpacks to more than"),
        "cut.xlsx": (
            workbook({"s": [["PO_NUMBER"], ["PO1"]]}, lambda _: None)[:-400],
            "is no workbook, or a damaged one",
        ),
        "noise.tsv": (bytes(range(256)) * 40, "noise.tsv: "),
    }


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_no_hostile_sheet_is_run_or_gives_a_traceback(shop: Shop, processes: str) -> None:
    """Each file is named with what is wrong with it; the exit code is 4, and not a byte was written."""
    given = sheets()
    for name, (content, _) in given.items():
        (shop.folder / name).write_bytes(content)
    before = shop.contents()
    ran = shop.run(*(f"--po-csv={name}" for name in given), processes, "--junitxml=report.xml")
    assert ran.code == 4, ran.out
    for name, (_, words) in given.items():
        assert [line for line in ran.lines if f"{name}" in line and words in line], f"{name}: {ran.out[:3000]}"
    assert not {"Traceback", "INTERNALERROR", "Error:"} & set(ran.out.replace(">", " ").split())
    assert max(map(len, ran.lines)) < 1000
    assert shop.contents() == before
    shop.assert_no_browser_was_started()
