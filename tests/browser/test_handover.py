"""A sign-in goes from one running browser into another, without the site hearing of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.browser import binaries
from pytest_edgepool.browser.edge import RunningBrowser
from pytest_edgepool.browser.handover import put_cookies, put_local_storage, take_cookies
from pytest_edgepool.browser.launch import Launch
from pytest_edgepool.profiles.session import SessionState
from pytest_edgepool.settings import Settings
from tests.support import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgepool.testing import RunningDemo

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")

SOON = float(int(time.time()) + 100 * 86400)  # a browser keeps no cookie for more than 400 days
LASTING = {"name": "lasting", "value": "1", "domain": ".site.test", "path": "/", "expires": SOON, "sameSite": "Lax"}
COOKIES: list[dict[str, Any]] = [
    {"name": "sso", "value": "1", "domain": "site.test", "path": "/", "httpOnly": True, "secure": True},
    LASTING,
    {"name": "__Host-id", "value": "1", "domain": "site.test", "path": "/", "secure": True, "sameSite": "None"},
    {
        "name": "apart",
        "value": "1",
        "domain": "idp.test",
        "path": "/",
        "secure": True,
        "sameSite": "None",
        "partitionKey": {"topLevelSite": "https://site.test", "hasCrossSiteAncestor": True},
    },
]
TOLD = ("name", "value", "domain", "path", "expires", "httpOnly", "secure", "session", "sameSite", "partitionKey")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningBrowser, RunningBrowser]]:
    """Two browsers on empty profiles."""
    browser = binaries.find(Settings())
    folder = tmp_path_factory.mktemp("two")
    giver = RunningBrowser.start(Launch(browser=browser, user_data_dir=folder / "giver"), lambda _record: None)
    try:
        taker = RunningBrowser.start(Launch(browser=browser, user_data_dir=folder / "taker"), lambda _record: None)
        try:
            yield giver, taker
        finally:
            taker.quit()
    finally:
        giver.quit()


def told(browser: RunningBrowser) -> dict[str, dict[str, Any]]:
    return {
        each["name"]: {key: value for key, value in each.items() if key in TOLD}
        for each in take_cookies(browser.devtools)
    }


def test_every_kind_of_cookie_arrives_field_for_field(two: tuple[RunningBrowser, RunningBrowser]) -> None:
    """Of the session, lasting, HttpOnly, bound to the host, partitioned."""
    giver, taker = two
    assert put_cookies(giver.devtools, COOKIES) == ()
    state = SessionState(worker="gw0", slot=0, at=1.0, cookies=take_cookies(giver.devtools), local_storage={})
    assert put_cookies(taker.devtools, state.settable_cookies()) == ()
    given = told(giver)
    assert set(given) == {"sso", "lasting", "__Host-id", "apart"}
    assert {name: each for name, each in told(taker).items() if name in given} == given
    assert told(taker)["sso"]["session"]
    assert told(taker)["lasting"]["expires"] == pytest.approx(SOON)


def test_a_refused_cookie_is_named_and_costs_the_others_nothing(two: tuple[RunningBrowser, RunningBrowser]) -> None:
    """One that no browser takes fails the whole batch; its value is not told."""
    _, taker = two
    wrong = {"name": "__Host-wrong", "value": "hush", "domain": "site.test", "path": "/deep", "secure": False}
    good = {"name": "good", "value": "1", "domain": "site.test", "path": "/"}
    refused = put_cookies(taker.devtools, [wrong, good])
    assert refused == ("__Host-wrong (site.test)",)
    assert "good" in told(taker)


def test_nothing_to_put_is_no_call(two: tuple[RunningBrowser, RunningBrowser]) -> None:
    """An empty session is not refused."""
    assert put_cookies(two[1].devtools, []) == ()


def test_local_storage_arrives_without_the_site_hearing_of_it(
    two: tuple[RunningBrowser, RunningBrowser], demo: RunningDemo
) -> None:
    """Whatever the values look like; what was there under other keys stays; no window is left."""
    _, taker = two
    items = {"token": 'a"b</script>\\u2028\\\\', "empty": "", "Ünï": "漢"}
    put_local_storage(taker.devtools, demo.url, {"earlier": "1"})
    put_local_storage(taker.devtools, demo.url, items)
    assert demo.site.log == []
    with taker.tab() as tab:
        tab.open(demo.url)
        held = tab.driver.execute_script("return Object.fromEntries(Object.entries(localStorage))")
    assert held == {"earlier": "1", **items}
    assert taker.driver.window_handles == [taker.main_window]


def test_an_origin_that_cannot_be_reached_takes_local_storage_too(two: tuple[RunningBrowser, RunningBrowser]) -> None:
    """Nobody is asked: the browser's own request is answered by us, over https as well."""
    put_local_storage(two[1].devtools, "https://nowhere.invalid", {"token": "1"})
    assert two[1].driver.window_handles == [two[1].main_window]
