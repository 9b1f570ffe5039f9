"""The demo's files are what their names say, of the promised size, the same each time."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
import zipfile

import pytest

from pytest_edgepool.portals.demo.contents import LARGEST_BYTES, MIME_TYPES, OLE_MAGIC, SMALLEST_BYTES, file_bytes

SEEDS = [f"seed {number}" for number in range(40)]


@pytest.mark.parametrize("suffix", MIME_TYPES)
def test_a_seed_gives_one_file(suffix: str) -> None:
    """The same seed gives the same bytes, another one others."""
    first = file_bytes(suffix, "a")
    file_bytes.cache_clear()
    assert file_bytes(suffix, "a") == first
    assert file_bytes(suffix, "b") != first


@pytest.mark.parametrize("suffix", [suffix for suffix in MIME_TYPES if suffix != ".txt"])
def test_files_are_of_ordinary_sizes(suffix: str) -> None:
    """Between 5 and 150 KiB, and of different sizes."""
    sizes = {len(file_bytes(suffix, seed)) for seed in SEEDS}
    assert min(sizes) >= SMALLEST_BYTES
    assert max(sizes) <= LARGEST_BYTES
    assert len(sizes) > len(SEEDS) / 2


def test_texts_are_short_and_utf_8() -> None:
    """A text is a readable one below 5 KiB, with letters outside ASCII."""
    for seed in SEEDS:
        text = file_bytes(".txt", seed)
        assert len(text) < SMALLEST_BYTES
        assert not text.decode().isascii()


def test_a_pdf_is_whole() -> None:
    """The table of objects of a PDF points at its objects, and the table is where the trailer says."""
    for seed in SEEDS[:5]:
        content = file_bytes(".pdf", seed)
        assert content.startswith(b"%PDF-")
        assert content.endswith(b"%%EOF\n")
        table_at = int(content.rstrip().split(b"\n")[-2])
        table = content[table_at:]
        assert table.startswith(b"xref\n0 5\n")
        offsets = [int(match) for match in re.findall(rb"(\d{10}) 00000 n ", table)]
        assert [content[at : at + 7] for at in offsets] == [b"%d 0 obj" % number for number in range(1, 5)]


@pytest.mark.parametrize(("suffix", "main"), [(".docx", "word/document.xml"), (".xlsx", "xl/workbook.xml")])
def test_an_office_file_is_a_whole_package(suffix: str, main: str) -> None:
    """The zip has no broken part, its XML can be read, and its main part is named by the types and relations."""
    with zipfile.ZipFile(io.BytesIO(file_bytes(suffix, "a"))) as package:
        assert package.testzip() is None
        names = package.namelist()
        assert names[0] == "[Content_Types].xml"
        assert main in names
        for name in names:
            if name.endswith((".xml", ".rels")):
                ET.fromstring(package.read(name))
        assert f'PartName="/{main}"'.encode() in package.read("[Content_Types].xml")
        assert f'Target="{main}"'.encode() in package.read("_rels/.rels")


def test_a_message_has_the_magic_of_outlook() -> None:
    """A .msg begins like every compound file."""
    assert file_bytes(".msg", "a").startswith(OLE_MAGIC)
