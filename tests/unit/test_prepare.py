"""A run is prepared once, the rest read what was found; a mistake is told before anything is made."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool import prepare as prepare_module
from pytest_edgepool.browser.binaries import Browser
from pytest_edgepool.errors import BaseUnusable, BrowserNotFound, ProfileTrouble, UsageMistake
from pytest_edgepool.locks import Lock
from pytest_edgepool.portals.portal import portal_named
from pytest_edgepool.prepare import Found, Plan, default_launches, look, prepare
from pytest_edgepool.profiles.base import Base, managed_folder, record_url
from pytest_edgepool.profiles.tabs import journal_of, set_tabs_aside
from pytest_edgepool.run import Run
from pytest_edgepool.settings import Settings
from tests.profiles import lock_by, make_base, snapshot
from tests.staged import holding, idle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A browser and a driver that are there and say their versions."""
    for name in ("chromium", "chromedriver"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'Chromium 156.0.1.2'\n")
        (tmp_path / name).chmod(0o755)
    return Settings(edgepool_binary=str(tmp_path / "chromium"), edgepool_driver=str(tmp_path / "chromedriver"))


def found_on(base: Base | None) -> Found:
    return Found(browser=BROWSER, base=base, portal=portal_named("coupa"), url=URL)


def changed(settings: Settings, **given: object) -> Settings:
    values = {name: getattr(settings, name) for name in Settings.__dataclass_fields__}
    return Settings(**{**values, **given})


# -- looking


def signed_in(state: Path) -> Base:
    base = make_base(managed_folder(state, "chromium", "stable") / "profile", managed=True)
    record_url(state, "chromium", "stable", f"{URL}/")
    return base


def test_everything_is_found_after_a_sign_in(state: Path, settings: Settings) -> None:
    """Browser, base, portal and the site that was remembered: the plain command needs no more."""
    base = signed_in(state)
    found = look(settings, state, has_orders=True)
    assert (found.base, found.url, found.browser.brand) == (base, URL, "chromium")
    assert found.portal is not None
    assert found.portal.name == "coupa"


def test_a_suite_without_orders_needs_neither_site_nor_base(state: Path, settings: Settings) -> None:
    """Its browsers start on empty profiles."""
    found = look(settings, state, has_orders=False)
    assert (found.base, found.portal, found.url) == (None, None, "")


def test_looking_writes_nothing(tmp_path: Path, settings: Settings) -> None:
    """Not even the state folder."""
    before = snapshot(tmp_path)
    with pytest.raises(UsageMistake):
        look(settings, tmp_path / "none", has_orders=True)
    assert snapshot(tmp_path) == before
    assert not (tmp_path / "none").exists()


def test_an_unknown_site_is_one_sentence(state: Path, settings: Settings) -> None:
    """It names the option and the command."""
    with pytest.raises(UsageMistake, match=r"address is not known: .*--po-url=.*edgepool login"):
        look(settings, state, has_orders=True)


@pytest.mark.parametrize("url", ["x.test", "ftp://x.test", "//x.test", "file:///etc"])
def test_what_is_no_address_is_one_sentence(state: Path, settings: Settings, url: str) -> None:
    """It names the option and shows what was given."""
    with pytest.raises(UsageMistake, match=f"--po-url: '{url}' is no address"):
        look(changed(settings, po_url=url), state, has_orders=True)


def test_an_address_may_be_in_capitals(state: Path, settings: Settings) -> None:
    """A scheme has no case; the slash at the end is not part of the site."""
    signed_in(state)
    assert look(changed(settings, po_url="HTTPS://x.test/"), state, has_orders=True).url == "HTTPS://x.test"


def test_orders_need_somebody_signed_in(state: Path, settings: Settings) -> None:
    """The sentence is the command to give."""
    with pytest.raises(UsageMistake, match=f"Nobody is signed in yet.*edgepool login --url {URL}`"):
        look(changed(settings, po_url=URL), state, has_orders=True)


def test_a_damaged_base_is_one_sentence(state: Path, settings: Settings) -> None:
    """It says in which way, and the remedy."""
    base = signed_in(state)
    (base.user_data_dir / "Local State").write_text("{half")
    with pytest.raises(BaseUnusable, match=r"is CORRUPTED; sign in again with `edgepool login`"):
        look(settings, state, has_orders=True)


@pytest.mark.skipif(os.name != "posix", reason="POSIX browsers lock with a symlink")
def test_a_base_that_is_open_is_no_mistake(state: Path, settings: Settings) -> None:
    """What is done about it is a setting, and comes later."""
    base = signed_in(state)
    with idle() as pid:
        lock_by(base.user_data_dir, pid)
        assert look(settings, state, has_orders=True).base == base


def test_a_missing_browser_is_told_before_a_missing_site(state: Path, tmp_path: Path) -> None:
    """First what has to be installed."""
    with pytest.raises(BrowserNotFound):
        look(Settings(edgepool_binary=str(tmp_path / "none")), state, has_orders=True)


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
