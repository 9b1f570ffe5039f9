"""A sheet in which every case occurs: each order ends right, each file is the site's, nothing else is there.

So it stays when the same command is given again, and when the session ends in the middle.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import serve, sign_in_to_demo
from tests.every_case import CASES, NOT_FOUND, QUICK, Ran, Sheet, every_case
from tests.faults.staging import must
from tests.support import CHROMIUM, Ended, a_bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.testing import RunningDemo
    from tests.support import Bench

OK = 200
LONGEST_SECONDS = 1200
MIDDLE = 40  # of some 130 files
ASKED = re.compile(r"/order_headers/(\d+)|/attachments?/(?:attachment_file/type/)?(\d+)/", re.ASCII)
BARE_PAGE = re.compile(r"/attachments/\d+", re.ASCII)

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")


@pytest.fixture(
    scope="module",
    params=[
        "auto",
        "browser",
        # `direct` is what `auto` does, but for what that leaves to the browser.
        *(pytest.param(f"{each}-300", marks=pytest.mark.thorough) for each in ("auto", "browser", "direct")),
    ],
)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, signed_in: Path) -> Iterator[Ran]:
    """One run for each way to fetch files; the long ones with four workers."""
    how, _, count = request.param.partition("-")
    sheet = every_case(int(count or CASES))
    with serve(sheet.options) as demo, a_bench(tmp_path_factory.mktemp(how), signed_in, demo, **QUICK) as bench:
        bench.sheet(list(sheet.cases))
        process = bench.begin(
            "-n4" if count else "-n2", "--po-csv=pos.csv", f"--po-transfer={how}", "--junitxml=report.xml"
        )
        out, _ = process.communicate(timeout=LONGEST_SECONDS)
        yield Ran(bench, sheet, Ended(process.returncode, out, bench.folder))


def test_each_order_ends_as_it_must(ran: Ran) -> None:
    """What an order comes to follows from what the site does with it, whichever way files are fetched."""
    assert ran.wrong_statuses() == {}, ran.ended.out


def test_each_order_is_told_once(ran: Ran) -> None:
    """JUnit has each order of the sheet once, with the status that the report has."""
    assert {name: told["status"] for name, told in ran.ended.junit().items()} == ran.ended.statuses()


def test_each_file_is_the_sites(ran: Ran) -> None:
    """Byte for byte, under its own name, none missing and none twice."""
    assert ran.wrong_files() == {}


def test_nothing_else_is_there(ran: Ran) -> None:
    """No other file lies in the output folder: no half one, no second, none of an order that failed."""
    assert ran.strange_files() == []


def test_no_secret_goes_elsewhere(ran: Ran) -> None:
    """The other origin was given neither a cookie nor the page's whole address, and gave each file."""
    heard = ran.bench.demo.site.elsewhere_log
    assert heard
    assert [each for each in heard if each.cookie or each.authorization or "/order_headers/" in each.referer] == []
    assert {each.status for each in heard} <= {200, 206}


def test_what_nobody_may_follow_is_not_followed(ran: Ran) -> None:
    """No hostile address was asked for, nothing was pressed that is no attachment, no bare page taken for a file."""
    asked = [each.path for each in ran.bench.demo.site.log]
    assert [each for each in asked if each.startswith("/hostile") or BARE_PAGE.fullmatch(each)] == []


@pytest.fixture
def mended(ran: Ran) -> Iterator[Ran]:
    """The same command into a copy of what the first run left, at the site without its faults."""
    bench, site, output = ran.bench, ran.bench.demo.site, "again"
    shutil.copytree(bench.folder / "downloads", bench.folder / output)
    site.clear_log()
    site.change(faults={})
    yield _again(ran, output)
    site.change(faults=ran.sheet.options.faults)


