"""What a worker whose profile is not proved does next: the remediation ladder, as a decision. Never does it.

    hand over    take the session of a worker that is signed in; no restart, a tenth of a second
    reload       ask the site once more
    re-clone     a new clone, from a template that was looked at first
    restart      the browser anew, on the same profile

Each rung once a climb, from the cheapest on; a rung that cannot help is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgepool.profiles.lease import Kind
    from pytest_edgepool.workers.slots import SlotStatus


class Rung(StrEnum):
    """One means of the ladder."""

    HAND_OVER = "hand over"
    RELOAD = "reload"
    RE_CLONE = "re-clone"
    RESTART = "restart"


# What each proof's failure is answered with, in this order.
LADDER = {
    "file": (Rung.RE_CLONE,),
    "capability": (Rung.RE_CLONE, Rung.RESTART),
    "auth": (Rung.HAND_OVER, Rung.RELOAD, Rung.RE_CLONE, Rung.RESTART),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the decision rests on.

    Attributes:
        failed: the methods that did not succeed.
        kind: whether the profile is the base or a clone.
        takes_sessions: whether a session may be put into it: a base of the user's own is never changed.
        session_at_hand: whether a worker that is signed in keeps one that was not tried yet.
        anyone_in: whether another worker is signed in: then the template is good, and a new clone may be.
        cookies_lost: whether the start cost this profile its cookies: then a new clone may help too.
    """

    failed: tuple[str, ...]
    kind: Kind
    takes_sessions: bool = True
    session_at_hand: bool = False
    anyone_in: bool = False
    cookies_lost: bool = False


def next_rung(now: Situation, climbed: Sequence[Rung]) -> Rung | None:
    """Return the next rung, or None when there is none that could help now.

    Args:
        now: the situation.
        climbed: the rungs of this climb so far.
    """
    wanted = {rung for method in now.failed for rung in LADDER[method]}
    return next((rung for rung in Rung if rung in wanted and rung not in climbed and _may_help(rung, now)), None)


def _may_help(rung: Rung, now: Situation) -> bool:
    if rung is Rung.HAND_OVER:
        return now.takes_sessions and now.session_at_hand
    if rung is Rung.RE_CLONE and now.kind == "base":
        return False
    if rung in (Rung.RE_CLONE, Rung.RESTART) and now.failed == ("auth",):
        # When nobody is signed in, it is not this clone: a new one of the same template is signed out too.
        return now.anyone_in or now.cookies_lost
    return True


def is_hope(others: Sequence[SlotStatus]) -> bool:
    """Whether another worker may still sign in, and then help: one that is starting, or climbing itself."""
    return any(each.state in ("waiting", "starting", "mending") for each in others)


def is_anyone_in(others: Sequence[SlotStatus]) -> bool:
    """Whether another worker is signed in and works."""
    return any(each.state == "ready" for each in others)
