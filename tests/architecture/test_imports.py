"""Who may import whom, and what an import costs a suite that does not use us."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "click",
    "filelock",
    "flask",
    "openpyxl",
    "platformdirs",
    "psutil",
    "selenium",
    "structlog",
    "tenacity",
    "websocket",
}


def modules_after(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter holds after running `statement`."""
    script = f"import json, sys\n{statement}\nprint(json.dumps(sorted({{m.partition('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_import_rules_hold() -> None:
    """Every contract of import-linter in pyproject.toml is kept."""
    pytest.importorskip("importlinter", reason="import-linter comes with the extra `dev`")
    command = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_imports_nothing_of_others() -> None:
    """`import pytest_edgepool` brings in neither pytest nor any library that does the work."""
    assert modules_after("import pytest_edgepool") & (HEAVY | {"pytest", "_pytest", "xdist"}) == set()


def test_the_plugin_imports_nothing_heavy() -> None:
    """A suite that has us installed and does not use us imports none of the libraries that do the work."""
    assert modules_after("import pytest_edgepool.plugin") & HEAVY == set()


def test_a_run_without_us_imports_nothing_heavy(tmp_path: Path) -> None:
    """A whole pytest run that neither names a sheet nor asks for a fixture of ours stays as light as the plugin."""
    (tmp_path / "test_other.py").write_text(
        "import sys\n"
        f"HEAVY = {sorted(HEAVY)!r}\n"
        "def test_light():\n"
        "    assert 'pytest_edgepool.plugin' in sys.modules\n"
        "    assert [name for name in HEAVY if name in sys.modules] == []\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", str(tmp_path)]
    command[3:3] = ["-p", "no:platformdirs"]  # it brings a pytest plugin of its own, which pytest imports
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
