"""Bad input: one clear sentence, exit code 4, no browser started, and not a byte or folder written."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.settings import knobs, option_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.plugin.conftest import Shop

JOB = "--po-csv=pos.csv"
CHOICES = sorted(option_of(name) for name, told in knobs().items() if told.option and told.choices)
NUMBERS = sorted(option_of(name) for name, told in knobs().items() if told.option and told.kind in ("whole", "seconds"))


def refused(shop: Shop, *args: str) -> str:
    """Run, check all that a refusal must be, and return its sentence."""
    before = shop.contents()
    ran = shop.run("--junitxml=report.xml", *args)
    assert ran.code == 4, ran.out
    assert shop.contents() == before
    shop.assert_no_browser_was_started()
    return ran.sentence


def test_a_missing_sheet(shop: Shop) -> None:
    """The sentence names the file and the option."""
    assert refused(shop, JOB) == "pos.csv: there is no such file; check the path given with --po-csv."


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["has no purchase orders"]),
        (b"PO_NUMBER,BUYER\n", ["has no purchase orders", "one row for each PO"]),
        (b"PO_NUMBER\n\x00\x01\x02\n", ["is binary or UTF-16"]),
        (b"PK\x03\x04\x14\x00", ["is an Excel workbook or a ZIP archive", "save it as CSV"]),
        (b"NUMMER,BUYER\n1,Ana\n", ["'NUMMER', 'BUYER'", "--po-column"]),
        (b"PO_NUMBER,BUYER\nPO1,Ana\n\n,Ben\n", ["pos.csv, line 4", "no PO number", "'PO_NUMBER'"]),
        (b'PO_NUMBER,BUYER\nPO1,"Ana\nPO2,Ben\n', ["pos.csv, line 2", "quotation mark"]),
    ],
    ids=["empty", "header-only", "binary", "excel", "no-column", "no-number", "open-quote"],
)
@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_a_sheet_that_cannot_be_run(shop: Shop, content: bytes, words: list[str], processes: str) -> None:
    """The sentence names the sheet, the line where there is one, what is wrong, and what to do."""
    (shop.folder / "pos.csv").write_bytes(content)
    told = refused(shop, JOB, processes)
    for word in ("pos.csv", *words):
        assert word in told


def test_all_that_is_wrong_with_the_sheets_is_told_at_once(shop: Shop) -> None:
    """Each problem on a line of its own, with sheet, line and remedy; a traceback helps nobody."""
    shop.write("pos.csv", "PO_NUMBER,BUYER\n,Ana\nPO1,Ben\n=1+1,Cid\n")
    before = shop.contents()
    ran = shop.run(JOB, "--po-csv=gone.csv")
    assert (ran.code, shop.contents()) == (4, before)
    assert [line for line in ran.lines if line.strip()] == [
        "ERROR: The sheet has 3 problems:",
        "  pos.csv, line 2: the row has values but no PO number; fill in 'PO_NUMBER' or delete the row.",
        "  pos.csv, line 4: '=1+1' begins like a formula and is no PO number; put the number there as text.",
        "  gone.csv: there is no such file; check the path given with --po-csv.",
    ]


def test_a_pattern_for_numbers_that_is_none(shop: Shop) -> None:
    """The sentence names the setting and shows one that works."""
    shop.sheet("PO1")
    assert "po_number_pattern: '(' is not a regular expression" in refused(shop, JOB, "-o", "po_number_pattern=(")
    assert "'PO1' is not a PO number by po_number_pattern" in refused(shop, JOB, "-o", "po_number_pattern=[0-9]+")


def test_a_folder_in_place_of_a_sheet(shop: Shop) -> None:
    """A folder is told from a file."""
    (shop.folder / "pos.csv").mkdir()
    assert "pos.csv: is a folder; name the sheet inside it." in refused(shop, JOB)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_sheet(shop: Shop) -> None:
    """The sentence gives the system's reason."""
    shop.sheet("PO1").chmod(0)
    assert "cannot be read (Permission denied)" in refused(shop, JOB)


