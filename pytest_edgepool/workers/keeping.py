"""At a clean end, puts the freshest session into the managed base, so that tomorrow's run starts signed in.

Never touches a base of the user's own, nor one that somebody has open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgepool import events
from pytest_edgepool.browser.edge import RunningBrowser
from pytest_edgepool.browser.launch import Launch
from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.profiles.base import holder_of
from pytest_edgepool.profiles.lease import BASE_SLOT
from pytest_edgepool.profiles.session import freshest, of_slot
from pytest_edgepool.profiles.tabs import drop_tabs
from pytest_edgepool.workers.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgepool.events import Event
    from pytest_edgepool.prepare import Plan
    from pytest_edgepool.profiles.session import SessionState
    from pytest_edgepool.run import Run
    from pytest_edgepool.settings import Settings


def session_for_base(run: Run, settings: Settings, plan: Plan) -> SessionState | None:
    """Return the session that the managed base lacks, or None when there is nothing to put into it.

    The worker on the base leaves its own there by ending its browser in order; only when it did not have it, or when
    each use makes the earlier session worthless, is another one fresher.
    """
    if plan.base is None or not plan.base.managed or not settings.edgepool_keep_session or run.is_stopping:
        return None
    newest = freshest(run)
    if newest is None or newest.slot == BASE_SLOT:
        return None
    if settings.edgepool_rotating_session:
        return newest
    if settings.edgepool_base == "nobody" or of_slot(run, BASE_SLOT) is not None:
        return None
    return newest


def keep_freshest(run: Run, settings: Settings, plan: Plan, tell: Callable[[Event], None]) -> None:
    """Put the freshest session of the run into the managed base, when the base lacks it and nobody has it.

    Raises:
        BrowserTrouble: the browser did not start, or died.
        DeadlinePassed: it does not answer.
        OSError: the disk refused.
    """
    state = session_for_base(run, settings, plan)
    if state is None or plan.base is None:
        return
    begun = SYSTEM_CLOCK.monotonic()
    with plan.base.lock(run.state).held(0) as got:
        if not got or holder_of(plan.base.user_data_dir):
            return  # another run has it now, and leaves its own
        drop_tabs(plan.base.profile_folder)
        launch = Launch(
            browser=plan.browser,
            user_data_dir=plan.base.user_data_dir,
            profile_directory=plan.base.profile_directory,
            arguments=settings.edgepool_arg,
            patience_seconds=settings.edgepool_start_timeout,
        )
        with run.intending(launch.user_data_dir, launch.mark):
            browser = RunningBrowser.start(launch, run.record)
        try:
            Sessions(run, settings, "base", tell).put(browser, state, BASE_SLOT)
        finally:
            browser.quit()
    seconds = round(SYSTEM_CLOCK.monotonic() - begun, 3)
    tell(events.SessionKept(giver=state.worker, cookies=len(state.cookies), seconds=seconds))
