"""What docs/troubleshooting.md quotes is what the program says."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.documents import ROOT

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
_GAP = "\0"
_TELLING_WORDS = 2


def quoted() -> list[str]:
    """The sentences of the page: what stands behind `>`, and what a table has in quotation marks."""
    behind = re.findall(r"^> (.+)$", PAGE, re.MULTILINE)
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    return [*behind, *(each for row in rows for each in re.findall(r'"([^"]+)"', row))]


@cache
def said() -> str:
    """Every text in the code, with a gap where a value goes; those of one statement stand together."""
    found: list[str] = []
    for path in sorted((ROOT / "pytest_edgepool").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.append("".join(each.value if isinstance(each, ast.Constant) else _GAP for each in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return "\n".join(found)


def parts_of(sentence: str) -> list[str]:
    """What of a sentence is the same each time."""
    parts = [each.strip(" ;:.,()-") for each in sentence.split("…")]
    return [each for each in parts if len(each.split()) >= _TELLING_WORDS]


@pytest.mark.parametrize("sentence", quoted())
def test_each_sentence_of_the_page_is_said_by_the_program(sentence: str) -> None:
    """Word for word, but for what differs from case to case."""
    parts = parts_of(sentence)
    assert parts, "too little of it is fixed to be found"
    missing = [each for each in parts if each not in said()]
    assert not missing


def test_the_page_quotes_the_program() -> None:
    """A page of remedies without the sentences would be of no use to whoever searches for one."""
    assert len(quoted()) > 40
