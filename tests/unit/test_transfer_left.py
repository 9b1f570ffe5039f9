"""An order that is given up while files come by direct HTTP: what the site has set by then is not lost."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool import events
from pytest_edgepool.browser.devtools import DevToolsRefusal
from pytest_edgepool.browser.handover import put_cookies
from pytest_edgepool.clock import Deadline
from pytest_edgepool.downloads.answer import Answered, AnsweredElsewhere, Part
from pytest_edgepool.downloads.attachment import Attachment
from pytest_edgepool.downloads.connections import Connections
from pytest_edgepool.downloads.cookies import Cookie
from pytest_edgepool.errors import FileRefused, RunStopped
from pytest_edgepool.fulfilment.by_http import Wanted, _told, fetched
from pytest_edgepool.fulfilment.fetching import _meaning
from tests.unit.test_transfer_direct import CONTENT, NAMED, Handler, Site, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROTATED = {"Set-Cookie": "_session=s4; Path=/; HttpOnly"}


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as made:
        yield made


class Browser:
    """A browser as far as an identity asks it; takes no cookie that is called `odd`."""

    headers: dict[str, str] = {}  # noqa: RUF012 - nobody changes it

    def __init__(self) -> None:
        self.kept: list[str] = []

    def cookies(self, _urls: object) -> list[dict[str, Any]]:
        return [{"name": "_session", "value": "s3", "domain": "127.0.0.1"}]

    def keep(self, cookies: list[dict[str, Any]]) -> tuple[str, ...]:
        return put_cookies(self, cookies)  # type: ignore[arg-type]

    def call(self, _method: str, _deadline: Deadline, *, cookies: list[dict[str, Any]]) -> None:
        if any(each["name"] == "odd" for each in cookies):
            raise DevToolsRefusal("Storage.setCookies", "Invalid cookie fields")
        self.kept += [f"{each['name']}={each['value']}" for each in cookies]


def an_attempt(site: Site, browser: Browser, take_up: Any = lambda: None) -> Any:
    """A try, as far as direct HTTP needs one."""
    told: list[Any] = []
    ways = SimpleNamespace(at_once=1, connections=Connections(1), identity=lambda *_: browser)
    desk = SimpleNamespace(ways=ways, take_up=take_up, tell=told.append, told=told)
    return SimpleNamespace(
        desk=desk,
        browser=None,
        tab=SimpleNamespace(driver=None, reader=None),
        deadline=Deadline.after(60, "PO 1"),
        progress=SimpleNamespace(url=f"{site.url}/order_headers/1"),
    )


def the_file(site: Site, folder: Path) -> Wanted:
    return Wanted(1, Attachment(url=f"{site.url}/f", name="inv.pdf"), Part(folder / "direct-1"))


@pytest.mark.parametrize(
    ("headers", "kept"),
    [(NAMED, ["_session=s4"]), ({"Content-Type": "text/html"}, [])],
    ids=["a file", "a page"],
)
def test_a_session_that_changed_while_a_file_came_is_kept(
    site: Site, tmp_path: Path, headers: dict[str, str], kept: list[str]
) -> None:
    """Where the order is given up before the file is whole; not what a page sets for somebody whom nobody knows."""

    def never_whole(handler: Handler) -> None:
        handler.send(CONTENT, {**headers, **ROTATED}, length=len(CONTENT) + 1)
        site.over.wait(60)

    site.answers["/f"] = never_whole
    browser, wanted = Browser(), the_file(site, tmp_path)
    part = wanted.part

    def stop_when_it_comes() -> None:
        if part.size:
            raise RunStopped("enough")

    attempt = an_attempt(site, browser, stop_when_it_comes)
    if kept:
        with pytest.raises(RunStopped):
            list(fetched(attempt, [wanted]))
    else:
        assert len(list(fetched(attempt, [wanted]))) == 1
    assert browser.kept == kept
    assert wanted.part is part  # no thread is left that could write into it


def test_one_cookie_that_the_browser_does_not_take_costs_no_other(site: Site, tmp_path: Path) -> None:
    """It is told by name, the session is kept, and the file is there."""

    def sets_two(handler: Handler) -> None:
        handler.send_response_only(200)
        for each in ("odd=CANARY; Path=/", ROTATED["Set-Cookie"]):
            handler.send_header("Set-Cookie", each)
        handler.send_header("Content-Disposition", NAMED["Content-Disposition"])
        handler.send_header("Content-Length", str(len(CONTENT)))
        handler.end_headers()
        handler.wfile.write(CONTENT)

    site.answers["/f"] = sets_two
    browser = Browser()
    attempt = an_attempt(site, browser)
    [(_, arrived)] = list(fetched(attempt, [the_file(site, tmp_path)]))
    attempt.desk.ways.connections.close()
    assert not isinstance(arrived, BaseException)
    assert browser.kept == ["_session=s4"]
    assert attempt.desk.told == [events.CookiesRefused(refused=["odd (http://127.0.0.1/)"])]


def test_a_cookie_of_an_ipv6_host_goes_both_ways() -> None:
    """The browser has its domain in brackets, and takes it back by an address."""
    cookie = Cookie(name="a", value="1", domain="[::1]")
    assert cookie.belongs_to("http://[::1]:8080/x")
    assert _told(cookie)["url"] == _told(Cookie(name="a", value="1", domain="::1"))["url"] == "http://[::1]/"


def test_another_origins_word_is_looked_at(site: Site, tmp_path: Path) -> None:
    """The portal's own 404 is an answer."""
    attempt = an_attempt(site, Browser())
    attempt.desk.clock = SimpleNamespace(now=lambda: None)
    wanted = the_file(site, tmp_path)
    assert isinstance(_meaning(attempt, wanted, Answered(404)), FileRefused)
    elsewhere = AnsweredElsewhere(404)
    assert _meaning(attempt, wanted, elsewhere) is elsewhere
