"""What a finding looks like, and what all of them come to."""

from __future__ import annotations

import json

import pytest

from pytest_edgepool.doctor.finding import (
    Finding,
    Verdict,
    as_json,
    can_start,
    last_line,
    of_error,
    ok,
    parted,
    safely,
    warning,
    wrong,
)
from pytest_edgepool.errors import BrowserNotFound

FINE, ODD, BAD = ok("base", "there"), warning("room", "little", "free some"), wrong("driver", "old", "get a new one")


def test_a_finding_is_one_line_and_its_remedy_another() -> None:
    """The mark stands first; what is fine has no remedy."""
    assert FINE.lines().split() == ["ok", "base", "there"]
    first, second = BAD.lines().splitlines()
    assert first.split() == ["WRONG", "driver", "old"]
    assert second.strip() == "-> get a new one"


@pytest.mark.parametrize(
    ("findings", "starts", "line"),
    [
        ([FINE], True, "A run can start."),
        ([FINE, ODD], True, "A run can start (1 warning)."),
        ([ODD, ODD], True, "A run can start (2 warnings)."),
        ([FINE, BAD, ODD], False, "A run cannot start: 1 thing is wrong (1 warning)."),
        ([BAD, BAD], False, "A run cannot start: 2 things are wrong (0 warnings)."),
    ],
)
def test_a_run_can_start_unless_something_is_wrong(findings: list[Finding], starts: bool, line: str) -> None:
    """Warnings do not keep it."""
    assert can_start(findings) is starts
    assert last_line(findings) == line


def test_json_has_every_finding_and_the_answer() -> None:
    """As plain values that a program reads."""
    held = json.loads(json.dumps(as_json([FINE, BAD])))
    assert held == {
        "findings": [
            {"topic": "base", "verdict": "ok", "told": "there", "remedy": ""},
            {"topic": "driver", "verdict": "wrong", "told": "old", "remedy": "get a new one"},
        ],
        "can_start": False,
    }


@pytest.mark.parametrize(
    ("sentence", "told", "remedy"),
    [
        ("There is none; make one.", "There is none", "make one"),
        ("There is; a\nfew; make one.", "There is; a few", "make one"),
        ("There is none.", "There is none", ""),
    ],
)
def test_the_last_clause_of_a_sentence_is_its_remedy(sentence: str, told: str, remedy: str) -> None:
    """So all sentences of ours are written."""
    assert parted(sentence) == (told, remedy)


def test_an_error_without_a_remedy_gets_the_one_of_its_place() -> None:
    """Nobody is left without advice."""
    assert of_error("browser", BrowserNotFound("There is none."), "get one") == wrong(
        "browser", "There is none", "get one"
    )


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BrowserNotFound("There is none; get one."), "There is none"),
        (
            PermissionError(13, "Permission denied", "/x"),
            "it could not be looked at: [Errno 13] Permission denied: '/x'",
        ),
        (ZeroDivisionError("by us"), "it could not be examined: ZeroDivisionError: by us"),
    ],
)
def test_an_examination_that_stumbles_is_a_finding_and_keeps_no_other_away(error: Exception, told: str) -> None:
    """Not proven means no."""

    def stumble() -> list[Finding]:
        raise error

    (found,) = safely("topic", stumble)
    assert (found.topic, found.verdict, found.told) == ("topic", Verdict.WRONG, told)
    assert found.remedy


def test_an_interruption_is_no_finding() -> None:
    """Ctrl-C ends it all."""

    def interrupt() -> list[Finding]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        safely("topic", interrupt)
