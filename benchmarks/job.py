"""POs a minute, CPU and time to the first PO: the pool at several sizes beside one browser per PO. Never judges."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.measured import Measured, measure
from pytest_edgepool.browser import binaries
from pytest_edgepool.demo import differences, write_sheet
from pytest_edgepool.settings import Settings
from pytest_edgepool.testing import DemoOptions, RunningDemo, demo_numbers, expected_files, serve, sign_in_to_demo


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    orders: int
    measured: Measured
    first_seconds: float | None

    @property
    def per_minute(self) -> float:
        """POs a minute, from the command's start to its end."""
        return self.orders * 60 / self.measured.wall_seconds


def _ours(folder: Path, state: Path, numbers: list[str], workers: int) -> Row:
    output = folder / f"n{workers}"
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), f"--po-csv={folder / 'pos.csv'}"]
    command += [f"--po-output={output}", "-p", "no:randomly", "-p", "no:cacheprovider", f"--rootdir={folder}"]
    environment = {**os.environ, "EDGEPOOL_STATE_DIR": str(state)}
    took = measure(command, folder, environment, folder / f"n{workers}.log")
    wrong = differences(output, numbers)
    if wrong:
        raise SystemExit(f"-n {workers}: {wrong[0]}; see {folder / f'n{workers}.log'}")
    lines = (output / ".edgepool" / "ledger.jsonl").read_text().splitlines()
    first = min(datetime.fromisoformat(json.loads(line)["finished_at"]) for line in lines)
    return Row(f"pool, -n {workers}", len(numbers), took, (first - took.began).total_seconds())


def _plain(folder: Path, demo: RunningDemo, profile: Path, numbers: list[str]) -> Row:
    found = binaries.find(Settings())
    plain = str(Path(__file__).with_name("plain.py"))
    command = [
        sys.executable,
        plain,
        demo.url,
        str(profile),
        str(folder / "plain"),
        found.binary,
        found.driver,
        *numbers,
    ]
    took = measure(command, folder, dict(os.environ), folder / "plain.log")
    if took.code:
        raise SystemExit(f"the plain script failed: {(folder / 'plain.log').read_text()[-2000:]}")
    return Row("plain script, one browser a PO", len(numbers), took, None)


def _show(rows: list[Row]) -> None:
    sys.stdout.write(f"\n{'':32}{'POs':>5}{'wall s':>9}{'POs/min':>9}{'CPU s/PO':>10}{'first PO s':>12}\n")
    for row in rows:
        first = "" if row.first_seconds is None else f"{row.first_seconds:.1f}"
        sys.stdout.write(
            f"{row.name:32}{row.orders:5}{row.measured.wall_seconds:9.1f}{row.per_minute:9.1f}"
            f"{row.measured.cpu_seconds / row.orders:10.2f}{first:>12}\n"
        )
    by_name = {row.name: row for row in rows}
    one, four, plain = (by_name.get(name) for name in ("pool, -n 1", "pool, -n 4", "plain script, one browser a PO"))
    if one and four:
        sys.stdout.write(f"\nspeed-up of -n 4 over -n 1: {four.per_minute / one.per_minute:.2f}\n")
    if plain:
        for row in rows[:-1]:
            sys.stdout.write(f"{row.name} over the plain script: {row.per_minute / plain.per_minute:.1f} times\n")


def main(orders: int, plain_orders: int, latency: float, workers: list[int]) -> None:
    """Run it and print the table."""
    numbers = demo_numbers(orders)
    # The plain script loses the second of two files with one name, and would wait for it for ever.
    whole = [each for each in numbers if (names := expected_files(each)) and not any("(2)" in name for name in names)]
    sys.stdout.write(f"{orders} POs on the demo site, which takes {latency:g} s for each answer\n")
    with (
        tempfile.TemporaryDirectory(prefix="edgepool-bench-") as made,
        serve(DemoOptions(latency_seconds=latency, session="persistent")) as demo,
    ):
        folder = Path(made)
        write_sheet(folder / "pos.csv", numbers)
        base = sign_in_to_demo(demo.url, folder / "state")
        rows = []
        for count in workers:
            rows.append(_ours(folder, folder / "state", numbers, count))
            sys.stdout.write(f"  {rows[-1].name}: {rows[-1].measured.wall_seconds:.1f} s\n")
            sys.stdout.flush()
        rows.append(_plain(folder, demo, base.user_data_dir, whole[:plain_orders]))
        _show(rows)
