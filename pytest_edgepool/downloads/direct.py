"""Fetches a file by plain HTTP with what the browser would send, streamed to disk. Never asks a browser or tries again.

Cookies go with the first address's own origin only, and what leads elsewhere gets neither cookies nor the page's path.
A transfer that broke is gone on with by range where the site names the content's version; the last bytes that are there
are asked for again and compared, because a site may send another version under the same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from urllib3.exceptions import HTTPError

from pytest_edgepool.downloads.answer import PARTIAL, Answer, Answered, Request
from pytest_edgepool.downloads.attachment import HEAD_BYTES, Arrived, looks_like_page
from pytest_edgepool.downloads.connections import Connections, Cut
from pytest_edgepool.downloads.suggested import is_attachment, suggested_name
from pytest_edgepool.downloads.transfer import NotADownload
from pytest_edgepool.errors import FileRefused, TransferBroken
from pytest_edgepool.redact import origin_of

if TYPE_CHECKING:
    from typing import IO

    from urllib3 import BaseHTTPResponse

_CHUNK_BYTES = 1 << 16
_OVERLAP_BYTES = 1024  # of what is there already, asked for again when a transfer goes on
_MOST_REDIRECTS = 10
_OK, _RANGE_REFUSED = 200, 416
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What a browser sends when a tab is sent to an address.
_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


def fetch_direct(connections: Connections, request: Request) -> Arrived:
    """Fetch one file; returns when it is whole in its place, not yet looked into.

    Raises:
        Answered: the site answered with a status that brings no file.
        NotADownload: a page came, as it does to who is signed out.
        FileRefused: the address, or what it leads to, is none that is asked.
        TransferBroken: it broke off; what is there may be gone on with.
        NetworkTrouble: nobody answered.
        Unfit: direct HTTP cannot be used for it.
        DeadlinePassed: time is up.
        Cut: the connections were cut.
        OSError: the disk does not take it.
    """
    answer = _followed(connections, request)
    with answer.response:
        if answer.response.status == _RANGE_REFUSED and request.part.size:
            request.part.forget()
            raise TransferBroken(f"{request.spoken}: the site cannot go on where the transfer broke off")
        if answer.response.status not in (_OK, PARTIAL):
            _let_go(answer.response)
            raise Answered(answer.response.status, answer.header("Retry-After"), answer.header("Date"))
        _save(connections, request, answer)
    return Arrived(
        path=request.part.path,
        name=suggested_name(answer.header("Content-Disposition"), answer.url, answer.content_type),
        url=answer.url,
        expected_bytes=answer.total_bytes,
        content_type=answer.content_type,
    )


def check_address(url: str, spoken: str) -> None:
    """Make sure that an address is one that may be asked.

    Raises:
        FileRefused: it is none of http or https.
    """
    try:
        scheme = urlsplit(url).scheme.lower()
    except ValueError as error:
        raise FileRefused(f"{spoken}: its address cannot be read") from error
    if scheme not in ("http", "https"):
        raise FileRefused(f"{spoken}: an address of the kind {scheme or '(none)'}: is never asked")


def _followed(connections: Connections, request: Request) -> Answer:
    """Ask, and follow redirects by hand, so that nothing goes where it does not belong."""
    url = request.attachment.url
    own = origin_of(url)
    for _ in range(_MOST_REDIRECTS + 1):
        check_address(url, request.spoken)
        response = connections.get(url, _headers(request, url, own), request.deadline)
        if origin_of(url) == own:
            request.jar.take(response.headers.getlist("Set-Cookie"), url)
        place = response.headers.get("Location", "")
        if response.status not in _REDIRECTS or not place:
            return Answer(response=response, url=url)
        _let_go(response)
        following = urljoin(url, place)
        if url.startswith("https:") and following.startswith("http:"):
            raise FileRefused(f"{request.spoken}: it leads from https to http, and is not followed")
        url = following
    raise NotADownload(f"{request.spoken}: it leads from address to address and to no file")


def _headers(request: Request, url: str, own: str) -> dict[str, str]:
    """Return what goes with a request to that address."""
    sent = {**request.headers, "Accept": _ACCEPT, "Accept-Encoding": "identity", "Referer": _referrer(request, url)}
    cookies = request.jar.header_for(url) if origin_of(url) == own else ""
    if cookies:
        sent["Cookie"] = cookies
    if request.part.size and request.part.validator:
        sent["Range"] = f"bytes={max(0, request.part.size - _OVERLAP_BYTES)}-"
        sent["If-Range"] = request.part.validator
    return {name: value for name, value in sent.items() if value}


def _referrer(request: Request, url: str) -> str:
    """Return what browsers tell of the page by default (`strict-origin-when-cross-origin`)."""
    page = origin_of(request.referrer)
    if origin_of(url) == page:
        return request.referrer.partition("#")[0]
    return "" if page.startswith("https:") and not url.startswith("https:") else f"{page}/"


def _save(connections: Connections, request: Request, answer: Answer) -> None:
    """Read the body into its place."""
    part = request.part
    begin = _begin(request, answer)
    mode = "r+b" if part.size else "w+b"
    with part.path.open(mode) as file:
        try:
            _compare(request, answer, file, begin)
            part.validator = "" if answer.is_encoded else answer.validator
            is_first = not part.size
            if is_first:
                _check_beginning(request, answer, b"")
            while chunk := answer.response.read1(_CHUNK_BYTES, decode_content=True):
                if is_first:
                    _check_beginning(request, answer, chunk)
                    is_first = False
                file.write(chunk)
                part.size += len(chunk)
                request.deadline.check()
        except HTTPError as error:
            if connections.is_cut:
                raise Cut from error
            raise TransferBroken(_broken_off(request, answer)) from error
        finally:
            if not part.validator:
                part.forget()
    if answer.total_bytes is not None and part.validator and part.size != answer.total_bytes:
        told = _broken_off(request, answer)
        part.forget()
        raise TransferBroken(told)


def _begin(request: Request, answer: Answer) -> int:
    """Return at which byte the body begins; what is there already is forgotten when it does not go on from it."""
    part = request.part
    if answer.response.status != PARTIAL:
        part.forget()
        return 0
    asked = max(0, part.size - _OVERLAP_BYTES)
    is_same = bool(part.size) and not answer.is_encoded and answer.validator in ("", part.validator)
    if answer.begins_at != asked or not is_same:
        part.forget()
        raise TransferBroken(f"{request.spoken}: the site went on with something else than what was asked")
    return asked


def _compare(request: Request, answer: Answer, file: IO[bytes], begin: int) -> None:
    """Read what is there already once more, and make sure that it is the same; leaves the file where it goes on."""
    part = request.part
    file.seek(begin)
    there = file.read(part.size - begin)
    again = b""
    while len(again) < len(there):
        chunk = answer.response.read1(len(there) - len(again))
        if not chunk:
            break
        again += chunk
    if again != there:
        part.forget()
        raise TransferBroken(f"{request.spoken}: the site has another content now than when the transfer broke off")
    file.seek(part.size)
    file.truncate()


def _check_beginning(request: Request, answer: Answer, chunk: bytes) -> None:
    """Make sure that no page came: a browser would show it and save nothing."""
    is_shown = not is_attachment(answer.header("Content-Disposition"))
    if is_shown and looks_like_page(chunk[:HEAD_BYTES], answer.content_type):
        request.part.forget()
        raise NotADownload(f"{request.spoken}: a page came instead of a file")


def _let_go(response: BaseHTTPResponse) -> None:
    """Leave a body that nobody reads; a short one is read out, so that the connection can be used again."""
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) <= _CHUNK_BYTES:
        response.drain_conn()
    else:
        response.close()


def _broken_off(request: Request, answer: Answer) -> str:
    total = answer.total_bytes
    if total is None:
        return f"{request.spoken}: the transfer broke off"
    return f"{request.spoken}: {request.part.size} of {total} bytes arrived"
