"""Three proofs, each with its own result; what is not proven is not so."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from pytest_edgepool.clock import Deadline
from pytest_edgepool.errors import DeadlinePassed, NetworkTrouble, Permanent, Retryable, RunStopped, SignedOut
from pytest_edgepool.profiles.soundness import exit_type_of, wrong_with_files
from pytest_edgepool.profiles.verify import Answer, MethodResult, Proof, compare_session, prove, together
from pytest_edgepool.testing import FakeClock
from tests.profiles import make_base

if TYPE_CHECKING:
    from pathlib import Path

S, F, T = Proof.SUCCESS, Proof.FAILED, Proof.TIMEOUT


def results(**outcomes: Proof) -> list[MethodResult]:
    return [
        MethodResult(method=method, outcome=outcome, seconds=0.1, error="" if outcome is S else "no")
        for method, outcome in outcomes.items()
    ]


@pytest.mark.parametrize(
    ("outcomes", "together_are", "permits"),
    [
        ({}, Proof.SUCCESS, True),
        ({"file": S, "capability": S, "auth": S}, Proof.SUCCESS, True),
        ({"auth": S}, Proof.SUCCESS, True),
        ({"file": F, "capability": S, "auth": S}, Proof.PARTIAL, True),
        ({"file": F, "capability": S}, Proof.PARTIAL, True),
        ({"file": S, "capability": F, "auth": S}, Proof.PARTIAL, True),
        ({"file": S, "capability": T, "auth": S}, Proof.PARTIAL, True),
        ({"file": S, "capability": F}, Proof.PARTIAL, True),
        ({"file": S, "capability": S, "auth": F}, Proof.PARTIAL, False),
        ({"file": S, "capability": S, "auth": T}, Proof.PARTIAL, False),
        ({"file": F, "auth": T}, Proof.FAILED, False),
        ({"file": F}, Proof.FAILED, False),
        ({"auth": T}, Proof.TIMEOUT, False),
        ({"capability": T, "auth": T}, Proof.TIMEOUT, False),
    ],
)
def test_results_come_to_one(outcomes: dict[str, Proof], together_are: Proof, permits: bool) -> None:
    """Work may begin when all is proved; when a part is, only if the site knows us or nobody wanted it asked."""
    verification = together(results(**outcomes))
    assert (verification.outcome, verification.permits_work) == (together_are, permits)


def test_a_browser_on_a_strange_profile_never_works() -> None:
    """Whoever the site takes it for: nothing makes up for that."""
    strange = MethodResult(method="capability", outcome=F, seconds=0.1, error="elsewhere", forbids=True)
    verification = together([*results(file=S, auth=S), strange])
    assert (verification.outcome, verification.permits_work) == (Proof.PARTIAL, False)
    assert verification.failed == ("capability",)


def test_what_a_method_saw_can_be_asked_for() -> None:
    """By its name; of one that was not asked there is nothing."""
    seen = MethodResult(method="auth", outcome=S, seconds=0.1, details={"cookies_after": 3})
    assert together([seen]).details_of("auth") == {"cookies_after": 3}
    assert together([seen]).details_of("file") == {}


def test_the_first_failure_is_named() -> None:
    """With the method that found it."""
    verification = together(
        [
            MethodResult(method="file", outcome=S, seconds=0.1),
            MethodResult(method="capability", outcome=F, seconds=0.1, error="the wrong folder"),
            MethodResult(method="auth", outcome=T, seconds=0.1, error="too slow"),
        ]
    )
    assert verification.error == "capability: the wrong folder"
    assert together(results(file=S)).error == ""


def test_a_verification_can_be_written_down() -> None:
    """Outcome, and each method with its time and error."""
    assert together(results(file=F)).to_json() == {
        "outcome": "FAILED",
        "results": [
            {
                "method": "file",
                "outcome": "FAILED",
                "seconds": 0.1,
                "error": "no",
                "details": {},
                "tries": 1,
                "forbids": False,
            }
        ],
    }


def test_a_probe_that_finds_nothing_wrong_is_a_proof() -> None:
    """And its time is told."""
    clock = FakeClock()

    def probe() -> str:
        clock.sleep(1.25)
        return ""

    assert prove("auth", probe, clock) == MethodResult(method="auth", outcome=S, seconds=1.25)


def test_what_a_probe_finds_wrong_is_the_error() -> None:
    """As it said it."""
    result = prove("auth", lambda: "the site asks to sign in")
    assert (result.outcome, result.error) == (F, "the site asks to sign in")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NetworkTrouble("the site did not answer"), F),
        (SignedOut("nobody is signed in"), F),
        (OSError("no such file"), F),
        (sqlite3.OperationalError("it is locked"), F),
        (DeadlinePassed("the sign-in proof", 30.0), T),
    ],
)
def test_a_probe_that_fails_proves_nothing(error: Exception, outcome: Proof) -> None:
    """Whatever kept it from an answer; running out of time is told apart."""

    def probe() -> str:
        raise error

    result = prove("auth", probe)
    assert (result.outcome, result.error) == (outcome, str(error))


@pytest.mark.parametrize("error", [RunStopped("the run was ended"), ZeroDivisionError(), KeyboardInterrupt()])
def test_what_says_nothing_of_the_profile_is_no_proof(error: BaseException) -> None:
    """The end of the run is not "signed out", and a bug of ours is a bug."""

    def probe() -> str:
        raise error

    with pytest.raises(type(error)):
        prove("auth", probe)


def test_the_ended_run_is_a_permanent_error() -> None:
    """It is of the same family as what a probe may find, and still told apart."""
    assert issubclass(RunStopped, Permanent)


# -- files


def test_a_sound_profile_has_sound_files(tmp_path: Path) -> None:
    """Also one that a browser has used, and one that is still empty."""
    base = make_base(tmp_path / "udd", "Profile 2")
    assert wrong_with_files(base.user_data_dir, "Profile 2") == ""
    (tmp_path / "empty" / "Default").mkdir(parents=True)
    assert wrong_with_files(tmp_path / "empty", "Default") == ""


@pytest.mark.parametrize("content", [b"", b"{half", b"[]", b"\xff\xfe"])
@pytest.mark.parametrize("name", ["Local State", "Default/Preferences"])
def test_damaged_settings_are_found(tmp_path: Path, name: str, content: bytes) -> None:
    """The file is named."""
    make_base(tmp_path / "udd")
    (tmp_path / "udd" / name).write_bytes(content)
    assert wrong_with_files(tmp_path / "udd", "Default") == f"{name.rpartition('/')[2]} is damaged"


@pytest.mark.parametrize("content", [b"no database at all, but long enough", b"SQLite format 3\0" + b"junk" * 500])
@pytest.mark.parametrize("name", ["Cookies", "Network/Cookies"])
def test_damaged_cookies_are_found(tmp_path: Path, name: str, content: bytes) -> None:
    """Where Linux keeps them and where Windows does."""
    make_base(tmp_path / "udd")
    path = tmp_path / "udd" / "Default" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    assert wrong_with_files(tmp_path / "udd", "Default").startswith("Cookies is damaged (")


def test_torn_cookies_are_found(tmp_path: Path) -> None:
    """A database whose second half is lost still begins like one."""
    make_base(tmp_path / "udd")
    path = tmp_path / "udd" / "Default" / "Cookies"
    path.write_bytes(path.read_bytes()[:4096])
    assert wrong_with_files(tmp_path / "udd", "Default").startswith("Cookies is damaged (")


def test_no_time_is_no_proof_of_files(tmp_path: Path) -> None:
    """A profile that cannot be read in time is TIMEOUT, not damaged."""
    base = make_base(tmp_path / "udd")
    clock = FakeClock()
    deadline = Deadline.after(1.0, "the file proof", clock)
    clock.sleep(2.0)
    result = prove("file", lambda: wrong_with_files(base.user_data_dir, "Default", deadline))
    assert (result.outcome, result.error) == (T, "the file proof took longer than 1 s")


def test_how_the_last_session_ended_is_read(tmp_path: Path) -> None:
    """As the profile says it; one that says nothing is no error."""
    base = make_base(tmp_path / "udd")
    assert exit_type_of(base.user_data_dir, "Default") == "Crashed"
    (base.profile_folder / "Preferences").write_text("{}")
    assert exit_type_of(base.user_data_dir, "Default") == ""
    assert exit_type_of(tmp_path / "nowhere", "Default") == ""


# -- tries


def tries(clock: FakeClock, most: int = 3) -> Retrying:
    return Retrying(
        stop=stop_after_attempt(most),
        retry=retry_if_exception_type((Retryable, DeadlinePassed)),
        wait=wait_fixed(2.0),
        sleep=clock.sleep,
    )


def test_what_may_pass_is_asked_again() -> None:
    """Until it answers; how often is told, and the pauses count."""
    clock = FakeClock()
    answers = [NetworkTrouble("reset"), DeadlinePassed("the proof", 30.0), None]

    def probe() -> Answer:
        trouble = answers.pop(0)
        if trouble:
            raise trouble
        return Answer(details={"page": "home"})

    result = prove("auth", probe, clock, tries(clock))
    assert (result.outcome, result.tries, result.seconds, result.details) == (S, 3, 4.0, {"page": "home"})


@pytest.mark.parametrize(("error", "outcome"), [(NetworkTrouble("reset"), F), (DeadlinePassed("the proof", 30.0), T)])
def test_what_does_not_pass_is_given_up(error: Exception, outcome: Proof) -> None:
    """After all its tries, with the last reason."""
    clock = FakeClock()

    def probe() -> Answer:
        raise error

    result = prove("auth", probe, clock, tries(clock))
    assert (result.outcome, result.tries, result.error) == (outcome, 3, str(error))


def test_an_answer_is_not_asked_for_twice() -> None:
    """What the site says is final; only trouble on the way is tried again."""
    clock = FakeClock()
    result = prove("auth", lambda: "the site asks to sign in", clock, tries(clock))
    assert (result.outcome, result.tries) == (F, 1)


@pytest.mark.parametrize("error", [RunStopped("ended"), ZeroDivisionError()])
def test_tries_do_not_hide_what_is_no_answer(error: Exception) -> None:
    """The end of the run, and a bug, come through at once."""
    clock = FakeClock()

    def probe() -> Answer:
        raise error

    with pytest.raises(type(error)):
        prove("auth", probe, clock, tries(clock))
    assert clock.slept == []


# -- session


def wrong(
    tmp_path: Path, reported: object, versions: tuple[str, str] = ("", ""), drivers: tuple[str, str] = ("", "")
) -> str:
    return compare_session(
        user_data_dir=tmp_path / "udd",
        reported_user_data_dir=str(reported),
        versions=versions,
        driver_versions=drivers,
    ).wrong


def test_a_browser_on_what_was_leased_is_right(tmp_path: Path) -> None:
    """However the driver spells the path."""
    (tmp_path / "udd").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "udd")
    assert wrong(tmp_path, tmp_path / "udd") == ""
    assert wrong(tmp_path, tmp_path / "udd" / "..") != ""
    assert wrong(tmp_path, f"{tmp_path}/./udd/") == ""
    assert wrong(tmp_path, tmp_path / "link") == ""


def test_a_browser_elsewhere_is_wrong(tmp_path: Path) -> None:
    """Both folders are named; a driver that does not say proves nothing."""
    said = wrong(tmp_path, "/var/scoped_dir123")
    assert "/var/scoped_dir123" in said
    assert str(tmp_path / "udd") in said
    assert wrong(tmp_path, "") == "the driver does not say which user data dir it runs on"


@pytest.mark.parametrize(
    ("version", "reported", "is_right"),
    [
        ("156.0.1.2", "156.0.1.2", True),
        ("156.0.1.2", "156.0.9.9", True),
        ("156.0.1.2", "157.0.0.1", False),
        ("", "157.0.0.1", True),
        ("156.0.1.2", "", True),
    ],
)
def test_a_browser_that_was_updated_meanwhile_is_wrong(
    tmp_path: Path, version: str, reported: str, is_right: bool
) -> None:
    """Another major version needs another driver; what is not known is not held against it."""
    both = (version, reported)
    assert (wrong(tmp_path, tmp_path / "udd", both) == "") is is_right
    assert (wrong(tmp_path, tmp_path / "udd", drivers=both) == "") is is_right


def test_only_a_strange_profile_forbids_work(tmp_path: Path) -> None:
    """An updated browser may still do; what the session says of itself is kept as details."""

    def ask(reported: str, versions: tuple[str, str]) -> Answer:
        return compare_session(
            user_data_dir=tmp_path / "udd",
            reported_user_data_dir=reported,
            versions=versions,
            driver_versions=("156.1", "156.1"),
        )

    assert ask("/elsewhere", ("156", "156")).forbids
    assert ask("", ("156", "156")).forbids
    updated = ask(str(tmp_path / "udd"), ("156.2", "157.0"))
    assert updated.wrong
    assert not updated.forbids
    assert updated.details == {
        "user_data_dir": str(tmp_path / "udd"),
        "browser_version": "157.0",
        "driver_version": "156.1",
    }
