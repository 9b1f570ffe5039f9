"""What was fetched, and whether it can be what its name says."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import pytest

from pytest_edgepool.downloads.attachment import Attachment, DownloadedFile, digest_of, what_is_wrong

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04...."
PAGE = b"<!DOCTYPE html><html><body>Sign in</body></html>"


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, 3_000_000])
def test_the_digest_is_the_files_sha256(tmp_path: Path, size: int) -> None:
    """Files of any length, also around the size of a chunk, have the digest that any tool gives."""
    path = tmp_path / "file"
    path.write_bytes(b"ab" * (size // 2) + b"c" * (size % 2))

    assert digest_of(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_missing_file_has_no_digest(tmp_path: Path) -> None:
    """Nothing is invented for a file that is not there."""
    with pytest.raises(FileNotFoundError):
        digest_of(tmp_path / "nothing")


def test_the_values_survive_pickling() -> None:
    """Attachments and files cross to another process."""
    attachment = Attachment(url="https://x.test/a?token=1", name="a.pdf")
    file = DownloadedFile(path=Path("a.pdf"), name="a.pdf", size=1, sha256="00", url="https://x.test/a")

    assert pickle.loads(pickle.dumps((attachment, file))) == (attachment, file)


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("a.pdf", b"%PDF-1.7\n"),
        ("A.PDF", b"\xef\xbb\xbf\r\njunk before %PDF-1.4"),
        ("a.pdf", b"x" * 1019 + b"%PDF-"),
        ("a.docx", ZIP),
        ("a.xlsx", ZIP),
        ("a.pptx", ZIP),
        ("secret.xlsx", OLE),
        ("a.zip", b"PK\x05\x06" + b"\0" * 18),
        ("a.png", b"\x89PNG\r\n\x1a\n"),
        ("a.jpg", b"\xff\xd8\xff\xe0"),
        ("a.JPEG", b"\xff\xd8\xff\xe1"),
        ("a.gif", b"GIF89a"),
        ("renamed.jpg", b"\x89PNG\r\n\x1a\n"),
        ("a.msg", OLE),
        ("a.doc", OLE),
        ("a.doc", b"{\\rtf1"),
        ("a.xls", OLE),
        ("a.xls", ZIP),
        ("a.htm", PAGE),
        ("a.HTML", PAGE),
        ("a.svg", b"<svg"),
        ("a.xml", b"<?xml version='1.0'?>"),
        ("a.txt", PAGE),
        ("a.mht", PAGE),
        ("a.csv", b"a,b\n"),
        ("a.unknown", b"anything"),
        ("no suffix", b"anything"),
        ("a.eml", b"From: a <html@x.test>"),
    ],
)
def test_a_file_that_begins_as_it_should_is_right(name: str, head: bytes) -> None:
    """Real files pass, also those that people and programs name a little wrongly."""
    assert what_is_wrong(name, head) is None


@pytest.mark.parametrize("suffix", [".pdf", ".docx", ".png", ".msg", ".html", ""])
def test_an_empty_file_is_not_wrong_by_itself(suffix: str) -> None:
    """Whether nothing may arrive is decided by the length that was promised."""
    assert what_is_wrong(f"a{suffix}", b"") is None


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("a.pdf", b"x" * 1020 + b"%PDF-"),
        ("a.pdf", b'{"error": "expired"}'),
        ("a.docx", b"%PDF-1.7"),
        ("a.xlsx", b"Error"),
        ("a.pptx", b"\0\0\0\0"),
        ("a.zip", OLE),
        ("a.png", b"%PDF-1.7"),
        ("a.jpg", b"Error"),
        ("a.jpeg", b"Error"),
        ("a.gif", b"GIF"),
        ("a.msg", ZIP),
        ("a.doc", b"Error 500"),
        ("a.xls", b"Error 500"),
    ],
)
def test_a_file_that_begins_otherwise_is_wrong(name: str, head: bytes) -> None:
    """The sentence names the kind that was expected."""
    kind = name.rpartition(".")[2].upper()

    assert what_is_wrong(name, head) == f"it does not begin as a {kind} file does"


@pytest.mark.parametrize(
    "page",
    [
        PAGE,
        b"\n\r\n\t <!doctype   HTML>",
        b"<HTML lang='en'>",
        b"<html>",
        b"\xef\xbb\xbf<!DOCTYPE html>",
        b"\xef\xbb\xbf\n\n<html\n",
    ],
)
def test_a_web_page_is_no_pdf(page: bytes) -> None:
    """A sign-in page under a file's name is recognised, whatever stands before it."""
    assert what_is_wrong("inv.pdf", page) == "a web page came instead of a PDF file"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.docx", "DOCX file"), ("a.csv", "CSV file"), ("a.xls", "XLS file"), ("Invoice 7", "file"), ("a.b c", "file")],
)
def test_a_web_page_is_no_other_file_either(name: str, kind: str) -> None:
    """Under any name that does not say so, known or not, a page is wrong."""
    assert what_is_wrong(name, PAGE) == f"a web page came instead of a {kind}"


def test_the_sites_word_helps_to_know_a_page() -> None:
    """A page that begins unusually is known by its content type; bytes that are no page are not, whatever it says."""
    odd_page = b"<!-- v2 --><script>"

    assert what_is_wrong("a.csv", odd_page) is None
    assert what_is_wrong("a.csv", odd_page, "text/html; charset=utf-8") == "a web page came instead of a CSV file"
    assert what_is_wrong("a.pdf", b"%PDF-1.7", "text/html") is None
    assert what_is_wrong("a.csv", b"a,b\n", "text/html") is None


def test_a_page_that_is_said_to_be_a_pdf_is_a_page() -> None:
    """The content type is never believed against the bytes."""
    assert what_is_wrong("a.pdf", PAGE, "application/pdf") == "a web page came instead of a PDF file"


TABLE = (
    b"<html><head><style>td { color: red }</style></head><body>" + b" " * 5000 + b"<table><tr><td>1</td></tr></table>"
)


@pytest.mark.parametrize(
    ("head", "content_type"),
    [(TABLE, "application/vnd.ms-excel"), (TABLE, "text/html"), (b"<table border=1><tr><td>1", ""), (PAGE + TABLE, "")],
)
def test_a_table_that_is_called_a_sheet_is_one(head: bytes, content_type: str) -> None:
    """Many systems export so, and Excel opens it; under no other name."""
    assert what_is_wrong("a.xls", head, content_type) is None
    assert what_is_wrong("a.xlsx", head, content_type) is not None


@pytest.mark.parametrize(
    "asks",
    [
        b"<input type=password>",
        b"<FORM action=/sign_in>",
        b"<button>Sign in",
        b"Your password",
        b"<script>go()</script>",
    ],
)
def test_a_page_that_asks_for_something_is_no_sheet(asks: bytes) -> None:
    """Sign-in pages are laid out in tables too."""
    assert what_is_wrong("a.xls", TABLE + asks) == "a web page came instead of a XLS file"
