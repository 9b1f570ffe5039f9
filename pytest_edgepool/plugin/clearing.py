"""What the controller clears up at the very end, step by step. Never decides what comes of a step that fails."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgepool.downloads.shelf import Shelf
from pytest_edgepool.profiles.base import holder_of
from pytest_edgepool.profiles.tabs import journal_of, put_tabs_back
from pytest_edgepool.workers.keeping import keep_freshest

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgepool.prepare import Plan
    from pytest_edgepool.profiles.template import Share
    from pytest_edgepool.run import Run
    from pytest_edgepool.settings import Settings


def steps_of(run: Run, settings: Settings, plan: Plan, share: Share) -> tuple[Callable[[], object], ...]:
    """Return what is to be done, in this order, each even when another fails.

    Args:
        run: the run, whose workers are gone.
        settings: what is in force.
        plan: the run's plan.
        share: the controller's share in the template.
    """
    return (
        Shelf(Path(settings.po_output), run.id).tidy,
        # the freshest session goes into the managed base; no log is left to tell of it
        partial(keep_freshest, run, settings, plan, lambda _event: None),
        share.give_back,
        run.remove,
        partial(_mend_base, run, plan),
    )


def _mend_base(run: Run, plan: Plan) -> None:
    """Give the user's own base its tabs back, when the worker that had it was killed."""
    base, state = plan.base, run.state
    if base is not None and journal_of(base, state).exists():
        with base.lock(state).held(0) as got:
            if got and not holder_of(base.user_data_dir):
                put_tabs_back(base, state, after_a_kill=True)
