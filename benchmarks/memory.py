"""What browsers use over hundreds of POs: one browser from its first POs to its last, and four beside each other."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import creatures
from pytest_edgepool.demo import write_sheet
from pytest_edgepool.testing import DemoOptions, demo_numbers, serve, sign_in_to_demo

_LOOK_SECONDS = 0.5
_WARM = 15  # POs: until then caches fill and the browser starts its spare processes


@dataclass
class Weighed:
    """What was seen of one run: at each look the POs done, and the browsers' proportional and private bytes."""

    looks: list[tuple[int, int, int]] = field(default_factory=list)

    def part(self, column: int, first: float, last: float) -> float:
        """Return the median of a part of the looks at the warm browsers, in bytes."""
        warm = [look[column] for look in self.looks if look[0] >= _WARM and look[column]]
        return median(warm[int(len(warm) * first) : int(len(warm) * last)] or [0])


def _weigh(folder: Path, state: Path, sheet: str, workers: int) -> Weighed:
    output = folder / f"out-{sheet}-{workers}"
    ledger = output / ".edgepool" / "ledger.jsonl"
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), f"--po-csv={sheet}", f"--po-output={output}"]
    command += ["-p", "no:randomly", "-p", "no:cacheprovider", f"--rootdir={folder}"]
    weighed = Weighed()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "EDGEPOOL_STATE_DIR": str(state), "EDGEPOOL_RECYCLE_TABS": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    while process.poll() is None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_SECONDS)
        done = ledger.read_bytes().count(b"\n") if ledger.exists() else 0
        browsers = creatures.below(process.pid)["browser"]
        if len(browsers) >= workers:
            seen = [creatures.weight(each) for each in browsers]
            weighed.looks.append((done, sum(each[0] for each in seen), sum(each[1] for each in seen)))
    return weighed


def main(orders: int, workers: int) -> None:
    """Run it and print what browsers used."""
    with (
        tempfile.TemporaryDirectory(prefix="edgepool-memory-") as made,
        serve(DemoOptions(session="session")) as demo,
    ):
        folder, state = Path(made), Path(made) / "state"
        write_sheet(folder / "pos.csv", demo_numbers(orders))
        sign_in_to_demo(demo.url, state)
        one = _weigh(folder, state, "pos.csv", 1)
        many = _weigh(folder, state, "pos.csv", workers)
    sys.stdout.write(f"{orders} POs in one browser, never recycled; medians of looks every {_LOOK_SECONDS:g} s\n")
    for name, column in (("proportional (PSS)", 1), ("private (USS)", 2)):
        early, late = one.part(column, 0, 1 / 3), one.part(column, 2 / 3, 1)
        single, together = one.part(column, 0, 1), many.part(column, 0, 1)
        sys.stdout.write(
            f"{name:20} first third {early / 1e6:.0f} MB, last third {late / 1e6:.0f} MB: {late / early - 1:+.1%}\n"
            f"{'':20} {workers} browsers {together / 1e6:.0f} MB: "
            f"{together / (workers * single):.2f} x {workers} single ones\n"
        )
