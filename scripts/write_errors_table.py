"""Writes the table of docs/errors.md from pytest_edgepool/failures.py. Never touches the rest of the page."""

from __future__ import annotations

import sys
from pathlib import Path

from pytest_edgepool.failures import FAILURES, Failure

PAGE = Path(__file__).resolve().parent.parent / "docs" / "errors.md"
BEGIN, END = "<!-- failures: written by scripts/write_errors_table.py -->", "<!-- /failures -->"


def row(told: Failure) -> str:
    """Return a failure's row."""
    errors = ", ".join(f"`{each.__name__}`" for each in told.errors)
    cells = (told.kind, told.meaning, told.remedy, told.tries, f"`{told.status}`", errors)
    return f"| {' | '.join(cells)} |"


def table() -> str:
    """Return the Markdown table, in the order in which an error is compared with the rows."""
    head = ["| kind | what has happened | what is done | tries | status when it stays | errors |", f"|{' --- |' * 6}"]
    return "\n".join([*head, *map(row, FAILURES)])


def with_table(page: str) -> str:
    """Return the page with what stands between the two markers replaced by the table.

    Raises:
        ValueError: the page does not hold the two markers in order.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"docs/errors.md needs the two lines {BEGIN} and {END}, in this order.")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> int:
    """Write the page; return the exit status."""
    try:
        PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
