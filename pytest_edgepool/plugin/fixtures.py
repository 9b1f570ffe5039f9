"""The fixtures: objects that fail per item, so that one bad start is not cached for all. Never reads a setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.plugin.keys import FAILED, ORDER, TAB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.browser.tabs import Tab
    from pytest_edgepool.downloads.transfer import Downloads
    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.outcomes.status import Outcome
    from pytest_edgepool.plugin.worker import Station
    from pytest_edgepool.pool import EdgeBrowser, EdgePool, EdgeProfile


@pytest.fixture(scope="session")
def _edgepool_station(request: pytest.FixtureRequest) -> Iterator[Station]:
    """This process's log, slot and browser; opened here, used by the fixtures below."""
    from pytest_edgepool.plugin.worker import close_station, station_of

    yield station_of(request.session)
    close_station(request.config)


@pytest.fixture(scope="session")
def edge_pool(_edgepool_station: Station) -> EdgePool:
    """Give the pool of browsers as this worker sees it: `run_id`, `worker`, `status()`."""
    from pytest_edgepool.pool import EdgePool

    return EdgePool(_edgepool_station.worker)


@pytest.fixture(scope="session")
def edge_profile(_edgepool_station: Station) -> EdgeProfile:
    """Give the profile this worker's browser runs on: `slot`, `kind`, `user_data_dir`, `verification`."""
    from pytest_edgepool.pool import EdgeProfile

    return EdgeProfile(_edgepool_station.worker)


@pytest.fixture(scope="session")
def edge_arguments() -> tuple[str, ...]:
    """Override to give the browser more switches, such as `("--lang=de",)`."""
    return ()


@pytest.fixture(scope="session")
def edge_preferences() -> Mapping[str, object]:
    """Override to give the browser more preferences, such as `{"intl.accept_languages": "de"}`."""
    return {}


@pytest.fixture(scope="session")
def edge_browser(
    _edgepool_station: Station, edge_arguments: tuple[str, ...], edge_preferences: Mapping[str, object]
) -> EdgeBrowser:
    """Give this worker's long-lived browser: `driver`, `tab()`, `recycle()`, `capabilities`."""
    from pytest_edgepool.pool import EdgeBrowser

    worker = _edgepool_station.worker
    worker.arguments = (*worker.arguments, *edge_arguments)
    worker.preferences = dict(edge_preferences)
    return EdgeBrowser(worker)


@pytest.fixture
def edge_tab(
    request: pytest.FixtureRequest, edge_browser: EdgeBrowser, _edgepool_station: Station
) -> Iterator[WebDriver]:
    """Give selenium's WebDriver on a new tab; a failed test leaves evidence, and the tab is closed whatever happens."""
    _edgepool_station.watcher.begins()
    try:
        with edge_browser.tab() as tab:
            request.node.stash[TAB] = tab
            yield tab.driver
            if request.node.stash.get(FAILED, False) and not _edgepool_station.watcher.has_given_up:
                _keep_evidence(request.node, _edgepool_station, tab)
    finally:
        _edgepool_station.watcher.ends()


@pytest.fixture
def edge_downloads(request: pytest.FixtureRequest, edge_tab: WebDriver, tmp_path: Path) -> Downloads:  # noqa: ARG001 - it opens the tab
    """Give the downloads of that tab: `with edge_downloads.expect() as expected: click`, then `expected.files`."""
    from pytest_edgepool.downloads.transfer import Downloads

    return Downloads(request.node.stash[TAB], tmp_path)


@pytest.fixture
def purchase_order(request: pytest.FixtureRequest) -> PurchaseOrder:
    """Give one purchase order of the sheets: `number`, `sheet`, `row`, `columns`."""
    given: PurchaseOrder | None = request.node.stash.get(ORDER, None) or getattr(request, "param", None)
    if given is None:
        pytest.skip("no purchase orders; give a sheet with --po-csv")
    return given


@pytest.fixture
def po_download(
    request: pytest.FixtureRequest,
    edge_browser: EdgeBrowser,  # noqa: ARG001 - it gives the worker its switches
    _edgepool_station: Station,
) -> Callable[[PurchaseOrder], Outcome]:
    """Give the callable that fetches one order and returns its outcome; the ledger has it before you do."""

    def download(order: PurchaseOrder) -> Outcome:
        return _edgepool_station.download(order, request.node)

    return download


def _keep_evidence(node: pytest.Item, station: Station, tab: Tab) -> None:
    from pytest_edgepool.browser import evidence
    from pytest_edgepool.downloads.names import safe_name

    folder = station.output / ".edgepool" / "evidence" / safe_name(node.nodeid.replace("/", "."), "test")
    missing = evidence.take(tab.driver, folder)
    told = f"{folder}" + (f" (not all of it: {missing})" if missing else "")
    node.add_report_section("teardown", "edgepool evidence", told)
