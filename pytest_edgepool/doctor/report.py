"""Tells what was found, a line at a time or as JSON, and whether a run can start. Never examines anything itself."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

from pytest_edgepool.doctor.checkup import examine
from pytest_edgepool.doctor.finding import as_json, can_start, last_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgepool.doctor.finding import Finding
    from pytest_edgepool.settings import Settings


def told(settings: Settings, say: Callable[[str], None]) -> int:
    """Examine and tell each finding as soon as it is known.

    Args:
        settings: what a run would have.
        say: tells a person one or more lines.

    Returns:
        The exit code: 0 when a run can start, else 1.
    """
    findings: list[Finding] = []
    with closing(examine(settings)) as examination:  # whatever interrupts it: nothing of it stays
        for each in examination:
            findings.append(each)
            say(each.lines())
    say(last_line(findings))
    return 0 if can_start(findings) else 1


def told_as_json(settings: Settings, say: Callable[[str], None]) -> int:
    """Examine and tell everything as one JSON object; the arguments and the exit code are those of `told`."""
    with closing(examine(settings)) as examination:
        findings = tuple(examination)
    say(json.dumps(as_json(findings), indent=2, ensure_ascii=False))
    return 0 if can_start(findings) else 1
