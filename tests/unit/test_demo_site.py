"""The demo answers as Coupa does: signed out, signed in, found, refused, and each file under its own name."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from pytest_edgepool.portals.demo.admission import COOKIE
from pytest_edgepool.portals.demo.options import DemoOptions
from pytest_edgepool.portals.demo.site import create_app
from pytest_edgepool.portals.demo.state import DemoSite
from pytest_edgepool.portals.demo.truth import DEMO_PASSWORD, DEMO_USER, SUPPLIERS, demo_order

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

NUMBER = "15262988"
ORDER = f"/order_headers/{NUMBER}"


def sign_in(client: FlaskClient, *, password: str = DEMO_PASSWORD, return_to: str = ORDER) -> TestResponse:
    fields = {"user[login]": DEMO_USER, "user[password]": password, "return_to": return_to}
    return client.post("/sessions", data=fields)


def visitor(site: DemoSite) -> FlaskClient:
    return create_app(site).test_client()


@pytest.fixture
def site() -> DemoSite:
    return DemoSite()


@pytest.fixture
def client(site: DemoSite) -> FlaskClient:
    """Return somebody who is signed in."""
    client = visitor(site)
    sign_in(client)
    return client


def file_paths(client: FlaskClient, number: str = NUMBER) -> list[str]:
    page = client.get(f"/order_headers/{number}").text
    return re.findall(r'class="attachment-file" data-url="([^"]+)"', page)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/user/home",
        "/order_headers",
        ORDER,
        "/order_headers/15263404",
        "/suppliers/show/101",
        "/attachments/1",
        "/x",
        f"/attachment/attachment_file/type/{NUMBER}1/x.pdf",
    ],
)
def test_a_stranger_is_sent_to_the_sign_in(site: DemoSite, path: str) -> None:
    """Nothing is told to somebody who is not signed in, not even what does not exist."""
    response = visitor(site).get(path)
    assert response.status_code == 302
    assert response.location.startswith("/sessions/new?return_to=")
    assert unquote(response.location).endswith(path)


def test_the_sign_in_form_is_a_page(site: DemoSite) -> None:
    """The form has the fields that people and tools look for, and a hidden token."""
    page = visitor(site).get(f"/sessions/new?return_to={ORDER}")
    assert page.status_code == 200
    for part in ('id="user_email"', 'id="user_password"', 'type="password"', "authenticity_token", f'value="{ORDER}"'):
        assert part in page.text


def test_signing_in_leads_to_where_one_wanted_to_go(site: DemoSite) -> None:
    """After the form, the page that was asked for is shown."""
    client = visitor(site)
    response = sign_in(client)
    assert (response.status_code, response.location) == (303, ORDER)
    assert client.get(ORDER).status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://evil.test/", "//evil.test/", "/\\evil.test", "evil", ""])
def test_signing_in_never_leads_elsewhere(site: DemoSite, elsewhere: str) -> None:
    """A target outside the site is replaced by the home page."""
    assert sign_in(visitor(site), return_to=elsewhere).location == "/user/home"


def test_a_wrong_password_is_told(site: DemoSite) -> None:
    """The form comes again with its error box, and nobody is signed in."""
    client = visitor(site)
    response = sign_in(client, password="wrong")
    assert response.status_code == 200
    assert '<div class="flash_error">Invalid username or password</div>' in response.text
    assert client.get("/").status_code == 302


def test_a_persistent_cookie_outlives_the_browser(site: DemoSite) -> None:
    """The cookie has an age, and no script can read it."""
    cookie = sign_in(visitor(site)).headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "Max-Age=1209600" in cookie
    assert "HttpOnly" in cookie


def test_a_session_cookie_ends_with_the_browser() -> None:
    """The cookie has neither age nor date."""
    cookie = sign_in(visitor(DemoSite(DemoOptions(session="session")))).headers["Set-Cookie"]
    assert "Max-Age" not in cookie
    assert "Expires" not in cookie


def test_signing_out_ends_the_session(site: DemoSite, client: FlaskClient) -> None:
    """Neither the browser nor the site keeps the session, even when the old cookie is sent again."""
    old = client.get_cookie(COOKIE)
    assert old is not None
    assert client.get("/sessions/destroy").location == "/sessions/new"
    assert client.get_cookie(COOKIE) is None
    client.set_cookie(COOKIE, old.value)
    assert client.get("/").status_code == 302


def test_an_ended_session_is_a_redirect_everywhere(site: DemoSite, client: FlaskClient) -> None:
    """When the site forgets its sessions, pages and files send one to the sign-in again."""
    path = file_paths(client)[0]
    site.end_all_sessions()
    assert [client.get(one).status_code for one in ("/", ORDER, path)] == [302, 302, 302]


@pytest.mark.parametrize("path", ["/", "/user/home", "/order_headers", "/suppliers/show/101"])
def test_who_is_signed_in_sees_pages(client: FlaskClient, path: str) -> None:
    """Every page behind the sign-in has a way to sign out."""
    page = client.get(path)
    assert page.status_code == 200
    assert 'href="/sessions/destroy"' in page.text


def test_an_order_names_its_supplier(client: FlaskClient) -> None:
    """The link to the supplier has the title "number - name" and leads to the supplier."""
    order = demo_order(NUMBER)
    assert order is not None
    supplier = order.supplier
    page = client.get(ORDER).text
    assert f'href="/suppliers/show/{supplier.identifier}" title="{supplier.number} - {supplier.name}"' in page
    assert supplier.name in client.get(f"/suppliers/show/{supplier.identifier}").text


def test_names_are_escaped(client: FlaskClient) -> None:
    """A supplier with an ampersand does not break the page."""
    number = next(n for n in range(15262984, 15262999) if "&" in SUPPLIERS[n % len(SUPPLIERS)].name)
    assert "Müller &amp; Söhne GmbH" in client.get(f"/order_headers/{number}").text


def test_an_order_shows_each_attachment(client: FlaskClient) -> None:
    """Each attachment is a span with its address and, inside, its accessible name; two of one name are two."""
    order = demo_order(NUMBER)
    assert order is not None
    page = client.get(ORDER).text
    assert len(set(file_paths(client))) == len(order.attachments) == 4
    for attachment in order.attachments:
        assert f'aria-label="{attachment.name} file attachment"' in page


def test_a_file_arrives_whole(client: FlaskClient) -> None:
    """Each address gives the bytes that the truth knows, with their length and kind."""
    order = demo_order(NUMBER)
    assert order is not None
    for path, attachment in zip(file_paths(client), order.attachments, strict=True):
        response = client.get(path)
        assert response.status_code == 200
        assert response.data == attachment.content
        assert response.headers["Content-Length"] == str(len(attachment.content))
        assert response.headers["Content-Type"].startswith(attachment.mime_type.split(";")[0])


def test_a_file_is_named_for_old_and_new_browsers(client: FlaskClient) -> None:
    """A name outside ASCII comes twice, as RFC 6266 has it; another one comes once."""
    named = [client.get(path).headers["Content-Disposition"] for path in file_paths(client)[:2]]
    assert named[0] == (
        "attachment; filename=\"Lieferschein Groe.docx\"; filename*=UTF-8''Lieferschein%20Gr%C3%B6%C3%9Fe.docx"
    )
    assert named[1] == 'attachment; filename="Quote (final).xlsx"'


def test_an_attachments_own_page_leads_back(client: FlaskClient) -> None:
    """The address without a file redirects to the order, as on the real site."""
    assert client.get(f"/attachments/{NUMBER}1").location == ORDER


def test_an_order_without_attachments_shows_none(client: FlaskClient) -> None:
    """The page is there, with a supplier and no file."""
    page = client.get("/order_headers/15263000")
    assert page.status_code == 200
    assert "/suppliers/show/" in page.text
    assert "attachment-file" not in page.text.split("<script>")[0]


@pytest.mark.parametrize(
    "path",
    [
        "/order_headers/15263404",
        "/order_headers/abc",
        "/suppliers/show/1",
        "/nowhere",
        "/attachments/5",
        f"/attachment/attachment_file/type/{NUMBER}9/x.pdf",
        f"/attachment/attachment_file/type/{NUMBER}1/other.pdf",
    ],
)
def test_what_is_missing_says_oops(client: FlaskClient, path: str) -> None:
    """A missing page has status 404 and Coupa's words."""
    response = client.get(path)
    assert response.status_code == 404
    assert "<h1>Oops! We couldn't find what you wanted</h1>" in unescape(response.text)


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("server-error", 500, "something went wrong"),
        ("rate-limit", 429, "Too many"),
        ("no-access", 403, "not authorized"),
    ],
)
def test_a_page_fault_strikes_its_order_alone(
    site: DemoSite, client: FlaskClient, fault: str, status: int, words: str
) -> None:
    """The order's page fails as often as it was told to, other orders do not."""
    site.change(faults={NUMBER: f"{fault}:1"})
    assert client.get("/order_headers/15262989").status_code == 200
    response = client.get(ORDER)
    assert response.status_code == status
    assert words in response.text
    assert client.get(ORDER).status_code == 200


