"""Runs a command and measures wall and CPU time of it and all its descendants. Never judges them.

Browsers leave processes that nobody waits for; as their subreaper (Linux) this process inherits and counts them.
Elsewhere the CPU figure lacks them.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


@dataclass(frozen=True)
class Measured:
    """What a command took."""

    code: int
    wall_seconds: float
    cpu_seconds: float
    began: datetime


def measure(command: list[str], cwd: Path, environment: dict[str, str], log: Path) -> Measured:
    """Run `command` below a process that counts for it; modules are compiled once, as those of installed software."""
    environment = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = datetime.now(UTC)  # noqa: TID251 - the ledger has wall-clock times
    told = subprocess.run(
        [sys.executable, __file__, str(log), *command], cwd=cwd, env=environment, check=True, stdout=subprocess.PIPE
    )
    held: dict[str, Any] = json.loads(told.stdout)
    return Measured(code=held["code"], wall_seconds=held["wall"], cpu_seconds=held["cpu"], began=began)


def _count() -> None:
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    begun = time.perf_counter()
    with Path(sys.argv[1]).open("wb") as log:
        process = subprocess.Popen(sys.argv[2:], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        code = process.wait()
    wall = time.perf_counter() - begun
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            break
    spent = os.times()
    cpu = spent.children_user + spent.children_system
    sys.stdout.write(json.dumps({"code": code, "wall": wall, "cpu": cpu}))


if __name__ == "__main__":
    _count()
