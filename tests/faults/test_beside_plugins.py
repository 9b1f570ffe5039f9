"""The same sheet in any number of processes, dealt out either way, and beside plugins that people have installed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from pytest_edgepool.testing import DemoOptions, demo_numbers, serve
from tests.plugin.test_plugin_junit import SCHEMA
from tests.support import CHROMIUM, SESSION_KEY, a_bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Bench, Ended

NUMBERS = demo_numbers(40)[:6]
JOB = ("--po-csv=pos.csv", "--junitxml=report.xml")

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, signed_in: object) -> Iterator[Bench]:
    """One site and one user's folder for all runs; each has an output folder of its own."""
    options = DemoOptions(session="session", session_key=SESSION_KEY)
    with serve(options) as demo, a_bench(tmp_path_factory.mktemp("beside"), signed_in, demo) as made:  # type: ignore[arg-type]
        made.sheet(NUMBERS)
        yield made


def assert_each_once(ended: Ended, output: str) -> None:
    """Ledger, report and JUnit name each order once, and say the same."""
    assert ended.code == 0, ended.out
    assert Counter(str(line["number"]) for line in ended.ledger(output)) == Counter(NUMBERS)
    assert ended.statuses(output) == dict.fromkeys(NUMBERS, "COMPLETED")
    assert {name: told["status"] for name, told in ended.junit().items()} == dict.fromkeys(NUMBERS, "COMPLETED")
    etree.XMLSchema(etree.parse(SCHEMA)).assertValid(etree.parse(ended.folder / "report.xml"))


@pytest.mark.parametrize(
    "args",
    [
        ("-n0",),
        pytest.param(("-n1",), marks=pytest.mark.thorough),
        ("-n6",),
        ("-n3", "--dist=worksteal"),
        ("-n2", "--reruns=2"),
        ("-n2", "--timeout=120", "-p", "randomly", "-p", "no:cacheprovider"),
    ],
    ids=" ".join,
)
def test_each_order_has_one_outcome(bench: Bench, args: tuple[str, ...]) -> None:
    """All are fetched, once each, whoever else is there."""
    output = "-".join(args).replace("=", "")
    ended = bench.run(*JOB, f"--po-output={output}", *args)
    assert_each_once(ended, output)


def test_an_order_that_fails_at_first_is_told_once_beside_rerunfailures(bench: Bench) -> None:
    """The repeated try has its line in the ledger, and the one that counts is the only one in JUnit."""
    bench.demo.site.change(faults={NUMBERS[1]: "file-error:1"})
    ended = bench.run(*JOB, "--po-output=reruns", "-n2", "--reruns=2", "--po-attempts=1")
    assert ended.code == 0, ended.out
    assert {name: told["status"] for name, told in ended.junit().items()} == dict.fromkeys(NUMBERS, "COMPLETED")
    assert ended.statuses("reruns") == dict.fromkeys(NUMBERS, "COMPLETED")
    assert Counter(str(line["number"]) for line in ended.ledger("reruns")) == Counter([*NUMBERS, NUMBERS[1]])
    assert "1 rerun" in ended.out
