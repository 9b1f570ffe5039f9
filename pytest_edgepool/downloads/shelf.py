"""From the work folder to the shelf: a PO's files appear whole, by one rename. Never deletes what it did not make."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Self

from pytest_edgepool.downloads.attachment import DownloadedFile, digest_of, what_is_wrong
from pytest_edgepool.downloads.disk import (
    check_disk,
    is_whole_disk,
    look_at,
    nearest_folder,
    numbered_folder,
    put_back,
    spoken_trouble,
    sync_file,
    sync_folder,
)
from pytest_edgepool.downloads.names import safe_name, unique_name
from pytest_edgepool.errors import Permanent, TransferBroken, UsageMistake
from pytest_edgepool.files import replace_patiently
from pytest_edgepool.redact import plain_url

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

OWN_FOLDER = ".edgepool"

_NUMBER_CHARACTERS = 40  # of the PO number in a work folder's name: Windows counts the whole path
_PUBLISH_TRIES = 10  # another run may put the same PO on the shelf between our look and our rename


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

    def accept(
        self, arrived: Path, *, name: str, url: str, expected_bytes: int | None, content_type: str = ""
    ) -> DownloadedFile:
        """Check a file that arrived and take it among the whole ones.

        Args:
            arrived: where the transfer put it, on the same disk.
            name: what the site or page calls it.
            url: where it came from.
            expected_bytes: the length that was promised; None or 0 when nothing was.
            content_type: what the site called it.

        Raises:
            TransferBroken: it is not there, not whole, or not what its name says.
        """
        size, head = look_at(arrived, name)
        if expected_bytes and size != expected_bytes:
            raise TransferBroken(f"{name}: {size} of {expected_bytes} bytes arrived")
        wrong = what_is_wrong(name, head, content_type)
        if wrong is not None:
            raise TransferBroken(f"{name}: {wrong}")
        kept_name = unique_name(safe_name(name, "attachment"), [file.name for file in self._files])
        kept = self._whole / kept_name
        replace_patiently(arrived, kept)  # a virus scanner looks at what has just arrived
        sync_file(kept)
        file = DownloadedFile(path=kept, name=kept_name, size=size, sha256=digest_of(kept), url=plain_url(url))
        self._files = (*self._files, file)
        return file

    def publish(self, target: PurePosixPath) -> Path:
        """Put the whole files on the shelf by one rename; what lay there before is set aside, never deleted.

        Args:
            target: the PO's folder, relative to the output folder.

        Returns:
            The folder on the shelf.

        Raises:
            Permanent: the folder cannot be put there; what was there before is there still.
            OutputVanished: what was gathered is not there any more.
        """
        final = self._shelf.place(target)
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            sync_folder(self._whole)
            self._shelf.put(self._whole, final)
            for folder in final.parents[: len(target.parts)]:  # up to the output folder: they may be new
                sync_folder(folder)
        except OSError as error:
            if is_whole_disk(error) or not self.path.is_dir():
                raise spoken_trouble(self._shelf.output, error) from error
            raise Permanent(f"{final} cannot be written ({error.strerror or error})") from error
        self._files = tuple(replace(file, path=final / file.name) for file in self._files)
        return final


class Shelf:
    """The output folder of one run.

    Args:
        output: the folder that the user named; made when the first work folder is.
        run_id: names this run's work folders and what it sets aside.
    """

    def __init__(self, output: Path, run_id: str) -> None:
        self.output = output
        self.run_id = run_id
        self._own = output / OWN_FOLDER
        self._work = self._own / "work" / run_id

    def work_folder(self, number: str) -> WorkFolder:
        """Make a fresh work folder, for its owner's eyes only; use it in a `with`."""
        self._work.mkdir(parents=True, exist_ok=True, mode=0o700)
        prefix = safe_name(number.replace("/", "_").replace("\\", "_"), "PO")[:_NUMBER_CHARACTERS]
        return WorkFolder(Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=self._work)), self)

    def tidy(self) -> None:
        """Remove what killed workers of this run left in the work folder; for the end of the run.

        Raises:
            OSError: something in it cannot be removed.
        """
        with suppress(FileNotFoundError):
            shutil.rmtree(self._work)

    def place(self, target: PurePosixPath) -> Path:
        """Return where on the disk a PO's folder is.

        Raises:
            Permanent: that is outside the output folder, or among our own files.
        """
        parts = PurePosixPath(target).parts
        if not parts or target.is_absolute() or ".." in parts or parts[0].casefold() == OWN_FOLDER:
            raise Permanent(f"{target} is no folder for a PO's files")
        return self.output.joinpath(*parts)

    def put(self, whole: Path, final: Path) -> None:
        """Rename `whole` to `final`; what is there already goes aside first and comes back when the rename fails.

        Raises:
            OSError: the last of a few tries failed.
        """
        for left in reversed(range(_PUBLISH_TRIES)):
            aside = self._set_aside(final)
            try:
                # POSIX would silently rename over an empty folder, which somebody may just have made: no harm.
                replace_patiently(whole, final)
            except BaseException as error:  # also a signal's: what was there before must be there still
                put_back(aside, final, error)
                if not isinstance(error, OSError) or not left or not os.path.lexists(final):
                    raise
            else:
                return

    def _set_aside(self, final: Path) -> Path | None:
        if not os.path.lexists(final):
            return None
        aside = numbered_folder(self._own / "superseded" / self.run_id) / final.relative_to(self.output)
        aside.parent.mkdir(parents=True, exist_ok=True)
        try:
            replace_patiently(final, aside)
        except FileNotFoundError:  # another run has just set it aside
            return None
        sync_folder(aside.parent)
        return aside


def are_whole(output: Path, folder: str, files: Iterable[tuple[str, int, str]]) -> bool:
    """Return whether each file of a PO is on the shelf as it was put there; one that cannot be read is not.

    Args:
        output: the output folder.
        folder: the PO's folder, relative to it, with forward slashes.
        files: name, bytes and sha256 of each.
    """
    wanted = [(output / folder / name, size, digest) for name, size, digest in files]
    try:
        return all(path.is_file() and path.stat().st_size == size for path, size, _ in wanted) and all(
            digest_of(path) == digest for path, _, digest in wanted
        )
    except (OSError, ValueError):  # not proven means no; ValueError: a NUL in a name
        return False


def check_output(output: Path) -> None:
    """Make sure that files can be put into the output folder; leaves nothing behind.

    Raises:
        UsageMistake: it cannot be made or written; the message names it and the remedy.
    """
    try:
        there = nearest_folder(output.absolute())
        own = output / OWN_FOLDER
        # A name of its own: runs that make and remove one and the same folder would disturb each other.
        probe = Path(tempfile.mkdtemp(prefix=f"{OWN_FOLDER}-probe-", dir=own if os.path.lexists(own) else there))
        try:
            (probe / output.absolute().relative_to(there)).mkdir(parents=True, exist_ok=True)
        finally:
            shutil.rmtree(probe)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        message = f"{output}: files cannot be put there ({reason}); name another folder with --po-output."
        raise UsageMistake(message) from error
