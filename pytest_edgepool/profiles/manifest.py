"""What a template holds, file by file, and whether a folder still holds that. Never changes a file of either."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from hashlib import file_digest
from typing import TYPE_CHECKING, Any, Literal

from pytest_edgepool.profiles.contents import is_of_sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_edgepool.clock import Deadline

How = Literal["closed", "live", "empty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of one file: its size in bytes, and its SHA-256 in hex where a sign-in may live in it, else ""."""

    size_bytes: int
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a template holds, and how it was made.

    Attributes:
        how: `closed` base, `live` (somebody had it open: fresh sign-ins may be missing), or `empty` (no base).
        means: by which means its files were copied.
        seconds: how long making it took.
        notes: sentences for header and summary.
        files: by POSIX path below the user data dir.
        edition: another one for each template that was ever made, to tell a renewed one.
    """

    how: How
    means: str
    seconds: float
    notes: tuple[str, ...]
    files: dict[str, Entry]
    edition: str = field(default_factory=lambda: secrets.token_hex(6))

    @property
    def size_bytes(self) -> int:
        """All files, in bytes."""
        return sum(each.size_bytes for each in self.files.values())

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "how": self.how,
            "means": self.means,
            "seconds": self.seconds,
            "notes": list(self.notes),
            "edition": self.edition,
            "files": {name: [each.size_bytes, each.sha256] for name, each in self.files.items()},
        }

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> Manifest:
        """Return what `to_json` gave.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        return cls(
            how=held["how"],
            means=held["means"],
            seconds=float(held["seconds"]),
            notes=tuple(held["notes"]),
            edition=held["edition"],
            files={name: Entry(size_bytes=size, sha256=digest) for name, (size, digest) in held["files"].items()},
        )


def entries_below(folder: Path) -> dict[str, Entry]:
    """Return what a folder holds, with the digests of the files that a sign-in may live in.

    Raises:
        OSError: something in it cannot be read.
    """
    return {
        name: Entry(size_bytes=size, sha256=_digest(folder / name) if is_of_sign_in(name) else "")
        for name, size in sizes_below(folder).items()
    }


def sizes_below(folder: Path) -> dict[str, int]:
    """Return every file below a folder, by its POSIX path, with its size in bytes.

    Raises:
        OSError: something in it cannot be looked at.
    """
    return dict(sorted(_sizes(str(folder), "")))


def _sizes(folder: str, inside: str) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as found:
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                yield from _sizes(entry.path, f"{inside}{entry.name}/")
            else:
                yield f"{inside}{entry.name}", entry.stat(follow_symlinks=False).st_size


def wrong_with_sizes(folder: Path, files: dict[str, Entry]) -> str:
    """Return how a folder differs from these files in names or sizes, as one clause, or "".

    Raises:
        OSError: something in it cannot be looked at.
    """
    found = sizes_below(folder)
    for name in found.keys() - files.keys():
        return f"{name} is not of the template"
    return _first_wrong(files, lambda name, entry: _wrong_size(name, entry, found.get(name)))


def wrong_with_content(folder: Path, files: dict[str, Entry], deadline: Deadline | None = None) -> str:
    """Return how a folder differs from these files, digests included, as one clause, or ""; further files are no fault.

    Raises:
        OSError: something in it cannot be read.
        DeadlinePassed: it took too long.
    """

    def wrong(name: str, entry: Entry) -> str:
        if deadline is not None:
            deadline.check()
        path = folder / name
        size = path.stat().st_size if path.is_file() else None
        if told := _wrong_size(name, entry, size):
            return told
        return f"{name} differs from the template's" if entry.sha256 and _digest(path) != entry.sha256 else ""

    return _first_wrong(files, wrong)


def _first_wrong(files: dict[str, Entry], wrong: Callable[[str, Entry], str]) -> str:
    return next((told for name, entry in files.items() if (told := wrong(name, entry))), "")


def _wrong_size(name: str, entry: Entry, size: int | None) -> str:
    if size is None:
        return f"{name} is missing"
    return "" if size == entry.size_bytes else f"{name} has {size} bytes, the template's has {entry.size_bytes}"


def _digest(path: Path) -> str:
    with path.open("rb", buffering=0) as file:
        return file_digest(file, "sha256").hexdigest()
