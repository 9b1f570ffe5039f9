"""What may be a PO number, and what the site is asked for when the sheet holds it. Never asks the site."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.orders.naming import ERROR_VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator

PrefixRule: TypeAlias = Literal["strip", "keep", "keep-first"]

MAX_CHARACTERS = 200  # it becomes the name of a test, of a folder and a part of an address

_KEPT_AS_TEXT = re.compile(r'="([^"]*)"')  # how people keep a spreadsheet from dropping leading zeros
_FORMULA_BEGINNINGS = ("=", "+", "-", "@")
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+\d{1,3}", re.IGNORECASE | re.ASCII)  # 1.52630E+07
_GAP = r"[\s#:_-]*"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRule:
    """What is settable about PO numbers.

    Attributes:
        pattern: a regular expression that a whole number must match; empty: any number may be one.
        prefixes: what people write before the digits and the site does not have.
        prefix: what is done with such a prefix: stripped, kept, or first kept and then stripped.

    Raises:
        UsageMistake: the pattern is no regular expression.
    """

    pattern: str = ""
    prefixes: tuple[str, ...] = ("PO", "PM")
    prefix: PrefixRule = "strip"

    def __post_init__(self) -> None:
        """Refuse a pattern that cannot be used, before any sheet is read."""
        try:
            re.compile(self.pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise UsageMistake(
                f"po_number_pattern: {self.pattern!r} is not a regular expression ({error}); for digits write [0-9]+."
            ) from None


def number_in(cell: str) -> str:
    """Return the number that a cell holds, without spaces around it, and out of `="…"`."""
    number = cell.strip()
    kept = _KEPT_AS_TEXT.fullmatch(number) if number.startswith("=") else None
    return kept[1].strip() if kept else number


def fault_of(number: str, rule: NumberRule) -> tuple[str, str] | None:
    """Return what is wrong with a number and what to do about it, each as a clause; None when it may be one.

    Args:
        number: what `number_in` gave, not empty.
        rule: what is settable.
    """
    return next(_faults(number, rule), None)


def _faults(number: str, rule: NumberRule) -> Iterator[tuple[str, str]]:
    if len(number) > MAX_CHARACTERS:
        yield f"the PO number is longer than {MAX_CHARACTERS} characters", "shorten it or delete the row"
    if number.upper() in ERROR_VALUES:
        yield f"the spreadsheet shows the error {number} for the PO number", "put the number there as text"
    if number.startswith(_FORMULA_BEGINNINGS):
        yield f"{number!r} begins like a formula and is no PO number", "put the number there as text"
    if not any(map(str.isalnum, number)):
        yield f"{number!r} is no PO number", "put the number there or delete the row"
    if _ROUNDED.fullmatch(number):
        known = f"a spreadsheet program has rounded the PO number to {number}"
        yield known, "format the column as text and fill it in again"
    if rule.pattern and not re.fullmatch(rule.pattern, number):
        yield f"{number!r} is not a PO number by po_number_pattern", "correct the number or the setting"


def asked_as(number: str, rule: NumberRule) -> tuple[str, ...]:
    """Return what the site is asked for, the first one first.

    A prefix goes only where digits alone are left: taking letters away elsewhere could name another order.
    `keep-first` is for sites that know some numbers with their prefix: stripped, they may be another valid order.
    """
    if rule.prefix == "keep":
        return (number,)
    words = "|".join(re.escape(each.strip()) for each in rule.prefixes if each.strip())
    prefixed = re.fullmatch(rf"(?:{words}){_GAP}([0-9]+)", number, re.IGNORECASE | re.ASCII) if words else None
    if prefixed is None:
        return (number,)
    return (prefixed[1],) if rule.prefix == "strip" else (number, prefixed[1])
