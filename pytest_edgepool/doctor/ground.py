"""Which base a run would start from, whether it can, and who has it. Never opens or changes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool import processes
from pytest_edgepool.doctor.finding import Finding, ok, warning, wrong
from pytest_edgepool.locks import is_free
from pytest_edgepool.profiles.base import BaseStatus, remedy_for, status_of
from pytest_edgepool.profiles.holder import Holder, who_holds
from pytest_edgepool.profiles.locate import default_user_data_dir

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.browser.binaries import Browser
    from pytest_edgepool.profiles.base import Base

TOPIC = "base"
_UNUSABLE = {
    BaseStatus.MISSING: "is not there",
    BaseStatus.CORRUPTED: "is damaged",
    BaseStatus.PERMISSION_DENIED: "may not be read and written by you",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a run would start from.

    Attributes:
        base: the base.
        is_default: whether it is the browser's everyday user data dir.
        status: whether it can be used now.
        holder: who has it, in words and since when, or "".
    """

    base: Base
    is_default: bool
    status: BaseStatus
    holder: str = ""

    @property
    def is_open(self) -> bool:
        """Whether somebody has it."""
        return bool(self.holder) or self.status is BaseStatus.LOCKED

    @property
    def named(self) -> str:
        """What people call it."""
        kind = "managed base" if self.base.managed else "the browser's default profile" if self.is_default else "base"
        return f"{kind} {self.base.user_data_dir} ({self.base.profile_directory})"


def look_at_base(base: Base, state: Path, browser: Browser) -> Ground:
    """Look at a base: its files, its locks, the process table."""
    default = default_user_data_dir(browser.brand, browser.channel)
    browsing = who_holds(base.user_data_dir)
    holder = browsing.told() if browsing else ""
    if not holder and not is_free(base.lock(state).path):
        holder = _run_on(base, state) or "another run or `edgepool login`"
    return Ground(
        base=base,
        is_default=default is not None and default.resolve() == base.user_data_dir,
        status=status_of(base),
        holder=holder,
    )


def judge_base(ground: Ground, busy: str) -> Finding:
    """Return what there is to say of the base.

    Args:
        ground: what was seen of it.
        busy: the setting `edgepool_base_busy`.
    """
    if ground.status in _UNUSABLE:
        return wrong(TOPIC, f"{ground.named} {_UNUSABLE[ground.status]}", remedy_for(ground.status, ground.base))
    if not ground.is_open:
        return ok(TOPIC, ground.named)
    told = f"{ground.named} is held by {ground.holder or 'somebody'}"
    if busy == "fail":
        return wrong(TOPIC, told, "end that first, or set EDGEPOOL_BASE_BUSY=clone")
    if busy == "wait":
        return warning(TOPIC, f"{told}: a run waits for it", "end that, or set EDGEPOOL_BASE_BUSY=clone")
    return warning(
        TOPIC,
        f"{told}: a run takes clones only, in which a sign-in of the last half minute may be missing",
        "end that, unless this will do",
    )


def judge_no_base(browser: Browser, portal: str, refused: str = "") -> Finding:
    """Return what it means that nobody has signed in, and that no base was asked for.

    Args:
        browser: the browser.
        portal: the portal's name, or "" when it was not named.
        refused: why the browser's everyday profile cannot be it, as one clause, or "".
    """
    told = f"there is no managed base for {browser.title}: nobody is signed in yet"
    if refused:
        told = f"{told}, and its default profile will not do: {refused}"
    if portal == "none":
        return ok(TOPIC, f"{told}, and without a portal every browser may start on an empty profile")
    return wrong(TOPIC, told, "sign in once with `edgepool login --url https://…`")


def _run_on(base: Base, state: Path) -> str:
    """Return which live run has this base for its own, in words, or ""."""
    for plan in sorted((state / "runs").glob("*/plan.json")):
        try:
            planned = json.loads(plan.read_bytes())["base"]["user_data_dir"]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # gone meanwhile, or a run without a base
        alive = [each for each in (plan.parent / "alive").glob("*.lock") if not is_free(each)]
        numbers = sorted(int(pid) for each in alive if (pid := each.name.partition("-")[0]).isdecimal())
        if planned == str(base.user_data_dir) and numbers:
            process = processes.record_of(numbers[0], "run")
            told = Holder(pid=numbers[0], since=process.started_at if process else None).told()
            return told.replace("a browser", f"the run {plan.parent.name}", 1)
    return ""
