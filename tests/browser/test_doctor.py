"""`edgepool doctor` says before a run whether it would work, and leaves everything as it was."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.browser import binaries
from pytest_edgepool.browser.automation import is_automatable, lets_itself_be_automated
from pytest_edgepool.browser.sandbox import needs_no_sandbox
from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.profiles.holder import holder_of
from pytest_edgepool.settings import Settings
from tests.profiles import snapshot
from tests.support import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Bench

SECONDS = 120
TOPICS = {
    "selenium",
    "pytest-xdist",
    "memory",
    "cores",
    "leftovers",
    "locks",
    "copying",
    "browser",
    "driver",
    "policies",
    "base",
    "automation",
    "cookie key",
    "cookies",
    "site",
    "room",
}


@dataclass(frozen=True)
class Told:
    """What the command came to."""

    code: int
    findings: dict[str, dict[str, str]]
    can_start: bool


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest_edgepool.cli", "doctor", *arguments]


def doctor(bench: Bench, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        cwd=bench.folder,
        env=bench.environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def examined(bench: Bench, *arguments: str) -> Told:
    """What the command says as JSON, by topic."""
    done = doctor(bench, "--json", *arguments)
    told: dict[str, Any] = json.loads(done.stdout)
    topics = [each["topic"] for each in told["findings"]]
    assert len(topics) == len(set(topics)), topics
    return Told(done.returncode, {each["topic"]: each for each in told["findings"]}, told["can_start"])


@contextmanager
def a_browser_on(user_data_dir: Path) -> Iterator[int]:
    """A person's browser, open on a user data dir; its number."""
    switches = ["--headless=new", "--no-first-run", "--password-store=basic", f"--user-data-dir={user_data_dir}"]
    switches += ["--no-sandbox"] if needs_no_sandbox() else []
    with subprocess.Popen([CHROMIUM, *switches, "about:blank"], stderr=subprocess.DEVNULL) as process:
        try:
            assert wait_until(lambda: holder_of(user_data_dir) != "", Deadline.after(60, "its start"))
            yield process.pid
        finally:
            process.send_signal(signal.SIGINT)


def test_a_healthy_base_is_fine_in_every_line(bench: Bench) -> None:
    """Exit code 0, one line for each thing, a clone signed in; and the base is byte for byte what it was."""
    before = snapshot(bench.state / "bases")
    done = doctor(bench)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1].startswith("A run can start")
    assert "WRONG" not in done.stdout
    assert [topic for topic in TOPICS if not any(f" {topic} " in each for each in lines)] == []
    assert f"{bench.demo.url} knows a clone as signed in" in done.stdout
    assert snapshot(bench.state / "bases") == before
    bench.assert_nothing_left()


def test_json_is_one_object_with_the_same_findings(bench: Bench) -> None:
    """Every finding has a verdict, what is not ok has a remedy, and no cookie is named."""
    told = examined(bench)
    assert (told.code, told.can_start) == (0, True)
    assert set(told.findings) >= TOPICS
    assert {each["verdict"] for each in told.findings.values()} <= {"ok", "warning"}
    assert [each for each in told.findings.values() if each["verdict"] != "ok" and not each["remedy"]] == []
    assert "1 in the base (1 v10; 1 for the session only), 1 in a clone" in told.findings["cookies"]["told"]
    assert "_session" not in json.dumps(told.findings)


def test_a_base_that_a_browser_has_open_is_told_with_its_number(bench: Bench) -> None:
    """A run would take clones; what the base holds is not tried, and the browser is left alone."""
    with a_browser_on(bench.base) as pid:
        told = examined(bench)
        assert holder_of(bench.base) == f"a browser (process {pid})"
    assert (told.code, told.can_start) == (0, True)
    assert told.findings["base"]["verdict"] == "warning"
    assert f"held by a browser (process {pid}), since " in told.findings["base"]["told"]
    assert "the base is open" in told.findings["cookies"]["told"]


def test_cookies_that_a_clone_cannot_read_are_wrong(bench: Bench) -> None:
    """Sealed with a key that no browser here has, they are gone in a clone: counted before and after."""
    database = sqlite3.connect(bench.base / "Default" / "Cookies")
    with database:
        database.execute("UPDATE cookies SET encrypted_value = CAST('v11' AS BLOB) || substr(encrypted_value, 4)")
    database.close()
    before = snapshot(bench.state / "bases")
    told = examined(bench)
    assert (told.code, told.can_start) == (1, False)
    assert told.findings["cookies"]["verdict"] == "wrong"
    assert "1 in the base (1 v11; 1 for the session only), 0 in a clone" in told.findings["cookies"]["told"]
    assert "edgepool login" in told.findings["cookies"]["remedy"]
    assert told.findings["site"]["verdict"] == "warning"
    assert snapshot(bench.state / "bases") == before


