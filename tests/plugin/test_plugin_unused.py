"""What a suite pays that does not use us: no library of ours is imported, nothing is written, nothing is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Shop

HEAVY = (
    "selenium",
    "psutil",
    "filelock",
    "structlog",
    "tenacity",
    "platformdirs",
    "websocket",
    "click",
    "flask",
    "lxml",
)
SUITE = "import pytest\n@pytest.mark.parametrize('place', range(6))\ndef test_it(place):\n    assert place >= 0\n"
SAY_IMPORTED = f"""
import os, pathlib, sys, pytest
@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    worker = os.environ.get("PYTEST_XDIST_WORKER", "controller")
    found = sorted({{name.partition(".")[0] for name in sys.modules}} & set({HEAVY!r}))
    ours = sorted(name for name in sys.modules if name.startswith("pytest_edgepool"))
    pathlib.Path(f"imported-{{worker}}.txt").write_text(" ".join(found) + "\\n" + " ".join(ours))
"""
# Libraries may bring pytest plugins of their own (platformdirs does), which pytest imports whether we are there or not.
OTHERS = ("-p", "no:platformdirs")


@pytest.mark.parametrize(
    ("processes", "names"), [("-n0", {"controller"}), ("-n2", {"controller", "gw0", "gw1"})], ids=["n0", "n2"]
)
def test_a_plain_suite_imports_no_library_of_ours(bare_shop: Shop, processes: str, names: set[str]) -> None:
    """With the plugin active, neither the controller nor a worker imports anything that only we need."""
    bare_shop.write("conftest.py", SAY_IMPORTED)
    bare_shop.write("test_it.py", SUITE)
    assert bare_shop.run(processes, *OTHERS).outcomes == {"passed": 6}
    imported = {each.stem.partition("-")[2]: each.read_text().splitlines() for each in bare_shop.folder.glob("*.txt")}
    assert set(imported) == names
    for worker, (heavy, ours) in imported.items():
        assert heavy == "", worker
        assert "pytest_edgepool.plugin" in ours.split(), "the plugin was not active, so nothing is proved"


def test_the_look_at_modules_can_find_something(bare_shop: Shop) -> None:
    """The same look finds a library that a suite does import."""
    bare_shop.write("conftest.py", SAY_IMPORTED)
    bare_shop.write("test_it.py", "import psutil\n" + SUITE)
    bare_shop.run(*OTHERS)
    assert (bare_shop.folder / "imported-controller.txt").read_text().splitlines()[0] == "psutil"


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_a_plain_suite_leaves_nothing(bare_shop: Shop, processes: str) -> None:
    """No state folder, no output folder, no word in header or summary."""
    bare_shop.write("test_it.py", SUITE)
    before = bare_shop.contents()
    ran = bare_shop.run(processes, "-p", "no:cacheprovider")
    assert ran.outcomes == {"passed": 6}
    assert "edgepool:" not in ran.out
    assert "= edgepool =" not in ran.out
    assert bare_shop.contents() == before
    assert not bare_shop.state.exists()


def test_signals_of_a_plain_suite_are_its_own(bare_shop: Shop) -> None:
    """SIGINT and SIGTERM have the handlers that they have without us."""
    bare_shop.write(
        "test_it.py",
        "import signal\n"
        "def test_it():\n"
        "    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler\n"
        "    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL\n",
    )
    assert bare_shop.run().outcomes == {"passed": 1}
