"""Where each browser keeps its everyday profile, on each system."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_edgepool.profiles.locate import default_user_data_dir, profile_directory_of

HOME = Path("/people/me")
BRANDS, CHANNELS = ("edge", "chrome"), ("stable", "beta", "dev", "canary")


@pytest.mark.parametrize(
    ("platform", "brand", "channel", "below"),
    [
        ("linux", "edge", "stable", ".config/microsoft-edge"),
        ("linux", "edge", "beta", ".config/microsoft-edge-beta"),
        ("linux", "chromium", "stable", ".config/chromium"),
        ("linux", "chrome", "dev", ".config/google-chrome-unstable"),
        ("darwin", "edge", "stable", "Library/Application Support/Microsoft Edge"),
        ("darwin", "chrome", "canary", "Library/Application Support/Google/Chrome Canary"),
        ("win32", "edge", "stable", "AppData/Local/Microsoft/Edge/User Data"),
        ("win32", "edge", "canary", "AppData/Local/Microsoft/Edge SxS/User Data"),
        ("win32", "chromium", "stable", "AppData/Local/Chromium/User Data"),
    ],
)
def test_each_system_has_its_place(platform: str, brand: str, channel: str, below: str) -> None:
    """As the vendors' own pages name it."""
    assert default_user_data_dir(brand, channel, platform, {}, HOME) == HOME / below


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("linux", {"XDG_CONFIG_HOME": "/cfg"}, "/cfg/microsoft-edge"),
        ("linux", {"XDG_CONFIG_HOME": "/cfg", "CHROME_CONFIG_HOME": "/chrome"}, "/chrome/microsoft-edge"),
        ("linux", {"XDG_CONFIG_HOME": ""}, "/people/me/.config/microsoft-edge"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/Microsoft/Edge/User Data"),
        ("darwin", {"XDG_CONFIG_HOME": "/cfg"}, "/people/me/Library/Application Support/Microsoft Edge"),
    ],
)
def test_what_moves_the_place_is_heeded(platform: str, environment: dict[str, str], folder: str) -> None:
    """The variables that the browsers themselves read, and only on the system that has them."""
    assert default_user_data_dir("edge", "stable", platform, environment, HOME) == Path(folder)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_every_brand_and_channel_has_a_place_of_its_own(platform: str) -> None:
    """No two browsers share a folder; one that does not exist has none."""
    known = [(brand, channel) for brand in BRANDS for channel in CHANNELS] + [("chromium", "stable")]
    places = {which: default_user_data_dir(*which, platform, {}, HOME) for which in known}
    assert None not in places.values()
    assert len(set(places.values())) == len(places)
    assert default_user_data_dir("chromium", "beta", platform, {}, HOME) is None
    assert default_user_data_dir("firefox", "stable", platform, {}, HOME) is None


def test_this_system_has_a_place_too() -> None:
    """Without being told anything."""
    assert default_user_data_dir("edge", "stable") is not None


def test_the_profile_that_was_last_used_is_taken(tmp_path: Path) -> None:
    """As `Local State` names it, when it is there."""
    (tmp_path / "Profile 2").mkdir()
    (tmp_path / "Local State").write_text(json.dumps({"profile": {"last_used": "Profile 2"}}))
    assert profile_directory_of(tmp_path) == "Profile 2"
    (tmp_path / "Profile 2").rmdir()
    assert profile_directory_of(tmp_path) == "Default"


@pytest.mark.parametrize(
    "state", ["", "{", "[]", "{}", '{"profile": []}', '{"profile": {"last_used": 3}}', '{"profile": {"last_used": ""}}']
)
def test_a_state_that_says_nothing_means_default(tmp_path: Path, state: str) -> None:
    """A fresh or damaged file is no error here."""
    (tmp_path / "Local State").write_text(state)
    assert profile_directory_of(tmp_path) == "Default"


def test_no_state_means_default(tmp_path: Path) -> None:
    """Nor is a missing one."""
    assert profile_directory_of(tmp_path) == "Default"
