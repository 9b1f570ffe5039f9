"""Which sheets are read and how their items are named: from where, by which spelling, one or two, beside tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.sheets import workbook

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.conftest import Shop

PARAMETRIZED = """
def test_it(purchase_order, po_download):
    assert purchase_order.columns["PO_NUMBER"] == purchase_order.number
    assert str(po_download(purchase_order).status) == "COMPLETED"

def test_other():
    pass
"""
INI = "[pytest]\naddopts = -p no:cacheprovider\n"


def ids(shop: Shop, *args: str) -> list[str]:
    """The node ids of what is collected."""
    return [line for line in shop.run("--co", "-q", *args).lines if "::" in line]


@pytest.mark.parametrize("spelling", [("--po-csv=pos.csv",), ("--po-csv", "pos.csv")])
def test_both_spellings_mean_the_same(shop: Shop, spelling: tuple[str, ...]) -> None:
    """`--po-csv FILE` and `--po-csv=FILE`: same items, same ini, no warning."""
    shop.write("pytest.ini", INI)
    shop.sheet("PO1", "PO2")
    ran = shop.run(*spelling, "-v")
    assert ran.outcomes == {"passed": 2}
    assert "configfile: pytest.ini" in ran.out
    assert "warning" not in ran.out


def test_a_sheet_named_by_the_environment_or_by_ini_is_the_job_too(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain `pytest` runs the sheet that EDGEPOOL_PO_CSV or the ini key names; the command line wins over both."""
    for name in ("env", "ini", "given"):
        shop.sheet(f"PO-{name}", name=f"{name}.csv")
    shop.write("pytest.ini", "[pytest]\npo_csv = ini.csv\n")
    assert shop.done() == ["PO-ini"]
    monkeypatch.setenv("EDGEPOOL_PO_CSV", "env.csv")
    assert shop.done("-n2") == ["PO-env"]
    assert shop.done("--po-csv=given.csv") == ["PO-given"]


def test_a_sheet_that_an_ini_names_lies_beside_the_ini(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Called in a folder below, the same sheet is found, and its items keep their names."""
    shop.write("pytest.ini", "[pytest]\npo_csv = orders/pos.csv\n")
    shop.sheet("PO1", name="orders/pos.csv")
    shop.write("below/empty.txt", "")
    assert ids(shop) == ["orders/pos.csv::PO1"]
    monkeypatch.chdir(shop.folder / "below")
    assert ids(shop) == ["orders/pos.csv::PO1"]


def test_a_sheet_in_the_home_folder_may_be_named_with_a_tilde(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--po-csv=~/pos.csv`, where a shell leaves the tilde alone."""
    monkeypatch.setenv("HOME", str(shop.folder))
    monkeypatch.setenv("USERPROFILE", str(shop.folder))
    shop.sheet("PO1", name="pos.csv")
    assert shop.done("--po-csv=~/pos.csv") == ["PO1"]


def test_testpaths_are_no_paths_on_the_command_line(shop: Shop) -> None:
    """A suite's `testpaths` does not keep a sheet from being the job: only its POs are collected."""
    shop.write("pytest.ini", "[pytest]\ntestpaths = checks\n")
    shop.write("checks/test_it.py", PARAMETRIZED)
    shop.sheet("PO1", "PO2")
    assert ids(shop, "--po-csv=pos.csv") == ["pos.csv::PO1", "pos.csv::PO2"]
    assert shop.done("--po-csv=pos.csv", "-n2") != []


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(".", marks=pytest.mark.thorough),
        "checks",
        pytest.param("checks/test_it.py", marks=pytest.mark.thorough),
    ],
)
def test_with_paths_tests_are_parametrized_and_the_sheet_is_not_collected(
    shop: Shop, path: str, processes: str
) -> None:
    """Tests that take `purchase_order` run once for each PO; a sheet that lies among them adds nothing."""
    shop.write("checks/test_it.py", PARAMETRIZED)
    shop.sheet("PO1", "PO2", name="checks/pos.csv")
    wanted = [f"checks/test_it.py::{name}" for name in ("test_it[PO1]", "test_it[PO2]", "test_other")]
    assert ids(shop, path, "--po-csv=checks/pos.csv") == wanted
    assert sorted(shop.done(path, "--po-csv=checks/pos.csv", processes)) == ["PO1", "PO2"]


def test_a_test_that_takes_purchase_order_without_a_sheet_is_skipped(shop: Shop) -> None:
    """The reason says what to give."""
    shop.write("test_it.py", PARAMETRIZED)
    ran = shop.run("-rs")
    assert (ran.code, ran.outcomes) == (0, {"passed": 1, "skipped": 1})
    assert "no purchase orders; give a sheet with --po-csv" in ran.out


@pytest.fixture
def far(tmp_path: Path) -> Path:
    """A folder that is neither in the user's nor above it."""
    folder = tmp_path / "far"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_a_sheet_outside_rootdir_is_named_by_its_file_name(shop: Shop, far: Path, processes: str) -> None:
    """Node ids begin with the file's name, JUnit's classname is it, and an item can be named by its id."""
    shop.write("pytest.ini", INI)
    sheet = shop.sheet("PO1", "PO2", "PO3", name=str(far / "pos.csv"))
    assert ids(shop, f"--po-csv={sheet}") == ["pos.csv::PO1", "pos.csv::PO2", "pos.csv::PO3"]
    shop.run(f"--po-csv={sheet}", processes, "--junitxml=report.xml")
    told = {(each.get("classname"), each.get("name")) for each in shop.cases()}
    assert told == {("pos.csv", "PO1"), ("pos.csv", "PO2"), ("pos.csv", "PO3")}
    assert shop.done(f"--po-csv={sheet}", "pos.csv::PO2", processes) == ["PO2"]


