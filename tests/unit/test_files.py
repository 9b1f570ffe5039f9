"""A file is whole or not there, and a folder goes at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.files import GONE, remove_folder, write_whole

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """What was there before is gone, nothing lies beside it, and only its owner may read it."""
    path = tmp_path / "plan.json"
    path.write_text("something much longer")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    """A failure keeps the old state: no half file, no scrap."""
    (tmp_path / "plan.json").mkdir()
    with pytest.raises(OSError, match="plan"):
        write_whole(tmp_path / "plan.json", b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["plan.json"]


def test_two_who_write_at_once_both_write_whole(tmp_path: Path) -> None:
    """The file holds what one of them wrote, never a mixture."""
    path, contents = tmp_path / "plan.json", [bytes([letter]) * 50_000 for letter in b"abcd"]
    barrier = threading.Barrier(len(contents))

    def write(content: bytes) -> None:
        barrier.wait()
        for _ in range(5):
            write_whole(path, content)

    threads = [threading.Thread(target=write, args=[content]) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    """Nothing of it stays, under its own name or another."""
    (tmp_path / "clone" / "Default").mkdir(parents=True)
    (tmp_path / "clone" / "Default" / "Cookies").write_bytes(b"x")
    (tmp_path / "clone" / "SingletonLock").symlink_to("host-1")
    remove_folder(tmp_path / "clone")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_removed_already(tmp_path: Path) -> None:
    """Two may remove the same folder: the second finds nothing to do."""
    remove_folder(tmp_path / "clone")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_renamed_away_before_anything_in_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks meanwhile finds the whole folder or none."""
    (tmp_path / "clone").mkdir()
    seen: list[list[str]] = []

    def look(away: Path) -> None:
        seen.append([each.name for each in tmp_path.iterdir()])
        assert GONE in away.name

    monkeypatch.setattr("shutil.rmtree", look)
    remove_folder(tmp_path / "clone")
    assert [name.startswith(f"clone{GONE}") for name in seen[0]] == [True]
