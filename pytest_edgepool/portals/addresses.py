"""Addresses of orders' pages, by a pattern, and which addresses are the web's at all. Never asks one."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from pytest_edgepool.errors import UsageMistake

NUMBER = "<number>"
SIGN_IN_WORDS = frozenset(
    {"adfs", "auth", "authorization", "authorize", "idp", "login", "oauth", "oauth2", "openid", "pingfederate"}
    | {"saml", "saml2", "session_expired", "sessions", "sign_in", "signin", "sso"}
)


def order_url(base_url: str, path: str, number: str) -> str:
    """Return the address of an order's page.

    Args:
        base_url: the site's address, with or without a slash at its end.
        path: how it goes on, with `<number>` in it.
        number: what the site is asked for; it stays one segment of the path, whatever it holds.
    """
    return base_url.rstrip("/") + path.replace(NUMBER, quote(number.strip(), safe=""))


def checked_order_path(path: str) -> str:
    """Return a pattern that a user gave, with a slash at its beginning; "" stays "".

    Raises:
        UsageMistake: it has no place for the number.
    """
    path = path.strip()
    if path and path.count(NUMBER) != 1:
        raise UsageMistake(f"po_order_path: {path!r} must hold {NUMBER} once, like /order_headers/{NUMBER}.")
    return path if not path or path.startswith("/") else f"/{path}"


def number_in(url: str, path: str) -> str:
    """Return the order's number that an address holds by that pattern, "" when it is none of an order's page.

    A number has a digit in it: `/order_headers/new` is no order's.
    """
    parts = urlsplit(url)
    asked = f"{parts.path}?{parts.query}" if "?" in path else parts.path
    found = _pattern(path).search(asked)
    return unquote(found[1]) if found else ""


def is_web_address(url: str) -> bool:
    """Return whether an address is http or https and names a host."""
    try:
        address = urlsplit(url)
    except ValueError:
        return False
    return address.scheme in {"http", "https"} and bool(address.hostname)


def is_sign_in_address(url: str) -> bool:
    """Return whether a word of an address's host or path says that one signs in there."""
    if not is_web_address(url):
        return False
    parts = urlsplit(url)
    return bool({*parts.path.lower().split("/"), *(parts.hostname or "").split(".")} & SIGN_IN_WORDS)


@lru_cache(maxsize=8)
def _pattern(path: str) -> re.Pattern[str]:
    before, _, after = path.partition(NUMBER)
    end = "" if after else "/?"
    return re.compile(rf"{re.escape(before)}([^/?&#]*\d[^/?&#]*){re.escape(after)}{end}$", re.ASCII)
