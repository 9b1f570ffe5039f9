"""Which processes belong to what was recorded, though nobody could record them. Never ends one, never guesses by name.

Two kinds there are. Helpers of a browser that was killed before it could end them: they are in the process group of
the recorded driver, with the recorded folder on their command line. And a browser whose starter was killed between
starting and recording it: it carries the mark that its launch gave it, which is in no other process of the machine.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pytest_edgepool import processes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from psutil import Process

    from pytest_edgepool.processes import ProcessRecord
    from pytest_edgepool.starts import Start

MARK = "EDGEPOOL_LAUNCH"
"""The environment variable with which a launch marks whatever it starts; a driver hands it on to its browser."""

# What every Chromium driver puts on its browser's command line, and what no person's own browser has there.
_AUTOMATION_SWITCHES = frozenset({"--enable-automation", "--test-type=webdriver"})


def everything_of(records: Iterable[ProcessRecord]) -> tuple[ProcessRecord, ...]:
    """Return those of the recorded processes that live, all that descend from them, and the helpers that outlived them.

    Args:
        records: what was recorded.
    """
    wanted = tuple(records)
    alive = filter(processes.is_ours_alive, wanted)
    trees = [each for top in alive for each in processes.tree_of(top.pid, top.role, top.user_data_dir)]
    found = {each.pid: each for each in (*trees, *left_by(wanted))}
    return tuple((found | {each.pid: each for each in wanted if each.pid in found}).values())


def left_by(records: Iterable[ProcessRecord]) -> tuple[ProcessRecord, ...]:
    """Return what runs on a recorded folder in the process group of a recorded driver, and began after that one.

    A browser's helpers are not recorded, because they end with it. One that is stopped, or hangs in the kernel, does
    not. Windows has no such groups; there the job object ends them.
    """
    wanted = tuple(records)
    # A number that was handed out again may lead a stranger's group.
    leaders = {
        each.pid: each
        for each in wanted
        if each.role == processes.DRIVER and (processes.is_ours_alive(each) or not processes.is_alive(each.pid))
    }
    if os.name != "posix" or not leaders:
        return ()
    found = []
    for pid in processes.lines_on({each.user_data_dir for each in leaders.values()} - {""}):
        leader = leaders.get(_group_of(pid))
        record = processes.record_of(pid, "helper", leader.user_data_dir) if leader else None
        if leader and record and not record.start.is_before(leader.start):
            found.append(record)
    return tuple(found)


def begun_with(mark: str, user_data_dir: str, since: Start) -> tuple[ProcessRecord, ...]:
    """Return the browser that a launch began on a folder, with its driver, its supervisor and its helpers.

    It has that very folder and an automation switch on its command line, carries the launch's mark, and began after
    `since`. Where the system does not let us see what it carries, nothing is proven, and nothing is returned.

    Args:
        mark: what the launch marked it with.
        user_data_dir: the folder.
        since: when the launch was about to begin.
    """
    found: dict[int, ProcessRecord] = {}
    for pid, line in processes.lines_on([user_data_dir]).items():
        record = processes.record_of(pid, processes.BROWSER, user_data_dir)
        family = processes.family(pid)
        if record is None or not family or record.start.is_before(since) or not _AUTOMATION_SWITCHES.intersection(line):
            continue
        if _mark_of(family[0]) == mark:
            above = [each.pid for each in processes.told(family[0].parents, ()) if _mark_of(each) == mark]
            tops = processes.tree_of(above[-1] if above else pid, processes.DRIVER if above else processes.BROWSER)
            found |= {each.pid: each for each in tops}
    return tuple(found.values())


def _mark_of(process: Process) -> str:
    environment: Mapping[str, str] = processes.told(process.environ, {})
    return environment.get(MARK, "")


def _group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except OSError:  # gone meanwhile, or closed to us
        return -1
