"""A run that is ended by a signal where no browser is open, and what is told of orders at the end of any run."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from tests.plugin.test_plugin_crashing import DIES, report, statuses
from tests.plugin.test_plugin_junit import SCHEMA

if TYPE_CHECKING:
    from tests.plugin.conftest import Ran, Shop

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process there is sent no SIGTERM")

INTERRUPTED = 2
JOB = ("--po-csv=pos.csv", "--junitxml=report.xml")
# Whoever comes first has the controller sent a signal; all wait until the flag is up, and are done then.
SENDS = """
import signal
from pytest_edgepool.clock import Deadline, wait_until

def until_told_to_end():
    try:
        (FOLDER / "sent").touch(exist_ok=False)
        os.kill(os.getpid() if WORKER == "master" else os.getppid(), signal.SIGNAL)
    except FileExistsError:
        pass
    flags = lambda: any(Path(os.environ["EDGEPOOL_STATE_DIR"]).glob("runs/*/stop"))
    assert wait_until(flags, Deadline.after(60, "the stop flag"))
"""
OWN = """
@pytest.fixture
def po_download():
    def download(order):
        with open(FOLDER / "ran.txt", "a") as ran:
            ran.write(f"{WORKER} {order.number}\\n")
        until_told_to_end()
        return Outcome(number=order.number, status=Status.COMPLETED)
    return download
"""
PLAIN = """
import pytest
from conftest import FOLDER, until_told_to_end

@pytest.mark.parametrize("number", range(24))
def test_plain(number):
    (FOLDER / f"plain-{number}").touch()
    until_told_to_end()
"""


def in_the_ledger(shop: Shop) -> list[dict[str, str]]:
    lines = (shop.folder / "downloads" / ".edgepool" / "ledger.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def reasons(shop: Shop) -> dict[str, str]:
    orders = json.loads((shop.folder / "downloads" / "report.json").read_bytes())["orders"]
    return {each["number"]: (each["outcome"] or {}).get("reason", "") for each in orders}


@pytest.mark.parametrize(
    ("processes", "most", "sent"),
    [("-n0", 1, "SIGINT"), pytest.param("-n1", 1, "SIGTERM", marks=pytest.mark.thorough), ("-n2", 2, "SIGTERM")],
)
def test_a_suite_of_its_own_begins_no_order_after_a_signal(shop: Shop, processes: str, most: int, sent: str) -> None:
    """Nothing of ours is open in it: what is in hand is finished, the rest is STOPPED, and pytest says so."""
    numbers = [f"PO{place}" for place in range(20)]
    shop.fake(SENDS.replace("SIGNAL", sent) + OWN)
    shop.sheet(*numbers)
    ended = shop.run(*JOB, processes)
    begun = [line.split()[1] for line in (shop.folder / "ran.txt").read_text().splitlines()]
    assert ended.code == INTERRUPTED, ended.out
    assert len(begun) <= most
    expected = {number: "COMPLETED" if number in begun else "STOPPED" for number in numbers}
    assert statuses(shop) == expected
    assert {number: status or "COMPLETED" for number, status in report(shop).items()} == expected  # its own: no ledger
    assert "ended by a signal" in ended.out
    assert f"{len(begun)} done, {20 - len(begun)} to do; the same command goes on" in ended.out


@pytest.mark.parametrize(("processes", "most"), [pytest.param("-n0", 1, marks=pytest.mark.thorough), ("-n2", 2)])
def test_plain_tests_before_the_first_order_are_not_begun_either(shop: Shop, processes: str, most: int) -> None:
    """The one in hand is finished and passes; no order is tried, and each is STOPPED."""
    shop.fake(SENDS.replace("SIGNAL", "SIGTERM"))
    shop.write("test_a.py", PLAIN)
    shop.sheet("PO1", "PO2")
    ended = shop.run(*JOB, processes, "test_a.py", "pos.csv")
    begun = len(list(shop.folder.glob("plain-*")))
    assert ended.code == INTERRUPTED, ended.out
    assert 1 <= begun <= most
    assert ended.outcomes == {"passed": begun, "skipped": 2}, ended.out
    assert not (shop.folder / "ran.txt").exists()
    assert report(shop) == {"PO1": "STOPPED", "PO2": "STOPPED"}
    etree.XMLSchema(etree.parse(SCHEMA)).assertValid(etree.parse(shop.folder / "report.xml"))


def test_a_fixture_that_outlives_the_last_item_is_torn_down_with_it(shop: Shop) -> None:
    """What goes wrong there is told, as in a run that nobody ended."""
    shop.fake(SENDS.replace("SIGNAL", "SIGTERM"))
    fixture = (
        "\n@pytest.fixture(scope='module', autouse=True)\ndef whole():\n    yield\n    assert False, 'torn down'\n"
    )
    shop.write("test_a.py", PLAIN + fixture)
    shop.sheet("PO1")
    ended = shop.run(*JOB, "-n0", "test_a.py", "pos.csv")
    assert ended.code == INTERRUPTED, ended.out
    assert ended.outcomes == {"passed": 1, "skipped": 1, "errors": 1}, ended.out


# A user's conftest whose copying of the base is where a service manager ends the run.
PREPARES = """
import signal
from pytest_edgepool.profiles import trimming
from pytest_edgepool.profiles.means import Means

