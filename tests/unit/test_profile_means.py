"""The fastest means is found by trying, and each copies byte by byte into a private file of its own."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.profiles.means import (
    PLAIN,
    Means,
    clone_file,
    copy_on_windows,
    copy_plain,
    means_between,
    means_within,
    reflink,
    shares_on_windows,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_a_file_is_copied_byte_by_byte(tmp_path: Path, size: int) -> None:
    """And its size told."""
    (tmp_path / "a").write_bytes(os.urandom(size))
    assert copy_plain(tmp_path / "a", tmp_path / "b") == size
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def stopping_after(copied: int, code: int) -> object:
    """A `copy_file_range` that copies so many bytes and then refuses, as across devices; 0 says that all is done."""
    left = [copied]

    def copy(reading: int, writing: int, _count: int) -> int:
        if not left[0]:
            if code:
                raise OSError(code, os.strerror(code))
            return 0
        os.pwrite(writing, os.pread(reading, left[0], 0), 0)
        done, left[0] = left[0], 0
        return done

    return copy


@pytest.mark.parametrize("copied", [0, 10])
@pytest.mark.parametrize("code", [errno.EXDEV, errno.EOPNOTSUPP, errno.EINVAL, 0])
def test_a_disk_that_cannot_share_gets_a_plain_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copied: int, code: int
) -> None:
    """From where it stopped; also one that falsely says at once that nothing is left."""
    monkeypatch.setattr(os, "copy_file_range", stopping_after(copied, code), raising=False)
    (tmp_path / "a").write_bytes(bytes(range(200)))
    assert copy_plain(tmp_path / "a", tmp_path / "b") == 200
    assert (tmp_path / "b").read_bytes() == bytes(range(200))


def test_a_system_without_it_gets_a_plain_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS and Windows have no `copy_file_range`."""
    monkeypatch.delattr(os, "copy_file_range", raising=False)
    (tmp_path / "a").write_bytes(b"abc")
    assert copy_plain(tmp_path / "a", tmp_path / "b") == 3


def test_a_copy_is_no_link(tmp_path: Path) -> None:
    """The driver rewrites files in place: through a link it would write into the template."""
    (tmp_path / "a").write_bytes(b"abc")
    copy_plain(tmp_path / "a", tmp_path / "b")
    (tmp_path / "b").write_bytes(b"xyz")
    assert (tmp_path / "a").read_bytes() == b"abc"
    assert (tmp_path / "b").stat().st_nlink == 1


def test_a_copy_is_private_and_never_overwrites(tmp_path: Path) -> None:
    """Whatever the original's mode; what is there already stays."""
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "a").chmod(0o644)
    copy_plain(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        copy_plain(tmp_path / "a", tmp_path / "b")


# -- choosing


def refusing(code: int) -> Callable[[str, str], int]:
    """A disk that shares no blocks; as the real ones it has made the new file by then."""

    def share(_source: str, target: str) -> int:
        Path(target).touch(exist_ok=False)
        raise OSError(code, os.strerror(code))

    return share


def sharing(source: str, target: str) -> int:
    """A disk that shares blocks, as far as anybody can see."""
    return copy_plain(source, target)


GOOD = Means(name="reflink", share=sharing)
BAD = Means(name="clonefile", share=refusing(errno.EOPNOTSUPP))


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "sample").write_bytes(b"sample")
    return tmp_path / "from" / "sample"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "to").mkdir()
    return tmp_path / "to"


@pytest.mark.parametrize(
    ("candidates", "chosen"),
    [((GOOD,), GOOD), ((BAD, GOOD), GOOD), ((BAD,), PLAIN), ((), PLAIN), ((PLAIN, GOOD), PLAIN)],
)
def test_the_first_means_that_works_is_taken(
    sample: Path, folder: Path, candidates: tuple[Means, ...], chosen: Means
) -> None:
    """Found out by trying it, which leaves nothing; where none works it is a plain copy."""
    assert means_between(sample, folder, candidates) == chosen
    assert list(folder.iterdir()) == []
    assert [each.name for each in sample.parent.iterdir()] == ["sample"]


def test_a_sample_that_is_gone_decides_for_a_plain_copy(tmp_path: Path, folder: Path) -> None:
    """A browser may have taken it away; nothing fails by that."""
    assert means_between(tmp_path / "none", folder) == PLAIN
    assert list(folder.iterdir()) == []


def test_what_works_within_a_folder_is_found_with_a_file_of_our_own(folder: Path) -> None:
    """Which is gone afterwards; the answer is this disk's, whichever it is."""
    means = means_within(folder)
    assert list(folder.iterdir()) == []
    assert means.shares_blocks is (means.name != "copy")


