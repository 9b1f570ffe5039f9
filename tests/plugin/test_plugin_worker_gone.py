"""What may come together with a worker's death, or in place of it: a full disk, reruns, a timeout, a broken pipe."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.processes import is_alive
from tests.plugin.test_plugin_crashing import DIES, JOB, assert_counted, case, report, statuses

if TYPE_CHECKING:
    from tests.plugin.conftest import Shop

# From the death of a worker on, the controller's disk takes and gives nothing.
FULL = """
import errno

def full(*_args, **_kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")

@pytest.hookimpl(optionalhook=True, wrapper=True, tryfirst=True)
def pytest_testnodedown(node, error):
    from pytest_edgepool.outcomes.ledger import Ledger
    from pytest_edgepool.run import Run
    from pytest_edgepool.workers import in_hand, remains
    remains.slots_of = remains.say = in_hand.write_whole = Run.stop = Ledger.read = Ledger.append = full
    return (yield)
"""


@pytest.mark.parametrize(
    "more",
    [
        pytest.param((), marks=pytest.mark.thorough),
        pytest.param(("--dist=loadfile",), marks=pytest.mark.thorough),
        ("--max-worker-restart=0",),
    ],
    ids=str,
)
def test_a_full_disk_costs_no_order_its_report(shop: Shop, more: tuple[str, ...]) -> None:
    """Each order is in JUnit once, the one that workers die of is not run for ever, and nothing breaks inside."""
    numbers = ["PO-EVER-CALL", "PO1", "PO2", "PO3"]
    shop.fake(DIES + FULL)
    shop.sheet(*numbers)
    ended = shop.run(*JOB, "-n1", *more)
    assert "INTERNALERROR" not in ended.out
    told = statuses(shop)
    assert set(told) == set(numbers), ended.out
    assert told["PO-EVER-CALL"] == ("STOPPED" if "--max-worker-restart=0" in more else "FAILED") or not more, told
    assert ended.code == 1, ended.out


def test_without_reruns_pytest_rerunfailures_does_not_pass_over_an_order(shop: Shop) -> None:
    """`--reruns=0` installs its protocol, which counts the death and would not run the order again."""
    shop.fake(DIES)
    shop.sheet("PO-ONCE-CALL", "PO1", "PO2")
    ended = shop.run(*JOB, "-n2", "--reruns=0")
    assert ended.code == 0, ended.out
    assert_counted(ended, passed=3, rerun=1)
    assert statuses(shop) == dict.fromkeys(("PO-ONCE-CALL", "PO1", "PO2"), "COMPLETED")


SILENT = """
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item):
    return True if "SILENT" in item.name else None
"""


def test_an_order_that_somebody_passed_over_is_not_said_to_have_had_no_worker(shop: Shop) -> None:
    """It is STOPPED, because nobody reported it; workers there were."""
    shop.fake(DIES + SILENT)
    shop.sheet("PO-ONCE-CALL", "PO-SILENT", "PO2")
    ended = shop.run(*JOB, "-n1")
    assert statuses(shop)["PO-SILENT"] == "STOPPED", ended.out
    assert "no worker reported it" in ended.out
    assert "no worker was left" not in ended.out


# A message that xdist cannot read: it takes the worker for dead, which lives on with its order.
UNREADABLE = """
import time

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    told = FOLDER / "lost"
    if "LOST" in item.name and not told.exists():
        told.write_text(str(os.getpid()))
        for each in item.config.pluginmanager.get_plugins():
            if type(each).__name__ == "WorkerInteractor":
                each.sendevent("nonsense")
        time.sleep(3)
"""


def test_a_worker_that_xdist_gives_up_is_ended_before_another_has_its_order(shop: Shop) -> None:
    """What it goes on saying breaks nothing, and the order is done once."""
    shop.fake(UNREADABLE)
    shop.sheet("PO-LOST", "PO1", "PO2")
    ended = shop.run(*JOB, "-n2")
    assert_counted(ended, passed=3, rerun=1)
    assert "3 COMPLETED" in ended.out
    names = [str(each.get("name")) for each in shop.cases()]  # beside them stands the message, as xdist tells it
    assert sorted(each for each in names if each.startswith("PO")) == ["PO-LOST", "PO1", "PO2"]
    assert not is_alive(int((shop.folder / "lost").read_text()))
    assert (shop.folder / "ran.txt").read_text().count("PO-LOST") == 1
    assert "was lost" in case(shop, "PO-LOST")["history"]


# The real `po_download`, up to the address of the order's page: no browser is started before that is known.
ASKS = """
import time

def pytest_edgepool_order_url(order):
    if "RAISES" in order.number:
        raise RuntimeError("the hook broke")
    if "SKIPS" in order.number:
        pytest.skip("not today")
    time.sleep(30)

def pytest_collection_modifyitems(items):
    for item in items:
        if "SLOW" in item.name:
            item.add_marker(pytest.mark.timeout(2, method="signal", func_only=True))
"""


@pytest.mark.parametrize("processes", [pytest.param("-n0", marks=pytest.mark.thorough), "-n2"])
def test_trouble_that_escapes_the_fetch_is_in_ledger_report_and_junit(shop: Shop, processes: str) -> None:
    """pytest-timeout breaks off an order, a hook breaks: as any other failure; somebody's skip is none."""
    shop.write("conftest.py", f"import pytest\n{ASKS}")
    shop.sheet("PO-SLOW", "PO-RAISES", "PO-SKIPS")
    ended = shop.run(*JOB, processes, "--po-portal=coupa")
    assert ended.code == 1, ended.out
    lines = (shop.folder / "downloads" / ".edgepool" / "ledger.jsonl").read_text().splitlines()
    written = {each["number"]: (each["status"], each["reason"]) for each in map(json.loads, lines)}
    assert written == {
        "PO-SLOW": ("TIMEOUT", "Timeout (>2.0s) from pytest-timeout."),
        "PO-RAISES": ("FAILED", "RuntimeError: the hook broke"),
    }
    told = {str(each.get("name")): each for each in shop.cases()}
    assert set(told) == {"PO-SLOW", "PO-RAISES", "PO-SKIPS"}
    assert case(shop, "PO-SLOW")["status"] == "TIMEOUT"
    assert report(shop) == {"PO-SLOW": "TIMEOUT", "PO-RAISES": "FAILED", "PO-SKIPS": ""}
    assert "1 FAILED, 1 TIMEOUT" in ended.out
    shop.assert_no_browser_was_started()


def test_an_order_whose_item_fails_before_its_fetch_is_in_the_report(shop: Shop) -> None:
    """A fixture of the user's own breaks: the summary and the report say so too."""
    shop.fake("\n@pytest.fixture(autouse=True)\ndef broken(request):\n    assert 'BAD' not in request.node.name\n")
    shop.sheet("PO-BAD", "PO1")
    ended = shop.run(*JOB, "-n2")
    assert ended.code == 1, ended.out
    assert report(shop)["PO-BAD"] == "FAILED"
    assert "PO-BAD FAILED: it failed outside the fetch; see pytest's report" in ended.out
