"""A clone is the template byte by byte, private, whole or not there; a template renewed meanwhile does no harm."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import ProfileTrouble
from pytest_edgepool.profiles import cloning
from pytest_edgepool.profiles.cloning import make_clone
from pytest_edgepool.profiles.means import PLAIN, Means, means_within
from pytest_edgepool.profiles.space import Room
from pytest_edgepool.profiles.template import Share, wrong_with_clone
from pytest_edgepool.profiles.trimming import Made, copy_base, empty_profile
from tests.profiles import make_base, snapshot
from tests.staged import staged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_edgepool.profiles.base import Base
    from pytest_edgepool.profiles.template import Template

# Makes a clone, and stops for ever at its third file.
STOPPING = """
import sys; from pathlib import Path; from pytest_edgepool.profiles import cloning
from pytest_edgepool.profiles.means import PLAIN, Means; from pytest_edgepool.profiles.template import Share
template = Share(Path(sys.argv[1]), "key", "r2").read(); count = []
def copy(source, target):
    count.append(source)
    if len(count) == 3:
        print("in the middle", flush=True); sys.stdin.read()
    return PLAIN.copy(source, target)
cloning.means_between = lambda *_: Means(name="reflink", share=copy)
cloning.make_clone(template, Path(sys.argv[2]))
"""


@pytest.fixture
def base(tmp_path: Path) -> Base:
    return make_base(tmp_path / "udd")


@pytest.fixture
def share(tmp_path: Path) -> Iterator[Share]:
    share = Share(tmp_path / "state", "key", "r1")
    yield share
    share.give_back()


@pytest.fixture
def template(share: Share, base: Base) -> Template:
    return share.take(maker(base))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the clone will be."""
    (tmp_path / "clones").mkdir()
    return tmp_path / "clones" / "1"


def maker(base: Base) -> Callable[[Path], Made]:
    return lambda target: copy_base(base, target, indexeddb=True, extensions=False, live=False)


def by(monkeypatch: pytest.MonkeyPatch, copy: Callable[[str, str], int]) -> None:
    """Have clones made by these means."""
    monkeypatch.setattr(cloning, "means_between", lambda *_: Means(name="reflink", share=copy))


def test_a_clone_is_the_template_byte_by_byte(template: Template, folder: Path) -> None:
    """It says what it took, and by which means: those that this disk has."""
    clone = make_clone(template, folder)
    assert snapshot(folder) == snapshot(template.profile)
    assert wrong_with_clone(folder, template) == ""
    assert (clone.files, clone.size_bytes) == (template.files, template.size_bytes)
    assert clone.means == means_within(folder.parent).name
    assert clone.seconds >= 0.0


def test_a_clone_is_readable_by_its_user_only(template: Template, folder: Path) -> None:
    """It holds a live sign-in: every folder 0700, every file 0600, even were the template's others."""
    for each in template.profile.rglob("*"):
        each.chmod(0o755 if each.is_dir() else 0o644)
    make_clone(template, folder)
    assert {each.stat().st_mode & 0o777 for each in (folder, *folder.rglob("*")) if each.is_dir()} == {0o700}
    assert {each.stat().st_mode & 0o777 for each in folder.rglob("*") if each.is_file()} == {0o600}


def test_a_clone_is_no_link_to_its_template(template: Template, folder: Path) -> None:
    """What a driver writes in place stays in the clone."""
    make_clone(template, folder)
    (folder / "Default" / "Preferences").write_text("changed by a driver")
    assert b"changed" not in snapshot(template.profile)["Default/Preferences"]  # type: ignore[operator]
    assert {each.stat().st_nlink for each in folder.rglob("*") if each.is_file()} == {1}


def test_an_empty_template_makes_an_empty_clone(share: Share, folder: Path) -> None:
    """A run without a base: a user data dir with a `Default` in it."""
    clone = make_clone(share.take(empty_profile), folder)
    assert (clone.files, clone.means) == (0, "copy")
    assert [each.name for each in folder.iterdir()] == ["Default"]


