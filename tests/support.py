"""Fixtures for tests that run the real thing: a site, a signed-in state folder, and pytest in a process of its own."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.demo import write_sheet
from pytest_edgepool.testing import DemoOptions, RunningDemo, expected_files, move_state, serve, sign_in_to_demo

if TYPE_CHECKING:
    from collections.abc import Iterator

SESSION_KEY = "the key of all demo sites of these tests"
RUN_SECONDS = 300
# What a suite of a user's own would hardly have; the second is a quarter of a second in each process.
PLAIN = ("-p", "no:randomly", "-p", "no:hypothesispytest")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
CHROMEDRIVER = shutil.which("chromedriver") or ""
STANDIN = Path(__file__).parent / "standin" / "msedgedriver"

# A browser that a suite of the user's own starts says in each request on which profile it is.
NAMED_BROWSERS = """
import pytest


@pytest.fixture(scope="session")
def edge_arguments(edge_profile, edge_pool):
    return (f"--user-agent=edgepool-test/{edge_profile.kind}/{edge_profile.slot}/{edge_pool.worker}",)
"""


@dataclass
class Ended:
    """What a pytest process came to."""

    code: int
    out: str
    folder: Path

    def report(self, output: str = "downloads") -> dict[str, Any]:
        return json.loads((self.folder / output / "report.json").read_bytes())

    def statuses(self, output: str = "downloads") -> dict[str, str]:
        orders = self.report(output)["orders"]
        return {each["number"]: (each["outcome"] or {}).get("status", "") for each in orders}

    def statuses_in_csv(self, output: str = "downloads") -> dict[str, str]:
        with (self.folder / output / "report.csv").open(encoding="utf-8-sig", newline="") as file:
            return {row["PO_NUMBER"]: row["STATUS"] for row in csv.DictReader(file)}

    def ledger(self, output: str = "downloads") -> list[dict[str, Any]]:
        lines = (self.folder / output / ".edgepool" / "ledger.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def workers(self, output: str = "downloads") -> dict[str, dict[str, Any]]:
        """What the run's workers last said of their slots, by worker."""
        return {each["worker"]: each for each in self.report(output)["run"]["workers"]}

    def events(self, output: str = "downloads") -> list[dict[str, Any]]:
        """Every line of the logs of all runs into that folder."""
        logs = sorted((self.folder / output / ".edgepool" / "runs").glob("*/*.jsonl"))
        return [json.loads(line) for log in logs for line in log.read_text(encoding="utf-8").splitlines()]

    def junit(self, name: str = "report.xml") -> dict[str, dict[str, str]]:
        """Properties by test case name; each name must be there once."""
        cases = ET.parse(self.folder / name).getroot().findall(".//testcase")
        names = [case.get("name") for case in cases]
        assert len(names) == len(set(names)), f"named twice: {names}"
        return {
            str(case.get("name")): {each.get("name"): each.get("value") for each in case.findall("properties/property")}
            for case in cases
        }


@dataclass
class Bench:
    """A folder in which a user works: with a running site, a signed-in state folder, and sheets."""

    folder: Path
    state: Path
    demo: RunningDemo
    extra: dict[str, str] = field(default_factory=dict)

    def sheet(self, numbers: list[str], name: str = "pos.csv") -> Path:
        write_sheet(self.folder / name, numbers)
        return self.folder / name

    def write(self, name: str, text: str) -> Path:
        """Put a file of the user's own into the folder."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    @property
    def base(self) -> Path:
        """The user data dir of the managed base."""
        return next((self.state / "bases").glob("*/profile"))

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
        return {**kept, "EDGEPOOL_STATE_DIR": str(self.state), **self.extra}

    def command(self, *args: str) -> list[str]:
        plain = (*PLAIN, "-p", "no:cacheprovider") if "--lf" not in args else PLAIN
        return [sys.executable, "-m", "pytest", "--rootdir", str(self.folder), *plain, *args]

    def begin(self, *args: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*args),
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def run(self, *args: str) -> Ended:
        """Run pytest as a user does, and wait for its end."""
        return self.finish(self.begin(*args))

    def finish(self, process: subprocess.Popen[str]) -> Ended:
        out, _ = process.communicate(timeout=RUN_SECONDS)
        return Ended(process.returncode, out, self.folder)

    def files_of(self, number: str, ended: Ended, output: str = "downloads") -> dict[str, bytes]:
        outcome = next(each["outcome"] for each in ended.report(output)["orders"] if each["number"] == number)
        folder = self.folder / output / outcome["folder"]
        return {each.name: each.read_bytes() for each in folder.iterdir()} if outcome["folder"] else {}

    def assert_files_are_true(self, numbers: list[str], ended: Ended) -> None:
        for number in numbers:
            assert self.files_of(number, ended) == expected_files(number), number

    def assert_nothing_left(self) -> None:
        """No process, clone, template, run folder or held lock of ours."""
        from pytest_edgepool.locks import is_free

        # A browser's helpers may end a moment after the browser itself.
        wait_until(lambda: not self._processes(), Deadline.after(20, "the end of all processes"))
        left = self._processes()
        assert not left, left
        assert not list((self.state / "runs").glob("*")), "a run folder is left"
        assert not list((self.state / "templates").glob("*")), "a template is left"
        assert all(is_free(each) for each in self.state.rglob("*.lock")), "a lock is held"
        assert not list(self.folder.glob("*/.edgepool/work/*")), "a work folder is left"

    def _processes(self) -> list[dict[str, Any]]:
        return [each.info for each in psutil.process_iter(["pid", "cmdline"]) if self._is_of_here(each)]

    def _is_of_here(self, process: psutil.Process) -> bool:
        """Whether a process has a profile of ours open, or was started by a run of ours."""
        with suppress(psutil.Error):
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            told = f"{self.state}{os.sep}"
            if any(told in each for each in process.info["cmdline"] or () if each.startswith("--user-data-dir=")):
                return True
            return process.environ().get("EDGEPOOL_STATE_DIR") == str(self.state)
        return False


@contextmanager
def a_bench(place: Path, signed_in: Path, demo: RunningDemo, **extra: str) -> Iterator[Bench]:
    """Give a user's folder at `place`, signed in; at its end nothing of ours may be left on the machine.

    For tests that share one run among them; a test with a run of its own takes the fixture `bench`.
    """
    folder = place / "work"
    folder.mkdir(parents=True)
    made = Bench(folder, move_state(signed_in, place / "st", demo.url), demo, extra)
    yield made
    made.assert_nothing_left()


@pytest.fixture(scope="session")
def signed_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder signed in once, with a session-only cookie; copied for each test that wants one."""
    state = tmp_path_factory.mktemp("signed-in")
    with serve(DemoOptions(session="session", session_key=SESSION_KEY)) as demo:
        sign_in_to_demo(demo.url, state)
    return state


@pytest.fixture
def demo() -> Iterator[RunningDemo]:
    """A running demo site; `demo.site.change(...)` changes how it behaves."""
    with serve(DemoOptions(session="session", session_key=SESSION_KEY)) as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path, demo: RunningDemo, signed_in: Path) -> Iterator[Bench]:
    """A user's folder, signed in; at its end nothing of ours may be left on the machine."""
    with a_bench(tmp_path, signed_in, demo) as made:
        yield made
