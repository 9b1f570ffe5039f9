"""A user's folder for tests of what pytest sees: sheets, a base, a browser that only tells its version, a fake."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from pytest_edgepool.demo import write_sheet
from tests.support import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable

SITE = "http://portal.example"
# pytest's own leavings, and the interpreter's.
NOT_OURS = frozenset({".pytest_cache", "__pycache__"})
RUN_SECONDS = 120

# Asked for its version it answers, as we ask every browser and driver once a run. Anything else leaves a trace.
PROGRAM = """#!{python}
import sys
if sys.argv[1:] != ["--version"]:
    with open({trace!r}, "a") as trace:
        print(*sys.argv, file=trace)
    sys.exit(1)
print("{version}")
"""

# What a suite may write: a fake in place of browser and site. A word in the number says what comes of it.
FAKE_DOWNLOAD = """
import os
import pytest
from pytest_edgepool.outcomes.status import KeptFile, Outcome, Status

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "master")
STATUSES = {"FAIL": Status.FAILED, "GONE": Status.PO_NOT_FOUND, "DONE": Status.SKIPPED, "NONE": Status.NO_ATTACHMENTS}
PDF = KeptFile(name="a.pdf", size=7, sha256="0" * 64)

@pytest.fixture
def po_download():
    def download(order):
        with open(FOLDER / "ran.txt", "a") as ran:
            ran.write(f"{WORKER} {order.number}\\n")
        for word, status in STATUSES.items():
            if word in order.number:
                return Outcome(number=order.number, status=status, reason=f"the fake says {word} <&>")
        return Outcome(number=order.number, status=Status.COMPLETED, supplier="Acme & Söhne", folder="Acme/x",
                       attachments_found=1, files=(PDF,), attempts=1, worker=WORKER, slot=0, profile="base")
    return download
"""


@dataclass(frozen=True)
class Ran:
    """What a run of pytest in a process of its own came to."""

    result: pytest.RunResult

    @property
    def code(self) -> int:
        return int(self.result.ret)

    @property
    def lines(self) -> list[str]:
        return [*self.result.outlines, *self.result.errlines]

    @property
    def out(self) -> str:
        return "\n".join(self.lines)

    @property
    def outcomes(self) -> dict[str, int]:
        """What pytest counted, without warnings."""
        return {word: many for word, many in self.result.parseoutcomes().items() if word != "warnings"}

    @property
    def sentence(self) -> str:
        """The one line that says what was wrong; asserts that nothing else was said."""
        told = [line for line in self.lines if line.strip()]
        assert len(told) == 1, told
        assert told[0].startswith("ERROR: "), told
        return told[0].removeprefix("ERROR: ")


@dataclass(frozen=True)
class Shop:
    """A user's folder, state folder and programs."""

    pytester: pytest.Pytester
    folder: Path
    state: Path
    trace: Path

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def sheet(self, *numbers: str, name: str = "pos.csv") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_sheet(path, list(numbers))
        return path

    def fake(self, more: str = "") -> None:
        """Have a fake do the orders; `more` is added to the conftest."""
        self.write(
            "conftest.py", f"from pathlib import Path\nFOLDER = Path({str(self.folder)!r})\n{FAKE_DOWNLOAD}{more}"
        )

    def run(self, *args: str) -> Ran:
        return Ran(self.pytester.runpytest_subprocess(*PLAIN, *args, timeout=RUN_SECONDS))

    def done(self, *args: str) -> list[str]:
        """Run, and return the numbers that the fake was asked for, in the order of beginning."""
        before = len(self._lines())
        self.run(*args)
        return [line.split()[1] for line in self._lines()[before:]]

    def workers(self) -> set[str]:
        return {line.split()[0] for line in self._lines()}

    def _lines(self) -> list[str]:
        ran = self.folder / "ran.txt"
        return ran.read_text().splitlines() if ran.exists() else []

    def contents(self) -> dict[str, bytes | None]:
        """Everything in the user's folder and in the state folder, byte for byte; folders too."""
        return {**_below(self.folder, "work"), **_below(self.state, "state")}

    def cases(self, name: str = "report.xml") -> list[etree._Element]:
        return etree.parse(self.folder / name).getroot().findall(".//testcase")

    def assert_no_browser_was_started(self) -> None:
        assert not self.trace.exists(), self.trace.read_text()


def _below(root: Path, label: str) -> dict[str, bytes | None]:
    found: dict[str, bytes | None] = {label: None} if root.exists() else {}
    for each in sorted(root.rglob("*")):
        if not NOT_OURS & set(each.parts):
            found[f"{label}/{each.relative_to(root)}"] = each.read_bytes() if each.is_file() else None
    return found


@pytest.fixture(name="make_program")
def _make_program(tmp_path: Path) -> Callable[[str, str], Path]:
    """A function that writes a program of that name, in place of a browser or a driver."""

    def make(name: str, version: str) -> Path:
        path = tmp_path / "programs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(PROGRAM.format(python=sys.executable, trace=str(tmp_path / "started.txt"), version=version))
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def bare_shop(
    pytester: pytest.Pytester,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_program: Callable[[str, str], Path],
) -> Shop:
    """A shop in which nobody has signed in yet: there is no state folder."""
    for name in [each for each in os.environ if each.startswith(("PYTEST_XDIST", "PYTEST_ADDOPTS", "COV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("EDGEPOOL_BROWSER", "chromium")
    monkeypatch.setenv("EDGEPOOL_BINARY", str(make_program("chromium", "Chromium 156.0.1.1")))
    monkeypatch.setenv("EDGEPOOL_DRIVER", str(make_program("chromedriver", "ChromeDriver 156.0.2.2")))
    monkeypatch.chdir(pytester.mkdir("work"))  # pytester keeps its own files beside it
    return Shop(pytester, Path.cwd(), tmp_path / "state", tmp_path / "started.txt")


@pytest.fixture
def shop(bare_shop: Shop) -> Shop:
    """A shop with a base as small as one can be, and a conftest whose fake does the orders."""
    folder = bare_shop.state / "bases" / "chromium-stable"
    (folder / "profile" / "Default").mkdir(parents=True)
    (folder / "profile" / "Local State").write_text(json.dumps({"profile": {"last_used": "Default"}}))
    (folder / "profile" / "Default" / "Preferences").write_text("{}")
    (folder / "edgepool.json").write_text(json.dumps({"url": SITE}))
    bare_shop.fake()
    return bare_shop
