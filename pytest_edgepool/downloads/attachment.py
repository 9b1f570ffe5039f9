"""What is to be fetched, what was fetched, and whether that looks right. Never transfers anything."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

HEAD_BYTES = 1024  # readers of PDF look for its beginning that far
LOOK_BYTES = 1 << 16  # a table that is called a sheet begins behind its styles

_CHUNK_BYTES = 1 << 20
_OLE = b"\xd0\xcf\x11\xe0"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_XML = b"<?xml"
# People rename pictures, and a picture under another picture's name still opens.
_PICTURE = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*")

# How a file of that name begins. An Office file with a password is an OLE file; Word calls RTF and XML ".doc" too.
_BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    ".docx": (*_ZIP, _OLE),
    ".xlsx": (*_ZIP, _OLE),
    ".pptx": (*_ZIP, _OLE),
    ".zip": _ZIP,
    ".png": _PICTURE,
    ".jpg": _PICTURE,
    ".jpeg": _PICTURE,
    ".gif": _PICTURE,
    ".msg": (_OLE,),
    ".doc": (_OLE, *_ZIP, b"{\\rtf", _XML),
    ".xls": (_OLE, *_ZIP, b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00", _XML),
}
_MAY_BE_A_PAGE = frozenset({".htm", ".html", ".xhtml", ".mht", ".mhtml", ".svg", ".xml", ".txt"})
_PAGE_BEGINNING = re.compile(rb"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
# Many systems call an HTML table ".xls", and Excel opens it. A page that lets somebody type something in is none.
_TABLE = re.compile(rb"<table[\s>]|urn:schemas-microsoft-com:office:excel", re.IGNORECASE)
_ASKS = re.compile(rb"<(?:form|input|button|script|iframe|meta[^>]+refresh)[\s>/]|password", re.IGNORECASE)
_UTF8_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One attachment that a portal named.

    Attributes:
        url: where it can be had; may hold secrets, so it is logged only through `redact.plain_url`.
        name: what the page calls it; empty when it does not say.
        press: CSS selector of the element that makes it when it is clicked, where no address is known; else "".
        page: the address of the page that offers it; "" when that is the order's.
        label: what that element must still say when it is clicked; "" when nobody looks.
    """

    url: str
    name: str = ""
    press: str = ""
    page: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One file that a transfer brought, as the transfer saw it; nobody has looked into it yet.

    Attributes:
        path: where the transfer put it.
        name: what the site calls it, "" when it does not say.
        url: the address that it came from at last.
        expected_bytes: the length that was promised; None or 0 when nothing was.
        content_type: what the site said it is, "" when it was not seen.
        is_doubtful: whether it may be glued together from two versions: taken when another transfer brings the same.
        size: bytes that were found, once somebody has looked.
        sha256: of the content, in hex, once somebody has looked.
        fetched_at: when that was, ISO 8601, UTC.
    """

    path: Path
    name: str
    url: str
    expected_bytes: int | None = None
    content_type: str = ""
    is_doubtful: bool = False
    size: int = 0
    sha256: str = ""
    fetched_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadedFile:
    """One file that arrived whole.

    Attributes:
        path: where it is.
        name: its name in its folder.
        size: bytes.
        sha256: of the content, in hex.
        url: where it came from, without query.
        original_name: what the site or page called it.
        content_type: what the site said it is; where nobody heard that, what its name says.
        fetched_at: when it was whole, ISO 8601, UTC.
    """

    path: Path
    name: str
    size: int
    sha256: str
    url: str
    original_name: str = ""
    content_type: str = ""
    fetched_at: str = ""


def digest_of(path: Path) -> str:
    """Return the sha256 of a file in hex.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def what_is_wrong(name: str, head: bytes, content_type: str = "") -> str | None:
    """Return why a file cannot be what its name says, as a clause, or None when nothing speaks against it.

    Args:
        name: the file's name; its suffix says what it claims to be.
        head: its first `LOOK_BYTES` bytes, or all of it when it is shorter.
        content_type: what the site called it; believed only where the beginning agrees.
    """
    if not head:
        return None
    suffix = PurePosixPath(name).suffix.lower()
    kind = f"{suffix[1:].upper()} file" if suffix[1:].isalnum() else "file"
    if suffix == ".xls" and _is_table(head, content_type):
        return None
    if suffix not in _MAY_BE_A_PAGE and _is_page(head, content_type):
        return f"a web page came instead of a {kind}"
    beginnings = _BEGINNINGS.get(suffix, (b"",))
    sane = b"%PDF-" in head[:HEAD_BYTES] if suffix == ".pdf" else head.startswith(beginnings)
    return None if sane else f"it does not begin as a {kind} does"


def looks_like_page(head: bytes, content_type: str) -> bool:
    """Return whether a browser would show what comes, and save nothing, unless it is told to.

    Args:
        head: its first bytes; looked at only where the site does not say what it is.
        content_type: what the site says it is, "" when it does not.
    """
    if content_type:
        return content_type in ("text/html", "application/xhtml+xml")
    return bool(_PAGE_BEGINNING.match(head.removeprefix(_UTF8_BOM).lstrip()))


def _is_table(head: bytes, content_type: str) -> bool:
    """Whether it is a page with a table and nothing that asks for anything, as exports are and sign-in pages are not.

    The transfer has seen before that the site sends it as a file: what is to be shown is never taken for one.
    """
    is_page = _is_page(head, content_type) or head.removeprefix(_UTF8_BOM).lstrip()[:6].lower() == b"<table"
    return is_page and bool(_TABLE.search(head)) and not _ASKS.search(head)


def _is_page(head: bytes, content_type: str) -> bool:
    text = head.removeprefix(_UTF8_BOM).lstrip()
    if _PAGE_BEGINNING.match(text):
        return True
    return "html" in content_type.lower() and text.startswith(b"<") and not text.startswith(_XML)
