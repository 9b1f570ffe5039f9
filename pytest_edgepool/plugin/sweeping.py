"""Sweeping at the edges of a suite without orders. Never lets somebody else's left-overs fail a test."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgepool.errors import Permanent
from pytest_edgepool.plugin.identity import run_id_of
from pytest_edgepool.plugin.options import in_force
from pytest_edgepool.run import Run, state_path, sweep

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest


def sweep_quietly(state: Path) -> None:
    """Sweep what can be swept; what resists is told by the next run that prepares."""
    with suppress(Permanent):  # another run has been at it for a minute
        sweep(state, lambda _trouble: None)


def sweep_after(told: Mapping[str, str]) -> None:
    """Sweep when a worker has ended, which told its state folder: the last one leaves an empty run behind."""
    sweep_quietly(Path(told["state"]))


def sweep_after_death(config: pytest.Config, workerinput: Mapping[str, Any]) -> None:
    """Clear up after a worker that died, if it used our fixtures at all."""
    run = Run(state_path(in_force(config).settings.edgepool_state_dir), run_id_of(workerinput))
    if run.exists:
        from pytest_edgepool.profiles.tabs import put_all_tabs_back
        from pytest_edgepool.profiles.template import sweep_templates
        from pytest_edgepool.workers.remains import clear_remains

        with suppress(OSError):  # a full or failing disk: the sweep tries again
            clear_remains(run, str(workerinput["workerid"]))
        sweep_quietly(run.state)
        if not run.folder.is_dir():  # it was the last one, and nobody else gives back what it had set aside or shared
            put_all_tabs_back(run.state, lambda _trouble: None)
            with suppress(OSError):
                sweep_templates(run.state)
