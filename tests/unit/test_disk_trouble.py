"""When the disk is to blame, the sentence says so; what is one PO's trouble stays its own."""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path, PurePosixPath

import pytest

from pytest_edgepool.downloads.disk import check_disk, is_whole_disk, spoken_trouble
from pytest_edgepool.downloads.shelf import Shelf
from pytest_edgepool.errors import DiskTrouble, OutputVanished, Permanent, Retryable

MORE_THAN_ANY_DISK_BYTES = 10**18


def test_a_disk_with_room_is_not_to_blame(tmp_path: Path) -> None:
    """And what was tried on it leaves nothing behind."""
    check_disk(tmp_path, tmp_path, 1000)
    assert list(tmp_path.iterdir()) == []


def test_a_file_for_which_there_is_no_room_is_the_disks_fault(tmp_path: Path) -> None:
    """The sentence has the folder as the user named it, what is free and what was needed."""
    with pytest.raises(
        DiskTrouble, match=r"^the disk with downloads is full \([\d.]+ MB free, 1000000000000\.0 MB needed\)$"
    ):
        check_disk(Path("downloads"), tmp_path, MORE_THAN_ANY_DISK_BYTES)


def test_a_folder_that_was_removed_may_be_made_again(tmp_path: Path) -> None:
    """That is worth another try."""
    with pytest.raises(OutputVanished, match="what was gathered in downloads was removed by somebody else") as vanished:
        check_disk(Path("downloads"), tmp_path / "gone", 0)
    assert isinstance(vanished.value, Retryable)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc here")
def test_a_folder_that_takes_no_file_is_told() -> None:
    """Whatever the reason, it is in the sentence."""
    with pytest.raises(DiskTrouble, match=r"downloads (cannot be written|is full)"):
        check_disk(Path("downloads"), Path("/proc/self"), 0)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, r"the disk with .*downloads is full \([\d.]+ MB free\)"),
        (errno.EROFS, r".*downloads cannot be written \(Read-only file system\)"),
        (errno.EACCES, r".*downloads cannot be written \(Permission denied\)"),
        (errno.EIO, r".*downloads cannot be written \(Input/output error\)"),
    ],
)
def test_an_error_of_the_system_is_said_in_one_sentence(tmp_path: Path, number: int, sentence: str) -> None:
    """No number, no path of a work folder."""
    trouble = spoken_trouble(tmp_path / "downloads", OSError(number, os.strerror(number), "/some/work/folder"))
    assert isinstance(trouble, DiskTrouble)
    assert re.fullmatch(sentence, str(trouble)), str(trouble)


@pytest.mark.parametrize(
    ("number", "is_whole"), [(errno.ENOSPC, True), (errno.EROFS, True), (errno.ENAMETOOLONG, False)]
)
def test_only_what_no_other_folder_would_be_spared_is_the_whole_disks(number: int, is_whole: bool) -> None:
    """A name that is too long ends one PO, not the run."""
    assert is_whole_disk(OSError(number, "")) is is_whole


def test_publishing_from_a_work_folder_that_was_removed_may_be_tried_again(tmp_path: Path) -> None:
    """Nothing is on the shelf then, and the PO is fetched anew."""
    shelf = Shelf(tmp_path / "downloads", "run")
    with shelf.work_folder("PO1") as work:
        shutil.rmtree(tmp_path / "downloads")
        with pytest.raises(OutputVanished):
            work.publish(PurePosixPath("Acme/PO1"))
    assert not list((tmp_path / "downloads").rglob("*.pdf"))


def test_a_file_in_the_way_of_one_po_does_not_blame_the_disk(tmp_path: Path) -> None:
    """Others can be published still."""
    shelf = Shelf(tmp_path / "downloads", "run")
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "Acme").write_bytes(b"mine")
    with shelf.work_folder("PO1") as work, pytest.raises(Permanent) as refused:
        work.publish(PurePosixPath("Acme/PO1"))
    assert not isinstance(refused.value, DiskTrouble)
