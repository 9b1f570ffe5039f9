"""What a suite that does not use us pays for our being installed, beside an A/A control. Never judges.

200 empty tests, alternately with and without the plugin, and alternately without and without it: the second pair
tells how much of the first is noise.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_TESTS = 200


def _run(folder: Path, *, with_plugin: bool) -> float:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", str(folder)]
    if not with_plugin:
        command[3:3] = ["-p", "no:edgepool"]
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    return time.perf_counter() - begun


def main(runs: int) -> None:
    """Run it and print the medians."""
    with tempfile.TemporaryDirectory(prefix="edgepool-tax-") as made:
        folder = Path(made)
        (folder / "test_empty.py").write_text("".join(f"def test_{n}():\n    pass\n\n" for n in range(_TESTS)))
        _run(folder, with_plugin=True)
        base, added, control = [], [], []
        for _ in range(runs):
            without = _run(folder, with_plugin=False)
            base.append(without)
            added.append(_run(folder, with_plugin=True) - without)
            control.append(_run(folder, with_plugin=False) - without)
    sys.stdout.write(
        f"\n{_TESTS} empty tests, {runs} alternating runs; one takes {statistics.median(base):.2f} s without us\n"
    )
    for name, differences in (("with the plugin", added), ("control (without, again)", control)):
        median, spread = statistics.median(differences), statistics.stdev(differences)
        sys.stdout.write(f"  {name:26} median {median * 1000:+7.1f} ms   (sd {spread * 1000:.1f} ms)\n")
