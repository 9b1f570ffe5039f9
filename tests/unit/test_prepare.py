"""A run is prepared once, the rest read what was found; a mistake is told before anything is made."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool import prepare as prepare_module
from pytest_edgepool.browser.binaries import Browser
from pytest_edgepool.errors import BaseUnusable, ProfileTrouble
from pytest_edgepool.locks import Lock
from pytest_edgepool.looking import Found
from pytest_edgepool.portals.portal import portal_named
from pytest_edgepool.prepare import Plan, default_launches, prepare, renew_template
from pytest_edgepool.profiles.space import Room
from pytest_edgepool.profiles.tabs import journal_of, set_tabs_aside
from pytest_edgepool.profiles.template import wrong_with_template
from pytest_edgepool.run import Run
from pytest_edgepool.settings import Settings
from tests.profiles import lock_by, make_base, snapshot
from tests.staged import holding, idle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.profiles.base import Base

BROWSER = Browser(
    brand="chromium", channel="stable", binary="/b", version="156.0.1.2", driver="/d", driver_version="156.0.1.2"
)
URL = "https://x.test"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir(mode=0o700)
    return tmp_path / "state"


@pytest.fixture
def run(state: Path) -> Iterator[Run]:
    run = Run(state, "r1")
    yield run
    run.leave()


@pytest.fixture
def base(tmp_path: Path) -> Base:
    return make_base(tmp_path / "udd", "Profile 2")


def found_on(base: Base | None) -> Found:
    return Found(browser=BROWSER, base=base, portal=portal_named("coupa"), url=URL)


# -- preparing


def test_the_first_makes_the_plan_and_the_rest_read_it(run: Run, base: Base) -> None:
    """All have one template and one browser; none looks again."""
    plan, share, template = prepare(run, Settings(), found_on(base))
    assert (plan.browser, plan.base, plan.portal, plan.url, plan.notes) == (BROWSER, base, "coupa", URL, ())
    assert template.how == "closed"
    other = Run(run.state, run.id)
    again, own, same = prepare(other, Settings(edgepool_browser="edge"))
    assert (again, same) == (plan, template)
    share.give_back()
    assert same.profile.exists()
    own.give_back()
    assert not same.profile.exists()
    other.leave()


def test_a_template_that_all_have_left_is_made_anew(run: Run, base: Base) -> None:
    """A worker may ask for the first time when all others have ended."""
    plan, share, template = prepare(run, Settings(), found_on(base))
    share.give_back()
    again, own, anew = prepare(run, Settings())
    assert (again, anew) == (plan, template)
    assert anew.profile.exists()
    own.give_back()


def test_without_a_base_the_template_is_empty(run: Run) -> None:
    """And there is nothing to wait for."""
    plan, share, template = prepare(run, Settings(), found_on(None))
    assert (plan.base, template.how, template.files) == (None, "empty", 0)
    share.give_back()


def test_choices_of_contents_have_templates_of_their_own(run: Run, base: Base) -> None:
    """A run with extensions does not get the template of one without."""
    keys = set()
    for number, settings in enumerate(
        (Settings(), Settings(edgepool_indexeddb=False), Settings(edgepool_extensions=True))
    ):
        each = Run(run.state, f"r{number}")
        plan, share, _ = prepare(each, settings, found_on(base))
        keys.add(plan.template_key)
        assert "." not in plan.template_key, "what follows a dot says that it is being made or removed"
        share.give_back()
        each.leave()
    assert len(keys) == 3


def test_what_was_noted_while_looking_comes_first(run: Run, base: Base) -> None:
    """In header and summary, before what came up afterwards; workers read it with the plan."""
    with holding(base.lock(run.state).path):
        plan, share, _ = prepare(run, Settings(), replace(found_on(base), notes=("seen at first",)))
    assert plan.notes[0] == "seen at first"
    assert plan.notes[1].startswith("the base is open in")
    again, own, _ = prepare(run, Settings())
    assert again.notes == plan.notes
    own.give_back()
    share.give_back()


@pytest.mark.parametrize("base_there", [True, False])
def test_a_plan_survives_json(base: Base, base_there: bool) -> None:
    """Paths, base and notes included."""
    plan = Plan(
        browser=BROWSER, base=base if base_there else None, portal="coupa", url=URL, template_key="k", notes=("a", "b")
    )
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


@pytest.mark.skipif(os.name != "posix", reason="POSIX browsers lock with a symlink")
def test_an_open_base_is_copied_and_noted(run: Run, base: Base) -> None:
    """The header says who has it and what may be missing; the base is not written to."""
    before = snapshot(base.user_data_dir)
    with idle() as pid:
        lock_by(base.user_data_dir, pid)
        plan, share, template = prepare(run, Settings(), found_on(base))
    assert template.how == "live"
    (note,) = plan.notes
    assert note.startswith(f"the base is open in a browser (process {pid}): all workers use clones")
    (base.user_data_dir / "SingletonLock").unlink()
    assert snapshot(base.user_data_dir) == before
    share.give_back()


def test_another_runs_base_is_copied_and_noted(run: Run, base: Base) -> None:
    """Two runs at once share one base without harm."""
    with holding(base.lock(run.state).path):
        plan, share, template = prepare(run, Settings(), found_on(base))
    assert template.how == "live"
    assert plan.notes[0].startswith("the base is open in another run or `edgepool login`: ")
    share.give_back()


def test_a_busy_base_is_an_error_when_that_is_wanted(run: Run, base: Base) -> None:
    """No plan, no template is left, and it can be tried again."""
    with holding(base.lock(run.state).path), pytest.raises(BaseUnusable, match="is held by another run"):
        prepare(run, Settings(edgepool_base_busy="fail"), found_on(base))
    assert not run.plan_file.exists()
    assert list((run.state / "templates").iterdir()) == []
    _, share, _ = prepare(run, Settings(edgepool_base_busy="fail"), found_on(base))
    share.give_back()


def test_a_free_base_is_free_again(run: Run, base: Base) -> None:
    """The lock is held for the copying only: a worker takes it next."""
    _, share, _ = prepare(run, Settings(), found_on(base))
    with base.lock(run.state).held(0) as got:
        assert got
    share.give_back()


def test_what_dead_runs_left_is_cleared_up_first(run: Run, base: Base) -> None:
    """Folders, templates, and tabs that they had set aside, before the base is copied."""
    dead = Run(run.state, "dead")
    dead.join()
    dead.leave()
    (run.state / "templates" / "old" / "profile").mkdir(parents=True)
    set_tabs_aside(base, run.state)
    plan, share, _ = prepare(run, Settings(), found_on(base))
    assert not dead.exists
    assert [each.name for each in (run.state / "templates").iterdir()] == [plan.template_key]
    assert not journal_of(base, run.state).exists()
    assert (base.profile_folder / "Sessions" / "Session_1").read_text() == "the user's tabs"
    share.give_back()


def test_what_resists_is_noted_and_holds_nobody_up(run: Run, base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    """The note names the command that tries again."""

    def refuse(_state: Path) -> None:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(prepare_module, "sweep_templates", refuse)
    plan, share, _ = prepare(run, Settings(), found_on(base))
    (note,) = plan.notes
    assert "could not be cleared up" in note
    assert "Permission denied" in note
    assert "`edgepool clean`" in note
    share.give_back()


def test_two_who_prepare_at_once_are_one_after_the_other(run: Run, base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second never makes a plan of its own: it waits, and in the end gives up with a sentence."""
    monkeypatch.setattr(prepare_module, "_PATIENCE_SECONDS", 0.0)
    run.join()
    with (
        Lock(run.folder / "prepare.lock").held(0),
        pytest.raises(ProfileTrouble, match="another worker has been preparing"),
    ):
        prepare(run, Settings(), found_on(base))
    assert not run.plan_file.exists()


