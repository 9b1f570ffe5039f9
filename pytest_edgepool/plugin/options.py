"""The options as pytest sees them, made from settings.py. Never gives one a meaning of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.settings import InForce, Knob, ini_type_of, knobs, option_of, resolve, variable_of

if TYPE_CHECKING:
    from collections.abc import Mapping

IN_FORCE = pytest.StashKey[InForce]()


def add(parser: pytest.Parser) -> None:
    """Add every option and ini key."""
    group = parser.getgroup("edgepool", "purchase orders and signed-in browsers (pytest-edgepool)")
    for name, told in knobs().items():
        parser.addini(name, told.why, type=ini_type_of(told.kind), default=None)
        if told.option:
            _add_option(group, name, told)


def _add_option(group: pytest.OptionGroup, name: str, told: Knob) -> None:
    shared: Mapping[str, Any] = {"dest": name, "default": None, "help": f"{told.why} [{variable_of(name)}]"}
    if told.kind == "yes":
        group.addoption(option_of(name), action="store_true", **shared)
    elif told.kind == "times":
        group.addoption(option_of(name), action="count", **shared)
    elif told.kind == "texts":
        group.addoption(option_of(name), action="append", metavar=told.metavar, **shared)
    else:
        group.addoption(option_of(name), metavar=told.metavar, **shared)


def in_force(config: pytest.Config) -> InForce:
    """Return the settings of this run, read once.

    Raises:
        pytest.UsageError: a value that is not allowed; one sentence.
    """
    if IN_FORCE not in config.stash:
        try:
            config.stash[IN_FORCE] = resolve(
                lambda name: config.getoption(name, None), os.environ, lambda name: _ini(config, name)
            )
        except UsageMistake as mistake:
            raise pytest.UsageError(str(mistake)) from None
    return config.stash[IN_FORCE]


def _ini(config: pytest.Config, name: str) -> object:
    try:
        return config.getini(name)
    except (TypeError, ValueError) as error:  # pytest's own reading of an ini value of the wrong type
        raise UsageMistake(f"ini key {name}: {error}.") from None


def metavar_of(option: str) -> str:
    """Return what stands for the value of an option of ours in `--help`; "" for a switch, or an option of others."""
    return next((told.metavar for name, told in knobs().items() if told.option and option_of(name) == option), "")
