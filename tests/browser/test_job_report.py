"""What a real run tells: live while it runs, the same in each report, and in the user's own sheet."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import openpyxl
import pytest

from pytest_edgepool.testing import DemoOptions, serve
from tests.screen import Screen
from tests.support import CHROMIUM, SESSION_KEY, Bench, Ended, a_bench
from tests.terminals import COLUMNS, NOT_A_TERMINALS, ROWS, run_on_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DONE, NOT_FOUND, EMPTY = "PO15262984", "PO15263404", "PO15263000"
STATUSES = {DONE: "COMPLETED", NOT_FOUND: "PO_NOT_FOUND", EMPTY: "NO_ATTACHMENTS"}

pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here"),
    pytest.mark.skipif(sys.platform == "win32", reason="terminals are those of POSIX"),
]


@dataclass
class Told:
    """A finished run on a terminal."""

    bench: Bench
    ended: Ended


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, signed_in: object) -> Iterator[Told]:
    options = DemoOptions(session="session", session_key=SESSION_KEY)
    with serve(options) as demo, a_bench(tmp_path_factory.mktemp("told"), signed_in, demo) as bench:  # type: ignore[arg-type]
        bench.write("pos.csv", "\n".join(["Note;PO_NUMBER;Status", *(f"=n;{number};" for number in STATUSES), ""]))
        command = bench.command("-n1", "--po-csv=pos.csv", "--po-update", "--po-update")
        environment = {name: value for name, value in bench.environment().items() if name not in NOT_A_TERMINALS}
        code, text = run_on_terminal(command, bench.folder, environment)
        yield Told(bench, Ended(code, text, bench.folder))


def test_it_told_live_which_po_the_worker_had(told: Told) -> None:
    """The bar, the figures and the worker's PO were there while it ran, and are gone now."""
    assert "of 3 POs" in told.ended.out
    assert any(re.search(rf"gw0 .{{0,8}}{number}", told.ended.out) for number in STATUSES), told.ended.out
    screen = Screen(COLUMNS, ROWS)
    screen.feed(told.ended.out)
    assert not [line for line in screen.shown() if "of 3 POs" in line]
    assert [line for line in screen.shown() if "1 failed, 2 passed" in line]


def test_all_four_reports_say_the_same(told: Told) -> None:
    """Each PO with its status, in each of them."""
    folder = told.bench.folder / "downloads"
    assert told.ended.statuses() == STATUSES
    page = (folder / "report.html").read_text(encoding="utf-8")
    data = json.loads(re.findall(r'id="data">(.*?)</script>', page, re.DOTALL)[0])
    assert {each["po"]: each["status"] for each in data["orders"]} == STATUSES
    assert {bar[1] for bar in data["bars"]} == set(STATUSES)
    with (folder / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["PO_NUMBER"]: row["Status"] for row in csv.DictReader(file)} == STATUSES
    rows = list(openpyxl.load_workbook(folder / "report.xlsx")["Purchase orders"].iter_rows(values_only=True))
    assert {row[1]: row[2] for row in rows[1:]} == STATUSES


def test_the_page_leads_to_files_and_evidence(told: Told) -> None:
    """Each link of it is a file that is there."""
    page = (told.bench.folder / "downloads" / "report.html").read_text(encoding="utf-8")
    data = json.loads(re.findall(r'id="data">(.*?)</script>', page, re.DOTALL)[0])
    from urllib.parse import unquote

    files = [unquote(one[1]) for order in data["orders"] for one in order.get("files", ())]
    evidence = [unquote(one[1]) for order in data["orders"] for one in order.get("evidence", ())]
    assert files
    assert any(each.endswith("page.png") for each in evidence)
    assert all((told.bench.folder / "downloads" / each).is_file() for each in (*files, *evidence))


def test_the_users_sheet_has_the_results_and_is_a_sheet_still(told: Told, tmp_path: Path) -> None:
    """Its own cells are as they were, a backup lies beside it, and the same command goes on from it."""
    sheet = told.bench.folder / "pos.csv"
    lines = sheet.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("Note;PO_NUMBER;Status;SUPPLIER;ATTACHMENTS_FOUND;")
    assert all(any(line.startswith(f"=n;{number};{status};") for line in lines) for number, status in STATUSES.items())
    assert len(list(told.bench.folder.glob("pos.backup-*.csv"))) == 1
    shutil.copytree(told.bench.folder, tmp_path / "later")  # the other tests see what the one run left
    again = replace(told.bench, folder=tmp_path / "later").run("-n0", "--po-csv=pos.csv", "--po-output=downloads")
    assert again.statuses() == STATUSES
    assert "1 failed, 2 skipped" in again.out
