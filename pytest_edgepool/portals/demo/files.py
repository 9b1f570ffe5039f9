"""The demo's files over HTTP: whole, in part, and each way to go wrong. Never decides who may have one."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import socket
import struct
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Response, abort, render_template, request

from pytest_edgepool.portals.demo.options import FILE_FAULTS, FaultName
from pytest_edgepool.portals.demo.shapes import Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgepool.portals.demo.state import DemoSite
    from pytest_edgepool.portals.demo.truth import DemoAttachment, DemoOrder

# `struct linger {on, seconds}`: two ints, on Windows two shorts.
LINGER_OF_NOTHING = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)

CHUNK_BYTES = 16 * 1024
FILE_FAULT_STATUSES = {FaultName.FILE_ERROR: 500, FaultName.FILE_MISSING: 404, FaultName.FILE_RATE_LIMIT: 429}
CUTS = frozenset({FaultName.TRUNCATED, FaultName.RESET})

PARTIAL_CONTENT = 206
RANGE_NOT_SATISFIABLE = 416
RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


def answer(site: DemoSite, order: DemoOrder, attachment: DemoAttachment) -> Response:
    """Return what a request for that file gets: the file, the part of it that was asked for, or its order's fault."""
    fault = site.take_fault(order.number, FILE_FAULTS)
    if fault in FILE_FAULT_STATUSES:
        abort(FILE_FAULT_STATUSES[fault])
    if fault in {FaultName.SIGNED_OUT_FILE, FaultName.HTML_200}:
        page = render_template("sign_in.html", return_to="/user/home", mistake="").encode()
        disguised = Response(page, mimetype="text/html")
        return disguised if fault is FaultName.HTML_200 else _named(disguised, "inv.pdf")
    response = _wrong_range(site, attachment) if fault is FaultName.WRONG_RANGE else _body(site, attachment, fault)
    shapes = site.options.shapes_of(order.number)
    if Shape.NO_DISPOSITION in shapes:
        response.headers["Content-Type"] = "application/octet-stream"
        return response
    return response if Shape.INLINE in shapes else _named(response, attachment.name)


def etag_of(attachment: DemoAttachment) -> str:
    """Return the file's strong validator."""
    return f'"{hashlib.sha256(attachment.content).hexdigest()[:32]}"'


def _body(site: DemoSite, attachment: DemoAttachment, fault: FaultName | None) -> Response:
    content = attachment.content
    options = site.options
    delay = options.slow_chunk_delay_seconds if fault is FaultName.SLOW else options.chunk_delay_seconds
    if fault is FaultName.GZIP:
        packed = gzip.compress(content, mtime=0)
        response = Response(_chunks(site, packed, delay), content_type=attachment.mime_type)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(packed))
        return response
    if fault is FaultName.NO_LENGTH:
        return Response(_chunks(site, content, delay), content_type=attachment.mime_type)
    if not options.ranges:
        return _sent(site, attachment, content, delay, fault)
    etag, part = etag_of(attachment), _asked_part(attachment)
    if part is not None and part.start >= part.stop:
        refused = Response(status=RANGE_NOT_SATISFIABLE)
        refused.headers["Content-Range"] = f"bytes */{len(content)}"
        return refused
    response = _sent(site, attachment, content[part.start : part.stop] if part else content, delay, fault)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = etag
    if part is not None:
        response.status_code = PARTIAL_CONTENT
        response.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(content)}"
    return response


def _sent(
    site: DemoSite, attachment: DemoAttachment, content: bytes, delay: float, fault: FaultName | None
) -> Response:
    """Return an answer that promises this content, and sends half of it where the fault is to break off."""
    sent = content[: len(content) // 2] if fault in CUTS else content
    peer = request.environ.get("werkzeug.socket") if fault is FaultName.RESET else None
    response = Response(_chunks(site, sent, delay, peer), content_type=attachment.mime_type)
    response.headers["Content-Length"] = str(len(content))
    return response


def _asked_part(attachment: DemoAttachment) -> range | None:
    """Return the one part that the request is for, an empty one when there is none such; None is the whole file."""
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    size = len(attachment.content)
    if asked is None or asked[0] == "bytes=-" or request.headers.get("If-Range", "") not in {"", etag_of(attachment)}:
        return None
    if not asked[1]:
        return range(max(0, size - int(asked[2])), size)
    last = min(int(asked[2]) if asked[2] else size - 1, size - 1)
    return range(int(asked[1]), last + 1)


def _wrong_range(site: DemoSite, attachment: DemoAttachment) -> Response:
    """Break off at first, then answer each question for the rest with something else; the whole file comes whole."""
    part = _asked_part(attachment)
    if part is None:
        is_first = site.count(f"file {attachment.identifier}") == 1
        return _body(site, attachment, FaultName.TRUNCATED if is_first else None)
    size, is_changed = len(attachment.content), int(attachment.identifier[-1]) % 2 == 1
    content = bytes(reversed(attachment.content)) if is_changed else attachment.content
    start = part.start if is_changed else 0
    stop = start + len(part)
    response = Response(content[start:stop], status=PARTIAL_CONTENT, content_type=attachment.mime_type)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = '"another version"' if is_changed else etag_of(attachment)
    response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return response


def _chunks(site: DemoSite, content: bytes, delay_seconds: float, peer: socket.socket | None = None) -> Iterator[bytes]:
    for start in range(0, len(content), CHUNK_BYTES):
        yield content[start : start + CHUNK_BYTES]
        site.pause(delay_seconds)
    if peer is not None:
        # Closing with a linger of nothing sends RST instead of FIN: the browser sees a connection that broke.
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_OF_NOTHING)
        raise ConnectionResetError("the demo's fault 'reset'")


def _named(response: Response, name: str) -> Response:
    """Declare the body a file of that name (RFC 6266: a plain name, and the true one when it is not ASCII)."""
    seen = "".join(char for char in unicodedata.normalize("NFKD", name) if char.isprintable())
    plain = seen.encode("ascii", "ignore").decode()
    names = {"filename": plain} if name else {}
    if plain != name:
        names["filename*"] = f"UTF-8''{quote(name, safe='')}"
    response.headers.set("Content-Disposition", "attachment", **names)
    return response
