"""Lines that stay below whatever pytest writes to a terminal: the only door to rich. Never keeps or changes a text.

All that pytest writes goes through here. Before it the lines are erased, after it they are drawn again one line
below, and the cursor goes back to where pytest left it; so what pytest writes stands as without us.
"""

from __future__ import annotations

import os
import re
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pytest_edgepool.clock import SYSTEM_CLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_edgepool.clock import Clock
    from pytest_edgepool.plugin.telling.tally import Tally

_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")
_LEAST_HEIGHT = 5  # rows of a terminal below which the lines would be all that is seen
_BAR = 24
_YOUNG_SECONDS = 0.2  # lines that are drawn again as they are: pytest may write thousands of times a second


def has_rich() -> bool:
    """Say whether rich, which draws the lines, is installed."""
    try:
        import rich  # noqa: F401
    except ImportError:
        return False
    return True


class Below:
    """Stands in place of the file that pytest writes to.

    Args:
        file: that file; a terminal.
        lines: returns what is to be seen, for a width; no line may be wider.
        size: returns columns and rows of the terminal.
        clock: what time it is.

    Attributes:
        trouble: what ended the drawing, None while nothing has.
    """

    def __init__(
        self,
        file: Any,
        lines: Callable[[int], Sequence[str]],
        size: Callable[[], tuple[int, int]],
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._file = file
        self._lines = lines
        self._size = size
        self._column = 0
        self._clock = clock
        self._drawn = 0
        self._is_closed = False
        self.trouble: Exception | None = None
        self._last: tuple[float, int, Sequence[str]] = (-_YOUNG_SECONDS, 0, ())  # made when, for what width
        self._lock = threading.RLock()  # the lines are drawn anew by a thread, while pytest writes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, text: str) -> int:
        """Write what pytest writes, then draw the lines below it."""
        with self._lock:
            self._file.write(self._put("") + text)
            self._drawn = 0
            self._guarded(lambda: self._draw_after(text))
        return len(text)

    def flush(self) -> None:
        """Have the terminal show it."""
        with self._lock:
            self._file.flush()

    def draw(self) -> None:
        """Draw the lines as they are now; where that fails they are drawn no more, and the run goes on."""
        self._guarded(self._draw)

    def close(self) -> None:
        """Erase the lines for good; while the file is no terminal, as when pytest captures, they are none of its."""
        with self._lock:
            is_there, self._is_closed = self._size()[1] > 0, True
            if is_there:
                self._file.write(self._put(""))
                self._file.flush()
                self._drawn = 0

    def _guarded(self, draws: Callable[[], None]) -> None:
        with self._lock:
            if self._is_closed:
                return
            try:
                draws()
            except Exception as error:  # noqa: BLE001 - a run of hours is worth more than a bar
                self.trouble = error
                with suppress(Exception):
                    self.close()
                self._is_closed = True

    def _draw_after(self, text: str) -> None:
        self._column = _column_after(self._column, text, self._size()[0])
        self._draw()

    def _draw(self) -> None:
        columns, rows = self._size()
        if rows < _LEAST_HEIGHT or self._column >= columns:
            return
        lines = self._lines_now(columns - 1)
        erased = self._put("") if self._drawn > len(lines) else ""
        self._drawn = len(lines)
        self._file.write(erased + self._put(*lines))
        self._file.flush()

    def _lines_now(self, width: int) -> Sequence[str]:
        now = self._clock.monotonic()
        made_at, for_width, lines = self._last
        if for_width != width or now - made_at >= _YOUNG_SECONDS:
            known = getattr(self._file, "encoding", None) or "utf-8"
            lines = [each.encode(known, "replace").decode(known) for each in self._lines(width)]
            self._last = now, width, lines
        return lines

    def _put(self, *lines: str) -> str:
        """Return what puts these lines, or nothing, where the lines are, and the cursor back to where it was."""
        if not self._drawn:
            return ""
        each = lines if any(lines) else ("",) * self._drawn
        back = f"\x1b[{self._column}C" if self._column else ""
        # Each row is cleared before it is written: nothing is to the right of the cursor that is not ours.
        return "".join(f"\n\r\x1b[K{line}" for line in each) + f"\x1b[{self._drawn}A\r{back}"


def _column_after(column: int, text: str, columns: int) -> int:
    """Return in which column the cursor is after a text."""
    from rich.cells import cell_len

    plain = _SEQUENCE.sub("", text)
    line = plain.rpartition("\n")[2]
    begin = column if line is plain or "\n" not in plain else 0
    if "\r" in line:
        begin, line = 0, line.rpartition("\r")[2]
    after = begin + cell_len(line.expandtabs())
    return after if after <= columns else (after - 1) % columns + 1


def size_of(file: Any) -> tuple[int, int]:
    """Return columns and rows of the terminal that a file is; what is none has no rows."""
    try:
        found = os.get_terminal_size(file.fileno())
    except (OSError, ValueError, AttributeError):
        return 80, 0
    return found.columns, found.lines


class Drawing:
    """Draws how far a run is.

    Args:
        file: the terminal, which says what colours and letters there are.
    """

    def __init__(self, file: Any) -> None:
        from rich.console import Console

        self._console = Console(file=file, force_terminal=True, highlight=False, markup=False, emoji=False)

    def lines(self, tally: Tally, hands: Sequence[tuple[str, str]], width: int) -> list[str]:
        """Return a line with bar and figures, and one with what each worker has in hand.

        Args:
            tally: how far it is.
            hands: workers and their POs.
            width: columns.
        """
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        top = Table.grid(padding=(0, 1, 0, 0))
        bar = ProgressBar(total=max(tally.total, 1), completed=tally.done, width=_BAR)
        figures = Text(tally.told(), no_wrap=True, overflow="ellipsis")
        top.add_row(*(("edgepool", bar, figures) if width > 2 * _BAR else (figures,)))
        held = Text(no_wrap=True, overflow="ellipsis")
        for worker, number in hands:
            held.append(f"  {worker} ", style="dim").append(_seen(number))
        with self._console.capture() as drawn:
            for part in (top, held) if hands else (top,):
                self._console.print(part, width=width, no_wrap=True, overflow="ellipsis", crop=True)
        return drawn.get().rstrip("\n").split("\n")[:2]


def _seen(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
