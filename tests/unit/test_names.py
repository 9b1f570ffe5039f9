"""Names that every file system takes, and folders that stay inside the output folder."""

from __future__ import annotations

import itertools
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from pytest_edgepool.downloads.names import DEFAULT_PATTERN, folder_for, safe_name, unique_name
from pytest_edgepool.errors import UsageMistake

NASTY = [
    *("../../etc/passwd", "..\\..\\boot.ini", "/", "\\", ".", "..", "...", " ", "", "\0", "\n", "a\0b", "C:", "C:\\x"),
    *("CON", "nul.txt", "COM1.pdf", "aux .pdf", "LPT9", "CLOCK$", "a:stream", "a?*<>|.pdf", 'q"uote.pdf', "a.pdf. . "),
    *("\u202egnp.exe", "\u2066x", "\ufeffa", "\udc80", "~", ".edgepool", "-rf", "x" * 500, "é" * 500, "😀" * 500),
    *("a." + "b" * 300, "." * 300, "%00", "a/b:c.pdf", " lead", "trail ", "tab\there", "new\nline"),
]


@pytest.mark.parametrize(
    "name", ["inv.pdf", "Fatura 7ª (cópia).pdf", "a.tar.gz", "注文.xlsx", "x", "a-b_c+d,e;f=g!.txt", "100% ok.pdf"]
)
def test_an_ordinary_name_stays(name: str) -> None:
    """What every file system takes is not touched."""
    assert safe_name(name, "file") == name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../inv.pdf", "inv.pdf"),
        ("C:\\Orders\\x\\inv.pdf", "inv.pdf"),
        ("a/b\\c.pdf", "c.pdf"),
        ("a:b?.pdf", "a_b_.pdf"),
        ("inv.pdf. .", "inv.pdf"),
        ("  inv.pdf", "inv.pdf"),
        ("in\nv\t.pdf", "in v.pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        ("a\u200bb.pdf", "ab.pdf"),
        ("ole\u0301.pdf", "ol\u00e9.pdf"),
        (".htaccess1", "htaccess1"),
        (".pdf", "attachment.pdf"),
        ("folder/.PDF", "attachment.PDF"),
        ("", "attachment"),
        ("..", "attachment"),
        ("x/", "attachment"),
        ("\u200f\0", "attachment"),
    ],
)
def test_a_hostile_name_becomes_a_plain_one(name: str, safe: str) -> None:
    """Folders, controls, invisible marks and what Windows refuses go; the readable rest stays."""
    assert safe_name(name, "attachment") == safe


@pytest.mark.parametrize("name", ["CON", "con.pdf", "NUL", "COM1.txt", "LPT9.pdf", "AUX", "PRN.x"])
def test_a_name_of_a_windows_device_is_changed(name: str) -> None:
    """Windows would open the device instead of a file."""
    safe = safe_name(name, "file")

    assert safe.casefold() != name.casefold()
    assert safe.partition(".")[0].upper() not in {"CON", "NUL", "COM1", "LPT9", "AUX", "PRN"}


def test_joiners_that_scripts_need_stay() -> None:
    """A Persian name keeps its zero-width non-joiner."""
    assert safe_name("می\u200cشود.pdf", "file") == "می\u200cشود.pdf"


@pytest.mark.parametrize("name", NASTY)
def test_every_name_can_be_made_on_this_disk(tmp_path: Path, name: str) -> None:
    """Whatever a site sends, the safe name is one file in its folder, made and found again."""
    safe = safe_name(name, "attachment")
    (tmp_path / safe).write_bytes(b"x")

    assert [path.name for path in tmp_path.iterdir()] == [safe]


@pytest.mark.parametrize("name", NASTY)
def test_a_safe_name_is_one_short_part_everywhere(name: str) -> None:
    """It is a single path part on Windows too, short enough, and making it safe again changes nothing."""
    safe = safe_name(name, "attachment")

    assert PureWindowsPath(safe).parts == (safe,)
    assert len(safe) <= 151  # a device's name grows by one
    assert len(safe.encode()) <= 240
    assert safe == safe.strip(". ")
    assert safe_name(safe, "attachment") == safe