@pytest.mark.skipif(sys.platform != "linux", reason="FICLONE is Linux's")
def test_the_kernels_answer_is_the_truth(sample: Path, folder: Path) -> None:
    """The means is called reflink exactly where the ioctl succeeds, and nowhere else."""
    shared = False
    with suppress(OSError):
        shared = reflink(str(sample), str(folder / "b")) == 6
    assert (means_between(sample, folder).name == "reflink") is shared


# -- copying by a means


def test_one_file_that_cannot_be_shared_is_copied_plainly(sample: Path, folder: Path) -> None:
    """A file may be excluded from copy-on-write; what was begun is not in the way."""
    assert BAD.copy(sample, folder / "b") == 6
    assert (folder / "b").read_bytes() == b"sample"


@pytest.mark.parametrize("means", [PLAIN, GOOD, BAD], ids=["copy", "shares", "refuses"])
def test_what_vanished_is_an_error_and_leaves_nothing(tmp_path: Path, folder: Path, means: Means) -> None:
    """The caller decides what that means."""
    with pytest.raises(FileNotFoundError):
        means.copy(tmp_path / "none", folder / "b")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("means", [PLAIN, GOOD], ids=["copy", "shares"])
def test_what_is_there_is_never_replaced(sample: Path, folder: Path, means: Means) -> None:
    """Two copies of one name would be a mistake of ours."""
    (folder / "b").write_bytes(b"there")
    with pytest.raises(FileExistsError):
        means.copy(sample, folder / "b")
    assert (folder / "b").read_bytes() == b"there"


# -- macOS and Windows, with the answers that their vendors' pages describe


class Apple:
    """A C library whose `clonefile` does as it is told."""

    def __init__(self, code: int = 0) -> None:
        self.code = code
        self.asked: list[tuple[bytes, bytes, int]] = []

    def clonefile(self, source: bytes, target: bytes, flags: int) -> int:
        self.asked.append((source, target, flags))
        ctypes.set_errno(self.code)
        if self.code:
            return -1
        copy_plain(os.fsdecode(source), os.fsdecode(target))
        Path(os.fsdecode(target)).chmod(0o644)
        return 0


def test_macos_clones_by_one_call(sample: Path, folder: Path) -> None:
    """Links are not followed, and the clone is private although the call copies the mode."""
    apple = Apple()
    assert clone_file(apple, str(sample), str(folder / "b")) == 6
    assert apple.asked == [(os.fsencode(sample), os.fsencode(folder / "b"), 1)]
    assert (folder / "b").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("code", [errno.ENOTSUP, errno.EXDEV, errno.ENOENT])
def test_macos_says_why_it_cannot(sample: Path, folder: Path, code: int) -> None:
    """The error is the system's own."""
    with pytest.raises(OSError, match=os.strerror(code)) as caught:
        clone_file(Apple(code), str(sample), str(folder / "b"))
    assert caught.value.errno == code


class Windows:
    """A kernel32 whose `CopyFileW` does as it is told."""

    def __init__(self, *, works: bool = True) -> None:
        self.works = works

    def CopyFileW(self, source: str, target: str, fail_if_exists: int) -> int:  # noqa: N802 - its name
        assert fail_if_exists
        return copy_plain(source, target) if self.works else 0

    def GetLastError(self) -> int:  # noqa: N802 - its name
        return 80


@pytest.mark.parametrize(
    ("flags", "build", "shares"),
    [
        (0x08000000, 26100, True),  # ReFS or a Dev Drive on 11 24H2
        (0x0FE706FF, 26200, True),
        (0x08000000, 22631, False),  # 11 23H2: not by itself
        (0x03E72EFF, 26100, False),  # NTFS
        (0, 26100, False),
    ],
)
def test_windows_shares_blocks_where_volume_and_build_do(
    sample: Path, folder: Path, flags: int, build: int, shares: bool
) -> None:
    """Elsewhere the same call would copy, and that must not be called sharing."""
    assert shares_on_windows(flags, build) is shares
    if shares:
        assert copy_on_windows(Windows(), flags, build, str(sample), str(folder / "b")) == 6
    else:
        with pytest.raises(OSError, match="shares no blocks"):
            copy_on_windows(Windows(), flags, build, str(sample), str(folder / "b"))


def test_windows_says_why_it_cannot(sample: Path, folder: Path) -> None:
    """With the number that its pages explain."""
    with pytest.raises(OSError, match="error 80"):
        copy_on_windows(Windows(works=False), 0x08000000, 26100, str(sample), str(folder / "b"))
