"""From the command to the first PO with six workers, and what clone, proofs and browser start have in it. Never judges.

The times of the steps are the run's own (report.json and the workers' logs); `gate` is waiting until fewer browsers
start at the same time. What is left is pytest, xdist, reading the sheet, finding the browser and making the template.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.measured import measure
from pytest_edgepool.demo import differences, write_sheet
from pytest_edgepool.testing import DemoOptions, demo_numbers, serve, sign_in_to_demo


def _logs(output: Path) -> list[dict[str, Any]]:
    logs = sorted((output / ".edgepool" / "runs").glob("*/*.jsonl"))
    return [json.loads(line) for log in logs for line in log.read_text(encoding="utf-8").splitlines()]


def _first(events: list[dict[str, Any]], name: str, worker: str, began: datetime) -> float:
    stamps = [each["timestamp"] for each in events if each["event"] == name and each["worker"] == worker]
    return (datetime.fromisoformat(min(stamps)) - began).total_seconds()


def main(workers: int) -> None:
    """Run it and print the table."""
    numbers = demo_numbers(workers * 2)
    with (
        tempfile.TemporaryDirectory(prefix="edgepool-bench-") as made,
        serve(DemoOptions(latency_seconds=0.3)) as demo,
    ):
        folder = Path(made)
        write_sheet(folder / "pos.csv", numbers)
        sign_in_to_demo(demo.url, folder / "state")
        command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), f"--po-csv={folder / 'pos.csv'}"]
        command += [f"--po-output={folder / 'out'}", "-p", "no:randomly", "-p", "no:cacheprovider"]
        command += [f"--rootdir={folder}", "-o", "edgepool_log=detailed"]
        environment = {**os.environ, "EDGEPOOL_STATE_DIR": str(folder / "state")}
        took = measure(command, folder, environment, folder / "log")
        if wrong := differences(folder / "out", numbers):
            raise SystemExit(f"{wrong[0]}; the run said: {(folder / 'log').read_text()[-2000:]}")
        slots = json.loads((folder / "out" / "report.json").read_bytes())["run"]["workers"]
        events = _logs(folder / "out")
        sys.stdout.write(f"\n{workers} workers, {len(numbers)} POs; seconds from the command, and of each step\n\n")
        sys.stdout.write(
            f"{'':8}{'slot leased':>12}{'first PO begun':>16}{'clone':>8}{'gate':>8}{'start':>8}{'proofs':>8}\n"
        )
        began_at = {}
        for slot in slots:
            name = slot["worker"]
            leased = _first(events, "slot.leased", name, took.began)
            started = _first(events, "browser.started", name, took.began)
            began_at[name] = started + slot["verify_seconds"]
            slot["gate_seconds"] = max(0.0, started - leased - slot["start_seconds"])
            sys.stdout.write(
                f"{name:8}{leased:12.2f}{began_at[name]:16.2f}{slot['clone_seconds']:8.2f}"
                f"{slot['gate_seconds']:8.2f}{slot['start_seconds']:8.2f}{slot['verify_seconds']:8.2f}\n"
            )
        _shares(slots, began_at)


def _shares(slots: list[dict[str, Any]], began_at: dict[str, float]) -> None:
    for what, named in (("first", min(began_at, key=began_at.__getitem__)), ("last", max(began_at, key=began_at.get))):  # type: ignore[arg-type]
        slot = next(each for each in slots if each["worker"] == named)
        whole = began_at[named]
        shares = {key: slot[f"{key}_seconds"] for key in ("clone", "gate", "start", "verify")}
        told = ", ".join(f"{name} {100 * seconds / whole:.0f} %" for name, seconds in shares.items())
        rest = 100 * (whole - sum(shares.values())) / whole
        sys.stdout.write(
            f"\nthe {what} worker's first PO after {whole:.1f} s ({named}): {told}, the rest {rest:.0f} %\n"
        )
