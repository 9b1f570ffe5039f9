"""HTTP connections to sites, kept open between files and cut all at once. Never follows a redirect or tries again.

Certificates are checked against the system's own store, and proxies are those that the system names. A proxy script
(PAC) is not run: only browsers can.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import ssl
import threading
import urllib.request
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    SSLError,
)

from pytest_edgepool.downloads.crew import THREADS
from pytest_edgepool.errors import NetworkTrouble, Permanent
from pytest_edgepool.redact import origin_of, plain_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3 import BaseHTTPResponse

    from pytest_edgepool.clock import Deadline

_CONNECT_SECONDS = 10.0
_SILENCE_SECONDS = 60.0  # a site that says nothing for so long is gone
# What a server that wants to see a certificate of ours, or whose own is not trusted here, makes of the handshake.
_HOPELESS = ("CERTIFICATE_VERIFY_FAILED", "CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "BAD_CERTIFICATE")


# urllib3 logs each address at DEBUG, with its query, in which signatures travel: not those that our threads ask for.
# Another's use of it in the same process is left alone.
def _is_not_ours(record: logging.LogRecord) -> bool:
    return not str(record.threadName).startswith(THREADS)


logging.getLogger("urllib3.connectionpool").addFilter(_is_not_ours)


class Unfit(Permanent):
    """Direct HTTP cannot do it at all (a client certificate, an unknown proxy); the browser may."""


class NoConnection(NetworkTrouble):
    """Nobody answered direct HTTP; the browser may know a way that it does not (a proxy script)."""


class Cut(Exception):  # noqa: N818 - what was done to it
    """The connections were cut: whoever waited for the transfer is gone."""


class _Stale(ConnectionError):  # noqa: N818 - what it was
    """A connection that was kept open had been closed meanwhile; the request never began."""


class Connections:
    """The connections of one worker; safe to share between threads.

    Args:
        at_once: how many to one site are kept.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._live: weakref.WeakSet[socket.socket] = weakref.WeakSet()  # a connection may forget its own
        self._guard = threading.Lock()
        self._is_cut = False
        self._managers: dict[str, urllib3.PoolManager] = {}

    @property
    def is_cut(self) -> bool:
        """Whether they were cut: nothing can be asked through them any more."""
        return self._is_cut

    def get(self, url: str, headers: Mapping[str, str], deadline: Deadline) -> BaseHTTPResponse:
        """Ask for an address; returns when the headers are in, with the body still to be read.

        Raises:
            Unfit: direct HTTP cannot be used for it.
            NoConnection: nobody was there, or it did not get through.
            NetworkTrouble: the connection broke before there was an answer.
            Cut: the connections were cut meanwhile.
        """
        try:
            try:
                return self._asked(url, headers, deadline)
            except ProtocolError as error:
                if not any(isinstance(each, _Stale) for each in error.args):
                    raise
                return self._asked(url, headers, deadline)
        except (HTTPError, ValueError) as error:
            if self._is_cut:
                raise Cut from error
            raise _spoken(url, error) from error

    def _asked(self, url: str, headers: Mapping[str, str], deadline: Deadline) -> BaseHTTPResponse:
        deadline.check()
        left = deadline.remaining_seconds()
        timeout = urllib3.Timeout(connect=min(_CONNECT_SECONDS, left), read=min(_SILENCE_SECONDS, left))
        manager = self._manager_for(proxy_for(url))
        return manager.request(
            "GET", url, headers=headers, timeout=timeout, retries=False, redirect=False, preload_content=False
        )

    def cut(self) -> None:
        """End everything that is under way, from any thread, at once; nothing can be asked any more."""
        with self._guard:
            self._is_cut = True
            live = list(self._live)
        for each in live:
            with suppress(OSError):  # it has just ended by itself
                socket.socket.shutdown(each, socket.SHUT_RDWR)  # not TLS's own, which would wait for the other side
        self.close()

    def close(self) -> None:
        """Close what is kept open; what is under way goes on."""
        with self._guard:
            managers, self._managers = list(self._managers.values()), {}
        for each in managers:
            each.clear()

    def _manager_for(self, proxy: str) -> urllib3.PoolManager:
        with self._guard:
            if self._is_cut:
                raise Cut
            if proxy not in self._managers:
                self._managers[proxy] = self._made(proxy)
            return self._managers[proxy]

    def _made(self, proxy: str) -> urllib3.PoolManager:
        import truststore

        kept: dict[str, Any] = {
            "num_pools": 10,
            "maxsize": self._at_once,
            "ssl_context": truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        }
        if not proxy:
            manager = urllib3.PoolManager(**kept)
        else:
            parts = urlsplit(proxy)
            user, password = unquote(parts.username or ""), unquote(parts.password or "")
            told = urllib3.make_headers(proxy_basic_auth=f"{user}:{password}")
            manager = urllib3.ProxyManager(
                parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(),
                proxy_headers=told if user else None,
                **kept,
            )
        manager.pool_classes_by_scheme = {
            "http": self._tracked(urllib3.HTTPConnectionPool),
            "https": self._tracked(urllib3.HTTPSConnectionPool),
        }
        return manager

    def _watch(self, wire: Any) -> None:
        with self._guard:
            self._live.add(wire)

    def _tracked(self, pool: Any) -> Any:
        """Return a pool whose connections can be cut, and tell a kept one that had been closed meanwhile."""
        connections = self

        class Tracked(pool.ConnectionCls):  # type: ignore[misc]
            _uses = 0

            def _new_conn(self) -> socket.socket:
                wire: socket.socket = super()._new_conn()
                connections._watch(wire)
                return wire

            def connect(self) -> None:
                super().connect()
                self._uses = 0
                # TLS has put another socket around it; TLS within a proxy's TLS a thing that is none, with one inside.
                connections._watch(getattr(self.sock, "socket", self.sock))
                if connections.is_cut:
                    self.close()
                    raise NewConnectionError(self, "cut")

            def getresponse(self) -> Any:
                self._uses += 1
                try:
                    return super().getresponse()
                except (ConnectionResetError, BrokenPipeError) as error:  # also "closed without response"
                    if self._uses > 1:
                        raise _Stale(str(error)) from error
                    raise

        return type("TrackedPool", (pool,), {"ConnectionCls": Tracked})


