"""A worker that dies in a run of orders: its order runs again, once; whatever happens, each order has one outcome."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from tests.plugin.test_plugin_junit import SCHEMA, properties

if TYPE_CHECKING:
    from tests.plugin.conftest import Ran, Shop

JOB = ("--po-csv=pos.csv", "--junitxml=report.xml", "-rA")

# A user's conftest under which a worker dies where the number says: `ONCE` the first time, `EVER` each time.
DIES = """
import signal

def die(name, where):
    for word in ("ONCE", "EVER"):
        if f"{word}-{where}" in name and not (word == "ONCE" and (FOLDER / f"died-{name}").exists()):
            (FOLDER / f"died-{name}").touch()
            os._exit(3) if "EXIT" in name else os.kill(os.getpid(), signal.SIGKILL)

def pytest_runtest_setup(item):
    die(item.name, "SETUP")

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    die(item.name, "CALL")

@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item):
    die(item.name, "TEARDOWN")

def pytest_runtest_logfinish(nodeid):
    if WORKER != "master":
        die(nodeid, "END")
"""
# Another plugin runs items in its own way: so none is kept back until it has run, and each report goes as it comes.
AT_ONCE = """
def pytest_runtest_protocol(item):
    return None
"""
# What `po_download` does when it is done: its line is in the ledger before anyone is told.
WRITES = """
from pytest_edgepool.outcomes.ledger import Ledger

@pytest.fixture
def po_download(request):
    def download(order):
        with open(FOLDER / "ran.txt", "a") as ran:
            ran.write(f"{WORKER} {order.number}\\n")
        run = request.config.workerinput["edgepool"]["run"]
        status = Status.PO_NOT_FOUND if "GONE" in order.number else Status.COMPLETED
        outcome = Outcome(number=order.number, status=status, run=run, worker=WORKER, attachments_found=4)
        Ledger(FOLDER / "downloads" / ".edgepool" / "ledger.jsonl").append(outcome)
        die(order.number, "LEDGER")
        return outcome
    return download
