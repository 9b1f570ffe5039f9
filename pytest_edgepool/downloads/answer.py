"""What a direct transfer asks for and what it is answered, as values. Never sends or reads anything.

Source: RFC 9110, 8.8 (validators), 14.4 (`Content-Range`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.errors import Permanent
from pytest_edgepool.redact import plain_url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from urllib3 import BaseHTTPResponse

    from pytest_edgepool.clock import Deadline
    from pytest_edgepool.downloads.attachment import Attachment
    from pytest_edgepool.downloads.cookies import Jar

PARTIAL = 206

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class Answered(Permanent):
    """The site answered with a status that brings no file; what it means is decided elsewhere.

    Args:
        status: the HTTP status.
        retry_after: its `Retry-After` header, "" when there was none.
        date: its `Date` header.
    """

    def __init__(self, status: int, retry_after: str = "", date: str = "") -> None:
        super().__init__(status, retry_after, date)
        self.status = status
        self.retry_after = retry_after
        self.date = date

    def __str__(self) -> str:
        """Return it as one clause."""
        return f"the site answered with HTTP status {self.status}"


class AnsweredElsewhere(Answered):
    """It was not the attachment's own origin that answered so, but one that a redirect led to."""


@dataclass(slots=True)
class Part:
    """What has arrived of a file so far; it outlives a transfer that broke.

    Attributes:
        path: where it gathers.
        size: bytes that are there.
        validator: the strong `ETag` or `Last-Modified` of the content that they are of; "" when it cannot be gone on.
    """

    path: Path
    size: int = 0
    validator: str = ""

    def forget(self) -> None:
        """Begin again from nothing."""
        self.size, self.validator = 0, ""

    def elsewhere(self) -> Part:
        """Return an empty one in another place: a thread that cannot be ended may still write into this one."""
        return Part(self.path.with_name(f"{self.path.name}-again"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One file to be fetched, with all that is needed for it: nobody else is asked meanwhile.

    Attributes:
        attachment: which.
        headers: what the page's browser sends of itself: `User-Agent`, `Accept-Language`, ...
        referrer: the page that names the file.
        jar: the cookies; the site may change them.
        part: where it gathers.
        deadline: until when.
    """

    attachment: Attachment
    headers: Mapping[str, str]
    referrer: str
    jar: Jar
    part: Part
    deadline: Deadline

    @property
    def spoken(self) -> str:
        """What to call it in a message."""
        return self.attachment.name or plain_url(self.attachment.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer whose body is still to be read.

    Attributes:
        response: urllib3's own.
        url: the address that gave it, after all redirects.
    """

    response: BaseHTTPResponse
    url: str

    def header(self, name: str) -> str:
        """Return one of its headers, "" when it has none of that name."""
        return str(self.response.headers.get(name, ""))

    @property
    def content_type(self) -> str:
        """What the site says it is, without parameters."""
        return self.header("Content-Type").split(";", 1)[0].strip().lower()

    @property
    def is_encoded(self) -> bool:
        """Whether the body is compressed for the way, though that was not asked for."""
        return self.encoding not in ("", "identity")

    @property
    def encoding(self) -> str:
        """How the body is compressed for the way, "" when it is not."""
        return self.header("Content-Encoding").strip().lower()

    @property
    def says_its_end(self) -> bool:
        """Whether the site says where the body ends: else nothing at all may be an answer that broke off."""
        return bool(self.header("Content-Length")) or "chunked" in self.header("Transfer-Encoding").lower()

    @property
    def total_bytes(self) -> int | None:
        """The whole file's length, where the site says it."""
        if self.response.status == PARTIAL:
            found = _CONTENT_RANGE.fullmatch(self.header("Content-Range"))
            return int(found[2]) if found and found[2] != "*" else None
        length = self.header("Content-Length")
        return int(length) if length.isdecimal() and not self.is_encoded else None

    @property
    def validator(self) -> str:
        """What says that another answer is of the same content; a weak tag does not."""
        tag = self.header("ETag")
        return tag if tag and not tag.startswith("W/") else self.header("Last-Modified")

    @property
    def begins_at(self) -> int | None:
        """At which byte of the file the body begins; None when it does not say what part it is."""
        if self.response.status != PARTIAL:
            return 0
        found = _CONTENT_RANGE.fullmatch(self.header("Content-Range"))
        return int(found[1]) if found else None