@pytest.mark.skipif(os.name != "posix", reason="killing leaves no chance to clear up only there")
def test_a_clone_that_was_killed_in_the_middle_looks_like_none(
    template: Template, share: Share, folder: Path, tmp_path: Path
) -> None:
    """Half of it stands under another name; the next one begins anew, and leaves nothing of the first."""
    with staged(STOPPING, str(tmp_path / "state"), str(folder)) as (process, said):
        assert said == "in the middle"
        process.kill()
        process.wait()
    assert [each.name for each in folder.parent.iterdir()] == ["1.new"]
    (folder.with_name("1.new") / "left over").touch()
    make_clone(template, folder)
    assert [each.name for each in folder.parent.iterdir()] == ["1"]
    assert snapshot(folder) == snapshot(template.profile)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_clone_leaves_nothing(
    template: Template, folder: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """A disk that refuses is one sentence; Ctrl-C is Ctrl-C."""

    def fail(_source: str, _target: str) -> int:
        raise error

    by(monkeypatch, fail)
    monkeypatch.setattr(cloning.Means, "copy", lambda _means, *paths: fail(*paths))
    expected = ProfileTrouble if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected, match="could not be made: No space left" if isinstance(error, OSError) else None):
        make_clone(template, folder)
    assert list(folder.parent.iterdir()) == []


def test_too_little_room_is_told_before_anything_is_copied(template: Template, folder: Path) -> None:
    """With the numbers, and nothing is left."""
    with pytest.raises(ProfileTrouble, match=r"MB needed for a clone, 1 MB free"):
        make_clone(template, folder, Room(free_bytes=lambda _folder: 1_000_000))
    assert list(folder.parent.iterdir()) == []


def test_a_clone_that_differs_from_its_template_is_no_clone(
    template: Template, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that came out shorter is found before any browser starts on it."""

    def shorten(_source: str, target: str) -> int:
        return PLAIN.copy(os.devnull, target)

    by(monkeypatch, shorten)
    with pytest.raises(ProfileTrouble, match=r"the clone differs from its template: .* has 0 bytes"):
        make_clone(template, folder)
    assert list(folder.parent.iterdir()) == []


def test_what_the_template_should_not_have_gets_into_no_clone(template: Template, folder: Path) -> None:
    """Only what its manifest names is copied."""
    (template.profile / "Default" / "stray").write_text("x")
    make_clone(template, folder)
    assert not (folder / "Default" / "stray").exists()


def test_a_file_that_the_template_lacks_is_an_error(template: Template, folder: Path) -> None:
    """The template is damaged: a clone without cookies would be signed out."""
    (template.profile / "Default" / "Cookies").unlink()
    with pytest.raises(ProfileTrouble, match="could not be made: No such file"):
        make_clone(template, folder)


# -- while the template is made anew


@pytest.mark.parametrize("at", [1, 4])
def test_a_template_that_is_renewed_meanwhile_is_cloned_again(
    template: Template, share: Share, base: Base, folder: Path, *, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """The clone is of one template, whole; which one is copied when the damaged one is taken away does not matter."""
    (template.profile / "Default" / "Cookies").write_bytes(b"damaged")
    edition, copied = template.manifest().edition, []

    def copy(source: str, target: str) -> int:
        copied.append(source)
        if len(copied) == at:
            share.renew(maker(base))
        return PLAIN.copy(source, target)

    by(monkeypatch, copy)
    make_clone(template, folder)
    assert template.manifest().edition != edition
    assert snapshot(folder) == snapshot(template.profile)
    assert wrong_with_clone(folder, template) == ""
    assert [each.name for each in folder.parent.iterdir()] == ["1"]


def test_it_is_tried_once_more_and_not_for_ever(
    template: Template, share: Share, base: Base, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A template that is renewed again and again is told."""

    def copy(source: str, target: str) -> int:
        if source.endswith("Local State"):
            (template.profile / "Default" / "Cookies").write_bytes(b"damaged")
            share.renew(maker(base))
        return PLAIN.copy(source, target)

    by(monkeypatch, copy)
    with pytest.raises(ProfileTrouble, match="renewed while it was copied"):
        make_clone(template, folder)
    assert list(folder.parent.iterdir()) == []
