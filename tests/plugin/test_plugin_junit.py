"""JUnit as the fixed names have it: each PO one test case with all its properties, in any number of processes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

if TYPE_CHECKING:
    from tests.plugin.conftest import Shop

SCHEMA = Path(__file__).resolve().parents[1] / "data" / "junit-xunit2.xsd"
FIXED_NAMES = [
    "status",
    "supplier",
    "attachments_found",
    "attachments_downloaded",
    "bytes",
    "worker",
    "slot",
    "profile",
    "attempts",
    "folder",
]
PROCESSES = pytest.mark.parametrize("processes", [("-n0",), ("-n2",), ("-p", "no:xdist")], ids=" ".join)
PROPERTY = '<property name="n" value=""/>'
JOB = ("--po-csv=pos.csv", "--junitxml=report.xml")

# Runs each item twice, as a plugin does that tries again: the first try is not reported.
TWICE = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    runtestprotocol(item, log=False, nextitem=nextitem)
"""


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMA))


def properties(case: etree._Element) -> dict[str, str]:
    found = [(each.get("name"), each.get("value")) for each in case.findall("properties/property")]
    assert len(found) == len(dict(found)), found
    return dict(found)


@PROCESSES
def test_each_order_is_one_case_with_all_properties(
    shop: Shop, schema: etree.XMLSchema, processes: tuple[str, ...]
) -> None:
    """Passed, failed and skipped alike; the file is valid."""
    numbers = ["PO1", "PO2", "PONONE", "POGONE", "POFAIL", "PODONE", "PO<&>'\"", "PO::7", "PÖ 8"]
    shop.sheet(*numbers)
    shop.run(*JOB, *processes)
    schema.assertValid(etree.parse(shop.folder / "report.xml"))
    cases = shop.cases()
    assert sorted(str(each.get("name")) for each in cases) == sorted([*numbers[:7], "PO%3A%3A7", "PÖ 8"])
    assert {each.get("classname") for each in cases} == {"pos.csv"}
    for case in cases:
        assert list(properties(case)) == FIXED_NAMES, case.get("name")


@PROCESSES
def test_properties_say_what_the_outcome_says(shop: Shop, processes: tuple[str, ...]) -> None:
    """Numbers, names and the worker come through; what an order never had is empty."""
    shop.sheet("PO1", "POGONE")
    shop.run(*JOB, *processes)
    told = {case.get("name"): properties(case) for case in shop.cases()}
    worker = told["PO1"].pop("worker")
    assert worker in ({"gw0", "gw1"} if processes == ("-n2",) else {"master"})
    assert told["PO1"] == {
        "status": "COMPLETED",
        "supplier": "Acme & Söhne",
        "attachments_found": "1",
        "attachments_downloaded": "1",
        "bytes": "7",
        "slot": "0",
        "profile": "base",
        "attempts": "1",
        "folder": "Acme/x",
    }
    assert told["POGONE"]["status"] == "PO_NOT_FOUND"
    assert (told["POGONE"]["slot"], told["POGONE"]["profile"]) == ("", "")


def test_counts_and_verdicts_agree_with_the_outcomes(shop: Shop) -> None:
    """The suite's counts, and a failure whose message is the order's one line."""
    shop.sheet("PO1", "POGONE", "PODONE")
    shop.run(*JOB, "-n2")
    suite = etree.parse(shop.folder / "report.xml").getroot().find("testsuite")
    assert suite is not None
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
    }
    by_name = {case.get("name"): case for case in shop.cases()}
    failure, skipped = by_name["POGONE"].find("failure"), by_name["PODONE"].find("skipped")
    assert failure is not None
    assert str(failure.get("message")).endswith("PO_NOT_FOUND: the fake says GONE <&>")
    assert skipped is not None
    assert skipped.get("message") == "SKIPPED: the fake says DONE <&>"


def test_a_sheet_in_a_folder_has_dots_in_its_classname(shop: Shop) -> None:
    """`classname` is the sheet's path from rootdir with dots for slashes."""
    shop.sheet("PO1", name="orders/may/pos.csv")
    shop.run("--po-csv=orders/may/pos.csv", "--junitxml=report.xml", "-n2")
    assert [case.get("classname") for case in shop.cases()] == ["orders.may.pos.csv"]


@PROCESSES
def test_a_second_try_replaces_the_properties_of_the_first(shop: Shop, processes: tuple[str, ...]) -> None:
    """An item that another plugin runs again has each property once."""
    shop.fake(TWICE)
    shop.sheet("PO1", "POFAIL")
    assert sorted(shop.done(*JOB, *processes)) == ["PO1", "PO1", "POFAIL", "POFAIL"]
    assert [list(properties(case)) for case in shop.cases()] == [FIXED_NAMES, FIXED_NAMES]


def test_a_suites_own_properties_stay(shop: Shop) -> None:
    """What a conftest records on the item stands beside ours."""
    shop.fake("@pytest.fixture(autouse=True)\ndef mark(record_property):\n    record_property('team', 'north')\n")
    shop.sheet("PO1")
    shop.run(*JOB)
    assert properties(shop.cases()[0])["team"] == "north"


@pytest.mark.parametrize(
    "wrong",
    [
        '<testcase classname="a" name="" time="0"/>',
        '<testcase classname="a" time="0"/>',
        '<testcase classname="a" name="x" time="0"/><testcase classname="a" name="x" time="0"/>',
        '<testcase classname="a" name="x" time="0"><failure/><properties/></testcase>',
        f'<testcase classname="a" name="x" time="0"><properties>{2 * PROPERTY}</properties></testcase>',
    ],
    ids=["empty name", "no name", "twice", "order", "property twice"],
)
def test_the_schema_refuses_what_readers_stumble_over(schema: etree.XMLSchema, wrong: str) -> None:
    """The schema is no rubber stamp: it refuses nameless and double cases, and properties out of place or twice."""
    frame = (
        '<testsuites><testsuite name="pytest" errors="0" failures="0" skipped="0" tests="0" time="0.1" '
        'timestamp="2026-01-01T00:00:00+00:00" hostname="h">{}</testsuite></testsuites>'
    )
    assert schema.validate(etree.fromstring(frame.format('<testcase classname="a" name="x" time="0"/>')))
    assert not schema.validate(etree.fromstring(frame.format(wrong)))
