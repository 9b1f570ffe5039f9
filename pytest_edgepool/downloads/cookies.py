"""Which cookies go with a request, and which its answer sets. Never asks a browser, never writes one down.

Source: RFC 6265, 5.1.3 (domains), 5.1.4 (paths), 5.2 (`Set-Cookie`), 5.4 (what is sent, and in which order).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_edgepool.clock import SYSTEM_CLOCK

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """One cookie.

    Attributes:
        name: its name.
        value: its value, which is a secret.
        domain: `.example.com` for a domain and all below it, `example.com` for that host alone.
        path: the path that it is for, and all below it.
        is_secure: whether it goes over TLS only.
        is_http_only: whether scripts must not see it.
        same_site: `Strict`, `Lax`, `None`, or "" where the site said nothing.
        expires_at: seconds since 1970; None when it ends with the browser.
    """

    name: str
    value: str = field(repr=False)
    domain: str
    path: str = "/"
    is_secure: bool = False
    is_http_only: bool = False
    same_site: str = ""
    expires_at: float | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same cookie."""
        return self.name, self.domain.strip(".[]"), self.path  # browsers put an IPv6 address into brackets

    def belongs_to(self, url: str) -> bool:
        """Whether it goes with a request to that address."""
        parts = urlsplit(url)
        host, domain = (parts.hostname or "").lower(), self.domain.lower().strip("[]")
        is_host = host == domain.lstrip(".") or (domain.startswith(".") and host.endswith(domain))
        is_path = (parts.path or "/") == self.path or (parts.path or "/").startswith(self.path.rstrip("/") + "/")
        return is_host and is_path and (parts.scheme == "https" or not self.is_secure)


@dataclass(slots=True)
class Jar:
    """The cookies of one transfer, as the browser has them and as the site changes them meanwhile.

    Attributes:
        cookies: what is sent, where it belongs to the address.
        changed: what the site has set, to be given back to the browser.
        is_welcome: whether it was set by an answer that brings a file: not to somebody whom the site does not know.
    """

    cookies: tuple[Cookie, ...] = ()
    changed: tuple[Cookie, ...] = ()
    is_welcome: bool = False

    def header_for(self, url: str) -> str:
        """Return the `Cookie` header of a request to that address, "" when none belongs to it."""
        wanted = sorted((each for each in self.cookies if each.belongs_to(url)), key=lambda each: -len(each.path))
        return "; ".join(f"{each.name}={each.value}" if each.name else each.value for each in wanted)

    def take(self, headers: Iterable[str], url: str) -> None:
        """Learn what an answer from that address sets; what it deletes, or sets for others, is left to the browser."""
        for each in filter(None, (set_by(header, url) for header in headers)):
            known = {kept.key: kept for kept in self.cookies}.get(each.key)
            if known is None or known.value != each.value:
                self.cookies = (*(kept for kept in self.cookies if kept.key != each.key), each)
                self.changed = (*(kept for kept in self.changed if kept.key != each.key), each)


def set_by(header: str, url: str) -> Cookie | None:
    """Return the cookie that a `Set-Cookie` header of that address sets; None when it sets none that we would keep.

    What is deleted or expired is not kept: a site that signs us out tells the browser so itself when that asks.
    """
    pair, *rest = header.split(";")
    name, sign, value = pair.partition("=")
    told = {each.partition("=")[0].strip().lower(): each.partition("=")[2].strip() for each in rest}
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    domain = told.get("domain", "").lower().lstrip(".")
    if not sign or not name.strip() or not value.strip() or _is_over(told):
        return None
    if domain and host != domain and not host.endswith(f".{domain}"):
        return None
    path = told.get("path", "")
    made = Cookie(
        name=name.strip(),
        value=value.strip(),
        domain=f".{domain}" if domain and not _is_address(host) else host,
        path=path if path.startswith("/") else _default_path(parts.path),
        is_secure="secure" in told,
        is_http_only="httponly" in told,
        same_site=told.get("samesite", "").capitalize(),
    )
    return replace(made, expires_at=_end_of(told))


def _end_of(told: dict[str, str]) -> float | None:
    age = told.get("max-age", "")
    if age.isdecimal():  # it counts more than a date
        return SYSTEM_CLOCK.now().timestamp() + int(age)
    return _moment(told.get("expires", ""))


def _is_over(told: dict[str, str]) -> bool:
    age = told.get("max-age", "")
    if age.lstrip("-").isdecimal():
        return int(age) <= 0
    moment = _moment(told["expires"]) if "expires" in told else None
    return moment is not None and moment < _LONG_AGO


_LONG_AGO = 1_000_000_000.0  # sites delete a cookie by a date in 1970; whether another is over the browser knows


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _default_path(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdecimal()
