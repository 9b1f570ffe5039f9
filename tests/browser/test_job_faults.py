"""A site that misbehaves: each fault is retried, or reported with its reason, and nothing false is published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.testing import DemoOptions, demo_numbers, demo_order, expected_files, serve
from tests.support import CHROMIUM, SESSION_KEY, Bench, Ended, a_bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = [each for each in demo_numbers(40) if len(expected_files(each)) > 1]
FAULTS = {
    "server-error:1": GOOD[0],
    "server-error": GOOD[1],
    "truncated:2": GOOD[2],
    "truncated": GOOD[3],
    "reset:1": GOOD[4],
    "file-error:2": GOOD[5],
    "file-missing:1": GOOD[6],
    "file-missing": GOOD[7],
    "signed-out-file": GOOD[8],
    "signed-out-file:1": GOOD[9],
    "no-access": GOOD[10],
    "rate-limit": GOOD[11],
    "rate-limit:1": GOOD[12],
    "none": GOOD[13],
    "file-rate-limit:1": GOOD[14],
    "file-rate-limit": GOOD[15],
    "bug": GOOD[16],
}
# A portal of the user's own with a mistake in it, that one order meets.
BUGGY = """
from dataclasses import dataclass
from pytest_edgepool.portals.coupa import CoupaPortal

@dataclass(frozen=True)
class Buggy(CoupaPortal):
    def read(self, driver):
        if "{number}" in driver.current_url:
            raise KeyError("guid")
        return super().read(driver)

def pytest_edgepool_portals():
    return {{"buggy": Buggy(name="buggy")}}
"""
TRIES = 3
QUICK = {"EDGEPOOL_PO_RETRY_SECONDS": "0.05", "EDGEPOOL_PO_ATTEMPTS": str(TRIES)}

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")


@dataclass
class Faulty:
    """One run against a site with one fault for each order."""

    bench: Bench
    ended: Ended

    def outcome(self, fault: str) -> dict[str, Any]:
        """What came of the order with that fault."""
        return next(each for each in self.ended.ledger() if each["number"] == FAULTS[fault])

    def files(self, fault: str) -> dict[str, bytes]:
        return self.bench.files_of(FAULTS[fault], self.ended)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory, signed_in: Path) -> Iterator[Faulty]:
    faults = {number: fault for fault, number in FAULTS.items() if fault not in ("none", "bug")}
    options = DemoOptions(session="session", session_key=SESSION_KEY, faults=faults, retry_after="")
    place = tmp_path_factory.mktemp("faulty")
    with serve(options) as demo, a_bench(place, signed_in, demo, **QUICK) as bench:
        bench.sheet(list(FAULTS.values()))
        bench.write("conftest.py", BUGGY.format(number=FAULTS["bug"].removeprefix("PO")))
        in_order = ("-o", "po_transfers=1")  # a fault that strikes once strikes the first file
        yield Faulty(
            bench, bench.run("-n2", "--po-csv=pos.csv", "--po-portal=buggy", "--junitxml=report.xml", *in_order)
        )


@pytest.mark.parametrize(
    "fault",
    [
        *("server-error:1", "truncated:2", "reset:1", "file-error:2", "signed-out-file:1", "rate-limit:1"),
        *("file-rate-limit:1", "none"),
    ],
)
def test_a_passing_trouble_costs_nothing(faulty: Faulty, fault: str) -> None:
    """What goes wrong once or twice is tried again, and every file arrives as the site has it."""
    assert faulty.outcome(fault)["status"] == "COMPLETED"
    assert faulty.files(fault) == expected_files(FAULTS[fault])


@pytest.mark.parametrize(
    ("fault", "attempts"),
    [("none", 1), ("server-error:1", 2), ("rate-limit:1", 2), ("server-error", TRIES), ("no-access", 1)],
)
def test_the_tries_are_counted(faulty: Faulty, fault: str, attempts: int) -> None:
    """The ledger says how many tries an order had: one more for each failed page, none in vain."""
    assert faulty.outcome(fault)["attempts"] == attempts


def test_a_broken_file_is_tried_again_without_its_whole_order(faulty: Faulty) -> None:
    """What broke off is asked for once more each time it did, whichever of the order's files it was."""
    order = demo_order(FAULTS["truncated:2"])
    assert order is not None
    asked = [each.path for each in faulty.bench.demo.site.log]
    counts = [sum(f"/type/{each.identifier}/" in path for path in asked) for each in order.attachments]
    assert sum(counts) == len(order.attachments) + 2, counts


def test_a_missing_file_makes_the_order_partial(faulty: Faulty) -> None:
    """When one file cannot be had the others are published, and the order is PARTIAL, never COMPLETED."""
    order = demo_order(FAULTS["file-missing:1"])
    assert order is not None
    outcome, wanted = faulty.outcome("file-missing:1"), expected_files(order.number)
    missing = order.attachments[0].name
    assert outcome["status"] == "PARTIAL"
    assert sorted(faulty.files("file-missing:1").values()) == sorted(
        content for content in wanted.values() if content != order.attachments[0].content
    )
    assert missing in wanted


def test_a_partial_order_names_the_file_that_is_missing(faulty: Faulty) -> None:
    """Its reason says how many of how many arrived, which did not, and why."""
    order = demo_order(FAULTS["file-missing:1"])
    assert order is not None
    count, reason = len(order.attachments), faulty.outcome("file-missing:1")["reason"]
    assert reason.startswith(f"{count - 1} of {count} files: ")
    assert order.attachments[0].name in reason
    assert "404" in reason


