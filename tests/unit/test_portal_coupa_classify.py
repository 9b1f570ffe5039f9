"""What a page is follows from its facts alone, and an order is only what was shown to be one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_edgepool.portals.coupa import classify
from pytest_edgepool.portals.coupa_facts import Candidate, FailedRequest, PageFacts, SupplierLink
from pytest_edgepool.portals.portal import FoundAttachment, PageKind

SITE = "https://acme.coupahost.com"
FILE = f"{SITE}/attachment/attachment_file/type/77/inv.pdf"
OOPS = "Oops! We couldn't find what you wanted"


def candidate(url: str = FILE, *, marked: bool = True, label: str = "", title: str = "", text: str = "") -> Candidate:
    return Candidate(
        url=url,
        is_marked=marked,
        labels=(label,) if label else (),
        titles=(title,) if title else (),
        text=text,
    )


ORDER = PageFacts(
    url=f"{SITE}/order_headers/15262984",
    title="Purchase Order #15262984",
    status=200,
    headings=("Purchase Order #15262984",),
    body="Purchase Order #15262984 Supplier ACME",
    sign_out_links=1,
    suppliers=(SupplierLink(title="S17 - ACME Ltd.", text="ACME"),),
    candidates=(candidate(label="inv.pdf file attachment"),),
)
HOME = PageFacts(url=f"{SITE}/order_headers", status=200, headings=("Purchase Orders",), sign_out_links=1)
BARE_ORDER = replace(ORDER, suppliers=(), candidates=())
SIGN_IN = PageFacts(url=f"{SITE}/sessions/new", title="Sign in", status=200, password_fields=1, name_fields=1)


def test_an_order_tells_supplier_and_attachments() -> None:
    """The page of an order is read whole."""
    page = classify(ORDER)
    assert page.kind is PageKind.ORDER
    assert page.url == ORDER.url
    assert page.title == ORDER.title
    assert page.http_status == 200
    assert page.supplier == "ACME Ltd."
    assert page.attachments == (FoundAttachment(FILE, "inv.pdf"),)


def test_an_order_without_attachments_is_an_order() -> None:
    """Nothing attached is an answer, not an error."""
    page = classify(replace(ORDER, candidates=()))
    assert (page.kind, page.attachments) == (PageKind.ORDER, ())


@pytest.mark.parametrize(
    "path", ["/order_headers/PO15262984", "/order_headers/15262984/", "/eu/order_headers/15262984"]
)
def test_an_order_is_known_by_its_address(path: str) -> None:
    """Original numbers, an ending slash and a prefix before the path are all addresses of orders."""
    assert classify(replace(BARE_ORDER, url=SITE + path)).kind is PageKind.ORDER


@pytest.mark.parametrize(
    "path", ["/order_headers/new", "/order_headers/123/edit", "/invoices/123", "/x?order_headers/1"]
)
def test_another_address_is_no_order(path: str) -> None:
    """A page that is not at an order's address is not called one, whatever it holds."""
    page = classify(replace(ORDER, url=SITE + path))
    assert (page.kind, page.supplier, page.attachments) == (PageKind.UNKNOWN, "", ())


@pytest.mark.parametrize(
    "url", ["", "about:blank", "chrome-error://chromewebdata/", "data:text/html,x", "http://[bad", "x"]
)
def test_what_is_no_web_page_is_other(url: str) -> None:
    """The browser's own pages and nonsense are nothing we know."""
    assert classify(replace(ORDER, url=url)).kind is PageKind.UNKNOWN


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, PageKind.SIGNED_OUT),
        (403, PageKind.NO_ACCESS),
        (404, PageKind.NOT_FOUND),
        (410, PageKind.NOT_FOUND),
        (429, PageKind.RATE_LIMITED),
        (500, PageKind.SERVER_ERROR),
        (503, PageKind.SERVER_ERROR),
        (400, PageKind.UNKNOWN),
        (418, PageKind.UNKNOWN),
        (304, PageKind.ORDER),
        (0, PageKind.ORDER),
    ],
)
def test_the_status_decides(status: int, kind: PageKind) -> None:
    """The site's own word goes before what the page looks like; an unknown status does not spoil an order."""
    page = classify(replace(ORDER, status=status))
    assert page.kind is kind
    assert bool(page.attachments) is (kind is PageKind.ORDER)


