"""Which cells of a worksheet a reference such as `A1:C4` means. Never reads a file."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPAN = re.compile(r"\$?([A-Z]+)\$?(\d+)(?::\$?([A-Z]+)\$?(\d+))?")


@dataclass(frozen=True, slots=True)
class Span:
    """A rectangle of cells: rows from 1, places from 0, both ends within."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, line: int, place: int) -> bool:
        """Say whether a cell is one of them."""
        return self.top <= line <= self.bottom and self.left <= place <= self.right

    def __str__(self) -> str:
        """Return it as a workbook writes it."""
        return f"{letters_of(self.left)}{self.top}:{letters_of(self.right)}{self.bottom}"


def span_of(reference: str) -> Span:
    """Return which cells a reference such as `A1:C4` or `$A$1` means; none where it is something else."""
    found = _SPAN.fullmatch(reference.strip())
    if found is None:
        return Span(0, 0, -1, -1)
    first, top, last, bottom = found.groups()
    return Span(int(top), place_of(first), int(bottom or top), place_of(last or first))


def place_of(letters: str) -> int:
    """Return the place, from 0, of the column of these letters."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def letters_of(place: int) -> str:
    """Return the letters of the column at this place."""
    found, number = "", place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(65 + rest) + found
    return found
