"""An order's attachments by direct HTTP: what the browser shows of itself goes along, and what the site sets goes back.

The browser is asked before and told afterwards, never meanwhile: threads must not talk to it, and its tab may be
needed for something else. Never decides what a failure means.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_edgepool import events
from pytest_edgepool.downloads.answer import Answered, Part, Request
from pytest_edgepool.downloads.cookies import Cookie, Jar
from pytest_edgepool.downloads.crew import Crew
from pytest_edgepool.downloads.direct import fetch_direct
from pytest_edgepool.downloads.names import called
from pytest_edgepool.downloads.transfer import NotADownload
from pytest_edgepool.downloads.work import checked
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from pytest_edgepool.browser.identity import Identity
    from pytest_edgepool.downloads.attachment import Arrived, Attachment
    from pytest_edgepool.downloads.connections import Connections
    from pytest_edgepool.fulfilment.attempt import Attempt

_SIGNED_OUT = (401, 403)


@dataclass(slots=True)
class Wanted:
    """One attachment on its way.

    Attributes:
        place: which of the order's attachments it is, from 1.
        attachment: what is to be fetched.
        part: what has arrived of it by direct HTTP.
        doubted: digest of what the browser brought and nobody could be sure of.
        was_given: whether the browser was given once what direct HTTP was refused.
    """

    place: int
    attachment: Attachment
    part: Part
    doubted: str = ""
    was_given: bool = False

    def name_of(self, arrived: Arrived) -> str:
        """Return what it is called, now that it has arrived."""
        return called(arrived.name, arrived.url, self.attachment.name)


def fetched(attempt: Attempt, wanted: list[Wanted]) -> Generator[tuple[Wanted, Arrived | BaseException]]:
    """Yield each attachment with what has arrived, checked, or with why it has not, as they end.

    Whoever takes no more of them ends what is under way.

    Raises:
        BrowserTrouble: the browser died before it had said what goes along.
        RunStopped: the order was given up meanwhile.
        DeadlinePassed: time is up.
    """
    ways = attempt.desk.ways
    identity = ways.identity(attempt.browser, attempt.tab.reader)
    groups = [wanted] if ways.at_once > 1 else [[each] for each in wanted]
    for group in groups:
        jars = _jars(identity, group)
        requests = [_request(attempt, identity, each, jar) for each, jar in zip(group, jars, strict=True)]
        connections = ways.connections
        jobs = [partial(_one, connections, each, ask) for each, ask in zip(group, requests, strict=True)]
        crew, left = Crew(jobs, ways.at_once, connections.cut), dict(enumerate(jars))
        try:
            with crew:
                for number, came in crew.results(partial(_look, attempt)):
                    jar = left.pop(number)
                    if _is_welcome(came):
                        _keep(attempt, identity, jar)
                    yield group[number], came
        finally:
            _leave(attempt, identity, crew, [(group[number], jar) for number, jar in left.items()])


def _keep(attempt: Attempt, identity: Identity, jar: Jar) -> None:
    """Have the browser take what a site has set; what it does not take it would not have taken itself."""
    refused = identity.keep([_told(each) for each in jar.changed])
    if refused:
        attempt.desk.tell(events.CookiesRefused(refused=list(refused)))


def _leave(attempt: Attempt, identity: Identity, crew: Crew[Arrived], left: list[tuple[Wanted, Jar]]) -> None:
    """Leave files that nobody has heard of, because whoever asked has gone.

    A session that changes with each answer lives in the last answer only: what came with it goes to the browser.
    """
    for wanted, jar in left:
        if crew.are_left:
            wanted.part = wanted.part.elsewhere()
        if jar.is_welcome:
            with suppress(BrowserTrouble, DeadlinePassed):  # there is a reason already why we are leaving
                _keep(attempt, identity, jar)


def _look(attempt: Attempt) -> None:
    """Look whether the order is still wanted, while nothing comes."""
    attempt.desk.take_up()
    attempt.deadline.check()


def _one(connections: Connections, wanted: Wanted, request: Request) -> Arrived:
    """Fetch one file, in a thread of its own."""
    arrived = fetch_direct(connections, request)
    return checked(arrived, wanted.name_of(arrived))


def _is_welcome(came: Arrived | BaseException) -> bool:
    """Whether the browser should hear of the cookies: not of those that a site gives to whom it does not know."""
    return not isinstance(came, NotADownload) and not (isinstance(came, Answered) and came.status in _SIGNED_OUT)


def _jars(identity: Identity, group: list[Wanted]) -> list[Jar]:
    cookies = tuple(map(_cookie, identity.cookies({each.attachment.url for each in group})))
    return [Jar(cookies) for _ in group]


def _request(attempt: Attempt, identity: Identity, wanted: Wanted, jar: Jar) -> Request:
    return Request(
        attachment=wanted.attachment,
        headers=identity.headers,
        referrer=wanted.attachment.page or attempt.progress.url,
        jar=jar,
        part=wanted.part,
        deadline=attempt.deadline,
    )


def _cookie(told: Mapping[str, Any]) -> Cookie:
    """Return a cookie as DevTools tells it."""
    return Cookie(
        name=str(told["name"]),
        value=str(told["value"]),
        domain=str(told["domain"]),
        path=str(told.get("path", "/")),
        is_secure=bool(told.get("secure")),
        is_http_only=bool(told.get("httpOnly")),
        same_site=str(told.get("sameSite", "")),
    )


def _told(cookie: Cookie) -> dict[str, Any]:
    """Return a cookie as DevTools takes it."""
    scheme = "https" if cookie.is_secure else "http"
    host = cookie.domain.lstrip(".")
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    told: dict[str, Any] = {
        "name": cookie.name,
        "value": cookie.value,
        "url": f"{scheme}://{host}{cookie.path}",
        "path": cookie.path,
        "secure": cookie.is_secure,
        "httpOnly": cookie.is_http_only,
    }
    if cookie.domain.startswith("."):
        told["domain"] = cookie.domain
    if cookie.same_site in ("Strict", "Lax", "None"):
        told["sameSite"] = cookie.same_site
    if cookie.expires_at is not None:
        told["expires"] = cookie.expires_at
    return told
