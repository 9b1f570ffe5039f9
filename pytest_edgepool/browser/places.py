"""Where browsers and their drivers are installed, on each system, as data with sources. Never starts one.

Sources: Playwright's browser registry, Selenium's driver finder, Debian's packages, the manifests of flathub.org,
the snap `chromium`.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCRIPT_BYTES = 4096  # a wrapper that starts a sandbox is shorter

# (brand, channel) -> names to look for on the path, and places besides
NAMES = {
    ("edge", "stable"): ("microsoft-edge-stable", "microsoft-edge", "msedge"),
    ("edge", "beta"): ("microsoft-edge-beta",),
    ("edge", "dev"): ("microsoft-edge-dev",),
    ("edge", "canary"): ("microsoft-edge-canary",),
    ("chrome", "stable"): ("google-chrome-stable", "google-chrome"),
    ("chrome", "beta"): ("google-chrome-beta",),
    ("chrome", "dev"): ("google-chrome-unstable",),
    ("chrome", "canary"): ("google-chrome-canary",),
    ("chromium", "stable"): ("chromium", "chromium-browser"),
}
_LINUX_PLACES = {
    ("edge", "stable"): ("/opt/microsoft/msedge/msedge",),
    ("edge", "beta"): ("/opt/microsoft/msedge-beta/msedge",),
    ("edge", "dev"): ("/opt/microsoft/msedge-dev/msedge",),
    ("chrome", "stable"): ("/opt/google/chrome/chrome",),
    ("chrome", "beta"): ("/opt/google/chrome-beta/chrome",),
    ("chrome", "dev"): ("/opt/google/chrome-unstable/chrome",),
}
# The application of each browser on flathub.org; its wrapper lies in a folder of exports, the machine's or the user's.
_FLATPAKS = {
    ("edge", "stable"): "com.microsoft.Edge",
    ("edge", "dev"): "com.microsoft.EdgeDev",
    ("chrome", "stable"): "com.google.Chrome",
    ("chrome", "dev"): "com.google.ChromeDev",
    ("chromium", "stable"): "org.chromium.Chromium",
}
_SNAPS = {("chromium", "stable"): "/snap/bin/chromium"}
SNAP_DRIVER = "chromium.chromedriver"
"""The driver that comes with the snap: only it sees the same files as that browser."""

_MACOS_APPS = {
    ("edge", "stable"): "Microsoft Edge",
    ("edge", "beta"): "Microsoft Edge Beta",
    ("edge", "dev"): "Microsoft Edge Dev",
    ("edge", "canary"): "Microsoft Edge Canary",
    ("chrome", "stable"): "Google Chrome",
    ("chrome", "beta"): "Google Chrome Beta",
    ("chrome", "dev"): "Google Chrome Dev",
    ("chrome", "canary"): "Google Chrome Canary",
    ("chromium", "stable"): "Chromium",
}
_WINDOWS_PLACES = {  # below LOCALAPPDATA, PROGRAMFILES, PROGRAMFILES(X86)
    ("edge", "stable"): "Microsoft/Edge/Application/msedge.exe",
    ("edge", "beta"): "Microsoft/Edge Beta/Application/msedge.exe",
    ("edge", "dev"): "Microsoft/Edge Dev/Application/msedge.exe",
    ("edge", "canary"): "Microsoft/Edge SxS/Application/msedge.exe",
    ("chrome", "stable"): "Google/Chrome/Application/chrome.exe",
    ("chrome", "beta"): "Google/Chrome Beta/Application/chrome.exe",
    ("chrome", "dev"): "Google/Chrome Dev/Application/chrome.exe",
    ("chrome", "canary"): "Google/Chrome SxS/Application/chrome.exe",
    ("chromium", "stable"): "Chromium/Application/chrome.exe",
}
DRIVERS = {"edge": "msedgedriver", "chrome": "chromedriver", "chromium": "chromedriver"}
# Folders in which hosted CI machines and Selenium users keep their drivers; a folder or the driver itself.
DRIVER_VARIABLES = {
    "edge": ("SE_EDGEDRIVER", "EDGEWEBDRIVER"),
    "chrome": ("SE_CHROMEDRIVER", "CHROMEWEBDRIVER"),
    "chromium": ("SE_CHROMEDRIVER", "CHROMEWEBDRIVER"),
}


def places_of(brand: str, channel: str, environment: Mapping[str, str], platform: str = sys.platform) -> list[Path]:
    """Return where a browser's executable is looked for, in order."""
    which = (brand, channel)
    if platform == "win32":
        roots = [environment.get(name, "") for name in ("PROGRAMFILES(X86)", "PROGRAMFILES", "LOCALAPPDATA")]
        return [Path(root) / _WINDOWS_PLACES[which] for root in roots if root and which in _WINDOWS_PLACES]
    if platform == "darwin":
        app = _MACOS_APPS.get(which)
        roots = ["/Applications", str(Path.home() / "Applications")]
        return [Path(root) / f"{app}.app/Contents/MacOS/{app}" for root in roots if app]
    names = [
        Path(found) for name in NAMES.get(which, ()) if (found := shutil.which(name, path=environment.get("PATH")))
    ]
    return [*names, *(Path(place) for place in _LINUX_PLACES.get(which, ())), *_sandboxed_places(which, environment)]


