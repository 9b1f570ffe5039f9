"""What makes the site know us, as a value that can be handed over: cookies and local storage. Never talks to a browser.

Workers that are signed in keep it in the run's folder, readable by nobody else, so that one that is not can be helped:

    <run>/sessions/<worker>.json   0600; the newest of a signed-in worker is the freshest
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgepool.files import read_whole, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.run import Run

# What `Storage.getCookies` tells and `Storage.setCookies` does not take.
_TOLD_ONLY = ("size", "session")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SessionState:
    """A sign-in that can be handed over. Its values never appear in a log: it has no telling `repr`.

    Attributes:
        worker: whose it was.
        slot: the slot it worked on.
        at: when it was taken, on the monotonic clock, which all processes of a run share: by the wall clock, an older
            one would pass for the freshest after a step back.
        cookies: as CDP's `Storage.getCookies` gives them, session cookies and HttpOnly ones too.
        local_storage: origin -> key -> value.
    """

    worker: str
    slot: int
    at: float
    cookies: tuple[dict[str, Any], ...] = ()
    local_storage: dict[str, dict[str, str]]

    def __repr__(self) -> str:
        """Say how much it is, never what."""
        return f"SessionState(worker={self.worker!r}, {len(self.cookies)} cookies, {len(self.local_storage)} origins)"

    def settable_cookies(self) -> list[dict[str, Any]]:
        """Return the cookies as CDP's `Storage.setCookies` takes them; a session cookie has no expiry."""
        return [
            {
                key: value
                for key, value in each.items()
                if key not in _TOLD_ONLY and not (key == "expires" and (each.get("session") or value == -1))
            }
            for each in self.cookies
        ]


def _folder_of(run: Run) -> Path:
    return run.folder / "sessions"


def keep(run: Run, state: SessionState) -> None:
    """Keep a signed-in worker's state for those who need it, in a file of the user's alone (0600).

    Raises:
        OSError: it cannot be written.
    """
    folder = _folder_of(run)
    folder.mkdir(exist_ok=True, mode=0o700)
    held = {
        "worker": state.worker,
        "slot": state.slot,
        "at": state.at,
        "cookies": list(state.cookies),
        "local_storage": state.local_storage,
    }
    write_whole(folder / f"{state.worker}.json", json.dumps(held).encode())


def drop(run: Run, worker: str) -> None:
    """Forget what a worker kept: the site does not know it any more."""
    (_folder_of(run) / f"{worker}.json").unlink(missing_ok=True)


def freshest(run: Run, without: str = "") -> SessionState | None:
    """Return the newest state that a signed-in worker kept, or None.

    Args:
        run: the run.
        without: a worker whose own does not count.
    """
    found = [state for path in _folder_of(run).glob("*.json") if (state := _read(path)) and state.worker != without]
    return max(found, key=lambda each: each.at, default=None)


def of_slot(run: Run, slot: int) -> SessionState | None:
    """Return what the worker on a slot kept, if the site still knew it when it was asked last."""
    found = [state for path in _folder_of(run).glob("*.json") if (state := _read(path)) and state.slot == slot]
    return max(found, key=lambda each: each.at, default=None)


def _read(path: Path) -> SessionState | None:
    try:
        held = json.loads(read_whole(path))
        return SessionState(**{**held, "cookies": tuple(held["cookies"])})
    except FileNotFoundError:
        return None  # dropped between listing and reading
