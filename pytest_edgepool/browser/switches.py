"""What a browser is told at its start, with reasons. Never starts one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Session cookies are deleted by a start without the first (measured); the rest are prompts, traffic and bubbles that
# a run does not want.
SWITCHES = (
    "--restore-last-session",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-crash-restore-bubble",
    "--disable-background-networking",
    "--disable-component-update",
)
# Edge signs the system's account in by itself, and on Windows relaunched itself (EdgeWebDriver issue 189): neither
# may happen here.
EDGE_SWITCHES = ("--edge-skip-compat-layer-relaunch", "--disable-features=msImplicitSignin")
# A window that nobody sees still draws its tabs, and thirty times a second the sign that one is loading: a fifth
# of all CPU (measured, docs/performance.md). One that fills its screen has none to draw.
BARE_SWITCH = "--start-fullscreen"
# Whoever says one of these has a window in mind.
_WINDOW_SWITCHES = ("--window-", "--start-", "--kiosk", "--app=", "--screen-info", "--headless")
# What the driver adds by default and what opens a profile with another cookie key than its everyday browser's: that
# deletes its cookies.
KEY_SOURCE_SWITCHES = ("password-store", "use-mock-keychain")
PREFERENCES: Mapping[str, object] = {
    "download.prompt_for_download": False,
    "download.allow_office_viewer_for_download": False,  # else Edge opens docx and xlsx in a viewer tab
    "plugins.always_open_pdf_externally": True,  # else a PDF is shown and not saved
    "profile.default_content_setting_values.automatic_downloads": 1,  # else the second file is held back
}


def bare(arguments: Iterable[str]) -> tuple[str, ...]:
    """Return what keeps a window that nobody sees from being drawn; nothing where other switches speak of windows.

    Nor on macOS, where filling the screen is an animation of the system's own, and was not tried.
    """
    has_window_in_mind = any(each.startswith(_WINDOW_SWITCHES) for each in arguments)
    return () if has_window_in_mind or sys.platform == "darwin" else (BARE_SWITCH,)
