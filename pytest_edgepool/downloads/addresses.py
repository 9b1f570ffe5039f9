"""Reads an address once, by the parser that also connects, so that all ask the same host. Never sends a request.

Two parsers may see two hosts in one address (a backslash before an at sign does it), and cookies would then go to the
wrong one. Source: WHATWG URL, "basic URL parser" (white space, backslashes); RFC 6454, 4 (origins).
"""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from pytest_edgepool.errors import FileRefused

_PORTS = {"http": 80, "https": 443}
_CONTROLS = "".join(map(chr, range(33)))  # and the blank: browsers leave them out at both ends
_LEFT_OUT = str.maketrans("", "", "\t\r\n")


def check_address(url: str, spoken: str) -> str:
    """Return an address as it is asked for, when it is one that may be asked.

    Args:
        url: the address, as a page or a site wrote it.
        spoken: what to call the file in a message.

    Raises:
        FileRefused: it is none of http or https, or nobody can say which host it names.
    """
    try:
        parts = parse_url(_slashed(url))
        plain = parts.url
        hosts = {(parts.host or "").strip("[]"), urlsplit(plain).hostname or ""}
    except (LocationParseError, ValueError) as error:
        raise FileRefused(f"{spoken}: its address cannot be read") from error
    if parts.scheme not in _PORTS:
        raise FileRefused(f"{spoken}: an address of the kind {parts.scheme or '(none)'}: is never asked")
    if len(hosts) != 1 or hosts == {""}:
        raise FileRefused(f"{spoken}: its address cannot be read")
    return plain


def joined(url: str, place: str) -> str:
    """Return where a redirect leads to."""
    return urljoin(url, _slashed(place))


def whose(url: str) -> str:
    """Return the origin of an address, its port always named; "" when it has none."""
    try:
        parts = parse_url(_slashed(url))
    except LocationParseError:
        return ""
    if not parts.host:
        return ""
    return f"{parts.scheme}://{parts.host}:{parts.port or _PORTS.get(parts.scheme or '', 0)}"


def _slashed(url: str) -> str:
    """Return an address with its backslashes as browsers read them, up to the query."""
    bare = url.strip(_CONTROLS).translate(_LEFT_OUT)
    end = min((place for mark in "?#" if (place := bare.find(mark)) >= 0), default=len(bare))
    return bare[:end].replace("\\", "/") + bare[end:]
