"""An order's page is read whole and unharmed: nothing that acts is pressed, and what is missed is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.clock import SYSTEM_CLOCK, Deadline
from pytest_edgepool.portals.conformance import PortalCase, _served
from pytest_edgepool.portals.portal import PageKind
from pytest_edgepool.portals.reading import read_whole
from tests.pages import PORTAL, browser, needs_browser

if TYPE_CHECKING:
    from selenium.webdriver.chrome.webdriver import WebDriver

    from pytest_edgepool.portals.portal import Page

__all__ = ["browser"]

pytestmark = needs_browser

FILE = "/attachment/attachment_file/type/9/l.pdf"
ATTACHED = f'<span class="attachment-file" data-url="{FILE}">l.pdf</span>'
LINE = f'<div class="lineAttachments">{ATTACHED}</div>'
HEAD = "<h1>Purchase Order #15262984</h1>"
FILL = 'fetch("/part").then((a) => a.text()).then((text) => { p.innerHTML = text; })'
PART = "/order_headers/15262984/part"


def whole(browser: WebDriver, markup: str, parts: dict[str, str] | None = None) -> Page:
    case = PortalCase(name="a page", html=f"<!doctype html>{markup}", kind=PageKind.ORDER, parts=parts or {})
    with _served(PORTAL, case) as url:
        browser.get(url)
        return read_whole(browser, PORTAL, Deadline.after(60, "the page"))


def tab(js: str, panel: str = "") -> str:
    return (
        f'{HEAD}<button role="tab" id="t" aria-controls="p" aria-selected="false">Lines</button>'
        f'<div id="p">{panel}</div>'
        f'<script>t.onclick = () => {{ window.name += "!"; t.setAttribute("aria-selected", "true"); {js} }};</script>'
    )


def names(page: Page) -> list[str]:
    return [each.name for each in page.attachments]


@pytest.mark.parametrize(
    ("js", "panel"),
    [
        (f"setTimeout(() => {FILL}, 200)", ""),
        (f"requestAnimationFrame(() => requestAnimationFrame(() => {FILL}))", ""),
        (f'history.pushState(0, "", "?tab=lines"); {FILL}', ""),
        (FILL, "<p>Loading...</p>"),
        (FILL, "<p>Wird geladen\N{HORIZONTAL ELLIPSIS}</p>"),
        (FILL, '<p class="spinner">x</p>'),
        (FILL, "<table><thead><tr><th>File</th></tr></thead><tbody></tbody></table>"),
    ],
    ids=["timer", "frames", "address", "loading", "ellipsis", "spinner", "table"],
)
def test_a_tab_is_waited_for_until_its_panel_is_filled(browser: WebDriver, js: str, panel: str) -> None:
    """However late its script begins, whatever stands there meanwhile, and whatever it does to the address."""
    browser.execute_script("window.name = ''")
    page = whole(browser, tab(js, panel), {"/part": LINE})
    assert names(page) == ["l.pdf"]
    assert browser.execute_script("return window.name") == "!"


@pytest.mark.parametrize(
    "markup",
    [
        '<form action="/x"><button role="tab" aria-controls="p">Approve</button></form>',
        '<button role="tab">Approve</button>',
        '<a role="tab" href="#p" data-method="post">Cancel order</a>',
        '<a role="tab" href="#p" data-confirm="Sure?">Cancel order</a>',
        '<a role="tab" href="#p" data-remote="true">Cancel order</a>',
        '<a role="tab" href="/away" aria-controls="p">Away</a>',
        '<button type="button" role="tab" aria-controls="p"><i class="icon-trash"></i></button>',
        '<form action="/x"><button aria-expanded="false" aria-controls="q">Add attachment</button></form>',
        '<button type="button" aria-expanded="false" aria-controls="q">Add attachment</button>',
        '<button type="button" aria-expanded="false" aria-controls="f">Add attachment</button>',
        '<b class="attachment-file">A.pdf <button title="Delete A.pdf"><i class="icon-trash"></i></button></b>',
        '<span class="attachment-file">Invoice.pdf <button aria-label="Löschen Invoice.pdf"></button></span>',
        '<form><span class="attachment-file"><button title="Invoice.pdf">Invoice.pdf</button></span></form>',
    ],
)
def test_what_may_do_harm_is_not_pressed(browser: WebDriver, markup: str) -> None:
    """What sends a form, removes, leads away, or is another button on a file: neither pressed nor to be pressed."""
    browser.get("about:blank")
    browser.execute_script("window.name = ''")
    listening = "<script>addEventListener('click', (event) => { window.name += event.target.tagName; }, true);</script>"
    page = whole(
        browser,
        f'{HEAD}{listening}{markup}<div id="p"></div><div id="q" class="attachment-new"></div>'
        '<div id="f"><form class="attachments"></form></div>',
    )
    assert page.kind is PageKind.ORDER
    assert (page.sections, page.attachments) == ((), ())
    assert browser.execute_script("return window.name") == ""
    assert len(page.unread) == ("attachment-file" in markup)


@pytest.mark.parametrize(
    "beside",
    [
        '<a href="/attachment_links/77" data-method="delete" title="Remove l.pdf">x</a>',
        '<a href="/attachment_links/77/delete_attachment" title="Remove l.pdf">x</a>',
        '<a class="icon-remove" href="/attachments/77/download" title="Remove l.pdf">x</a>',
        '<a href="/users/5" title="john.smith@corp.com">John</a>',
        '<a href="/help" title="New in v2.5">?</a>',
        '<a href="https://vendor.test/catalog.pdf" title="catalog.pdf">Catalog</a>',
        '<a href="/attachments?name=order">all</a><a href="/attachments/download_all?filename=all.zip">zip</a>',
        '<button type="button" aria-label="Supprimer l.pdf">x</button>',
        '<a href="/attachments/9">l.pdf</a>',
    ],
)
def test_what_stands_beside_a_file_is_neither_one_nor_missed(browser: WebDriver, beside: str) -> None:
    """Links that remove it, people, versions, vendors, collections, and the file's own page."""
    page = whole(browser, f'{HEAD}<div class="attachments">{ATTACHED}{beside}</div>')
    assert (names(page), page.unread) == (["l.pdf"], ())


