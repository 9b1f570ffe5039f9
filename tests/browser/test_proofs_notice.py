"""Each proof notices what the two others do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support import CHROMIUM, Bench, Ended

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")

SUITE = """
def test_it(edge_tab):
    edge_tab.get("about:blank")
"""


def first_proof(ended: Ended) -> dict[str, str]:
    """What each method came to the first time a browser was asked, by method."""
    proofs: list[dict[str, Any]] = [each for each in ended.events() if each["event"] == "profile.verified"]
    whole = next((each for each in proofs if len(each["results"]) > 1), proofs[0])
    return {each["method"]: each["outcome"] for each in whole["results"]}


def test_only_the_files_tell_of_a_flipped_byte(bench: Bench) -> None:
    """In what was stored for another site: the browser starts, the site knows us, and the clone is not what it was."""
    bench.write(
        "conftest.py",
        """
import os
from pathlib import Path

def pytest_edgepool_profile_cloned(config, event):
    [clone] = Path(os.environ["EDGEPOOL_STATE_DIR"]).glob(f"runs/*/clones/{event.slot}")
    file = sorted((clone / "Default" / "Local Storage" / "leveldb").glob("*.log"))[0]
    file.write_bytes(file.read_bytes()[:-1] + b"?")
""",
    )
    bench.write("test_it.py", SUITE)
    ended = bench.run("-n0", "test_it.py", "--edgepool-base=nobody", "--po-portal=demo")
    assert ended.code == 0, ended.out
    assert first_proof(ended) == {"file": "FAILED", "capability": "SUCCESS", "auth": "SUCCESS"}


def test_only_the_session_tells_of_another_folder(bench: Bench, tmp_path: Path) -> None:
    """The browser was sent to a profile that nobody leased; without a site to ask, nothing else would show it."""
    bench.write(
        "conftest.py",
        f"""
import pytest

@pytest.fixture(scope="session")
def edge_arguments():
    return ("--user-data-dir={tmp_path / "elsewhere"}",)
""",
    )
    bench.write("test_it.py", SUITE)
    bench.extra["EDGEPOOL_STATE_DIR"] = str(tmp_path / "empty")
    ended = bench.run("-n0", "test_it.py", "--po-portal=none")
    assert ended.code != 0, ended.out
    assert first_proof(ended) == {"file": "SUCCESS", "capability": "FAILED", "auth": "SUCCESS"}
    assert f"the browser runs on {tmp_path / 'elsewhere'}" in ended.out


def test_only_the_site_tells_of_a_session_that_ended(bench: Bench) -> None:
    """Every file and every cookie is there, and the browser is the right one."""
    bench.demo.site.end_all_sessions()
    bench.write("test_it.py", SUITE)
    ended = bench.run("-n0", "test_it.py", "--po-portal=demo")
    assert ended.code != 0, ended.out
    assert first_proof(ended) == {"file": "SUCCESS", "capability": "SUCCESS", "auth": "FAILED"}


def test_a_method_that_is_switched_off_is_not_asked(bench: Bench) -> None:
    """Whoever does not want the site asked goes on without."""
    bench.demo.site.end_all_sessions()
    bench.write("test_it.py", SUITE)
    ended = bench.run("-n0", "test_it.py", "--po-portal=demo", "--edgepool-verify=file,capability")
    assert ended.code == 0, ended.out
    assert first_proof(ended) == {"file": "SUCCESS", "capability": "SUCCESS"}
    assert not any(each.path == "/order_headers" for each in bench.demo.site.log)
