"""The demo shows an order's attachments in each shape that real pages have, and only what it was told to."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.portals.demo.options import DemoOptions
from pytest_edgepool.portals.demo.shapes import Shape, shapes_in
from pytest_edgepool.portals.demo.site import create_app
from pytest_edgepool.portals.demo.state import DemoSite
from pytest_edgepool.portals.demo.truth import DEMO_PASSWORD, DEMO_USER, demo_order

if TYPE_CHECKING:
    from flask.testing import FlaskClient

NUMBER = "15262988"  # four files, two of one name
ORDER = f"/order_headers/{NUMBER}"
PLAIN = demo_order(NUMBER)
assert PLAIN is not None
FILE = "/attachment/attachment_file/type/"


@pytest.fixture
def site() -> DemoSite:
    return DemoSite(DemoOptions(lazy_seconds=0))


@pytest.fixture
def client(site: DemoSite) -> FlaskClient:
    client = create_app(site).test_client()
    client.post("/sessions", data={"user[login]": DEMO_USER, "user[password]": DEMO_PASSWORD})
    return client


def shown(site: DemoSite, client: FlaskClient, shape: str, path: str = ORDER) -> str:
    """The page of the order in that shape."""
    site.change(shapes={NUMBER: shape})
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.text


def test_each_shape_is_given_by_its_name() -> None:
    """One name, or several with a plus between them."""
    assert all(shapes_in(shape) == {shape} for shape in Shape)
    assert shapes_in("lazy + anchors") == {Shape.LAZY, Shape.ANCHORS}


def test_an_unknown_shape_is_told_with_the_known_ones() -> None:
    """A mistyped shape is noticed before the site is served."""
    with pytest.raises(UsageMistake, match="no demo shape 'round'; there are: anchors, download-anchors, widgets"):
        DemoOptions(shapes={"1": "lazy+round"})


@pytest.mark.parametrize("text", ["anchors+widgets", "lazy+lazy-silent", "press+double", "odd-names+requisition"])
def test_shapes_that_exclude_each_other_are_refused(text: str) -> None:
    """The sentence names the two."""
    one, other = sorted(text.split("+"))
    with pytest.raises(UsageMistake, match=f"{one} and {other} exclude each other"):
        DemoOptions(shapes={"1": text})


def test_shapes_need_a_session_in_a_cookie() -> None:
    """What a page's script fetches carries no token."""
    with pytest.raises(UsageMistake, match="'local-storage' has no shapes"):
        DemoOptions(shapes={"1": "lazy"}, session="local-storage")


def test_an_order_without_a_shape_is_as_ever(site: DemoSite, client: FlaskClient) -> None:
    """The shape of one order says nothing of another, and the prefix does not matter."""
    before = client.get(ORDER).text
    site.change(shapes={"PO15262989": "press+lines"})
    assert client.get(ORDER).text == before
    assert 'role="tab"' in client.get("/order_headers/15262989").text


def test_anchors_lead_to_files(site: DemoSite, client: FlaskClient) -> None:
    """Each file is a link; its name is the text or the tooltip; there is no `data-url` of a file."""
    page = shown(site, client, "anchors")
    links = re.findall(rf'<a href="({FILE}[^"]+)"', page)
    assert [client.get(unescape(link)).data for link in links] == [one.content for one in PLAIN.attachments]
    assert f'data-url="{FILE}' not in page
    assert re.findall(r'title="(Quote[^"]+)"', page)
    assert ">Lieferschein Größe.docx</a>" in page


def test_download_anchors_lead_to_files(site: DemoSite, client: FlaskClient) -> None:
    """The address is `/attachments/<digits>/download` with the name in its query."""
    page = shown(site, client, "download-anchors")
    links = re.findall(r'<a download href="(/attachments/\d+/download\?filename=[^"]+)"', page)
    assert [client.get(unescape(link)).data for link in links] == [one.content for one in PLAIN.attachments]
    assert client.get(f"/attachments/{NUMBER}1/download?filename=other.pdf").status_code == 404


