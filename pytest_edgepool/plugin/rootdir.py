"""Notices when `--po-csv FILE` with a space has moved pytest's rootdir. Never moves it back: no plugin can."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from pytest_edgepool.plugin import options

_INI_NAMES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")


def warn_of_moved_rootdir(config: pytest.Config) -> None:
    """Tell when `--po-csv FILE` with a space has moved rootdir: pytest first takes the value for a test path."""
    option = _taken_for_path(config)
    if option and (lost := _lost_ini(config) or _lost_conftest(config)):
        told = f"{lost} does not count: pytest took the value of {option} for a test path"
        remedy = f"write {option}={options.metavar_of(option)} instead of {option} {options.metavar_of(option)}"
        config.issue_config_time_warning(pytest.PytestConfigWarning(f"{told}; {remedy}."), stacklevel=2)


def _taken_for_path(config: pytest.Config) -> str:
    """Return the first option of ours that stands apart from its value, where the value is a path; or ""."""
    args = config.invocation_params.args
    apart = (
        option for option, value in pairwise(map(str, args)) if options.metavar_of(option) and Path(value).exists()
    )
    return next(apart, "")


def _lost_ini(config: pytest.Config) -> Path | None:
    """Return the ini that the folder alone would give, if it is not the one that was read."""
    here = config.invocation_params.dir
    expected = next((each for folder in (here, *here.parents) if (each := _ini_in(folder)) is not None), None)
    return None if expected == config.inipath or config.getoption("inifilename", None) else expected


def _lost_conftest(config: pytest.Config) -> Path | None:
    """Return the folder's conftest, if rootdir is above it for want of an ini: its fixtures do not reach the sheet."""
    conftest = config.invocation_params.dir / "conftest.py"
    moved = config.inipath is None and config.rootpath in config.invocation_params.dir.parents
    reached = any(each.is_relative_to(conftest.parent) for each in map(Path, config.args))
    return conftest if conftest.is_file() and moved and not reached else None


def _ini_in(folder: Path) -> Path | None:
    for name in _INI_NAMES:
        path = folder / name
        if path.is_file() and (name.endswith(("pytest.toml", "pytest.ini")) or _speaks_of_pytest(path)):
            return path
    return None


def _speaks_of_pytest(path: Path) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace")
    return any(section in text for section in ("[tool.pytest", "[pytest]", "[tool:pytest]"))
