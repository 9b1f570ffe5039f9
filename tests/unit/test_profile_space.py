"""Too little room is found out before anything is copied, and told with the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import ProfileTrouble
from pytest_edgepool.profiles.space import FIRST_START_BYTES, Room, clone_bytes, free_bytes_on, in_words

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 30_000_000


def room(free: int, clones: int = 0) -> Room:
    return Room(clones=clones, free_bytes=lambda _folder: free)


@pytest.mark.parametrize("shares", [True, False])
@pytest.mark.parametrize("clones", [0, 1, 6])
def test_what_is_just_enough_is_enough(tmp_path: Path, shares: bool, clones: int) -> None:
    """And one byte less is not: for the template, with what its clones will need, and for one clone."""
    needed = SIZE + clones * clone_bytes(SIZE, shares_blocks=shares)
    room(needed, clones).for_template(tmp_path, SIZE, shares_blocks=shares)
    with pytest.raises(ProfileTrouble):
        room(needed - 1, clones).for_template(tmp_path, SIZE, shares_blocks=shares)
    one = clone_bytes(SIZE, shares_blocks=shares)
    room(one).for_clone(tmp_path, SIZE, shares_blocks=shares)
    with pytest.raises(ProfileTrouble):
        room(one - 1).for_clone(tmp_path, SIZE, shares_blocks=shares)


def test_shared_blocks_need_little_room(tmp_path: Path) -> None:
    """A tenth, and what a browser writes when it first starts."""
    assert clone_bytes(SIZE, shares_blocks=False) == SIZE + FIRST_START_BYTES
    assert clone_bytes(SIZE, shares_blocks=True) == SIZE // 10 + FIRST_START_BYTES


@pytest.mark.parametrize(("clones", "what"), [(0, "the template"), (1, "the template and 1 clone"), (6, "6 clones")])
def test_the_sentence_has_the_numbers_and_the_remedy(tmp_path: Path, clones: int, what: str) -> None:
    """What is needed for what, what is free where, and two ways out."""
    with pytest.raises(ProfileTrouble) as caught:
        room(12_000_000, clones).for_template(tmp_path / "new", SIZE, shares_blocks=False)
    told = str(caught.value)
    assert told.startswith("Not enough room: ")
    assert what in told
    assert f"12 MB free at {tmp_path};" in told
    assert told.endswith("free some, or set edgepool_state_dir to a folder on another disk.")
    with pytest.raises(ProfileTrouble, match="34 MB needed for a clone, 12 MB free"):
        room(12_000_000).for_clone(tmp_path / "1", SIZE, shares_blocks=False)


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 kB"), (612_000, "612 kB"), (1_000_000, "1 MB"), (31_400_000, "31 MB"), (1_400_000_000, "1.4 GB")],
)
def test_sizes_are_told_as_people_read_them(size: int, words: str) -> None:
    """No digits that say nothing."""
    assert in_words(size) == words


def test_the_disk_is_asked_where_the_folder_will_be(tmp_path: Path) -> None:
    """Also when it is not there yet; without being told otherwise, the real disk answers."""
    assert free_bytes_on(tmp_path / "a" / "b" / "c") > 0
    Room().for_clone(tmp_path / "a", 1, shares_blocks=False)
