"""Serving the demo site on this machine, in a thread or in the foreground. Never listens beyond what it is told."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.portals.demo.state import DemoSite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from werkzeug.serving import BaseWSGIServer

    from pytest_edgepool.portals.demo.options import DemoOptions

LOOPBACK = "127.0.0.1"
LAST_PORT = 65_535
# How long stopping may take at most: the server looks that often whether it shall stop.
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningDemo:
    """A demo site that answers now.

    Attributes:
        url: its base URL, without a slash at the end.
        site: its state; what is changed there takes effect with the next request.
    """

    url: str
    site: DemoSite


@contextmanager
def serve(options: DemoOptions | None = None) -> Iterator[RunningDemo]:
    """Serve a demo site on a free port of the loopback interface until the block ends.

    Raises:
        UsageMistake: the extra `demo` is not installed, or an option is not allowed.
    """
    with _listening(LOOPBACK, 0, options) as (demo, server), _in_thread(server, "demo-site"):
        try:
            yield demo
        finally:
            demo.site.close()


def serve_forever(
    host: str, port: int, options: DemoOptions | None = None, on_ready: Callable[[RunningDemo], None] | None = None
) -> None:
    """Serve a demo site in this thread until Ctrl-C.

    Args:
        host: the interface to listen on.
        port: the port, 0 for a free one.
        options: how the site behaves.
        on_ready: called once with the site, when it already accepts connections.

    Raises:
        UsageMistake: nobody can listen there, or the extra `demo` is not installed.
    """
    with _listening(host, port, options) as (demo, server):
        if on_ready is not None:
            on_ready(demo)
        try:
            server.serve_forever(poll_interval=POLL_SECONDS)
        finally:
            demo.site.close()


@contextmanager
def _listening(host: str, port: int, options: DemoOptions | None) -> Iterator[tuple[RunningDemo, BaseWSGIServer]]:
    if not 0 <= port <= LAST_PORT:
        raise UsageMistake(f"There is no port {port}; a port is a number from 0 to {LAST_PORT}.")
    site = DemoSite(options)
    # We bind, not werkzeug: it would end the whole process when the port is taken.
    try:
        listener = socket.create_server((host, port))
    except OSError as error:
        raise UsageMistake(f"The demo site cannot listen on {host}:{port} ({error}); give another port.") from error
    with listener:
        server = _server(listener, _app(site))
        try:
            address, bound_port = listener.getsockname()[:2]
            with _elsewhere(site):
                yield RunningDemo(url=f"http://{address}:{bound_port}", site=site), server
        finally:
            server.server_close()


@contextmanager
def _elsewhere(site: DemoSite) -> Iterator[None]:
    """Serve the other origin of a site from when it is first led to until the block ends."""
    with ExitStack() as running:
        begun: list[int] = []
        turn = threading.Lock()

        def port() -> int:
            with turn:
                if not begun:
                    from pytest_edgepool.portals.demo.elsewhere import create_elsewhere

                    listener = running.enter_context(socket.create_server((LOOPBACK, 0)))
                    server = _server(listener, create_elsewhere(site))
                    running.callback(server.server_close)
                    running.enter_context(_in_thread(server, "demo-elsewhere"))
                    begun.append(listener.getsockname()[1])
                return begun[0]

        site.elsewhere_port = port
        yield


@contextmanager
def _in_thread(server: BaseWSGIServer, name: str) -> Iterator[None]:
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": POLL_SECONDS}, name=name, daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def _app(site: DemoSite) -> Flask:
    try:
        from pytest_edgepool.portals.demo.site import create_app
    except ModuleNotFoundError as error:
        raise UsageMistake(
            f"The demo site needs {error.name}: install it with `pip install 'pytest-edgepool[demo]'`."
        ) from error
    return create_app(site)


def _server(listener: socket.socket, app: Flask) -> BaseWSGIServer:
    from werkzeug.serving import WSGIRequestHandler, make_server

    class QuietHandler(WSGIRequestHandler):
        """Speaks HTTP/1.1 and says nothing on stderr: the site has its own log."""

        protocol_version = "HTTP/1.1"

        def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's own name
            pass

    host, port = listener.getsockname()[:2]
    return make_server(host, port, app, threaded=True, request_handler=QuietHandler, fd=listener.fileno())
