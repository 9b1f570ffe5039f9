"""Orders as pytest items: selected, ordered and stopped as ordinary tests are, in one process and in several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Shop

PROCESSES = pytest.mark.parametrize("processes", ["-n0", "-n2"])

# Each process writes down what it collected; a conftest marks by what the sheet says, as a suite would.
WRITE_COLLECTED = """
def pytest_collection_finish(session):
    if session.items:
        (FOLDER / f"collected-{WORKER}.txt").write_text("\\n".join(each.nodeid for each in session.items))
"""
MARK = """
def pytest_configure(config):
    config.addinivalue_line("markers", "even: by number")

def pytest_collection_modifyitems(items):
    for each in items:
        if each.name[-1] in "02468":
            each.add_marker("even")
"""


def test_items_are_the_orders_in_sheet_order(shop: Shop) -> None:
    """An item is `pos.csv::PO15262984`, and items stand as rows do, not sorted."""
    shop.sheet("PO15262984", "PO2", "PO9", "PO1")
    ran = shop.run("--po-csv=pos.csv", "--co", "-q")
    assert ran.lines[:4] == ["pos.csv::PO15262984", "pos.csv::PO2", "pos.csv::PO9", "pos.csv::PO1"]


def test_workers_collect_the_same_items_in_the_same_order(shop: Shop) -> None:
    """Every worker has the controller's items, in sheet order."""
    shop.fake(WRITE_COLLECTED)
    shop.sheet(*(f"PO{(7 * place) % 12}" for place in range(12)))
    assert shop.run("--po-csv=pos.csv", "-n3").outcomes == {"passed": 12}
    collected = {each.name: each.read_text() for each in shop.folder.glob("collected-*")}
    assert set(collected) == {f"collected-gw{number}.txt" for number in range(3)}
    assert set(collected.values()) == {"\n".join(f"pos.csv::PO{(7 * place) % 12}" for place in range(12))}


def test_workers_read_the_frozen_sheet_not_the_file(shop: Shop) -> None:
    """A sheet that somebody saves anew while the run begins does no harm: the workers never open it."""
    shop.fake("def pytest_configure_node(node):\n    (FOLDER / 'pos.csv').write_text('PO_NUMBER\\nPO9\\n')\n")
    shop.sheet("PO1", "PO2", "PO3")
    assert sorted(shop.done("--po-csv=pos.csv", "-n2")) == ["PO1", "PO2", "PO3"]


@pytest.mark.parametrize("processes", [("-n0",), ("-n1",), ("-n2",), ("-n6",), ("-p", "no:xdist"), ()])
def test_each_order_runs_once_in_any_number_of_processes(shop: Shop, processes: tuple[str, ...]) -> None:
    """`-n 0/1/2/6`, no `-n`, and no xdist at all: each PO is asked for once."""
    numbers = [f"PO{place}" for place in range(9)]
    shop.sheet(*numbers)
    assert sorted(shop.done("--po-csv=pos.csv", *processes)) == numbers
    wanted = int(processes[0][2:] or 0) if processes and processes[0].startswith("-n") else 0
    assert shop.workers() <= ({f"gw{number}" for number in range(wanted)} or {"master"})
    shop.assert_no_browser_was_started()


def test_a_run_leaves_nothing_in_the_state_folder_but_the_base_and_locks(shop: Shop) -> None:
    """Run folder, template and clones are gone at the end."""
    shop.sheet("PO1", "PO2")
    shop.run("--po-csv=pos.csv", "-n2")
    assert {each.name for each in shop.state.iterdir()} <= {"bases", "locks", "runs", "templates"}
    assert [*(shop.state / "runs").iterdir(), *(shop.state / "templates").iterdir()] == []


def test_outcomes_become_verdicts(shop: Shop) -> None:
    """Done and without attachments pass, not found and failed fail with their reason first, already done skips."""
    shop.sheet("PO1", "PONONE", "POGONE", "POFAIL", "PODONE")
    ran = shop.run("--po-csv=pos.csv", "-ra")
    assert (ran.code, ran.outcomes) == (1, {"passed": 2, "failed": 2, "skipped": 1})
    assert "FAILED pos.csv::POGONE - PO_NOT_FOUND: the fake says GONE <&>" in ran.out
    assert "SKIPPED: the fake says DONE <&>" in ran.out
    assert "Traceback" not in ran.out
    assert "po_download(" not in ran.out, "no source is shown for an order's failure"


def test_a_bug_in_the_download_keeps_its_traceback(shop: Shop) -> None:
    """What is no error of ours is shown as pytest shows it, with the line it came from."""
    shop.fake(
        "@pytest.fixture\ndef po_download():\n    def download(order):\n        return 1 / 0\n    return download\n"
    )
    shop.sheet("PO1")
    ran = shop.run("--po-csv=pos.csv")
    assert (ran.code, ran.outcomes) == (1, {"failed": 1})
    assert "return 1 / 0" in ran.out
    assert "ZeroDivisionError" in ran.out


