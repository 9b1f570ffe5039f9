"""On real disks: blocks are shared where the disk can, plainly copied where not, and a full disk leaves nothing."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import ProfileTrouble
from pytest_edgepool.profiles.cloning import make_clone
from pytest_edgepool.profiles.means import means_within
from pytest_edgepool.profiles.space import Room
from pytest_edgepool.profiles.template import Share, wrong_with_clone, wrong_with_template
from pytest_edgepool.profiles.trimming import Made, copy_base
from tests.disks import NoDisk, mounted, used_bytes
from tests.profiles import make_base, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_edgepool.profiles.base import Base

BULK_BYTES = 24_000_000
SHARING = ("btrfs", "xfs")
PLENTY = Room(free_bytes=lambda _folder: 1 << 40)
"""What a disk says that is filled by somebody else a moment later."""


@pytest.fixture
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A disk of the kind that the test asks for; skipped where this machine makes none."""
    kind, *size = request.param if isinstance(request.param, tuple) else (request.param,)
    with ExitStack() as stack:
        try:
            point = stack.enter_context(mounted(kind, tmp_path / "disks", *size))
        except NoDisk as reason:
            pytest.skip(str(reason))
        yield point


def a_base(folder: Path) -> Base:
    """A signed-in base with a site that stores much."""
    base = make_base(folder / "udd")
    (base.profile_folder / "Local Storage" / "leveldb" / "000005.ldb").write_bytes(os.urandom(BULK_BYTES))
    return base


def maker(base: Base, room: Room = PLENTY) -> Callable[[Path], Made]:
    return lambda target: copy_base(base, target, indexeddb=True, extensions=False, live=False, room=room)


@pytest.mark.parametrize("disk", SHARING, indirect=True)
def test_template_and_clones_share_the_bases_blocks(disk: Path) -> None:
    """Six clones and the template take less than a tenth of one; what is written to one of them stays there."""
    base, share = a_base(disk), Share(disk / "state", "key", "r1")
    before = used_bytes(disk)
    template = share.take(maker(base))
    clones = [disk / "clones" / str(number) for number in range(6)]
    made = [make_clone(template, each) for each in clones]
    assert (template.means, {each.means for each in made}) == ("reflink", {"reflink"})
    assert used_bytes(disk) - before < BULK_BYTES / 10
    bulk = "Default/Local Storage/leveldb/000005.ldb"
    with (clones[0] / bulk).open("r+b") as file:
        file.write(b"changed in place, as a browser does")
    assert wrong_with_template(template) == ""
    assert [bool(wrong_with_clone(each, template)) for each in clones] == [True, *[False] * 5]
    assert snapshot(base.profile_folder)["Local Storage/leveldb/000005.ldb"] == (template.profile / bulk).read_bytes()
    share.give_back()


@pytest.mark.parametrize("disk", ["xfs-plain", "ext4"], indirect=True)
def test_a_disk_that_shares_no_blocks_is_not_said_to(disk: Path) -> None:
    """XFS can, but not as it was made here: only trying tells. The clone is whole, and takes its room."""
    base, share = a_base(disk), Share(disk / "state", "key", "r1")
    template = share.take(maker(base))
    before = used_bytes(disk)
    clone = make_clone(template, disk / "clones" / "1")
    assert (means_within(disk).name, template.means, clone.means) == ("copy", "copy", "copy")
    assert used_bytes(disk) - before >= BULK_BYTES
    assert wrong_with_clone(disk / "clones" / "1", template) == ""
    share.give_back()


@pytest.mark.parametrize("disk", SHARING, indirect=True)
def test_a_base_on_another_disk_is_copied_and_its_clones_share(disk: Path, tmp_path: Path) -> None:
    """Between two disks nothing can be shared; from template to clone it can."""
    base, share = a_base(tmp_path), Share(disk / "state", "key", "r1")
    template = share.take(maker(base))
    assert template.means == "copy"
    assert make_clone(template, disk / "clones" / "1").means == "reflink"
    assert wrong_with_clone(disk / "clones" / "1", template) == ""
    share.give_back()


@pytest.mark.parametrize("disk", [("tmpfs", BULK_BYTES // 2)], indirect=True)
def test_a_disk_that_is_too_small_is_told_before_copying(disk: Path, tmp_path: Path) -> None:
    """With the numbers of the real disk; not a byte of the template is left."""
    share = Share(disk / "state", "key", "r1")
    with pytest.raises(ProfileTrouble, match=r"24 MB needed for the template, 12 MB free .*edgepool_state_dir"):
        share.take(maker(a_base(tmp_path), Room()))
    assert list((disk / "state" / "templates").iterdir()) == []


@pytest.mark.parametrize("disk", [("tmpfs", BULK_BYTES // 2)], indirect=True)
def test_a_disk_that_fills_up_under_the_template_leaves_nothing(disk: Path, tmp_path: Path) -> None:
    """Somebody else was quicker: one sentence, and the room is free again."""
    share = Share(disk / "state", "key", "r1")
    with pytest.raises(ProfileTrouble, match=r"could not be copied: .*No space left"):
        share.take(maker(a_base(tmp_path)))
    assert list((disk / "state" / "templates").iterdir()) == []
    assert used_bytes(disk) < BULK_BYTES / 10


@pytest.mark.parametrize("disk", [("tmpfs", BULK_BYTES * 3 // 2)], indirect=True)
def test_a_disk_that_fills_up_under_a_clone_leaves_no_half_clone(disk: Path, tmp_path: Path) -> None:
    """The template stays whole for who has more luck."""
    share = Share(disk / "state", "key", "r1")
    template = share.take(maker(a_base(tmp_path)))
    (disk / "clones").mkdir()
    with pytest.raises(ProfileTrouble, match=r"28 MB needed for a clone, 1\d MB free"):
        make_clone(template, disk / "clones" / "1")
    with pytest.raises(ProfileTrouble, match="could not be made: No space left"):
        make_clone(template, disk / "clones" / "1", PLENTY)
    assert list((disk / "clones").iterdir()) == []
    assert wrong_with_template(template) == ""
    share.give_back()
