"""Where the files of one PO gather before anybody sees them. Never puts a half one among the whole ones."""

from __future__ import annotations

import shutil
from dataclasses import replace
from mimetypes import guess_type
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.downloads.attachment import Arrived, DownloadedFile, digest_of, what_is_wrong
from pytest_edgepool.downloads.disk import (
    check_disk,
    is_whole_disk,
    look_at,
    spoken_trouble,
    sync_file,
    sync_folder,
)
from pytest_edgepool.downloads.names import safe_name, unique_name
from pytest_edgepool.errors import NotAsNamed, Permanent, TransferBroken
from pytest_edgepool.files import replace_patiently
from pytest_edgepool.redact import plain_url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path, PurePosixPath
    from types import TracebackType

    from pytest_edgepool.downloads.shelf import Shelf


class WorkFolder:
    """Where the files of one PO gather before anybody sees them; a context manager that removes it.

    Args:
        path: an empty folder of its own.
        shelf: where it is published to.
    """

    def __init__(self, path: Path, shelf: Shelf) -> None:
        self.path = path
        self.incoming = path / "incoming"
        # Why the folder could not be removed: news for a log, no failure of the PO.
        self.leftover: OSError | None = None
        self._whole = path / "whole"
        self._shelf = shelf
        self._files: tuple[DownloadedFile, ...] = ()
        self.incoming.mkdir()
        self._whole.mkdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.path, ignore_errors=True)  # a browser that is just ending may still be busy in it
        try:
            if self.path.exists():
                shutil.rmtree(self.path)
        except OSError as problem:
            self.leftover = problem
            if error is not None:
                error.add_note(f"and {self.path} could not be removed: {problem}")

    @property
    def files(self) -> tuple[DownloadedFile, ...]:
        """What was accepted so far; after `publish` their paths are those on the shelf."""
        return self._files

    def check(self, needed_bytes: int = 0) -> None:
        """Make sure that the disk is not to blame for a file that did not arrive; raises as `disk.check_disk`."""
        check_disk(self._shelf.output, self.incoming, needed_bytes)

    def take(self, whole: Arrived, name: str, original_name: str = "") -> DownloadedFile:
        """Take a file that was checked among the whole ones.

        Args:
            whole: what `checked` returned.
            name: what it is called; it is made safe, and unlike those that are there.
            original_name: what the site or the page calls it; `name` when nothing is given.
        """
        kept_name = unique_name(safe_name(name, "attachment"), [file.name for file in self._files])
        kept = self._whole / kept_name
        replace_patiently(whole.path, kept)  # a virus scanner looks at what has just arrived
        file = DownloadedFile(
            path=kept,
            name=kept_name,
            size=whole.size,
            sha256=whole.sha256,
            url=plain_url(whole.url),
            original_name=original_name or name,
            content_type=whole.content_type or guess_type(kept_name)[0] or "",
            fetched_at=whole.fetched_at,
        )
        self._files = (*self._files, file)
        return file

    def publish(self, target: PurePosixPath, apart: Mapping[str, PurePosixPath] = MappingProxyType({})) -> Path:
        """Put the whole files on the shelf by one rename; what lay there before is set aside, never deleted.

        Args:
            target: the PO's folder, relative to the output folder.
            apart: by name, the files that go elsewhere, each by a rename of its own.

        Returns:
            The folder on the shelf.

        Raises:
            Permanent: the folder cannot be put there; what was there before is there still.
            OutputVanished: what was gathered is not there any more.
        """
        final = self._shelf.place(target)
        places = {name: self._shelf.place(path) for name, path in apart.items()}
        for name, place in places.items():
            self._put(self._whole / name, place, len(apart[name].parts))
        if not apart or len(places) < len(self._files):
            self._put(self._whole, final, len(target.parts))
        self._files = tuple(replace(file, path=places.get(file.name, final / file.name)) for file in self._files)
        return final

    def _put(self, whole: Path, final: Path, depth: int) -> None:
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            sync_folder(self._whole)
            self._shelf.put(whole, final)
            for folder in final.parents[:depth]:  # up to the output folder: they may be new
                sync_folder(folder)
        except OSError as error:
            if is_whole_disk(error) or not self.path.is_dir():
                raise spoken_trouble(self._shelf.output, error) from error
            raise Permanent(f"{final} cannot be written ({error.strerror or error})") from error


def checked(arrived: Arrived, name: str) -> Arrived:
    """Return what arrived with its size and digest, when it is whole, and on the disk; safe in any thread.

    Args:
        arrived: what the transfer brought.
        name: what it is called; its suffix says what it claims to be.

    Raises:
        TransferBroken: it is not there, or not whole.
        NotAsNamed: it is not what its name says.
    """
    size, head = look_at(arrived.path, name)
    if arrived.expected_bytes and size != arrived.expected_bytes:
        raise TransferBroken(f"{name}: {size} of {arrived.expected_bytes} bytes arrived")
    wrong = what_is_wrong(name, head, arrived.content_type)
    if wrong is not None:
        raise NotAsNamed(f"{name}: {wrong}")
    sync_file(arrived.path)
    now = SYSTEM_CLOCK.now().isoformat(timespec="milliseconds")
    return replace(arrived, size=size, sha256=digest_of(arrived.path), fetched_at=now)
