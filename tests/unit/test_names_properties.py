"""Whatever a site calls a file, what comes of it is one name that every file system takes, and nobody else's."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pathvalidate import Platform, validate_filename

from pytest_edgepool.downloads.names import called, path_for, safe_name, unique_name
from pytest_edgepool.errors import UsageMistake

SPECIAL = [
    "..",
    ".",
    "/",
    "\\",
    ":",
    "CON",
    "con.pdf",
    "LPT1",
    "nul",
    "COM9.txt",
    "\0",
    "\x07",
    "\t",
    "\u202e",
    "\u200b",
]
ODD = [
    "\ud800",
    "\U0001f600",
    "e\u0301",
    "\ufb01",
    "\u0130",
    " ",
    ".pdf",
    "x" * 300,
    "\u00df",
    "~",
    "*",
    "?",
    "%2F",
    "(2)",
]
NAMES = st.one_of(st.text(max_size=400), st.lists(st.sampled_from([*SPECIAL, *ODD, "a"]), max_size=12).map("".join))


def folded(name: str) -> str:
    """As file systems that know no case, and no difference of normal forms, compare names."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


def assert_is_safe(name: str) -> None:
    assert name not in ("", ".", "..")
    assert len(PurePosixPath(name).parts) == len(PureWindowsPath(name).parts) == 1
    assert not PureWindowsPath(name).is_absolute()
    assert len(name.encode()) <= 255  # also: it can be encoded at all
    assert len(name.encode("utf-16-le")) // 2 <= 255
    assert not name.endswith((".", " "))
    assert not name.startswith((".", " "))
    assert all(unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp") for char in name)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", name)
    for platform in (Platform.WINDOWS, Platform.MACOS, Platform.LINUX):
        validate_filename(name, platform=platform)


@given(NAMES)
@example("../../etc/passwd")
@example("C:\\x\\con.pdf")
@example("\U0001f600" * 200 + ".pdf")
def test_a_name_is_one_component_on_every_system(name: str) -> None:
    """Not too long for any, of no reserved kind, and without what turns text around."""
    assert_is_safe(safe_name(name, "attachment"))


@example("CON." + "0" * 160)
@given(NAMES)
def test_a_safe_name_stays_as_it_is(name: str) -> None:
    """Made safe twice is made safe once."""
    once = safe_name(name, "attachment")
    assert safe_name(once, "attachment") == once


@given(st.lists(NAMES, max_size=12))
@example(["Invoice.pdf", "invoice.PDF", "INVOICE.pdf", "", "", "e\u0301.pdf", "\u00e9.pdf"])
def test_names_in_one_folder_differ_on_every_system(names: list[str]) -> None:
    """Also where case makes no difference; and the number behind a name leaves it safe."""
    taken: list[str] = []
    for name in names:
        taken.append(unique_name(safe_name(name, "attachment"), taken))
        assert_is_safe(taken[-1])
    assert len({folded(each) for each in taken}) == len(names)


@given(NAMES, NAMES)
def test_a_file_is_always_called_something(suggested: str, page_name: str) -> None:
    """Whatever the site and the page say."""
    assert_is_safe(safe_name(called(suggested, "https://acme.test/a/4711", page_name), "attachment"))


@pytest.mark.parametrize(
    ("suggested", "url", "page_name", "name"),
    [
        ("Invoice.pdf", "https://x.test/a/1", "", "Invoice.pdf"),
        ("Invoice.pdf", "https://x.test/a/1", "View", "Invoice.pdf"),
        ("_.._etc_passwd", "https://x.test/a/1", "../../etc/passwd", "../../etc/passwd"),
        ("a_b.pdf", "https://x.test/a/1", "a:b.pdf", "a:b.pdf"),
        ("4711.pdf", "https://x.test/attachments/4711", "Invoice", "Invoice.pdf"),
        ("4711.pdf", "https://x.test/attachments/4711", "", "attachment.pdf"),
        ("download.pdf", "https://x.test/a/", "", "attachment.pdf"),
        ("download.pdf", "https://x.test/a/", "Invoice.docx", "Invoice.docx"),
        ("inv.pdf", "https://x.test/a/inv.pdf", "Invoice", "inv.pdf"),
        ("", "https://x.test/a/1", "Invoice.pdf", "Invoice.pdf"),
        ("", "https://x.test/a/1", "", "attachment"),
    ],
)
def test_the_sites_name_counts_where_it_is_one(suggested: str, url: str, page_name: str, name: str) -> None:
    """A piece of the address is none, and what a browser has changed is the page's own."""
    assert called(suggested, url, page_name) == name


@given(st.lists(NAMES, min_size=1, max_size=4).map("/".join))
@example("a/../../b")
@example("/etc/passwd")
@example("C:/x")
def test_a_place_that_a_suite_names_stays_inside(given_path: str) -> None:
    """Or is refused, with what to return instead."""
    try:
        path = path_for(given_path, "PO 1")
    except UsageMistake as refused:
        assert "below the output folder" in str(refused)  # noqa: PT017 - either is right
        return
    assert not path.is_absolute()
    assert not {".", ".."} & set(path.parts)
    for part in path.parts:
        assert_is_safe(part)


def test_folders_of_a_named_place_are_kept() -> None:
    """As the suite names them."""
    assert path_for("2026/ACME/PO1 Invoice.pdf", "PO 1") == PurePosixPath("2026/ACME/PO1 Invoice.pdf")
    taken = [PurePosixPath("2026/x.pdf")]
    assert path_for("2026/X.pdf", "PO 1", taken) == PurePosixPath("2026/X (2).pdf")