def test_a_rate_limit_says_when_to_come_back(site: DemoSite, client: FlaskClient) -> None:
    """429 comes with Retry-After, other errors do not."""
    site.change(faults={NUMBER: "rate-limit", "15262989": "server-error"})
    assert client.get(ORDER).headers["Retry-After"] == "1"
    assert "Retry-After" not in client.get("/order_headers/15262989").headers


@pytest.mark.parametrize(("fault", "status"), [("file-error", 500), ("file-missing", 404)])
def test_a_file_fault_strikes_the_file(site: DemoSite, client: FlaskClient, fault: str, status: int) -> None:
    """The page is well, its file is not."""
    site.change(faults={NUMBER: f"{fault}:1"})
    path = file_paths(client)[0]
    assert [client.get(path).status_code for _ in "ab"] == [status, 200]


def test_a_signed_out_file_is_a_sign_in_page_in_disguise(site: DemoSite, client: FlaskClient) -> None:
    """The worst answer looks like success: status 200, a file name, a right length, and a form inside."""
    site.change(faults={NUMBER: "signed-out-file"})
    response = client.get(file_paths(client)[0])
    assert response.status_code == 200
    assert response.headers["Content-Disposition"] == "attachment; filename=inv.pdf"
    assert response.headers["Content-Length"] == str(len(response.data))
    assert b'type="password"' in response.data


