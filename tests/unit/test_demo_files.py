"""The demo's files come in part where asked, go wrong where told to, and may be at another origin."""

from __future__ import annotations

import gzip
import http.client
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.portals.demo.admission import COOKIE
from pytest_edgepool.portals.demo.elsewhere import address_of
from pytest_edgepool.portals.demo.files import etag_of
from pytest_edgepool.portals.demo.options import DemoOptions
from pytest_edgepool.portals.demo.server import RunningDemo, serve
from pytest_edgepool.portals.demo.site import create_app
from pytest_edgepool.portals.demo.state import DemoSite
from pytest_edgepool.portals.demo.truth import DEMO_PASSWORD, DEMO_USER, demo_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

NUMBER = "15262988"
ORDER = demo_order(NUMBER)
assert ORDER is not None
FIRST, SECOND = ORDER.attachments[:2]
SIZE = len(FIRST.content)


def path_of(place: int = 0) -> str:
    assert ORDER is not None
    one = ORDER.attachments[place]
    return f"/attachment/attachment_file/type/{one.identifier}/{quote(one.name)}"


@pytest.fixture
def site() -> DemoSite:
    return DemoSite()


@pytest.fixture
def client(site: DemoSite) -> FlaskClient:
    client = create_app(site).test_client()
    client.post("/sessions", data={"user[login]": DEMO_USER, "user[password]": DEMO_PASSWORD})
    return client


def part(client: FlaskClient, asked: str, if_range: str = "", place: int = 0) -> TestResponse:
    return client.get(path_of(place), headers={"Range": asked} | ({"If-Range": if_range} if if_range else {}))


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-9", 0, 10), ("bytes=100-", 100, SIZE), ("bytes=-5", SIZE - 5, SIZE), ("bytes=9-99999999", 9, SIZE)],
)
def test_a_part_is_answered_with_that_part(client: FlaskClient, asked: str, start: int, stop: int) -> None:
    """Status 206, the bytes, and which they are."""
    answer = part(client, asked)
    assert (answer.status_code, answer.data) == (206, FIRST.content[start:stop])
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert answer.headers["Content-Length"] == str(stop - start)
    assert "filename" in answer.headers["Content-Disposition"]


def test_a_whole_file_says_that_it_can_be_had_in_parts(client: FlaskClient) -> None:
    """It has a strong validator, the same each time and another for another file."""
    answers = [client.get(path_of(place)) for place in (0, 0, 1)]
    assert {each.headers["Accept-Ranges"] for each in answers} == {"bytes"}
    tags = [each.headers["ETag"] for each in answers]
    assert tags == [etag_of(FIRST), etag_of(FIRST), etag_of(SECOND)]
    assert tags[0].startswith('"')


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=9-3", "bytes=-0"])
def test_a_part_that_is_not_there_is_refused(client: FlaskClient, asked: str) -> None:
    """Status 416 tells how long the file is."""
    answer = part(client, asked)
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=a-b"])
def test_what_is_no_single_part_is_the_whole_file(client: FlaskClient, asked: str) -> None:
    """A server may pass over a range that it does not understand."""
    answer = part(client, asked)
    assert (answer.status_code, answer.data) == (200, FIRST.content)


def test_a_part_of_another_version_is_the_whole_file(client: FlaskClient) -> None:
    """`If-Range` with the file's own validator gives the part, with another one the whole."""
    assert part(client, "bytes=5-", etag_of(FIRST)).status_code == 206
    answer = part(client, "bytes=5-", '"another"')
    assert (answer.status_code, answer.data) == (200, FIRST.content)


def test_a_site_may_know_no_parts(site: DemoSite, client: FlaskClient) -> None:
    """Switched off, a file has neither parts nor a validator."""
    site.change(ranges=False)
    answer = part(client, "bytes=0-9")
    assert (answer.status_code, answer.data) == (200, FIRST.content)
    assert not {"ETag", "Accept-Ranges"} & set(answer.headers.keys())


def test_the_log_tells_which_part_was_asked_for(site: DemoSite, client: FlaskClient) -> None:
    """So that a test can see that only the rest was fetched."""
    site.clear_log()
    part(client, "bytes=7-")
    client.get(path_of())
    assert [(each.status, each.range) for each in site.log] == [(206, "bytes=7-"), (200, "")]