@pytest.mark.parametrize("where", ["title", "headings", "errors", "body"])
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (OOPS, PageKind.NOT_FOUND),
        (OOPS.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}") + ".", PageKind.NOT_FOUND),
        ("OOPS! WE COULDN'T FIND WHAT YOU WANTED", PageKind.NOT_FOUND),
        ("The page you were looking for doesn't exist.", PageKind.NOT_FOUND),
        ("Desculpe, não encontramos o que você procurava", PageKind.NOT_FOUND),
        ("You are not authorized to see this", PageKind.NO_ACCESS),
        ("Access denied", PageKind.NO_ACCESS),
        ("Acesso negado", PageKind.NO_ACCESS),
    ],
)
def test_an_error_sent_with_status_200_is_an_error(where: str, text: str, kind: PageKind) -> None:
    """Coupa says some errors only in words, in the user's language."""
    value = text if where in {"title", "body"} else (text,)
    nameless = replace(BARE_ORDER, title="", headings=())
    assert classify(replace(nameless, **{where: value})).kind is kind  # type: ignore[arg-type]


def test_words_in_an_order_are_not_an_error() -> None:
    """A comment that speaks of denied access does not make the order unreadable."""
    assert classify(replace(ORDER, candidates=(), body=f"Access denied, he said. {OOPS}")).kind is PageKind.ORDER


def test_words_in_an_order_without_supplier_and_files_are_not_an_error() -> None:
    """A line may be a sign that says so: what names the order is the order, unless its title or heading refuses."""
    assert classify(replace(BARE_ORDER, body='Sign "Access denied", 30x20 cm')).kind is PageKind.ORDER


def test_what_offers_files_is_not_refused() -> None:
    """An order's attachments are there to be fetched, whatever its title says."""
    assert classify(replace(ORDER, title="Access denied signs, 10 pieces")).kind is PageKind.ORDER


def test_a_refusal_beside_a_supplier_is_a_refusal() -> None:
    """Not proven means no: an order without files whose error box refuses is not called an order without files."""
    refused = replace(ORDER, candidates=(), errors=("You are not authorized",))
    assert classify(refused).kind is PageKind.NO_ACCESS


def test_an_ordinary_error_box_changes_nothing() -> None:
    """Coupa shows notices on good pages too."""
    assert classify(replace(BARE_ORDER, errors=("Budget exceeded",))).kind is PageKind.ORDER


def test_a_sign_in_page_is_signed_out() -> None:
    """The site's own sign-in form says that it does not know us."""
    assert classify(SIGN_IN).kind is PageKind.SIGNED_OUT


@pytest.mark.parametrize("status", [200, 401, 403, 404, 0])
@pytest.mark.parametrize("path", ["/order_headers/1", "/", "/anything", "/sessions/new"])
def test_a_sign_in_form_is_signed_out_anywhere(path: str, status: int) -> None:
    """A lost session is never read as a missing order, whatever status or words come with the form."""
    facts = replace(SIGN_IN, url=SITE + path, status=status, headings=(OOPS,), body="Access denied")
    assert classify(facts).kind is PageKind.SIGNED_OUT


@pytest.mark.parametrize(
    "url",
    [
        "https://login.idp.test/common/oauth2/authorize?x=1",
        "https://acme.test/adfs/ls",
        "https://acme.test/SSO/start",
        f"{SITE}/login",
    ],
)
def test_the_first_step_of_a_sign_in_is_signed_out(url: str) -> None:
    """A sign-in service that asks for the name first is recognised before it asks for the password."""
    assert classify(PageFacts(url=url, status=200, name_fields=1)).kind is PageKind.SIGNED_OUT


