"""The body of an answer as a site means it: unpacked where it was packed for the way, whole or not at all."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from pytest_edgepool.downloads.connections import Unfit
from pytest_edgepool.errors import TransferBroken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgepool.downloads.answer import Answer

CHUNK_BYTES = 1 << 16

_PACKED = ("gzip", "x-gzip", "deflate")
_ANY_HEADER = 47  # zlib's own number for "gzip or zlib, whichever it is"


def check_packing(answer: Answer, spoken: str) -> None:
    """Make sure that the body can be unpacked, before it is read.

    Raises:
        Unfit: it is packed in a way that only browsers know, though nothing of the kind was asked for.
    """
    if answer.is_encoded and answer.encoding not in _PACKED:
        raise Unfit(f"{spoken}: the site packs it in a way that direct HTTP does not know ({answer.encoding[:40]})")


def chunks_of(answer: Answer, spoken: str) -> Iterator[bytes]:
    """Yield the body, piece by piece.

    Raises:
        TransferBroken: what was packed ends before its end, or cannot be unpacked.
        HTTPError: the connection broke.
    """
    if not answer.is_encoded:
        while chunk := answer.response.read1(CHUNK_BYTES, decode_content=False):
            yield chunk
        return
    try:
        yield from _unpacked(answer, spoken)
    except zlib.error as error:
        raise TransferBroken(f"{spoken}: what the site packed cannot be unpacked") from error


def _unpacked(answer: Answer, spoken: str) -> Iterator[bytes]:
    unpacking, is_whole = zlib.decompressobj(_ANY_HEADER), True
    while chunk := answer.response.read1(CHUNK_BYTES, decode_content=False):
        while chunk:
            is_whole = False
            if unpacked := unpacking.decompress(chunk):
                yield unpacked
            chunk = unpacking.unused_data
            if unpacking.eof:  # what follows is packed once more, as files that were put together are
                unpacking, is_whole = zlib.decompressobj(_ANY_HEADER), True
    if not is_whole:
        raise TransferBroken(f"{spoken}: the transfer broke off")