def test_a_cut_part_promises_more_than_it_sends(site: DemoSite, client: FlaskClient) -> None:
    """The rest of a file can be cut as the file can."""
    site.change(faults={NUMBER: "truncated"})
    answer = part(client, "bytes=100-")
    assert answer.headers["Content-Length"] == str(SIZE - 100)
    assert answer.data == FIRST.content[100:][: (SIZE - 100) // 2]


def test_a_file_may_come_without_its_length(site: DemoSite, client: FlaskClient) -> None:
    """Nothing is promised, and no part can be had."""
    site.change(faults={NUMBER: "no-length:1"})
    answer = part(client, "bytes=5-")
    assert (answer.status_code, answer.data) == (200, FIRST.content)
    assert "Content-Length" not in answer.headers


def test_a_file_may_come_packed(site: DemoSite, client: FlaskClient) -> None:
    """The length is that of what is sent, whether or not somebody wanted it so."""
    site.change(faults={NUMBER: "gzip"})
    answer = client.get(path_of(), headers={"Accept-Encoding": "identity"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert gzip.decompress(answer.data) == FIRST.content


@pytest.mark.parametrize("place", [0, 1])
def test_the_rest_may_be_of_something_else(site: DemoSite, client: FlaskClient, place: int) -> None:
    """The first answer breaks off, the rest never fits, and the whole file comes whole when it is asked for again."""
    assert ORDER is not None
    content = ORDER.attachments[place].content
    site.change(faults={NUMBER: "wrong-range"})
    cut = client.get(path_of(place))
    assert cut.data == content[: len(content) // 2]
    rest = part(client, f"bytes={len(cut.data)}-", cut.headers["ETag"], place)
    assert rest.status_code == 206
    assert (rest.headers["ETag"], rest.headers["Content-Range"].partition("-")[0]) != (
        cut.headers["ETag"],
        f"bytes {len(cut.data)}",
    )
    assert cut.data + rest.data != content
    assert client.get(path_of(place)).data == content


def test_a_sign_in_page_may_come_instead_of_a_file(site: DemoSite, client: FlaskClient) -> None:
    """A plain page, with status 200, that does not claim to be a file."""
    site.change(faults={NUMBER: "html-200:1"})
    answer = client.get(path_of())
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "Content-Disposition" not in answer.headers
    assert b'type="password"' in answer.data
    assert client.get(path_of()).data == FIRST.content


@pytest.fixture
def demo() -> Iterator[RunningDemo]:
    with serve(DemoOptions(shapes={NUMBER: "elsewhere"})) as running:
        yield running


def ask(url: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
    address = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=60)
    try:
        connection.request("GET", f"{address.path}?{address.query}", headers={"Host": address.netloc, **headers})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location", ""), answer.read()
    finally:
        connection.close()


def sent_elsewhere(demo: RunningDemo) -> str:
    status, location, _ = ask(demo.url + path_of(), {"Cookie": f"{COOKIE}={demo.site.begin_session()}"})
    assert status == 302
    return location


def test_another_origin_has_the_file(demo: RunningDemo) -> None:
    """The site leads to another host with a signature, and there the file is for whoever has that address."""
    location = sent_elsewhere(demo)
    assert urlsplit(location).hostname == "localhost"
    assert urlsplit(location).port != urlsplit(demo.url).port
    assert ask(location, {})[::2] == (200, FIRST.content)
    assert ask(location, {"Range": "bytes=5-"})[::2] == (206, FIRST.content[5:])


@pytest.mark.parametrize("header", ["Cookie", "Authorization"])
def test_another_origin_lets_nobody_in_who_tells_secrets(demo: RunningDemo, header: str) -> None:
    """What should not have been sent is refused, and kept for the test to see."""
    assert ask(sent_elsewhere(demo), {header: "a=b"})[0] == 403
    [heard] = demo.site.elsewhere_log
    assert "a=b" in (heard.cookie, heard.authorization)
    assert heard.status == 403


def test_another_origin_wants_its_signature(demo: RunningDemo) -> None:
    """An address without it opens nothing."""
    assert ask(sent_elsewhere(demo).partition("?")[0], {})[0] == 403


def test_another_origin_is_gone_after_the_block() -> None:
    """Nobody listens there any more."""
    with serve(DemoOptions(shapes={NUMBER: "elsewhere"})) as demo:
        location = sent_elsewhere(demo)
    with pytest.raises(ConnectionRefusedError):
        ask(location, {})


def test_another_origin_needs_a_server(site: DemoSite) -> None:
    """An application alone has no second port."""
    with pytest.raises(UsageMistake, match="needs a site that is served"):
        address_of(site, FIRST, "127.0.0.1:80")