def test_who_is_signed_out_hears_it(bench: Bench) -> None:
    """A warning: a run can start, and would have somebody sign in."""
    bench.demo.site.end_all_sessions()
    told = examined(bench)
    assert told.code == 0
    assert told.findings["site"]["verdict"] == "warning"
    assert "edgepool login" in told.findings["site"]["remedy"]


def test_without_a_sign_in_a_run_cannot_start(bench: Bench) -> None:
    """The remedy is the command that signs in; without a portal nobody needs one."""
    shutil.rmtree(bench.state / "bases")
    bench.extra["HOME"] = bench.extra["XDG_CONFIG_HOME"] = bench.extra["CHROME_CONFIG_HOME"] = str(bench.folder)
    told = examined(bench)
    assert (told.code, told.findings["base"]["verdict"]) == (1, "wrong")
    assert "edgepool login" in told.findings["base"]["remedy"]
    assert examined(bench, "--portal", "none").code == 0


def test_a_base_that_is_damaged_is_wrong(bench: Bench) -> None:
    """And nothing is tried on it."""
    (bench.base / "Local State").write_text("{")
    told = examined(bench)
    assert (told.code, told.findings["base"]["verdict"]) == (1, "wrong")
    assert "cookies" not in told.findings


def test_cookies_that_are_damaged_are_wrong(bench: Bench) -> None:
    """Found when the base is copied, before any browser would see them; the other findings are told all the same."""
    (bench.base / "Default" / "Cookies").write_bytes(b"SQLite format 3\0" + bytes(4096))
    told = examined(bench)
    assert (told.code, told.findings["clone"]["verdict"]) == (1, "wrong")
    assert "edgepool login" in told.findings["clone"]["remedy"]
    assert told.findings["room"]["verdict"] == "ok"


def test_the_everyday_profile_is_examined_as_a_run_would_use_it(bench: Bench) -> None:
    """Plain Chromium lets itself be automated there: found by trying it, on a folder of nobody's."""
    home = bench.folder / "home"
    shutil.copytree(bench.base, home / ".config" / "chromium")
    shutil.rmtree(bench.state / "bases")
    bench.extra["HOME"] = str(home)
    bench.extra["XDG_CONFIG_HOME"] = bench.extra["CHROME_CONFIG_HOME"] = str(home / ".config")
    before = snapshot(home / ".config" / "chromium" / "Default")
    told = examined(bench, "--browser", "chromium", "--url", bench.demo.url)
    assert told.code == 0, told.findings
    assert "the browser's default profile" in told.findings["base"]["told"]
    assert "allowed on its default profile" in told.findings["automation"]["told"]
    assert told.findings["site"]["verdict"] == "ok"
    # Beside the profile any start of Debian's Chromium, on whatever folder, notes the settings of its crash reporter.
    assert snapshot(home / ".config" / "chromium" / "Default") == before


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is a signal on POSIX only")
def test_ctrl_c_leaves_nothing(bench: Bench) -> None:
    """Pressed while a browser on a clone waits for a site that never answers."""
    before = snapshot(bench.state / "bases")
    with socket.create_server(("127.0.0.1", 0)) as site:
        site.settimeout(SECONDS)
        url = f"http://127.0.0.1:{site.getsockname()[1]}"
        with subprocess.Popen(
            command("--url", url),
            cwd=bench.folder,
            env=bench.environment(),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            asked, _ = site.accept()
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all that belong to the command
            process.communicate(timeout=SECONDS)
            asked.close()
    assert process.returncode == 1
    assert snapshot(bench.state / "bases") == before
    bench.assert_nothing_left()


def test_this_browser_lets_itself_be_automated() -> None:
    """The real one, tried on throw-away folders."""
    browser = binaries.find(Settings(edgepool_browser="chromium"))
    assert is_automatable(browser).yes
    if sys.platform.startswith("linux"):
        from pathlib import Path

        assert lets_itself_be_automated(browser, Path("/nonexistent/.config/chromium")).yes


def test_a_profile_that_is_none_is_told_with_the_reason(bench: Bench) -> None:
    """The option means what pytest's means."""
    told = examined(bench, "--profile", str(bench.folder))
    assert (told.code, told.findings["base"]["verdict"]) == (1, "wrong")
    assert "is not a user data dir" in told.findings["base"]["told"]
