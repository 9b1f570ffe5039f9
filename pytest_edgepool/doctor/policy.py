"""What the machine's owner and the browser itself say of automation. Never changes a policy, never opens a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgepool.browser.places import confined, out_of_sight
from pytest_edgepool.doctor.finding import Finding, ok, parted, warning, wrong
from pytest_edgepool.profiles.policies import doubts, forbids

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.browser.automation import Answer
    from pytest_edgepool.browser.binaries import Browser
    from pytest_edgepool.doctor.ground import Ground
    from pytest_edgepool.profiles.policies import Policies

AUTOMATION = "automation"
_MANAGED = "make a managed base, which is not that one: `edgepool login --url https://…`"
_ASK = "ask whoever administers this machine"


def judge_policies(policies: Policies) -> tuple[Finding, ...]:
    """Return which policies forbid a run, and which only may."""
    forbidden = [wrong("policies", told, remedy or _ASK) for told, remedy in map(parted, forbids(policies))]
    doubtful = [warning("policies", told, remedy or _ASK) for told, remedy in map(parted, doubts(policies))]
    return (*forbidden, *doubtful) or (ok("policies", "none forbids automation or clones"),)


def judge_sandbox(browser: Browser, state: Path) -> tuple[Finding, ...]:
    """Return what is to say of a browser that runs in a snap or flatpak; nothing for any other."""
    kind = confined(browser.binary)
    if not kind:
        return ()
    hidden = out_of_sight(browser.binary, state)
    if not hidden:
        return (ok("sandbox", f"{browser.binary} runs in a sandbox ({kind}), which sees {state}"),)
    told, _, remedy = hidden.rstrip(".").partition(": ")
    return (warning("sandbox", told, remedy),)


def judge_automation(answer: Answer, ground: Ground | None, busy: str) -> Finding:
    """Return what came of trying whether the browser lets itself be automated.

    Args:
        answer: what came of it.
        ground: the base that a run would start from, or None.
        busy: the setting `edgepool_base_busy`: it says what to do with a base that is refused, too.
    """
    on_default = ground is not None and ground.is_default
    where = "on its default profile" if on_default else "on a profile of ours"
    if answer.yes:
        return ok(AUTOMATION, f"allowed {where}: {answer.why}")
    told = f"not allowed {where}: {answer.why}"
    if not on_default:
        return wrong(AUTOMATION, told, "run it once by hand to see what it says, or choose another with --browser")
    if busy == "fail":
        return wrong(AUTOMATION, told, _MANAGED)
    return warning(AUTOMATION, f"{told}; all workers use clones of it", _MANAGED)