@pytest.mark.parametrize(
    "markup",
    [
        '<span class="attachment-file">Invoice.pdf</span>',
        '<span class="attachment-file" data-url="/attachments/55">Invoice.pdf</span>',
        '<iframe srcdoc="<span class=attachment-file role=button title=a.pdf>a.pdf</span>"></iframe>',
        '<div class="attachments"><span role="button" tabindex="0" aria-label="Invoice.pdf (file)"></span></div>',
        '<div class="attachments"><a href="/blob/9f2" title="Invoice.pdf">x</a></div>',
    ],
    ids=["text", "bare", "frame", "label", "blob"],
)
def test_what_is_seen_and_not_understood_is_told(browser: WebDriver, markup: str) -> None:
    """It is neither fetched nor passed over in silence, with others beside it or alone."""
    for others in ("", f'<div class="attachments">{ATTACHED}</div>'):
        page = whole(browser, HEAD + markup + others)
        assert names(page) == (["l.pdf"] if others else [])
        assert [each.partition(" of its")[0] for each in page.unread] == ["1"]


@pytest.mark.parametrize(
    ("markup", "told"),
    [
        (f'<ul id="attachments"></ul><script>fetch("{PART}")</script>', "answered 404"),
        (tab(f'fetch("{PART}")'), "answered 404"),
        (f'<ul id="attachments"></ul>{ATTACHED}<script>fetch("{PART}?id=7")</script>', "answered 404"),
        ('<ul id="attachments"></ul><script>fetch("http://127.0.0.1:9/attachments")</script>', "was not answered"),
        (
            "<script>const asked = new XMLHttpRequest(); asked.open('GET', '/attachments/list'); asked.send()</script>",
            "answered 404",
        ),
    ],
)
def test_a_part_that_did_not_come_is_told(browser: WebDriver, markup: str, told: str) -> None:
    """An empty box whose content was asked for in vain is not an order without attachments."""
    page = whole(browser, HEAD + markup)
    assert [each.partition(" ")[2] for each in page.failed] == [told]
    assert "?" not in page.failed[0]


