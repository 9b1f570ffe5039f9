"""What the pages say about the code, compared with the code."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "pytest_edgepool"

LAYOUT = {
    ".": ["settings", "errors", "events", "log", "locks", "processes", "run", "fulfil", "hookspecs", "testing", "cli"],
    "orders": ["order", "sheet"],
    "profiles": ["locate", "base", "contents", "copying", "template", "lease", "verify", "session"],
    "browser": ["binaries", "supervisor", "launch", "devtools", "edge", "tabs", "memory"],
    "portals": ["portal", "coupa"],
    "downloads": ["attachment", "names", "transfer", "shelf"],
    "outcomes": ["status", "ledger", "report"],
    "plugin": ["options", "collect", "fixtures", "controller", "worker", "ending", "junit", "summary"],
    "portals/demo": ["__init__"],
}

# A folder of one machine, and the hosts of package registries.
NOT_FOR_US = re.compile(
    r"(?<![\w.~/-])/(?:tmp|root|work|home|Users)/[\w.-]+"
    r"|\b[A-Z]:\\+Users\\+\w+"
    r"|pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian|crates\.io"
)


def script(name: str) -> ModuleType:
    """Return one of our scripts as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(ROOT / "scripts"))  # as when it is run: they import what they share
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    return module


def kept_files() -> list[Path]:
    """Return the files that are in git or would be added to it."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is not a clone: there is no list of files to look through")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted({ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()})


def test_the_settings_page_is_what_the_settings_say() -> None:
    """docs/settings.md is what `make settings-page` writes from pytest_edgepool/settings.py."""
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == script("write_settings_page").page(), "run `make settings-page`"


def test_the_table_of_files_is_what_is_on_disk() -> None:
    """ARCHITECTURE.md lists every module with its stage and its own first sentence."""
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert page == script("write_architecture_table").with_table(page), "run `make architecture-table`"


def test_the_table_needs_its_markers() -> None:
    """A page without the two markers is refused with a sentence that names them."""
    with pytest.raises(ValueError, match="<!-- files --> and <!-- /files -->"):
        script("write_architecture_table").with_table("# A page\n\n<!-- files -->\n")


@pytest.mark.parametrize(
    ("docstring", "sentence"),
    [
        ("What a shelf is. Never a cellar.", "What a shelf is."),
        ("Two lines\nof one sentence, e.g.: this one. Another.", "Two lines of one sentence, e.g.: this one."),
        ("sheet.py reads no site\n\nMore.", "sheet.py reads no site"),
    ],
)
def test_the_table_takes_the_first_sentence(docstring: str, sentence: str) -> None:
    """The third column is the first sentence of the module, on one line, and nothing of what follows."""
    assert script("write_architecture_table").first_sentence(f'"""{docstring}"""\n') == sentence


@pytest.mark.parametrize(("folder", "names"), LAYOUT.items(), ids=LAYOUT)
def test_the_layout_is_there(folder: str, names: list[str]) -> None:
    """Every module that the design names exists, in the folder of its stage; one that has grown is a package."""
    there = {each.stem if each.suffix else each.name for each in (PACKAGE / folder).iterdir()}
    assert [name for name in names if name not in there] == []


@pytest.mark.parametrize("line", ["see /roo·t/x", "'/wor·k/main'", r"C:\Use·rs\anna", "https://pypi·.org/x"])
def test_the_search_finds_what_belongs_to_one_machine(line: str) -> None:
    """The pattern that guards the repository would see such a line."""
    assert NOT_FOR_US.search(line.replace("·", ""))


@pytest.mark.parametrize(
    "line", ["https://site.example/home/x", "src/work/y", "~/work", "/usr/bin/env", "/order_headers/1"]
)
def test_the_search_lets_other_lines_pass(line: str) -> None:
    """Addresses, relative paths and places that are the same everywhere are no offence."""
    assert not NOT_FOR_US.search(line)


def test_nothing_of_one_machine_is_kept() -> None:
    """No file in git names a package registry's host or an absolute path of one machine."""
    offenders = []
    for path in kept_files():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        offenders += [
            f"{path.relative_to(ROOT).as_posix()}:{number}: {found.group()}"
            for number, line in enumerate(lines, start=1)
            if (found := NOT_FOR_US.search(line))
        ]
    assert offenders == []


def test_no_module_is_ignored_by_git() -> None:
    """No line of .gitignore that is meant for output hides a module of the package."""
    assert sorted(set(PACKAGE.rglob("*.py")) - set(kept_files())) == []


def test_every_command_of_the_guides_exists() -> None:
    """Each `make` target that README, CONTRIBUTING, AGENTS or a docs page names is one of the Makefile."""
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    named = {
        (page.name, target)
        for page in pages
        for target in re.findall(r"`make ((?:[a-z-]+)(?: [a-z-]+)*)", page.read_text(encoding="utf-8"))
    }
    missing = sorted((page, one) for page, names in named for one in names.split() if one not in targets)
    assert missing == []


def test_every_page_is_reached_from_the_contents() -> None:
    """Each docs page stands in the table of contents of docs/index.md."""
    contents = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^([a-z][a-z-]*)$", contents, flags=re.MULTILINE))
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index"}
    assert pages == listed & pages, f"not in the contents: {sorted(pages - listed)}"
