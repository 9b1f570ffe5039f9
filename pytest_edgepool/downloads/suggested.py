"""What a browser would call a file, by its answer's headers and address. Never makes a name safe: `names.py` does.

The rules are Chromium's (net/http/http_content_disposition.cc, net/base/filename_util_internal.cc), measured on
Chromium 156 name by name, so that a file is called the same whichever way it came.
"""

from __future__ import annotations

import re
import unicodedata
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from mimetypes import guess_extension
from urllib.parse import unquote, unquote_to_bytes, urlsplit

GENERIC = "download"  # what it says where nobody gave a name

_PARAMETER = re.compile(r"""\s*([^\s=;]+)\s*=\s*("(?:\\.|[^"\\])*"?|[^;]*)\s*(?:;|$)""")
_EXTENDED = re.compile(r"([A-Za-z0-9-]+)'[A-Za-z0-9-]*'(.+)")
_ILLEGAL = frozenset('"*/:<>?\\|')
_ENDS_ILLEGAL = re.compile(r"^\s|\s$")
_NO_EXTENSION = frozenset({"application/octet-stream", "binary/octet-stream", "application/x-msdownload"})


def is_attachment(disposition: str) -> bool:
    """Whether a `Content-Disposition` has the browser save what comes: any but `inline`, also one that is no word."""
    kind = disposition.split(";", 1)[0].strip().lower()
    return bool(kind) and not kind.startswith('"') and kind != "inline"


def suggested_name(disposition: str, url: str, content_type: str = "") -> str:
    """Return the name that a browser would suggest.

    Args:
        disposition: the answer's `Content-Disposition`, "" when it has none; as text, or as Latin-1 of UTF-8.
        url: the address that answered, after all redirects.
        content_type: the answer's `Content-Type`: gives a suffix to a name that comes from the address.
    """
    given = _cleaned(_given_name(disposition))
    if given:
        return given
    last = urlsplit(url).path.rpartition("/")[2].split(";", 1)[0]
    name = _cleaned(unquote(last)) or GENERIC
    return name if "." in name else name + _suffix_for(content_type)


def _suffix_for(content_type: str) -> str:
    kind = content_type.split(";", 1)[0].strip().lower()
    return "" if kind in _NO_EXTENSION else guess_extension(kind) or ""


def _given_name(disposition: str) -> str:
    text = _as_text(disposition)
    _, has_more, rest = text.partition(";")
    if not has_more and "=" in text:  # `filename="x"` without a kind
        rest = text
    if text.startswith('"'):
        return ""
    plain = extended = ""
    for name, value in _PARAMETER.findall(rest):
        if name.lower() == "filename" and not plain:
            plain = _decoded(_unquoted(value.strip()))
        elif name.lower() == "filename*" and not extended:
            extended = _extended(value.strip())
    return extended or plain


def _as_text(header: str) -> str:
    """Return a header as it was meant: http.client reads bytes as Latin-1, and sites send UTF-8."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    inner = value[1:-1] if value.endswith('"') and len(value) > 1 else value[1:]
    return re.sub(r"\\(.)", r"\1", inner)


def _decoded(value: str) -> str:
    """Return a plain `filename` as browsers read it: RFC 2047 words, then percent signs."""
    if "=?" in value:
        try:
            return str(make_header(decode_header(value)))
        except (HeaderParseError, LookupError, UnicodeError):
            return value
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        return value


def _extended(value: str) -> str:
    """Return an RFC 5987 value, "" when it is none."""
    found = _EXTENDED.fullmatch(value)
    if found is None:
        return ""
    try:
        return unquote_to_bytes(found[2]).decode(found[1])
    except (LookupError, UnicodeError):
        return ""


def _cleaned(name: str) -> str:
    """Return a name as the browser makes it harmless: no folders, no control or invisible characters."""
    bare = name.lstrip(" \t\r\n").strip(".")
    shown = "".join("_" if _is_illegal(char) else char for char in bare)
    return _ENDS_ILLEGAL.sub("_", shown)


def _is_illegal(char: str) -> bool:
    return char in _ILLEGAL or unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")
