"""One purchase order as a value."""

from __future__ import annotations

import dataclasses
import itertools
import json
import pickle

import pytest

from pytest_edgepool.orders.order import PurchaseOrder


def order(number: str = "PO15262984", **changes: object) -> PurchaseOrder:
    fields: dict[str, object] = {"number": number, "sheet": "pos.csv", "row": 2, "columns": {"PO_NUMBER": number}}
    return PurchaseOrder(**{**fields, **changes})


def test_an_order_cannot_be_changed() -> None:
    """An order is frozen."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        order().number = "other"


def test_an_order_survives_pickling() -> None:
    """An order crosses to another process and is equal there, columns and all."""
    assert pickle.loads(pickle.dumps(order())) == order()


def test_an_order_survives_json() -> None:
    """What `to_json` gives goes through text and comes back equal, with line ends and accents in the columns."""
    original = order(columns={"PO_NUMBER": "PO1", "Nota": "ação\nlinha 2"})

    assert PurchaseOrder.from_json(json.loads(json.dumps(original.to_json()))) == original


def test_an_order_without_a_number_in_json_is_refused() -> None:
    """Half an order is no order."""
    with pytest.raises(KeyError):
        PurchaseOrder.from_json({"sheet": "pos.csv", "row": 2, "columns": {}})


def test_json_does_not_share_the_columns() -> None:
    """Changing what `to_json` gave changes no order."""
    original = order()

    original.to_json()["columns"]["PO_NUMBER"] = "changed"

    assert original.columns["PO_NUMBER"] == "PO15262984"


def test_the_hash_leaves_the_columns_out() -> None:
    """An order can be a key although its columns cannot; equality still looks at them."""
    same_place = order(columns={"PO_NUMBER": "PO15262984", "more": "x"})

    assert hash(order()) == hash(same_place)
    assert order() != same_place


@pytest.mark.parametrize("change", [{"number": "PO2"}, {"sheet": "b.csv"}, {"row": 3}])
def test_number_sheet_and_row_make_an_order(change: dict[str, object]) -> None:
    """Orders that differ in one of the three are different, as values and as keys."""
    assert len({order(), order(**change)}) == 2


@pytest.mark.parametrize("number", ["PO15262984", "US-0158122/7", "Pedido 4ª", "PO:1", "注文-9", "a.b_c#1"])
def test_an_ordinary_number_is_its_own_item_name(number: str) -> None:
    """What a person would type with `-k` stays as it is."""
    assert order(number).item_name == number


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("A::B", "A%3A%3AB"),
        ("A:::B", "A%3A%3A%3AB"),
        (":A", "%3AA"),
        ("A[1]", "A%5B1%5D"),
        ("A@gw1", "A%40gw1"),
        ("50%", "50%25"),
        ("A\nB", "A%0AB"),
        ("A\x00B", "A%00B"),
        ("A\u202eB", "A%E2%80%AEB"),
        ("A\u2028B", "A%E2%80%A8B"),
        ("A\udc80B", "A%ED%B2%80B"),
    ],
)
def test_what_pytest_would_misread_is_escaped(number: str, name: str) -> None:
    """`::`, brackets, `@`, controls and invisible characters never stand in an item's name."""
    assert order(number).item_name == name


def test_distinct_numbers_have_distinct_item_names() -> None:
    """No two of the 1364 numbers that can be made of the nasty characters, five long, share a name."""
    numbers = ["".join(chars) for size in range(1, 6) for chars in itertools.product(":%[3", repeat=size)]
    numbers += ["%3A", "%3A%3A", "A%3A%3AB", "A::B", "%253A"]

    assert len({order(number).item_name for number in numbers}) == len(set(numbers))


@pytest.mark.parametrize("number", ["A::B", "::", ":", "x:::", "[::]"])
def test_a_node_id_with_an_item_name_splits_in_two(number: str) -> None:
    """`sheet::name` has exactly two parts, which is how pytest and JUnit read it."""
    assert f"pos.csv::{order(number).item_name}".split("::") == ["pos.csv", order(number).item_name]
