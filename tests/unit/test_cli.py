"""The command `edgepool` answers in sentences."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from pytest_edgepool import __version__
from pytest_edgepool.cli import main
from pytest_edgepool.processes import is_alive
from pytest_edgepool.run import Run
from tests.staged import staged

if TYPE_CHECKING:
    from pathlib import Path

LIVES = """
import sys; from pathlib import Path; from pytest_edgepool.run import Run
run = Run(Path(sys.argv[1]), sys.argv[2]); run.join(); print("in", flush=True); sys.stdin.read()
"""


def edgepool(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def state() -> Path:
    from pathlib import Path

    return Path(os.environ["EDGEPOOL_STATE_DIR"])


def test_help_names_every_command() -> None:
    """Somebody who types `edgepool` sees what there is."""
    told = edgepool("--help")
    assert told.exit_code == 0
    for command in ("login", "doctor", "clean", "demo"):
        assert re.search(rf"^  {command} ", told.output, re.MULTILINE)


def test_version_is_the_package_s() -> None:
    """One version, in one place."""
    assert __version__ in edgepool("--version").output


@pytest.mark.parametrize("url", ["yourcompany.coupahost.com", "ftp://yourcompany.example", ""])
def test_login_refuses_what_is_no_address_with_one_sentence(url: str) -> None:
    """No traceback, no browser, status 2."""
    told = edgepool("login", "--url", url)
    assert told.exit_code == 2
    assert told.output.strip() == f"edgepool: --url: {url!r} is no address of a site; it begins with https://."


def test_login_to_an_unknown_kind_of_site_names_the_known_ones() -> None:
    """The remedy is in the sentence."""
    told = edgepool("login", "--url", "https://x.example", "--portal", "ariba")
    assert told.exit_code == 2
    assert "There is no portal named 'ariba'" in told.output
    assert "coupa" in told.output


def test_clean_says_that_there_is_nothing_to_clean() -> None:
    """A fresh machine."""
    assert edgepool("clean").output == "Nothing to clean.\n"


def test_clean_removes_what_a_killed_run_left_and_nothing_of_one_that_lives(tmp_path: Path) -> None:
    """Its folder goes, and the process that it had recorded is ended; a run that lives keeps its own."""
    with staged(LIVES, str(state()), "alive") as (_, said):
        assert said == "in"
        with staged(LIVES, str(state()), "dead") as (process, _):
            left = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
            from pytest_edgepool.processes import record_of

            record = record_of(left.pid, "driver")
            assert record is not None
            Run(state(), "dead").record(record)
            process.kill()
            process.wait()
        told = edgepool("clean")
        assert told.exit_code == 0
        assert "1 dead run" in told.output
        assert not Run(state(), "dead").folder.exists()
        assert Run(state(), "alive").folder.exists()
        left.communicate()
        assert not is_alive(left.pid)


def test_an_unknown_browser_is_refused_with_the_known_ones() -> None:
    """Click's own sentence; the choices are ours."""
    told = edgepool("login", "--url", "https://x.example", "--browser", "netscape")
    assert told.exit_code == 2
    assert "'edge', 'chrome', 'chromium'" in told.output
