"""Finds the processes of a run by role, from outside: whom a soak kills, what a memory benchmark weighs."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROLES = ("worker", "supervisor", "driver", "browser", "renderer")


def below(controller: int) -> dict[str, list[psutil.Process]]:
    """Return the living processes below a run's controller, by role; those with another role are left out."""
    found: dict[str, list[psutil.Process]] = {role: [] for role in ROLES}
    with suppress(psutil.Error):
        for each in psutil.Process(controller).children(recursive=True):
            with suppress(psutil.Error):
                role = _role_of(each, controller)
                if role and each.status() != psutil.STATUS_ZOMBIE:
                    found[role].append(each)
    return found


def _role_of(process: psutil.Process, controller: int) -> str:
    line = process.cmdline()
    if any(each.endswith("supervisor.py") for each in line[:5]):
        return "supervisor"
    if "--type=renderer" in line:
        return "renderer"
    if any(each.startswith("--type=") for each in line) or "crashpad" in " ".join(line[:1]):
        return ""
    if any(each.startswith("--user-data-dir=") for each in line):
        return "browser"
    if line and line[0].endswith("driver"):
        return "driver"
    return "worker" if process.ppid() == controller and "python" in " ".join(line[:1]) else ""


def of_state(state: Path) -> Iterator[psutil.Process]:
    """Yield every living process that works for a run on that state folder, whoever its parent is now."""
    for each in psutil.process_iter():
        with suppress(psutil.Error):
            is_ours = any(str(state) in part for part in each.cmdline() if part.startswith("--user-data-dir="))
            if each.status() != psutil.STATUS_ZOMBIE and (
                is_ours or each.environ().get("EDGEPOOL_STATE_DIR") == str(state)
            ):
                yield each


def weight(browser: psutil.Process) -> tuple[int, int]:
    """Return the proportional and the private bytes of a browser with all its helpers."""
    proportional = private = 0
    with suppress(psutil.Error):
        for each in [browser, *browser.children(recursive=True)]:
            with suppress(psutil.Error):
                told = each.memory_full_info()
                proportional += getattr(told, "pss", 0) or told.uss
                private += told.uss
    return proportional, private
