"""Which addresses are files, when two are one, and what a file is called, in any language."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_edgepool.portals.coupa_attachments import attachments_in, file_key, is_attachment, unread_in
from pytest_edgepool.portals.coupa_facts import Candidate
from pytest_edgepool.portals.portal import FoundAttachment

SITE = "https://acme.coupahost.com"
FILE = f"{SITE}/attachment/attachment_file/type/77/inv.pdf"


def candidate(url: str, **more: object) -> Candidate:
    plain: dict[str, object] = {"is_marked": False, "labels": (), "titles": (), "text": ""}
    return Candidate(url=url, **{**plain, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "path",
    [
        "/attachment/attachment_file/type/77/inv.pdf",
        "/attachments/77/download",
        "/attachments/77/download/inv.pdf",
        "/attachments/77?filename=inv.pdf",
        "/attachments/77?disposition=attachment",
        "/attachments/get?file=inv.pdf&id=77",
        "/tenant/Attachments/x7?name=inv.pdf",
        "/attachment/attachment_file/type/77/How to remove-and-delete it.pdf",
    ],
)
def test_an_address_of_a_file_counts_wherever_it_stands(path: str) -> None:
    """The address itself says what it is."""
    assert is_attachment(candidate(SITE + path))


@pytest.mark.parametrize(
    "path",
    [
        "/attachments/77",
        "/attachments/77/?filename=",
        "/attachments/77?disposition=inline",
        "/attachments/77/destroy?filename=inv.pdf",
        "/attachments/77/edit",
        "/attachments/new?name=inv.pdf",
        "/attachments?name=order",
        "/attachments/get?file=inv.pdf",
        "/attachments/download_all?filename=all.zip",
        "/order_headers/7/delete_attachment",
        "/order_headers/7/remove/attachments/7?filename=inv.pdf",
        "/attachments/7/preview",
        "/invoices/export?filename=all.csv",
        "/invoices/7?disposition=attachment",
        "/lines/7/edit",
    ],
)
def test_what_leads_to_a_page_or_does_something_never_counts(path: str) -> None:
    """Not by itself, nor among attachments, nor under the name of a file."""
    assert not is_attachment(candidate(SITE + path))
    is_deed = path.rpartition("/")[2].partition("?")[0] in ("destroy", "edit", "new", "77", "", "preview")
    if is_deed:
        assert not is_attachment(candidate(SITE + path, is_marked=True, is_among=True, is_named=True))


PAGE = f"{SITE}/order_headers/1"


@pytest.mark.parametrize(
    ("url", "more"),
    [
        (f"{SITE}/blob/9f2/inv.pdf", {"titles": ("inv.pdf",)}),
        (f"{SITE}/blob/9f2", {"titles": ("inv.pdf",), "is_download": True}),
    ],
)
def test_any_address_of_the_site_counts_under_its_files_name_among_attachments(url: str, more: dict[str, Any]) -> None:
    """Each alone is not enough, nor is another site's."""
    whole: dict[str, Any] = {"is_among": True, "is_named": True, **more}
    assert is_attachment(candidate(url, **whole), PAGE)
    for less in ({"is_among": False}, {"is_named": False}):
        assert not is_attachment(candidate(url, **{**whole, **less}), PAGE)
    assert not is_attachment(candidate(url, **whole), "https://other.test/order_headers/1")


@pytest.mark.parametrize(
    ("path", "title"),
    [("/users/5", "john.smith@corp.com"), ("/suppliers/5", "ACME.com"), ("/help", "v2.5"), ("/blob/9f2", "inv.pdf")],
)
def test_a_dot_in_a_tooltip_makes_no_file(path: str, title: str) -> None:
    """What is named like a file and leads elsewhere is not fetched; where it may be a file, that is told."""
    link = candidate(SITE + path, is_among=True, is_named=True, titles=(title,))
    assert not is_attachment(link, PAGE)
    assert unread_in([link], PAGE) == (title == "inv.pdf")


MARKED = {"is_marked": True, "mark": 1}


