"""Whether the browser's sandbox has to be left out. Never leaves it out for convenience."""

from __future__ import annotations

import os
import sys


def needs_no_sandbox() -> bool:
    """Whether the browser refuses to start with its sandbox: Chromium does for root on Linux."""
    return sys.platform.startswith("linux") and os.geteuid() == 0
