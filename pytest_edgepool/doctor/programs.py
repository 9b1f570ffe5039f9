"""What is installed: browser, driver, Selenium, xdist, and whether they fit. Never starts a session."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from pytest_edgepool.doctor.finding import Finding, ok, warning, wrong

if TYPE_CHECKING:
    from pytest_edgepool.browser.binaries import Browser

# As pyproject.toml asks for; an environment that was put together by hand may hold older ones.
LEAST = {"selenium": (4, 40), "pytest-xdist": (3, 8)}


def judge_browser(browser: Browser) -> tuple[Finding, ...]:
    """Return what there is to say of browser and driver, by what they say of themselves."""
    found = [ok("browser", f"{browser.title}: {browser.binary}")]
    if not browser.version:
        found = [
            warning(
                "browser", f"{browser.binary} does not tell its version", "see whether it starts at all: run it once"
            )
        ]
    told = f"version {browser.driver_version}: {browser.driver}"
    if not browser.driver_version:
        found.append(
            warning("driver", f"{browser.driver} does not tell its version", f"run `{browser.driver} --version` once")
        )
    elif browser.version and _major(browser.version) != _major(browser.driver_version):
        found.append(
            wrong(
                "driver",
                f"{told} does not fit {browser.title}: their major versions must be the same",
                "install the matching driver, or name it with EDGEPOOL_DRIVER",
            )
        )
    else:
        found.append(ok("driver", told))
    return tuple(found)


def judge_library(name: str, version: str | None) -> Finding:
    """Return whether a library of others is there and new enough.

    Args:
        name: as it is installed by.
        version: its version, or None when it is not there.
    """
    least = ".".join(map(str, LEAST[name]))
    install = f"pip install '{name}>={least}'"
    if version is None:
        return wrong(name, "it is not installed", install)
    if _numbers(version) < LEAST[name]:
        return wrong(name, f"version {version} is older than {least}", install)
    return ok(name, f"version {version}")


def examine_libraries() -> tuple[Finding, ...]:
    """Look up the libraries that a run stands on."""
    return tuple(judge_library(name, _version_of(name)) for name in LEAST)


def _version_of(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")[:2]
    return tuple(int(part) for part in parts if part.isdecimal())


def _major(version: str) -> str:
    return version.split(".", maxsplit=1)[0]
