"""The main job on real browsers: 24 purchase orders, six workers, one command."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import DemoOptions, demo_numbers, demo_order, expected_files, serve
from tests.support import CHROMIUM, NAMED_BROWSERS, SESSION_KEY, Bench, Ended, a_bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NUMBERS = demo_numbers(24)
NOT_FOUND = "PO15263404"
WITHOUT_ATTACHMENTS = "PO15263000"
PROPERTIES = {
    "status",
    "supplier",
    "attachments_found",
    "attachments_downloaded",
    "bytes",
    "worker",
    "slot",
    "profile",
    "attempts",
    "folder",
}

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")


@dataclass
class Job:
    """The job, done once for all tests of this file."""

    bench: Bench
    ended: Ended


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory, signed_in: Path) -> Iterator[Job]:
    options = DemoOptions(session="session", session_key=SESSION_KEY)
    with serve(options) as demo, a_bench(tmp_path_factory.mktemp("job"), signed_in, demo) as bench:
        bench.sheet(NUMBERS)
        bench.write("conftest.py", NAMED_BROWSERS)
        yield Job(bench, bench.run("-n6", "--po-csv=pos.csv", "--junitxml=report.xml"))


def named_agents(job: Job) -> dict[str, tuple[str, int]]:
    """What each worker's browser told the site in every request: kind and slot, by worker."""
    told: dict[str, tuple[str, int]] = {}
    for agent in {each.user_agent for each in job.bench.demo.site.log}:
        _, kind, slot, worker = agent.split("/")
        assert worker not in told, f"{worker} had more than one profile"
        told[worker] = (kind, int(slot))
    return told


def test_every_file_is_byte_for_byte_what_the_site_has(job: Job) -> None:
    """Each order's folder holds its files, all of them, and nothing else."""
    job.bench.assert_files_are_true(NUMBERS, job.ended)


def test_the_output_folder_holds_nothing_but_the_orders_files_and_the_reports(job: Job) -> None:
    """No half file, no stray name: what is not ours to keep is an order's file."""
    output = job.bench.folder / "downloads"
    found = [each for each in output.rglob("*") if each.is_file() and ".edgepool" not in each.relative_to(output).parts]
    reports = {each.name for each in found if each.parent == output}
    assert reports >= {"report.csv", "report.json"}
    assert {name.partition(".")[0] for name in reports} == {"report"}
    assert len(found) - len(reports) == sum(len(expected_files(each)) for each in NUMBERS)


def test_each_order_has_the_status_it_must_have(job: Job) -> None:
    """22 completed, one without attachments, one that the site does not know."""
    statuses = job.ended.statuses()
    assert Counter(statuses.values()) == {"COMPLETED": 22, "NO_ATTACHMENTS": 1, "PO_NOT_FOUND": 1}
    assert statuses[NOT_FOUND] == "PO_NOT_FOUND"
    assert statuses[WITHOUT_ATTACHMENTS] == "NO_ATTACHMENTS"


def test_pytest_says_what_came_of_it(job: Job) -> None:
    """One failed and 23 passed, so the exit status is 1; the failed one has one line with its reason."""
    assert job.ended.code == 1
    assert "1 failed, 23 passed" in job.ended.out
    assert "22 COMPLETED, 1 NO_ATTACHMENTS, 1 PO_NOT_FOUND" in job.ended.out
    assert f"  {NOT_FOUND} PO_NOT_FOUND: the site has no such order" in job.ended.out


def test_junit_names_each_order_once_with_every_property(job: Job) -> None:
    """Each order is one test case with all ten properties, whatever worker ran it."""
    cases = job.ended.junit()
    assert set(cases) == set(NUMBERS)
    assert {name: PROPERTIES - set(each) for name, each in cases.items() if PROPERTIES - set(each)} == {}


def test_junit_says_what_the_site_has(job: Job) -> None:
    """Status, supplier, counts and bytes of each case are the truth, not a guess."""
    for number, told in job.ended.junit().items():
        order, files = demo_order(number), expected_files(number)
        assert told["supplier"] == (order.supplier.name if order else "")
        assert told["attachments_found"] == told["attachments_downloaded"] == str(len(files))
        assert told["bytes"] == str(sum(map(len, files.values())))
        assert told["attempts"] == "1"


