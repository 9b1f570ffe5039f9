"""What a worker that is not proved does next, decided without doing it."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_edgepool.profiles.verify import METHODS
from pytest_edgepool.workers.mending import LADDER, Rung, Situation, is_anyone_in, is_hope, next_rung
from pytest_edgepool.workers.slots import SlotStatus

HAND_OVER, RELOAD, RE_CLONE, RESTART = Rung


def situation(**changes: Any) -> Situation:
    return Situation(**{"failed": ("auth",), "kind": "clone", "session_at_hand": True, "anyone_in": True, **changes})


def whole_climb(now: Situation) -> list[Rung]:
    climbed: list[Rung] = []
    while (rung := next_rung(now, climbed)) is not None:
        climbed.append(rung)
    return climbed


def test_a_signed_out_clone_climbs_from_the_cheapest_rung_on() -> None:
    """Each rung once, then nothing is left."""
    assert whole_climb(situation()) == [HAND_OVER, RELOAD, RE_CLONE, RESTART]


@pytest.mark.parametrize(
    ("changes", "climb"),
    [
        ({"session_at_hand": False}, [RELOAD, RE_CLONE, RESTART]),
        ({"kind": "base"}, [HAND_OVER, RELOAD, RESTART]),
        ({"kind": "base", "takes_sessions": False}, [RELOAD, RESTART]),
        ({"failed": ("file",)}, [RE_CLONE]),
        ({"failed": ("file",), "kind": "base"}, []),
        ({"failed": ("capability",)}, [RE_CLONE, RESTART]),
        ({"failed": ("capability", "auth")}, [HAND_OVER, RELOAD, RE_CLONE, RESTART]),
        ({"failed": ()}, []),
    ],
)
def test_a_rung_that_cannot_help_is_left_out(changes: dict[str, Any], climb: list[Rung]) -> None:
    """A base is never cloned anew, a session is never put where it must not go, sound files are not copied again."""
    assert whole_climb(situation(**changes)) == climb


def test_when_nobody_is_signed_in_a_new_clone_would_not_be_either() -> None:
    """Copies of one template are alike: the run is to be stopped at once, not after six times four rungs."""
    assert whole_climb(situation(anyone_in=False, session_at_hand=False)) == [RELOAD]


def test_a_clone_that_lost_its_cookies_is_made_anew_whoever_is_signed_in() -> None:
    """It was this start that cost them; the template still has them."""
    now = situation(anyone_in=False, session_at_hand=False, cookies_lost=True)
    assert whole_climb(now) == [RELOAD, RE_CLONE, RESTART]


def test_every_method_has_its_ladder() -> None:
    """A proof that can fail can be answered."""
    assert set(LADDER) == set(METHODS)


@pytest.mark.parametrize(
    ("states", "hope", "anyone"),
    [
        ((), False, False),
        (("holding", "retired", "ended"), False, False),
        (("waiting",), True, False),
        (("ended", "starting"), True, False),
        (("mending",), True, False),
        (("holding", "ready"), False, True),
    ],
)
def test_hope_is_a_worker_that_may_still_sign_in(states: tuple[str, ...], hope: bool, anyone: bool) -> None:
    """Two that hold, each waiting for the other, are no hope for each other."""
    others = [SlotStatus(worker=f"gw{number}", state=state) for number, state in enumerate(states)]
    assert (is_hope(others), is_anyone_in(others)) == (hope, anyone)
