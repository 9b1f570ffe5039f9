"""A template is made once, whole or not at all, shared by who lives, and removed by the last of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import BaseUnusable, ProfileTrouble
from pytest_edgepool.locks import Lock, is_free
from pytest_edgepool.profiles import template as template_module
from pytest_edgepool.profiles.manifest import Entry, Manifest
from pytest_edgepool.profiles.template import (
    Share,
    Template,
    sweep_templates,
    wrong_with_clone,
    wrong_with_template,
)
from pytest_edgepool.profiles.trimming import Made
from tests.staged import go_on, staged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Makes the template in two steps, saying so, and shares it until it is told to give it back.
SHARER = """
import sys; from pathlib import Path; from pytest_edgepool.profiles.template import Share
from pytest_edgepool.profiles.trimming import Made
def make(target):
    print("making", flush=True); sys.stdin.readline()
    (target / "Default").mkdir(parents=True); (target / "Default" / "Cookies").write_text(sys.argv[2])
    return Made(how="closed")
share = Share(Path(sys.argv[1]), "key", sys.argv[2]); template = share.take(make)
print((template.profile / "Default" / "Cookies").read_text(), flush=True)
sys.stdin.readline(); share.give_back(); print("gave back", flush=True); sys.stdin.read()
"""
SWEEPER = """
import sys; from pathlib import Path; from pytest_edgepool.profiles.template import sweep_templates
print("ready", flush=True); sys.stdin.readline(); sweep_templates(Path(sys.argv[1])); print("swept", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def share(state: Path) -> Iterator[Share]:
    share = Share(state, "key", "r1")
    yield share
    share.give_back()


def make(target: Path) -> Made:
    (target / "Default").mkdir(parents=True)
    (target / "Default" / "Cookies").write_text("signed in")
    (target / "Default" / "Variations").write_text("of no use")
    return Made(how="closed", means="reflink", notes=("a note",))


def must_not_make(_target: Path) -> Made:
    pytest.fail("it made a template although there is one")


def test_a_template_is_made_when_there_is_none(share: Share) -> None:
    """It tells what it holds and how it was made, and is private."""
    template = share.take(make)
    assert template == Template(folder=share.folder, how="closed", files=2, size_bytes=18, notes=("a note",))
    assert template.means == "reflink"
    assert template.seconds >= 0.0
    assert share.read() == template
    assert template.folder.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in share.folder.parent.iterdir()] == ["key"]


def test_who_comes_later_shares_it(state: Path, share: Share) -> None:
    """Of another run, or of another part of the same process."""
    first = share.take(make)
    other, own = Share(state, "key", "r2"), Share(state, "key", "r1")
    assert other.take(must_not_make) == own.take(must_not_make) == first
    other.give_back()
    share.give_back()
    assert own.read() == first, "it went while somebody still shared it"
    own.give_back()
    assert not share.folder.exists()


def test_giving_back_twice_is_giving_back_once(share: Share) -> None:
    """Nor is it wrong to give back what was never taken."""
    share.give_back()
    share.take(make)
    share.give_back()
    share.give_back()
    assert list(share.folder.parent.iterdir()) == []


def test_a_making_that_fails_leaves_nothing(share: Share) -> None:
    """Whatever failed: the next one makes it."""

    def fail(target: Path) -> Made:
        make(target)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        share.take(fail)
    assert list(share.folder.parent.iterdir()) == []
    assert share.take(make).files == 2


