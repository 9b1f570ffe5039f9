"""Processes that a test stages: each says when it is there, and goes when the test says so. Never by luck or time."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
HOLD = """
import sys; from pathlib import Path; from pytest_edgepool.locks import Lock
locks = [Lock(Path(each)) for each in sys.argv[1:]]
print(all([each.take() for each in locks]), flush=True); sys.stdin.read()
"""
IDLE = "import sys; print('there', flush=True); sys.stdin.read()"


@contextmanager
def staged(code: str, *arguments: str, cwd: Path | None = None) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A Python process that runs this code, and the first line it says; it has ended when the block has."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=cwd
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def go_on(process: subprocess.Popen[str], word: str = "") -> str:
    """Say a word to a staged process and return its next line."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


@contextmanager
def holding(*locks: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds these locks."""
    with staged(HOLD, *map(str, locks)) as (process, said):
        assert said == "True", "it did not get the locks"
        yield process


@contextmanager
def idle() -> Iterator[int]:
    """A process that only lives; its number."""
    with staged(IDLE) as (process, _):
        yield process.pid