"""


def statuses(shop: Shop) -> dict[str, str]:
    """What JUnit says of each order: valid, each once, with each property once."""
    etree.XMLSchema(etree.parse(SCHEMA)).assertValid(etree.parse(shop.folder / "report.xml"))
    names = [str(case.get("name")) for case in shop.cases()]
    assert len(names) == len(set(names)), names
    told = {str(case.get("name")): properties(case)["status"] for case in shop.cases()}
    suite = etree.parse(shop.folder / "report.xml").getroot().find("testsuite")
    assert suite is not None
    assert suite.get("tests") == str(len(names)), suite.get("tests")
    return told


def case(shop: Shop, number: str) -> dict[str, str]:
    return next(properties(each) for each in shop.cases() if each.get("name") == number)


def report(shop: Shop) -> dict[str, str]:
    """What the report says of each order."""
    orders = json.loads((shop.folder / "downloads" / "report.json").read_bytes())["orders"]
    return {each["number"]: (each["outcome"] or {}).get("status", "") for each in orders}


def ran(shop: Shop) -> list[str]:
    lines = (shop.folder / "ran.txt").read_text().splitlines()
    return sorted(line.split()[1] for line in lines)


def assert_counted(ended: Ran, **counts: int) -> None:
    assert ended.outcomes == counts, ended.out


@pytest.mark.parametrize(
    ("dist", "where", "orders"),
    [
        ("load", "CALL", 12),
        ("worksteal", "CALL", 2),
        pytest.param("load", "SETUP", 2, marks=pytest.mark.thorough),
        pytest.param("worksteal", "TEARDOWN", 12, marks=pytest.mark.thorough),
    ],
)
def test_the_order_of_a_worker_that_died_runs_again(shop: Shop, dist: str, where: str, orders: int) -> None:
    """Another worker does it, all are done, and JUnit says of it what became of the first try."""
    died = f"PO-ONCE-{where}"
    numbers = [died, *(f"PO{place}" for place in range(1, orders))]
    shop.fake(DIES)
    shop.sheet(*numbers)
    ended = shop.run(*JOB, "-n2", f"--dist={dist}")
    assert ended.code == 0, ended.out
    assert_counted(ended, passed=orders, rerun=1)
    assert statuses(shop) == dict.fromkeys(numbers, "COMPLETED")
    assert "was killed by SIGKILL" in case(shop, died)["history"]
    assert "history" not in case(shop, "PO1")


@pytest.mark.parametrize(
    ("dist", "processes"), [pytest.param("load", "-n1", marks=pytest.mark.thorough), ("worksteal", "-n3")]
)
def test_an_order_that_two_workers_died_of_fails(shop: Shop, dist: str, processes: str) -> None:
    """It is not tried a third time: it is FAILED, in report, ledger and JUnit, with both deaths."""
    shop.fake(DIES)
    shop.sheet("PO1", "PO-EVER-CALL-EXIT", "PO2", "PO3")
    ended = shop.run(*JOB, processes, f"--dist={dist}")
    assert ended.code == 1, ended.out
    assert_counted(ended, passed=3, rerun=1, failed=1)
    assert statuses(shop) == {"PO1": "COMPLETED", "PO2": "COMPLETED", "PO3": "COMPLETED", "PO-EVER-CALL-EXIT": "FAILED"}
    told = case(shop, "PO-EVER-CALL-EXIT")
    assert told["history"].count("ended with exit status 3") == 2
    assert told["attempts"] == "2"
    lines = (shop.folder / "downloads" / ".edgepool" / "ledger.jsonl").read_text().splitlines()
    written = [json.loads(line) for line in lines]
    assert [(each["number"], each["status"]) for each in written] == [("PO-EVER-CALL-EXIT", "FAILED")]
    assert "2 workers died while they ran it" in written[0]["reason"]
    assert report(shop)["PO-EVER-CALL-EXIT"] == "FAILED"
    assert "FAILED: 2 workers died while they ran it" in ended.out


@pytest.mark.parametrize(
    ("dist", "died"),
    [
        ("load", "PO-EVER-LEDGER"),
        ("worksteal", "POGONE-EVER-LEDGER"),
        ("load", "POGONE-EVER-TEARDOWN"),
        ("worksteal", "PO-EVER-END"),
    ],
)
def test_an_order_that_the_ledger_has_is_not_run_again(shop: Shop, dist: str, died: str) -> None:
    """What is still to be said of it is said by the controller."""
    status = "PO_NOT_FOUND" if "GONE" in died else "COMPLETED"
    shop.fake(DIES + AT_ONCE + WRITES)
    shop.sheet(died, "PO1", "PO2")
    ended = shop.run(*JOB, "-n2", f"--dist={dist}")
    assert statuses(shop) == {died: status, "PO1": "COMPLETED", "PO2": "COMPLETED"}, ended.out
    assert ran(shop) == sorted([died, "PO1", "PO2"])
    assert ended.code == (1 if "GONE" in died else 0)
    assert_counted(ended, **({"passed": 2, "failed": 1} if "GONE" in died else {"passed": 3}))
    assert case(shop, died)["attachments_found"] == "4"


@pytest.mark.parametrize(
    ("processes", "restarts"),
    [(("-n1",), 0), (("-n2", "--dist=worksteal"), 1), pytest.param(("-n2",), 0, marks=pytest.mark.thorough)],
    ids=str,
)
def test_what_is_left_when_no_worker_comes_any_more_is_stopped(
    shop: Shop, processes: tuple[str, ...], restarts: int
) -> None:
    """Not one order is missing, the exit status says so, and the next run does the rest."""
    numbers = [f"PO{place}-EVER-CALL" for place in range(5)]
    shop.fake(DIES)
    shop.sheet(*numbers)
    ended = shop.run(*JOB, *processes, f"--max-worker-restart={restarts}")
    assert ended.code == 1, ended.out
    told = statuses(shop)
    assert set(told) == set(numbers)
    assert set(told.values()) <= {"STOPPED", "FAILED"}
    assert "STOPPED" in told.values()
    assert report(shop) == told
    assert "no worker was left to run it" in ended.out
    assert "the same command goes on where it stopped." in ended.out


def test_workers_that_cannot_even_collect_leave_everything_to_be_done(shop: Shop) -> None:
    """A conftest that ends each worker before it has an order: all are STOPPED, none is FAILED."""
    shop.fake("if WORKER != 'master':\n    os._exit(5)\n")
    shop.sheet("PO1", "PO2")
    ended = shop.run(*JOB, "-n2", "--max-worker-restart=1")
    assert ended.code == 1, ended.out
    assert statuses(shop) == {"PO1": "STOPPED", "PO2": "STOPPED"}


@pytest.mark.parametrize(
    ("dist", "restarts"),
    [
        ("loadscope", ()),
        pytest.param("loadfile", (), marks=pytest.mark.thorough),
        ("loadgroup", ()),
        pytest.param("loadgroup", ("--max-worker-restart=0",), marks=pytest.mark.thorough),
    ],
)
def test_a_distribution_that_binds_orders_ends_the_run_in_order(
    shop: Shop, dist: str, restarts: tuple[str, ...]
) -> None:
    """xdist would hang, or give the order to one after the other: it fails with the reason, the rest is STOPPED."""
    numbers = ["PO0-EVER-CALL", *(f"PO{place}" for place in range(1, 9))]
    shop.fake(DIES)
    shop.sheet(*numbers)
    ended = shop.run(*JOB, "-n2", f"--dist={dist}", *restarts)
    assert ended.code == 1, ended.out
    told = statuses(shop)
    assert set(told) == set(numbers)
    assert told["PO0-EVER-CALL"] == "FAILED"
    assert set(told.values()) <= {"FAILED", "COMPLETED", "STOPPED"}
    assert f"--dist={dist} binds POs to workers" in ended.out
    assert f"note: --dist={dist} binds POs to workers: if one dies" in ended.out
    assert report(shop)["PO0-EVER-CALL"] == "FAILED"


def test_other_tests_crash_as_xdist_has_it(shop: Shop) -> None:
    """A test beside the sheet that takes no order is reported failed, and the run goes on."""
    shop.fake(DIES)
    shop.write("test_it.py", "import os\n\ndef test_exit():\n    os._exit(1)\n\ndef test_well():\n    pass\n")
    shop.sheet("PO1", "PO2")
    ended = shop.run(*JOB, "-n2", "test_it.py", "pos.csv")
    assert ended.code == 1, ended.out
    assert_counted(ended, passed=3, failed=1)
    assert "worker 'gw" in ended.out
    assert "crashed while running 'test_it.py::test_exit'" in ended.out


def test_a_suite_without_a_sheet_is_left_alone(shop: Shop) -> None:
    """Who does not use us has xdist's own report."""
    shop.write("test_it.py", "import os\n\ndef test_exit():\n    os._exit(1)\n")
    ended = shop.run("-n1", "--max-worker-restart=0")
    assert "crashed while running 'test_it.py::test_exit'" in ended.out
    assert "edgepool" not in ended.out.partition("plugins:")[2].partition("\n")[2]


