"""Ordinary browser tests on the pool: each on a new tab, none starts a browser of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool import Downloads, EdgeBrowser, EdgePool


def test_home_leads_to_approvals(edge_tab: WebDriver, intranet: str) -> None:
    edge_tab.get(intranet)
    edge_tab.find_element("id", "approvals").click()
    assert edge_tab.title == "Approvals"


@pytest.mark.parametrize("entry", ["Travel", "Laptop"])
def test_approvals_list(edge_tab: WebDriver, intranet: str, entry: str) -> None:
    edge_tab.get(f"{intranet}/approvals")
    assert entry in [each.text for each in edge_tab.find_elements("tag name", "li")]


def test_two_exports_of_one_name_are_both_kept(edge_tab: WebDriver, edge_downloads: Downloads, intranet: str) -> None:
    edge_tab.get(f"{intranet}/exports")
    with edge_downloads.expect() as first:
        edge_tab.find_element("id", "sheet").click()
    with edge_downloads.expect() as second:
        edge_tab.find_element("id", "same").click()
    assert first.files[0].path.read_text() == "name,amount\na,1\n"
    assert second.files[0].path.read_text() == "name,amount\nb,1\n"


def test_arguments_and_preferences_of_this_suite_are_in_force(edge_tab: WebDriver, intranet: str) -> None:
    edge_tab.get(f"{intranet}/approvals")
    assert edge_tab.execute_script("return navigator.userAgent") == "intranet-suite"
    assert edge_tab.execute_script("return getComputedStyle(document.body).fontSize") == "24px"


@pytest.mark.parametrize("visit", range(3))
def test_one_browser_serves_many_tests(
    edge_browser: EdgeBrowser, edge_pool: EdgePool, intranet: str, visit: int
) -> None:
    with edge_browser.tab() as tab:
        tab.driver.get(f"{intranet}/?visit={visit}")
    own = next(each for each in edge_pool.status().slots if each.worker == edge_pool.worker)
    assert own.starts == 1
