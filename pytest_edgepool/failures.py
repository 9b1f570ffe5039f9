"""Every failure by its kind: what it is, what is done about it, and what the outcome says. Never does it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pytest_edgepool.browser.wire import DriverError
from pytest_edgepool.downloads.transfer import NotADownload
from pytest_edgepool.errors import (
    AskedToWait,
    BaseUnusable,
    BrowserTrouble,
    DeadlinePassed,
    DiskTrouble,
    FileRefused,
    NetworkTrouble,
    NotAsNamed,
    OutputVanished,
    Permanent,
    ProfileTrouble,
    Retired,
    RunStopped,
    ServerTrouble,
    SessionRenewed,
    SignedOut,
    SiteUnreachable,
    StrangePage,
    TabTrouble,
    TooManyRequests,
    TransferBroken,
    UsageMistake,
)
from pytest_edgepool.outcomes.status import Status

_TRIES = "`po_attempts`"
_ONE = "1"


class Kind(StrEnum):
    """What a failure is; each has one row in `FAILURES`."""

    STOPPED = "run ended"
    RETIRED = "worker retired"
    ANSWER = "the site's answer"
    SIGNED_OUT = "signed out"
    TOO_FAST = "too many requests"
    LONG_WAIT = "long wait"
    SITE = "site or network"
    NOT_AS_NAMED = "not as named"
    TRANSFER = "broken transfer"
    OUTPUT_GONE = "output vanished"
    TAB = "tab"
    BROWSER = "browser"
    DEADLINE = "deadline"
    DISK = "disk"
    PROFILE = "profile"
    MISTAKE = "mistake of use"
    REFUSED = "refused"
    BUG = "bug"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One kind of failure.

    Attributes:
        kind: its name.
        meaning: what has happened, as a clause.
        errors: the classes that say so; an error belongs to the first row that has a class of it.
        remedy: what is done about it.
        tries: how many tries it gets: a setting, or a number.
        status: what the outcome says when it stays.
        is_retried: whether the order is tried again.
        ends_run: whether it would meet every other order too, so that nothing more is begun.
        circuit: what it is to the portal's circuit: many in a row that count open it, an answer closes it.
    """

    kind: Kind
    meaning: str
    errors: tuple[type[BaseException], ...]
    remedy: str
    status: Status
    tries: str = _ONE
    is_retried: bool = False
    ends_run: bool = False
    circuit: Literal["counts", "closes", "neither"] = "neither"


