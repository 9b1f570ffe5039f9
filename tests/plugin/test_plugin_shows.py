"""Runs that only show something prepare nothing; what header and help say; which news a suite hears."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.settings import knobs, option_of, variable_of

if TYPE_CHECKING:
    from tests.plugin.conftest import Shop

SHOWS = [
    ("--co",),
    ("--co", "-q"),
    ("--co", "-n2"),
    ("--co", "-n", "auto"),
    ("--co", "-p", "no:xdist"),
    ("--markers",),
    ("--fixtures",),
    ("--fixtures-per-test",),
    ("--help",),
    ("--version",),
    ("--cache-show",),
    ("--setup-plan",),
    ("--setup-plan", "-n2"),
]


@pytest.mark.parametrize("args", SHOWS, ids=" ".join)
def test_a_run_that_only_shows_writes_nothing(shop: Shop, args: tuple[str, ...]) -> None:
    """No browser is started or even asked for its version, no clone made, and nothing written anywhere."""
    shop.sheet("PO1", "PO2")
    before = shop.contents()
    assert shop.run("--po-csv=pos.csv", *args).code == 0
    assert shop.contents() == before
    shop.assert_no_browser_was_started()


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_collecting_needs_no_browser_and_no_sign_in(bare_shop: Shop, processes: str) -> None:
    """`--co` works on a machine where nobody has signed in yet, and does not even make the state folder."""
    bare_shop.sheet("PO1", "PO2")
    ran = bare_shop.run("--po-csv=pos.csv", "--co", "-q", processes, "--edgepool-binary=nowhere")
    assert ran.code == 0
    assert ran.lines[:2] == ["pos.csv::PO1", "pos.csv::PO2"]
    assert not bare_shop.state.exists()


def test_the_header_says_what_is_in_force_and_where_it_came_from(shop: Shop) -> None:
    """Sheet, site, browser, base, each setting with its source, the output folder, and the sheet's warnings."""
    shop.write("pytest.ini", "[pytest]\nedgepool_log = detailed\n")
    shop.sheet("PO1", "PO2", "PO1")
    ran = shop.run("--po-csv=pos.csv", "--po-output=there")
    told = "\n".join(line for line in ran.lines if line.startswith("edgepool: "))
    assert "2 POs from pos.csv at http://portal.example" in told
    assert "Chromium 156.0.1.1, the managed base (gw0 works on it), template 2 files" in told
    assert "po_csv=pos.csv (command line)" in told
    assert "edgepool_browser=chromium (environment)" in told
    assert "edgepool_log=detailed (ini)" in told
    assert "files go to there" in told
    assert "pos.csv, line 4: PO PO1 stands already in line 2; it is run once." in told


def test_a_suite_without_a_sheet_has_no_header_of_ours(shop: Shop) -> None:
    """Who does not use us is told nothing."""
    shop.write("test_it.py", "def test_it():\n    pass\n")
    ran = shop.run()
    assert ran.outcomes == {"passed": 1}
    assert "edgepool: " not in ran.out


def test_help_shows_every_option_with_its_variable(bare_shop: Shop) -> None:
    """`--help` lists each option, what it is for, and the environment variable; each ini key too."""
    out = " ".join(bare_shop.run("--help").out.split())
    for name, told in knobs().items():
        assert f"{name} (" in out, f"ini key {name}"
        if told.option:
            assert option_of(name) in out
            assert f"[{variable_of(name)}]".replace(" ", "") in out.replace(" ", "")


def test_fixtures_shows_ours_with_their_first_sentence(bare_shop: Shop) -> None:
    """`--fixtures` lists the public fixtures and says what each gives; private ones are hidden."""
    out = bare_shop.run("--fixtures").out
    for name in (
        "edge_pool",
        "edge_profile",
        "edge_browser",
        "edge_tab",
        "edge_downloads",
        "purchase_order",
        "po_download",
    ):
        assert re.search(rf"^{name}( \[session scope\])? -- .*fixtures\.py:\d+\n    \w", out, re.MULTILINE), name
    assert "_edgepool_station" not in out


def test_no_names_of_other_plugins_are_taken(bare_shop: Shop) -> None:
    """`driver`, `selenium`, `browser`, `page`, `edge_options` and `edge_service` belong to others."""
    out = bare_shop.run("--fixtures", "-v").out
    for name in ("driver", "selenium", "browser", "page", "edge_options", "edge_service"):
        assert not re.search(rf"^{name}( \[| --)", out, re.MULTILINE), name


HEAR = """
def pytest_edgepool_profile_cloned(config, event):
    (FOLDER / f"cloned-{WORKER}.txt").write_text(f"{event.slot} {event.files}")

def pytest_edgepool_order_url(order, base_url):
    return None

def pytest_edgepool_portals(config):
    from pytest_edgepool.portals.coupa import CoupaPortal
    return {"ours": CoupaPortal(name="ours")}
"""


def test_a_suite_hears_that_its_clone_was_made(shop: Shop) -> None:
    """`pytest_edgepool_profile_cloned` is called in the worker whose clone it is: in gw1, not in gw0 on the base."""
    shop.fake(HEAR)
    shop.write(
        "test_slots.py",
        "import pytest\n@pytest.mark.parametrize('place', range(4))\n"
        "def test_slot(edge_profile, place):\n    assert edge_profile.slot == int(edge_profile.kind == 'clone')\n",
    )
    ran = shop.run("-n2", "--dist=each")
    assert ran.outcomes == {"passed": 8}, ran.out
    assert {each.name: each.read_text() for each in shop.folder.glob("cloned-*")} == {"cloned-gw1.txt": "1 2"}
    shop.assert_no_browser_was_started()


@pytest.mark.parametrize(("processes", "workers"), [("-n0", 1), ("-n3", 3)])
def test_processes_of_a_suite_without_a_sheet_share_one_run(shop: Shop, processes: str, workers: int) -> None:
    """`edge_pool.run_id` is the same in all workers, also when no sheet made the controller prepare anything."""
    shop.write(
        "test_run.py",
        "import pathlib, pytest\n@pytest.mark.parametrize('place', range(6))\ndef test_run(edge_pool, place):\n"
        "    pathlib.Path(f'{edge_pool.worker}.id').write_text(edge_pool.run_id)\n",
    )
    assert shop.run(processes).outcomes == {"passed": 6}
    told = [each.read_text() for each in shop.folder.glob("*.id")]
    assert len(told) == workers
    assert len(set(told)) == 1
    assert list((shop.state / "runs").iterdir()) == []


def test_a_suite_may_add_portals(shop: Shop) -> None:
    """`pytest_edgepool_portals` adds names that `--po-portal` takes, and a mistake lists them."""
    shop.fake(HEAR)
    shop.sheet("PO1")
    assert shop.run("--po-csv=pos.csv", "--po-portal=ours").outcomes == {"passed": 1}
    assert "coupa, demo, none, ours" in shop.run("--po-csv=pos.csv", "--po-portal=theirs").sentence


def test_a_hook_that_does_not_exist_is_refused(shop: Shop) -> None:
    """A suite that misspells a hook of ours hears of it."""
    shop.fake("def pytest_edgepool_profile_clone(config, event):\n    pass\n")
    shop.sheet("PO1")
    assert "unknown hook 'pytest_edgepool_profile_clone'" in shop.run("--po-csv=pos.csv").out
