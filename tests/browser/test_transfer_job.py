"""The same orders by direct HTTP and by the browser: the same files, under the same names."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import DemoOptions, expected_files, expected_status, serve
from tests.support import CHROMIUM, SESSION_KEY, Bench, a_bench

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Ended

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")

SHAPES = {
    "PO15262984": "",
    "PO15262985": "odd-names",
    "PO15262986": "press",
    "PO15262987": "elsewhere",
    "PO15262988": "no-disposition",
    "PO15262989": "download-anchors",
    "PO15263005": "odd-names+widgets",
    "PO15263012": "inline",
    "PO15263013": "inline+press-window",
}
FAULTS = {"PO15263006": "gzip", "PO15263007": "truncated:1", "PO15263009": "wrong-range", "PO15263010": "html-200:1"}
APART = "PO15263011"  # its files go where the suite wants them
NUMBERS = [*SHAPES, *FAULTS, APART]
OPTIONS = DemoOptions(
    session="session", session_key=SESSION_KEY, faults=FAULTS, shapes={name: how for name, how in SHAPES.items() if how}
)
PLACES = f"""
def pytest_edgepool_file_path(order, name, supplier):
    return f"apart/{{order.number}} {{name}}" if order.number == "{APART}" else None
"""
QUICK = ("-n0", "--po-csv=pos.csv", "--edgepool-log=detailed", "-o", "po_retry_seconds=0.05")


@dataclass(frozen=True)
class Run:
    """One way's run, and what the site saw of it."""

    bench: Bench
    ended: Ended
    how: str
    agents: set[str]

    def tree(self) -> dict[str, str]:
        """Digest by path of all that is on the shelf."""
        output = self.bench.folder / self.how
        return {
            each.relative_to(output).as_posix(): hashlib.sha256(each.read_bytes()).hexdigest()
            for each in output.rglob("*")
            if each.is_file() and ".edgepool" not in each.parts and not each.name.startswith("report.")
        }


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, signed_in: Path) -> dict[str, Run]:
    """Both ways, one after the other, each with a site of its own: faults strike the first requests."""
    made = {}
    for how in ("direct", "browser"):
        with serve(OPTIONS) as demo, a_bench(tmp_path_factory.mktemp(how), signed_in, demo) as bench:
            bench.sheet(NUMBERS)
            bench.write("conftest.py", PLACES)
            ended = bench.run(*QUICK, f"--po-transfer={how}", f"--po-output={how}")
            agents = {each.user_agent for each in demo.site.log if "/attachment_file/" in each.path}
            made[how] = Run(bench, ended, how, agents)
    return made


@pytest.mark.parametrize("how", ["direct", "browser"])
def test_every_file_is_the_sites(runs: dict[str, Run], how: str) -> None:
    """Byte for byte and under its name, whatever was odd about it."""
    run = runs[how]
    assert run.ended.statuses(how) == {number: expected_status(number, OPTIONS) for number in NUMBERS}
    for number in (*SHAPES, *FAULTS):
        assert run.bench.files_of(number, run.ended, how) == expected_files(number, OPTIONS), number


def test_both_ways_make_the_same_tree(runs: dict[str, Run]) -> None:
    """Nobody can tell from the folder how a file came."""
    assert runs["direct"].tree() == runs["browser"].tree()


def test_the_site_cannot_tell_them_apart_by_the_user_agent(runs: dict[str, Run]) -> None:
    """Direct HTTP says what the page's own requests say."""
    assert len(runs["direct"].agents | runs["browser"].agents) == 1


def test_files_go_where_the_suite_wants_them(runs: dict[str, Run]) -> None:
    """Below the output folder, and the ledger finds them there."""
    names = expected_files(APART, OPTIONS)
    for run in runs.values():
        placed = {path for path in run.tree() if path.startswith("apart/")}
        assert placed == {f"apart/{APART} {name}" for name in names}
        [line] = [each for each in run.ended.ledger(run.how) if each["number"] == APART]
        assert line["folder"] == "apart"
        assert {each["name"] for each in line["files"]} == {f"{APART} {name}" for name in names}


def test_the_ledger_says_what_each_file_is(runs: dict[str, Run]) -> None:
    """Its own name, type, time, and where it came from, without what may be secret."""
    for run in runs.values():
        kept = [each for line in run.ended.ledger(run.how) for each in line["files"]]
        assert all(each["original_name"] or each["name"].startswith("attachment") for each in kept)
        assert all(each["content_type"] for each in kept if each["name"].endswith(".pdf"))
        assert all(each["fetched_at"] and each["url"] and "?" not in each["url"] for each in kept)
