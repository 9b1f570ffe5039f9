"""What a run has started, recorded so that whoever cleans up later ends just that. Never starts a process.

<run folder>/processes/<pid>.json   one process each
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_edgepool import processes
from pytest_edgepool.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ENDING_PATIENCE_SECONDS = 5.0


class Records:
    """The records in a run's folder.

    Args:
        folder: the run's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def record(self, record: processes.ProcessRecord) -> None:
        """Keep what we started, so that whoever cleans up later ends just that."""
        path = self.folder / "processes" / f"{record.pid}.json"
        write_whole(path, json.dumps(record.to_json()).encode())

    def recorded(self, user_data_dir: str | None = None) -> tuple[processes.ProcessRecord, ...]:
        """Return what was started and not forgotten, of one user data dir or of all."""
        return tuple(each for each in self._readable() if user_data_dir in (None, each.user_data_dir))

    def forget(self, record: processes.ProcessRecord) -> None:
        """Drop the record of a process that has ended."""
        (self.folder / "processes" / f"{record.pid}.json").unlink(missing_ok=True)

    def end_recorded(self, user_data_dir: str | None = None) -> tuple[processes.ProcessRecord, ...]:
        """End what was started and still lives; return what survived even that."""
        records = self.recorded(user_data_dir)
        survivors = processes.end(records, _ENDING_PATIENCE_SECONDS)
        for record in records:
            if record not in survivors:
                self.forget(record)
        return survivors

    def _readable(self) -> Iterator[processes.ProcessRecord]:
        for path in sorted((self.folder / "processes").glob("*.json")):
            try:
                yield processes.ProcessRecord.from_json(json.loads(path.read_bytes()))
            except (FileNotFoundError, ValueError, TypeError):
                continue  # taken away meanwhile, or no record: nothing can be ended by it
