"""The four reports: the same figures and rows in each, whatever the sheet and the site hold; nothing in them runs."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from pytest_edgepool.outcomes.report import Report, ReportRow
from pytest_edgepool.outcomes.status import KeptFile, Outcome, Status
from pytest_edgepool.plugin.telling.report_files import WRITTEN_BY, kinds_in, write_all

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = (
    "</script><script>window.ran = 1</script>",
    "<img src=x onerror=window.ran=1>",
    '=HYPERLINK("http://evil.example")',
    "@SUM(A1)\x0b\udc80\ufffe",
    "#N/A",
    "ação 注 \u202e",
    "x" * 40_000,
    "]]>&amp;'\"\r\n\t",
)


def outcome(place: int) -> Outcome:
    """Every status in turn, with files, evil names and evidence."""
    status = list(Status)[place % len(Status)]
    name = HOSTILE[place % len(HOSTILE)]
    kept = KeptFile(name=f"f{place}.pdf", size=place, sha256="ab" * 32, url="https://x.test/a", content_type=name[:99])
    files = (kept, kept) if status in (Status.COMPLETED, Status.PARTIAL) else ()
    return Outcome(
        number=f"PO{place}",
        status=status,
        reason=name,
        supplier=name,
        url="javascript:window.ran=1",
        folder=f"a#b/PO{place}" if files else "",
        attachments_found=len(files),
        files=files,
        seconds=1.5,
        finished_at=f"2026-11-21T10:00:{place % 60:02}.000+00:00",
        run="r1",
        worker=f"gw{place % 3}",
        evidence="evidence/x" if status is Status.FAILED else "",
    )


def rows(count: int) -> list[ReportRow]:
    """Rows of two sheets; the first PO stands in both, the last was never tried."""
    made = [
        ReportRow(
            number=f"PO{n}", sheet="a.csv", columns={"PO": f"PO{n}", HOSTILE[0]: HOSTILE[n % 8]}, outcome=outcome(n)
        )
        for n in range(count)
    ]
    again = ReportRow(number="PO0", sheet="b.csv", columns={"PO": "PO0", "Status": "old"}, outcome=outcome(0))
    return [*made, again, ReportRow(number="PO-new", sheet="b.csv", columns={"PO": "PO-new"}, outcome=None)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("out")
    (made / "evidence" / "x").mkdir(parents=True)
    (made / "evidence" / "x" / "page.png").write_bytes(b"x")
    run = {"id": "r1", "site": "https://x.test", "finished_at": "2026-11-21", "stopped": "</p><script>"}
    report = Report(header=("PO", HOSTILE[0], "Status"), rows=rows(40), output=made, run=run)
    assert write_all(report) == ()
    return made


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_all_four_say_the_same(folder: Path) -> None:
    """POs, totals by status, files and bytes, and each row's status, are the same figures in each."""
    told = json.loads((folder / "report.json").read_bytes())
    page = (folder / "report.html").read_text(encoding="utf-8")
    with (folder / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        sheet = list(csv.DictReader(file))
    book = openpyxl.load_workbook(folder / "report.xlsx")
    held = [tuple(cell.value for cell in row) for row in book["Purchase orders"].iter_rows()]
    statuses = [(each["outcome"] or {}).get("status", "") for each in told["orders"]]

    assert [row["Status"] for row in sheet] == statuses
    assert [row[held[0].index("Status")] or "" for row in held[1:]] == statuses
    assert [each["status"] for each in data_of(page)["orders"]] == [each or "NOT TRIED" for each in statuses]
    figures = dict(book["Figures"].iter_rows(values_only=True))
    shown = {name: int(value) for name, value in re.findall(r'data-figure="(\w+)" data-value="(\d+)"', page)}
    by_status = {name: int(count) for name, count in re.findall(r'data-status="([\w ]+)" data-count="(\d+)"', page)}
    assert shown == {name: told[name] for name in ("purchase_orders", "files", "received_bytes")}
    assert {**told["totals"], "NOT TRIED": 1} == by_status
    assert (figures["purchase orders"], figures["files"], figures["bytes"]) == tuple(shown.values())
    assert {name: figures[name] for name in told["totals"]} == told["totals"]
    assert len(list(book["Files"].iter_rows())) - 1 == told["files"]
    assert told["purchase_orders"] == 41


def test_the_workbook_holds_no_formula(folder: Path) -> None:
    """What looks like one is text, in each cell of each worksheet, and in the header."""
    book = openpyxl.load_workbook(folder / "report.xlsx")
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n", "inlineStr"}
    assert any(str(cell.value).startswith("=HYPERLINK") for row in book["Purchase orders"].iter_rows() for cell in row)


def test_the_report_as_workbook_can_be_a_sheet_again(folder: Path) -> None:
    """Only its first worksheet asks for POs."""
    from pytest_edgepool.orders.sheet import read_sheets

    (sheet,) = read_sheets([folder / "report.xlsx"], None)
    assert len(sheet.orders) == 41


def test_the_page_asks_nobody(folder: Path) -> None:
    """Everything that it needs is in it, and its own policy forbids the rest."""
    page = (folder / "report.html").read_text(encoding="utf-8")
    before_data, _, after = page.partition('<script type="application/json" id="data">')
    assert "default-src 'none'" in before_data
    assert "http://" not in before_data.replace("http://www.w3.org", "")
    assert not re.search(r"\b(src|href)=", before_data)
    assert after.count("</script>") == 2
    assert "&lt;/p&gt;&lt;script&gt;" in before_data


@pytest.mark.parametrize("name", sorted(WRITTEN_BY))
def test_a_report_that_cannot_be_written_is_named_and_the_others_are_there(tmp_path: Path, name: str) -> None:
    """A spreadsheet program that has one open keeps the others from nothing."""
    (tmp_path / name / "kept").mkdir(parents=True)
    (told,) = write_all(Report(header=("PO",), rows=rows(2), output=tmp_path))
    assert told.startswith(f"{name} could not be written (")
    assert {each.name for each in tmp_path.iterdir()} == set(WRITTEN_BY)


def test_without_openpyxl_there_is_no_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other three are written, and nothing is missed."""
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    assert write_all(Report(header=("PO",), rows=rows(2), output=tmp_path)) == ()
    assert {each.name for each in tmp_path.iterdir()} == {"report.csv", "report.json", "report.html"}


def test_an_earlier_workbook_is_none_of_a_run_that_cannot_write_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows other figures; nobody is sent to it."""
    write_all(Report(header=("PO",), rows=rows(2), output=tmp_path))
    assert kinds_in(tmp_path) == ".csv, .html, .json, .xlsx"
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    assert kinds_in(tmp_path) == ".csv, .html, .json"


def test_whatever_breaks_in_one_format_the_others_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only a full disk: a fault of a library too."""

    def broken(path: Path, report: Report) -> None:
        raise KeyError("of a library")

    monkeypatch.setitem(WRITTEN_BY, "report.csv", broken)
    (told,) = write_all(Report(header=("PO",), rows=rows(2), output=tmp_path))
    assert told == "report.csv could not be written ('of a library')"
    assert {each.name for each in tmp_path.iterdir()} == set(WRITTEN_BY) - {"report.csv"}


@pytest.mark.parametrize("seconds", [float("nan"), float("inf")])
def test_a_ledgers_nan_empties_no_page(tmp_path: Path, seconds: float) -> None:
    """JSON has no word for it, and a browser reads nothing at all of a text that has one."""
    held = replace(outcome(0), seconds=seconds)
    report = Report(
        header=("PO",),
        rows=[ReportRow(number="PO0", sheet="a.csv", columns={}, outcome=held)],
        output=tmp_path,
        run={"id": "r1"},
    )
    assert write_all(report) == ()
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for text in ((tmp_path / "report.json").read_text(), json.dumps(data_of(page))):
        assert "NaN" not in text
        assert "Infinity" not in text
    ((*_, begin, end),) = data_of(page)["bars"]
    assert begin == end


def test_what_only_the_sheet_calls_done_is_told_so_in_all(tmp_path: Path) -> None:
    """The sheet's own cell stays; the figures say whose word it is."""
    known = ReportRow(
        number="PO1", sheet="a.csv", columns={"PO": "PO1", "STATUS": "COMPLETED"}, outcome=None, done_as="COMPLETED"
    )
    assert write_all(Report(header=("PO", "STATUS"), rows=[known], output=tmp_path)) == ()
    said = "COMPLETED, as the sheet says"
    assert json.loads((tmp_path / "report.json").read_bytes())["totals"] == {said: 1}
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    (order,) = data_of(page)["orders"]
    assert (order["status"], order["kind"]) == (said, "passed")
    assert f'data-status="{said}" data-count="1"' in page
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert dict(book["Figures"].iter_rows(values_only=True))[said] == 1
    assert book["Purchase orders"]["B2"].value == "COMPLETED"


def test_results_fill_each_column_that_means_the_same(tmp_path: Path) -> None:
    """Two sheets call it `Status` and `STATUS`, a third with an accent: none of them stays old."""
    columns = {"PO": "PO0", "Status": "old", "STATUS": "old", "Státus": "old"}
    made = ReportRow(number="PO0", sheet="a.csv", columns=columns, outcome=outcome(0))
    report = Report(header=tuple(columns), rows=[made], output=tmp_path)
    assert report.columns[:4] == tuple(columns)
    assert "STATUS" not in report.columns[4:]
    assert report.cells(made)[1:4] == ["COMPLETED"] * 3
