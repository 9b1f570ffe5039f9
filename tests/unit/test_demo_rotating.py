"""A demo whose session rotates: each page and file brings a new cookie, and the old one is worth nothing."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.portals.demo.admission import COOKIE
from pytest_edgepool.portals.demo.options import TOKEN_KINDS, DemoOptions, SessionKind
from pytest_edgepool.portals.demo.site import create_app
from pytest_edgepool.portals.demo.state import DemoSite

if TYPE_CHECKING:
    from flask.testing import FlaskClient

ORDER = "/order_headers/15262988"


@pytest.fixture
def site() -> DemoSite:
    return DemoSite(DemoOptions(session="session", rotate=True))


@pytest.fixture
def client(site: DemoSite) -> FlaskClient:
    """Return somebody who is signed in."""
    client = create_app(site).test_client()
    client.set_cookie(COOKIE, site.begin_session())
    return client


def cookie_of(client: FlaskClient) -> str:
    held = client.get_cookie(COOKIE)
    assert held is not None
    return held.value


def file_path(client: FlaskClient) -> str:
    return re.findall(r'class="attachment-file" data-url="([^"]+)"', client.get(ORDER).text)[0]


def test_each_page_and_file_brings_a_new_cookie(client: FlaskClient) -> None:
    """Who follows the cookies stays signed in, with another one after each answer, a missing page's too."""
    path = file_path(client)
    seen = [cookie_of(client)]
    for each, status in [("/", 200), (ORDER, 200), (path, 200), ("/nowhere", 404)]:
        assert client.get(each).status_code == status
        seen.append(cookie_of(client))
    assert len(set(seen)) == 5


def test_the_old_cookie_is_refused(site: DemoSite, client: FlaskClient) -> None:
    """Somebody else with a copy of the cookie is signed out by its first use, and does not disturb the owner."""
    other = create_app(site).test_client()
    other.set_cookie(COOKIE, cookie_of(client))
    assert client.get(ORDER).status_code == 200
    assert other.get(ORDER).location.startswith("/sessions/new")
    assert client.get(ORDER).status_code == 200


def test_a_stranger_gets_no_cookie(site: DemoSite) -> None:
    """A refused request brings nothing that would be worth trying."""
    assert "Set-Cookie" not in create_app(site).test_client().get(ORDER).headers


@pytest.mark.parametrize(("kind", "has_age"), [("session", False), ("persistent", True)])
def test_the_new_cookie_is_of_the_same_kind(
    site: DemoSite, client: FlaskClient, kind: SessionKind, *, has_age: bool
) -> None:
    """A session-only cookie is followed by a session-only one, a lasting one by a lasting one."""
    site.change(session=kind)
    assert ("Max-Age" in client.get(ORDER).headers["Set-Cookie"]) is has_age


def test_signing_out_ends_the_last_session(site: DemoSite, client: FlaskClient) -> None:
    """The session that is in use then is ended, no other begins, and the browser forgets it."""
    client.get(ORDER)
    last = cookie_of(client)
    assert client.get("/sessions/destroy").location == "/sessions/new"
    assert client.get_cookie(COOKIE) is None
    assert not site.knows_session(last)


def test_rotating_can_begin_in_a_running_site(site: DemoSite, client: FlaskClient) -> None:
    """While it is off the cookie stays."""
    site.change(rotate=False)
    before = cookie_of(client)
    client.get(ORDER)
    assert cookie_of(client) == before
    site.change(rotate=True)
    client.get(ORDER)
    assert cookie_of(client) != before


def test_of_two_at_once_one_gets_the_new_cookie() -> None:
    """However many ask with one cookie in the same instant, exactly one of them goes on."""
    site = DemoSite()
    cookie = site.begin_session()
    start, given = threading.Barrier(8), []

    def visit() -> None:
        start.wait()
        given.append(site.rotate_session(cookie))

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [fresh] = filter(None, given)
    assert site.knows_session(fresh)
    assert not site.knows_session(cookie)


@pytest.mark.parametrize("kind", sorted(TOKEN_KINDS))
def test_a_token_does_not_rotate(kind: SessionKind) -> None:
    """What the site cannot do is refused, not ignored."""
    with pytest.raises(UsageMistake, match=f"'{kind}' does not rotate"):
        DemoOptions(session=kind, rotate=True)