def test_junit_and_ledger_agree(job: Job) -> None:
    """The ledger has one line for each order, and JUnit's worker, slot, profile and status are the ledger's."""
    cases, ledger = job.ended.junit(), job.ended.ledger()
    assert sorted(each["number"] for each in ledger) == sorted(NUMBERS)
    for each in ledger:
        told = cases[each["number"]]
        assert [told[name] for name in ("worker", "slot", "profile", "status")] == [
            each["worker"],
            str(each["slot"]),
            each["profile"],
            each["status"],
        ]


def test_the_site_saw_gw0_alone_on_the_base(job: Job) -> None:
    """Every request from the base profile came from gw0's browser, and gw0 never had another."""
    told = named_agents(job)
    assert told["gw0"] == ("base", 0)
    assert [worker for worker, (kind, slot) in told.items() if kind == "base" or slot == 0] == ["gw0"]


def test_the_site_saw_each_clone_in_one_worker_only(job: Job) -> None:
    """No two workers shared a profile."""
    slots = [slot for _, slot in named_agents(job).values()]
    assert len(slots) == len(set(slots)) == 6


def test_the_ledger_has_gw0_alone_on_the_base(job: Job) -> None:
    """Slot 0 and the base stand beside gw0's orders and nobody else's."""
    on_base = {each["worker"] for each in job.ended.ledger() if each["profile"] == "base" or each["slot"] == 0}
    of_gw0 = {(each["profile"], each["slot"]) for each in job.ended.ledger() if each["worker"] == "gw0"}
    assert (on_base, of_gw0) == ({"gw0"}, {("base", 0)})


def test_nobody_signed_in_again(job: Job) -> None:
    """All six browsers worked with the one session that `edgepool login` made, although its cookie is session-only."""
    log = job.bench.demo.site.log
    assert len({each.session for each in log}) == 1
    assert not [each for each in log if each.path.startswith("/sessions")]


def test_each_worker_started_one_browser(job: Job) -> None:
    """A browser lives as long as its worker: one start each, and every profile was proved."""
    workers = job.ended.workers()
    assert {name: each["starts"] for name, each in workers.items()} == {f"gw{n}": 1 for n in range(6)}
    assert {each["verified"] for each in workers.values()} == {"SUCCESS"}


def test_two_attachments_of_one_name_both_arrive(job: Job) -> None:
    """The second file of a name gets a number, and each has its own content."""
    twins = [each for each in NUMBERS if any(" (2)" in name for name in expected_files(each))]
    assert twins
    for number in twins:
        files = job.bench.files_of(number, job.ended)
        second = next(name for name in files if " (2)" in name)
        assert files[second] != files[second.replace(" (2)", "")]


def test_the_report_has_the_sheets_own_columns_first(job: Job) -> None:
    """report.csv keeps the sheet's rows in their order and its columns before ours."""
    text = (job.bench.folder / "downloads" / "report.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [each["PO_NUMBER"] for each in rows] == NUMBERS
    assert list(rows[0])[:3] == ["PO_NUMBER", "BUYER", "STATUS"]
    assert [each["BUYER"] for each in rows[:3]] == ["Ana", "Ben", "Chen"]


def test_a_missing_order_leaves_evidence(job: Job) -> None:
    """What the page showed is kept beside the ledger: picture, page and address."""
    line = next(each for each in job.ended.ledger() if each["number"] == NOT_FOUND)
    kept = job.bench.folder / "downloads" / line["evidence"]
    assert {each.name for each in kept.iterdir()} == {"page.png", "page.html", "page.url"}
    assert "Oops!" in (kept / "page.html").read_text(encoding="utf-8")


def test_nothing_is_left(job: Job) -> None:
    """No process, clone, template, run folder or held lock outlives the run."""
    job.bench.assert_nothing_left()