@pytest.mark.parametrize("letter", ["x", "é", "注", "😀"])
def test_a_long_name_keeps_its_suffix(letter: str) -> None:
    """The stem is cut, by characters and by bytes, so that the file still opens with a click."""
    safe = safe_name(letter * 400 + ".xlsx", "file")

    assert safe.endswith(letter + ".xlsx")
    assert len(safe) <= 150
    assert len(safe.encode()) <= 230


def test_a_long_tail_is_no_suffix() -> None:
    """What follows a dot over hundreds of characters is cut like the rest."""
    assert len(safe_name("a." + "b" * 400, "file")) == 150


def test_a_fallback_is_made_safe_too() -> None:
    """A fallback that is no name itself is replaced."""
    assert safe_name("", "a/b") == "a_b"
    assert safe_name("", "..") == "file"


@pytest.mark.parametrize(
    ("name", "taken", "unique"),
    [
        ("a.pdf", [], "a.pdf"),
        ("a.pdf", ["b.pdf"], "a.pdf"),
        ("a.pdf", ["a.pdf"], "a (2).pdf"),
        ("a.pdf", ["a.pdf", "a (2).pdf"], "a (3).pdf"),
        ("a.pdf", ["a.pdf", "a (3).pdf"], "a (2).pdf"),
        ("A.PDF", ["a.pdf"], "A (2).PDF"),
        ("STRASSE", ["straße"], "STRASSE (2)"),
        ("ol\u00e9.pdf", ["ole\u0301.pdf"], "ol\u00e9 (2).pdf"),
        ("a.tar.gz", ["a.tar.gz"], "a.tar (2).gz"),
        ("plain", ["plain"], "plain (2)"),
        ("a (2).pdf", ["a (2).pdf"], "a (2) (2).pdf"),
    ],
)
def test_a_name_is_unique_whatever_its_case(name: str, taken: list[str], unique: str) -> None:
    """The first free number is taken; case and accents' spelling do not tell names apart, as on Windows and macOS."""
    assert unique_name(name, taken) == unique


def test_many_files_of_one_name_all_get_one() -> None:
    """A hundred attachments of one name have a hundred names."""
    taken: list[str] = []
    for _ in range(100):
        taken.append(unique_name("inv.pdf", taken))

    assert len({name.casefold() for name in taken}) == 100
    assert taken[99] == "inv (100).pdf"


def test_the_default_pattern_is_supplier_and_po() -> None:
    """An ordinary PO lies where people look for it."""
    assert folder_for(DEFAULT_PATTERN, supplier="Acme Ltd.", number="PO1") == PurePosixPath("Acme Ltd/PO1")


@pytest.mark.parametrize(
    ("pattern", "folder"),
    [
        ("<PO>", "PO1"),
        ("<po>/<SUPPLIER>", "PO1/Acme"),
        ("2025/<supplier> - <PO>", "2025/Acme - PO1"),
        ("a\\<PO>", "a/PO1"),
        ("<PO>//x/", "PO1/x"),
        ("CON/<PO>", "CON_/PO1"),
    ],
)
def test_a_pattern_is_filled_in(pattern: str, folder: str) -> None:
    """Placeholders may stand anywhere, in any case; the pattern's own words are made safe as well."""
    assert folder_for(pattern, supplier="Acme", number="PO1") == PurePosixPath(folder)


@pytest.mark.parametrize("supplier", ["", " ", "..", "\0", "\u202e"])
def test_a_po_without_a_supplier_has_a_place(supplier: str) -> None:
    """A supplier that is empty, or empty once made safe, is called unknown."""
    assert folder_for(DEFAULT_PATTERN, supplier=supplier, number="PO1") == PurePosixPath("Unknown supplier/PO1")


