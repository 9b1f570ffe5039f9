"""The reports: the user's own sheet with results beside it, and JSON for programs."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.headers import RESULT_COLUMNS
from pytest_edgepool.outcomes.report import Report, ReportRow
from pytest_edgepool.outcomes.reports.as_csv import write_csv
from pytest_edgepool.outcomes.reports.as_json import write_json
from pytest_edgepool.outcomes.status import KeptFile, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE = Outcome(
    number="PO1",
    status=Status.COMPLETED,
    supplier="Acme",
    url="https://x.test/order_headers/1",
    folder="Acme/PO1",
    attachments_found=2,
    files=(KeptFile(name="a.pdf", size=3, sha256="aa"), KeptFile(name="b.pdf", size=4, sha256="bb")),
    finished_at="2025-01-02T05:04:05.678+02:00",
)
MISSING = Outcome(number="PO2", status=Status.PO_NOT_FOUND, reason="the site has no such order\nsecond line")


def as_csv(path: Path, header: Sequence[str], rows: Sequence[ReportRow], output: Path) -> None:
    write_csv(path, Report(header=header, rows=rows, output=output))


def row(outcome: Outcome | None, number: str = "PO1", **columns: str) -> ReportRow:
    return ReportRow(number=number, sheet="pos.csv", columns={"PO_NUMBER": number, **columns}, outcome=outcome)


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def records(path: Path) -> list[dict[str, str]]:
    header, *rows = table(path)
    return [dict(zip(header, cells, strict=True)) for cells in rows]


def reported(folder: Path, *rows: ReportRow, header: tuple[str, ...] = ("PO_NUMBER",)) -> list[dict[str, str]]:
    as_csv(folder / "report.csv", header, rows, folder)
    return records(folder / "report.csv")


def test_the_sheets_own_columns_come_first(tmp_path: Path) -> None:
    """The header is the sheet's, in its order, then the nine result columns in theirs."""
    as_csv(tmp_path / "report.csv", ["Company", "PO_NUMBER"], [row(DONE)], tmp_path)

    assert table(tmp_path / "report.csv")[0] == ["Company", "PO_NUMBER", *RESULT_COLUMNS]


def test_a_finished_po_shows_what_came_of_it(tmp_path: Path) -> None:
    """Every result column holds what users know it to hold; the time is UTC."""
    (record,) = reported(tmp_path, row(DONE))

    assert record == {
        "PO_NUMBER": "PO1",
        "STATUS": "COMPLETED",
        "SUPPLIER": "Acme",
        "ATTACHMENTS_FOUND": "2",
        "ATTACHMENTS_DOWNLOADED": "2",
        "AttachmentName": "a.pdf;\nb.pdf",
        "LAST_PROCESSED": "2025-01-02 03:04:05",
        "ERROR_MESSAGE": "",
        "DOWNLOAD_FOLDER": str(tmp_path / "Acme" / "PO1"),
        "COUPA_URL": "https://x.test/order_headers/1",
    }


def test_a_failed_po_shows_its_reason_on_one_line(tmp_path: Path) -> None:
    """The message is folded; a PO without files has no folder."""
    (record,) = reported(tmp_path, row(MISSING, "PO2"))

    assert record["ERROR_MESSAGE"] == "the site has no such order second line"
    assert (record["STATUS"], record["DOWNLOAD_FOLDER"], record["ATTACHMENTS_FOUND"]) == ("PO_NOT_FOUND", "", "0")


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.NO_ATTACHMENTS])
def test_what_went_well_has_no_error_message(tmp_path: Path, status: Status) -> None:
    """A remark about a PO that passed is no error."""
    (record,) = reported(tmp_path, row(Outcome(number="PO1", status=status, reason="after 2 tries")))

    assert record["ERROR_MESSAGE"] == ""


def test_result_columns_that_the_sheet_has_are_filled_not_doubled(tmp_path: Path) -> None:
    """The sheet's spelling and place of them stay; their old values go."""
    header = ("Status", "PO_NUMBER", "ATTACHMENTNAME")
    as_csv(tmp_path / "r.csv", header, [row(DONE, Status="OLD", ATTACHMENTNAME="old.pdf")], tmp_path)

    written = table(tmp_path / "r.csv")

    assert written[0][:3] == list(header)
    assert [name.casefold() for name in written[0]].count("status") == 1
    assert written[1][:3] == ["COMPLETED", "PO1", "a.pdf;\nb.pdf"]
    assert len(written[0]) == 10


def test_a_supplier_that_the_site_did_not_name_stays_the_sheets(tmp_path: Path) -> None:
    """Of an order that was not found nothing is known of its supplier, and what the user wrote is not wiped."""
    (record,) = reported(tmp_path, row(MISSING, "PO2", Supplier="Beta"), header=("PO_NUMBER", "Supplier"))

    assert (record["Supplier"], record["STATUS"]) == ("Beta", "PO_NOT_FOUND")


def test_a_po_that_was_not_tried_keeps_the_sheets_values(tmp_path: Path) -> None:
    """Without an outcome nothing is claimed and nothing of the user's is wiped."""
    (record,) = reported(tmp_path, row(None, STATUS="DONE BY HAND"), header=("PO_NUMBER", "STATUS"))

    assert (record["STATUS"], record["SUPPLIER"], record["LAST_PROCESSED"]) == ("DONE BY HAND", "", "")


def test_every_row_is_there_in_order(tmp_path: Path) -> None:
    """Rows named twice are both reported; a column that a row's sheet lacks is empty."""
    rows = [row(DONE, "PO1", x="1"), row(None, "PO3"), row(DONE, "PO1", x="2")]

    written = reported(tmp_path, *rows, header=("PO_NUMBER", "x"))

    assert [(record["PO_NUMBER"], record["x"]) for record in written] == [("PO1", "1"), ("PO3", ""), ("PO1", "2")]


