"""What an order must come to follows from the demo's settings alone."""

from __future__ import annotations

import pytest

from pytest_edgepool.portals.demo.expected import STATUSES, expected_status
from pytest_edgepool.portals.demo.options import DemoOptions, FaultName
from pytest_edgepool.portals.demo.truth import demo_order, expected_files

NUMBER = "PO15262988"  # four files
EMPTY, UNKNOWN = "PO15263000", "PO15263404"


@pytest.mark.parametrize(
    ("number", "status"), [(NUMBER, "COMPLETED"), (EMPTY, "NO_ATTACHMENTS"), (UNKNOWN, "PO_NOT_FOUND")]
)
def test_a_site_that_behaves(number: str, status: str) -> None:
    """Without faults only what an order has decides."""
    assert expected_status(number) == expected_status(number, DemoOptions()) == status


@pytest.mark.parametrize("fault", list(FaultName))
def test_a_fault_that_stays(fault: FaultName) -> None:
    """What goes wrong each time decides; what is only odd or slow does not."""
    options = DemoOptions(faults={NUMBER: fault})
    harmless = {FaultName.SLOW, FaultName.NO_LENGTH, FaultName.GZIP, FaultName.WRONG_RANGE}
    assert expected_status(NUMBER, options) == STATUSES.get(fault, "COMPLETED")
    assert set(STATUSES) == set(FaultName) - harmless


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("server-error:2", "COMPLETED"),
        ("server-error:3", "FAILED"),
        ("signed-out-page:1", "COMPLETED"),
        ("html-200:1", "COMPLETED"),
        ("oops:1", "PO_NOT_FOUND"),
        ("no-access:1", "ACCESS_DENIED"),
        ("file-missing:1", "PARTIAL"),
        ("file-missing:4", "FAILED"),
        ("truncated:2", "COMPLETED"),
        ("truncated:3", "PARTIAL"),
        ("truncated:12", "FAILED"),
    ],
)
def test_a_fault_that_passes(fault: str, status: str) -> None:
    """Three tries outlast two strikes; an answer is final at once."""
    assert expected_status(NUMBER, DemoOptions(faults={NUMBER: fault})) == status


def test_more_tries_outlast_more() -> None:
    """How often is tried is the caller's."""
    options = DemoOptions(faults={NUMBER: "server-error:4"})
    assert [expected_status(NUMBER, options, tries=tries) for tries in (4, 5)] == ["FAILED", "COMPLETED"]


def test_a_fault_of_files_needs_files() -> None:
    """An order without any meets none."""
    assert expected_status(EMPTY, DemoOptions(faults={EMPTY: "file-missing"})) == "NO_ATTACHMENTS"


def test_a_requisition_has_files_for_an_order_that_has_none() -> None:
    """They count where they are asked for."""
    options = DemoOptions(shapes={EMPTY: "requisition"})
    assert expected_status(EMPTY, options) == "NO_ATTACHMENTS"
    assert expected_status(EMPTY, options, requisitions=True) == "COMPLETED"
    assert set(expected_files(EMPTY, options, requisitions=True)) == {"Request 15263000.pdf", "Budget.xlsx"}


def test_a_requisitions_files_come_after_the_orders() -> None:
    """The union has each file once."""
    options = DemoOptions(shapes={NUMBER: "requisition"})
    assert expected_files(NUMBER, options) == expected_files(NUMBER)
    both = expected_files(NUMBER, options, requisitions=True)
    assert list(both)[:4] == list(expected_files(NUMBER))
    assert len(set(both.values())) == 6


def test_odd_names_are_published_safely() -> None:
    """What is published is one name each, whatever the site calls them, and no two differ in case alone."""
    options = DemoOptions(shapes={NUMBER: "odd-names"})
    names = list(expected_files(NUMBER, options))
    assert len({name.casefold() for name in names}) == len(names) == 10
    assert "invoice (2).PDF" in names
    assert not [name for name in names if set(name) & set('/\\:*?"<>|') or not name.isprintable() or len(name) > 150]


def test_texts_that_begin_like_pages() -> None:
    """A table and a text, both of which begin with `<`."""
    files = expected_files(NUMBER, DemoOptions(shapes={NUMBER: "markup-text"}))
    assert {name.rpartition(".")[2] for name in files} == {"csv", "txt"}
    assert all(content.startswith(b"<") for content in files.values())


def test_shapes_of_the_page_change_no_file() -> None:
    """How a file is offered says nothing of what it is."""
    options = DemoOptions(shapes={NUMBER: "lazy+lines+widgets+double+bare+hostile+elsewhere+no-disposition"})
    assert expected_files(NUMBER, options) == expected_files(NUMBER)
    assert demo_order(NUMBER, options) == demo_order(NUMBER)
