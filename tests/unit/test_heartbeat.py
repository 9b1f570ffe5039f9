"""The heartbeat condemns who is dead or stands still, and nobody who is only slow; time alone proves nothing."""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool import processes
from pytest_edgepool.browser.heartbeat import MISSES_THAT_CONDEMN, Heartbeat, Pulse, Silence, is_answered, pulse_of
from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.testing import FakeClock
from tests.staged import idle

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_SECONDS = 60.0
on_posix = pytest.mark.skipif(os.name != "posix", reason="stages it with the signals of POSIX")


def soon(claim: threading.Event) -> bool:
    return claim.wait(PATIENCE_SECONDS)


@contextmanager
def serving(*, gate: threading.Event | None = None, status: int = 200) -> Iterator[str]:
    """The address of somebody who answers, once the gate is open."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if gate is not None:
                gate.wait(PATIENCE_SECONDS)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/status"
        finally:
            if gate is not None:
                gate.set()
            server.shutdown()
            thread.join()


def recorded(pid: int) -> processes.ProcessRecord:
    record = processes.record_of(pid, "driver")
    assert record is not None
    return record


# -- the decision ------------------------------------------------------------------------------------------------------


def test_a_dead_process_is_condemned_at_once() -> None:
    """There is nothing to wait for."""
    assert Silence("the driver", 20, FakeClock()).heard(Pulse.DEAD) == "the driver died"


def test_a_silent_process_is_condemned_when_its_time_is_up() -> None:
    """Not a moment earlier, and the reason says who and how long."""
    clock = FakeClock()
    silence = Silence("the browser", 20, clock)
    for _ in range(3):
        clock.sleep(6)
        assert silence.heard(Pulse.SILENT) == ""
    clock.sleep(6)
    assert silence.heard(Pulse.SILENT) == "the browser did not answer for 20 s"


def test_one_answer_forgives_all_silence() -> None:
    """Only silence without a break counts."""
    clock = FakeClock()
    silence = Silence("the browser", 20, clock)
    for _ in range(10):
        clock.sleep(9)
        assert silence.heard(Pulse.SILENT) == ""
        clock.sleep(9)
        assert silence.heard(Pulse.BEATS) == ""


def test_a_machine_that_was_asleep_condemns_nobody() -> None:
    """Hours may have passed between two looks; as many misses are needed as ever."""
    clock = FakeClock()
    silence = Silence("the browser", 20, clock)
    clock.sleep(8 * 3600)
    for _ in range(MISSES_THAT_CONDEMN - 1):
        assert silence.heard(Pulse.SILENT) == ""
    assert silence.heard(Pulse.SILENT) != ""


# -- the questions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 404, 500])
def test_whoever_answers_beats(status: int) -> None:
    """Whatever it says."""
    with idle() as pid, serving(status=status) as url:
        assert pulse_of((recorded(pid),), url)(PATIENCE_SECONDS) is Pulse.BEATS


def test_whoever_answers_slowly_beats() -> None:
    """A slow answer within the limit is one."""
    gate = threading.Event()
    with idle() as pid, serving(gate=gate) as url:
        threading.Timer(0.3, gate.set).start()
        assert pulse_of((recorded(pid),), url)(PATIENCE_SECONDS) is Pulse.BEATS


def test_whoever_does_not_answer_in_time_is_silent() -> None:
    """The connection is taken, and nothing comes."""
    with idle() as pid, serving(gate=threading.Event()) as url:
        assert pulse_of((recorded(pid),), url)(0.05) is Pulse.SILENT


def test_nobody_there_is_silent_and_no_error() -> None:
    """A port on which nobody listens, and one that takes connections and breaks them off."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}/"

        def break_off() -> None:
            door.accept()[0].close()

        breaking = threading.Thread(target=break_off, daemon=True)
        breaking.start()
        assert not is_answered(url, PATIENCE_SECONDS)
        breaking.join()
    assert not is_answered(url, PATIENCE_SECONDS)


def test_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would look for the browser on itself."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    monkeypatch.delenv("no_proxy", raising=False)
    with serving() as url:
        assert is_answered(url, PATIENCE_SECONDS)


def test_an_ended_process_is_dead_whoever_answers() -> None:
    """Another may have its port by now."""
    with idle() as pid:
        record = recorded(pid)
    with serving() as url:
        assert pulse_of((record,), url)(PATIENCE_SECONDS) is Pulse.DEAD


@on_posix
def test_a_stopped_process_is_silent_though_nobody_asks_it_anything() -> None:
    """A supervisor serves nothing; that it stands still is seen all the same."""
    with idle() as pid:
        record = recorded(pid)
        ask = pulse_of((record,))
        assert ask(0) is Pulse.BEATS
        os.kill(pid, signal.SIGSTOP)
        assert wait_until(lambda: ask(0) is Pulse.SILENT, Deadline.after(PATIENCE_SECONDS, "the stop"))


# -- the thread --------------------------------------------------------------------------------------------------------


class Condemned:
    """Hears of a condemnation."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.heard = threading.Event()

    def __call__(self, reason: str) -> None:
        self.reasons.append(reason)
        self.heard.set()


def test_a_killed_process_is_noticed_and_told_once() -> None:
    """With its name."""
    condemned = Condemned()
    with idle() as pid:
        heartbeat = Heartbeat({"the supervisor": pulse_of((recorded(pid),))}, 1, condemned)
        heartbeat.start()
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        assert soon(condemned.heard)
    heartbeat.finish()
    assert condemned.reasons == ["the supervisor died"]


@on_posix
def test_a_stopped_process_is_noticed_and_its_neighbours_are_not_blamed() -> None:
    """The one that stands still is named."""
    condemned = Condemned()
    with idle() as well, idle() as stopped:
        asked = {"the driver": pulse_of((recorded(well),)), "the browser": pulse_of((recorded(stopped),))}
        os.kill(stopped, signal.SIGSTOP)
        heartbeat = Heartbeat(asked, 0.4, condemned)
        heartbeat.start()
        assert soon(condemned.heard)
    heartbeat.finish()
    assert condemned.reasons == ["the browser did not answer for 0.4 s"]


def test_one_that_is_finished_condemns_nobody_any_more() -> None:
    """A browser that is ended in order is silent for that; and who ends it does not wait for a look under way."""
    condemned, asked, answer = Condemned(), threading.Event(), threading.Event()

    def ask(_limit_seconds: float) -> Pulse:
        asked.set()
        answer.wait(PATIENCE_SECONDS)
        return Pulse.DEAD

    heartbeat = Heartbeat({"the browser": ask}, 0.1, condemned)
    heartbeat.start()
    assert soon(asked)
    heartbeat.finish()
    answer.set()
    heartbeat._thread.join(PATIENCE_SECONDS)
    assert condemned.reasons == []
