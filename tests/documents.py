"""The pages of the documentation as somebody reads them: their blocks, and the commands that they say to type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """What stands behind a prompt, without its comment."""
        typed = [line[2:] for line in self.text.splitlines() if line.startswith("$ ")]
        return [re.sub(r"\s+#.*", "", each).strip() for each in typed]


def blocks(language: str) -> list[Block]:
    """Return all blocks in a language, page by page."""
    found = [(page.name, *each) for page in PAGES for each in _BLOCK.findall(page.read_text(encoding="utf-8"))]
    return [Block(page, kind, text) for page, kind, text in found if kind == language]


def block(page: str, language: str, words: str) -> str:
    """Return the one block of a page that has these words."""
    (found,) = (each.text for each in blocks(language) if each.page == page and words in each.text)
    return found


def commands() -> dict[str, list[str]]:
    """Return each command that the pages say to type, and on which pages it stands."""
    told: dict[str, list[str]] = {}
    for each in blocks("console"):
        for command in each.commands:
            told.setdefault(command, []).append(each.page)
    return told
