"""What is listed of a profile, and that a copy of it is whole or says what changed."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from pytest_edgepool.profiles.contents import stays
from pytest_edgepool.profiles.copying import copy_files, list_file, list_files, make_folders
from pytest_edgepool.profiles.means import PLAIN, Means
from tests.profiles import lock_by, make_base, snapshot


def none_stays(_path: object) -> bool:
    return False


def paths(folder: Path, below: str = "") -> list[str]:
    return [each.relative for each in list_files(folder, below, none_stays)]


# -- listing


def test_a_profile_is_listed_without_what_stays(tmp_path: Path) -> None:
    """With sizes, below the folder it goes to, in order."""
    base = make_base(tmp_path / "udd")
    listed = list_files(base.profile_folder, "Default", lambda path: stays(path, indexeddb=False, extensions=False))
    assert [each.relative for each in listed] == [
        "Default/Cookies",
        "Default/Local Storage/leveldb/000003.log",
        "Default/Preferences",
        "Default/Service Worker/Database/CURRENT",
        "Default/Service Worker/Database/MANIFEST-000001",
    ]
    assert [each.size_bytes for each in listed] == [Path(each.source).stat().st_size for each in listed]
    assert (listed[1].name, listed[1].folder) == ("000003.log", "Default/Local Storage/leveldb")


def test_what_stays_is_not_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache has ten thousand files: their names are of no interest."""
    base = make_base(tmp_path / "udd")
    asked: list[PurePosixPath] = []

    def ask(path: PurePosixPath) -> bool:
        asked.append(path)
        return stays(path, indexeddb=True, extensions=False)

    list_files(base.profile_folder, "", ask)  # type: ignore[arg-type]
    assert PurePosixPath("Cache") in asked
    assert not [each for each in asked if len(each.parts) > 1 and each.parts[0] in ("Cache", "Extensions", "Sessions")]


@pytest.mark.skipif(os.name != "posix", reason="POSIX browsers lock with symlinks that dangle")
def test_links_are_neither_followed_nor_copied(tmp_path: Path) -> None:
    """A copied lock would hand the clone's command line to the live browser; a pipe would hang."""
    base = make_base(tmp_path / "udd")
    lock_by(base.user_data_dir, 1)
    (base.user_data_dir / "loop").symlink_to(base.user_data_dir)
    (base.user_data_dir / "outside").symlink_to("/etc")
    os.mkfifo(base.user_data_dir / "pipe")
    assert {each.partition("/")[0] for each in paths(base.user_data_dir)} == {"Default", "Local State", "First Run"}


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in it would be missing in every clone, and nobody would know; one that is gone is none."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    scandir = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "b":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError):
        paths(tmp_path / "a")
    assert paths(tmp_path / "none") == []
    assert list_file(str(tmp_path / "none"), "none") is None


# -- copying


def test_a_listing_is_copied_into_private_folders(tmp_path: Path) -> None:
    """All of it, nothing else, empty folders excepted; nothing has changed meanwhile."""
    base = make_base(tmp_path / "udd")
    (base.profile_folder / "empty").mkdir()
    listed = list_files(base.profile_folder, "Default", none_stays)
    assert copy_files(listed, tmp_path / "copy", PLAIN) == ()
    assert snapshot(tmp_path / "copy" / "Default") == snapshot(base.profile_folder)
    assert not (tmp_path / "copy" / "Default" / "empty").exists()
    modes = {each.stat().st_mode & 0o777 for each in (tmp_path / "copy").rglob("*") if each.is_dir()}
    assert modes == {0o700}
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o700


def test_folders_are_made_for_files_of_any_depth(tmp_path: Path) -> None:
    """Each once, those above included."""
    make_folders(tmp_path / "x" / "y", ["a/b/c/1", "a/b/2", "3", "d/"])
    made = [each.relative_to(tmp_path / "x" / "y").as_posix() for each in (tmp_path / "x" / "y").rglob("*")]
    assert sorted(made) == ["a", "a/b", "a/b/c", "d"]


class Meanwhile(Means):
    """A disk on which somebody changes the files while they are copied: each at the moment that it is."""

    def copy(self, source: Path | str, target: Path | str) -> int:
        path = Path(source)
        if path.name == "vanishes":
            path.unlink()
        size = PLAIN.copy(source, target)
        if path.name == "grows":
            path.write_text("longer than before")
        if path.name == "is rewritten":
            path.write_text("other")
            os.utime(path, ns=(1, 1))
        return size


def test_what_changed_while_it_was_copied_is_told(tmp_path: Path) -> None:
    """Vanished, grown, or rewritten at the same length; what vanished is left out."""
    (tmp_path / "a").mkdir()
    for name in ("grows", "is rewritten", "stays", "vanishes"):
        (tmp_path / "a" / name).write_text("first")
    changed = copy_files(list_files(tmp_path / "a", "", none_stays), tmp_path / "b", Meanwhile(name="copy"))
    assert changed == ("grows", "is rewritten", "vanishes")
    assert [each.name for each in sorted((tmp_path / "b").iterdir())] == ["grows", "is rewritten", "stays"]
