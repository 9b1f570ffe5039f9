"""Whether a browser lets itself be automated is found by trying, on a folder of nobody's."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from pytest_edgepool.browser.automation import (
    Answer,
    environment_below,
    is_automatable,
    lets_itself_be_automated,
)
from pytest_edgepool.browser.binaries import Browser
from pytest_edgepool.processes import ProcessRecord, is_alive

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the browser of these tests is a shell script")

OPENS_THE_PORT = """
for each in "$@"; do case "$each" in --user-data-dir=*) folder="${each#--user-data-dir=}";; esac; done
printf '9222\\n/devtools/browser/x' > "$folder/DevToolsActivePort"
exec sleep 600
"""
OPENS_IT_BY_ITSELF_ONLY = """
for each in "$@"; do case "$each" in --user-data-dir=*) exec sleep 600;; esac; done
mkdir -p "$XDG_CONFIG_HOME/google-chrome"
printf '9222\\n/devtools/browser/x' > "$XDG_CONFIG_HOME/google-chrome/DevToolsActivePort"
exec sleep 600
"""
# What Chrome does: the refusal is one of the place, and the place is told by the environment.
REFUSES_ITS_DEFAULT = """
for each in "$@"; do case "$each" in --user-data-dir=*) folder="${each#--user-data-dir=}";; esac; done
if [ "$folder" = "$CHROME_CONFIG_HOME/google-chrome" ]; then
  echo "DevTools remote debugging requires a non-default data directory. Specify this using --user-data-dir." >&2
  exec sleep 600
fi
printf '9222\\n/devtools/browser/x' > "$folder/DevToolsActivePort"
exec sleep 600
"""
DEFAULT = Path("/nonexistent/.config/google-chrome")


def a_browser(folder: Path, script: str) -> Browser:
    """A browser that does what a shell script says."""
    binary = folder / "chrome"
    binary.write_text(f"#!/bin/sh\n{script}")
    binary.chmod(0o755)
    return Browser(brand="chrome", channel="stable", binary=str(binary), version="", driver="", driver_version="")


@pytest.fixture(autouse=True)
def _nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))


def scratch(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "scratch").iterdir())


def test_a_browser_that_opens_its_port_is_automatable(tmp_path: Path) -> None:
    """On a folder of ours; afterwards neither it nor the folder is there."""
    noted: list[ProcessRecord] = []
    answer = is_automatable(a_browser(tmp_path, OPENS_THE_PORT), record=noted.append)
    assert answer == Answer(yes=True, why="it opened its DevTools port when it was tried")
    assert [is_alive(each.pid) for each in noted] == [False]
    assert scratch(tmp_path) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the place can be copied on Linux only")
def test_a_browser_that_refuses_its_default_folder_says_so_there_only(tmp_path: Path) -> None:
    """The folder that it is tried on is the default one for that start, and not the user's."""
    browser = a_browser(tmp_path, REFUSES_ITS_DEFAULT)
    assert lets_itself_be_automated(browser, DEFAULT) == Answer(
        yes=False, why="it refuses automation on its default user data dir"
    )
    assert is_automatable(browser).yes
    assert not DEFAULT.exists()
    assert scratch(tmp_path) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the place can be copied on Linux only")
def test_a_browser_that_is_silent_with_the_switch_is_asked_without_it(tmp_path: Path) -> None:
    """The place is what it takes by itself then."""
    browser = a_browser(tmp_path, OPENS_IT_BY_ITSELF_ONLY)
    assert lets_itself_be_automated(browser, DEFAULT, patience_seconds=1.5).yes


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            "DevTools remote debugging requires a non-default data directory. Specify this using --user-data-dir.",
            "it refuses automation on its default user data dir",
        ),
        (
            "DevTools remote debugging is disallowed by the system admin.",
            "a policy of this machine forbids automation (RemoteDebuggingAllowed)",
        ),
        ("Segmentation fault", "it ended at once with code 21: Segmentation fault"),
        ("", "it ended at once with code 21"),
    ],
)
def test_what_a_browser_says_before_it_ends_is_the_reason(tmp_path: Path, words: str, why: str) -> None:
    """The two refusals are known; of anything else the last line is told."""
    answer = is_automatable(a_browser(tmp_path, f'[ -n "{words}" ] && echo "{words}" >&2; exit 21'))
    assert answer == Answer(yes=False, why=why)
    assert scratch(tmp_path) == []


def test_a_browser_that_says_nothing_is_not_automatable(tmp_path: Path) -> None:
    """Not proven means no, and it is ended."""
    noted: list[ProcessRecord] = []
    answer = is_automatable(a_browser(tmp_path, "exec sleep 600"), record=noted.append, patience_seconds=0.2)
    assert answer == Answer(yes=False, why="it said nothing within 0.2 s")
    assert [is_alive(each.pid) for each in noted] == [False]


def test_a_browser_that_cannot_be_started_is_not_automatable(tmp_path: Path) -> None:
    """The system's own reason is told."""
    browser = a_browser(tmp_path, "")
    Path(browser.binary).chmod(0o600)
    assert "cannot be started: Permission denied" in is_automatable(browser).why


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_where_the_place_cannot_be_copied_the_answer_is_no(tmp_path: Path, platform: str) -> None:
    """Nothing is started there: the folder that the system names is the user's own."""
    answer = lets_itself_be_automated(a_browser(tmp_path, "touch started"), DEFAULT, platform=platform)
    assert not answer.yes
    assert "not proven means no" in answer.why
    assert scratch(tmp_path) == []


def test_the_environment_names_nothing_of_the_user_s(tmp_path: Path) -> None:
    """Home, configuration and cache are the throw-away folder's, and what would win over them is dropped."""
    environment = environment_below(tmp_path, {"HOME": "/h", "CHROME_USER_DATA_DIR": "/u", "PATH": os.defpath})
    assert environment == {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / ".config"),
        "CHROME_CONFIG_HOME": str(tmp_path / ".config"),
        "XDG_CACHE_HOME": str(tmp_path / ".cache"),
        "PATH": os.defpath,
    }
