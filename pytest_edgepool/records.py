"""What a run starts: noted before, recorded as soon as it lives, so that whoever cleans up later ends just that.

<run folder>/intents/<mark>.json    a browser that is about to be started: on which folder, and since when
<run folder>/processes/<pid>.json   one process each

Never starts a process. Ended are the recorded processes and their helpers. A start that was cut off before anything
was recorded is looked for below the state folder only, where every folder is ours (clones, managed bases), and by the
mark of its launch; on a base of the user's own only what was recorded is ever ended. A driver alone, killed away from
its worker and its supervisor before it had a browser, is found by nobody; it holds no profile.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgepool import broods, processes, starts
from pytest_edgepool.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENDING_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What we are about to start.

    Attributes:
        mark: what its launch marks it with.
        user_data_dir: the folder that it will own.
        since: the moment before it is started.
    """

    mark: str
    user_data_dir: str
    since: starts.Start


class Records:
    """The records in a run's folder.

    Args:
        folder: the run's folder, `<state folder>/runs/<run id>`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def intending(self, user_data_dir: Path, mark: str) -> Iterator[None]:
        """Note what a block is about to start, before it does; when the block has ended it is recorded, or gone.

        Args:
            user_data_dir: the folder that it will own.
            mark: what its launch marks it with.

        Raises:
            OSError: it could not be noted, so nothing was started.
        """
        intent = Intent(mark=mark, user_data_dir=str(user_data_dir), since=starts.now())
        told = {"mark": mark, "user_data_dir": intent.user_data_dir, "role": processes.BROWSER}
        since = {"started_at": intent.since.at, "boot": intent.since.boot, "ticks": intent.since.ticks}
        path = self._intent_path(mark)
        path.parent.mkdir(exist_ok=True, mode=0o700)  # a run that was removed meanwhile must not come back
        write_whole(path, json.dumps({**told, **since}).encode())
        try:
            yield
        except BaseException:  # whatever it is, also a signal's: it may have come between starting and recording
            self._end_intended(intent)
            raise
        path.unlink(missing_ok=True)

    def record(self, record: processes.ProcessRecord) -> None:
        """Keep what we started, so that whoever cleans up later ends just that."""
        path = self.folder / "processes" / f"{record.pid}.json"
        write_whole(path, json.dumps(record.to_json()).encode())

    def recorded(self, user_data_dir: str | None = None) -> tuple[processes.ProcessRecord, ...]:
        """Return what was started and not forgotten, of one user data dir or of all."""
        return tuple(each for each in self._readable() if user_data_dir in (None, each.user_data_dir))

    def intended(self, user_data_dir: str | None = None) -> tuple[Intent, ...]:
        """Return the starts that were begun and neither came to be recorded nor failed, of one folder or of all."""
        return tuple(each for each in self._intents() if user_data_dir in (None, each.user_data_dir))

    def forget(self, record: processes.ProcessRecord) -> None:
        """Drop the record of a process that has ended."""
        (self.folder / "processes" / f"{record.pid}.json").unlink(missing_ok=True)

    def end_recorded(self, user_data_dir: str | None = None) -> tuple[processes.ProcessRecord, ...]:
        """End what was started and still lives; return what survived even that."""
        records = self.recorded(user_data_dir)
        survivors = processes.end(records, _ENDING_PATIENCE_SECONDS)
        survivors += processes.end(broods.left_by(records), 0)
        for record in records:
            if record not in survivors:
                self.forget(record)
        for intent in self.intended(user_data_dir):
            survivors += self._end_intended(intent)
        return survivors

    def _end_intended(self, intent: Intent) -> tuple[processes.ProcessRecord, ...]:
        """End what a start began and nobody recorded; one on a folder that is not ours is left alone."""
        found: tuple[processes.ProcessRecord, ...] = ()
        if self._is_ours(intent.user_data_dir):
            found = broods.begun_with(intent.mark, intent.user_data_dir, intent.since)
        survivors = processes.end(found, _ENDING_PATIENCE_SECONDS)
        if not survivors:
            self._intent_path(intent.mark).unlink(missing_ok=True)
        return survivors

    def _is_ours(self, user_data_dir: str) -> bool:
        return self.folder.resolve().parents[1] in Path(user_data_dir).resolve().parents

    def _intent_path(self, mark: str) -> Path:
        return self.folder / "intents" / f"{mark}.json"

    def _readable(self) -> Iterator[processes.ProcessRecord]:
        for path in sorted((self.folder / "processes").glob("*.json")):
            try:
                yield processes.ProcessRecord.from_json(json.loads(path.read_bytes()))
            except (FileNotFoundError, ValueError, TypeError):
                continue  # taken away meanwhile, or no record: nothing can be ended by it

    def _intents(self) -> Iterator[Intent]:
        for path in sorted((self.folder / "intents").glob("*.json")):
            try:
                told = json.loads(path.read_bytes())
                since = starts.Start.from_json(told)
                yield Intent(mark=path.stem, user_data_dir=str(told["user_data_dir"]), since=since)
            except (FileNotFoundError, ValueError, TypeError, KeyError):
                continue  # likewise
