"""Where everything of ours lives that outlasts a process. Never knows what lies in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgepool.errors import UsageMistake

if TYPE_CHECKING:
    from pathlib import Path


def state_path(setting: str = "") -> Path:
    """Return the folder for managed bases, templates, clones and locks, whether it exists or not.

    Args:
        setting: the user's `edgepool_state_dir`, or "" for the user's state folder as platformdirs knows it.
    """
    from pathlib import Path

    if setting:
        return Path(setting).expanduser().absolute()
    from platformdirs import user_state_path

    return user_state_path("edgepool", appauthor=False)


def state_folder(setting: str = "") -> Path:
    """Return that folder, made private.

    Args:
        setting: as `state_path`.

    Raises:
        UsageMistake: it cannot be made.
    """
    folder = state_path(setting)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageMistake(
            f"The state folder {folder} cannot be made ({reason}); name another with EDGEPOOL_STATE_DIR."
        ) from error
    return folder