@pytest.mark.parametrize(
    "script",
    [
        f'fetch("{PART}").then(() => fetch("/part")).then((a) => a.text()).then((text) => {{ p.innerHTML = text; }})',
        'fetch("/nothing")',
        'fetch("http://127.0.0.1:9/analytics").catch(() => 0)',
        'const end = new AbortController(); fetch("/attachments/x", {signal: end.signal}).catch(() => 0); end.abort()',
    ],
    ids=["mended", "other", "analytics", "aborted"],
)
def test_what_failed_and_was_not_missed_is_no_matter(browser: WebDriver, script: str) -> None:
    """A part that came in another way, a missing notice, a blocked counter, a request that the page gave up."""
    page = whole(browser, f'{HEAD}<div class="attachments" id="p"></div><script>{script}</script>', {"/part": ATTACHED})
    assert page.failed == ()
    assert names(page) == (["l.pdf"] if "/part" in script and "then(() =>" in script else [])


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        ('<nav><li class="tab_order_headers"><a href="/order_headers">x</a></li></nav><h1>Hoppla!</h1>', "unknown"),
        ('<body class="order_headers show"><h1>Hoppla! Nicht gefunden</h1>', "unknown"),
        ('<div id="order_header_form"><p>Bestellung 15262984</p></div>', "order"),
        ('<h1>Sign in</h1><form class="order_header_x"><input type="email" name="user"></form>', "signed-out"),
        (f'{HEAD}<p>Item: sign "Access denied" 30x20 cm</p>', "order"),
    ],
)
def test_the_sites_own_navigation_makes_no_order(browser: WebDriver, markup: str, kind: str) -> None:
    """A class on every page proves nothing; neither does a line's text against what names the order."""
    assert whole(browser, markup).kind == kind


def test_only_the_orders_own_requisitions_count(browser: WebDriver) -> None:
    """Not those that the navigation lists, or that somebody saw lately."""
    link = '<a href="/requisition_headers/{}">{}</a>'
    lists = f'<nav>{link.format(1, 1)}</nav><aside>{link.format(2, 2)}</aside><ul id="recent_items">{link.format(3, 3)}'
    page = whole(browser, f"{HEAD}<header>{link.format(4, 4)}</header>{lists}</ul><p>{link.format(7, 7)}</p>")
    assert [each.rpartition("/")[2] for each in page.requisitions] == ["7"]


def test_a_large_order_is_read_to_its_end(browser: WebDriver) -> None:
    """Thousands of prices with a tooltip stand before its attachment, and cost next to nothing."""
    rows = "".join(f'<tr><td><div><span title="{row}.50">x</span></div></td></tr>' for row in range(6000))
    begun = SYSTEM_CLOCK.monotonic()
    page = whole(browser, f"{HEAD}<table>{rows}</table>{ATTACHED}")
    assert (names(page), page.unread) == (["l.pdf"], ())
    assert SYSTEM_CLOCK.monotonic() - begun < 5


def test_a_place_to_click_moves_with_the_page(browser: WebDriver) -> None:
    """What a tab puts before it does not make another element the file's."""
    page = whole(
        browser,
        '<div id="w"><div><span class="attachment-file" role="button" title="a.pdf">a.pdf</span></div></div>'
        f"{tab('w.prepend(document.createElement(`div`)); p.textContent = `none`')}",
    )
    assert [(each.name, each.label) for each in page.attachments] == [("a.pdf", "a.pdf")]
    assert "nth-of-type(2)" in page.attachments[0].press