def test_a_name_field_elsewhere_is_no_sign_in() -> None:
    """A user search on an order's page asks for a name, too."""
    assert classify(replace(ORDER, name_fields=1)).kind is PageKind.ORDER


@pytest.mark.parametrize("path", ["/order_headers/15262984", "/order_headers", "/requisition_headers/7"])
def test_a_name_field_in_place_of_an_order_is_a_sign_in(path: str) -> None:
    """The first step of one, at the order's own address: nothing of an order is there, and no way to sign out."""
    asking = PageFacts(url=SITE + path, status=200, headings=("Hello",), name_fields=1, order_marks=2)
    assert classify(asking).kind is PageKind.SIGNED_OUT
    assert classify(replace(asking, sign_out_links=1)).kind is not PageKind.SIGNED_OUT


def test_a_sign_in_address_without_a_form_is_other() -> None:
    """A redirect in flight is not yet a question: it is neither signed in nor out."""
    assert classify(PageFacts(url=f"{SITE}/sessions/new", status=200)).kind is PageKind.UNKNOWN


@pytest.mark.parametrize("status", [429, 503])
def test_an_unwell_site_is_not_signed_out(status: int) -> None:
    """A busy site's form proves nothing; waiting comes before signing in again."""
    assert classify(replace(SIGN_IN, status=status)).kind in {PageKind.RATE_LIMITED, PageKind.SERVER_ERROR}


@pytest.mark.parametrize("path", ["/order_headers", "/order_headers/", "/user/home", "/", "", "/home", "/dashboard"])
def test_a_page_behind_the_sign_in_is_home(path: str) -> None:
    """Who sees one of these is signed in."""
    assert classify(replace(HOME, url=SITE + path)).kind is PageKind.HOME


@pytest.mark.parametrize("path", ["/", "", "/home", "/dashboard"])
def test_a_front_page_for_strangers_is_not_home(path: str) -> None:
    """A front page without a way to sign out is what anybody gets."""
    assert classify(replace(HOME, url=SITE + path, sign_out_links=0)).kind is PageKind.UNKNOWN


@pytest.mark.parametrize(
    ("links", "kind"),
    [((), PageKind.UNKNOWN), ((f"{SITE}/users/7",), PageKind.UNKNOWN), ((f"{SITE}/order_headers/7",), PageKind.HOME)],
)
def test_a_list_without_a_way_to_sign_out_shows_an_order(links: tuple[str, ...], kind: PageKind) -> None:
    """Its address alone proves nothing: "your session has expired" stands there as well."""
    assert classify(replace(HOME, sign_out_links=0, links=links)).kind is kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [("Order 15262984", PageKind.ORDER), ("Order 152629841", PageKind.UNKNOWN), ("", PageKind.UNKNOWN)],
)
def test_a_part_that_only_orders_have_needs_the_number(text: str, kind: PageKind) -> None:
    """A class name may be on every page of the site, also on that of an error in a language that nobody knows."""
    facts = replace(BARE_ORDER, title="", headings=("Hoppla!",), order_marks=3, own_text=text)
    assert classify(facts).kind is kind


FAILED = FailedRequest(what=f"{SITE}/order_headers/15262984/attachments", status=500, is_own=True)


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (401, PageKind.SIGNED_OUT, ()),
        (429, PageKind.RATE_LIMITED, ()),
        (503, PageKind.SERVER_ERROR, ()),
        (404, PageKind.ORDER, (f"{FAILED.what} answered 404",)),
        (-1, PageKind.ORDER, (f"{FAILED.what} was not answered",)),
    ],
)
def test_a_part_that_did_not_come_is_not_nothing(status: int, kind: PageKind, told: tuple[str, ...]) -> None:
    """The site's word to the page's script is its word to us; while a request is under way, it may be mended."""
    facts = replace(BARE_ORDER, failed=(replace(FAILED, status=status),))
    page = classify(facts)
    assert (page.kind, page.failed) == (kind, told)
    assert page.http_status == (200 if told else status)
    assert classify(replace(facts, underway=("x",))).kind is PageKind.ORDER
    assert classify(replace(facts, failed=(replace(FAILED, status=status, is_own=False),))).kind is PageKind.ORDER


