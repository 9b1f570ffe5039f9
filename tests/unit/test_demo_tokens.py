"""A demo whose sign-in is a token: only a script that sends it sees pages, and files have signed addresses."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from pytest_edgepool.portals.demo.admission import COOKIE
from pytest_edgepool.portals.demo.options import TOKEN_KINDS, DemoOptions, SessionKind
from pytest_edgepool.portals.demo.site import create_app
from pytest_edgepool.portals.demo.state import SIGNED_SECONDS, DemoSite
from pytest_edgepool.portals.demo.truth import DEMO_PASSWORD, DEMO_USER, demo_order
from pytest_edgepool.testing import FakeClock

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

NUMBER = "15262988"
ORDER = f"/order_headers/{NUMBER}"
FILE = f"/attachment/attachment_file/type/{NUMBER}1/Lieferschein Größe.docx"
PAGES = ["/", "/user/home", "/order_headers", ORDER, "/order_headers/15263404", "/suppliers/show/101", "/nowhere"]
WORDS = {"local-storage": "localStorage.setItem", "indexed-db": "indexedDB.open"}


@pytest.fixture(params=sorted(TOKEN_KINDS))
def kind(request: pytest.FixtureRequest) -> SessionKind:
    return request.param


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def site(kind: SessionKind, clock: FakeClock) -> DemoSite:
    return DemoSite(DemoOptions(session=kind), clock)


@pytest.fixture
def client(site: DemoSite) -> FlaskClient:
    return create_app(site).test_client()


def sign_in(client: FlaskClient, return_to: str = ORDER) -> TestResponse:
    fields = {"user[login]": DEMO_USER, "user[password]": DEMO_PASSWORD, "return_to": return_to}
    return client.post("/sessions", data=fields)


def ask(client: FlaskClient, path: str, token: str) -> TestResponse:
    """Ask as the page's script does."""
    return client.get(path, headers={"Authorization": f"Bearer {token}"})


def file_addresses(page: TestResponse) -> list[str]:
    return [unescape(one) for one in re.findall(r'class="attachment-file" data-url="([^"]+)"', page.text)]


@pytest.mark.parametrize("path", PAGES)
def test_a_browser_gets_an_empty_page_with_a_script(client: FlaskClient, kind: SessionKind, path: str) -> None:
    """Whoever asks without a token learns nothing: all pages are one shell, which says that it is being filled."""
    page = client.get(path)
    assert page.status_code == 200
    assert page.text == client.get("/order_headers").text
    assert re.search(r'<body aria-busy="true">\s*</body>', page.text)
    assert WORDS[kind] in page.text


def test_a_cookie_makes_nobody_known(site: DemoSite, client: FlaskClient) -> None:
    """A session's value in a cookie opens neither a page nor a file."""
    client.set_cookie(COOKIE, site.begin_session())
    assert "aria-busy" in client.get(ORDER).text
    assert client.get(FILE).status_code == 403


def test_signing_in_gives_the_script_a_token(site: DemoSite, client: FlaskClient, kind: SessionKind) -> None:
    """The answer to the form stores a token that the site knows, leads on, and sets no cookie."""
    page = sign_in(client)
    token, target = re.findall(r'storage\.write\("([^"]+)", \(\) => location\.replace\("([^"]+)"\)', page.text)[0]
    assert site.knows_session(token)
    assert target == ORDER
    assert WORDS[kind] in page.text
    assert "Set-Cookie" not in page.headers


@pytest.mark.parametrize("elsewhere", ["https://evil.test/", "//evil.test/", "</script>"])
def test_signing_in_leads_nowhere_else(client: FlaskClient, elsewhere: str) -> None:
    """A target outside the site is replaced by the home page, in a script as well."""
    page = sign_in(client, elsewhere).text
    assert elsewhere not in page.replace("</script>\n", "")
    assert 'location.replace("/user/home")' in page


def test_a_wrong_password_gives_no_token(client: FlaskClient) -> None:
    """The form comes again with its error box."""
    page = client.post("/sessions", data={"user[login]": DEMO_USER, "user[password]": "wrong"})
    assert "Invalid username or password" in page.text
    assert "storage" not in page.text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/user/home", 200, "Welcome"),
        ("/order_headers", 200, "Purchase Orders"),
        (ORDER, 200, f"Purchase Order #{NUMBER}"),
        ("/order_headers/15263404", 404, "Oops! We couldn't find what you wanted"),
        ("/nowhere", 404, "Oops! We couldn't find what you wanted"),
    ],
)
def test_a_token_brings_the_page(site: DemoSite, client: FlaskClient, path: str, status: int, words: str) -> None:
    """Who sends the token gets what a cookie would bring: the page, with its true status."""
    response = ask(client, path, site.begin_session())
    assert response.status_code == status
    assert f"<h1>{words}</h1>" in unescape(response.text)
    assert "aria-busy" not in response.text


