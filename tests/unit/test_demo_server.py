"""The demo site is served on this machine only, breaks where it is told to, and stops cleanly."""

from __future__ import annotations

import http.client
import socket
import sys
import threading
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.portals.demo.admission import COOKIE
from pytest_edgepool.portals.demo.options import DemoOptions
from pytest_edgepool.portals.demo.server import RunningDemo, serve, serve_forever
from pytest_edgepool.portals.demo.truth import demo_order

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDER = demo_order("PO15262984")
assert ORDER is not None
ATTACHMENT = ORDER.attachments[0]
FILE = f"/attachment/attachment_file/type/{ATTACHMENT.identifier}/{quote(ATTACHMENT.name)}"


@pytest.fixture
def demo() -> Iterator[RunningDemo]:
    with serve() as demo:
        yield demo


def fetch(demo: RunningDemo, path: str) -> tuple[int, bytes]:
    """Return status and body, as somebody who is signed in."""
    connection = http.client.HTTPConnection(urlsplit(demo.url).netloc, timeout=60)
    try:
        connection.request("GET", path, headers={"Cookie": f"{COOKIE}={demo.site.begin_session()}"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_a_site_is_served_while_the_block_lasts(demo: RunningDemo) -> None:
    """The site answers at its URL, on the loopback interface."""
    assert demo.url.startswith("http://127.0.0.1:")
    assert fetch(demo, "/user/home")[0] == 200
    assert [one.path for one in demo.site.log] == ["/user/home"]


def test_after_the_block_nobody_listens() -> None:
    """The port is free again and the thread has ended."""
    with serve() as demo:
        port = urlsplit(demo.url).port
        assert port is not None
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=60):
        pass
    assert "demo-site" not in {thread.name for thread in threading.enumerate()}


def test_an_error_in_the_block_is_not_hidden() -> None:
    """Stopping the site lets the block's own error through."""
    with pytest.raises(ZeroDivisionError), serve():
        _ = 1 / 0


def test_two_sites_do_not_meet() -> None:
    """Each site has its own port, log and visitors."""
    with serve() as one, serve() as other:
        assert one.url != other.url
        fetch(one, "/")
        assert (len(one.site.log), len(other.site.log)) == (1, 0)


def test_a_served_file_is_whole(demo: RunningDemo) -> None:
    """Over a real connection the bytes are the truth's."""
    assert fetch(demo, FILE) == (200, ATTACHMENT.content)


def test_a_truncated_file_is_noticed(demo: RunningDemo) -> None:
    """The connection ends before the promised length."""
    demo.site.change(faults={"PO15262984": "truncated:1"})
    with pytest.raises(http.client.IncompleteRead):
        fetch(demo, FILE)
    assert fetch(demo, FILE)[1] == ATTACHMENT.content


def test_a_reset_breaks_the_connection(demo: RunningDemo, capfd: pytest.CaptureFixture[str]) -> None:
    """The connection is broken in the middle of the file, and the server says nothing about it."""
    demo.site.change(faults={"PO15262984": "reset:1"})
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        fetch(demo, FILE)
    assert fetch(demo, FILE)[1] == ATTACHMENT.content
    assert capfd.readouterr().err == ""


def test_stopping_does_not_wait_for_slow_answers() -> None:
    """A body that would take hours does not keep the site from stopping, and is then sent at once."""
    with serve(DemoOptions(chunk_delay_seconds=3600)) as demo:
        connection = http.client.HTTPConnection(urlsplit(demo.url).netloc, timeout=60)
        connection.request("GET", FILE, headers={"Cookie": f"{COOKIE}={demo.site.begin_session()}"})
        response = connection.getresponse()
        assert response.read(10) == ATTACHMENT.content[:10]
    assert response.read() == ATTACHMENT.content[10:]
    connection.close()


def test_many_visitors_at_once_are_served(demo: RunningDemo) -> None:
    """Six browsers at a time each get their bytes."""
    answers: list[tuple[int, bytes]] = []
    threads = [threading.Thread(target=lambda: answers.append(fetch(demo, FILE))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert answers == [(200, ATTACHMENT.content)] * 6


def test_a_taken_port_is_told() -> None:
    """One sentence names the address; the process goes on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageMistake, match=rf"cannot listen on 127\.0\.0\.1:{port} .*; give another port"):
            serve_forever("127.0.0.1", port)


def test_a_port_that_is_none_is_told() -> None:
    """A number beyond all ports is the user's mistake, too."""
    with pytest.raises(UsageMistake, match=r"no port 99999; a port is a number from 0 to 65535"):
        serve_forever("127.0.0.1", 99999)


def test_whoever_serves_for_ever_learns_when_it_is_ready() -> None:
    """The callback gets a site that answers already; an error in it ends the serving."""
    seen: list[int] = []

    def ready(demo: RunningDemo) -> None:
        # The kernel accepts for the listening socket, before the first request is served.
        with socket.create_connection(("127.0.0.1", urlsplit(demo.url).port or 0), timeout=60):
            seen.append(1)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        serve_forever("127.0.0.1", 0, on_ready=ready)
    assert seen == [1]


def test_without_the_extra_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who lacks Flask reads what to install, and gets no traceback of an import."""
    monkeypatch.setitem(sys.modules, "flask", None)
    monkeypatch.delitem(sys.modules, "pytest_edgepool.portals.demo.site")
    with pytest.raises(UsageMistake, match=r"pip install 'pytest-edgepool\[demo\]'"), serve():
        pass


def test_a_site_with_a_key_can_be_served_again() -> None:
    """A sign-in survives a restart of the site, as a printed command that is repeated later needs it."""
    options = DemoOptions(session_key="demo")
    with serve(options) as first:
        cookie = first.site.begin_session()
    with serve(options) as second:
        connection = http.client.HTTPConnection(urlsplit(second.url).netloc, timeout=60)
        connection.request("GET", "/user/home", headers={"Cookie": f"{COOKIE}={cookie}"})
        assert connection.getresponse().status == 200
        connection.close()
