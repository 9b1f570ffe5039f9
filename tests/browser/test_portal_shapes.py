"""The Coupa portal finds every attachment in whatever shape the page offers it, and nothing that is none."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.portals.demo.options import DemoOptions
from pytest_edgepool.portals.demo.truth import demo_order
from pytest_edgepool.portals.portal import PageKind
from tests.pages import PORTAL, browser, demo, markup_page, needs_browser, page_at, whole_page_at

if TYPE_CHECKING:
    from selenium.webdriver.chrome.webdriver import WebDriver

    from pytest_edgepool.portals.demo.server import RunningDemo
    from pytest_edgepool.portals.portal import Page

__all__ = ["browser", "demo"]

pytestmark = needs_browser

NUMBER = next(
    str(number)
    for number in range(15262984, 15263984)
    if (order := demo_order(str(number)))
    and len(order.attachments) == 4
    and len({e.name for e in order.attachments}) == 4
)
FILE_ADDRESS = "/attachment/attachment_file/type/"


def names_of(page: Page) -> list[str]:
    return [each.name for each in page.attachments]


def shaped(browser: WebDriver, demo: RunningDemo, shape: str) -> tuple[Page, list[str]]:
    """Return the whole page of the order in that shape, and the names that the truth has."""
    demo.site.change(shapes={NUMBER: shape})
    order = demo_order(NUMBER, DemoOptions(shapes={NUMBER: shape}))
    assert order is not None
    page = whole_page_at(browser, PORTAL.order_url(demo.url, NUMBER))
    assert page.kind is PageKind.ORDER
    return page, [each.name for each in order.attachments]


@pytest.mark.parametrize(
    "shape",
    [
        "anchors",
        "download-anchors",
        "widgets",
        "double",
        "bare",
        "hostile",
        "double+bare+hostile",
        "anchors+bare+hostile",
        "lazy",
        "lazy-silent",
        "lazy-silent+anchors",
        "lines",
        "lines+widgets",
        "lazy+lines+download-anchors",
        "lazy-silent+lines",
    ],
)
def test_every_file_is_found_once(browser: WebDriver, demo: RunningDemo, shape: str) -> None:
    """Name by name and in page order, by addresses of files only, whatever stands beside them."""
    page, names = shaped(browser, demo, shape)
    assert names_of(page) == names
    assert len({each.url for each in page.attachments}) == len(names)
    assert not any(each.press for each in page.attachments)
    for each in page.attachments:
        address = urlsplit(each.url)
        assert address.path.startswith(FILE_ADDRESS) or address.path.endswith("/download"), each.url
    assert not [each.path for each in demo.site.log if "hostile" in each.path]


@pytest.mark.parametrize("shape", ["press", "press+hostile", "press+lazy", "press+lines"])
def test_what_only_a_click_brings_is_found(browser: WebDriver, demo: RunningDemo, shape: str) -> None:
    """No address is known, but the element is, by a selector that names it alone, and the name of its file."""
    page, names = shaped(browser, demo, shape)
    assert names_of(page) == names
    assert {each.url for each in page.attachments} == {""}
    for each in page.attachments:
        found = browser.execute_script("return Array.from(document.querySelectorAll(arguments[0]))", each.press)
        assert [one.get_attribute("class") for one in found] == ["attachment-file"]


@pytest.mark.parametrize(
    "label",
    [
        "{} file attachment",
        "Anexo de arquivo {}",
        "Dateianhang {}",
        "Pièce jointe : {}",
        "添付ファイル {}",
        "{} の添付",
        "مرفق {}",
        "{}",
    ],
)
def test_a_label_in_any_language_marks_a_file(browser: WebDriver, demo: RunningDemo, label: str) -> None:
    """The structure decides; the address that ends in the file's name tells which part of the label is the name."""
    address = f"{demo.url}{FILE_ADDRESS}7/Fatura%20n%C2%BA%201.pdf"
    spoken = label.format("Fatura nº 1.pdf")
    page = markup_page(
        browser,
        demo,
        f'<div class="x" data-href="{address}"><p><b>'
        f'<span role="button" aria-label="{spoken}"><i></i></span></b></p></div>',
    )
    assert [(each.url, each.name) for each in page.attachments] == [(address, "Fatura nº 1.pdf")]


def test_the_climb_ends_at_four(browser: WebDriver, demo: RunningDemo) -> None:
    """What is further up belongs to something greater than the widget."""
    markup = '<div class="attachments" data-href="/f/a.pdf">{}<span role="button" title="a.pdf">x</span>{}</div>'
    assert names_of(markup_page(browser, demo, markup.format("<p><b><i>", "</i></b></p>"))) == ["a.pdf"]
    assert markup_page(browser, demo, markup.format("<p><b><i><u>", "</u></i></b></p>")).attachments == ()


