"""A person at a computer, played: a terminal (pty), a screen (Xvfb), and hands in the browser that opens (DevTools)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import pytest

from pytest_edgepool.browser.devtools import DevTools
from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.errors import BrowserTrouble
from pytest_edgepool.testing import DEMO_PASSWORD, DEMO_USER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_SECONDS = 60
XVFB = shutil.which("Xvfb") or ""

needs_a_screen = pytest.mark.skipif(
    not XVFB or sys.platform == "win32", reason="no Xvfb here to be the screen (Debian: apt-get install xvfb)"
)

# A terminal of one's own is what Ctrl-C needs, and what only the child itself can take.
_AT_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
)
_FORM = "document.getElementById('user_email')"
_FILL_IN = f"""
document.getElementById('user_email').value = {DEMO_USER!r};
document.getElementById('user_password').value = {DEMO_PASSWORD!r};
document.querySelector('#new_session [type=submit]').click();
"""


@contextmanager
def a_screen() -> Iterator[str]:
    """An X server that shows what nobody sees; its display, for DISPLAY."""
    reading, writing = os.pipe()
    command = [XVFB, "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL) as server:
        os.close(writing)
        try:
            with os.fdopen(reading) as told:
                yield f":{told.readline().strip()}"
        finally:
            server.terminate()


@pytest.fixture
def screen() -> Iterator[str]:
    """A screen for one test."""
    with a_screen() as display:
        yield display


@dataclass
class Seat:
    """A command that somebody has typed into a terminal, and what the terminal shows."""

    process: subprocess.Popen[bytes]
    terminal: int
    shown: bytearray = field(default_factory=bytearray)

    @property
    def text(self) -> str:
        return self.shown.decode(errors="replace").replace("\r\n", "\n")

    def read(self) -> None:
        while True:
            try:
                some = os.read(self.terminal, 4096)
            except OSError:  # Linux: nobody has the other side open any more
                return
            if not some:
                return
            self.shown += some

    def see(self, words: str) -> None:
        """Wait until the terminal shows these words."""
        there = wait_until(lambda: words in self.text or self.process.poll() is not None, soon(f"to see {words!r}"))
        assert there, f"no {words!r} in: {self.text}"
        assert words in self.text, self.text

    def type(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())

    def wait(self) -> int:
        """Wait for the command's end; its exit status."""
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def at_terminal(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[Seat]:
    """Type a command into a terminal; it has ended when the block has, and all that it said is there."""
    import pty

    terminal, other_side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _AT_TERMINAL, *command],
        cwd=folder,
        env=environment,
        stdin=other_side,
        stdout=other_side,
        stderr=other_side,
        start_new_session=True,
    )
    os.close(other_side)
    seat = Seat(process, terminal)
    reader = threading.Thread(target=seat.read)
    reader.start()
    try:
        yield seat
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        reader.join(PATIENCE_SECONDS)
        os.close(terminal)


class Hands:
    """What a person does in the browser that was opened for them.

    Args:
        state: the state folder whose managed base it runs on.
    """

    def __init__(self, state: Path) -> None:
        self._state = state
        self._devtools: DevTools | None = None
        assert wait_until(self._reach, soon("to find the browser")), "no browser was opened"
        assert self._devtools is not None
        self.devtools = self._devtools

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.devtools.close()

    def _reach(self) -> bool:
        for noted in (self._state / "bases").glob("*/profile/DevToolsActivePort"):
            port = noted.read_text().partition("\n")[0]
            if port:
                try:
                    self._devtools = DevTools(f"127.0.0.1:{port}")
                except BrowserTrouble:
                    return False  # an earlier browser's
                return True
        return False

    def pages(self) -> dict[str, str]:
        """The open tabs: id and address."""
        targets = self.devtools.call("Target.getTargets", soon("the tabs"))["targetInfos"]
        return {each["targetId"]: each["url"] for each in targets if each["type"] == "page"}

    def tab_at(self, part: str) -> str:
        """Wait for the tab whose address has this part."""

        def found() -> bool:
            return any(part in url for url in self.pages().values())

        assert wait_until(found, soon(f"a page at {part}")), self.pages()
        return next(tab for tab, url in self.pages().items() if part in url)

    def wait_until_no_tab_at(self, part: str) -> None:
        """Wait until no tab's address has this part any more."""
        gone = wait_until(lambda: not any(part in url for url in self.pages().values()), soon(f"to leave {part}"))
        assert gone, self.pages()

    def run(self, tab: str, script: str) -> object:
        attached = self.devtools.call("Target.attachToTarget", soon("the tab"), targetId=tab, flatten=True)
        session = attached["sessionId"]
        answer = self.devtools.call("Runtime.evaluate", soon("the page"), session, expression=script)
        return answer["result"].get("value")

    def sign_in(self, tab: str) -> None:
        """Type user and password into the demo's form, and send it."""
        assert wait_until(lambda: bool(self.run(tab, f"{_FORM} !== null")), soon("the form"))
        self.run(tab, _FILL_IN)

    def open_tab(self, url: str) -> str:
        return str(self.devtools.call("Target.createTarget", soon("a tab"), url=url)["targetId"])

    def close_tab(self, tab: str) -> None:
        self.devtools.call("Target.closeTarget", soon("closing the tab"), targetId=tab)
        assert wait_until(lambda: tab not in self.pages(), soon("the tab's end")), "the tab stays"

    def close_browser(self) -> None:
        self.devtools.call("Browser.close", soon("closing the browser"))


def soon(what: str) -> Deadline:
    return Deadline.after(PATIENCE_SECONDS, what)