def test_a_truncated_file_promises_more_than_it_sends(site: DemoSite, client: FlaskClient) -> None:
    """The declared length is the whole file's, the body is its first half."""
    site.change(faults={NUMBER: "truncated"})
    order = demo_order(NUMBER)
    assert order is not None
    content = order.attachments[0].content
    response = client.get(file_paths(client)[0])
    assert response.data == content[: len(content) // 2]
    assert response.headers["Content-Length"] == str(len(content))


def test_a_slow_file_is_still_whole(site: DemoSite, client: FlaskClient) -> None:
    """Slowness changes no byte."""
    site.change(faults={NUMBER: "slow"}, slow_chunk_delay_seconds=0.001)
    order = demo_order(NUMBER)
    assert order is not None
    assert client.get(file_paths(client)[0]).data == order.attachments[0].content


def test_latency_holds_every_answer_back(site: DemoSite, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request asks for the pause that is set at that moment."""
    pauses: list[float] = []
    monkeypatch.setattr(site, "pause", pauses.append)
    site.change(latency_seconds=1.5)
    client.get("/")
    client.get("/sessions/new")
    assert pauses == [1.5, 1.5]


def test_nothing_is_kept_by_a_cache(client: FlaskClient) -> None:
    """A browser asks again each time, so that the log tells what it did."""
    assert client.get(ORDER).headers["Cache-Control"] == "no-store"


def test_the_log_tells_who_asked_for_what(site: DemoSite) -> None:
    """Each answer is in the log with the session that came and the browser that asked, without its query."""
    client = visitor(site)
    client.get("/order_headers?page=2", headers={"User-Agent": "gw7"})
    sign_in(client)
    client.get(ORDER)
    client.get("/nowhere")
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    assert [(one.method, one.path, one.session, one.status) for one in site.log] == [
        ("GET", "/order_headers", "", 302),
        ("POST", "/sessions", "", 303),
        ("GET", ORDER, cookie.value, 200),
        ("GET", "/nowhere", cookie.value, 404),
    ]
    assert site.log[0].user_agent == "gw7"


@pytest.mark.parametrize(("fault", "pause_seconds"), [("slow", 0.75), ("truncated", 0.25)])
def test_a_slow_file_is_slower_than_the_others(
    site: DemoSite, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, fault: str, pause_seconds: float
) -> None:
    """The fault has its own pause after each piece; all other files have the ordinary one."""
    path = file_paths(client)[0]
    site.change(faults={NUMBER: fault}, chunk_delay_seconds=0.25, slow_chunk_delay_seconds=0.75)
    pauses: list[float] = []
    monkeypatch.setattr(site, "pause", pauses.append)
    assert client.get(path).data
    assert set(pauses) == {0.0, pause_seconds}


def test_the_list_leads_to_orders(client: FlaskClient) -> None:
    """Each order in the list of orders is there, with its supplier."""
    numbers = re.findall(r'<a href="/order_headers/(\d+)">', client.get("/order_headers").text)
    assert len(numbers) == 23
    assert {client.get(f"/order_headers/{number}").status_code for number in numbers} == {200}


def test_a_head_request_tells_the_length_without_the_file(client: FlaskClient) -> None:
    """Who only wants to know how long a file is need not fetch it."""
    order = demo_order(NUMBER)
    assert order is not None
    response = client.head(file_paths(client)[0])
    assert response.data == b""
    assert response.headers["Content-Length"] == str(len(order.attachments[0].content))