RERUNS = ("--reruns=2", "-n2")


def test_pytest_rerunfailures_runs_again_what_a_worker_died_of(shop: Shop) -> None:
    """It does so in our place, as often as it was told to; JUnit names the order once, with its history."""
    shop.fake(DIES)
    shop.sheet("PO-ONCE-CALL", "PO1", "PO2")
    ended = shop.run(*JOB, *RERUNS)
    assert ended.code == 0, ended.out
    assert_counted(ended, passed=3, rerun=1)
    assert statuses(shop) == dict.fromkeys(("PO-ONCE-CALL", "PO1", "PO2"), "COMPLETED")
    assert "was killed by SIGKILL" in case(shop, "PO-ONCE-CALL")["history"]


def test_what_pytest_rerunfailures_gives_up_fails_once(shop: Shop) -> None:
    """Two workers died of it: it is FAILED with both, however often it may run again, and the others are done."""
    shop.fake(DIES)
    shop.sheet("PO-EVER-CALL", "PO1", "PO2")
    ended = shop.run(*JOB, *RERUNS)
    assert ended.code == 1, ended.out
    assert_counted(ended, passed=2, rerun=1, failed=1)
    assert statuses(shop) == {"PO-EVER-CALL": "FAILED", "PO1": "COMPLETED", "PO2": "COMPLETED"}
    assert case(shop, "PO-EVER-CALL")["history"].count("SIGKILL") == 2
    assert report(shop)["PO-EVER-CALL"] == "FAILED"


def test_pytest_rerunfailures_does_not_run_again_what_the_ledger_has(shop: Shop) -> None:
    """Its worker died when it was done: that is told, and it is not begun anew."""
    shop.fake(DIES + WRITES)
    shop.sheet("PO-EVER-LEDGER", "PO1", "PO2")
    ended = shop.run(*JOB, *RERUNS)
    assert statuses(shop) == dict.fromkeys(("PO-EVER-LEDGER", "PO1", "PO2"), "COMPLETED"), ended.out
    assert ran(shop) == sorted(["PO-EVER-LEDGER", "PO1", "PO2"])


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_an_order_that_fails_and_runs_again_is_one_case(shop: Shop, processes: str) -> None:
    """Tries that pytest-rerunfailures repeats do not stand in JUnit beside the one that counts."""
    shop.sheet("POFAIL", "PO1")
    ended = shop.run(*JOB, "--reruns=2", processes)
    assert ended.code == 1, ended.out
    assert_counted(ended, passed=1, rerun=2, failed=1)
    assert statuses(shop) == {"POFAIL": "FAILED", "PO1": "COMPLETED"}
