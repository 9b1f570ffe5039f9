"""All examinations, in the order in which a run would need what they look at. Never lets one keep the others away."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pytest_edgepool.browser import binaries
from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.doctor import disk, exclusion, leftovers, machine, policy, programs
from pytest_edgepool.doctor.base_checkup import examine_base
from pytest_edgepool.doctor.finding import Finding, of_error, safely, warning
from pytest_edgepool.errors import EdgepoolError
from pytest_edgepool.profiles.means import PLAIN, means_within
from pytest_edgepool.profiles.policies import read_policies
from pytest_edgepool.profiles.space import free_bytes_on
from pytest_edgepool.run import Run, new_run_id, state_folder

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from pytest_edgepool.browser.binaries import Browser
    from pytest_edgepool.profiles.means import Means
    from pytest_edgepool.settings import Settings


def examine(settings: Settings) -> Generator[Finding]:
    """Examine everything that decides whether a run will work, and yield each finding as soon as it is known.

    What is tried is tried in a run folder of its own, which is gone at the end, whatever ends it.

    Args:
        settings: what a run would have.
    """
    yield from safely("libraries", programs.examine_libraries)
    yield from safely("machine", lambda: machine.judge_machine(machine.look_at_machine()))
    try:
        state = state_folder(settings.edgepool_state_dir)
        yield from safely("leftovers", lambda: [leftovers.judge_leftovers(leftovers.look_for_leftovers(state))])
        run = Run(state, new_run_id(SYSTEM_CLOCK))
        run.join()
    except (EdgepoolError, OSError) as error:
        yield of_error("state folder", error, "name another with EDGEPOOL_STATE_DIR")
        return
    try:
        yield from _examine_in(run, settings)
    finally:
        left = _clear(run)
    if left:
        yield warning("clearing up", f"what was tried could not be removed: {left}", "run `edgepool clean`")


def _clear(run: Run) -> str:
    """Remove the folder in which things were tried; return why that failed, or ""."""
    try:
        run.remove()
    except OSError as error:
        return str(error)
    return ""


def _examine_in(run: Run, settings: Settings) -> Iterator[Finding]:
    means: list[Means] = []

    def try_means() -> list[Finding]:
        means.append(means_within(run.folder))
        return [disk.judge_means(means[0], run.state)]

    yield from safely("locks", lambda: [exclusion.examine_locks(run.folder)])
    yield from safely("copying", try_means)
    size = None
    try:
        browser = binaries.find(settings)
    except (EdgepoolError, OSError) as error:
        yield of_error("browser", error, "name one with --browser, or with EDGEPOOL_BINARY")
    else:
        yield from _examine_browser(run, browser)
        size = yield from examine_base(run, browser, settings)
    clones, how = settings.edgepool_max_browsers, means[0] if means else PLAIN
    yield from safely("room", lambda: [disk.judge_room(free_bytes_on(run.folder), size, clones, how, run.state)])


def _examine_browser(run: Run, browser: Browser) -> Iterator[Finding]:
    yield from safely("browser", partial(programs.judge_browser, browser))
    yield from safely("sandbox", partial(policy.judge_sandbox, browser, run.state))
    yield from safely("policies", lambda: policy.judge_policies(read_policies(browser.brand)))
