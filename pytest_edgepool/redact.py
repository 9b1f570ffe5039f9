"""Takes secrets out of text before it is kept. Never decides where the text goes.

What counts as secret: the query, fragment, `;parameters` and user part of every URL (sessions and signatures travel
there), what `data:` and `blob:` addresses carry, and the values of cookies and form fields, which no event or report
carries in the first place.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_UNREADABLE = "(an address that cannot be read)"
_PLACES = ("", "http", "https", "ftp", "file")  # the schemes whose addresses name a place and may be shown
_PARAMETERS = re.compile(r";[^/]*")
# An address ends at white space, a double quote or an angle bracket; not at a single quote, which may stand in a path
# or query: better to lose the quote that closes it than to keep what follows.
_ADDRESS = re.compile(r"\b([a-z][a-z0-9+.-]*://)([^\s\"<>?#/]*@)?([^\s\"<>?#]*)([?#][^\s\"<>]*)?", re.IGNORECASE)
_CARRIER = re.compile(r"\b(data|blob|javascript|filesystem):[^\s\"<>]+", re.IGNORECASE)
# Relative addresses, as pages and exception messages hold them: /path?token, path?a=b, #access_token=…
_ROOTED = re.compile(r"(/[^\s\"<>?#;]*)[?#;][^\s\"<>]+")
_QUERY = re.compile(r"[?#][^\s\"<>=]*=[^\s\"<>]*")
# A cookie or authorisation header quoted in somebody's message.
_HEADER = re.compile(r"\b((?:set-)?cookie2?|(?:proxy-)?authorization)(['\"]?\s*[:=]\s*)[^\r\n]*", re.IGNORECASE)


def redacted(text: str) -> str:
    """Return `text` with the secret parts of every address and header in it replaced by an ellipsis."""
    text = _CARRIER.sub(r"\1:…", text)
    text = _ADDRESS.sub(lambda m: m[1] + _PARAMETERS.sub("", m[3]) + ("?…" if m[4] else ""), text)
    text = _ROOTED.sub(r"\1?…", text)
    text = _QUERY.sub("?…", text)
    return _HEADER.sub(r"\1\2…", text)


def plain_url(url: str) -> str:
    """Return `url` without what may be secret: user and password, `;parameters`, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return _UNREADABLE
    if parts.scheme not in _PLACES:
        return f"{parts.scheme}:"  # data: and blob: addresses carry content, not a place
    path = _PARAMETERS.sub("", parts.path)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, "", ""))


def origin_of(url: str) -> str:
    """Return scheme, host and port of `url`, in lower case, or "" when it cannot be read."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()
