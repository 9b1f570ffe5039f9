"""What is said of the base: which, whether it can be used, and who has it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pytest_edgepool.browser.binaries import Browser
from pytest_edgepool.doctor.finding import Verdict
from pytest_edgepool.doctor.ground import Ground, judge_base, judge_no_base, look_at_base
from pytest_edgepool.profiles.base import Base, BaseStatus
from pytest_edgepool.run import Run
from tests.profiles import lock_by, make_base
from tests.staged import holding, idle

CHROME = Browser(
    brand="chrome", channel="stable", binary="/x", version="150.0.1", driver="/y", driver_version="150.0.1"
)
BASE = Base(user_data_dir=Path("/b/profile"), profile_directory="Default", managed=True)


def ground(status: BaseStatus = BaseStatus.AVAILABLE, holder: str = "", *, is_default: bool = False) -> Ground:
    return Ground(base=BASE, is_default=is_default, status=status, holder=holder)


def test_a_base_that_is_there_and_free_is_fine() -> None:
    """It is named with its kind, its folder and its profile."""
    found = judge_base(ground(), "clone")
    assert (found.verdict, found.told) == (Verdict.OK, "managed base /b/profile (Default)")


@pytest.mark.parametrize("status", [BaseStatus.MISSING, BaseStatus.CORRUPTED, BaseStatus.PERMISSION_DENIED])
def test_a_base_that_cannot_be_used_is_wrong_and_has_a_remedy(status: BaseStatus) -> None:
    """Whatever is the matter."""
    found = judge_base(ground(status), "clone")
    assert found.verdict is Verdict.WRONG
    assert found.remedy


@pytest.mark.parametrize(
    ("busy", "verdict"), [("clone", Verdict.WARNING), ("wait", Verdict.WARNING), ("fail", Verdict.WRONG)]
)
def test_who_holds_the_base_is_told_and_the_setting_says_how_bad_that_is(busy: str, verdict: Verdict) -> None:
    """A run can go on with clones, unless the user wants it to fail."""
    found = judge_base(ground(BaseStatus.LOCKED, "a browser (process 7), since 12:01"), busy)
    assert found.verdict is verdict
    assert "held by a browser (process 7), since 12:01" in found.told
    assert found.remedy


def test_having_no_base_is_wrong_where_a_site_must_know_us() -> None:
    """The remedy is the sign-in."""
    found = judge_no_base(CHROME, "")
    assert found.verdict is Verdict.WRONG
    assert "edgepool login" in found.remedy


def test_having_no_base_is_fine_where_no_site_is_asked() -> None:
    """A suite without a portal starts on empty profiles."""
    assert judge_no_base(CHROME, "none").verdict is Verdict.OK


def test_why_the_everyday_profile_will_not_do_is_told() -> None:
    """So that nobody wonders, who is signed in there."""
    assert "its default profile will not do: it refuses" in judge_no_base(CHROME, "", refused="it refuses").told


def test_a_free_base_is_seen_as_free(tmp_path: Path) -> None:
    """Nobody has it, and it is not the browser's default one."""
    seen = look_at_base(make_base(tmp_path / "b"), tmp_path / "state", CHROME)
    assert (seen.status, seen.holder, seen.is_default, seen.is_open) == (BaseStatus.AVAILABLE, "", False, False)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere the lock is no link")
def test_a_browser_on_the_base_is_named_with_its_number_and_since_when(tmp_path: Path) -> None:
    """As the lock in the base and the process table tell it."""
    base = make_base(tmp_path / "b")
    with idle() as pid:
        lock_by(base.user_data_dir, pid)
        seen = look_at_base(base, tmp_path / "state", CHROME)
    assert seen.is_open
    assert seen.holder.startswith(f"a browser (process {pid}), since ")


def test_another_run_that_has_the_base_is_named(tmp_path: Path) -> None:
    """Its plan says which base is its own; without one it may be a sign-in."""
    base, state = make_base(tmp_path / "b"), tmp_path / "state"
    with holding(base.lock(state).path):
        assert look_at_base(base, state, CHROME).holder == "another run or `edgepool login`"
        run = Run(state, "1121-1200")
        run.join()
        run.plan_file.write_text(json.dumps({"base": {"user_data_dir": str(base.user_data_dir)}}))
        try:
            seen = look_at_base(base, state, CHROME)
        finally:
            run.remove()
    assert seen.holder.startswith(f"the run 1121-1200 (process {os.getpid()}), since ")


def test_the_default_user_data_dir_is_known_by_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However it was named: a path that leads there is refused by the browser all the same."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "CHROME_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / ".config"))
    base = make_base(tmp_path / ".config" / "google-chrome")
    assert look_at_base(base, tmp_path / "state", CHROME).is_default