@pytest.mark.parametrize("token", ["", "x", "a-1-0-b"])
def test_another_token_is_refused(client: FlaskClient, token: str) -> None:
    """The script is told that the site does not know it, and nothing else."""
    response = ask(client, ORDER, token)
    assert (response.status_code, response.data) == (401, b"")


def test_an_ended_session_refuses_its_token(site: DemoSite, client: FlaskClient) -> None:
    """When the site forgets its sessions, every token is worth nothing; a new one is."""
    token = site.begin_session()
    assert ask(client, ORDER, token).status_code == 200
    site.end_all_sessions()
    assert ask(client, ORDER, token).status_code == 401
    assert ask(client, ORDER, site.begin_session()).status_code == 200


def test_signing_out_ends_the_token(site: DemoSite, client: FlaskClient) -> None:
    """The script's request to sign out ends the session and leads to the sign-in."""
    token = site.begin_session()
    assert ask(client, "/sessions/destroy", token).location == "/sessions/new"
    assert not site.knows_session(token)


def test_a_file_needs_no_cookie(site: DemoSite, client: FlaskClient) -> None:
    """The page's addresses bring every file to whoever has them."""
    order = demo_order(NUMBER)
    assert order is not None
    addresses = file_addresses(ask(client, ORDER, site.begin_session()))
    assert [client.get(each).data for each in addresses] == [each.content for each in order.attachments]


def test_a_signed_address_ends(site: DemoSite, client: FlaskClient, clock: FakeClock) -> None:
    """After its time the address opens nothing, and says so as a refusal."""
    address = file_addresses(ask(client, ORDER, site.begin_session()))[0]
    clock.sleep(SIGNED_SECONDS - 1)
    assert client.get(address).status_code == 200
    clock.sleep(2)
    assert client.get(address).status_code == 403


def test_a_signature_opens_one_file_until_one_moment(site: DemoSite, client: FlaskClient) -> None:
    """Neither another file nor a later end can be had with it, nor a file without one."""
    one, other = file_addresses(ask(client, ORDER, site.begin_session()))[:2]
    path, query = urlsplit(one).path, urlsplit(one).query
    expires = parse_qs(query)["expires"][0]
    forged = [
        path,
        f"{path}?expires={expires}",
        f"{urlsplit(other).path}?{query}",
        f"{path}?{query.replace(expires, str(int(expires) + 1))}",
        f"{path}?expires=soon&signature=ä",
    ]
    assert {client.get(each).status_code for each in forged} == {403}


def test_the_log_shows_the_token_and_no_signature(site: DemoSite, client: FlaskClient) -> None:
    """A page is two requests, the shell's by nobody; a file's is nobody's either, and its query is not kept."""
    token = site.begin_session()
    client.get(ORDER)
    client.get(file_addresses(ask(client, ORDER, token))[0])
    assert [(each.path, each.session) for each in site.log] == [(ORDER, ""), (ORDER, token), (unquote(FILE), "")]


@pytest.mark.parametrize(("fault", "status"), [("server-error", 500), ("rate-limit", 429)])
def test_an_unwell_site_is_so_for_the_shell(site: DemoSite, client: FlaskClient, fault: str, status: int) -> None:
    """What has nothing to do with who one is strikes the page itself, with its own status, as often as it was told."""
    site.change(faults={NUMBER: f"{fault}:1"})
    assert client.get(ORDER).status_code == status
    assert client.get(ORDER).status_code == 200
    assert ask(client, ORDER, site.begin_session()).status_code == 200


def test_no_access_is_known_only_with_a_token(site: DemoSite, client: FlaskClient) -> None:
    """The shell does not know who asks, so only what fills it is refused."""
    site.change(faults={NUMBER: "no-access:1"})
    token = site.begin_session()
    assert client.get(ORDER).status_code == 200
    assert ask(client, ORDER, token).status_code == 403
    assert ask(client, ORDER, token).status_code == 200
