"""What was changed on a base of the user's, so that it can be undone by whoever comes next. Never undoes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_edgepool.files import write_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """The journal of one base.

    Attributes:
        user_data_dir: the base's UDD.
        profile_directory: the profile folder inside it.
        aside: names of the tab files that are moved aside; some may not be yet, some may be back already.
        preferences: path below the UDD -> name of its copy beside the journal, or "" when there was no such file.
        local_state: what `Local State` said under the keys that a driver sets, as far as it said anything.
    """

    user_data_dir: Path
    profile_directory: str
    aside: tuple[str, ...]
    preferences: dict[str, str]
    local_state: dict[str, Any]

    @property
    def profile(self) -> Path:
        """The profile folder whose tabs they are."""
        return self.user_data_dir / self.profile_directory

    def write(self, path: Path) -> None:
        """Write it whole."""
        held = {
            "user_data_dir": str(self.user_data_dir),
            "profile_directory": self.profile_directory,
            "aside": list(self.aside),
            "preferences": self.preferences,
            "local_state": self.local_state,
        }
        write_whole(path, json.dumps(held).encode())

    @classmethod
    def read(cls, path: Path) -> Journal:
        """Return what `write` wrote."""
        held = json.loads(path.read_bytes())
        return cls(**{**held, "user_data_dir": Path(held["user_data_dir"]), "aside": tuple(held["aside"])})