@pytest.mark.parametrize("fault", ["file-missing:1", "file-missing", "server-error", "no-access", "rate-limit"])
def test_a_failed_order_leaves_evidence(faulty: Faulty, fault: str) -> None:
    """What the tab showed is kept: picture, page and address."""
    kept = faulty.bench.folder / "downloads" / faulty.outcome(fault)["evidence"]
    assert {each.name for each in kept.iterdir()} >= {"page.png", "page.html", "page.url"}


@pytest.mark.parametrize("fault", ["server-error:1", "truncated:2", "none"])
def test_an_order_that_completes_points_to_no_evidence(faulty: Faulty, fault: str) -> None:
    """What a failed try left behind is not held against an order that completed."""
    assert faulty.outcome(fault)["evidence"] == ""


@pytest.mark.parametrize("fault", ["file-missing", "truncated", "signed-out-file"])
def test_an_order_without_one_whole_file_publishes_nothing(faulty: Faulty, fault: str) -> None:
    """Not one file arrived whole: the order fails, has no folder, and each file is named with what was wrong."""
    outcome = faulty.outcome(fault)
    assert (outcome["status"], outcome["folder"], outcome["files"]) == ("FAILED", "", [])
    order = demo_order(FAULTS[fault])
    assert order is not None
    assert order.attachments[0].name in outcome["reason"] or "inv.pdf" in outcome["reason"]


def test_a_sign_in_page_is_never_published_as_a_file(faulty: Faulty) -> None:
    """A page that comes as `inv.pdf` is nowhere below the output folder, under no name."""
    output = faulty.bench.folder / "downloads"
    kept = [each for each in output.rglob("*") if each.is_file() and ".edgepool" not in each.relative_to(output).parts]
    assert not [each for each in output.rglob("*") if each.name == "inv.pdf"]
    assert not [each for each in kept if each.suffix != ".html" and b"user_password" in each.read_bytes()]


def test_an_order_that_may_not_be_seen_is_access_denied(faulty: Faulty) -> None:
    """It is told apart from one that is not there."""
    outcome = faulty.outcome("no-access")
    assert outcome["status"] == "ACCESS_DENIED"
    assert "see the order" in outcome["reason"]


def test_a_site_that_is_asked_too_fast_gives_rate_limit(faulty: Faulty) -> None:
    """An order that was only ever answered with 429 says so, after all its tries."""
    outcome = faulty.outcome("rate-limit")
    assert (outcome["status"], outcome["attempts"]) == ("RATE_LIMIT", TRIES)
    assert "429" in outcome["reason"]


def test_a_site_that_is_asked_too_fast_for_files_gives_rate_limit(faulty: Faulty) -> None:
    """The page came, no file did, and the answer was 429 each time: that is no failure of the files."""
    outcome = faulty.outcome("file-rate-limit")
    assert (outcome["status"], outcome["files"]) == ("RATE_LIMIT", [])
    assert "429" in outcome["reason"]


def test_a_bug_fails_one_order_and_says_where_it_is(faulty: Faulty) -> None:
    """Its type and place are in the reason, the places on the way in the log; the next order is none the worse."""
    outcome = faulty.outcome("bug")
    assert (outcome["status"], outcome["attempts"]) == ("FAILED", 1)
    assert outcome["reason"] == "KeyError at conftest.py:9: 'guid'; please report it"
    [told] = [each for each in faulty.ended.events() if each["event"] == "bug.met"]
    assert told["places"][-1] == "conftest.py:9"


def test_a_site_that_stays_unwell_gives_failed(faulty: Faulty) -> None:
    """An order whose page only ever gave 500 is FAILED and names the status."""
    outcome = faulty.outcome("server-error")
    assert outcome["status"] == "FAILED"
    assert "500" in outcome["reason"]


def test_a_failed_order_does_not_harm_the_next(faulty: Faulty) -> None:
    """All orders of the sheet were tried, each once in JUnit; the exit status says that some failed."""
    assert faulty.ended.code == 1
    assert set(faulty.ended.junit()) == set(FAULTS.values())
    assert "STOPPED" not in faulty.ended.statuses().values()


def test_the_reason_stands_first_in_what_pytest_shows(faulty: Faulty) -> None:
    """A failed order is one line with status and reason, without a traceback of ours."""
    assert "RATE_LIMIT: the site answered with HTTP status 429" in faulty.ended.out
    assert "Traceback" not in faulty.ended.out
    assert "pytest_edgepool/" not in faulty.ended.out


def test_a_run_warns_of_nothing(faulty: Faulty) -> None:
    """A user who turns warnings into errors has no order fail for it."""
    assert " warning" not in faulty.ended.out.splitlines()[-1]


def test_a_file_that_does_not_end_is_a_timeout(bench: Bench) -> None:
    """An order gets the time that `--po-timeout` allows it, and no more."""
    slow = FAULTS["none"]
    bench.demo.site.change(faults={slow: "slow"}, slow_chunk_delay_seconds=3600)
    bench.sheet([slow])
    ended = bench.run("-n0", "--po-csv=pos.csv", "--po-timeout=2", "--po-attempts=1")
    assert ended.statuses() == {slow: "TIMEOUT"}
    assert f"PO {slow} took longer than 2 s" in ended.out


def test_a_file_that_does_not_end_leaves_the_next_order_alone(bench: Bench) -> None:
    """What an order's tab still downloads when its time is up is canceled: the next order is complete."""
    slow, quick = FAULTS["none"], FAULTS["no-access"]
    bench.demo.site.change(faults={slow: "slow"}, slow_chunk_delay_seconds=3600)
    bench.sheet([slow, quick])
    ended = bench.run("-n0", "--po-csv=pos.csv", "--po-timeout=4", "--po-attempts=1")
    assert ended.statuses() == {slow: "TIMEOUT", quick: "COMPLETED"}
    assert bench.files_of(quick, ended) == expected_files(quick)
