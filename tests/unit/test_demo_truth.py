"""What the demo site holds can be known from an order's number alone."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from pytest_edgepool.portals.demo.truth import (
    FIRST_NUMBER,
    SUPPLIERS,
    DemoOrder,
    demo_attachment,
    demo_numbers,
    demo_order,
    expected_files,
)

SAME_NAMES = "PO15262988"
MANY = [str(number) for number in range(FIRST_NUMBER, FIRST_NUMBER + 400)]


def known(number: str) -> DemoOrder:
    order = demo_order(number)
    assert order is not None
    return order


def good_orders() -> list[DemoOrder]:
    return [order for order in map(demo_order, MANY) if order is not None and order.attachments]


def test_the_prefix_does_not_matter() -> None:
    """An order is the same by `PO15262984`, `po15262984` and its digits."""
    assert demo_order("PO15262984") == demo_order("po15262984") == demo_order("15262984") is not None


@pytest.mark.parametrize("number", ["PO15263404", "404", "abc", "", "PO", "12a4", "../1234", "-1234", "١٢٣٤", "1" * 30])
def test_what_is_no_order_is_none(number: str) -> None:
    """Numbers that end in 404, and what is no number, are not found and have no files."""
    assert demo_order(number) is None
    assert expected_files(number) == {}


def test_a_number_that_ends_in_zeros_has_no_attachments() -> None:
    """An order without attachments is there, with a supplier."""
    order = known("PO15263000")
    assert order.supplier in SUPPLIERS
    assert (order.attachments, expected_files("PO15263000")) == ((), {})


def test_all_others_have_one_to_four() -> None:
    """Each count from one to four occurs."""
    assert {len(order.attachments) for order in good_orders()} == {1, 2, 3, 4}


def test_one_order_in_four_has_two_files_of_one_name() -> None:
    """Same names occur often enough that a small sheet has them."""
    orders = good_orders()
    twice = [order for order in orders if len({one.name for one in order.attachments}) < len(order.attachments)]
    assert len(twice) == pytest.approx(len(orders) / 4, rel=0.05)


def test_files_of_one_name_are_published_beside_each_other() -> None:
    """The first keeps its name, the next gets a number before its ending, and both have their own bytes."""
    first, *_, last = known(SAME_NAMES).attachments
    assert first.name == last.name == "Lieferschein Größe.docx"
    files = expected_files(SAME_NAMES)
    assert files["Lieferschein Größe.docx"] == first.content
    assert files["Lieferschein Größe (2).docx"] == last.content
    assert first.content != last.content


def test_no_file_is_lost_by_its_name() -> None:
    """There are as many published files as attachments, for every order."""
    assert all(len(expected_files(order.number)) == len(order.attachments) for order in good_orders()[:40])


def test_all_kinds_of_files_occur() -> None:
    """A few orders show every kind."""
    assert {one.suffix for order in good_orders()[:20] for one in order.attachments} == {
        ".pdf", ".docx", ".xlsx", ".txt", ".msg",
    }  # fmt: skip


def test_a_name_outside_ascii_occurs() -> None:
    """Names as real ones are: the demo has accents."""
    assert any(not one.name.isascii() for order in good_orders()[:20] for one in order.attachments)


def test_a_file_is_found_by_its_identifier() -> None:
    """The identifier leads back to the file and its order."""
    order = known("PO15262984")
    assert [demo_attachment(one.identifier) for one in order.attachments] == [(order, one) for one in order.attachments]


@pytest.mark.parametrize(
    "identifier", ["", "5", "152629849", "152629840", "15263404" + "1", "152630001", "abcd1", "../1"]
)
def test_an_unknown_identifier_is_none(identifier: str) -> None:
    """No file is made up for an identifier that no order has."""
    assert demo_attachment(identifier) is None


def test_the_bytes_are_the_same_in_another_process() -> None:
    """Truth needs no seed and no hash of this process: a site elsewhere sends the same bytes."""
    code = (
        "import hashlib; from pytest_edgepool.portals.demo.truth import expected_files;"
        "print(hashlib.sha256(repr(expected_files('PO15262984')).encode()).hexdigest())"
    )
    answers = {
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60).stdout for _ in "ab"
    }
    assert len(answers) == 1


@pytest.mark.parametrize("count", [2, 3, 9, 24, 200, 1000])
def test_a_sheet_has_one_not_found_and_one_without_attachments(count: int) -> None:
    """The numbers for a sheet are all different, and two of them are the two special ones."""
    numbers = demo_numbers(count)
    assert len(set(numbers)) == count
    kinds = Counter("not found" if not (order := demo_order(n)) else bool(order.attachments) for n in numbers)
    assert kinds == Counter({True: count - 2, "not found": 1, False: 1}) - Counter()


def test_a_sheet_of_one_is_an_order() -> None:
    """One number alone is one that has files; none is none."""
    assert demo_numbers(1) == ["PO15262984"]
    assert expected_files("PO15262984")
    assert demo_numbers(0) == []


def test_a_small_sheet_has_all_suppliers() -> None:
    """The demo's 24 orders come from all suppliers, at least five."""
    suppliers = {order.supplier.name for order in map(demo_order, demo_numbers(24)) if order}
    assert suppliers == {supplier.name for supplier in SUPPLIERS}
    assert len(suppliers) >= 5