@pytest.mark.parametrize(("links", "doubtful"), [(0, True), (1, False)])
def test_a_refusal_without_a_sign_of_the_session_is_doubtful(links: int, doubtful: bool) -> None:
    """A lost session has answered "not found" to whole sheets."""
    for status in (403, 404):
        assert classify(replace(BARE_ORDER, status=status, sign_out_links=links)).is_doubtful is doubtful
    assert not classify(replace(BARE_ORDER, sign_out_links=links)).is_doubtful


def test_what_is_not_looked_at_is_told() -> None:
    """More than the script looks at, or seen and not understood: the page does not pretend that this is all."""
    seen = Candidate(url="", is_marked=True, labels=(), titles=(), text="inv.pdf", is_unread=True, mark=1)
    page = classify(replace(BARE_ORDER, candidates=(seen,), is_cut=True))
    assert [each.split(" ")[0] for each in page.unread] == ["1", "it"]


def test_a_home_page_that_fails_is_not_home() -> None:
    """Home with an error is the error."""
    assert classify(replace(HOME, status=403)).kind is PageKind.NO_ACCESS
    assert classify(replace(HOME, status=400)).kind is PageKind.UNKNOWN


@pytest.mark.parametrize("page", [ORDER, BARE_ORDER, HOME], ids=["order", "bare order", "home"])
def test_a_page_that_is_still_being_filled_is_other(page: PageFacts) -> None:
    """What says that it is not whole yet is not taken for what it will be: files would be missed without a word."""
    found = classify(replace(page, is_busy=True))
    assert (found.kind, found.attachments) == (PageKind.UNKNOWN, ())


@pytest.mark.parametrize("path", ["/order_headers/1", "/order_headers", "/user/home"])
@pytest.mark.parametrize("title", ["", "Coupa"])
def test_an_empty_shell_is_other(path: str, title: str) -> None:
    """An address, a status of 200 and a title show nothing of an order, nor that the site knows us."""
    assert classify(PageFacts(url=SITE + path, status=200, title=title)).kind is PageKind.UNKNOWN


@pytest.mark.parametrize("shown", ["headings", "suppliers", "candidates"])
def test_a_page_that_shows_an_orders_part_is_an_orders(shown: str) -> None:
    """An order's page may lack any of its parts, only not all of them."""
    parts = {name: getattr(ORDER, name) for name in ("url", "status", shown)}
    assert classify(PageFacts(**parts)).kind is PageKind.ORDER


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"password_fields": 1}, PageKind.SIGNED_OUT),
        ({"status": 500}, PageKind.SERVER_ERROR),
        ({"status": 429}, PageKind.RATE_LIMITED),
        ({"status": 404}, PageKind.NOT_FOUND),
        ({"headings": (OOPS,)}, PageKind.NOT_FOUND),
    ],
)
def test_bad_news_is_believed_at_once(facts: dict[str, Any], kind: PageKind) -> None:
    """A page that refuses is not waited for, however busy it says it is."""
    assert classify(replace(BARE_ORDER, is_busy=True, **facts)).kind is kind


