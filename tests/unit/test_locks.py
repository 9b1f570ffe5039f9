"""A lock is held by one at a time, and the system frees it however its holder dies."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.locks import Lock, is_free
from tests.staged import holding

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "locks" / "one.lock"


def test_a_lock_nobody_took_is_free(path: Path) -> None:
    """A lock file that is not there is held by nobody, and asking does not make it."""
    assert is_free(path)
    assert not path.exists()


def test_only_one_holds_a_lock(path: Path) -> None:
    """Who comes second does not get it, and is told at once."""
    first, second = Lock(path), Lock(path)
    assert first.take()
    assert not second.take()
    assert (first.is_held, second.is_held) == (True, False)
    assert not is_free(path)
    first.free()
    assert second.take()
    second.free()
    assert is_free(path)


def test_another_process_holds_it_against_us(path: Path) -> None:
    """A lock counts between processes, and its end frees it."""
    with holding(path):
        assert not Lock(path).take()
        assert not is_free(path)
    assert is_free(path)


def test_a_killed_process_holds_nothing(path: Path) -> None:
    """Nobody has to clean up after SIGKILL."""
    with holding(path) as holder:
        holder.kill()
        holder.wait()
        lock = Lock(path)
        assert lock.take()
        lock.free()


def test_the_file_stays_when_the_lock_is_freed(path: Path) -> None:
    """Removing it would let two processes lock two files of one name."""
    lock = Lock(path)
    lock.take()
    inode = path.stat().st_ino
    lock.free()
    assert path.stat().st_ino == inode


def test_another_thread_may_free_it(path: Path) -> None:
    """A release that comes from another thread is a release."""
    lock = Lock(path)
    lock.take()
    thread = threading.Thread(target=lock.free)
    thread.start()
    thread.join()
    assert not lock.is_held
    assert is_free(path)


def test_a_block_holds_it_to_its_end(path: Path) -> None:
    """Also when the block fails."""
    lock = Lock(path)
    with lock.held(0) as got:
        assert got
        assert not is_free(path)
    assert is_free(path)
    with pytest.raises(ZeroDivisionError), lock.held(0):
        raise ZeroDivisionError
    assert is_free(path)


def test_a_block_that_did_not_get_it_frees_nobodys(path: Path) -> None:
    """The one who has it keeps it."""
    first = Lock(path)
    first.take()
    with Lock(path).held(0) as got:
        assert not got
    assert not is_free(path)
    first.free()


def test_freeing_what_is_not_held_is_nothing(path: Path) -> None:
    """A lock may be freed twice, or before it was ever taken."""
    lock = Lock(path)
    lock.free()
    lock.take()
    lock.free()
    lock.free()
    assert is_free(path)


def test_a_lock_is_private(path: Path) -> None:
    """Nobody else on the machine may take it."""
    lock = Lock(path)
    lock.take()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
    lock.free()