def test_a_frame_of_the_same_site_is_read_as_well(browser: WebDriver, demo: RunningDemo) -> None:
    """Its attachments count; what would have to be clicked in it does not, for no selector reaches it."""
    inner = (
        f"<a href='{demo.url}{FILE_ADDRESS}7/a.pdf'>a.pdf</a>"
        "<span class='attachment-file' role='button' title='b.pdf'></span>"
    )
    browser.get(PORTAL.order_url(demo.url, NUMBER))
    before = names_of(PORTAL.read(browser))
    browser.execute_script(
        "const frame = document.createElement('iframe'); document.body.append(frame);"
        "frame.contentDocument.body.innerHTML = arguments[0];",
        inner,
    )
    assert names_of(PORTAL.read(browser)) == [*before, "a.pdf"]


def test_a_button_that_removes_a_file_is_never_clicked(browser: WebDriver, demo: RunningDemo) -> None:
    """It stands beside the file and has its name in its label, too."""
    page = markup_page(
        browser,
        demo,
        '<ul class="attachments"><li><button aria-label="Remove a.pdf">x</button></li>'
        '<li class="attachment-file"><a data-method="delete" title="Delete b.pdf">x</a></li>'
        '<li class="attachment-file"><a data-method="delete" title="Delete c.pdf">x</a><b role="button" title="c.pdf">'
        "</b></li></ul>",
    )
    assert [each.name for each in page.attachments] == ["c.pdf"]
    assert (
        browser.execute_script("return document.querySelector(arguments[0]).title", page.attachments[0].press)
        == "c.pdf"
    )


def test_a_requisition_is_known_and_its_order_links_to_it(browser: WebDriver, demo: RunningDemo) -> None:
    """The order's page tells where it is, and the requisition's own page is one, with its files."""
    page, _ = shaped(browser, demo, "requisition")
    assert page.requisitions == (f"{demo.url}/requisition_headers/{NUMBER}",)
    requisition = page_at(browser, page.requisitions[0])
    order = demo_order(NUMBER, DemoOptions(shapes={NUMBER: "requisition"}))
    assert order is not None
    assert requisition.kind is PageKind.REQUISITION
    assert names_of(requisition) == [order.attachments[0].name, *(each.name for each in order.requested)]
    assert requisition.attachments[0].url == page.attachments[0].url


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("signed-out-page", PageKind.SIGNED_OUT),
        ("oops", PageKind.NOT_FOUND),
        ("maintenance", PageKind.UNKNOWN),
    ],
)
def test_a_page_with_status_200_is_known_by_what_it_shows(
    browser: WebDriver, demo: RunningDemo, fault: str, kind: PageKind
) -> None:
    """At the order's own address, with no redirect: signed out in place, not found in words, or nobody knows what."""
    demo.site.change(faults={NUMBER: fault})
    page = page_at(browser, PORTAL.order_url(demo.url, NUMBER))
    assert (page.kind, page.http_status, page.attachments) == (kind, 200, ())


def test_a_plain_page_costs_one_look(browser: WebDriver, demo: RunningDemo) -> None:
    """Nothing is waited for that is there: the whole reading is one script, and no tab is pressed."""
    asked: list[str] = []
    execute = browser.execute

    def counted(command: str, params: dict[str, object] | None = None) -> dict[str, object]:
        asked.append(command)
        return execute(command, params)

    browser.execute = counted  # type: ignore[method-assign, assignment]
    try:
        whole_page_at(browser, PORTAL.order_url(demo.url, NUMBER))
    finally:
        del browser.execute
    assert asked == ["get", "w3cExecuteScript"]


def test_a_tab_that_brings_nothing_is_pressed_once(browser: WebDriver, demo: RunningDemo) -> None:
    """An order may have no lines' attachments: its empty panel is believed, and not waited for."""
    browser.get(PORTAL.order_url(demo.url, NUMBER))
    browser.execute_script(
        "const tab = document.createElement('button'); tab.type = 'button'; tab.textContent = 'Linhas';"
        "tab.setAttribute('role', 'tab'); tab.setAttribute('aria-controls', 'none'); window.pressed = 0;"
        "tab.addEventListener('click', () => { window.pressed += 1; });"
        "const panel = document.createElement('div'); panel.id = 'none'; document.body.append(tab, panel);"
    )
    from pytest_edgepool.clock import Deadline
    from pytest_edgepool.portals.reading import OPENING_SECONDS, read_whole

    begun = SYSTEM_CLOCK.monotonic()
    page = read_whole(browser, PORTAL, Deadline.after(60, "the page"))
    assert len(page.attachments) == 4
    assert browser.execute_script("return window.pressed") == 1
    assert SYSTEM_CLOCK.monotonic() - begun < OPENING_SECONDS + 2
