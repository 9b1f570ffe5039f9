"""Makes a worker's clone from the template: built aside, checked, published by one rename. Never opens the base."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.errors import ProfileTrouble
from pytest_edgepool.files import remove_folder
from pytest_edgepool.profiles.copying import make_folders
from pytest_edgepool.profiles.manifest import wrong_with_sizes
from pytest_edgepool.profiles.means import PLAIN, Means, means_between
from pytest_edgepool.profiles.space import Room

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.profiles.manifest import Manifest
    from pytest_edgepool.profiles.template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone:
    """What making a clone took.

    Attributes:
        seconds: from the first look at the template to the rename.
        files: how many.
        size_bytes: all of them.
        means: by which means they were copied: `reflink`, `clonefile`, `block-clone` or `copy`.
    """

    seconds: float
    files: int
    size_bytes: int
    means: str = PLAIN.name


def make_clone(template: Template, folder: Path, room: Room | None = None) -> Clone:
    """Copy the template into a new user data dir, readable by this user only.

    Args:
        template: where from.
        folder: the user data dir to make.
        room: says how much is free.

    Raises:
        ProfileTrouble: there is no room, the copy differs from the template, or the disk refused.
    """
    begun = SYSTEM_CLOCK.monotonic()
    manifest = template.manifest()
    try:
        means = _make(template, manifest, folder, room or Room())
    except ProfileTrouble:
        renewed = template.manifest()
        if renewed.edition == manifest.edition:
            raise
        manifest = renewed  # the template was taken away in the middle, for one that is sound
        means = _make(template, manifest, folder, room or Room())
    return Clone(
        seconds=SYSTEM_CLOCK.monotonic() - begun,
        files=len(manifest.files),
        size_bytes=manifest.size_bytes,
        means=means.name,
    )


def _make(template: Template, manifest: Manifest, folder: Path, room: Room) -> Means:
    aside = folder.with_name(f"{folder.name}.new")
    try:
        remove_folder(aside)  # a worker's that was killed while it copied
        make_folders(aside, ["Default/", *manifest.files])
        means = _means_for(template, manifest, aside)
        room.for_clone(folder, manifest.size_bytes, shares_blocks=means.shares_blocks)
        for relative in manifest.files:
            means.copy(f"{template.profile}/{relative}", f"{aside}/{relative}")
        _check(template, manifest, aside)
        aside.rename(folder)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)  # half a clone; should it stay, the slot's next holder clears it
        raise ProfileTrouble(f"the clone {folder} could not be made: {error.strerror or error}") from error
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return means


def _check(template: Template, manifest: Manifest, aside: Path) -> None:
    if wrong := wrong_with_sizes(aside, manifest.files):
        raise ProfileTrouble(f"the clone differs from its template: {wrong}")
    if template.manifest().edition != manifest.edition:
        raise ProfileTrouble("the template was renewed while it was copied")


def _means_for(template: Template, manifest: Manifest, aside: Path) -> Means:
    """Try on the largest file: a small one may lie beside its name, with no blocks to share."""
    largest = max(manifest.files, key=lambda name: manifest.files[name].size_bytes, default="")
    return means_between(template.profile / largest, aside) if largest else PLAIN
