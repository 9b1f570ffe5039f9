"""Finds the browser and its driver, once a run. Never starts a session."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgepool.browser.places import DRIVER_VARIABLES, DRIVERS, NAMES, SNAP_DRIVER, confined, places_of
from pytest_edgepool.errors import BrowserNotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgepool.settings import Settings

_VERSION = re.compile(r"\b(\d+(?:\.\d+){2,3})\b")
_ASKING_SECONDS = 30.0

AUTO_ORDER = ("edge", "chrome", "chromium")


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """A browser and the driver for it.

    Attributes:
        brand: `edge`, `chrome` or `chromium`.
        channel: `stable`, `beta`, `dev` or `canary`.
        binary: the browser's executable.
        version: its version, or "" when it does not say.
        driver: the driver's executable.
        driver_version: its version, or "".
    """

    brand: str
    channel: str
    binary: str
    version: str
    driver: str
    driver_version: str

    def to_json(self) -> dict[str, str]:
        """Return it as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> Browser:
        """Return what `to_json` gave."""
        return cls(**held)

    @property
    def title(self) -> str:
        """What people call it."""
        name = {"edge": "Microsoft Edge", "chrome": "Google Chrome", "chromium": "Chromium"}[self.brand]
        return " ".join(part for part in (name, "" if self.channel == "stable" else self.channel, self.version) if part)


def find(settings: Settings, environment: Mapping[str, str] = os.environ) -> Browser:
    """Return the browser that the settings ask for, and a driver of the same major version.

    With `auto` the first brand that has both wins: an Edge without a driver must not keep a Chromium with one from
    working.

    Raises:
        BrowserNotFound: no browser, or no driver for it; the sentence says what was looked for, and where. When
            several browsers are there and none has a driver, it is about the first.
    """
    first: BrowserNotFound | None = None
    for brand, binary in _candidates(settings, environment):
        try:
            return _with_driver(settings, brand, binary, environment)
        except BrowserNotFound as error:
            first = first or error
    raise first or _nothing_found(settings)


def _with_driver(settings: Settings, brand: str, binary: Path, environment: Mapping[str, str]) -> Browser:
    version = version_of_browser(binary)
    driver = _find_driver(settings, brand, binary, environment)
    driver_version = _ask_version(driver)
    if version and driver_version and _major(version) != _major(driver_version) and not settings.edgepool_driver:
        raise BrowserNotFound(
            f"The driver {driver} is version {driver_version}, the browser {binary} is {version}: "
            "their major versions must be the same; install the matching driver or name it with --edgepool-driver."
        )
    return Browser(
        brand=brand,
        channel=settings.edgepool_channel,
        binary=str(binary),
        version=version,
        driver=str(driver),
        driver_version=driver_version,
    )


def _brands(settings: Settings) -> tuple[str, ...]:
    """Return the brands to look for, in order; a driver that was named speaks for the brands that it drives."""
    if settings.edgepool_browser != "auto":
        return (settings.edgepool_browser,)
    named = Path(settings.edgepool_driver).name.lower()
    return tuple(brand for brand in AUTO_ORDER if DRIVERS[brand] in named) or AUTO_ORDER


def _candidates(settings: Settings, environment: Mapping[str, str]) -> list[tuple[str, Path]]:
    if settings.edgepool_binary:
        binary = Path(settings.edgepool_binary).expanduser().absolute()
        if not binary.is_file():
            raise BrowserNotFound(
                f"--edgepool-binary: there is no file {binary}; give the path of the browser's executable."
            )
        return [(_brand_of(binary) if settings.edgepool_browser == "auto" else settings.edgepool_browser, binary)]
    found = []
    for brand in _brands(settings):
        there = [each for each in places_of(brand, settings.edgepool_channel, environment) if each.is_file()]
        found += [(brand, each) for each in there[:1]]
    # One in a sandbox may not see the folders that it would work in: it is taken when there is no other.
    return sorted(found, key=lambda each: confined(each[1]) != "")


def _nothing_found(settings: Settings) -> BrowserNotFound:
    brands = _brands(settings)
    looked = ", ".join(f"{brand} ({settings.edgepool_channel})" for brand in brands)
    names = ", ".join(name for brand in brands for name in NAMES.get((brand, settings.edgepool_channel), ()))
    return BrowserNotFound(
        f"No browser found: looked for {looked} as {names or 'nothing known'} on PATH and in the usual places; "
        "install Microsoft Edge or name one with --edgepool-binary."
    )


def _brand_of(binary: Path) -> str:
    """Return the brand that an executable's name tells, or the folder that Windows' Chromium lies in."""
    name = binary.name.lower()
    if "edge" in name:
        return "edge"
    return "chromium" if "chromium" in name or "chromium" in map(str.lower, binary.parts) else "chrome"


def _find_driver(settings: Settings, brand: str, binary: Path, environment: Mapping[str, str]) -> Path:
    name = DRIVERS[brand] + (".exe" if sys.platform == "win32" else "")
    if settings.edgepool_driver:
        driver = Path(settings.edgepool_driver).expanduser().absolute()
        if not driver.is_file():
            raise BrowserNotFound(f"--edgepool-driver: there is no file {driver}; give the path of {name}.")
        return driver
    for given in filter(None, map(environment.get, DRIVER_VARIABLES[brand])):
        for place in (Path(given), Path(given) / name):
            if place.is_file():
                return place.absolute()
    found = None
    if confined(binary) == "snap":
        found = shutil.which(SNAP_DRIVER, path=environment.get("PATH")) or shutil.which(f"/snap/bin/{SNAP_DRIVER}")
    found = found or shutil.which(name, path=environment.get("PATH"))
    return Path(found) if found else _ask_selenium_manager(binary, brand, name)


def _ask_selenium_manager(binary: Path, brand: str, name: str) -> Path:
    """Have Selenium Manager find or fetch the driver: for those who install nothing but this package."""
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.common.selenium_manager import SeleniumManager

    asked = ["--browser", "edge" if brand == "edge" else "chrome", "--browser-path", str(binary)]
    said, driver = "it names none", ""
    try:
        driver = SeleniumManager().binary_paths(asked)["driver_path"]
    except WebDriverException as error:
        said = " ".join(str(error.msg).split())[:200]
    if not driver:  # without network it succeeds with nothing
        raise BrowserNotFound(
            f"No driver for {binary}: {name} is not on PATH, and Selenium Manager could not fetch it ({said}); "
            f"install {name} or name it with --edgepool-driver."
        )
    return Path(driver)


def version_of_browser(binary: Path, platform: str = sys.platform) -> str:
    """Return a browser's version, or "" when it cannot be told without opening a window."""
    if platform != "win32":
        return _ask_version(binary)
    # On Windows `--version` would open the browser; its installation keeps a folder per version beside the executable.
    found = [each.name for each in binary.parent.iterdir() if each.is_dir() and _VERSION.fullmatch(each.name)]
    return max(found, key=lambda each: [int(part) for part in each.split(".")], default="")


def _ask_version(program: Path) -> str:
    try:
        asked = subprocess.run(
            [str(program), "--version"],
            capture_output=True,
            text=True,
            timeout=_ASKING_SECONDS,
            check=False,
            errors="replace",
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BrowserNotFound(f"{program} cannot be run: {error}.") from error
    found = _VERSION.search(asked.stdout)
    return found[1] if found else ""


def _major(version: str) -> str:
    return version.split(".", maxsplit=1)[0]
