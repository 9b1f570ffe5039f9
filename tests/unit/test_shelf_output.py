"""The output folder is looked at before any browser starts, and nothing is left behind."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.downloads.shelf import check_output
from pytest_edgepool.errors import UsageMistake

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

PROCESSES = multiprocessing.get_context("spawn")


def everything_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def probe_many(output: Path, barrier: Barrier) -> None:
    barrier.wait(60)
    check_output(output)


def test_a_folder_that_can_be_made_is_not_made(tmp_path: Path) -> None:
    """A good folder that is not there yet passes, and is still not there."""
    check_output(tmp_path / "a" / "b" / "downloads")

    assert everything_in(tmp_path) == []


def test_a_folder_that_is_there_keeps_what_it_holds(tmp_path: Path) -> None:
    """An earlier run's output passes and is not touched."""
    (tmp_path / ".edgepool" / "runs").mkdir(parents=True)
    (tmp_path / "Acme").mkdir()

    check_output(tmp_path)

    assert everything_in(tmp_path) == [".edgepool", ".edgepool/runs", "Acme"]


def test_a_relative_folder_is_meant_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default `downloads` is looked for in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "downloads").write_text("a file")

    with pytest.raises(UsageMistake, match=r"^downloads: "):
        check_output(Path("downloads"))


@pytest.mark.parametrize("output", ["file", "file/downloads"])
def test_a_file_in_the_way_is_told(tmp_path: Path, output: str) -> None:
    """The sentence names the folder that was asked for, the file in the way, and the option; nothing is left."""
    (tmp_path / "file").write_text("mine")

    with pytest.raises(UsageMistake) as caught:
        check_output(tmp_path / output)

    sentence = str(caught.value)
    assert sentence.startswith(f"{tmp_path / output}: files cannot be put there (")
    assert "file is not a folder" in sentence
    assert sentence.endswith("name another folder with --po-output.")
    assert everything_in(tmp_path) == ["file"]


def test_a_file_in_place_of_our_own_folder_is_told(tmp_path: Path) -> None:
    """`.edgepool` itself must be a folder, or the ledger could not be written."""
    (tmp_path / ".edgepool").write_text("mine")

    with pytest.raises(UsageMistake, match="--po-output"):
        check_output(tmp_path)

    assert everything_in(tmp_path) == [".edgepool"]


def test_a_link_to_nowhere_is_told(tmp_path: Path) -> None:
    """A folder on a disk that is not there is not made somewhere else."""
    (tmp_path / "downloads").symlink_to(tmp_path / "unplugged disk")

    with pytest.raises(UsageMistake, match="is not a folder"):
        check_output(tmp_path / "downloads")


def test_a_link_to_a_folder_is_a_folder(tmp_path: Path) -> None:
    """People put their output on another disk by a link."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "downloads").symlink_to(tmp_path / "disk")

    check_output(tmp_path / "downloads")

    assert everything_in(tmp_path / "disk") == []


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_name_that_the_disk_refuses_is_told(tmp_path: Path, name: str) -> None:
    """Folders on the way there are not left behind either."""
    with pytest.raises(UsageMistake, match="--po-output"):
        check_output(tmp_path / "made" / "on the way" / name)

    assert everything_in(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_told(tmp_path: Path) -> None:
    """Permission denied is named as such, for a folder that is there and for one that would have to be made."""
    tmp_path.chmod(0o500)
    try:
        for output in (tmp_path, tmp_path / "downloads"):
            with pytest.raises(UsageMistake, match="Permission denied"):
                check_output(output)
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc here")
def test_a_file_system_that_takes_nothing_is_told() -> None:
    """Even root cannot make a folder everywhere: the attempt counts, not the permission bits."""
    with pytest.raises(UsageMistake, match="/proc/downloads"):
        check_output(Path("/proc/downloads"))


def test_runs_that_look_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Four runs probe one new folder at once: all pass, nothing is left."""
    barrier = PROCESSES.Barrier(4)
    runs = [PROCESSES.Process(target=probe_many, args=(tmp_path / "new" / "downloads", barrier)) for _ in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()

    assert [run.exitcode for run in runs] == [0] * 4
    assert everything_in(tmp_path) == []