def test_the_report_opens_in_excel_with_its_accents(tmp_path: Path) -> None:
    """It is UTF-8 and begins with a byte order mark; characters that no file can hold are spelled out."""
    as_csv(tmp_path / "r.csv", ["PO_NUMBER", "Nota"], [row(None, Nota="ação 注 \udc80")], tmp_path)

    data = (tmp_path / "r.csv").read_bytes()

    assert data.startswith(b"\xef\xbb\xbf")
    assert "ação 注 \\udc80" in data.decode("utf-8-sig")


@pytest.mark.parametrize(
    "cell", ["=1+1", "+HYPERLINK(1)", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "-", "+1 555", "--1"]
)
def test_no_cell_is_a_formula(tmp_path: Path, cell: str) -> None:
    """Text of the sheet or of the site that a spreadsheet would run gets an apostrophe in front."""
    outcome = Outcome(number="PO1", status=Status.COMPLETED, supplier=cell)

    (record,) = reported(tmp_path, row(outcome, note=cell), header=("PO_NUMBER", "note"))

    assert (record["note"], record["SUPPLIER"]) == ("'" + cell, "'" + cell)


def test_no_header_is_a_formula(tmp_path: Path) -> None:
    """A sheet's header is text of somebody else too."""
    as_csv(tmp_path / "r.csv", ["=A1"], [], tmp_path)

    assert table(tmp_path / "r.csv")[0][0] == "'=A1"


@pytest.mark.parametrize("cell", ["-12.50", "+7", "-1.234,56", "-0", "12", "a=b", "mail@x.test", "", " =1"])
def test_numbers_and_plain_text_stay_as_they_are(tmp_path: Path, cell: str) -> None:
    """A negative amount is a number, not a formula."""
    (record,) = reported(tmp_path, row(None, note=cell), header=("PO_NUMBER", "note"))

    assert record["note"] == cell


def test_a_text_that_is_no_moment_is_shown_as_it_is(tmp_path: Path) -> None:
    """A ledger of another version does not break the report."""
    odd = Outcome(number="PO1", status=Status.COMPLETED, finished_at="yesterday")

    assert reported(tmp_path, row(odd))[0]["LAST_PROCESSED"] == "yesterday"


def test_json_holds_everything(tmp_path: Path) -> None:
    """Each PO comes with the sheet's columns and every field of its outcome, which reads back equal."""
    write_json(
        tmp_path / "r.json",
        Report(header=(), rows=[row(DONE, x="1"), row(None, "PO9")], output=tmp_path, run={"id": "r1"}),
    )

    report = json.loads((tmp_path / "r.json").read_text())

    assert report["run"] == {"id": "r1"}
    assert report["orders"][0]["columns"] == {"PO_NUMBER": "PO1", "x": "1"}
    assert Outcome.from_json(report["orders"][0]["outcome"]) == DONE
    assert report["orders"][0]["outcome"]["received_bytes"] == 7
    assert report["orders"][1] == {
        "number": "PO9",
        "sheet": "pos.csv",
        "worksheet": "",
        "line": 0,
        "done_as": "",
        "columns": {"PO_NUMBER": "PO9"},
        "outcome": None,
    }


def test_json_counts_each_po_once(tmp_path: Path) -> None:
    """Totals are of POs, not of rows; one that was never tried is in no total."""
    write_json(
        tmp_path / "r.json",
        Report(header=(), rows=[row(DONE), row(DONE), row(MISSING, "PO2"), row(None, "PO3")], output=tmp_path, run={}),
    )

    report = json.loads((tmp_path / "r.json").read_text())

    assert (report["purchase_orders"], report["totals"]) == (3, {"COMPLETED": 1, "PO_NOT_FOUND": 1})
    assert (report["files"], report["received_bytes"]) == (2, 7)


def test_json_takes_any_fact_about_a_run(tmp_path: Path) -> None:
    """A path or another value that JSON does not know is written as text."""
    write_json(tmp_path / "r.json", Report(header=(), rows=[], output=tmp_path, run={"output": Path("downloads")}))

    assert json.loads((tmp_path / "r.json").read_text())["run"] == {"output": "downloads"}


def test_a_report_replaces_the_earlier_one_whole(tmp_path: Path) -> None:
    """A shorter report leaves nothing of a longer one, and nothing is left beside it."""
    path = tmp_path / "deep" / "report.csv"
    as_csv(path, ["PO_NUMBER"], [row(DONE)] * 50, tmp_path)
    as_csv(path, ["PO_NUMBER"], [row(DONE)], tmp_path)

    assert len(table(path)) == 2
    assert list(path.parent.iterdir()) == [path]


def test_a_report_that_cannot_be_published_leaves_nothing_beside_it(tmp_path: Path) -> None:
    """What stands in the way stays, the error is told, and no half report is left."""
    (tmp_path / "report.csv" / "kept").mkdir(parents=True)

    with pytest.raises(OSError, match=r"report\.csv"):
        as_csv(tmp_path / "report.csv", ["PO_NUMBER"], [row(DONE)], tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["report.csv"]
    assert (tmp_path / "report.csv" / "kept").is_dir()


def test_a_row_that_cannot_be_written_leaves_the_earlier_report(tmp_path: Path) -> None:
    """The text is whole before the file is touched."""
    as_csv(tmp_path / "report.csv", ["PO_NUMBER"], [row(DONE)], tmp_path)
    before = (tmp_path / "report.csv").read_bytes()

    with pytest.raises(AttributeError):
        as_csv(tmp_path / "report.csv", ["PO_NUMBER"], [row(DONE), None], tmp_path)

    assert (tmp_path / "report.csv").read_bytes() == before
