"""What may be a PO number, and what the site is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.orders.numbers import MAX_CHARACTERS, NumberRule, asked_as, fault_of, number_in
from pytest_edgepool.orders.sheet import SheetRules
from tests.unit.sheets import numbers, read, refused

if TYPE_CHECKING:
    from pathlib import Path

ANY = NumberRule()


@pytest.mark.parametrize(
    "number", ["PO15262984", "15262984", "US-0158122/7", "A", "注文-9", "1E5", "#77", "PO" + "1" * 80]
)
def test_any_number_may_be_one(number: str) -> None:
    """Without a pattern only what cannot be a number is refused."""
    assert fault_of(number, ANY) is None


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("1.52630E+07", "has rounded the PO number"),
        ("1,5E+15", "has rounded the PO number"),
        ("=HYPERLINK(x)", "begins like a formula"),
        ("=1+1", "begins like a formula"),
        ("+cmd|' /C calc'!A0", "begins like a formula"),
        ("@SUM(A1)", "begins like a formula"),
        ("-", "begins like a formula"),
        ("???", "is no PO number"),
        ("#REF!", "shows the error #REF!"),
        ("#n/a", "shows the error"),
        ("1" * (MAX_CHARACTERS + 1), "longer than"),
    ],
)
def test_what_cannot_be_a_number_is_refused(tmp_path: Path, number: str, words: str) -> None:
    """Each with its line and what to do, before any browser starts."""
    found = refused(tmp_path, f'x,PO_NUMBER\na,PO1\nb,"{number}"\n')

    assert (found.line, words in found.problem) == (3, True)
    assert found.remedy


def test_an_error_value_in_the_first_column_is_no_comment(tmp_path: Path) -> None:
    """`#N/A` begins with the comment sign, and is a number that is missing."""
    assert "#N/A" in refused(tmp_path, "PO_NUMBER,x\nPO1,a\n#N/A,b\n").problem


@pytest.mark.parametrize(("cell", "number"), [('="00123"', "00123"), (' =" PO1 " ', "PO1"), (" PO1\u00a0", "PO1")])
def test_numbers_that_were_kept_as_text_are_unwrapped(cell: str, number: str) -> None:
    """`="00123"` is how leading zeros survive a spreadsheet program; nothing of it is run."""
    assert number_in(cell) == number


def test_a_pattern_refuses_what_does_not_match_it_as_a_whole(tmp_path: Path) -> None:
    """Every number is looked at; the sentence names the setting."""
    rules = SheetRules(numbers=NumberRule(pattern=r"(PO|PM)?[0-9]{6,}"))

    assert numbers(read(tmp_path, "PO\nPO123456\n1234567\n", rules=rules)) == ["PO123456", "1234567"]
    found = refused(tmp_path, "PO\nPO123456\nPO12345\n", rules=rules)
    assert (found.line, "po_number_pattern" in found.problem) == (3, True)


@pytest.mark.parametrize("pattern", ["(", "[0-9", "*", "a{99999999999}"])
def test_a_pattern_that_is_none_is_the_users_mistake(pattern: str) -> None:
    """One sentence with the setting's name and an example."""
    with pytest.raises(UsageMistake, match="po_number_pattern"):
        NumberRule(pattern=pattern)


@pytest.mark.parametrize(
    ("number", "asked"),
    [
        *(("PO15262984", ("15262984",)), ("pm 152", ("152",)), ("PO#152", ("152",)), ("152", ("152",))),
        *(("POLAND7", ("POLAND7",)), ("POPO1", ("POPO1",)), ("PO", ("PO",)), ("15PO2", ("15PO2",))),
    ],
)
def test_a_prefix_is_stripped_where_digits_are_left(number: str, asked: tuple[str, ...]) -> None:
    """Nowhere else are letters taken away: that could name another order."""
    assert asked_as(number, ANY) == asked


def test_a_prefix_may_be_kept_or_tried_first() -> None:
    """On some sites the number without its prefix is another valid order."""
    assert asked_as("PO123", NumberRule(prefix="keep")) == ("PO123",)
    assert asked_as("PO123", NumberRule(prefix="keep-first")) == ("PO123", "123")
    assert asked_as("123", NumberRule(prefix="keep-first")) == ("123",)


def test_prefixes_are_settable() -> None:
    """Other companies write other letters; a prefix is a text, not a pattern."""
    rule = NumberRule(prefixes=("BE", "A+B", " "))

    assert asked_as("be-77", rule) == ("77",)
    assert asked_as("A+B77", rule) == ("77",)
    assert asked_as("PO77", rule) == ("PO77",)
    assert asked_as("PO77", NumberRule(prefixes=())) == ("PO77",)
