"""`edgepool demo` works wherever somebody types it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def test_the_demo_runs_inside_another_project_and_fetches_every_file(tmp_path: Path) -> None:
    """Neither that project's configuration nor its conftest reaches it; it says what it ran and what came of it."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('not for the demo')\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest_edgepool.cli", "demo", "--orders", "4", "-n", "2", "--latency", "0"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"cd {tmp_path / 'demo'} && EDGEPOOL_STATE_DIR=" in done.stdout
    assert "Every file is byte for byte what the site has." in done.stdout
