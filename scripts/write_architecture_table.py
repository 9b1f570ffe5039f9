"""Writes ARCHITECTURE.md's table of files from the modules' own first sentences. Never touches the rest of the page."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from between import put_between, rewrite

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "pytest_edgepool"
PAGE = ROOT / "ARCHITECTURE.md"
BEGIN, END = "<!-- files -->", "<!-- /files -->"


def first_sentence(source: str) -> str:
    """Return the first sentence of a module's docstring on one line, or nothing where there is none."""
    docstring = ast.get_docstring(ast.parse(source)) or ""
    words = docstring.split("\n\n")[0].split()
    for position, word in enumerate(words):
        if word.endswith((".", "!", "?")):
            return " ".join(words[: position + 1])
    return " ".join(words)


def stage_of(module: Path) -> str:
    """Return the stage a module belongs to: its folder and what its `__init__.py` says before the colon."""
    parts = module.relative_to(PACKAGE).parts
    if len(parts) == 1:
        return "all stages"
    sentence = first_sentence((PACKAGE / parts[0] / "__init__.py").read_text(encoding="utf-8"))
    question = sentence.partition(":")[0]
    return f"{parts[0]}: {question[:1].lower()}{question[1:]}"


def table() -> str:
    """Return the Markdown table: one row for each module, the modules of the root first, then folder by folder."""
    modules = [path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"]
    modules.sort(key=lambda path: (len(path.relative_to(PACKAGE).parts) > 1, path.relative_to(PACKAGE).as_posix()))
    rows = ["| stage | file | what it is |", "| --- | --- | --- |"]
    for module in modules:
        what = first_sentence(module.read_text(encoding="utf-8")).replace("|", "\\|")
        rows.append(f"| {stage_of(module)} | `{module.relative_to(PACKAGE).as_posix()}` | {what} |")
    return "\n".join(rows)


def with_table(page: str) -> str:
    """Return the page with the table anew.

    Raises:
        ValueError: the page does not hold the two markers in order.
    """
    return put_between(page, "ARCHITECTURE.md", BEGIN, END, table())


if __name__ == "__main__":
    sys.exit(rewrite(PAGE, with_table))
