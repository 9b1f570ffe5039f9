"""What can come of a purchase order, in words that users' sheets already hold. Never does anything about it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Status(StrEnum):
    """What came of one purchase order."""

    COMPLETED = "COMPLETED"
    PARTIAL = "PARTIAL"
    NO_ATTACHMENTS = "NO_ATTACHMENTS"
    PO_NOT_FOUND = "PO_NOT_FOUND"
    ACCESS_DENIED = "ACCESS_DENIED"
    SESSION_EXPIRED = "SESSION_EXPIRED"
    RATE_LIMIT = "RATE_LIMIT"
    TIMEOUT = "TIMEOUT"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    STOPPED = "STOPPED"


class Verdict(StrEnum):
    """What pytest says of it."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


DONE = frozenset({Status.COMPLETED, Status.NO_ATTACHMENTS})
NOT_TRIED = frozenset({Status.SKIPPED, Status.STOPPED})


def is_done(status: Status) -> bool:
    """Return whether nothing is left to do for a PO of that status."""
    return status in DONE


def verdict_of(status: Status) -> Verdict:
    """Return what pytest says of that status."""
    if status in DONE:
        return Verdict.PASSED
    return Verdict.SKIPPED if status in NOT_TRIED else Verdict.FAILED


def one_line(text: str, limit: int = 300) -> str:
    """Return `text` on one line of at most `limit` characters, without control characters."""
    folded = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return folded if len(folded) <= limit else folded[: limit - 1].rstrip() + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """One file on the shelf.

    Attributes:
        name: path relative to the PO's folder, with forward slashes.
        size: bytes.
        sha256: of the content, in hex.
        url: where it came from, without query.
        original_name: what the site or its page called it.
        content_type: what the site said it is; where nobody heard that, what its name says.
        fetched_at: when it was whole, ISO 8601, UTC.
    """

    name: str
    size: int
    sha256: str
    url: str = ""
    original_name: str = ""
    content_type: str = ""
    fetched_at: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return what `json.dumps` takes."""
        return {name: getattr(self, name) for name in _FILE_NAMES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one purchase order in one run.

    Attributes:
        number: the PO number as it stands in the sheet.
        status: what came of it.
        reason: why, as one line; empty when all is well.
        supplier: the supplier's name as the site shows it.
        url: the PO's page.
        folder: where the files are, relative to the output folder, with forward slashes.
        attachments_found: how many the portal named.
        files: what is on the shelf.
        attempts: tries begun.
        seconds: wall time of all tries.
        finished_at: ISO 8601, UTC.
        run: the run's id.
        worker: `gw0`, ... or `main`.
        slot: the profile slot; -1 when no browser was had.
        profile: `base` or `clone`.
        site: the origin of the site.
        evidence: folder of screenshot and page, relative to the output folder.
        earlier: what an earlier try came to (a crash), as one line.
    """

    number: str
    status: Status
    reason: str = ""
    supplier: str = ""
    url: str = ""
    folder: str = ""
    attachments_found: int = 0
    files: tuple[KeptFile, ...] = ()
    attempts: int = 0
    seconds: float = 0.0
    finished_at: str = ""
    run: str = ""
    worker: str = ""
    slot: int = -1
    profile: str = ""
    site: str = ""
    evidence: str = ""
    earlier: str = ""

    @property
    def attachments_downloaded(self) -> int:
        """How many files are on the shelf."""
        return len(self.files)

    @property
    def received_bytes(self) -> int:
        """Bytes of all files together."""
        return sum(kept.size for kept in self.files)

    def to_json(self) -> dict[str, Any]:
        """Return what `json.dumps` takes and `from_json` reads."""
        plain = {name: getattr(self, name) for name in _NAMES}  # `asdict` copies each value: seconds for 10 000
        return {**plain, "status": str(self.status), "files": [kept.to_json() for kept in self.files]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Outcome:
        """Return the outcome that this or another version wrote.

        Keys that are unknown, missing or of another type are passed over. A status of a later version counts as
        FAILED, so that the PO is looked at again.

        Raises:
            ValueError: there is no PO number or no status.
        """
        number, status = data.get("number"), data.get("status")
        if not isinstance(number, str) or not number or not isinstance(status, str) or not status:
            raise ValueError("an outcome needs a number and a status")
        given = {name: value for name, value in data.items() if type(value) in _KINDS.get(name, ())}
        given["files"] = _kept_files(data.get("files"))
        if status in Status.__members__:
            return cls(**{**given, "number": number, "status": Status(status)})
        reason = f"unknown status {one_line(status, 40)} of another version"
        return cls(**{**given, "number": number, "status": Status.FAILED, "reason": reason})


_FILE_NAMES = tuple(field.name for field in fields(KeptFile))
_FILE_TEXTS = tuple(field.name for field in fields(KeptFile) if field.default == "")  # earlier versions have not all
_NAMES = tuple(field.name for field in fields(Outcome))
# What JSON may hold for a field, exactly: `true` is no number, a whole number may stand for a float. Looked up for each
# value of each line of a ledger.
_KINDS = {
    field.name: (float, int) if isinstance(field.default, float) else (type(field.default),)
    for field in fields(Outcome)
    if isinstance(field.default, str | int | float)
}


def _kept_files(raw: object) -> tuple[KeptFile, ...]:
    """Return the files that are described whole; one that is not would count as there, so it is left out."""
    if not isinstance(raw, list):
        return ()
    return tuple(
        KeptFile(
            name=one["name"],
            size=one["size"],
            sha256=one["sha256"],
            **{name: str(one[name]) for name in _FILE_TEXTS if name in one},
        )
        for one in raw
        if isinstance(one, dict)
        and type(one.get("name")) is str
        and type(one.get("size")) is int
        and type(one.get("sha256")) is str
    )
