"""What was about to be started is known before it is, so that a start that was cut off leaves nothing running."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool import broods, processes, starts
from pytest_edgepool.records import Records
from tests.staged import IDLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARK = "the mark of a launch"
AUTOMATED = "--enable-automation"
on_posix = pytest.mark.skipif(os.name != "posix", reason="the groups and environments of POSIX")


@contextmanager
def running(*arguments: str, mark: str = MARK, above: bool = False) -> Iterator[processes.ProcessRecord]:
    """A process that looks like a browser which a driver started; with `above`, below such a driver."""
    command = [sys.executable, "-S", "-c", IDLE, *arguments]
    if above:
        code = f"import subprocess; p = subprocess.Popen({command!r}, stdout=subprocess.PIPE); p.stdout.readline(); "
        command = [sys.executable, "-S", "-c", f"{code} print(p.pid, flush=True); input(); p.kill(); p.wait()"]
    marked = {**os.environ, broods.MARK: mark}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=marked, start_new_session=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        record = processes.record_of(int(said) if above else process.pid, processes.BROWSER)
        assert record is not None
        try:
            yield record
        finally:
            process.communicate("go\n" if process.poll() is None else None)


@pytest.fixture
def records(tmp_path: Path) -> Records:
    """The records of a run in a state folder of its own."""
    folder = tmp_path / "state" / "runs" / "0101-000000-0000"
    (folder / "processes").mkdir(parents=True)
    return Records(folder)


@pytest.fixture
def clone(records: Records) -> str:
    """A user data dir below the state folder, where every folder is ours."""
    folder = records.folder / "clones" / "1"
    folder.mkdir(parents=True)
    return str(folder)


class Cut(BaseException):
    """A start that is cut off: what a signal raises."""


def intend(records: Records, folder: str) -> None:
    """Leave an intent behind, as one who is killed in the middle of a start does."""
    kept = records.folder.parent / "kept.json"
    with records.intending(type(records.folder)(folder), MARK):
        (kept).write_bytes((records.folder / "intents" / f"{MARK}.json").read_bytes())
    kept.rename(records.folder / "intents" / f"{MARK}.json")


def test_an_intent_is_there_before_the_start_and_gone_after_it(records: Records, clone: str) -> None:
    """Whoever sweeps meanwhile reads the folder, the role and the moment."""
    with records.intending(records.folder / "clones" / "1", MARK):
        (intent,) = records.intended()
        assert (intent.mark, intent.user_data_dir) == (MARK, clone)
        told = json.loads((records.folder / "intents" / f"{MARK}.json").read_bytes())
        assert told["role"] == "browser"
        assert records.intended("/another") == ()
    assert records.intended() == ()


def test_a_file_that_is_no_intent_is_passed_over(records: Records) -> None:
    """Half a file, or somebody else's: nothing can be ended by it."""
    (records.folder / "intents").mkdir()
    (records.folder / "intents" / "half.json").write_text("{", encoding="utf-8")
    (records.folder / "intents" / "other.json").write_text('{"started_at": 1.5}', encoding="utf-8")
    assert records.intended() == ()


@on_posix
def test_a_browser_that_nobody_could_record_is_ended(records: Records, clone: str) -> None:
    """It is on the intended folder, automated, marked, and began after the intent."""
    intend(records, clone)
    with running(f"--user-data-dir={clone}", AUTOMATED) as browser:
        assert records.end_recorded() == ()
        assert not processes.is_ours_alive(browser)
    assert records.intended() == ()


@on_posix
def test_its_driver_is_ended_with_it(records: Records, clone: str) -> None:
    """The mark says which of the processes above it are of the same start; the test itself, above them, is not."""
    intend(records, clone)
    with running(f"--user-data-dir={clone}", AUTOMATED, above=True) as browser:
        driver = next(iter(processes.family(browser.pid))).parent()
        assert records.end_recorded() == ()
        assert not processes.is_ours_alive(browser)
        assert driver is not None
        assert not processes.is_alive(driver.pid)


