"""The same command again: what is done and whole is skipped, what is not is fetched."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import DemoOptions, demo_numbers, serve
from tests.support import CHROMIUM, SESSION_KEY, Bench, Ended, a_bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST, SECOND, NOT_FOUND, EMPTY = "PO15262984", "PO15262985", "PO15263404", "PO15263000"
GOOD = [FIRST, SECOND, EMPTY]
ALL = [*GOOD, NOT_FOUND]

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")


@dataclass
class Done:
    """A finished job whose downloads each test gets a copy of."""

    bench: Bench
    output: str = ""

    def again(self, *args: str, sheet: str = "all.csv") -> Ended:
        """Give the same command again, with further options."""
        self.bench.demo.site.clear_log()
        return self.bench.run("-n0", f"--po-csv={sheet}", f"--po-output={self.output}", "--junitxml=report.xml", *args)

    def folder_of(self, number: str, ended: Ended) -> Path:
        orders = ended.report(self.output)["orders"]
        outcome = next(each["outcome"] for each in orders if each["number"] == number)
        return self.bench.folder / self.output / outcome["folder"]

    def asked_for(self) -> set[str]:
        """The orders whose pages the site was asked for since."""
        pages = [each.path for each in self.bench.demo.site.log if each.path.startswith("/order_headers/")]
        return {f"PO{each.rpartition('/')[2]}" for each in pages}


@pytest.fixture(scope="module")
def first_time(tmp_path_factory: pytest.TempPathFactory, signed_in: Path) -> Iterator[Bench]:
    options = DemoOptions(session="session", session_key=SESSION_KEY)
    with serve(options) as demo, a_bench(tmp_path_factory.mktemp("again"), signed_in, demo) as bench:
        bench.sheet(GOOD, "good.csv")
        bench.sheet(ALL, "all.csv")
        ended = bench.run("-n0", "--po-csv=all.csv", "--po-output=first")
        assert ended.statuses("first") == {
            FIRST: "COMPLETED",
            SECOND: "COMPLETED",
            EMPTY: "NO_ATTACHMENTS",
            NOT_FOUND: "PO_NOT_FOUND",
        }, ended.out
        yield bench


@pytest.fixture
def done(first_time: Bench, request: pytest.FixtureRequest) -> Done:
    output = request.node.name
    shutil.copytree(first_time.folder / "first", first_time.folder / output)
    return Done(first_time, output)


def test_what_is_done_and_whole_is_skipped(done: Done) -> None:
    """Every order that the ledger calls done is skipped, and the run is a success."""
    ended = done.again(sheet="good.csv")
    assert ended.code == 0, ended.out
    assert {name: told["status"] for name, told in ended.junit().items()} == dict.fromkeys(GOOD, "SKIPPED")


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_skipping_starts_no_browser(done: Done, workers: str) -> None:
    """Where nothing is left to do the site is not asked once and no browser is started."""
    ended = done.again(workers, sheet="good.csv")
    assert done.bench.demo.site.log == []
    assert {each["starts"] for each in ended.workers(done.output).values()} == {0}


def test_reports_show_the_last_true_status(done: Done) -> None:
    """A report never says SKIPPED: it says what the order came to when it was really tried."""
    ended = done.again(sheet="good.csv")
    assert ended.statuses(done.output) == {FIRST: "COMPLETED", SECOND: "COMPLETED", EMPTY: "NO_ATTACHMENTS"}
    text = (done.bench.folder / done.output / "report.csv").read_text(encoding="utf-8-sig")
    assert "SKIPPED" not in text
    assert text.count("COMPLETED") == 2


def test_a_skipped_order_names_the_run_that_did_it(done: Done) -> None:
    """The reason for the skip says what the order came to, and in which run."""
    run = next(each["run"] for each in Ended(0, "", done.bench.folder).ledger(done.output) if each["number"] == FIRST)
    assert f"SKIPPED: already COMPLETED in run {run}" in done.again("-rs", "-vv", sheet="good.csv").out


def test_what_was_not_found_is_asked_for_again(done: Done) -> None:
    """An order that failed runs again with the plain command, alone, and its failure counts."""
    ended = done.again()
    assert ended.code == 1
    assert done.asked_for() == {NOT_FOUND}
    assert ended.junit()[NOT_FOUND]["status"] == "PO_NOT_FOUND"


@pytest.mark.parametrize("harm", ["changed", "shortened", "removed", "folder removed"])
def test_a_damaged_file_is_fetched_again(done: Done, harm: str) -> None:
    """An order that is done counts as done only while its files are whole; then its folder is the truth again."""
    folder = done.folder_of(FIRST, Ended(0, "", done.bench.folder))
    victim = min(folder.iterdir())
    if harm == "folder removed":
        shutil.rmtree(folder)
    elif harm == "removed":
        victim.unlink()
    else:
        content = victim.read_bytes()
        victim.write_bytes(content[:-1] if harm == "shortened" else content[:-1] + bytes([content[-1] ^ 1]))
    ended = done.again(sheet="good.csv")
    assert done.asked_for() == {FIRST}
    assert done.bench.files_of(FIRST, ended, done.output) == done.bench.files_of(FIRST, ended, "first")


def test_rerun_all_fetches_everything(done: Done) -> None:
    """`--po-rerun all` asks for every order again, done or not."""
    ended = done.again("--po-rerun=all")
    assert done.asked_for() == set(ALL)
    assert {told["status"] for told in ended.junit().values()} == {"COMPLETED", "NO_ATTACHMENTS", "PO_NOT_FOUND"}


def test_rerun_all_gives_the_same_files(done: Done) -> None:
    """Fetching once more leaves each folder as it was: the same files, none twice."""
    ended = done.again("--po-rerun=all", sheet="good.csv")
    for number in GOOD:
        again = done.bench.files_of(number, ended, done.output)
        assert again == done.bench.files_of(number, ended, "first")


def test_rerun_failed_tries_what_failed_and_no_more(done: Done) -> None:
    """`--po-rerun failed` leaves alone what is done and whole."""
    ended = done.again("--po-rerun=failed")
    assert done.asked_for() == {NOT_FOUND}
    assert [number for number, told in ended.junit().items() if told["status"] == "SKIPPED"] == GOOD


def test_rerun_failed_leaves_what_was_never_tried(done: Done) -> None:
    """An order that is new in the sheet has not failed yet."""
    new = next(each for each in demo_numbers(12) if each not in ALL)
    done.bench.sheet([*ALL, new], f"{done.output}.csv")
    ended = done.again("--po-rerun=failed", sheet=f"{done.output}.csv")
    assert done.asked_for() == {NOT_FOUND}
    assert ended.junit()[new]["status"] == "SKIPPED"


def test_a_new_order_in_the_sheet_is_fetched_alone(done: Done) -> None:
    """A sheet that grew costs only what is new."""
    new = next(each for each in demo_numbers(12) if each not in ALL)
    done.bench.sheet([*GOOD, new], f"{done.output}.csv")
    ended = done.again(sheet=f"{done.output}.csv")
    assert (ended.code, done.asked_for()) == (0, {new})
    assert ended.statuses(done.output)[new] == "COMPLETED"


def test_a_sheet_that_was_sorted_and_renamed_is_the_same_job(done: Done) -> None:
    """What is done is known by its number; a PO that became PARTIAL is fetched whole by the next run."""
    shutil.rmtree(done.folder_of(FIRST, Ended(0, "", done.bench.folder)))
    done.bench.sheet([EMPTY, NOT_FOUND, SECOND, FIRST], f"sorted & {done.output}.csv")
    site, sheet = done.bench.demo.site, f"sorted & {done.output}.csv"
    site.change(faults={FIRST: "file-missing:1"})
    try:
        ended = done.again(sheet=sheet)
    finally:
        site.change(faults={})
    assert done.asked_for() == {FIRST, NOT_FOUND}
    assert ended.statuses(done.output) == {
        EMPTY: "NO_ATTACHMENTS",
        NOT_FOUND: "PO_NOT_FOUND",
        SECOND: "COMPLETED",
        FIRST: "PARTIAL",
    }
    ended = done.again(sheet=sheet)
    assert done.asked_for() == {FIRST, NOT_FOUND}
    assert done.bench.files_of(FIRST, ended, done.output) == done.bench.files_of(FIRST, ended, "first")


def test_another_site_is_another_job(done: Done) -> None:
    """What one site's ledger lines call done says nothing of the same number at another site."""
    with serve(DemoOptions(session="session", session_key=SESSION_KEY)) as other:
        ended = done.again(f"--po-url={other.url}", sheet="good.csv")
        assert ended.code == 0, ended.out
        assert {told["status"] for told in ended.junit().values()} == {"COMPLETED", "NO_ATTACHMENTS"}
