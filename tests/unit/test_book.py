"""The ledger as a worker uses it: what it does not take has not happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import DiskTrouble
from pytest_edgepool.orders.order import PurchaseOrder
from pytest_edgepool.outcomes.ledger import Ledger
from pytest_edgepool.outcomes.status import Outcome, Status
from pytest_edgepool.plugin.book import Book

if TYPE_CHECKING:
    from pathlib import Path


def book_in(output: Path, stopped: list[Exception]) -> Book:
    return Book(output, "unfinished", str, stopped.append)


def test_what_the_ledger_takes_is_as_it_was(tmp_path: Path) -> None:
    """The outcome comes back unchanged, the ledger has it, and the run goes on."""
    stopped: list[Exception] = []
    outcome = Outcome(number="PO1", status=Status.COMPLETED, run="r")
    assert book_in(tmp_path, stopped).write(outcome) is outcome
    assert Ledger(tmp_path / ".edgepool" / "ledger.jsonl").read().outcomes == (outcome,)
    assert stopped == []


@pytest.mark.parametrize(
    ("status", "reason", "told"),
    [
        (Status.COMPLETED, "", "cannot be written (Is a directory); the next run fetches this PO again"),
        (Status.PARTIAL, "1 of 2 files", "1 of 2 files"),
        (Status.TIMEOUT, "PO1 took longer than 4 s", "PO1 took longer than 4 s"),
    ],
)
def test_what_the_ledger_does_not_take_has_failed(tmp_path: Path, status: Status, reason: str, told: str) -> None:
    """It says why, keeps the reason that it had, and nothing more is begun."""
    (tmp_path / ".edgepool" / "ledger.jsonl").mkdir(parents=True)
    stopped: list[Exception] = []
    written = book_in(tmp_path, stopped).write(Outcome(number="PO1", status=status, reason=reason))
    assert written.status is Status.FAILED
    assert written.reason.endswith(told)
    assert [type(each) for each in stopped] == [DiskTrouble]
    assert str(stopped[0]) == f"the ledger in {tmp_path} cannot be written (Is a directory)"


@pytest.mark.parametrize(
    ("status", "may_run_again", "is_known"),
    [
        (Status.COMPLETED, True, True),
        (Status.FAILED, True, False),
        (Status.FAILED, False, True),
        (Status.TIMEOUT, True, False),
    ],
)
def test_an_earlier_try_s_failure_is_not_the_order_s_when_it_may_run_again(
    tmp_path: Path, status: Status, may_run_again: bool, is_known: bool
) -> None:
    """Its worker died in the next try: that one is due, and is not passed over for the failure before it."""
    book = book_in(tmp_path, [])
    outcome = book.write(Outcome(number="PO1", status=status, run="r"))
    order = PurchaseOrder(number="PO1", sheet="pos.csv", row=2)
    assert book.told_before(order, "r", may_run_again=may_run_again) == (outcome if is_known else None)
    assert book.told_before(order, "another", may_run_again=False) is None


def done(number: str, run: str, status: Status = Status.COMPLETED) -> Outcome:
    return Outcome(number=number, status=status, run=run)


def test_what_another_run_has_done_meanwhile_is_skipped(tmp_path: Path) -> None:
    """The ledger is looked at again before an order begins, and what was read is not read twice."""
    book, other = book_in(tmp_path, []), Ledger(tmp_path / ".edgepool" / "ledger.jsonl")
    first, second = PurchaseOrder(number="PO1", sheet="s", row=2), PurchaseOrder(number="PO2", sheet="s", row=3)
    assert book.skipped(first) is None
    assert book.skipped_meanwhile(first, "mine") is None
    for number, status in (("PO1", Status.FAILED), ("PO1", Status.COMPLETED), ("PO2", Status.PARTIAL)):
        other.append(done(number, "other", status))
    told = book.skipped_meanwhile(first, "mine")
    assert told is not None
    assert (told.status, told.reason) == (Status.SKIPPED, "already COMPLETED in run other")
    assert book.skipped_meanwhile(second, "mine") is None
    assert book.skipped(first) is not None


def test_what_the_run_did_itself_is_no_news(tmp_path: Path) -> None:
    """A second test of the same run that fetches the same order fetches it."""
    book = book_in(tmp_path, [])
    order = PurchaseOrder(number="PO1", sheet="s", row=2)
    assert book.skipped(order) is None
    book.write(done("PO1", "mine"))
    assert book.skipped_meanwhile(order, "mine") is None


def test_a_ledger_that_cannot_be_read_meanwhile_is_told_by_whoever_writes_it(tmp_path: Path) -> None:
    """The order is fetched; its outcome says what is wrong."""
    book = book_in(tmp_path, [])
    order = PurchaseOrder(number="PO1", sheet="s", row=2)
    assert book.skipped(order) is None
    (tmp_path / ".edgepool" / "ledger.jsonl").mkdir(parents=True)
    assert book.skipped_meanwhile(order, "mine") is None