def _sandboxed_places(which: tuple[str, str], environment: Mapping[str, str]) -> list[Path]:
    home = Path(environment.get("HOME") or Path.home())
    exports = [Path("/var/lib/flatpak/exports/bin"), home / ".local/share/flatpak/exports/bin"]
    flatpaks = [each / _FLATPAKS[which] for each in exports if which in _FLATPAKS]
    return flatpaks + ([Path(_SNAPS[which])] if which in _SNAPS else [])


def confined(binary: str | Path) -> str:
    """Return `flatpak` or `snap` when a browser's executable is the wrapper of such a sandbox, else "".

    Told by the place, by what a link leads to, or by what a small script starts (Ubuntu's `chromium-browser`).
    """
    path = Path(binary)
    for place in (path.as_posix(), Path(os.path.realpath(path)).as_posix()):
        if "/flatpak/exports/bin/" in place:
            return "flatpak"
        if place.startswith(("/snap/", "/var/lib/snapd/snap/")) or place == "/usr/bin/snap":
            return "snap"
    try:
        with path.open("rb") as file:
            script = file.read(_SCRIPT_BYTES)
    except OSError:
        return ""  # no file to be told anything by: whoever starts it says so
    if not script.startswith(b"#!"):
        return ""
    return "flatpak" if b"flatpak run " in script else "snap" if b"/snap/bin/" in script else ""


def out_of_sight(binary: str | Path, folder: Path, home: Path | None = None) -> str:
    """Return one sentence when a sandboxed browser cannot see a folder of ours, else "".

    A snap sees what is not hidden in the home folder, a flatpak its own part of `~/.var/app` (more only where somebody
    has allowed it, which is not looked into); both see nothing of `/tmp`.

    Args:
        binary: the browser's executable.
        folder: the folder that it would work in, such as the state folder.
        home: the user's home folder; else asked of the system.
    """
    kind, home = confined(binary), home or Path.home()
    if not kind:
        return ""
    name = Path(os.path.realpath(binary)).name  # the application's, also over a link
    own = home / (f".var/app/{name}" if kind == "flatpak" else "snap/chromium/common")
    inside = folder.relative_to(home).parts if folder.is_relative_to(home) else ()
    is_seen = folder.is_relative_to(own) or (kind == "snap" and bool(inside) and not inside[0].startswith("."))
    if is_seen:
        return ""
    return (
        f"{binary} runs in a sandbox ({kind}) that may not see {folder}: if no browser starts, set EDGEPOOL_STATE_DIR "
        f"to a folder such as {own / 'edgepool'}, or install the browser without {kind}."
    )