@pytest.mark.parametrize(("supplier", "number"), [*zip(NASTY, reversed(NASTY), strict=True), ("/etc", "/etc")])
def test_no_value_leads_out_of_the_output_folder(tmp_path: Path, supplier: str, number: str) -> None:
    """Whatever supplier and number hold, the folder is two parts below the output folder, and never ours."""
    folder = folder_for(DEFAULT_PATTERN, supplier=supplier, number=number)
    (tmp_path / folder).mkdir(parents=True)

    assert len(folder.parts) == 2
    assert (tmp_path / folder).resolve().parent.parent == tmp_path.resolve()
    assert not folder.parts[0].startswith(".")


def test_distinct_numbers_have_distinct_folders() -> None:
    """Numbers that look alike once made safe get a piece of their digest."""
    numbers = [*NASTY, "A/B", "A_B", "A\\B", "A:B", "A B", "A  B", "x" * 400, "x" * 401, "ole\u0301", "ol\u00e9"]
    folders = {folder_for("<PO>", supplier="", number=number) for number in numbers}

    assert len(folders) == len(set(numbers))
    assert folder_for("<PO>", supplier="", number="A_B") == PurePosixPath("A_B")


@pytest.mark.parametrize("letter", ["x", "é", "注", "😀"])
def test_a_long_supplier_does_not_cut_off_the_number(letter: str) -> None:
    """With both in one folder's name, long and in any script, POs are still told apart."""
    folders = {
        folder_for("<supplier> - <PO>", supplier=letter * 300, number=letter * 300 + last).name for last in "123"
    }

    assert len(folders) == 3
    assert all(len(folder.encode()) <= 230 for folder in folders)


def test_a_folder_is_the_same_each_time() -> None:
    """A later run finds what an earlier one made."""
    first, second = itertools.repeat(folder_for(DEFAULT_PATTERN, supplier="S", number="A/B"), 2)

    assert first == second == PurePosixPath("S/A_B-998d3ed8")


def test_long_values_leave_room_in_a_path() -> None:
    """Supplier and number together stay far below what Windows takes for a whole path."""
    folder = folder_for(DEFAULT_PATTERN, supplier="s" * 300, number="n" * 300)

    assert [len(part) for part in folder.parts] == [70, 79]


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("<supplier>/<Year>/<PO>", "<Year>"),
        ("<>/<PO>", "<>"),
        ("<supplier>", "put <PO> into it"),
        ("", "put <PO> into it"),
        ("../<PO>", "leads out"),
        ("a/../<PO>", "leads out"),
        ("/srv/<PO>", "leads out"),
        ("C:\\x\\<PO>", "leads out"),
        ("x" * 200 + "<PO>", "too long"),
        ("<PO><PO><PO>", "too long"),
    ],
)
def test_a_pattern_that_cannot_work_is_the_users_mistake(pattern: str, problem: str) -> None:
    """One sentence names the pattern and what to write instead."""
    with pytest.raises(UsageMistake) as caught:
        folder_for(pattern, supplier="Acme", number="PO1")

    assert problem in str(caught.value)
    assert repr(pattern) in str(caught.value)


def test_levels_of_the_sheet_become_folders() -> None:
    """None or several, each safe by itself; they never lead outside, and the pattern still needs `<PO>`."""
    levels = ("Beta: SA", "2026/11", "..", "Q1")

    assert str(folder_for("<levels>/<PO>", supplier="x", number="PO1", levels=levels)) == "Beta_ SA/2026_11/_/Q1/PO1"
    assert str(folder_for("all/<Levels>/<supplier>/<PO>", supplier="Acme", number="PO1")) == "all/Acme/PO1"
    for pattern in ("<levels>", "x<levels>/<PO>"):
        with pytest.raises(UsageMistake, match="folder pattern"):
            folder_for(pattern, supplier="x", number="PO1")
