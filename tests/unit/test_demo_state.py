"""The demo site knows its visitors, counts its faults and keeps its log, from any thread."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.portals.demo.options import FILE_FAULTS, PAGE_FAULTS, DemoOptions, FaultName
from pytest_edgepool.portals.demo.state import DemoRequest, DemoSite

REQUEST = DemoRequest(method="GET", path="/", user_agent="x", session="", status=200)


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.passed_seconds = 0.0

    def monotonic(self) -> float:
        return self.passed_seconds

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.passed_seconds)

    def sleep(self, seconds: float) -> None:
        self.passed_seconds += seconds


def test_who_signed_in_is_known() -> None:
    """A session begun here is known, and each is another."""
    site = DemoSite()
    one, other = site.begin_session(), site.begin_session()
    assert one != other
    assert site.knows_session(one)
    assert site.knows_session(other)


@pytest.mark.parametrize("cookie", ["", "-", "---", "abc", "a-1-0-", "ä-1-0-ü", "x" * 5000])
def test_a_made_up_session_is_not_known(cookie: str) -> None:
    """A cookie that the site did not give is worth nothing, however it looks."""
    assert not DemoSite().knows_session(cookie)


def test_a_changed_session_is_not_known() -> None:
    """Nobody can lengthen a session by writing another time into it."""
    site = DemoSite()
    nonce, born, generation, proof = site.begin_session().split("-")
    assert not site.knows_session(f"{nonce}-{int(born) + 1}-{generation}-{proof}")


def test_another_site_does_not_know_the_session() -> None:
    """Cookies are shared between ports of one host, sign-ins are not."""
    assert not DemoSite().knows_session(DemoSite().begin_session())


def test_a_site_with_the_same_key_knows_the_session() -> None:
    """Who gives a key can stop the site and serve it again without signing anybody out."""
    options = DemoOptions(session_key="mine")
    assert DemoSite(options).knows_session(DemoSite(options).begin_session())


def test_a_session_expires() -> None:
    """With a length set, a session ends when it is reached."""
    clock = HandClock()
    site = DemoSite(DemoOptions(session_seconds=10), clock)
    cookie = site.begin_session()
    clock.sleep(9.9)
    assert site.knows_session(cookie)
    clock.sleep(0.2)
    assert not site.knows_session(cookie)


def test_expiry_can_be_set_while_it_runs() -> None:
    """A change takes effect for sessions that already live."""
    clock = HandClock()
    site = DemoSite(clock=clock)
    cookie = site.begin_session()
    clock.sleep(1_000_000)
    assert site.knows_session(cookie)
    site.change(session_seconds=5)
    assert not site.knows_session(cookie)


def test_one_session_ends_alone() -> None:
    """Signing out signs out nobody else."""
    site = DemoSite()
    one, other = site.begin_session(), site.begin_session()
    site.end_session(one)
    assert (site.knows_session(one), site.knows_session(other)) == (False, True)


def test_all_sessions_end_and_new_ones_begin() -> None:
    """Everybody is signed out at once, and can sign in again in the same moment."""
    site = DemoSite(clock=HandClock())
    before = [site.begin_session(), site.begin_session()]
    site.end_all_sessions()
    assert [site.knows_session(cookie) for cookie in before] == [False, False]
    assert site.knows_session(site.begin_session())


def test_a_fault_strikes_every_request() -> None:
    """Without a count a fault never ends, and others are not struck."""
    site = DemoSite(DemoOptions(faults={"PO1": "server-error"}))
    assert [site.take_fault("1", PAGE_FAULTS) for _ in range(3)] == [FaultName.SERVER_ERROR] * 3
    assert site.take_fault("2", PAGE_FAULTS) is None


def test_a_fault_with_a_count_ends() -> None:
    """The first two requests are struck, by any spelling of the number; the third is not."""
    site = DemoSite(DemoOptions(faults={"PO1": "reset:2"}))
    struck = [site.take_fault(number, FILE_FAULTS) for number in ("1", "PO1", "1")]
    assert struck == [FaultName.RESET, FaultName.RESET, None]


def test_only_requests_of_its_kind_use_a_fault_up() -> None:
    """The order's page does not use up a fault of its files."""
    site = DemoSite(DemoOptions(faults={"1": "reset:1"}))
    assert site.take_fault("1", PAGE_FAULTS) is None
    assert site.take_fault("1", FILE_FAULTS) is FaultName.RESET


def test_new_faults_begin_anew() -> None:
    """Setting faults starts their counts over; setting anything else does not."""
    site = DemoSite(DemoOptions(faults={"1": "reset:1"}))
    site.take_fault("1", FILE_FAULTS)
    site.change(latency_seconds=0.5)
    assert site.take_fault("1", FILE_FAULTS) is None
    site.change(faults={"1": "reset:1"})
    assert site.take_fault("1", FILE_FAULTS) is FaultName.RESET
    assert site.options.latency_seconds == 0.5


def test_a_refused_change_changes_nothing() -> None:
    """A mistake leaves the running site as it was."""
    site = DemoSite(DemoOptions(latency_seconds=1))
    with pytest.raises(UsageMistake):
        site.change(latency_seconds=-1)
    with pytest.raises(TypeError):
        site.change(no_such_option=1)
    assert site.options == DemoOptions(latency_seconds=1)


def test_the_log_is_a_copy() -> None:
    """Who changes the list that was given out does not change the log."""
    site = DemoSite()
    site.record(REQUEST)
    site.log.clear()
    assert site.log == [REQUEST]
    site.clear_log()
    assert site.log == []


def test_many_threads_lose_nothing() -> None:
    """Requests from many threads are all logged, and a bounded fault strikes exactly as often as it says."""
    site = DemoSite(DemoOptions(faults={"1": "reset:50"}))
    start, struck = threading.Barrier(8), []

    def visit() -> None:
        start.wait()
        for _ in range(100):
            site.record(REQUEST)
            if site.take_fault("1", FILE_FAULTS):
                struck.append(1)

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(site.log), len(struck)) == (800, 50)


def test_a_closed_site_makes_nobody_wait() -> None:
    """Pauses under way end when the site closes, so that stopping is not slow."""
    site = DemoSite()
    waiting = threading.Thread(target=site.pause, args=(3600,))
    waiting.start()
    site.close()
    waiting.join(timeout=60)
    assert not waiting.is_alive()
