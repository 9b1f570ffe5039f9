"""Whether a browser lets itself be automated, found out by trying. Never on a profile that anybody uses.

Chrome since 136, and by all reports Edge, refuse DevTools on their default user data dir: the check compares paths
(`chrome/browser/devtools/remote_debugging_server.cc`), so it is the place that matters and not what lies in it. On
Linux the place is named by environment variables, and an empty throw-away folder can be made the default one for one
start. Elsewhere the system is asked for it, and no copy of the circumstances can be made.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgepool import processes
from pytest_edgepool.browser.sandbox import needs_no_sandbox
from pytest_edgepool.clock import SYSTEM_CLOCK, Deadline, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_edgepool.browser.binaries import Browser

    Record = Callable[[processes.ProcessRecord], None]

# What the browsers write to stderr (read in the sources, and reported of msedge 151 and 152), and what it means.
REFUSALS = {
    "requires a non-default data directory": "it refuses automation on its default user data dir",
    "disallowed by the system admin": "a policy of this machine forbids automation (RemoteDebuggingAllowed)",
}
# As a run starts it, as far as it matters here; the fixed key keeps the keyring from asking its owner something.
_SWITCHES = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--password-store=basic",
    "--use-mock-keychain",
)
_PATIENCE_SECONDS = 30.0  # 1 s measured alone, 6 s with eight starting at once
_ENDING_SECONDS = 5.0
_REMOVING_SECONDS = 5.0  # the crash handler writes for a moment after its browser has gone
_PORT_FILE = "DevToolsActivePort"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of trying.

    Attributes:
        yes: whether it lets itself be automated; not proven means no.
        why: what was seen, as one clause.
    """

    yes: bool
    why: str


def lets_itself_be_automated(
    browser: Browser,
    user_data_dir: Path,
    *,
    record: Record | None = None,
    platform: str = sys.platform,
    patience_seconds: float = _PATIENCE_SECONDS,
) -> Answer:
    """Return whether a browser would let itself be automated on its default user data dir.

    Args:
        browser: the browser.
        user_data_dir: its default user data dir. Only its name is used; the folder itself is never touched.
        record: keeps the record of what was started, so that whoever cleans up after a kill ends it.
        platform: as `sys.platform`.
        patience_seconds: how long one start may take.
    """
    if not platform.startswith("linux"):
        return Answer(yes=False, why="it cannot be tried here without opening that profile, and not proven means no")
    with _throw_away() as home:
        place = home / ".config" / user_data_dir.name
        place.mkdir(parents=True, mode=0o700)
        attempt = _Attempt(browser, place, home, record, patience_seconds)
        # After silence it is asked again without the switch: the place is what it takes by itself.
        return attempt.run(f"--user-data-dir={place}") or attempt.run() or _silence(patience_seconds)


def is_automatable(
    browser: Browser, *, record: Record | None = None, patience_seconds: float = _PATIENCE_SECONDS
) -> Answer:
    """Return whether a browser lets itself be automated at all: on a user data dir that is not the default one.

    Args:
        browser: the browser.
        record: as `lets_itself_be_automated`.
        patience_seconds: how long the start may take.
    """
    with _throw_away() as home:
        place = home / "profile"
        place.mkdir(mode=0o700)
        attempt = _Attempt(browser, place, home, record, patience_seconds)
        return attempt.run(f"--user-data-dir={place}") or _silence(patience_seconds)


def environment_below(home: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return an environment in which a browser's default user data dir lies below `home/.config`."""
    kept = {name: value for name, value in environment.items() if name != "CHROME_USER_DATA_DIR"}
    config = str(home / ".config")
    places = {"XDG_CONFIG_HOME": config, "CHROME_CONFIG_HOME": config, "XDG_CACHE_HOME": str(home / ".cache")}
    return {**kept, **places, "HOME": str(home)}


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One or two starts on a throw-away folder."""

    browser: Browser
    place: Path
    home: Path
    record: Record | None
    patience_seconds: float

    def run(self, *switches: str) -> Answer | None:
        """Start the browser, wait for its word, end it; None when there was none in time."""
        without_sandbox = ("--no-sandbox",) if needs_no_sandbox() else ()
        command = [self.browser.binary, *_SWITCHES, *without_sandbox, *switches, "about:blank"]
        said = self.home / "stderr"
        try:
            with said.open("wb") as stderr:
                process = subprocess.Popen(
                    command,
                    env=environment_below(self.home),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=stderr,
                    start_new_session=True,  # a Ctrl-C is ours to answer, and what it started can be ended together
                )
        except OSError as error:
            return Answer(yes=False, why=f"{self.browser.binary} cannot be started: {error.strerror or error}")
        try:
            self._note(process.pid)
            deadline = Deadline.after(self.patience_seconds, "trying the browser")
            wait_until(lambda: self._verdict(said) is not None or process.poll() is not None, deadline)
            return self._verdict(said) or _of_the_dead(process.poll(), _tail(said))
        finally:
            self._end(process)

    def _verdict(self, said: Path) -> Answer | None:
        text = said.read_text(encoding="utf-8", errors="replace")
        for sign, meaning in REFUSALS.items():
            if sign in text:
                return Answer(yes=False, why=meaning)
        port = self.place / _PORT_FILE
        if port.is_file() and port.read_text(encoding="utf-8", errors="replace").partition("\n")[0].isdecimal():
            return Answer(yes=True, why="it opened its DevTools port when it was tried")
        return None

    def _note(self, pid: int) -> None:
        noted = processes.record_of(pid, "trial")
        if noted is not None and self.record is not None:
            self.record(noted)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """End what was started by its number, then what is left of its group; reaped last, so that the number stays."""
        processes.end(processes.tree_of(process.pid, processes.BROWSER), _ENDING_SECONDS)
        if os.name == "posix":
            with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group of the dead
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with suppress(FileNotFoundError):
            (self.place / _PORT_FILE).unlink()


def _silence(patience_seconds: float) -> Answer:
    return Answer(yes=False, why=f"it said nothing within {patience_seconds:g} s")


def _of_the_dead(code: int | None, tail: str) -> Answer | None:
    """Return what a browser that ended by itself means; None for one that still runs and says nothing."""
    if code is None:
        return None
    return Answer(yes=False, why=f"it ended at once with code {code}" + (f": {tail}" if tail else ""))


def _tail(said: Path) -> str:
    lines = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else ""


@contextmanager
def _throw_away() -> Iterator[Path]:
    """Give a private folder with a short path (a browser's socket must fit), and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="edgepool-"))  # 0700

    def is_gone() -> bool:
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()

    try:
        yield folder
    finally:
        wait_until(is_gone, Deadline.after(_REMOVING_SECONDS, "removing a throw-away folder", SYSTEM_CLOCK))
