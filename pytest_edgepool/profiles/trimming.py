"""Builds a template's user data dir from the base: trimmed, checked, in order. Never changes the base."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgepool.errors import BaseUnusable, ProfileTrouble
from pytest_edgepool.profiles.base import Base, BaseStatus, refusal, status_of
from pytest_edgepool.profiles.contents import CHECKED_DATABASES, NEEDED, TOP_FILES, stays
from pytest_edgepool.profiles.copying import Listed, copy_files, list_file, list_files
from pytest_edgepool.profiles.databases import JOURNALS, settle
from pytest_edgepool.profiles.live import copy_live
from pytest_edgepool.profiles.means import PLAIN, Means, means_between, means_within
from pytest_edgepool.profiles.space import Room

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgepool.profiles.manifest import How

WRITTEN_TO = "the base was written to while it was copied"
"""How the note of such a copy begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How a template's user data dir came to be.

    Attributes:
        how: `closed`, `live` or `empty`.
        means: by which means its files were copied.
        notes: sentences for header and summary.
    """

    how: How
    means: str = PLAIN.name
    notes: tuple[str, ...] = ()


def empty_profile(target: Path) -> Made:
    """Build the template of a run without a base: an empty user data dir."""
    target.mkdir(parents=True, mode=0o700)
    (target / "Default").mkdir(mode=0o700)
    return Made(how="empty")


def copy_base(
    base: Base, target: Path, *, indexeddb: bool, extensions: bool, live: bool, room: Room | None = None
) -> Made:
    """Build a template's user data dir from the base.

    Args:
        base: where from.
        target: the folder to make.
        indexeddb: whether IndexedDB goes along.
        extensions: whether extensions do.
        live: whether somebody has the base open. Should it turn out that somebody has, it is copied as if.
        room: how many clones are to follow, and how much is free.

    Raises:
        BaseUnusable: the base is missing, damaged or unreadable.
        ProfileTrouble: it could not be copied, or there is no room for it.
    """
    status = status_of(base)
    if status not in (BaseStatus.AVAILABLE, BaseStatus.LOCKED):
        raise BaseUnusable(refusal(status, base))
    try:
        target.mkdir(parents=True, mode=0o700, exist_ok=True)
        made = _copy(base, target, partial(stays, indexeddb=indexeddb, extensions=extensions), live, room or Room())
        notes = made.notes + _settle_databases(target, base)
    except OSError as error:
        if isinstance(error, PermissionError) and str(error.filename).startswith(str(base.user_data_dir)):
            raise BaseUnusable(refusal(BaseStatus.PERMISSION_DENIED, base, error.filename)) from None
        raise ProfileTrouble(f"The base {base.user_data_dir} could not be copied: {error}.") from error
    _rewrite(target / "Local State", partial(_only_default, base.profile_directory), base)
    _rewrite(target / "Default" / "Preferences", _ended_well, base)
    return Made(how=made.how, means=made.means, notes=notes)


def _copy(base: Base, target: Path, stays_out: Callable[..., bool], live: bool, room: Room) -> Made:  # noqa: FBT001 - private
    listed = _list(base, stays_out)
    room.for_template(target, sum(each.size_bytes for each in listed), shares_blocks=means_within(target).shares_blocks)
    means = _means_for(listed, target)
    if not live:
        changed = copy_files(listed, target, means)
        if not changed:
            return Made(how="closed", means=means.name)
        shutil.rmtree(target)  # half of it from before, half from after
    notes = copy_live(_list(base, stays_out), target, means)
    if not live:
        notes = (f"{WRITTEN_TO} ({changed[0]}): close every browser on it", *notes)
    return Made(how="live", means=means.name, notes=notes)


def _list(base: Base, stays_out: Callable[..., bool]) -> tuple[Listed, ...]:
    beside = (list_file(str(base.user_data_dir / name), name) for name in TOP_FILES.patterns)
    return tuple(each for each in beside if each) + list_files(base.profile_folder, "Default", stays_out)


def _means_for(listed: tuple[Listed, ...], target: Path) -> Means:
    """Try on the largest file: a small one may lie beside its name, with no blocks to share."""
    largest = max(listed, key=lambda each: each.size_bytes, default=None)
    return means_between(Path(largest.source), target) if largest else PLAIN


def _settle_databases(target: Path, base: Base) -> tuple[str, ...]:
    """Play back the journals that a killed browser left, and look through the databases that a sign-in lives in.

    Raises:
        BaseUnusable: the cookies are damaged.
        OSError: what is damaged could not be removed.
    """
    found = [each for each in target.rglob("*") if each.name.endswith(JOURNALS) or each.name in CHECKED_DATABASES]
    databases = {each.with_name(_without_journal(each.name)) for each in found}
    notes = []
    for path in sorted(each for each in databases if each.is_file()):
        wrong = settle(path, checked=path.name in CHECKED_DATABASES)
        if wrong and path.name in NEEDED:
            raise BaseUnusable(refusal(BaseStatus.CORRUPTED, base, f"{path.name}: {wrong}"))
        if wrong:
            for suffix in ("", *JOURNALS):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            notes.append(f"the base's {path.name} is damaged ({wrong}): it stays out of the clones")
    return tuple(notes)


def _without_journal(name: str) -> str:
    return next((name.removesuffix(each) for each in JOURNALS if name.endswith(each)), name)


def _rewrite(path: Path, change: Callable[[dict[str, Any]], None], base: Base) -> None:
    if not path.is_file():
        return
    try:
        held = json.loads(path.read_bytes())
        change(held)
    except (ValueError, TypeError, AttributeError) as error:
        raise BaseUnusable(refusal(BaseStatus.CORRUPTED, base, f"{path.name}: {error}")) from error
    path.write_bytes(json.dumps(held).encode())


def _only_default(directory: str, state: dict[str, Any]) -> None:
    """Have `Local State` know one profile, `Default`: else the clone shows a profile picker or starts signed out."""
    profile = state.setdefault("profile", {})
    known = profile.get("info_cache", {})
    profile["info_cache"] = {"Default": known[directory]} if directory in known else {}
    profile["last_used"] = "Default"
    profile["last_active_profiles"] = ["Default"]
    profile["profiles_order"] = ["Default"]
    state["background_mode"] = {"enabled": False}  # a browser that stays after its last window holds the lock


def _ended_well(preferences: dict[str, Any]) -> None:
    """Have `Preferences` say that the last session ended in order, so that no restore bubble comes."""
    profile = preferences.setdefault("profile", {})
    profile["exit_type"] = "Normal"
    profile["exited_cleanly"] = True