@pytest.mark.parametrize(
    ("title", "text", "supplier"),
    [
        ("S17 - ACME Ltd.", "ACME", "ACME Ltd."),
        ("0042 - ACME - West", "x", "ACME - West"),
        ("ACME - West", "ACME West", "ACME West"),
        ("", "ACME", "ACME"),
        ("ACME", "", "ACME"),
        ("", "", ""),
    ],
)
def test_the_suppliers_name_is_what_follows_its_number(title: str, text: str, supplier: str) -> None:
    """The title's number goes, a dash within the name stays."""
    assert classify(replace(ORDER, suppliers=(SupplierLink(title=title, text=text),))).supplier == supplier


def test_an_empty_supplier_link_is_passed_over() -> None:
    """An icon that links to the supplier hides no name that a later link tells."""
    links = (SupplierLink(title="", text=""), SupplierLink(title="1 - ACME", text=""))
    assert classify(replace(ORDER, suppliers=links)).supplier == "ACME"


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (candidate(label="inv.pdf file attachment", title="other.pdf", text="x.pdf"), "inv.pdf"),
        (candidate(label="README File Attachment"), "README"),
        (candidate(label="Anexo de arquivo nota fiscal.pdf"), "nota fiscal.pdf"),
        (candidate(label="nota.pdf anexo de arquivo"), "nota.pdf"),
        (candidate(label="File attachment: inv.pdf"), "inv.pdf"),
        (candidate(label="Open", title="long name.docx", text="long n…"), "long name.docx"),
        (candidate(title="Download", text="inv.pdf"), "inv.pdf"),
        (candidate(title="Download", text="click here"), ""),
        (candidate(), ""),
    ],
)
def test_the_name_is_what_the_page_calls_the_file(found: Candidate, name: str) -> None:
    """Label before tooltip before text; a button's word is not taken for a name."""
    assert classify(replace(ORDER, candidates=(found,))).attachments == (FoundAttachment(FILE, name),)


@pytest.mark.parametrize(
    ("url", "marked"),
    [
        (f"{SITE}/attachments/77", True),
        (f"{SITE}/attachments/77/", True),
        (f"{SITE}/attachment/77", True),
        (f"{SITE}/attachments/download_summary", False),
        (f"{SITE}/attachments/new", False),
        (f"{SITE}/lines/77/edit", False),
        ("javascript:alert(1)", True),
        ("file:///etc/passwd", True),
        ("http://[bad", True),
        ("https://", True),
        ("", True),
    ],
)
def test_what_is_no_file_is_no_attachment(url: str, marked: bool) -> None:
    """An attachment's own page, a widget's address and another scheme than the web's are never fetched."""
    assert classify(replace(ORDER, candidates=(candidate(url, marked=marked),))).attachments == ()


@pytest.mark.parametrize(
    "path",
    [
        "/attachment/attachment_file/type/77/inv.pdf",
        "/attachments/attachment_file/type/77?x=1",
        "/attachments/7/download",
    ],
)
def test_a_files_address_needs_no_mark(path: str) -> None:
    """A link to a file is one, also where the page draws it in another way."""
    assert [
        one.url for one in classify(replace(ORDER, candidates=(candidate(SITE + path, marked=False),))).attachments
    ] == [SITE + path]


def test_one_address_is_one_attachment() -> None:
    """A file that is reachable by a button and by a link counts once, under the first name that is told."""
    other = f"{SITE}/attachment/attachment_file/type/78/b.pdf"
    found = (candidate(), candidate(other, text="b.pdf"), candidate(f"{FILE}#top", marked=False, text="inv.pdf"))
    assert classify(replace(ORDER, candidates=found)).attachments == (
        FoundAttachment(FILE, "inv.pdf"),
        FoundAttachment(other, "b.pdf"),
    )


def test_two_files_of_one_name_are_two() -> None:
    """A name twice is no duplicate: the addresses differ."""
    found = tuple(candidate(f"{SITE}/attachment/attachment_file/type/{n}/a.pdf", text="a.pdf") for n in (1, 2))
    assert [one.name for one in classify(replace(ORDER, candidates=found)).attachments] == ["a.pdf", "a.pdf"]
