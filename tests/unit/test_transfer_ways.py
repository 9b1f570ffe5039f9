"""Which way is taken, and that workers learn of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.downloads.attachment import Attachment
from pytest_edgepool.fulfilment.ways import Ways
from pytest_edgepool.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.events import Event

FILE = Attachment(url="https://acme.test/a/1?token=CANARY")
ELSEWHERE = Attachment(url="https://other.test/a/1")
PRESSED = Attachment(url="", press="#a")


@pytest.mark.parametrize(("how", "direct"), [("auto", True), ("direct", True), ("browser", False)])
def test_the_setting_decides(tmp_path: Path, how: str, *, direct: bool) -> None:
    """What has no address goes by the browser in any case."""
    ways = Ways(Settings(po_transfer=how), tmp_path, lambda _event: None)
    assert ways.is_direct(FILE) is direct
    assert not ways.is_direct(PRESSED)


def test_the_browser_takes_over_what_direct_is_refused_twice(tmp_path: Path) -> None:
    """For that origin, and for the other workers of the run; told once, without what may be secret."""
    told: list[Event] = []
    ways, other = (Ways(Settings(), tmp_path, told.append) for _ in range(2))
    ways.learn(FILE, "a page came")
    assert ways.is_direct(FILE)
    ways.learn(FILE, "a page came")
    ways.learn(FILE, "a page came")
    assert not ways.is_direct(FILE)
    assert not other.is_direct(FILE)
    assert ways.is_direct(ELSEWHERE)
    assert [each.told() for each in told] == [
        {"origin": "https://acme.test", "way": "browser", "reason": "a page came"}
    ]


def test_a_passing_refusal_changes_nothing(tmp_path: Path) -> None:
    """What works in between was no rule of the site."""
    ways = Ways(Settings(), tmp_path, lambda _event: None)
    for _ in range(3):
        ways.learn(FILE, "a page came")
        ways.worked(FILE)
    assert ways.is_direct(FILE)


def test_what_rotates_goes_one_at_a_time(tmp_path: Path) -> None:
    """Each answer brings the session that the next request needs."""
    assert Ways(Settings(edgepool_rotating_session=True), tmp_path, lambda _event: None).at_once == 1
    assert Ways(Settings(po_transfers=3), tmp_path, lambda _event: None).at_once == 3


def test_a_browser_with_a_proxy_of_its_own_keeps_it(tmp_path: Path) -> None:
    """The system does not know that proxy; who asks for direct HTTP in words gets it."""
    proxied = ("--proxy-server=proxy.test:3128",)
    assert not Ways(Settings(edgepool_arg=proxied), tmp_path, lambda _event: None).is_direct(FILE)
    wanted = Settings(edgepool_arg=proxied, po_transfer="direct")
    assert Ways(wanted, tmp_path, lambda _event: None).is_direct(FILE)


def test_connections_that_were_cut_are_made_anew(tmp_path: Path) -> None:
    """Else no order after one that was given up could be fetched."""
    ways = Ways(Settings(), tmp_path, lambda _event: None)
    first = ways.connections
    assert ways.connections is first
    first.cut()
    assert ways.connections is not first
    ways.close()
