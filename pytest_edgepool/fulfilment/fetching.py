"""An order's attachments, each fetched with its own tries; why one is missing is noted. Never publishes any.

What has an address goes by direct HTTP where that is wanted, several at once; what it cannot do, and what only a click
brings, goes by the browser, one at a time. Files are named in the page's order, whichever came first.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenacity import RetryError

from pytest_edgepool import events
from pytest_edgepool.downloads.answer import Answered, AnsweredElsewhere, Part
from pytest_edgepool.downloads.attachment import Arrived
from pytest_edgepool.downloads.connections import NoConnection, Unfit
from pytest_edgepool.downloads.transfer import NotADownload
from pytest_edgepool.errors import (
    FileRefused,
    NetworkTrouble,
    NotAsNamed,
    Retryable,
    ServerTrouble,
    TooManyRequests,
    TransferBroken,
)
from pytest_edgepool.fulfilment.backing_off import seconds_in
from pytest_edgepool.fulfilment.by_browser import Browsing
from pytest_edgepool.fulfilment.by_http import Wanted, fetched
from pytest_edgepool.fulfilment.ways import AUTO
from pytest_edgepool.portals.portal import PageKind

if TYPE_CHECKING:
    from pytest_edgepool.downloads.attachment import Attachment
    from pytest_edgepool.downloads.work import WorkFolder
    from pytest_edgepool.fulfilment.attempt import Attempt

_PASSING = (TransferBroken, NetworkTrouble, ServerTrouble)  # what another try at the file may mend
_GONE = (404, 410)
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500


@dataclass(slots=True)
class _Gathering:
    """An order's attachments on their way, by place.

    Attributes:
        whole: what has arrived.
        missing: why the rest has not, as far as it is known.
        is_too_fast: whether the site said so at each try: it is not asked for the rest.
    """

    whole: dict[int, Arrived] = field(default_factory=dict)
    missing: dict[int, BaseException] = field(default_factory=dict)
    is_too_fast: bool = False


def fetch_all(attempt: Attempt, attachments: list[Attachment], work: WorkFolder) -> None:
    """Fetch the attachments into the work folder; note in the order's progress why those are missing that are.

    Raises:
        SignedOut: the site asked to sign in again.
        BrowserTrouble: the browser died; it is not mended in this tab.
        DeadlinePassed: time is up.
    """
    attempt.progress.missing.clear()
    gathering = _Gathering()
    browsing = Browsing(attempt, work)
    if any(each.press for each in attachments):
        browsing.stay()
    wanted = [
        Wanted(place, each, Part(work.incoming / f"direct-{place}")) for place, each in enumerate(attachments, start=1)
    ]
    _by_http(browsing, [each for each in wanted if attempt.desk.ways.is_direct(each.attachment)], gathering)
    for each in wanted:
        if not (gathering.is_too_fast or each.place in gathering.whole or each.place in gathering.missing):
            _by_browser(browsing, each, gathering)
    for each in wanted:
        if each.place in gathering.whole:
            _take(attempt, each, gathering.whole[each.place], work)
    attempt.progress.missing += [gathering.missing[place] for place in sorted(gathering.missing)]


def _take(attempt: Attempt, wanted: Wanted, arrived: Arrived, work: WorkFolder) -> None:
    file = work.take(arrived, wanted.name_of(arrived), wanted.attachment.name)
    told = events.FileArrived(number=attempt.order.number, file=file.name, size_bytes=file.size, url=file.url)
    attempt.desk.tell(told)


def _by_browser(browsing: Browsing, wanted: Wanted, gathering: _Gathering) -> None:
    """Fetch one attachment by the browser, trying again within bounds; or note why it is missing."""
    try:
        # A browser in trouble is not mended in this tab: that goes up to whoever can give a new one.
        for each in browsing.attempt.desk.tries(*_PASSING):
            with each:
                gathering.whole[wanted.place] = browsing.fetch(wanted)
    except RetryError as given_up:
        error = given_up.last_attempt.exception() or given_up
        gathering.missing[wanted.place] = error
        gathering.is_too_fast = isinstance(error, TooManyRequests)
    except FileRefused as error:
        gathering.missing[wanted.place] = error


def _by_http(browsing: Browsing, wanted: list[Wanted], gathering: _Gathering) -> None:
    """Fetch by direct HTTP, in rounds: what has not arrived is tried again together."""
    left = {each.place: each for each in wanted}
    if not left:
        return
    try:
        for each in browsing.attempt.desk.tries(*_PASSING):
            with each:
                _round(browsing, left, gathering)
    except RetryError:
        gathering.is_too_fast = any(isinstance(gathering.missing.get(place), TooManyRequests) for place in left)


def _round(browsing: Browsing, left: dict[int, Wanted], gathering: _Gathering) -> None:
    """Try once what is left; raise the last of what may pass, when something is left."""
    attempt, back_off = browsing.attempt, browsing.attempt.desk.back_off
    attempt.deadline = attempt.deadline.later(back_off.wait())
    came: list[tuple[Wanted, Arrived | BaseException]] = []
    with attempt.browser.within(attempt.deadline), closing(fetched(attempt, list(left.values()))) as coming:
        for wanted, result in coming:
            came.append((wanted, _meaning(attempt, wanted, result)))
            if isinstance(came[-1][1], TooManyRequests):
                break
    passing: list[Retryable] = []
    for wanted, result in came:
        error = _settled(browsing, wanted, result, gathering)
        if error is None:
            del left[wanted.place]
        else:
            gathering.missing[wanted.place] = error
            passing.append(error)
    if passing:
        attempt.deadline.check()  # a connection that is cut off because time is up says so in words of its own
        raise passing[-1]


def _settled(
    browsing: Browsing, wanted: Wanted, result: Arrived | BaseException, gathering: _Gathering
) -> Retryable | None:
    """Note what came of a file; return why it has not come, when another try may mend that."""
    ways, order = browsing.attempt.desk.ways, browsing.attempt.order.number
    if isinstance(result, Arrived):
        _arrived(gathering, wanted, result)
        ways.worked(wanted.attachment)
    elif isinstance(result, NotADownload | Answered) or (ways.how == AUTO and isinstance(result, Unfit | NoConnection)):
        return _looked_at(browsing, wanted, result, gathering)
    elif isinstance(result, FileRefused | Unfit):
        gathering.missing[wanted.place] = result
    elif isinstance(result, _PASSING):
        if isinstance(result, NetworkTrouble | ServerTrouble):
            browsing.attempt.desk.back_off.hear(result, order)
        return result
    else:
        raise result
    return None


def _arrived(gathering: _Gathering, wanted: Wanted, arrived: Arrived) -> None:
    gathering.whole[wanted.place] = arrived
    gathering.missing.pop(wanted.place, None)  # of an earlier round


def _looked_at(browsing: Browsing, wanted: Wanted, refused: Exception, gathering: _Gathering) -> Retryable | None:
    """Have the browser look at what direct HTTP was refused: it says why, or is given the file."""
    ways = browsing.attempt.desk.ways
    try:
        arrived = browsing.fetch(wanted)
    except FileRefused as error:
        gathering.missing[wanted.place] = error
        return None
    except _PASSING as error:
        return error
    if ways.how != AUTO:
        told = f"{refused}; the browser is given it: --po-transfer=auto fetches it so"
        if not wanted.was_given:  # once may be a passing trouble
            wanted.was_given = True
            return NotAsNamed(told)
        gathering.missing[wanted.place] = FileRefused(told)
        return None
    _arrived(gathering, wanted, arrived)
    ways.learn(wanted.attachment, str(refused))
    return None


def _meaning(attempt: Attempt, wanted: Wanted, result: Arrived | BaseException) -> Arrived | BaseException:
    """Return what a status means; the browser looks at what may be a matter of the sign-in or is another's."""
    if not isinstance(result, Answered) or isinstance(result, AnsweredElsewhere):
        return result
    asked = seconds_in(result.retry_after, result.date, attempt.desk.clock.now())
    if result.status == _TOO_MANY_REQUESTS:
        return TooManyRequests(result.status, asked)
    if result.status >= _SERVER_ERROR:
        return ServerTrouble(result.status, asked)
    if result.status in _GONE:
        spoken = wanted.attachment.name or "a file"
        return FileRefused(f"{spoken}: {PageKind.NOT_FOUND} (HTTP status {result.status})")
    return result
