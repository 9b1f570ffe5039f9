"""Who may do it now, between processes: the only door to filelock. Never knows what the lock protects.

Every lock here is a lock of the operating system: the kernel frees it when its process dies, however it dies.
`thread_local=False` because with the default a release from another thread silently does nothing, and
`fallback_to_soft=False` because a soft lock outlives a killed process.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from filelock import FileLock


class Lock:
    """One lock file, held by at most one process at a time.

    Args:
        path: the lock file; its folder is made when needed. The file itself stays: removing it would let a
            second process lock a new file of the same name while the first still holds the old one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: FileLock | None = None

    def _open(self) -> FileLock:
        if self._lock is None:
            from filelock import FileLock

            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = FileLock(self.path, thread_local=False, fallback_to_soft=False, mode=0o600)
        return self._lock

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._lock is not None and bool(self._lock.is_locked)

    def take(self, patience_seconds: float = 0.0) -> bool:
        """Take the lock, waiting at most that long; return whether it is ours now."""
        from filelock import Timeout

        try:
            self._open().acquire(timeout=patience_seconds, poll_interval=0.05)
        except Timeout:
            return False
        return True

    def free(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        if self._lock is not None:
            self._lock.release(force=True)

    @contextmanager
    def held(self, patience_seconds: float) -> Iterator[bool]:
        """Hold the lock for a block; yields whether it was had in time."""
        got = self.take(patience_seconds)
        try:
            yield got
        finally:
            if got:
                self.free()


def is_free(path: Path) -> bool:
    """Return whether no process holds the lock file `path` (a missing one is free)."""
    if not path.exists():
        return True
    lock = Lock(path)
    if not lock.take():
        return False
    lock.free()
    return True
