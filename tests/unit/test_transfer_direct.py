"""Direct HTTP against a real server: whole or not at all, and nothing goes where it does not belong."""

from __future__ import annotations

import gzip
import logging
import threading
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from pytest_edgepool.clock import Deadline
from pytest_edgepool.downloads.answer import Answered, AnsweredElsewhere, Part, Request
from pytest_edgepool.downloads.attachment import Attachment
from pytest_edgepool.downloads.connections import Connections, Cut, NoConnection, Unfit, proxy_for
from pytest_edgepool.downloads.cookies import Cookie, Jar
from pytest_edgepool.downloads.crew import Crew
from pytest_edgepool.downloads.direct import fetch_direct
from pytest_edgepool.downloads.transfer import NotADownload
from pytest_edgepool.errors import DeadlinePassed, FileRefused, NetworkTrouble, TransferBroken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_edgepool.downloads.attachment import Arrived

CONTENT = b"%PDF-1.7 " + bytes(range(256)) * 64
NAMED = {"Content-Disposition": 'attachment; filename="inv.pdf"'}
TAGGED = {**NAMED, "ETag": '"v1"'}


@dataclass
class Site:
    """A server whose answers are functions, by path."""

    url: str = ""
    answers: dict[str, Callable[[Handler], None]] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def asked(self, path: str) -> list[dict[str, str]]:
        return [headers for seen, headers in self.seen if seen == path]


