"""The managed bases: where they lie, which browser owns which, which site is signed in to. Never opens one.

    <state>/bases/<brand>-<channel>/   profile/        the user data dir
                                       edgepool.json   the site's address, brand and channel

A base belongs to one brand and channel: any other would read its cookies with another key, and delete them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from pytest_edgepool.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

MANAGED_NAME = "profile"
"""The name of a managed base's user data dir."""

_NOTE = "edgepool.json"
_OF_ONE_BROWSER = re.compile(r"(edge|chrome|chromium)-(stable|beta|dev|canary)")


def managed_folder(state: Path, brand: str, channel: str) -> Path:
    """Return the folder of the managed base of one brand and channel; no other browser ever opens it."""
    return state / "bases" / f"{brand}-{channel}"


def recorded_url(state: Path, brand: str, channel: str) -> str:
    """Return the site that `edgepool login` signed in to, or ""."""
    return _note_in(managed_folder(state, brand, channel)).get("url", "")


def url_beside(user_data_dir: Path) -> str:
    """Return the site that is recorded beside a managed base, in whichever state folder that lies, or ""."""
    return _note_in(user_data_dir.parent).get("url", "")


def record_url(state: Path, brand: str, channel: str, url: str) -> None:
    """Keep beside the managed base whose it is, and the site's base URL, so that the plain command needs no more."""
    folder = managed_folder(state, brand, channel)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    note = {"url": url, "brand": brand, "channel": channel}
    write_whole(folder / _NOTE, json.dumps(note).encode())


def owner_of(user_data_dir: Path) -> str:
    """Return the brand and channel that a managed base belongs to, as `edge-stable`; "" for a base that is not ours.

    Told by the note beside it, else by where it lies: `bases/<brand>-<channel>/profile` of whichever state folder.

    Args:
        user_data_dir: the real path of a UDD.
    """
    folder = user_data_dir.parent
    if user_data_dir.name != MANAGED_NAME:
        return ""
    note = _note_in(folder)
    noted = f"{note.get('brand', '')}-{note.get('channel', '')}"
    if _OF_ONE_BROWSER.fullmatch(noted):
        return noted
    return folder.name if folder.parent.name == "bases" and _OF_ONE_BROWSER.fullmatch(folder.name) else ""


def _note_in(folder: Path) -> dict[str, str]:
    try:
        noted = json.loads((folder / _NOTE).read_bytes())
    except (OSError, ValueError):
        return {}  # never signed in through us: the caller asks for --po-url
    return {name: each for name, each in noted.items() if isinstance(each, str)} if isinstance(noted, dict) else {}