@pytest.mark.parametrize(
    ("missed", "count"),
    [
        (candidate("", is_unread=True, text="inv.pdf", **MARKED), 1),
        (candidate(f"{SITE}/attachments/55", text="inv.pdf", **MARKED), 1),
        (candidate("", is_unread=True, labels=("inv.pdf file attachment",), is_among=True), 1),
        (candidate("", is_unread=True, labels=("See john.smith@corp.com",), is_among=True), 0),
        (candidate("", is_unread=True, labels=("Remove other.pdf",), is_among=True), 0),
        (candidate(f"{SITE}/attachments/55", text="inv.pdf"), 0),
        (candidate(f"{SITE}/attachments/55/destroy", text="x", **MARKED), 0),
        (candidate("", text="inv.pdf", **MARKED), 0),
    ],
)
def test_what_is_seen_and_not_understood_is_counted(missed: Candidate, count: int) -> None:
    """Not what leads back, removes, is no file's, or is about one that was found."""
    other = candidate(f"{SITE}/attachment/attachment_file/type/78/other.pdf", text="other.pdf", mark=2)
    assert unread_in([missed, other, missed], PAGE) == count
    found = candidate(FILE, text="inv.pdf")
    assert unread_in([missed, other, found], PAGE) == 0
    beside = candidate(FILE.replace("inv", "b"), mark=1)
    assert unread_in([missed, other, beside], PAGE) == (count if not missed.mark else 0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FILE, f"{FILE}#top"),
        (FILE, f"{FILE}?disposition=attachment"),
        (FILE, FILE.replace("inv.pdf", "inv%2Epdf")),
        (f"{SITE}/attachments/7/download", f"{SITE}/attachments/7/download?filename=a.pdf&disposition=inline"),
    ],
)
def test_one_file_has_one_key(one: str, other: str) -> None:
    """How it is handed out makes no other file."""
    assert file_key(one) == file_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FILE, FILE.replace("/77/", "/78/")),
        (FILE, f"{FILE}?version=2"),
        (FILE, FILE.replace("https", "http")),
        (f"{SITE}/attachments/get?file=a.pdf", f"{SITE}/attachments/get?file=b.pdf"),
        (f"{SITE}/attachment/attachment_file/type?file=1", f"{SITE}/attachment/attachment_file/type?file=2"),
    ],
)
def test_two_files_have_two(one: str, other: str) -> None:
    """Where the query says which file it is, it counts: one of the two would be lost."""
    assert file_key(one) != file_key(other)
    assert len(attachments_in([candidate(one, is_marked=True), candidate(other, is_marked=True)])) == 2


@pytest.mark.parametrize(
    "label",
    [
        "Especificação técnica.pdf file attachment",
        "Anexo de arquivo Especificação técnica.pdf",
        "Dateianhang Especificação técnica.pdf",
        "Archivo adjunto: Especificação técnica.pdf",
        "Pièce jointe Especificação técnica.pdf",
        "添付ファイル：Especificação técnica.pdf",  # noqa: RUF001 - as it is written there
        "Especificação técnica.pdf (tiedoston liite)",
    ],
)
def test_the_name_is_found_in_a_label_in_any_language(label: str) -> None:
    """Also where only a click brings the file, and no address helps."""
    pressed = candidate("", press="#a", labels=(label,))
    assert attachments_in([pressed]) == (FoundAttachment("", "Especificação técnica.pdf", press="#a"),)


def test_the_address_tells_which_part_of_a_label_is_the_name() -> None:
    """In languages of which we know no word."""
    url = f"{SITE}/attachment/attachment_file/type/7/lasku%201.pdf"
    labelled = candidate(url, labels=("Tiedostoliite lasku 1.pdf",))
    assert [each.name for each in attachments_in([labelled])] == ["lasku 1.pdf"]


def test_the_query_tells_the_name_where_nothing_else_does() -> None:
    """An icon that links to the download has no text."""
    assert attachments_in([candidate(f"{SITE}/attachments/7/download?filename=a%20b.pdf")])[0].name == "a b.pdf"


def test_an_element_to_press_counts_once_beside_addresses() -> None:
    """In page order, whatever the kind."""
    found = attachments_in(
        [
            candidate("", press="#b", labels=("b.pdf",)),
            candidate(FILE, text="inv.pdf"),
            candidate("", press="#b", labels=("b.pdf",)),
            candidate("javascript:void(0)", press="", is_marked=True),
        ]
    )
    assert found == (FoundAttachment("", "b.pdf", press="#b"), FoundAttachment(FILE, "inv.pdf"))