def test_browsers_start_as_many_at_once_as_there_are_cores() -> None:
    """And always at least one."""
    assert default_launches() == max(1, os.cpu_count() or 1)


# -- room, notes, and a template that is made anew


def test_too_little_room_is_told_before_anything_is_made(run: Run, base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the template and all clones of the run; no plan, no template is left."""
    monkeypatch.setattr(prepare_module, "Room", partial(Room, free_bytes=lambda _folder: 9_000_000))
    with pytest.raises(ProfileTrouble, match=f"12 MB needed for the template and 3 clones, 9 MB free at {run.state};"):
        prepare(run, Settings(), found_on(base), clones=3)
    assert not run.plan_file.exists()
    assert list((run.state / "templates").iterdir()) == []
    _, share, _ = prepare(run, Settings(), found_on(base), clones=2)
    share.give_back()


def test_what_is_to_be_said_of_a_template_is_said_by_all_who_share_it(run: Run, base: Base) -> None:
    """The second run did not make it, and its header says the same."""
    (base.profile_folder / "Web Data").write_bytes(b"no database")
    plan, share, _ = prepare(run, Settings(), found_on(base))
    assert [each.partition(" (")[0] for each in plan.notes] == ["the base's Web Data is damaged"]
    other = Run(run.state, "r2")
    again, own, _ = prepare(other, Settings(), found_on(base))
    assert again.notes == plan.notes
    share.give_back()
    own.give_back()
    other.leave()


def test_a_damaged_template_is_made_anew_in_the_middle_of_a_run(run: Run, base: Base) -> None:
    """Also when the first worker has the base by then, and a second run would be told to wait or to fail."""
    settings = Settings(edgepool_base_busy="fail")
    plan, share, template = prepare(run, settings, found_on(base))
    (template.profile / "Default" / "Cookies").write_bytes(b"damaged")
    assert wrong_with_template(template)
    with holding(base.lock(run.state).path):
        renewed = renew_template(run, settings, plan, share)
    assert renewed.how == "live"
    assert wrong_with_template(template) == ""
    share.give_back()


def test_a_damaged_base_ends_the_making_anew(run: Run, base: Base) -> None:
    """With the sentence that names the file and the remedy."""
    plan, share, template = prepare(run, Settings(), found_on(base))
    for path in (template.profile / "Default" / "Cookies", base.profile_folder / "Cookies"):
        path.write_bytes(b"damaged")
    with pytest.raises(BaseUnusable, match=r"is CORRUPTED \(Cookies: .*--edgepool-profile"):
        renew_template(run, Settings(), plan, share)
    share.give_back()