def test_a_column_that_is_not_there(shop: Shop) -> None:
    """--po-column names a column; the sentence lists those that are there."""
    shop.sheet("PO1")
    told = refused(shop, JOB, "--po-column=Order")
    assert "'Order'" in told
    assert "'PO_NUMBER', 'BUYER'" in told


def test_no_site_is_known(shop: Shop) -> None:
    """The sentence names --po-url and `edgepool login`."""
    (shop.state / "bases" / "chromium-stable" / "edgepool.json").unlink()
    shop.sheet("PO1")
    told = refused(shop, JOB)
    assert "--po-url" in told
    assert "edgepool login" in told


@pytest.mark.parametrize("url", ["portal.example", "ftp://portal.example", "file:///etc"])
def test_a_site_that_is_no_address(shop: Shop, url: str) -> None:
    """The sentence shows what was given and how an address begins."""
    shop.sheet("PO1")
    told = refused(shop, JOB, f"--po-url={url}")
    assert "--po-url" in told
    assert url in told
    assert "https://" in told


def test_nobody_has_signed_in(bare_shop: Shop) -> None:
    """Without a base there is nobody to be: `edgepool login`, and no state folder is made."""
    bare_shop.sheet("PO1")
    assert "`edgepool login --url https://x.example`" in refused(bare_shop, JOB, "--po-url=https://x.example")
    assert "edgepool login" in refused(bare_shop, JOB, "--po-url=https://x.example", "--edgepool-profile=managed")
    assert not bare_shop.state.exists()


def test_a_base_that_is_missing_or_no_user_data_dir(shop: Shop) -> None:
    """The sentence names the path and what was missed there; the folder of a profile is told to look one up."""
    shop.sheet("PO1")
    assert "there is no folder nowhere" in refused(shop, JOB, "--edgepool-profile=nowhere")
    shop.write("plain/file.txt", "")
    told = refused(shop, JOB, "--edgepool-profile=plain")
    assert "is not a user data dir" in told
    assert "`Local State`" in told
    shop.write("plain/Preferences", "{}")
    assert "give the folder above it" in refused(shop, JOB, "--edgepool-profile=plain")
    shop.write("plain/Local State", "{}")
    assert "no profile folder 'Default'" in refused(shop, JOB, "--edgepool-profile=plain")
    shop.write("plain/Default/Preferences", "{}")
    shop.write("plain/Local State", "not JSON")
    assert "CORRUPTED" in refused(shop, JOB, "--edgepool-profile=plain")


