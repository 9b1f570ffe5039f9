"""Which orders run again."""

from __future__ import annotations

import pytest

from pytest_edgepool.outcomes.again import reason_to_skip
from pytest_edgepool.outcomes.status import Outcome, Status


def outcome(status: Status) -> Outcome:
    return Outcome(number="PO1", status=status, run="r1")


def whole(_outcome: Outcome) -> bool:
    return True


def damaged(_outcome: Outcome) -> bool:
    return False


def never_asked(_outcome: Outcome) -> bool:
    raise AssertionError("the files were looked at although they do not matter")


@pytest.mark.parametrize("status", list(Status))
def test_all_runs_every_order_without_a_look_at_its_files(status: Status) -> None:
    """`all` means all."""
    assert not reason_to_skip("all", outcome(status), never_asked)
    assert not reason_to_skip("all", None, never_asked)


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.NO_ATTACHMENTS])
def test_what_is_done_and_whole_is_skipped_and_the_reason_names_the_run(status: Status) -> None:
    """Done is what the ledger says and whose files are there."""
    assert reason_to_skip("unfinished", outcome(status), whole) == f"already {status} in run r1"


def test_what_is_done_but_damaged_is_unfinished() -> None:
    """A file that is gone or changed is not done."""
    assert not reason_to_skip("unfinished", outcome(Status.COMPLETED), damaged)


def test_failed_means_what_failed_and_leaves_what_was_done_alone() -> None:
    """Whole or not: it did not fail."""
    assert reason_to_skip("failed", outcome(Status.COMPLETED), never_asked) == "it has not failed before"


@pytest.mark.parametrize("status", [Status.PARTIAL, Status.FAILED, Status.TIMEOUT, Status.PO_NOT_FOUND])
@pytest.mark.parametrize("which", ["unfinished", "failed"])
def test_what_failed_runs_again_without_a_look_at_its_files(which: str, status: Status) -> None:
    """A failure is tried again under both."""
    assert not reason_to_skip(which, outcome(status), never_asked)


def test_what_was_never_tried_is_unfinished_but_has_not_failed() -> None:
    """The two words differ only in this."""
    assert not reason_to_skip("unfinished", None, never_asked)
    assert reason_to_skip("failed", None, never_asked) == "it has not failed before"


def test_what_the_sheet_calls_done_is_skipped_where_nothing_else_is_known() -> None:
    """The reason names the sheet's word and what runs the order all the same."""
    told = reason_to_skip("unfinished", None, never_asked, "COMPLETED")
    assert told == "the sheet calls it COMPLETED (--po-rerun=all runs it all the same)"
    assert not reason_to_skip("all", None, never_asked, "COMPLETED")


@pytest.mark.parametrize("status", [Status.PARTIAL, Status.FAILED])
def test_the_ledger_knows_better_than_the_sheet(status: Status) -> None:
    """What failed, or whose files are gone, runs again whatever stands in the sheet."""
    assert not reason_to_skip("unfinished", outcome(status), never_asked, "COMPLETED")
    assert not reason_to_skip("unfinished", outcome(Status.COMPLETED), damaged, "COMPLETED")