def _again(ran: Ran, output: str) -> Ran:
    ended = ran.bench.run("-n2", "--po-csv=pos.csv", f"--po-output={output}", "--po-transfer=auto")
    sheet = Sheet(replace(ran.sheet.options, faults={}), ran.sheet.cases)
    return Ran(ran.bench, sheet, ended, output)


def _asked_for(bench: Bench) -> set[str]:
    """The orders of which anything was asked: a page, a part of one, or a file."""
    found = (ASKED.match(each.path) for each in bench.demo.site.log)
    return {f"PO{each[1] or each[2][:-1]}" for each in found if each}


@pytest.mark.parametrize("ran", ["auto"], indirect=True)
def test_the_second_run_asks_for_what_failed(ran: Ran, mended: Ran) -> None:
    """Of what is done the site hears nothing; then a file is lost, another changed: those two are fetched."""
    bench = ran.bench
    done = {number for number in ran.sheet.cases if ran.sheet.status(number) in ("COMPLETED", "NO_ATTACHMENTS")}
    assert _asked_for(bench) == set(ran.sheet.cases) - done
    assert (mended.wrong_statuses(), mended.wrong_files(), mended.strange_files()) == ({}, {}, [])

    lost, changed = [each for each in ran.sheet.cases if mended.status_of(each) == "COMPLETED"][3:5]
    next(iter(sorted(mended.folder_of(lost).iterdir()))).unlink()
    victim = next(iter(sorted(mended.folder_of(changed).iterdir())))
    content = victim.read_bytes()
    victim.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    bench.demo.site.clear_log()
    once_more = _again(ran, mended.output)
    assert _asked_for(bench) == {lost, changed, NOT_FOUND}
    assert (once_more.wrong_statuses(), once_more.wrong_files(), once_more.strange_files()) == ({}, {}, [])


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory, signed_in: Path) -> Iterator[Ran]:
    """A run of four workers whose session the site ends while they are in the middle of it."""
    sheet = every_case(CASES, latency_seconds=0.1)
    sheet = Sheet(replace(sheet.options, faults={}), sheet.cases)
    place = tmp_path_factory.mktemp("cut-off")
    with serve(sheet.options) as demo, a_bench(place, signed_in, demo, **QUICK) as bench:
        bench.sheet(list(sheet.cases))
        process = bench.begin("-n4", "--po-csv=pos.csv", "--junitxml=report.xml")
        must(lambda: _files_sent(demo) >= MIDDLE or process.poll() is not None, "the middle of the run")
        demo.site.end_all_sessions()
        yield Ran(bench, sheet, bench.finish(process))


def _files_sent(demo: RunningDemo) -> int:
    return sum(each.path.startswith("/attachment/") and each.status == OK for each in demo.site.log)


@pytest.mark.thorough
def test_a_session_that_ends_in_the_middle_loses_no_order(cut_off: Ran) -> None:
    """Each order is right, or says that the session ended or that it was not begun; after a sign-in all are right."""
    bench, ended = cut_off.bench, cut_off.ended
    statuses = ended.statuses()
    assert list(statuses) == list(cut_off.sheet.cases)
    assert {name: told["status"] for name, told in ended.junit().items()} == statuses
    undone = {number for number, status in statuses.items() if status in ("SESSION_EXPIRED", "STOPPED")}
    assert undone, ended.out
    assert "edgepool login" in ended.out
    assert ended.code == 1
    right = cut_off.only([number for number in statuses if number not in undone])
    assert (right.wrong_statuses(), right.wrong_files(), cut_off.strange_files()) == ({}, {}, [])
    assert not [number for number in undone if bench.files_of(number, ended)]

    sign_in_to_demo(bench.demo.url, bench.state)
    bench.demo.site.clear_log()
    all_right = Ran(bench, cut_off.sheet, bench.run("-n4", "--po-csv=pos.csv"))
    assert _asked_for(bench) == undone | {NOT_FOUND}
    assert (all_right.wrong_statuses(), all_right.wrong_files(), all_right.strange_files()) == ({}, {}, [])
