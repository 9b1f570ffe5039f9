"""The demo, end to end: site, sign-in, sheet, real command. Never touches the user's own bases or downloads."""

from __future__ import annotations

import csv
import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.errors import Permanent
from pytest_edgepool.login import Login
from pytest_edgepool.portals.demo.options import DemoOptions
from pytest_edgepool.portals.demo.server import serve
from pytest_edgepool.portals.demo.sign_in import fill_in
from pytest_edgepool.portals.demo.truth import demo_numbers, demo_order, expected_files
from pytest_edgepool.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SIGN_IN_SECONDS = 60.0
_ORDERS = 24
_WORKERS = 6
_LATENCY_SECONDS = 0.3  # what a real site takes; without it there is nothing to gain from six browsers


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """What the demo does.

    Attributes:
        folder: where everything goes: state, sheet, downloads, report.
        orders: how many POs the sheet holds.
        workers: how many browsers.
        latency_seconds: how long the site thinks about each answer.
        session: one of `SESSION_KINDS`: where the site has the browser keep the sign-in.
        browser: as `--edgepool-browser`.
    """

    folder: Path
    orders: int = _ORDERS
    workers: int = _WORKERS
    latency_seconds: float = _LATENCY_SECONDS
    session: str = "session"
    browser: str = "auto"


def write_sheet(path: Path, numbers: list[str]) -> None:
    """Write a sheet of purchase orders, with a column of the buyer's own."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["PO_NUMBER", "BUYER"])
        writer.writerows([number, ("Ana", "Ben", "Chen")[place % 3]] for place, number in enumerate(numbers))


def run_demo(plan: DemoPlan, say: Callable[[str], None]) -> int:
    """Serve the site, sign in, run the real command, and compare what arrived with what the site has.

    Returns:
        0 when every file is there byte for byte, and the orders that must fail failed.

    Raises:
        UsageMistake: no browser, or the extra `demo` is missing.
        Permanent: what arrived is not what the site has.
    """
    plan.folder.mkdir(parents=True, exist_ok=True)
    numbers = demo_numbers(plan.orders)
    write_sheet(plan.folder / "pos.csv", numbers)
    # A configuration of its own: else pytest would take that of whatever project the folder lies in.
    (plan.folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    options = DemoOptions(latency_seconds=plan.latency_seconds, session=plan.session)  # type: ignore[arg-type]
    with serve(options) as demo:
        say(f"The demo site runs at {demo.url}, as long as this command (`edgepool demo --serve` serves it alone).")
        state = plan.folder / "state"
        settings = Settings(po_url=demo.url, po_portal="demo", edgepool_browser=plan.browser)
        Login(settings=settings, state=state, patience_seconds=_SIGN_IN_SECONDS, say=say, by_itself=fill_in).sign_in()
        command = _command(plan)
        spoken = f"cd {shlex.quote(str(plan.folder))} && {_variable(state)} {_spoken(command)}"
        say(f"Now the real command:\n\n    {spoken}\n")
        environment = {**os.environ, "EDGEPOOL_STATE_DIR": str(state)}
        code = subprocess.run(
            [sys.executable, "-m", *command], env=environment, cwd=plan.folder, check=False, stdin=subprocess.DEVNULL
        ).returncode
    wrong = differences(plan.folder / "downloads", numbers)
    if wrong:
        raise Permanent(f"pytest ended with {code}, and not everything is as the site has it: {wrong[0]}")
    downloads = plan.folder / "downloads"
    say(
        "\nEvery file is byte for byte what the site has. "
        f"The one PO that the site does not know failed, as it must, so pytest ended with {code}."
        f"\nLook at {downloads}, {downloads / 'report.csv'} and {plan.folder / 'report.xml'}."
    )
    return 0


def _command(plan: DemoPlan) -> list[str]:
    return [
        "pytest",
        "-n",
        str(plan.workers),
        "--po-csv=pos.csv",
        "--po-output=downloads",
        "--po-rerun=all",
        f"--edgepool-browser={plan.browser}",
        "--junitxml=report.xml",
        "-p",
        "no:cacheprovider",
    ]


def _variable(state: Path) -> str:
    return f"EDGEPOOL_STATE_DIR={shlex.quote(str(state))}"


def _spoken(command: list[str]) -> str:
    return " ".join(shlex.quote(each) for each in command)


def differences(output: Path, numbers: list[str]) -> list[str]:
    """Return in words how the files below `output` differ from the demo site's truth."""
    if not (output / "report.json").is_file():
        return [f"there is no {output / 'report.json'}"]
    held = json.loads((output / "report.json").read_bytes())
    by_number = {each["number"]: each["outcome"] for each in held["orders"]}
    return [wrong for number in numbers if (wrong := _difference(output, number, by_number.get(number) or {}))]


def _difference(output: Path, number: str, reported: dict[str, object]) -> str:
    order = demo_order(number)
    status = str(reported.get("status", "missing"))
    if order is None:
        return "" if status == "PO_NOT_FOUND" else f"{number} is {status}, and the site does not know it"
    wanted = expected_files(number)
    if not wanted:
        return "" if status == "NO_ATTACHMENTS" else f"{number} is {status}, and it has no attachments"
    folder = output / str(reported.get("folder", ""))
    there = {each.name: each.read_bytes() for each in folder.iterdir()} if reported.get("folder") else {}
    return "" if there == wanted and status == "COMPLETED" else f"{number} is {status}, with {sorted(there)}"