def test_widgets_have_their_address_somewhere_near(site: DemoSite, client: FlaskClient) -> None:
    """On a parent, four levels up, or in what a click does: each order with four files shows all of it."""
    page = shown(site, client, "widgets")
    assert all(f'{name}="{FILE}' in page for name in ("data-download-url", "data-href", "data-url"))
    assert f"onclick=\"window.open('{FILE}" in unescape(page)
    assert "attachment-file" not in page.split("<script>")[0]


def test_widgets_speak_many_languages(site: DemoSite, client: FlaskClient) -> None:
    """Over a few orders all languages occur."""
    said = ("file attachment", "Anexo de arquivo", "Dateianhang", "Archivo adjunto", "Pièce jointe", "添付ファイル")
    numbers = [str(number) for number in range(15262984, 15262996)]
    site.change(shapes=dict.fromkeys(numbers, "widgets"))
    pages = "".join(client.get(f"/order_headers/{number}").text for number in numbers)
    assert [words for words in said if words not in pages] == []


def test_what_must_be_pressed_has_no_address(site: DemoSite, client: FlaskClient) -> None:
    """Only the page's script knows where the files are, and how each of them is brought."""
    page = shown(site, client, "press")
    assert FILE not in page
    assert page.count('class="attachment-file" role="button"') == 4
    script = client.get(f"{ORDER}/page.js").text
    assert len(set(re.findall(r'"kind": "(press-\w+)"', script))) == 4
    assert script.count(FILE) == 4


def test_a_file_may_be_asked_for_by_a_form(client: FlaskClient) -> None:
    """POST brings the same file as GET."""
    one = PLAIN.attachments[1]
    assert client.post(f"{FILE}{one.identifier}/{one.name}").data == one.content


@pytest.mark.parametrize(("number", "mark"), [(NUMBER, 'aria-busy="true"'), ("15262989", 'class="spinner"')])
def test_lazy_files_come_later(site: DemoSite, client: FlaskClient, number: str, mark: str) -> None:
    """The page has a part that says it is busy; the files are in what its script fetches."""
    site.change(shapes={number: "lazy"})
    page = client.get(f"/order_headers/{number}").text
    order = demo_order(number)
    assert order is not None
    assert mark in page
    assert FILE not in page
    assert client.get(f"/order_headers/{number}/parts/attachments").text.count(FILE) == len(order.attachments)


@pytest.mark.parametrize("number", [NUMBER, "15262989"])
def test_lazy_files_may_come_unannounced(site: DemoSite, client: FlaskClient, number: str) -> None:
    """Nothing in the page says that there is more to come."""
    site.change(shapes={number: "lazy-silent"})
    page = client.get(f"/order_headers/{number}").text
    assert FILE not in page
    assert "aria-busy" not in page
    assert "spinner" not in page
    assert "<li>None</li>" not in page


