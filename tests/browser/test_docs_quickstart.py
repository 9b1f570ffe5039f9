"""Every command that the documentation says to type is typed, as it stands there.

The address in it is the demo site's for these browsers, and where state lies is told by the environment: no text is
edited. The person who signs in is played.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Response, abort, has_request_context, request
from openpyxl import Workbook

from pytest_edgepool.testing import DemoOptions, RunningDemo
from tests.documents import block, commands
from tests.person import XVFB, Hands, a_screen, at_terminal
from tests.support import CHROMIUM, RUN_SECONDS, SESSION_KEY, Bench, Ended
from tests.tls import OPENSSL, browser_that_finds, serve_encrypted

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "yourcompany.coupahost.com"
LOGIN = f"edgepool login --url https://{HOST}"
# Typed here by the tests below, or typed elsewhere, and where.
HERE = {
    LOGIN,
    "edgepool doctor",
    "pytest -n 6 --po-csv pos.csv --junitxml report.xml",
    "pytest -n 6 --po-csv pos.csv",
    "pytest -n 6 --po-csv january.xlsx --po-csv february.csv",
    "pytest -n 3 tests/",
    "pytest -n 6 tests/test_orders.py --po-csv pos.csv",
}
ELSEWHERE = {
    "make demo": "needs an empty machine: CI types it",
    "edgepool demo": "tests/browser/test_demo_command.py",
    "pip install pytest-edgepool": "needs the network",
    "pip install 'pytest-edgepool[demo]'": "needs the network",
    "edgepool login --portal none --url https://intranet.yourcompany.example": "tests/browser/test_login.py",
}
# Pages of the company's own that the examples ask for.
OWN_PAGES = {
    "/approvals": "<title>Approvals</title>",
    "/reports": '<title>Reports</title><a href="/reports/report.csv" download>Export</a>',
}

pytestmark = pytest.mark.skipif(
    not (CHROMIUM and OPENSSL and XVFB and sys.platform == "linux"), reason="no Chromium, openssl or Xvfb here"
)


@dataclass
class Reader(Bench):
    """Somebody who types what the documentation says."""

    def typed(self, command: str) -> Ended:
        assert command in commands(), f"no page says to type {command!r} any more"
        ran = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        return Ended(ran.returncode, ran.stdout, self.folder)


def add_own_pages(demo: RunningDemo) -> None:
    """Have the site show the company's own pages as well."""
    pause = demo.site.pause

    def show(seconds: float) -> None:
        pause(seconds)
        path = request.path if has_request_context() else ""
        if path in OWN_PAGES:
            abort(Response(OWN_PAGES[path], mimetype="text/html"))
        if path == "/reports/report.csv":
            abort(Response("a,b\n1,2\n", mimetype="text/csv"))

    demo.site.pause = show  # type: ignore[method-assign]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Somebody who has just signed in, as the first command of each page says; it was typed at a terminal."""
    place = tmp_path_factory.mktemp("docs")
    folder = place / "work"
    folder.mkdir()
    options = DemoOptions(session="session", session_key=SESSION_KEY)
    with serve_encrypted(options, HOST, place) as (demo, port), a_screen() as display:
        add_own_pages(demo)
        found = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "EDGEPOOL_BINARY": str(browser_that_finds(HOST, port, CHROMIUM, place)),
            "EDGEPOOL_PO_TRANSFER": "browser",  # only these browsers know where the name lives
            "DISPLAY": display,
            "TERM": "dumb",
        }
        made = Reader(folder, place / "st", demo, found)
        with at_terminal(["bash", "-c", LOGIN], folder, made.environment()) as seat:
            seat.see("Sign in there")
            with Hands(made.state) as hands:
                hands.sign_in(hands.tab_at("/sessions/new"))
            assert seat.wait() == 0, seat.text
        assert "Signed in, and proved" in seat.text
        assert LOGIN in commands()
        yield made
        made.assert_nothing_left()


@pytest.fixture(scope="module")
def fetched(reader: Reader) -> Ended:
    """The quickstart's own sheet, and its command."""
    reader.write("pos.csv", block("quickstart.md", "text", "PO_NUMBER"))
    return reader.typed("pytest -n 6 --po-csv pos.csv --junitxml report.xml")


def test_each_command_of_the_docs_is_typed_by_a_test() -> None:
    """Who adds a command to a page adds it to a test."""
    assert set(commands()) == {*HERE, *ELSEWHERE}


def test_the_job(reader: Reader, fetched: Ended) -> None:
    """Install, sign in, write the sheet, run: every file is there, and true."""
    assert fetched.code == 0, fetched.out
    numbers = ["PO15262984", "PO15262985", "PO15262990"]
    assert fetched.statuses() == dict.fromkeys(numbers, "COMPLETED")
    reader.assert_files_are_true(numbers, fetched)
    assert set(fetched.junit()) == set(numbers)


@pytest.mark.usefixtures("fetched")
def test_the_job_again(reader: Reader) -> None:
    """The same command, typed once more, has nothing to do; so has the one of the page of sheets, with its own."""
    again = reader.typed("pytest -n 6 --po-csv pos.csv")
    assert (again.code, "3 skipped" in again.out) == (0, True), again.out
    book = Workbook()
    for row in (("PO_NUMBER",), ("PO15262984",)):
        book.worksheets[0].append(row)
    book.save(reader.folder / "january.xlsx")
    reader.write("february.csv", block("sheet.md", "text", "PRIORITY").replace("PO15262984", "PO15262985"))
    sheets = reader.typed("pytest -n 6 --po-csv january.xlsx --po-csv february.csv")
    assert (sheets.code, "3 skipped" in sheets.out) == (0, True), sheets.out


@pytest.mark.usefixtures("fetched")
def test_where_to_keep_the_options(reader: Reader) -> None:
    """With the ini block in `pytest.ini` the word `pytest` is the whole command."""
    reader.write("pytest.ini", block("quickstart.md", "ini", "addopts"))
    ran = subprocess.run(
        ["pytest"], cwd=reader.folder, env=reader.environment(), capture_output=True, text=True, check=False
    )
    (reader.folder / "pytest.ini").unlink()
    assert (ran.returncode, "3 skipped" in ran.stdout) == (0, True), ran.stdout


@pytest.mark.usefixtures("fetched")
def test_a_suite_of_ones_own(reader: Reader) -> None:
    """Each Python block of the page is a file; the commands of the page run them."""
    tests = reader.folder / "tests"
    tests.mkdir()
    page = "fixtures.md"
    for name, words in (("approvals", "test_approval_page"), ("export", "test_export"), ("orders", "purchase_order")):
        (tests / f"test_{name}.py").write_text(block(page, "python", words), encoding="utf-8")
    conftest = block(page, "python", "edge_arguments") + block(page, "python", "profile_verified")
    (tests / "conftest.py").write_text(conftest, encoding="utf-8")
    ended = reader.typed("pytest -n 3 tests/")
    assert ended.code == 0, ended.out
    assert "2 passed, 1 skipped" in ended.out
    orders = reader.typed("pytest -n 6 tests/test_orders.py --po-csv pos.csv")
    assert (orders.code, "3 passed" in orders.out) == (0, True), orders.out


def test_will_it_run(reader: Reader) -> None:
    """What `edgepool doctor` says at its end is what the page shows."""
    told = reader.typed("edgepool doctor")
    assert told.code == 0, told.out
    last = block("doctor.md", "console", "edgepool doctor").splitlines()[-1]
    assert told.out.splitlines()[-1].partition(" (")[0].rstrip(".") == last.rstrip("."), told.out