@PROCESSES
def test_k_and_deselect_choose_by_number(shop: Shop, processes: str) -> None:
    """`-k` and `--deselect` work on PO numbers."""
    shop.sheet("PO10", "PO11", "PO20", "PO21")
    assert sorted(shop.done("--po-csv=pos.csv", processes, "-k", "PO1 and not PO11")) == ["PO10"]
    kept = shop.done("--po-csv=pos.csv", processes, "--deselect", "pos.csv::PO10", "--deselect", "pos.csv::PO20")
    assert sorted(kept) == ["PO11", "PO21"]


@PROCESSES
def test_m_chooses_by_marks_that_a_suite_gives(shop: Shop, processes: str) -> None:
    """`-m` works on marks that a conftest puts on the items."""
    shop.fake(MARK)
    shop.sheet("PO1", "PO2", "PO3", "PO4")
    assert sorted(shop.done("--po-csv=pos.csv", processes, "-m", "even", "--strict-markers")) == ["PO2", "PO4"]


@PROCESSES
def test_lf_runs_the_failed_and_ff_has_them_first(shop: Shop, processes: str) -> None:
    """`--lf` and `--ff` remember POs between runs."""
    shop.sheet("PO1", "PO2", "POFAIL3", "PO4", "POFAIL5")
    shop.run("--po-csv=pos.csv", processes)
    assert sorted(shop.done("--po-csv=pos.csv", processes, "--lf")) == ["POFAIL3", "POFAIL5"]
    assert shop.run("--po-csv=pos.csv", processes, "--ff", "--co", "-q").lines[:3] == [
        "pos.csv::POFAIL3",
        "pos.csv::POFAIL5",
        "pos.csv::PO1",
    ]
    assert sorted(shop.done("--po-csv=pos.csv", processes, "--ff")) == ["PO1", "PO2", "PO4", "POFAIL3", "POFAIL5"]


def test_sw_goes_on_where_it_stopped(shop: Shop) -> None:
    """`--sw` stops at the first failure and begins with it the next time."""
    shop.sheet("PO1", "POFAIL2", "PO3")
    assert shop.done("--po-csv=pos.csv", "--sw") == ["PO1", "POFAIL2"]
    assert shop.done("--po-csv=pos.csv", "--sw") == ["POFAIL2"]
    assert shop.done("--po-csv=pos.csv", "--sw", "--sw-skip") == ["POFAIL2", "PO3"]


@pytest.mark.parametrize(
    ("option", "begun"), [("-x", ["PO1", "POFAIL2"]), ("--maxfail=2", ["PO1", "POFAIL2", "POFAIL3"])]
)
def test_x_and_maxfail_begin_nothing_more(shop: Shop, option: str, begun: list[str]) -> None:
    """After that many failures no further PO is begun, and the exit code is pytest's."""
    shop.sheet("PO1", "POFAIL2", "POFAIL3", "PO4", "PO5")
    assert shop.done("--po-csv=pos.csv", option) == begun


@pytest.mark.parametrize(("option", "failures"), [("-x", 1), ("--maxfail=2", 2)])
def test_x_and_maxfail_stop_workers_too(shop: Shop, option: str, failures: int) -> None:
    """Under xdist what is in hand or handed out ends, and the rest is not begun."""
    numbers = [f"POFAIL{place}" for place in range(20)]
    shop.sheet(*numbers)
    ran = shop.run("--po-csv=pos.csv", "-n2", option)
    assert ran.code == 2
    assert f"stopping after {failures} failures" in ran.out
    assert len(shop.done("--po-csv=pos.csv", "-n2", option)) < len(numbers)


@PROCESSES
@pytest.mark.parametrize("sheet", [("--po-csv=pos.csv",), ("--po-csv", "pos.csv"), ()])
def test_an_item_can_be_named(shop: Shop, processes: str, sheet: tuple[str, ...]) -> None:
    """`pos.csv::PO3`, as a summary's line has it, runs that PO alone, with --po-csv and without."""
    shop.sheet("PO1", "PO2", "PO3", "PO33")
    assert shop.done(*sheet, processes, "pos.csv::PO3") == ["PO3"]


def test_an_item_that_is_not_in_the_sheet_is_not_found(shop: Shop) -> None:
    """pytest says so itself, as of any test that is not there."""
    shop.sheet("PO1")
    ran = shop.run("--po-csv=pos.csv", "pos.csv::PO7")
    assert ran.code == 4
    assert "not found" in ran.out
    assert "pos.csv::PO7" in ran.out


def test_somebody_elses_table_is_left_to_them(shop: Shop) -> None:
    """`x.csv::a` that is no sheet of ours is not refused: its plugin may collect it, and ours says why it does not."""
    shop.fake(
        "class Row(pytest.Item):\n    def runtest(self):\n        pass\n"
        "class Table(pytest.File):\n    def collect(self):\n        yield Row.from_parent(self, name='a')\n"
        "def pytest_collect_file(file_path, parent):\n"
        "    return Table.from_parent(parent, path=file_path) if file_path.name == 'x.csv' else None\n"
    )
    shop.write("x.csv", "name,value\na,1\n")
    ran = shop.run("x.csv::a")
    assert (ran.code, ran.outcomes) == (0, {"passed": 1})
    assert "has no column with PO numbers" in ran.out
