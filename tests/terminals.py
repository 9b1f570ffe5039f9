"""A terminal of its own for a process, and what is read there. Never knows what runs on it."""

from __future__ import annotations

import os
import struct
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

COLUMNS, ROWS = 100, 30
NOT_A_TERMINALS = ("CI", "NO_COLOR", "COLUMNS", "LINES")


def run_on_terminal(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a command on a terminal of `COLUMNS` by `ROWS`; return its exit status and all that was written there."""
    import fcntl
    import pty
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(
        command, cwd=folder, env={**environment, "TERM": "xterm"}, stdin=follower, stdout=follower, stderr=follower
    )
    os.close(follower)
    read = []
    while piece := _read(leader):
        read.append(piece)
    os.close(leader)
    return process.wait(timeout=120), b"".join(read).decode()


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 65536)
    except OSError:  # Linux's word for the end of a terminal
        return b""