class Handler(BaseHTTPRequestHandler):
    """Asks the site what to answer."""

    protocol_version = "HTTP/1.1"
    site: Site

    def setup(self) -> None:
        super().setup()
        self.site.connections += 1

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.site.seen.append((path, {name.lower(): value for name, value in self.headers.items()}))
        self.site.answers[path](self)

    def send(self, body: bytes, headers: dict[str, str], status: int = 200, length: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = length not in (None, len(body))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""


def a_file(handler: Handler) -> None:
    """The whole file, or the part that is asked for."""
    asked = handler.headers.get("Range", "")
    if not asked or handler.headers.get("If-Range") != TAGGED["ETag"]:
        return handler.send(CONTENT, TAGGED)
    begin = int(asked.removeprefix("bytes=").rstrip("-"))
    told = {"Content-Range": f"bytes {begin}-{len(CONTENT) - 1}/{len(CONTENT)}"}
    return handler.send(CONTENT[begin:], {**TAGGED, **told}, 206)


def cut_once(handler: Handler) -> None:
    """The first answer breaks off in the middle."""
    if len(handler.site.asked(handler.path)) == 1:
        return handler.send(CONTENT[: len(CONTENT) // 2], TAGGED, length=len(CONTENT))
    return a_file(handler)


def leads_to(place: str, **headers: str) -> Callable[[Handler], None]:
    return lambda handler: handler.send(b"", {"Location": place, **headers}, 302)


@contextmanager
def serving() -> Iterator[Site]:
    site = Site()
    handler = type("Bound", (Handler,), {"site": site})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        site.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield site
        finally:
            site.over.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as made:
        yield made


@pytest.fixture
def connections() -> Iterator[Connections]:
    made = Connections(4)
    yield made
    made.cut()


@pytest.fixture
def asking(site: Site, tmp_path: Path) -> Callable[..., Request]:
    """Make a request for a path of the site."""
    parts: dict[str, Part] = {}

    def ask(path: str, cookies: tuple[Cookie, ...] = (), seconds: float = 60.0, url: str = "") -> Request:
        part = parts.setdefault(path, Part(tmp_path / f"part-{len(parts)}"))
        return Request(
            attachment=Attachment(url=url or site.url + path, name="Invoice.pdf"),
            headers={"User-Agent": "the browser's own", "Accept-Language": "pt-BR,pt;q=0.9"},
            referrer=f"{site.url}/order_headers/1?token=CANARY#x",
            jar=Jar(cookies),
            part=part,
            deadline=Deadline.after(seconds, "PO 1"),
        )

    return ask


def content_of(arrived: Arrived) -> bytes:
    return arrived.path.read_bytes()


SESSION = Cookie(name="_session", value="s3", domain="127.0.0.1")


# -- what is sent, and where


def test_a_file_arrives_as_the_browser_would_ask_for_it(site: Site, connections: Connections, asking: Any) -> None:
    """With its user agent, language, page and cookies, and undisguised."""
    site.answers["/f"] = a_file
    arrived = fetch_direct(connections, asking("/f", (SESSION,)))
    assert (content_of(arrived), arrived.name, arrived.expected_bytes) == (CONTENT, "inv.pdf", len(CONTENT))
    [sent] = site.asked("/f")
    assert sent["user-agent"] == "the browser's own"
    assert sent["accept-language"] == "pt-BR,pt;q=0.9"
    assert sent["referer"] == f"{site.url}/order_headers/1?token=CANARY"
    assert (sent["cookie"], sent["accept-encoding"]) == ("_session=s3", "identity")


def test_another_origin_gets_neither_cookies_nor_the_pages_path(
    site: Site, connections: Connections, asking: Any
) -> None:
    """A redirect to a file store, as object stores are used with signed addresses."""
    with serving() as store:
        store.answers["/bucket"] = a_file
        elsewhere = store.url.replace("127.0.0.1", "localhost")
        site.answers["/f"] = leads_to(f"{elsewhere}/bucket?signature=CANARY")
        loose = Cookie(name="_loose", value="x", domain="localhost")
        arrived = fetch_direct(connections, asking("/f", (SESSION, loose)))
        assert content_of(arrived) == CONTENT
        [sent] = store.asked("/bucket")
        assert "cookie" not in sent
        assert sent["referer"] == f"{site.url}/"


def test_cookies_that_a_redirect_sets_go_with_the_next_request(
    site: Site, connections: Connections, asking: Any
) -> None:
    """On the same origin only, and they are told afterwards."""
    site.answers["/f"] = leads_to("/g", **{"Set-Cookie": "_session=s4; Path=/; HttpOnly"})
    site.answers["/g"] = a_file
    request = asking("/f", (SESSION,))
    fetch_direct(connections, request)
    assert site.asked("/g")[0]["cookie"] == "_session=s4"
    assert [(each.name, each.value, each.is_http_only) for each in request.jar.changed] == [("_session", "s4", True)]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", "data:,x", "ftp://x/y", "blob:x"])
def test_other_schemes_are_refused(site: Site, connections: Connections, asking: Any, address: str) -> None:
    """Whether the page names them or a redirect leads there."""
    site.answers["/f"] = leads_to(address)
    with pytest.raises(FileRefused, match="is never asked"):
        fetch_direct(connections, asking("/f"))
    with pytest.raises(FileRefused, match="is never asked"):
        fetch_direct(connections, asking("/f", url=address))


def test_a_way_without_end_is_no_download(site: Site, connections: Connections, asking: Any) -> None:
    """Ten redirects are followed."""
    site.answers["/f"] = leads_to("/f")
    with pytest.raises(NotADownload):
        fetch_direct(connections, asking("/f"))
    assert len(site.asked("/f")) == 11


def test_no_query_is_logged(
    site: Site, connections: Connections, asking: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even at DEBUG, where urllib3 tells every address: signatures travel there."""
    caplog.set_level(logging.DEBUG)
    site.answers["/f"] = a_file
    request = asking("/f", url=f"{site.url}/f?signature=CANARY")
    with Crew([lambda: fetch_direct(connections, request)], 1, connections.cut) as crew:
        [(_, came)] = crew.results(lambda: None)
    assert content_of(came) == CONTENT
    assert "CANARY" not in caplog.text


@pytest.mark.parametrize("mark", ["\\@", "\\\\@", "\t\\@", "/@", "?@", "#@"])
def test_an_address_that_two_parsers_read_differently_goes_to_one_host(
    site: Site, connections: Connections, asking: Any, mark: str
) -> None:
    """`http://evil\\@site/` is evil's to whoever connects: it must be evil's to whoever sends cookies."""
    with serving() as evil:
        for path in ("/@x", "/", f"/@{site.url.removeprefix('http://')}/x", f"//@{site.url.removeprefix('http://')}/x"):
            evil.answers[path] = a_file
        misleading = f"{evil.url}{mark}{site.url.removeprefix('http://')}/x"
        site.answers["/f"] = leads_to(misleading.replace("\t", ""))
        fetch_direct(connections, asking("/f", (SESSION,)))
        assert len(evil.seen) == 1
        assert not [headers for _, headers in evil.seen if "cookie" in headers]
        assert not site.asked("/x")


@pytest.mark.parametrize("place", ["\\\\{host}/g", "/\\{host}/g", "//{host}/g", "http:\\\\{host}\\g"])
def test_slashes_are_read_as_browsers_do(site: Site, connections: Connections, asking: Any, place: str) -> None:
    """Also where a redirect leaves out what stays the same."""
    with serving() as store:
        store.answers["/g"] = a_file
        site.answers["/f"] = leads_to(place.format(host=store.url.removeprefix("http://")))
        assert content_of(fetch_direct(connections, asking("/f", (SESSION,)))) == CONTENT
        assert "cookie" not in store.asked("/g")[0]


@pytest.mark.parametrize("address", ["http://", "http:///x", "http://a b/x", "http://[::1/x", "HTTP:x"])
def test_an_address_without_a_host_is_refused(connections: Connections, asking: Any, address: str) -> None:
    """Nobody could say whose it is."""
    with pytest.raises(FileRefused, match="cannot be read"):
        fetch_direct(connections, asking("/f", url=address))


def test_a_page_of_https_that_names_http_is_for_the_browser(connections: Connections, asking: Any) -> None:
    """Browsers raise such an address to https, or do not ask for it."""
    request = replace(asking("/f"), referrer="HTTPS://acme.test/order_headers/1")
    with pytest.raises(Unfit, match="names an address of http"):
        fetch_direct(connections, request)


# -- what comes back


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 503])
def test_a_status_is_told_with_what_the_site_asks_for(
    site: Site, connections: Connections, asking: Any, status: int
) -> None:
    """What it means is decided elsewhere."""
    site.answers["/f"] = lambda handler: handler.send(b"no", {"Retry-After": "7"}, status)
    with pytest.raises(Answered) as told:
        fetch_direct(connections, asking("/f"))
    assert (told.value.status, told.value.retry_after) == (status, "7")


@pytest.mark.parametrize("status", [404, 410, 429, 503])
def test_the_status_of_another_origin_is_told_as_such(
    site: Site, connections: Connections, asking: Any, status: int
) -> None:
    """A file store that does not answer is not the portal's back-off, nor its word that there is no such file."""
    with serving() as store:
        store.answers["/g"] = lambda handler: handler.send(b"no", {}, status)
        site.answers["/f"] = leads_to(f"{store.url}/g")
        with pytest.raises(AnsweredElsewhere):
            fetch_direct(connections, asking("/f"))


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/xhtml+xml", ""])
def test_a_page_is_no_file(site: Site, connections: Connections, asking: Any, kind: str) -> None:
    """A browser would show it; without a type it is known by its beginning."""
    headers = {"Content-Type": kind} if kind else {}
    site.answers["/f"] = lambda handler: handler.send(b"\n<!DOCTYPE html><p>Sign in", headers)
    with pytest.raises(NotADownload):
        fetch_direct(connections, asking("/f"))


def test_a_page_that_is_sent_as_a_file_is_one(site: Site, connections: Connections, asking: Any) -> None:
    """The work folder looks whether its name may be a page's."""
    site.answers["/f"] = lambda handler: handler.send(b"<html>", {**NAMED, "Content-Type": "text/html"})
    assert fetch_direct(connections, asking("/f")).content_type == "text/html"


def test_text_that_begins_as_markup_is_a_file(site: Site, connections: Connections, asking: Any) -> None:
    """The site says what it is."""
    site.answers["/a.csv"] = lambda handler: handler.send(b"<b>;1", {"Content-Type": "text/csv"})
    assert fetch_direct(connections, asking("/a.csv")).name == "a.csv"


def test_a_compressed_body_is_written_as_it_was_meant(site: Site, connections: Connections, asking: Any) -> None:
    """Its length is that of the body on the way, not of the file."""
    packed = {**NAMED, "Content-Encoding": "gzip"}
    site.answers["/f"] = lambda handler: handler.send(gzip.compress(CONTENT), packed)
    arrived = fetch_direct(connections, asking("/f"))
    assert (content_of(arrived), arrived.expected_bytes) == (CONTENT, None)


def ends_by_hanging_up(body: bytes, headers: dict[str, str]) -> Callable[[Handler], None]:
    """An answer without a length, as HTTP/1.0 has them."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        for name, value in {**headers, "Connection": "close"}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True

    return answer


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(CONTENT), zlib.compress(CONTENT), gzip.compress(CONTENT[:99]) + gzip.compress(CONTENT[99:])],
    ids=["gzip", "zlib", "two that were put together"],
)
def test_a_packed_body_without_a_length_is_whole_or_not_at_all(
    site: Site, connections: Connections, asking: Any, packed: bytes
) -> None:
    """Its own end tells."""
    headers = {**NAMED, "Content-Encoding": "gzip"}
    site.answers["/f"] = ends_by_hanging_up(packed, headers)
    assert content_of(fetch_direct(connections, asking("/f"))) == CONTENT
    for cut in (9, len(packed) // 2, len(packed) - 1):
        site.answers["/f"] = ends_by_hanging_up(packed[:cut], headers)
        with pytest.raises(TransferBroken):
            fetch_direct(connections, asking("/f"))


def test_what_cannot_be_unpacked_is_broken(site: Site, connections: Connections, asking: Any) -> None:
    """It says gzip and is none."""
    site.answers["/f"] = lambda handler: handler.send(CONTENT, {**NAMED, "Content-Encoding": "gzip"})
    with pytest.raises(TransferBroken, match="cannot be unpacked"):
        fetch_direct(connections, asking("/f"))


@pytest.mark.parametrize("packing", ["br", "zstd", "gzip, br"])
def test_another_packing_is_for_the_browser(site: Site, connections: Connections, asking: Any, packing: str) -> None:
    """It was not asked for, and would be saved as it is."""
    site.answers["/f"] = lambda handler: handler.send(b"x", {**NAMED, "Content-Encoding": packing})
    with pytest.raises(Unfit, match="packs it"):
        fetch_direct(connections, asking("/f"))


def test_nothing_at_all_is_a_file_only_where_the_site_says_so(
    site: Site, connections: Connections, asking: Any
) -> None:
    """A server that dies behind its headers sends the same."""
    site.answers["/f"] = ends_by_hanging_up(b"", NAMED)
    with pytest.raises(TransferBroken, match="nothing arrived"):
        fetch_direct(connections, asking("/f"))
    site.answers["/f"] = lambda handler: handler.send(b"", NAMED)
    assert content_of(fetch_direct(connections, asking("/f"))) == b""


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_body_in_chunks_ends_with_its_last(
    site: Site, connections: Connections, asking: Any, *, is_whole: bool
) -> None:
    """Without a length, only that tells a whole file from a broken one."""

    def chunks(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(CONTENT), CONTENT) + (b"0\r\n\r\n" if is_whole else b""))
        handler.close_connection = True

    site.answers["/f.pdf"] = chunks
    if is_whole:
        assert content_of(fetch_direct(connections, asking("/f.pdf"))) == CONTENT
    else:
        with pytest.raises(TransferBroken):
            fetch_direct(connections, asking("/f.pdf"))


# -- going on


def test_a_broken_transfer_is_gone_on_with(site: Site, connections: Connections, asking: Any) -> None:
    """Only what is missing is asked for, and a piece that is there, to compare."""
    site.answers["/f"] = cut_once
    with pytest.raises(TransferBroken, match=f"{len(CONTENT) // 2} of {len(CONTENT)} bytes arrived"):
        fetch_direct(connections, asking("/f"))
    assert content_of(fetch_direct(connections, asking("/f"))) == CONTENT
    again = site.asked("/f")[1]
    assert again["range"] == f"bytes={len(CONTENT) // 2 - 1024}-"
    assert again["if-range"] == '"v1"'


@pytest.mark.parametrize("validator", [{}, {"ETag": 'W/"v1"'}])
def test_without_a_strong_validator_it_begins_again(
    site: Site, connections: Connections, asking: Any, validator: dict[str, str]
) -> None:
    """Nobody could say that it is still the same."""
    sent = {**NAMED, **validator}
    site.answers["/f"] = lambda handler: handler.send(
        CONTENT if len(site.asked("/f")) > 1 else CONTENT[:100], sent, length=len(CONTENT)
    )
    with pytest.raises(TransferBroken):
        fetch_direct(connections, asking("/f"))
    assert content_of(fetch_direct(connections, asking("/f"))) == CONTENT
    assert "range" not in site.asked("/f")[1]


def changed(begin_shift: int = 0, content: bytes = CONTENT, tag: str = '"v1"') -> Callable[[Handler], None]:
    """A site that goes on with something else."""

    def answer(handler: Handler) -> None:
        tries = len(handler.site.asked("/f"))
        if tries != 2:
            return cut_once(handler) if tries == 1 else handler.send(CONTENT, TAGGED)
        begin = int(handler.headers["Range"].removeprefix("bytes=").rstrip("-")) + begin_shift
        told = {"Content-Range": f"bytes {begin}-{len(CONTENT) - 1}/{len(CONTENT)}", "ETag": tag}
        return handler.send(content[begin:], {**NAMED, **told}, 206)

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(changed(tag='"v2"'), id="another-version"),
        pytest.param(changed(content=bytes(reversed(CONTENT))), id="other-bytes"),
        pytest.param(changed(begin_shift=-500), id="another-place"),
        pytest.param(
            lambda handler: cut_once(handler) if len(handler.site.asked("/f")) != 2 else handler.send(b"", {}, 416),
            id="refused",
        ),
    ],
)
def test_what_goes_on_with_something_else_begins_again(
    site: Site, connections: Connections, asking: Any, answer: Callable[[Handler], None]
) -> None:
    """Two versions are never glued together."""
    site.answers["/f"] = answer
    for _ in range(2):
        with pytest.raises(TransferBroken):
            fetch_direct(connections, asking("/f"))
    assert content_of(fetch_direct(connections, asking("/f"))) == CONTENT
    assert "range" not in site.asked("/f")[2]


# -- time, and connections


def test_a_site_that_drips_is_left_when_time_is_up(site: Site, connections: Connections, asking: Any) -> None:
    """Each read is bounded by what is left of the order's time."""

    def drip(handler: Handler) -> None:
        handler.send(b"%PDF-", NAMED, length=10_000)
        while not site.over.wait(0.02):
            handler.wfile.write(b"x")

    site.answers["/f"] = drip
    with pytest.raises(DeadlinePassed):
        fetch_direct(connections, asking("/f", seconds=0.3))


def test_what_is_under_way_ends_at_once_when_it_is_cut(site: Site, connections: Connections, asking: Any) -> None:
    """Also with a site that says nothing; afterwards nothing can be asked."""
    is_asked = threading.Event()

    def silent(handler: Handler) -> None:
        is_asked.set()
        site.over.wait(60)
        handler.close_connection = True

    site.answers["/f"] = silent
    request = asking("/f")
    with Crew([lambda: fetch_direct(connections, request)], 1, connections.cut) as crew:
        assert is_asked.wait(30)
        connections.cut()
        [(_, came)] = crew.results(lambda: None)
    assert isinstance(came, Cut)
    with pytest.raises(Cut):
        fetch_direct(connections, request)


def test_what_ends_with_its_connection_is_cut_as_well(site: Site, connections: Connections, asking: Any) -> None:
    """All at once, and nothing is written afterwards: the connection has forgotten its socket by then."""
    is_written = threading.Barrier(4)

    def endless(handler: Handler) -> None:
        ends_by_hanging_up(CONTENT, NAMED)(handler)
        is_written.wait(30)
        with suppress(OSError):
            while not site.over.wait(0.01):
                handler.wfile.write(b"x" * 1000)

    paths = ("/f", "/g", "/h")
    site.answers = dict.fromkeys(paths, endless)
    requests = [asking(path) for path in paths]
    with Crew([partial(fetch_direct, connections, each) for each in requests], 3, connections.cut) as crew:
        is_written.wait(30)
        connections.cut()
        came = [each for _, each in crew.results(lambda: None)]
    assert [type(each) for each in came] == [Cut] * 3
    assert not crew.are_left


def test_a_place_that_a_thread_may_still_write_into_is_left(tmp_path: Path) -> None:
    """The next round has one of its own."""
    part = Part(tmp_path / "direct-1", size=7, validator="v")
    assert part.elsewhere() == Part(tmp_path / "direct-1-again")


def test_a_connection_is_kept_from_file_to_file(site: Site, connections: Connections, asking: Any) -> None:
    """Also over redirects and answers without a file."""
    site.answers |= {"/f": a_file, "/r": leads_to("/f"), "/e": lambda handler: handler.send(b"no", {}, 404)}
    for path in ("/f", "/r", "/f"):
        fetch_direct(connections, asking(path))
    with pytest.raises(Answered):
        fetch_direct(connections, asking("/e"))
    fetch_direct(connections, asking("/f"))
    assert site.connections == 1


def test_a_kept_connection_that_was_closed_meanwhile_is_no_trouble(
    site: Site, connections: Connections, asking: Any
) -> None:
    """The request had not begun: it goes over a new one."""

    def hangs_up_if_kept(handler: Handler) -> None:
        if len(site.asked("/f")) == 2:
            handler.close_connection = True
            return
        a_file(handler)

    site.answers["/f"] = hangs_up_if_kept
    for _ in range(2):
        assert content_of(fetch_direct(connections, asking("/f"))) == CONTENT
    assert site.connections == 2


def test_a_first_request_without_an_answer_is_trouble(site: Site, connections: Connections, asking: Any) -> None:
    """It may have been heard: whoever decides of tries decides of this one."""

    def hang_up(handler: Handler) -> None:
        handler.close_connection = True

    site.answers["/f"] = hang_up
    with pytest.raises(NetworkTrouble):
        fetch_direct(connections, asking("/f"))
    assert len(site.asked("/f")) == 1


def test_nobody_there_is_told_as_such(site: Site, connections: Connections, asking: Any) -> None:
    """The browser may know a way: it is another trouble than a connection that breaks."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        free = server.server_port
    with pytest.raises(NoConnection):
        fetch_direct(connections, asking("/f", url=f"http://127.0.0.1:{free}/f"))


def test_what_no_header_can_hold_is_for_the_browser(site: Site, connections: Connections, asking: Any) -> None:
    """A cookie with a line end in it, as none should be."""
    odd = Cookie(name="a", value="x\r\ny", domain="127.0.0.1")
    with pytest.raises(Unfit):
        fetch_direct(connections, asking("/f", (odd,)))


def test_proxies_are_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    """As browsers do: none for this machine itself, and none for what the system excepts."""
    monkeypatch.setenv("https_proxy", "proxy.test:3128")
    monkeypatch.setenv("no_proxy", "intra.test")
    assert proxy_for("https://acme.test/x") == "http://proxy.test:3128"
    assert proxy_for("https://intra.test/x") == ""
    for here in ("localhost:1", "a.localhost", "127.0.0.1", "127.8.9.1:80", "[::1]"):
        assert proxy_for(f"https://{here}/x") == ""
    told = urllib3.make_headers(proxy_basic_auth="a@b:c:d")
    assert Connections(1)._made("http://a%40b:c%3Ad@proxy.test:3128").proxy_headers == told  # type: ignore[attr-defined]
    monkeypatch.setenv("https_proxy", "socks5://proxy.test:1080")
    with pytest.raises(Unfit):
        proxy_for("https://acme.test/x")