def test_late_parts_take_their_time(site: DemoSite, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a script fetches is held back as long as it was told to."""
    pauses: list[float] = []
    monkeypatch.setattr(site, "pause", pauses.append)
    site.change(shapes={NUMBER: "lazy"}, lazy_seconds=0.75)
    client.get(f"{ORDER}/parts/attachments")
    assert 0.75 in pauses


def test_lines_are_behind_a_tab(site: DemoSite, client: FlaskClient) -> None:
    """Half of the files are those of the lines: they come when the tab is opened."""
    page = shown(site, client, "lines")
    assert 'role="tab" id="tab-lines" aria-controls="panel-lines" aria-selected="false"' in page
    assert page.count(f'data-url="{FILE}') == 2
    lines = client.get(f"{ORDER}/parts/lines").text
    assert 'class="lineAttachments"' in lines
    assert lines.count(f'data-url="{FILE}') == 2


def test_a_single_file_is_a_lines(site: DemoSite, client: FlaskClient) -> None:
    """Who does not look behind the tab takes the order for one without attachments."""
    number = next(str(n) for n in range(15262984, 15263100) if len((demo_order(str(n)) or PLAIN).attachments) == 1)
    site.change(shapes={number: "lines"})
    assert "<li>None</li>" in client.get(f"/order_headers/{number}").text
    assert client.get(f"/order_headers/{number}/parts/lines").text.count(FILE) == 1


def test_double_shows_each_file_twice(site: DemoSite, client: FlaskClient) -> None:
    """A second element leads to the same path, with a fragment or another query."""
    page = unescape(shown(site, client, "double"))
    first = re.findall(r'class="attachment-file" data-url="([^"]+)"', page)
    second = re.findall(r'class="download" href="([^"]+)"', page)
    assert [re.split("[?#]", link)[0] for link in second] == first
    assert {link[len(begin) :] for link, begin in zip(second, first, strict=True)} == {
        "#file",
        "?disposition=attachment",
    }
    assert client.get(second[0]).data == PLAIN.attachments[0].content


def test_bare_addresses_lead_back(site: DemoSite, client: FlaskClient) -> None:
    """Each file's own page is offered besides, and is the order again."""
    links = re.findall(r'<a href="(/attachments/\d+)">', shown(site, client, "bare"))
    assert [client.get(link).location for link in links] == [ORDER] * 4


def test_hostile_addresses_are_offered(site: DemoSite, client: FlaskClient) -> None:
    """Each kind of address that nobody may follow is there, besides the good ones."""
    page = shown(site, client, "hostile")
    for scheme in ("javascript:", "file:///etc/passwd", "data:application/pdf", "ftp:", "chrome:"):
        assert f'"{scheme}' in page
    assert page.count(f'class="attachment-file" data-url="{FILE}') == 4


def test_a_requisition_shares_a_file_with_its_order(site: DemoSite, client: FlaskClient) -> None:
    """Its page has files of its own, and one that the order has too, under the same address."""
    page = shown(site, client, "requisition", f"/requisition_headers/{NUMBER}")
    assert f"<h1>Requisition #{NUMBER}</h1>" in page
    order = demo_order(NUMBER, site.options)
    assert order is not None
    links = re.findall(r'class="attachment-file" data-url="([^"]+)"', page)
    shared = (order.attachments[0], *order.requested)
    assert [client.get(unescape(link)).data for link in links] == [one.content for one in shared]
    assert links[0] in client.get(ORDER).text


def test_a_requisition_may_be_empty_refused_or_missing(site: DemoSite, client: FlaskClient) -> None:
    """The link is on every order's page; without a shape it leads to a requisition that has no files."""
    site.change(shapes={})
    assert 'class="attachment-file"' not in client.get(f"/requisition_headers/{NUMBER}").text
    assert client.get("/requisition_headers/15263404").status_code == 404
    site.change(shapes={NUMBER: "requisition-refused"})
    assert client.get(f"/requisition_headers/{NUMBER}").status_code == 403


def test_odd_names_are_declared_as_they_are(site: DemoSite, client: FlaskClient) -> None:
    """Each name is in the answer, plain or as RFC 6266 has it; the nameless file has none."""
    site.change(shapes={NUMBER: "odd-names"})
    order = demo_order(NUMBER, site.options)
    assert order is not None
    named = [client.get(f"{FILE}{one.identifier}/file").headers["Content-Disposition"] for one in order.attachments]
    assert named[0] == 'attachment; filename="../../etc/passwd"'
    assert named[4].endswith("filename*=UTF-8''Rechnung%20%E2%80%AEfdp.%F0%9F%93%8E.pdf")
    assert "filename*=UTF-8''Line%09one%07%20two.pdf" in named[5]
    assert named[9] == "attachment"
    assert all(header.isprintable() and header.isascii() for header in named)


def test_a_file_may_come_without_a_name(site: DemoSite, client: FlaskClient) -> None:
    """Then only its address has the name, and nothing says what it is."""
    site.change(shapes={NUMBER: "no-disposition"})
    one = PLAIN.attachments[0]
    answer = client.get(f"{FILE}{one.identifier}/{one.name}")
    assert "Content-Disposition" not in answer.headers
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.data == one.content


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("signed-out-page", 'type="password"'),
        ("oops", "Oops! We couldn't find what you wanted"),
        ("maintenance", "Scheduled maintenance"),
    ],
)
def test_a_page_may_look_well_and_be_another(site: DemoSite, client: FlaskClient, fault: str, words: str) -> None:
    """The order's address answers with status 200, and it is not the order, as often as it was told to."""
    site.change(faults={NUMBER: f"{fault}:1"})
    answer = client.get(ORDER)
    assert (answer.status_code, answer.location) == (200, None)
    assert words in unescape(answer.text)
    assert "Purchase Order #" in client.get(ORDER).text
