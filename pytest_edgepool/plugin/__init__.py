"""What pytest sees: the hooks that decide who does what. Never does any of it itself, and imports nothing heavy.

A suite that does not use us pays for this module, the options and the fixtures' names; the rest is imported when a
sheet is given or a fixture is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool import hookspecs
from pytest_edgepool.plugin import options
from pytest_edgepool.plugin.fixtures import (
    _edgepool_station,
    edge_arguments,
    edge_browser,
    edge_downloads,
    edge_pool,
    edge_preferences,
    edge_profile,
    edge_tab,
    po_download,
    purchase_order,
)
from pytest_edgepool.plugin.keys import FAILED, NEXT, SHEETS, STATION

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = [
    "_edgepool_station",
    "edge_arguments",
    "edge_browser",
    "edge_downloads",
    "edge_pool",
    "edge_preferences",
    "edge_profile",
    "edge_tab",
    "po_download",
    "purchase_order",
]

_ITEM_OF_A_SHEET = (".csv::", ".tsv::", ".xlsx::")

# pytest runs that only show something: nothing is prepared for them.
_ONLY_SHOWS = (
    "help",
    "version",
    "markers",
    "showfixtures",
    "show_fixtures_per_test",
    "cacheshow",
    "setupplan",
    "collectonly",
)


def only_shows(config: pytest.Config) -> bool:
    """Whether pytest was asked to show something and run nothing."""
    return any(config.getoption(name, None) for name in _ONLY_SHOWS)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options and ini keys."""
    options.add(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add our hooks."""
    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Read the sheets, before xdist counts its workers, and collect them when no path was given."""
    told = getattr(config, "workerinput", {}).get("edgepool", {})
    if "digest" in told:
        from pytest_edgepool.plugin.collect import thaw_sheets

        thaw_sheets(config, told)
    elif not config.getoption("help", None) and (not hasattr(config, "workerinput") or only_shows(config)):
        _read_sheets(config)
    if SHEETS in config.stash:
        from pytest_edgepool.plugin.collect import collect_only_sheets
        from pytest_edgepool.plugin.distribution import hasten

        collect_only_sheets(config)
        hasten(config)
    return (yield)


def _read_sheets(config: pytest.Config) -> None:
    force = options.in_force(config)
    if force.settings.po_csv or any(part in arg for arg in config.args for part in _ITEM_OF_A_SHEET):
        from pytest_edgepool.plugin.collect import read_sheets

        read_sheets(config, force)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Begin the run on the controller, or in the only process; a mistake ends it here, before any worker starts."""
    if SHEETS not in config.stash:
        return
    if hasattr(config, "workerinput"):
        told = config.workerinput.get("edgepool", {})
        if "digest" in told:
            from pytest_edgepool.plugin.ending import heed, listen

            run = listen(config, told)
            if told["hands_back"]:
                from pytest_edgepool.plugin.deaths.retiring import listen_for_items
                from pytest_edgepool.plugin.identity import name_of

                listen_for_items(config, run, name_of(config))
            heed(config, run)
        return
    from pytest_edgepool.plugin.rootdir import warn_of_moved_rootdir

    warn_of_moved_rootdir(config)
    if not only_shows(config):
        from pytest_edgepool.plugin.controller import Controller
        from pytest_edgepool.plugin.telling.progress import check, watch

        force = options.in_force(config)
        check(force.settings)
        controller = Controller(config, force)
        config.pluginmanager.register(controller, "edgepool-controller")
        watch(config, controller)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Size `-n auto` by cores, orders and the browsers allowed; the environment variable wins."""
    if SHEETS not in config.stash:
        return None
    from pytest_edgepool.plugin.distribution import auto_workers

    return auto_workers(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a sheet that was asked for."""
    if SHEETS not in parent.config.stash:
        return None
    from pytest_edgepool.plugin.collect import collect_file

    return collect_file(parent, file_path)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests that take `purchase_order` the orders of the sheets."""
    if SHEETS in metafunc.config.stash:
        from pytest_edgepool.plugin.collect import parametrize

        parametrize(metafunc)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """Remember which item comes next: an order's page can be opened ahead.

    A wrapper, because whoever is none counts as somebody who runs items in a way of his own (see retiring.py).
    """
    if SHEETS in item.config.stash:
        item.config.stash[NEXT] = nextitem
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Look after the browser between two tests."""
    if STATION in item.config.stash:
        item.config.stash[STATION].before(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed, so that its tab's evidence is taken before the tab is closed."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Clear up after a suite that used our fixtures in workers: the last one down leaves an empty run behind."""
    told = getattr(node, "workeroutput", {}).get("edgepool") if not error else None
    if told:
        from pytest_edgepool.plugin.sweeping import sweep_after

        sweep_after(told)
    elif error and SHEETS not in node.config.stash:
        from pytest_edgepool.plugin.sweeping import sweep_after_death

        sweep_after_death(node.config, node.workerinput)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Close what fixtures could not close."""
    if STATION in config.stash:
        from pytest_edgepool.plugin.worker import close_station

        close_station(config)
