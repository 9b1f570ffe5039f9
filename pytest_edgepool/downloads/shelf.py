"""From the work folder to the shelf: a PO's files appear whole, by one rename. Never deletes what it did not make."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pytest_edgepool.downloads.attachment import digest_of
from pytest_edgepool.downloads.disk import (
    nearest_folder,
    numbered_folder,
    put_back,
    sync_folder,
)
from pytest_edgepool.downloads.names import safe_name
from pytest_edgepool.downloads.work import WorkFolder
from pytest_edgepool.errors import Permanent, UsageMistake
from pytest_edgepool.files import replace_patiently

if TYPE_CHECKING:
    from collections.abc import Iterable

OWN_FOLDER = ".edgepool"

_NUMBER_CHARACTERS = 40  # of the PO number in a work folder's name: Windows counts the whole path
_PUBLISH_TRIES = 10  # another run may put the same PO on the shelf between our look and our rename


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
