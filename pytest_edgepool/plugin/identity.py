"""Who this process is among those of a run, and what its plugins add. Never opens anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

_ID_CHARACTERS = 16  # Windows counts the characters of a path

MASTER = "master"  # what xdist calls the only process of a run without workers


def name_of(config: pytest.Config) -> str:
    """Return this process's name: `gw0`, … or `master`."""
    workerinput = getattr(config, "workerinput", None)
    return str(workerinput["workerid"]) if workerinput else MASTER


def add_portals(config: pytest.Config) -> dict[str, object]:
    """Return the portals that plugins and conftests register."""
    return {
        name: portal for found in config.hook.pytest_edgepool_portals(config=config) for name, portal in found.items()
    }


def run_id_of(workerinput: Mapping[str, Any]) -> str:
    """Return the id that all workers of a run share: the controller's, or, without orders, a piece of xdist's own."""
    told = workerinput.get("edgepool", {}).get("run")
    return str(told or workerinput.get("testrunuid", ""))[:_ID_CHARACTERS]