@on_posix
@pytest.mark.parametrize(
    ("folder", "switch", "mark"),
    [("2", AUTOMATED, MARK), ("1", "--no-first-run", MARK), ("1", AUTOMATED, "another's"), ("1", AUTOMATED, "")],
    ids=["another folder", "not automated", "another launch's", "nobody's"],
)
def test_a_browser_that_is_not_surely_of_that_start_is_left_alone(
    records: Records, clone: str, folder: str, switch: str, mark: str
) -> None:
    """Another folder, a person's own browser, or another launch on the same folder since."""
    intend(records, clone)
    there = records.folder / "clones" / folder
    with running(f"--user-data-dir={there}", switch, mark=mark) as browser:
        assert records.end_recorded() == ()
        assert processes.is_ours_alive(browser)


@on_posix
def test_a_browser_that_began_before_is_left_alone(records: Records, clone: str) -> None:
    """It cannot be what was about to be started."""
    with running(f"--user-data-dir={clone}", AUTOMATED) as browser:
        later = replace(starts.now(), at=browser.started_at + 60, ticks=browser.ticks + 1)
        assert broods.begun_with(MARK, clone, later) == ()
        assert [each.pid for each in broods.begun_with(MARK, clone, browser.start)] == [browser.pid]


@on_posix
def test_on_a_base_of_the_users_own_only_the_recorded_is_ended(records: Records, tmp_path: Path) -> None:
    """However well it fits: outside the state folder a folder is not ours."""
    own = tmp_path / "own"
    own.mkdir()
    intend(records, str(own))
    with running(f"--user-data-dir={own}", AUTOMATED) as browser:
        assert records.end_recorded() == ()
        assert processes.is_ours_alive(browser)
        records.record(replace(browser, user_data_dir=str(own)))
        assert records.end_recorded() == ()
        assert not processes.is_ours_alive(browser)


@on_posix
def test_a_start_that_is_cut_off_ends_what_it_began(records: Records, clone: str) -> None:
    """A signal between starting and recording: the browser goes, and the signal's error comes through."""
    with running(f"--user-data-dir={clone}", AUTOMATED, mark="other") as bystander:

        def start_and_fall() -> None:
            with (
                records.intending(records.folder / "clones" / "1", MARK),
                running(f"--user-data-dir={clone}", AUTOMATED) as browser,
            ):
                begun.append(browser)
                raise Cut

        begun: list[processes.ProcessRecord] = []
        with pytest.raises(Cut):
            start_and_fall()
        assert not processes.is_ours_alive(begun[0])
        assert processes.is_ours_alive(bystander)
    assert records.intended() == ()


# -- helpers that outlived their browser -------------------------------------------------------------------------------


@on_posix
def test_a_helper_that_outlived_its_browser_is_ended(records: Records, clone: str) -> None:
    """It is in the recorded driver's process group, on the recorded folder; both others are dead."""
    with running("--type=renderer", f"--user-data-dir={clone}", above=True) as helper:
        driver = next(iter(processes.family(helper.pid))).parent()
        assert driver is not None
        record = processes.record_of(driver.pid, processes.DRIVER, clone)
        assert record is not None
        records.record(record)
        driver.kill()
        driver.wait()
        assert processes.is_ours_alive(helper)
        assert records.end_recorded() == ()
        assert not processes.is_ours_alive(helper)


@on_posix
def test_a_helper_in_another_group_or_on_another_folder_is_left_alone(clone: str) -> None:
    """A person's own browser on the same folder has a group of its own."""
    with (
        running("--type=renderer", f"--user-data-dir={clone}", above=True) as theirs,
        running("--type=renderer", f"--user-data-dir={clone}") as driver,
    ):
        leader = replace(driver, role=processes.DRIVER, user_data_dir=clone)
        found = {each.pid for each in broods.left_by([leader])}
        assert found == {driver.pid}
        assert theirs.pid not in found
        assert broods.left_by([replace(leader, user_data_dir=f"{clone}2")]) == ()
        assert broods.left_by([replace(leader, ticks=leader.ticks - 1, started_at=0.0)]) == ()  # its number, a stranger
        assert broods.left_by([]) == ()
