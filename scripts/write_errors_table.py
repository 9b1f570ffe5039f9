"""Writes the table of docs/errors.md from pytest_edgepool/failures.py. Never touches the rest of the page."""

from __future__ import annotations

import sys
from pathlib import Path

from between import put_between, rewrite

from pytest_edgepool.failures import FAILURES, Failure

PAGE = Path(__file__).resolve().parent.parent / "docs" / "errors.md"
BEGIN, END = "<!-- failures: written by scripts/write_errors_table.py -->", "<!-- /failures -->"


def row(told: Failure) -> str:
    """Return a failure's row."""
    errors = ", ".join(f"`{each.__name__}`" for each in told.errors)
    cells = (told.kind, told.meaning, told.remedy, told.tries, f"`{told.status}`", told.circuit, errors)
    return f"| {' | '.join(cells)} |"


def table() -> str:
    """Return the Markdown table, in the order in which an error is compared with the rows."""
    titles = ("kind", "what has happened", "what is done", "tries", "status when it stays", "circuit", "errors")
    head = [f"| {' | '.join(titles)} |", f"|{' --- |' * len(titles)}"]
    return "\n".join([*head, *map(row, FAILURES)])


def with_table(page: str) -> str:
    """Return the page with the table anew.

    Raises:
        ValueError: the page does not hold the two markers in order.
    """
    return put_between(page, "docs/errors.md", BEGIN, END, table())


if __name__ == "__main__":
    sys.exit(rewrite(PAGE, with_table))