def proxy_for(url: str) -> str:
    """Return the proxy that the system names for an address, "" for none.

    Raises:
        Unfit: it is of a kind that only browsers know.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_here(host) or urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]):
        return ""
    named = urllib.request.getproxies()
    proxy = named.get(parts.scheme) or named.get("all") or ""
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    if proxy and urlsplit(proxy).scheme not in ("http", "https"):
        raise Unfit(f"the system's proxy for {origin_of(url)} is of a kind that direct HTTP does not know")
    return proxy


def _is_here(host: str) -> bool:
    """Whether a host is this machine: browsers never ask a proxy for it (Chromium's implicit bypass rules)."""
    bare = host.rstrip(".")
    with suppress(ValueError):
        return ipaddress.ip_address(bare).is_loopback
    return bare == "localhost" or bare.endswith(".localhost")


def _spoken(url: str, error: Exception) -> Exception:
    """Return what it means that nothing came back."""
    place = plain_url(url)
    if isinstance(error, ValueError):
        return Unfit(f"{place}: its address or its cookies cannot be sent by direct HTTP")
    if isinstance(error, SSLError):
        told = str(error).upper().replace(" ", "_")
        if any(each in told for each in _HOPELESS):
            return Unfit(f"{place}: the TLS handshake failed; the browser may have a certificate for it")
        return NoConnection(f"{place} did not answer (TLS)")
    if isinstance(error, ProxyError):
        return NoConnection(f"{place} cannot be reached through the system's proxy")
    if isinstance(error, NewConnectionError | NameResolutionError | ConnectTimeoutError):
        return NoConnection(f"{place} cannot be reached ({type(error).__name__})")
    return NetworkTrouble(f"{place} did not answer ({type(error).__name__})")