def test_no_browser_on_an_empty_path(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says which browsers were looked for, by which names, and where."""
    shop.sheet("PO1")
    monkeypatch.delenv("EDGEPOOL_BINARY")
    monkeypatch.setenv("PATH", str(shop.folder))
    told = refused(shop, JOB)
    for word in ("No browser found", "chromium (stable)", "chromium, chromium-browser", "PATH", "--edgepool-binary"):
        assert word in told


def test_a_binary_or_driver_that_is_not_there(shop: Shop) -> None:
    """The sentence names the option and the path."""
    shop.sheet("PO1")
    for option in ("--edgepool-binary", "--edgepool-driver"):
        told = refused(shop, JOB, f"{option}=no/such/thing")
        assert f"{option}: there is no file" in told
        assert "no/such/thing" in told


def test_a_driver_of_another_version(
    shop: Shop, make_program: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Browser and driver must have the same major version; the sentence names both."""
    shop.sheet("PO1")
    monkeypatch.delenv("EDGEPOOL_DRIVER")
    monkeypatch.setenv("SE_CHROMEDRIVER", str(make_program("olddriver", "ChromeDriver 99.0.0.0")))
    told = refused(shop, JOB)
    assert "is version 99.0.0.0" in told
    assert "is 156.0.1.1" in told


@pytest.mark.parametrize(
    ("args", "workers"),
    [
        (("-n11",), 11),
        (("-n3", "--edgepool-max-browsers=2"), 3),
        (("--dist=load", "--tx=3*popen", "--edgepool-max-browsers=2"), 3),
        (("--dist=load", "--tx=popen", "--tx=2*popen", "--edgepool-max-browsers=2"), 3),
    ],
)
def test_more_workers_than_browsers(shop: Shop, args: tuple[str, ...], workers: int) -> None:
    """The sentence names the number and the setting."""
    shop.sheet("PO1")
    told = refused(shop, JOB, *args)
    assert f"{workers} workers" in told
    assert "--edgepool-max-browsers" in told


def test_a_distribution_that_fetches_everything_in_every_worker(shop: Shop) -> None:
    """`--dist=each` would fetch each PO several times at once."""
    shop.sheet("PO1")
    assert "--dist=each" in refused(shop, JOB, "--dist=each", "--tx=2*popen")


@pytest.mark.parametrize("option", CHOICES)
def test_an_unknown_choice(shop: Shop, option: str) -> None:
    """The sentence names the option, what was given, and what it takes; also in a run without a sheet."""
    shop.sheet("PO1")
    told = refused(shop, JOB, f"{option}=nonsense")
    name = next(each for each in knobs() if option_of(each) == option)
    for word in (option, "'nonsense'", *knobs()[name].choices):
        assert word in told
    assert refused(shop, f"{option}=nonsense") == told


@pytest.mark.parametrize("option", NUMBERS)
def test_an_impossible_number(shop: Shop, option: str) -> None:
    """Words, negative and infinite numbers are refused, naming the option."""
    shop.sheet("PO1")
    for value in ("many", "-1", "inf"):
        told = refused(shop, JOB, f"{option}={value}")
        assert told.startswith(f"{option}: ")
        assert value in told


def test_a_mistake_in_the_environment_or_ini_is_named_as_such(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says where the value came from, so that people look there."""
    shop.sheet("PO1")
    shop.write("pytest.ini", "[pytest]\nedgepool_log = loud\n")
    assert refused(shop, JOB).startswith("ini key edgepool_log: 'loud'")
    monkeypatch.setenv("EDGEPOOL_LOG", "silent")
    assert refused(shop, JOB).startswith("EDGEPOOL_LOG: 'silent'")


def test_an_unknown_proof(shop: Shop) -> None:
    """--edgepool-verify takes file, capability, auth."""
    shop.sheet("PO1")
    assert "'smell' is not one of file, capability, auth" in refused(shop, JOB, "--edgepool-verify=file,smell")


def test_an_unknown_portal(shop: Shop) -> None:
    """The sentence lists the portals that there are."""
    shop.sheet("PO1")
    told = refused(shop, JOB, "--po-portal=ariba")
    assert "'ariba'" in told
    assert "coupa, demo, none" in told


@pytest.mark.parametrize("output", ["file.txt", "file.txt/below", "file.txt/below/deep"])
def test_an_output_folder_that_cannot_be(shop: Shop, output: str) -> None:
    """A path at or below a regular file is refused before the run, naming --po-output."""
    shop.sheet("PO1")
    shop.write("file.txt", "the user's")
    told = refused(shop, JOB, f"--po-output={output}")
    assert output in told
    assert "--po-output" in told


def test_a_folder_pattern_that_cannot_be(shop: Shop) -> None:
    """The ini's pattern of PO folders is tried before the run."""
    shop.sheet("PO1")
    shop.write("pytest.ini", "[pytest]\npo_folder = <supplier>/<PLANET>\n")
    assert "<PLANET>" in refused(shop, JOB)


def test_a_state_folder_that_cannot_be_made(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below a regular file there is no folder; the sentence names the variable."""
    shop.sheet("PO1")
    base = shutil.copytree(shop.state / "bases" / "chromium-stable" / "profile", shop.folder / "base")
    file = shop.write("file.txt", "the user's")
    monkeypatch.setenv("EDGEPOOL_STATE_DIR", str(file / "state"))
    told = refused(shop, JOB, "--po-url=https://x.example", f"--edgepool-profile={base}")
    assert str(file / "state") in told
    assert "EDGEPOOL_STATE_DIR" in told
