"""What is said of programs, policies, automation, the disk and what killed runs left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_edgepool.browser.automation import Answer
from pytest_edgepool.browser.binaries import Browser
from pytest_edgepool.doctor.disk import judge_means, judge_room
from pytest_edgepool.doctor.finding import Verdict
from pytest_edgepool.doctor.ground import Ground
from pytest_edgepool.doctor.leftovers import Leftovers, judge_leftovers, look_for_leftovers
from pytest_edgepool.doctor.policy import judge_automation, judge_policies, judge_sandbox
from pytest_edgepool.doctor.programs import examine_libraries, judge_browser, judge_library
from pytest_edgepool.profiles.base import Base, BaseStatus
from pytest_edgepool.profiles.means import PLAIN, Means
from pytest_edgepool.profiles.policies import REMOTE_DEBUGGING, Policies, Policy
from pytest_edgepool.profiles.tabs import set_tabs_aside
from pytest_edgepool.run import Run
from tests.profiles import make_base
from tests.staged import holding

EDGE = Browser(brand="edge", channel="stable", binary="/e", version="150.0.1", driver="/d", driver_version="150.0.9")
MB = 1_000_000
SHARING = Means(name="reflink", share=lambda _source, _target: 0)


def on(*, default: bool) -> Ground:
    base = Base(user_data_dir=Path("/b"), profile_directory="Default", managed=not default)
    return Ground(base=base, is_default=default, status=BaseStatus.AVAILABLE)


@pytest.mark.parametrize(
    ("browser", "verdicts"),
    [
        (EDGE, [Verdict.OK, Verdict.OK]),
        (replace(EDGE, driver_version="149.0.1"), [Verdict.OK, Verdict.WRONG]),
        (replace(EDGE, version=""), [Verdict.WARNING, Verdict.OK]),
        (replace(EDGE, driver_version=""), [Verdict.OK, Verdict.WARNING]),
    ],
)
def test_browser_and_driver_must_be_of_one_major_version(browser: Browser, verdicts: list[Verdict]) -> None:
    """Two findings, with the versions in them."""
    found = judge_browser(browser)
    assert [each.verdict for each in found] == verdicts
    assert all(each.remedy for each in found if each.verdict is not Verdict.OK)


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ("4.40", Verdict.OK),
        ("4.51.0", Verdict.OK),
        ("5.0rc1", Verdict.OK),
        ("4.39.9", Verdict.WRONG),
        (None, Verdict.WRONG),
    ],
)
def test_a_library_that_is_missing_or_old_is_wrong(version: str | None, verdict: Verdict) -> None:
    """The remedy is what to type."""
    found = judge_library("selenium", version)
    assert found.verdict is verdict
    assert verdict is Verdict.OK or found.remedy == "pip install 'selenium>=4.40'"


def test_the_libraries_of_this_installation_are_fine() -> None:
    """Both are what pyproject.toml asks for."""
    assert [each.verdict for each in examine_libraries()] == [Verdict.OK, Verdict.OK]


def test_policies_that_forbid_are_wrong_and_those_in_doubt_a_warning() -> None:
    """With the file or key that sets them."""
    policy = Policy(name=REMOTE_DEBUGGING, value=False, where="/etc/x.json")
    forbidden, unread = judge_policies(Policies(platform="linux", found=(policy,), unread=("A file cannot be read.",)))
    assert (forbidden.verdict, unread.verdict) == (Verdict.WRONG, Verdict.WARNING)
    assert "/etc/x.json" in forbidden.told
    assert forbidden.remedy
    assert unread.remedy


def test_no_policy_is_fine() -> None:
    """One line says so."""
    assert [each.verdict for each in judge_policies(Policies(platform="linux"))] == [Verdict.OK]


@pytest.mark.parametrize(
    ("yes", "default", "busy", "verdict"),
    [
        (True, False, "clone", Verdict.OK),
        (True, True, "clone", Verdict.OK),
        (False, False, "clone", Verdict.WRONG),
        (False, True, "clone", Verdict.WARNING),
        (False, True, "wait", Verdict.WARNING),
        (False, True, "fail", Verdict.WRONG),
    ],
)
def test_a_browser_refused_on_its_default_profile_can_still_use_clones(
    yes: bool, default: bool, busy: str, verdict: Verdict
) -> None:
    """Refused everywhere, no run can start."""
    found = judge_automation(Answer(yes=yes, why="it said so"), on(default=default), busy)
    assert found.verdict is verdict
    assert "it said so" in found.told


def test_a_browser_without_a_sandbox_of_that_kind_has_no_finding(tmp_path: Path) -> None:
    """Only a snap or a flatpak sees less than its user."""
    assert judge_sandbox(EDGE, tmp_path) == ()


def test_a_snap_that_cannot_see_the_state_folder_is_a_warning() -> None:
    """With a folder that it can see."""
    (found,) = judge_sandbox(replace(EDGE, binary="/snap/bin/chromium"), Path("/nonexistent/state"))
    assert found.verdict is Verdict.WARNING
    assert "EDGEPOOL_STATE_DIR" in found.remedy


@pytest.mark.parametrize(("means", "told"), [(SHARING, "copy-on-write (reflink)"), (PLAIN, "plain copy")])
def test_either_means_of_copying_is_fine(means: Means, told: str) -> None:
    """Sharing blocks saves room, not more."""
    found = judge_means(means, Path("/s"))
    assert found.verdict is Verdict.OK
    assert told in found.told


@pytest.mark.parametrize(
    ("free", "means", "verdict"),
    [
        (2000 * MB, PLAIN, Verdict.OK),
        (600 * MB, PLAIN, Verdict.WARNING),
        (300 * MB, PLAIN, Verdict.WRONG),
        (300 * MB, SHARING, Verdict.WARNING),
    ],
)
def test_room_for_the_template_and_every_clone_is_needed(free: int, means: Means, verdict: Verdict) -> None:
    """100 MB and four clones: 516 MB plainly, 156 MB with shared blocks."""
    found = judge_room(free, 100 * MB, 4, means, Path("/s"))
    assert found.verdict is verdict
    assert "template and 4 clones need" in found.told


@pytest.mark.parametrize(("free", "verdict"), [(2000 * MB, Verdict.OK), (10 * MB, Verdict.WARNING)])
def test_without_a_base_only_a_full_disk_is_told(free: int, verdict: Verdict) -> None:
    """What a run needs is not known then."""
    assert judge_room(free, None, 4, PLAIN, Path("/s")).verdict is verdict


def test_nothing_left_is_fine(tmp_path: Path) -> None:
    """A fresh state folder."""
    assert look_for_leftovers(tmp_path) == Leftovers()
    assert judge_leftovers(Leftovers()).verdict is Verdict.OK


def test_what_is_left_is_counted_and_clean_is_the_remedy() -> None:
    """In words that fit one and many."""
    found = judge_leftovers(Leftovers(runs=1, templates=2, journals=1))
    assert found.verdict is Verdict.WARNING
    assert "1 dead run, 2 templates that nobody uses, 1 base whose tabs are set aside" in found.told
    assert "edgepool clean" in found.remedy


def test_only_what_belongs_to_nobody_who_lives_is_left_over(tmp_path: Path) -> None:
    """A dead run, a template without a sharer, a journal of a base that nobody works on."""
    state = tmp_path / "state"
    base = make_base(tmp_path / "b")
    set_tabs_aside(base, state)
    (state / "runs" / "dead" / "alive").mkdir(parents=True)
    (state / "runs" / "half.gone-abc").mkdir()
    (state / "templates" / "unused" / "users").mkdir(parents=True)
    shared = state / "templates" / "shared" / "users" / "x.lock"
    lives = Run(state, "lives")
    lives.join()
    try:
        assert look_for_leftovers(state) == Leftovers(runs=2, templates=1, journals=1)
        with holding(shared, base.lock(state).path):
            assert look_for_leftovers(state) == Leftovers(runs=2, templates=1, journals=0)
    finally:
        lives.remove()


def test_a_journal_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Nobody would put back what it speaks of."""
    (tmp_path / "journals" / "x").mkdir(parents=True)
    (tmp_path / "journals" / "x" / "journal.json").write_text("{")
    assert look_for_leftovers(tmp_path).journals == 1
