"""Workers of which xdist is mistaken: dead ones taken for living, and the other way round. Never replaces one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from pytest_edgepool.clock import SYSTEM_CLOCK, Clock, Deadline, wait_until

_KILLING_SECONDS = 5.0


def send_only_to_the_living(node: Any) -> None:
    """Have xdist deal items out to a worker that is dead already, and not yet known to be, without an error.

    Its pipe is broken; when xdist hears of the death, it takes them back.
    """
    send = node.sendcommand

    def send_if_it_lives(name: str, **what: object) -> None:
        with suppress(OSError):
            send(name, **what)

    node.sendcommand = send_if_it_lives


def end_lost(node: Any, dsession: Any, clock: Clock = SYSTEM_CLOCK) -> None:
    """End a worker that xdist takes for dead, if it is not: somebody else runs its items from now on.

    So it is with one whose message xdist could not read. What it said since would be an internal error of xdist.

    Args:
        node: xdist's controller of the worker.
        dsession: xdist's session.
        clock: where time comes from.
    """
    process = getattr(getattr(node.gateway, "_io", None), "popen", None)
    if process is None or process.poll() is not None:
        return
    node._down = True  # noqa: SLF001 - xdist has no public door for it: its end is told already
    node.notify_inproc = lambda *_args, **_kwargs: None
    with suppress(OSError):
        process.kill()
    wait_until(lambda: process.poll() is not None, Deadline.after(_KILLING_SECONDS, "the end of a worker", clock))
    waiting = getattr(dsession, "queue", None)
    if waiting is not None:
        with waiting.mutex:
            others = [each for each in waiting.queue if each[1].get("node") is not node]
            waiting.queue.clear()
            waiting.queue.extend(others)
