"""Fetches a file by plain HTTP with what the browser would send, streamed to disk. Never asks a browser or tries again.

Cookies go with the first address's own origin only, and what leads elsewhere gets neither cookies nor the page's path.
A transfer that broke is gone on with by range where the site names the content's version; the last bytes that are there
are asked for again and compared, because a site may send another version under the same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError

from pytest_edgepool.downloads.addresses import check_address, joined, whose
from pytest_edgepool.downloads.answer import PARTIAL, Answer, Answered, AnsweredElsewhere, Request
from pytest_edgepool.downloads.attachment import HEAD_BYTES, Arrived, looks_like_page
from pytest_edgepool.downloads.body import CHUNK_BYTES, check_packing, chunks_of
from pytest_edgepool.downloads.connections import Connections, Cut, Unfit
from pytest_edgepool.downloads.suggested import is_attachment, suggested_name
from pytest_edgepool.downloads.transfer import NotADownload
from pytest_edgepool.errors import FileRefused, TransferBroken
from pytest_edgepool.redact import origin_of

if TYPE_CHECKING:
    from typing import IO

    from urllib3 import BaseHTTPResponse

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
            answered = Answered if _is_own(request, answer.url) else AnsweredElsewhere
            raise answered(answer.response.status, answer.header("Retry-After"), answer.header("Date"))
        check_packing(answer, request.spoken)
        _save(connections, request, answer)
    return Arrived(
        path=request.part.path,
        name=suggested_name(answer.header("Content-Disposition"), answer.url, answer.content_type),
        url=answer.url,
        expected_bytes=answer.total_bytes,
        content_type=answer.content_type,
    )


def _followed(connections: Connections, request: Request) -> Answer:
    """Ask, and follow redirects by hand, so that nothing goes where it does not belong."""
    url = check_address(request.attachment.url, request.spoken)
    if _is_secure(request.referrer) and not _is_secure(url):
        raise Unfit(f"{request.spoken}: a page of https names an address of http; the browser decides of that")
    for _ in range(_MOST_REDIRECTS + 1):
        response = connections.get(url, _headers(request, url), request.deadline)
        if _is_own(request, url):
            request.jar.take(response.headers.getlist("Set-Cookie"), url)
        place = response.headers.get("Location", "")
        if response.status not in _REDIRECTS or not place:
            return Answer(response=response, url=url)
        _let_go(response)
        following = check_address(joined(url, place), request.spoken)
        if _is_secure(url) and not _is_secure(following):
            raise FileRefused(f"{request.spoken}: it leads from https to http, and is not followed")
        url = following
    raise NotADownload(f"{request.spoken}: it leads from address to address and to no file")


def _is_own(request: Request, url: str) -> bool:
    """Whether an address is of the attachment's own origin: only there its cookies go."""
    return whose(url) == whose(request.attachment.url)


def _is_secure(url: str) -> bool:
    return urlsplit(url).scheme.lower() == "https"


def _headers(request: Request, url: str) -> dict[str, str]:
    """Return what goes with a request to that address."""
    sent = {**request.headers, "Accept": _ACCEPT, "Accept-Encoding": "identity", "Referer": _referrer(request, url)}
    cookies = request.jar.header_for(url) if _is_own(request, url) else ""
    if cookies:
        sent["Cookie"] = cookies
    if request.part.size and request.part.validator:
        sent["Range"] = f"bytes={max(0, request.part.size - _OVERLAP_BYTES)}-"
        sent["If-Range"] = request.part.validator
    return {name: value for name, value in sent.items() if value}


def _referrer(request: Request, url: str) -> str:
    """Return what browsers tell of the page by default (`strict-origin-when-cross-origin`)."""
    page = origin_of(request.referrer)
    if whose(url) == whose(request.referrer):
        return request.referrer.partition("#")[0]
    return "" if _is_secure(page) and not _is_secure(url) else f"{page}/"


def _save(connections: Connections, request: Request, answer: Answer) -> None:
    """Read the body into its place."""
    part = request.part
    begin = _begin(request, answer)
    mode = "r+b" if part.size else "w+b"
    with part.path.open(mode) as file:
        try:
            _compare(request, answer, file, begin)
            part.validator = "" if answer.is_encoded else answer.validator
            _check_beginning(request, answer, b"")
            for chunk in chunks_of(answer, request.spoken):
                if not part.size:
                    _check_beginning(request, answer, chunk)
                if connections.is_cut:  # the place may be another's by now
                    raise Cut
                file.write(chunk)
                part.size += len(chunk)
                request.deadline.check()
            if connections.is_cut:  # without a length, an end by force looks like an end
                raise Cut
            _check_end(request, answer)
        except HTTPError as error:
            if connections.is_cut:
                raise Cut from error
            raise TransferBroken(_broken_off(request, answer)) from error
        finally:
            if not part.validator:
                part.forget()


def _check_end(request: Request, answer: Answer) -> None:
    """Make sure that all has come, as far as the site says how much that is."""
    part, total = request.part, answer.total_bytes
    if not part.size and not answer.says_its_end:
        raise TransferBroken(f"{request.spoken}: nothing arrived, and the site did not say that there is nothing")
    if total is not None and part.size != total:
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
    """Make sure that no page came: a browser would show it and save nothing. What sends a file knows who we are."""
    is_shown = not is_attachment(answer.header("Content-Disposition"))
    is_going_on = request.part.size > 0
    if is_shown and not is_going_on and looks_like_page(chunk[:HEAD_BYTES], answer.content_type):
        request.part.forget()
        raise NotADownload(f"{request.spoken}: a page came instead of a file")
    if chunk or answer.content_type or not is_shown:
        request.jar.is_welcome = True


def _let_go(response: BaseHTTPResponse) -> None:
    """Leave a body that nobody reads; a short one is read out, so that the connection can be used again."""
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) <= CHUNK_BYTES:
        response.drain_conn()
    else:
        response.close()


def _broken_off(request: Request, answer: Answer) -> str:
    total = answer.total_bytes
    if total is None:
        return f"{request.spoken}: the transfer broke off"
    return f"{request.spoken}: {request.part.size} of {total} bytes arrived"
