"""A small terminal: what a stream of text and control sequences leaves on its screen. Never knows who wrote it."""

from __future__ import annotations

import re

_PART = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\x1b.|(\r)|(\n)|([^\x1b\r\n]+)", re.DOTALL)


class Screen:
    """Rows that scroll, a cursor, and the sequences that we and pytest use; any other fails the test."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.columns, self.height = columns, rows
        self.lines: list[str] = [""] * rows
        self.row = self.column = 0
        self.gone: list[str] = []

    def feed(self, text: str) -> None:
        for found in _PART.finditer(text):
            told, letter, back, down, plain = found.groups()
            if plain:
                for char in plain:
                    self._put(char)
            elif back:
                self.column = 0
            elif down:
                self.column = 0
                self._down()
            elif letter:
                self._do(letter, told)

    def _put(self, char: str) -> None:
        if self.column == self.columns:
            self.column = 0
            self._down()
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[: self.column] + char + line[self.column + 1 :]
        self.column += 1

    def _down(self) -> None:
        if self.row < self.height - 1:
            self.row += 1
            return
        self.gone.append(self.lines.pop(0))
        self.lines.append("")

    def _do(self, letter: str, told: str) -> None:
        many = int(told or 1) if letter in "ABCD" else 0
        if letter == "A":
            self.row = max(self.row - many, 0)
        elif letter == "C":
            self.column = min(self.column + many, self.columns - 1)
        elif letter == "K":
            self.lines[self.row] = self.lines[self.row][: self.column]
        elif letter == "J":
            self.lines[self.row] = self.lines[self.row][: self.column]
            self.lines[self.row + 1 :] = [""] * (self.height - self.row - 1)
        else:
            assert letter in "mhl", f"a sequence that this terminal does not know: {told}{letter}"

    def shown(self) -> list[str]:
        """Everything that was ever written and not erased, without empty lines at the end."""
        whole = [each.rstrip() for each in (*self.gone, *self.lines)]
        while whole and not whole[-1]:
            whole.pop()
        return whole