FAILURES = (
    Failure(
        kind=Kind.STOPPED,
        meaning="the run is being ended (Ctrl-C, SIGTERM, or a reason that concerns all POs)",
        errors=(RunStopped,),
        remedy="nothing new is begun; the same command goes on",
        status=Status.STOPPED,
    ),
    Failure(
        kind=Kind.RETIRED,
        meaning="this worker cannot be signed in, and others are",
        errors=(Retired,),
        remedy="the PO goes to another worker; where none can take it, it is left for the next run",
        status=Status.STOPPED,
    ),
    Failure(
        kind=Kind.ANSWER,
        meaning="the site has no such file, or does not let this user have it",
        errors=(FileRefused, NotADownload),
        remedy="never tried again: it is an answer (so are `PO_NOT_FOUND`, `ACCESS_DENIED` and `NO_ATTACHMENTS`)",
        status=Status.FAILED,
        circuit="closes",
    ),
    Failure(
        kind=Kind.SIGNED_OUT,
        meaning="the site no longer knows us",
        errors=(SessionRenewed, SignedOut),
        remedy="the session is renewed (another worker's, a new clone, a restart), then the PO again",
        tries=_TRIES,
        status=Status.SESSION_EXPIRED,
        is_retried=True,
        circuit="counts",
    ),
    Failure(
        kind=Kind.TOO_FAST,
        meaning="the site answered 429",
        errors=(TooManyRequests,),
        remedy="all workers wait as long as its `Retry-After` says, else a growing pause, and go on one by one",
        tries=_TRIES,
        status=Status.RATE_LIMIT,
        is_retried=True,
        circuit="counts",
    ),
    Failure(
        kind=Kind.LONG_WAIT,
        meaning="the site asks to wait longer than `po_retry_after_most`",
        errors=(AskedToWait,),
        remedy="the run is ended with the reason; the same command goes on later",
        status=Status.RATE_LIMIT,
        ends_run=True,
    ),
    Failure(
        kind=Kind.SITE,
        meaning="the site answered 5xx, did not answer, shows a page that is no order, or the network failed",
        errors=(ServerTrouble, NetworkTrouble, SiteUnreachable, StrangePage),
        remedy="a growing pause (`po_retry_seconds` to `po_retry_most_seconds`), then the page or file again; when it "
        "concerns more than one PO, or the answer has a `Retry-After`, all workers wait",
        tries=_TRIES,
        status=Status.FAILED,
        is_retried=True,
        circuit="counts",
    ),
    Failure(
        kind=Kind.NOT_AS_NAMED,
        meaning="a file came whole and is not what its name says (a web page called invoice.pdf)",
        errors=(NotAsNamed,),
        remedy="that file again, in the same tab: the site may have been passing through trouble",
        tries=_TRIES,
        status=Status.FAILED,
        is_retried=True,
    ),
    Failure(
        kind=Kind.TRANSFER,
        meaning="a file broke off or is cut short",
        errors=(TransferBroken,),
        remedy="that file again, in the same tab; with other files whole the PO is `PARTIAL`",
        tries=_TRIES,
        status=Status.FAILED,
        is_retried=True,
        circuit="counts",
    ),
    Failure(
        kind=Kind.OUTPUT_GONE,
        meaning="the output folder was removed while files came in",
        errors=(OutputVanished,),
        remedy="it is made again, and the PO is fetched from its first file on",
        tries=_TRIES,
        status=Status.FAILED,
        is_retried=True,
    ),
    Failure(
        kind=Kind.TAB,
        meaning="a tab's renderer died, or the driver failed in it",
        errors=(TabTrouble, DriverError),
        remedy="the PO again in a new tab; in a new browser when this one does not answer",
        tries=_TRIES,
        status=Status.FAILED,
        is_retried=True,
    ),
    Failure(
        kind=Kind.BROWSER,
        meaning="the browser or its driver died, hangs, or did not start",
        errors=(BrowserTrouble, ConnectionError, TimeoutError),
        remedy="its processes are ended, a new browser starts on the same profile and is proved, then the PO again",
        tries=_TRIES,
        status=Status.FAILED,
        is_retried=True,
    ),
    Failure(
        kind=Kind.DEADLINE,
        meaning="the time of one try (`po_timeout`) is used up",
        errors=(DeadlinePassed,),
        remedy="no further try; a browser that does not answer is replaced for the next PO",
        status=Status.TIMEOUT,
        circuit="counts",
    ),
    Failure(
        kind=Kind.DISK,
        meaning="the output folder cannot be written: full, read-only, or gone for good",
        errors=(DiskTrouble, OSError),
        remedy="nothing half is published, and the run is ended with the reason",
        status=Status.FAILED,
        ends_run=True,
    ),
    Failure(
        kind=Kind.PROFILE,
        meaning="the base is damaged, or no profile can be made from it or be proved",
        errors=(BaseUnusable, ProfileTrouble),
        remedy="the run is ended with the reason, or the PO goes to a worker that has its profile",
        status=Status.FAILED,
    ),
    Failure(
        kind=Kind.MISTAKE,
        meaning="something given to us is wrong",
        errors=(UsageMistake,),
        remedy="one sentence with the remedy",
        status=Status.FAILED,
    ),
    Failure(
        kind=Kind.REFUSED,
        meaning="something else that no further try changes",
        errors=(Permanent,),
        remedy="one sentence with the reason",
        status=Status.FAILED,
    ),
    Failure(
        kind=Kind.BUG,
        meaning="an error that nobody foresaw, in this package or in a plugin",
        errors=(Exception,),
        remedy="its type and place are in the reason, its traceback in the log; please report it",
        status=Status.FAILED,
    ),
)


def failure_of(error: BaseException) -> Failure:
    """Return what an error is: the first row of the table that has a class of it."""
    return next((each for each in FAILURES if isinstance(error, each.errors)), FAILURES[-1])