@pytest.mark.parametrize("lost", ["pytest.ini", "conftest.py"])
def test_a_lost_ini_or_conftest_is_noticed(bare_shop: Shop, far: Path, lost: str) -> None:
    """`--po-csv FILE` with a space, elsewhere: pytest looks for the project there, and we say how to spell it."""
    bare_shop.write(lost, INI if lost == "pytest.ini" else "")
    sheet = bare_shop.sheet("PO1", name=str(far / "pos.csv"))
    told = bare_shop.run("--co", "--po-csv", str(sheet)).out
    assert f"{lost} does not count: pytest took the value of --po-csv for a test path" in told
    assert "write --po-csv=FILE instead of --po-csv FILE" in told
    assert "does not count" not in bare_shop.run("--co", f"--po-csv={sheet}").out


def test_another_option_of_ours_that_loses_the_ini_is_named(bare_shop: Shop, far: Path) -> None:
    """The same happens to any option with a path; the notice names the one that did it."""
    bare_shop.write("pytest.ini", INI)
    bare_shop.sheet("PO1")
    told = bare_shop.run("--co", "--po-csv=pos.csv", "--po-output", str(far)).out
    assert "write --po-output=DIR instead of --po-output DIR" in told


def test_two_sheets_are_one_job_in_their_order(shop: Shop, far: Path) -> None:
    """`--po-csv` twice: the items of both; a PO that stands in both is run once and said so."""
    shop.sheet("PO9", "PO1", name="one.csv")
    two = shop.sheet("PO1", "PO5", name=str(far / "two.csv"))
    assert ids(shop, "--po-csv=one.csv", f"--po-csv={two}") == ["one.csv::PO9", "one.csv::PO1", "two.csv::PO5"]
    ran = shop.run("--po-csv=one.csv", f"--po-csv={two}", "-n2")
    assert ran.outcomes == {"passed": 3}
    assert "PO PO1 stands already in one.csv, line 3; it is run once." in ran.out


def test_the_same_sheet_twice_is_one_sheet(shop: Shop) -> None:
    """Given in addopts and typed again, it is read once and nobody is bothered."""
    shop.write("pytest.ini", "[pytest]\naddopts = --po-csv=pos.csv\n")
    shop.sheet("PO1", "PO2")
    ran = shop.run("--po-csv=./pos.csv")
    assert ran.outcomes == {"passed": 2}
    assert "stands already" not in ran.out


def test_two_sheets_of_one_name_are_refused(shop: Shop, far: Path) -> None:
    """Items of two sheets may not have the same ids: one sentence names both."""
    sheet = shop.sheet("PO1", name=str(far / "pos.csv"))
    shop.sheet("PO2")
    ran = shop.run("--po-csv=pos.csv", f"--po-csv={sheet}")
    assert ran.code == 4
    assert f"pos.csv and {sheet} would both be pos.csv; rename one" in ran.sentence


@pytest.mark.parametrize("name", ["a[1].csv", "b::c.csv"])
def test_a_sheet_that_pytest_cannot_name_is_refused_before_anything(shop: Shop, name: str) -> None:
    """Brackets and double colons are pytest's own syntax: one sentence says so, and nothing is written."""
    shop.sheet("PO1", name=name)
    before = shop.contents()
    ran = shop.run(f"--po-csv={name}")
    assert ran.code == 4
    assert "pytest cannot name a file with [ or :: in its path" in ran.sentence
    assert shop.contents() == before


def test_two_sheets_of_one_name_in_two_folders_are_both_run(shop: Shop) -> None:
    """Their items have different ids, so none may hide the other."""
    shop.sheet("PO1", name="a/pos.csv")
    shop.sheet("PO2", name="b/pos.csv")
    assert ids(shop, "--po-csv=a/pos.csv", "--po-csv=b/pos.csv") == ["a/pos.csv::PO1", "b/pos.csv::PO2"]


def test_a_workbook_is_the_job_like_any_sheet(shop: Shop) -> None:
    """Items of all worksheets, or of the one that the setting names, in each process the same."""
    book = workbook({"Q1": [["PO"], ["PO1"]], "Q2": [["Pedido"], ["PO2"], ["PO1"]]}, lambda _: None)
    (shop.folder / "pos.xlsx").write_bytes(book)
    assert sorted(shop.done("--po-csv=pos.xlsx", "-n2")) == ["PO1", "PO2"]
    assert ids(shop, "--po-csv=pos.xlsx", "-o", "po_worksheet=Q2") == ["pos.xlsx::PO2", "pos.xlsx::PO1"]


def test_urgent_orders_are_begun_first(shop: Shop) -> None:
    """The PRIORITY column orders the items, and the report keeps the sheet's order."""
    shop.write("pos.csv", "PO_NUMBER,PRIORITY\nPO1,low\nPO2,\nPO3,2\nPO4,urgent\nPO5,1\n")
    assert shop.done("--po-csv=pos.csv") == ["PO4", "PO5", "PO3", "PO2", "PO1"]
    rows = (shop.folder / "downloads" / "report.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [row.partition(",")[0] for row in rows] == ["PO_NUMBER", "PO1", "PO2", "PO3", "PO4", "PO5"]
