"""What all of the project's own tests share: a demo site, a base signed in to it, and pytest as a user runs it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["pytester", "tests.support"]

# Nothing of the user's own may leak into a test, nor a test's into the user's.
for _name in [each for each in os.environ if each.startswith(("EDGEPOOL_", "COUPA_")) and "STANDIN" not in each]:
    del os.environ[_name]

# Tests start a thousand Python processes: compiling everything anew in each takes 40 % of the time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A machine that does something else meanwhile is no reason to fail.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

# Started by `cmd &` in a script, all of this would inherit that Ctrl-C is ignored, and could not be tested for it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _state_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a state folder of its own, so that none reaches the user's."""
    monkeypatch.setenv("EDGEPOOL_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture(autouse=True)
def _nobodys_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test see the everyday profile of a browser on this machine: `auto` would work on it."""
    monkeypatch.setenv("CHROME_CONFIG_HOME", str(tmp_path / "nobody's browsers"))
    monkeypatch.delenv("CHROME_USER_DATA_DIR", raising=False)
