"""Statuses, verdicts and outcomes as values."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from pytest_edgepool.outcomes.status import KeptFile, Outcome, Status, Verdict, is_done, one_line, verdict_of

FILE = KeptFile(name="a/inv.pdf", size=5, sha256="ab" * 32, url="https://x.test/1")
FULL = Outcome(
    number="PO1",
    status=Status.PARTIAL,
    reason="1 of 2 arrived",
    supplier="Açme",
    url="https://x.test/order_headers/1",
    folder="Açme/PO1",
    attachments_found=2,
    files=(FILE,),
    attempts=3,
    seconds=1.5,
    finished_at="2025-01-02T03:04:05+00:00",
    run="r1",
    worker="gw0",
    slot=0,
    profile="base",
    site="https://x.test",
    evidence=".edgepool/evidence/PO1",
    earlier="the worker crashed",
)


def test_the_statuses_are_the_words_of_users_sheets() -> None:
    """Nothing is renamed: users filter their sheets by these words."""
    assert " ".join(Status) == (
        "COMPLETED PARTIAL NO_ATTACHMENTS PO_NOT_FOUND ACCESS_DENIED SESSION_EXPIRED RATE_LIMIT TIMEOUT FAILED "
        "SKIPPED STOPPED"
    )


@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_verdict(status: Status) -> None:
    """Two pass, two skip, all others fail: a status nobody thought of fails."""
    expected = {
        Status.COMPLETED: Verdict.PASSED,
        Status.NO_ATTACHMENTS: Verdict.PASSED,
        Status.SKIPPED: Verdict.SKIPPED,
        Status.STOPPED: Verdict.SKIPPED,
    }.get(status, Verdict.FAILED)

    assert verdict_of(status) is expected


def test_the_verdicts_are_pytests_words() -> None:
    """They are what a report's `outcome` says."""
    assert list(Verdict) == ["passed", "failed", "skipped"]


def test_done_is_what_needs_no_other_run() -> None:
    """Only a PO with all its files, or with none to fetch, is done."""
    assert [status for status in Status if is_done(status)] == [Status.COMPLETED, Status.NO_ATTACHMENTS]


def test_counts_come_from_the_files() -> None:
    """Downloaded files and bytes are counted, never told."""
    two = Outcome(number="PO1", status=Status.COMPLETED, files=(FILE, FILE))

    assert (two.attachments_downloaded, two.received_bytes) == (2, 10)


def test_an_outcome_survives_json() -> None:
    """Every field goes through text and comes back equal."""
    assert Outcome.from_json(json.loads(json.dumps(FULL.to_json()))) == FULL


def test_the_sample_sets_every_field() -> None:
    """No field of the round-trip sample keeps its default, so a field that is forgotten is noticed."""
    bare = Outcome(number="", status=Status.FAILED)

    assert [name for name in FULL.to_json() if getattr(FULL, name) == getattr(bare, name)] == []


def test_an_outcome_survives_pickling() -> None:
    """An outcome crosses to another process."""
    assert pickle.loads(pickle.dumps(FULL)) == FULL


def test_json_holds_plain_values_only() -> None:
    """The status is plain text and the files plain lists, for readers that know nothing of us."""
    data = FULL.to_json()

    assert type(data["status"]) is str
    told = {"name": "a/inv.pdf", "size": 5, "sha256": "ab" * 32, "url": "https://x.test/1"}
    assert data["files"] == [{**told, "original_name": "", "content_type": "", "fetched_at": ""}]


def test_two_keys_are_an_outcome() -> None:
    """An earlier version that knew less is read; what it did not know is empty."""
    assert Outcome.from_json({"number": "PO1", "status": "COMPLETED"}) == Outcome(number="PO1", status=Status.COMPLETED)


def test_unknown_keys_are_passed_over() -> None:
    """A later version that knows more is read."""
    assert Outcome.from_json({**FULL.to_json(), "mood": {"x": 1}}) == FULL


@pytest.mark.parametrize(
    ("key", "value"),
    [("attempts", "three"), ("attempts", True), ("reason", None), ("seconds", "1"), ("slot", 1.5), ("folder", 7)],
)
def test_a_value_of_another_type_is_passed_over(key: str, value: object) -> None:
    """A field that holds something else takes its default instead of breaking a report later."""
    read = Outcome.from_json({**FULL.to_json(), key: value})

    assert getattr(read, key) == getattr(Outcome(number="PO1", status=Status.FAILED), key)


def test_a_whole_number_of_seconds_is_seconds() -> None:
    """JSON of other writers spells 2.0 as 2."""
    assert Outcome.from_json({**FULL.to_json(), "seconds": 2}).seconds == 2


@pytest.mark.parametrize(
    "files",
    [None, "x", {}, [1], [{"name": "a"}], [{"name": "a", "size": "5", "sha256": "x"}], [{"size": 5, "sha256": "x"}]],
)
def test_a_file_that_is_not_described_whole_does_not_count(files: object) -> None:
    """What cannot be checked on the shelf is not taken for a file."""
    assert Outcome.from_json({**FULL.to_json(), "files": files}).files == ()


def test_a_status_of_a_later_version_counts_as_failed() -> None:
    """The PO is looked at again, and the reason says why."""
    read = Outcome.from_json({**FULL.to_json(), "status": "ARCHIVED"})

    assert (read.status, read.reason) == (Status.FAILED, "unknown status ARCHIVED of another version")


@pytest.mark.parametrize(
    "data",
    [{}, {"number": "PO1"}, {"status": "COMPLETED"}, {"number": "", "status": "FAILED"}, {"number": 1, "status": "x"}],
)
def test_without_number_and_status_there_is_no_outcome(data: dict[str, Any]) -> None:
    """Those two are not guessed."""
    with pytest.raises(ValueError, match="number and a status"):
        Outcome.from_json(data)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain", "plain"),
        ("", ""),
        ("  a\r\n  b\tc\n", "a b c"),
        ("a\x1b[31mb\x00c", "a [31mb c"),
        ("a\u2028b\u202ec", "a b c"),
        ("ação", "ação"),
    ],
)
def test_one_line_folds_what_would_break_a_line(text: str, line: str) -> None:
    """Line ends, escapes and invisible characters become single spaces."""
    assert one_line(text) == line


def test_one_line_is_no_longer_than_its_limit() -> None:
    """Text at the limit is whole; longer text ends in an ellipsis within it."""
    assert one_line("x" * 300) == "x" * 300
    assert one_line("x" * 301) == "x" * 299 + "…"
    assert one_line("abc def", limit=5) == "abc…"
