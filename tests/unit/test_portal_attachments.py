"""Which addresses are files, when two are one, and what a file is called, in any language."""

from __future__ import annotations

import pytest

from pytest_edgepool.portals.coupa_attachments import attachments_in, file_key, is_attachment
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
        "/attachments/get?file=inv.pdf",
        "/tenant/Attachments/x?name=inv.pdf",
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
        "/invoices/export?filename=all.csv",
        "/invoices/7?disposition=attachment",
        "/lines/7/edit",
    ],
)
def test_what_leads_to_a_page_or_does_something_never_counts(path: str) -> None:
    """Not by itself, nor among attachments, nor under the name of a file."""
    assert not is_attachment(candidate(SITE + path))
    is_deed = path.rpartition("/")[2].partition("?")[0] in ("destroy", "edit", "new", "77", "")
    if is_deed:
        assert not is_attachment(candidate(SITE + path, is_marked=True, is_among=True, is_named=True))


def test_any_address_counts_under_a_files_name_among_attachments() -> None:
    """Each alone is not enough."""
    url = f"{SITE}/blob/9f2"
    assert is_attachment(candidate(url, is_among=True, is_named=True))
    assert not is_attachment(candidate(url, is_among=True))
    assert not is_attachment(candidate(url, is_named=True))


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
