"""Helpers for suites built on this package: demo site, signed-in base, movable clock. Never used by the package."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pytest_edgepool.login import Login
from pytest_edgepool.portals.conformance import PortalCase, PortalConformance, problems_with
from pytest_edgepool.portals.demo.expected import expected_status
from pytest_edgepool.portals.demo.options import DemoFault, DemoOptions
from pytest_edgepool.portals.demo.server import RunningDemo, serve
from pytest_edgepool.portals.demo.sign_in import fill_in
from pytest_edgepool.portals.demo.truth import (
    DEMO_PASSWORD,
    DEMO_USER,
    demo_numbers,
    demo_order,
    expected_files,
)
from pytest_edgepool.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.profiles.base import Base

__all__ = [
    "DEMO_PASSWORD",
    "DEMO_USER",
    "DemoFault",
    "DemoOptions",
    "FakeClock",
    "PortalCase",
    "PortalConformance",
    "RunningDemo",
    "demo_numbers",
    "demo_order",
    "expected_files",
    "expected_status",
    "move_state",
    "problems_with",
    "serve",
    "sign_in_to_demo",
]

_SIGN_IN_SECONDS = 60.0


def sign_in_to_demo(
    url: str, state: Path, browser: str = "auto", binary: str = "", driver: str = "", *, rotates: bool = False
) -> Base:
    """Make a managed base below `state` that is signed in to the demo site at `url`, as `edgepool login` does.

    Args:
        url: the running demo's address.
        state: the state folder; give it to the run as `EDGEPOOL_STATE_DIR`.
        browser: as `--edgepool-browser`.
        binary: as `--edgepool-binary`.
        driver: as `--edgepool-driver`.
        rotates: whether the site changes the session with each use (`DemoOptions.rotate`).

    Raises:
        UsageMistake: no browser was found.
        SignedOut: the site did not let us in.
    """
    settings = Settings(
        po_url=url,
        po_portal="demo",
        edgepool_browser=browser,
        edgepool_binary=binary,
        edgepool_driver=driver,
        edgepool_rotating_session=rotates,
    )
    state.mkdir(parents=True, exist_ok=True)
    return Login(
        settings=settings,
        state=state,
        patience_seconds=_SIGN_IN_SECONDS,
        say=lambda _sentence: None,
        by_itself=fill_in,
    ).sign_in()


def move_state(signed_in: Path, state: Path, url: str) -> Path:
    """Copy the managed bases of one state folder into another and have them remember another address of the same site.

    Signing in takes seconds, this takes a few hundredths: for suites in which each test wants a base of its own. Both
    sites must be served with the same `session_key`.
    """
    shutil.copytree(signed_in / "bases", state / "bases", symlinks=True)
    for noted in (state / "bases").glob("*/edgepool.json"):
        noted.write_text(json.dumps({**json.loads(noted.read_bytes()), "url": url}), encoding="utf-8")
    return state


@dataclass(slots=True)
class FakeClock:
    """A clock that stands still until a test moves it, or somebody sleeps on it.

    Attributes:
        seconds: the monotonic time.
        slept: every sleep that was asked for, in seconds.
    """

    seconds: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        """Return the time."""
        return self.seconds

    def now(self) -> datetime:
        """Return the wall-clock time that belongs to it."""
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        """Move the time; nobody waits."""
        self.slept.append(seconds)
        self.seconds += seconds