def test_a_second_maker_waits_for_the_first(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs that begin together make one template; a wait that is too long is one sentence."""
    monkeypatch.setattr(template_module, "_PATIENCE_SECONDS", 0.0)
    share = Share(state, "key", "r1")
    with staged(SHARER, str(state), "one") as (one, said):
        assert said == "making"
        with pytest.raises(ProfileTrouble, match="another run has been making the template"):
            share.take(must_not_make)
        assert go_on(one) == "one"
        assert share.take(must_not_make).files == 1
    share.give_back()


def test_two_processes_share_one(state: Path) -> None:
    """The second reads what the first made; it goes with the last, not before."""
    with staged(SHARER, str(state), "one") as (one, _):
        assert go_on(one) == "one"
        with staged(SHARER, str(state), "two") as (two, said):
            assert said == "one"
            assert go_on(one) == "gave back"
            assert (state / "templates" / "key").exists()
            assert go_on(two) == "gave back"
            assert not (state / "templates" / "key").exists()


def test_a_killed_users_template_is_made_anew(state: Path) -> None:
    """After SIGKILL nobody knows how old it is: the next run makes its own."""
    with staged(SHARER, str(state), "killed") as (process, _):
        go_on(process)
        process.kill()
        process.wait()
    share = Share(state, "key", "r1")
    assert (share.take(make).profile / "Default" / "Cookies").read_text() == "signed in"
    share.give_back()


def test_a_killed_user_does_not_take_it_from_the_living(state: Path) -> None:
    """One of two is killed: the other keeps the template, and removes it in the end."""
    with staged(SHARER, str(state), "one") as (one, _):
        go_on(one)
        with staged(SHARER, str(state), "two") as (two, _):
            one.kill()
            one.wait()
            sweep_templates(state)
            assert (state / "templates" / "key" / "profile").exists()
            assert go_on(two) == "gave back"
    assert not (state / "templates" / "key").exists()


def test_a_maker_that_was_killed_leaves_half_a_template_to_the_sweeper(state: Path) -> None:
    """It is never taken for a whole one."""
    with staged(SHARER, str(state), "killed") as (process, said):
        assert said == "making"
        process.kill()
        process.wait()
    assert len(list((state / "templates").glob("key.new-*"))) == 1
    sweep_templates(state)
    assert list((state / "templates").iterdir()) == []


def test_the_sweeper_spares_what_is_being_made(state: Path) -> None:
    """Another run's half-made template is not a dead run's."""
    with staged(SHARER, str(state), "one") as (one, said):
        assert said == "making"
        sweep_templates(state)
        assert len(list((state / "templates").glob("key.new-*"))) == 1
        assert go_on(one) == "one"
        sweep_templates(state)
        assert (state / "templates" / "key").exists()


def test_two_sweepers_do_not_trip_over_each_other(state: Path) -> None:
    """Dead templates and halves of them go, each by one of the two."""
    for name in ("a", "b", "c.new-123456", "d.gone-123456"):
        (state / "templates" / name / "profile").mkdir(parents=True)
    with staged(SWEEPER, str(state)) as (one, _), staged(SWEEPER, str(state)) as (two, _):
        assert two.stdin is not None
        two.stdin.write("go\n")
        two.stdin.flush()
        assert go_on(one) == "swept"
        assert two.stdout is not None
        assert two.stdout.readline() == "swept\n"
    assert list((state / "templates").iterdir()) == []


def test_sweeping_nothing_is_nothing(state: Path) -> None:
    """A fresh machine has no templates."""
    sweep_templates(state)
    assert not state.exists()


def test_a_busy_mutex_keeps_nobody_from_leaving(state: Path, share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    """The share is given back; what nobody shares then is left to the sweeper."""
    share.take(make)
    monkeypatch.setattr(template_module, "_PATIENCE_SECONDS", 0.0)
    with Lock(state / "locks" / "template-key.lock").held(0):
        share.give_back()
        assert share.folder.exists()
        assert all(is_free(each) for each in (share.folder / "users").iterdir())
    sweep_templates(state)
    assert not share.folder.exists()


# -- whether it still is what it was


def flip(path: Path) -> None:
    """Change one byte of a file, and nothing else that could be seen."""
    held = bytearray(path.read_bytes())
    held[0] ^= 1
    path.write_bytes(held)


def test_the_manifest_has_digests_where_a_sign_in_may_live(share: Share) -> None:
    """And only sizes of the rest; another edition each time, and it survives JSON."""
    manifest = share.take(make).manifest()
    assert set(manifest.files) == {"Default/Cookies", "Default/Variations"}
    assert manifest.files["Default/Variations"] == Entry(size_bytes=9)
    assert len(manifest.files["Default/Cookies"].sha256) == 64
    assert Manifest.from_json(json.loads(json.dumps(manifest.to_json()))) == manifest
    share.give_back()
    assert share.take(make).manifest().edition != manifest.edition


def test_a_sound_template_is_told_from_a_damaged_one(share: Share) -> None:
    """One byte of a file that a sign-in may live in, one file too few, one too short: each is named."""
    template = share.take(make)
    cookies, other = (template.profile / "Default" / name for name in ("Cookies", "Variations"))
    assert wrong_with_template(template) == ""
    flip(other)
    assert wrong_with_template(template) == "", "no sign-in lives there, and its size is right"
    flip(cookies)
    assert wrong_with_template(template) == "Default/Cookies differs from the template's"
    cookies.write_bytes(b"")
    assert wrong_with_template(template) == "Default/Cookies has 0 bytes, the template's has 9"
    cookies.unlink()
    assert wrong_with_template(template) == "Default/Cookies is missing"


@pytest.mark.parametrize("content", ["", "{half", "[]", "{}", '{"files": {"a": 1}}'])
def test_a_template_with_a_damaged_manifest_is_damaged(share: Share, content: str) -> None:
    """Nobody takes it on trust: it is one sentence, and the next to come makes it anew."""
    template = share.take(make)
    (template.folder / "manifest.json").write_text(content)
    assert wrong_with_template(template).startswith("the template's manifest is damaged")
    with pytest.raises(ProfileTrouble, match="manifest is damaged"):
        share.read()
    assert share.renew(make) == template
    assert wrong_with_template(template) == ""


def test_a_clone_is_compared_with_its_template(share: Share, tmp_path: Path) -> None:
    """Byte by byte where a sign-in may live; what a browser adds is no fault."""
    template = share.take(make)
    clone = tmp_path / "clone"
    make(clone)
    (clone / "Default" / "Sessions").mkdir()
    assert wrong_with_clone(clone, template) == ""
    flip(clone / "Default" / "Cookies")
    assert wrong_with_clone(clone, template) == "Default/Cookies differs from the template's"
    (clone / "Default" / "Cookies").unlink()
    assert wrong_with_clone(clone, template) == "Default/Cookies is missing"


# -- made anew while it is shared


def test_a_damaged_template_is_made_anew_under_those_who_share_it(state: Path, share: Share) -> None:
    """The first to come makes it, the rest find it sound; it still goes with the last of them, and leaves nothing."""
    template = share.take(make)
    with staged(SHARER, str(state), "two") as (two, said):
        assert said == "signed in"
        flip(template.profile / "Default" / "Cookies")
        assert share.renew(make) == template
        assert (template.profile / "Default" / "Cookies").read_text() == "signed in"
        assert [each.name for each in share.folder.parent.iterdir()] == ["key"]
        assert share.renew(must_not_make) == template, "it is sound now"
        share.give_back()
        assert template.folder.exists(), "it went while somebody still shared it"
        assert go_on(two) == "gave back"
    assert list((state / "templates").iterdir()) == []


def test_a_share_that_was_given_back_is_taken_again_to_renew(state: Path, share: Share) -> None:
    """Whoever renews shares it from then on."""
    with staged(SHARER, str(state), "one") as (one, _):
        assert go_on(one) == "one"
        flip(state / "templates" / "key" / "profile" / "Default" / "Cookies")
        template = share.renew(make)
        assert go_on(one) == "gave back"
        assert wrong_with_template(template) == ""


def test_a_renewal_that_fails_leaves_the_damaged_one(share: Share) -> None:
    """When the base is damaged too: everybody who tries hears the same, and nothing else is left."""

    def fail(_target: Path) -> Made:
        raise BaseUnusable("The base's Cookies is damaged.")

    template = share.take(make)
    flip(template.profile / "Default" / "Cookies")
    for _ in range(2):
        with pytest.raises(BaseUnusable):
            share.renew(fail)
    assert [each.name for each in share.folder.parent.iterdir()] == ["key"]
    assert wrong_with_template(template) == "Default/Cookies differs from the template's"


def test_a_renewal_that_was_killed_is_taken_up_by_the_next(state: Path, share: Share) -> None:
    """Between the old one and the new one there is none: it is made by who comes next, and the living share stays."""
    template = share.take(make)
    (template.folder / "manifest.json").unlink()
    other = Share(state, "key", "r2")
    assert other.take(make) == template
    share.give_back()
    assert template.profile.exists()
    other.give_back()
    assert list(share.folder.parent.iterdir()) == []


def test_who_reads_a_template_waits_for_its_renewal(state: Path, share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is gone for good is one sentence."""
    template = share.take(make)
    held = template.manifest()
    (template.folder / "manifest.json").rename(state / "kept.json")

    class Renewed(Lock):
        """A lock that is free again when the renewal is done."""

        def take(self, patience_seconds: float = 0.0) -> bool:
            (state / "kept.json").rename(template.folder / "manifest.json")
            return super().take(patience_seconds)

    with monkeypatch.context() as changed:
        changed.setattr(template_module, "Lock", Renewed)
        assert template.manifest() == held
    (template.folder / "manifest.json").unlink()
    with pytest.raises(ProfileTrouble, match="is gone"):
        template.manifest()


def test_what_could_not_be_removed_of_the_old_one_is_swept(state: Path, share: Share) -> None:
    """On Windows a worker that still copies from it holds it: the sweeper takes it later."""
    share.take(make)
    (state / "templates" / "key.gone-123456" / "profile").mkdir(parents=True)
    sweep_templates(state)
    assert [each.name for each in (state / "templates").iterdir()] == ["key"]
