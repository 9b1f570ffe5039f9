"""A gate between the browsers and the demo site, on a port of its own: shut, the site is gone; open, it is back."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK_BYTES = 1 << 16


@dataclass
class Gate:
    """Passes bytes on to the site while it is open; connections that are under way break when it is shut."""

    site_url: str
    port: int = 0
    passing: list[socket.socket] = field(default_factory=list)
    _listener: socket.socket | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        """Have the site there, at the same address as before."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._admit, args=(listener,), daemon=True).start()

    def shut(self) -> None:
        """Have nobody there any more; connections that are under way are reset."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            listener.close()
        passing, self.passing = self.passing, []
        for each in passing:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _admit(self, listener: socket.socket) -> None:
        address = urlsplit(self.site_url)
        with suppress(OSError):  # shut
            while True:
                near, _ = listener.accept()
                far = socket.create_connection((str(address.hostname), int(address.port or 0)))
                self.passing += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(_CHUNK_BYTES):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)


@contextmanager
def a_gate(site_url: str) -> Iterator[Gate]:
    """Give an open gate in front of a site; it is shut at the end."""
    gate = Gate(site_url)
    gate.open()
    try:
        yield gate
    finally:
        gate.shut()
