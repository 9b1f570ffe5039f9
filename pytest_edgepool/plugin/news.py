"""Which news go to which hook. Never tells what did not happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgepool import events

if TYPE_CHECKING:
    import pytest

    from pytest_edgepool.events import Event


def pass_on(config: pytest.Config, event: Event) -> None:
    """Tell a suite's listeners of an event, if there is a hook for it."""
    if isinstance(event, events.ProfileCloned):
        config.hook.pytest_edgepool_profile_cloned(config=config, event=event)
    elif isinstance(event, events.ProfileVerified):
        config.hook.pytest_edgepool_profile_verified(config=config, event=event)
    elif isinstance(event, events.BrowserRecycled):
        config.hook.pytest_edgepool_browser_recycled(config=config, event=event)
    elif isinstance(event, events.ProfileMended):
        config.hook.pytest_edgepool_profile_mended(config=config, event=event)
