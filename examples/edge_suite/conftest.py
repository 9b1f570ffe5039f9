"""A small intranet to test: one page with a form, one with files to download."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAGES = {
    "/": "<title>Intranet</title><h1>Welcome</h1><a id='approvals' href='/approvals'>Approvals</a>",
    "/approvals": "<title>Approvals</title><ul><li>Travel</li><li>Laptop</li></ul>",
    "/exports": "<title>Exports</title><a id='sheet' href='/file/a'>one</a> <a id='same' href='/file/b'>another</a>",
}


class Intranet(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/file/"):
            self._answer(f"name,amount\n{self.path[-1]},1\n".encode(), "text/csv", 'attachment; filename="export.csv"')
        elif self.path in PAGES:
            self._answer(f"<!doctype html><html>{PAGES[self.path]}</html>".encode(), "text/html")
        else:
            self.send_error(404)

    def _answer(self, body: bytes, kind: str, disposition: str = "inline") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Disposition", disposition)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing: the tests tell what went wrong."""


@pytest.fixture(scope="session")
def intranet() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Intranet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def edge_arguments() -> tuple[str, ...]:
    """Every browser of this suite says who it is."""
    return ("--user-agent=intranet-suite",)


@pytest.fixture(scope="session")
def edge_preferences() -> Mapping[str, object]:
    """Every browser of this suite writes large."""
    return {"webkit.webprefs.default_font_size": 24}