def ended(source, target):
    os.kill(os.getpid(), signal.SIGTERM)
    raise AssertionError("the run went on")

trimming.means_between = lambda *_: Means(name="copy", share=ended)
"""


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_a_run_that_is_ended_while_it_prepares_leaves_nothing(shop: Shop, processes: str) -> None:
    """As Ctrl-C does there: half a template is removed, and so is the run."""
    shop.fake(PREPARES)
    shop.sheet("PO1")
    ended = shop.run(*JOB, processes)
    assert ended.code == INTERRUPTED, ended.out
    assert not list(shop.state.glob("runs/*"))
    assert not [each for each in shop.state.glob("templates/*") if each.is_dir()]


# As on Windows, where the main thread cannot be interrupted: what is in hand fails when its browser is ended under it.
UNINTERRUPTED = """
from pytest_edgepool import fulfil
from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.plugin import watcher
from pytest_edgepool.plugin.keys import STATION

watcher._INTERRUPTION = None
del po_download

def failing(order, desk):
    STATION_OF[0].run.stop("signal")
    assert wait_until(lambda: STATION_OF[0].watcher.has_given_up, Deadline.after(60, "giving up"))
    return Outcome(number=order.number, status=Status.FAILED, reason="the browser died")

STATION_OF = []
fulfil.fulfil = failing

@pytest.fixture(autouse=True)
def _known(_edgepool_station):
    STATION_OF.append(_edgepool_station)
"""


def test_an_order_whose_browser_was_ended_under_it_is_stopped(shop: Shop) -> None:
    """It has not failed: the ledger says nothing of it, and the next run does it."""
    shop.fake(UNINTERRUPTED)
    shop.sheet("PO1", "PO2")
    ended = shop.run(*JOB, "-n0", "--edgepool-grace=0")
    assert ended.code == INTERRUPTED, ended.out
    assert statuses(shop) == {"PO1": "STOPPED", "PO2": "STOPPED"}
    assert not (shop.folder / "downloads" / ".edgepool" / "ledger.jsonl").exists()


# -- what is told at the end ------------------------------------------------------------------------------------------

# `po_download` writes that the order failed; then a run beside ours fetches it. Whoever reads the ledger is noted.
TWO_RUNS = """
from pytest_edgepool.outcomes.ledger import Ledger
from pytest_edgepool.plugin.keys import RUN_ID

@pytest.fixture
def po_download(request):
    def download(order):
        run = request.config.stash[RUN_ID]
        ours = Outcome(number=order.number, status=Status.FAILED, reason="no page", run=run, site=SITE)
        theirs = Outcome(number=order.number, status=Status.COMPLETED, run="another", site=SITE)
        for each in (ours, theirs):
            Ledger(FOLDER / "downloads" / ".edgepool" / "ledger.jsonl").append(each)
        return ours
    return download

reading = Ledger.read
def read(ledger):
    with open(FOLDER / "read.txt", "a") as noted:
        noted.write("read\\n")
    return reading(ledger)
Ledger.read = read
"""


def test_an_order_that_another_run_fetched_meanwhile_was_written_all_the_same(shop: Shop) -> None:
    """The report has the ledger's last word, the summary what this run did; the ledger is read once for both."""
    shop.fake(f"SITE = 'http://portal.example'\n{TWO_RUNS}")
    shop.sheet("PO1")
    ended = shop.run(*JOB, "-n0")
    assert ended.code == 1, ended.out
    assert "PO1 FAILED: no page" in ended.out
    assert "could not be written to the ledger" not in ended.out
    assert report(shop) == {"PO1": "COMPLETED"}
    assert (shop.folder / "read.txt").read_text() == "read\n"


def test_what_killed_workers_is_told_even_when_the_ledger_takes_nothing(shop: Shop) -> None:
    """The report has the deaths, and that they are not in the ledger."""
    shop.fake(DIES)
    (shop.folder / "downloads" / ".edgepool" / "ledger.jsonl").mkdir(parents=True)
    shop.sheet("PO-EVER-CALL", "PO1")
    ended: Ran = shop.run(*JOB, "-n1")
    assert ended.code == 1, ended.out
    told = reasons(shop)["PO-EVER-CALL"]
    assert "2 workers died while they ran it" in told
    assert "the ledger does not have it" in told
