"""Where each browser keeps its everyday profile, on each system."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_edgepool.errors import BaseUnusable
from pytest_edgepool.profiles.locate import (
    default_user_data_dir,
    display_names,
    profile_directory_named,
    profile_directory_of,
    user_data_dirs,
)

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
        ("linux", {"CHROME_USER_DATA_DIR": "/udd", "CHROME_CONFIG_HOME": "/chrome"}, "/udd"),
        ("darwin", {"XDG_CONFIG_HOME": "/cfg"}, "/people/me/Library/Application Support/Microsoft Edge"),
        ("darwin", {"CHROME_USER_DATA_DIR": "/udd"}, "/people/me/Library/Application Support/Microsoft Edge"),
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


@pytest.mark.parametrize(
    ("brand", "channel", "below"),
    [
        ("edge", "stable", [".config/microsoft-edge", ".var/app/com.microsoft.Edge/config/microsoft-edge"]),
        ("edge", "beta", [".config/microsoft-edge-beta", ".var/app/com.microsoft.Edge/config/microsoft-edge-beta"]),
        ("edge", "canary", [".config/microsoft-edge-canary"]),
        (
            "chrome",
            "dev",
            [".config/google-chrome-unstable", ".var/app/com.google.ChromeDev/config/google-chrome-unstable"],
        ),
        (
            "chromium",
            "stable",
            [".config/chromium", ".var/app/org.chromium.Chromium/config/chromium", "snap/chromium/common/chromium"],
        ),
        ("chromium", "beta", []),
    ],
)
def test_sandboxed_browsers_have_places_of_their_own(brand: str, channel: str, below: list[str]) -> None:
    """Flatpak and snap keep them apart; a browser without a sandbox looks in its own place first."""
    assert user_data_dirs(brand, channel, "linux", {}, HOME) == tuple(HOME / each for each in below)


def test_a_sandboxed_browser_looks_in_its_own_place_first() -> None:
    """And in none twice; what is named by hand comes before all."""
    own = HOME / "snap/chromium/common/chromium"
    found = user_data_dirs("chromium", "stable", "linux", {}, HOME, confined="snap")
    assert found[0] == own
    assert len(found) == len(set(found)) == 3
    assert user_data_dirs("edge", "stable", "linux", {}, HOME, confined="snap")[0] == HOME / ".config/microsoft-edge"
    named = {"CHROME_USER_DATA_DIR": "/udd"}
    assert user_data_dirs("chromium", "stable", "linux", named, HOME, confined="snap")[:2] == (Path("/udd"), own)


def test_the_first_place_that_is_there_is_the_default_one(tmp_path: Path) -> None:
    """Else the first of all, so that a message can name it."""
    assert default_user_data_dir("edge", "stable", "linux", {}, tmp_path) == tmp_path / ".config/microsoft-edge"
    flatpak = tmp_path / ".var/app/com.microsoft.Edge/config/microsoft-edge"
    flatpak.mkdir(parents=True)
    assert default_user_data_dir("edge", "stable", "linux", {}, tmp_path) == flatpak
    (tmp_path / ".config/microsoft-edge").mkdir(parents=True)
    assert default_user_data_dir("edge", "stable", "linux", {}, tmp_path) == tmp_path / ".config/microsoft-edge"
    assert default_user_data_dir("edge", "stable", "linux", {}, tmp_path, confined="flatpak") == flatpak


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


# -- the profile that is meant


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    """As Edge has it: the names that it shows are one ahead of the folders."""
    cache = {
        "Default": {"name": "Profile 1"},
        "Profile 1": {"name": "Work"},
        "Profile 2": {"name": "work"},
        "Profile 3": {"name": "Ärger"},
        "Profile 4": {"name": "Twin"},
        "Profile 5": {"name": "Twin"},
        "Profile 9": {"name": "Gone"},
    }
    for folder in set(cache) - {"Profile 9"}:
        (tmp_path / folder).mkdir()
    (tmp_path / "Local State").write_text(json.dumps({"profile": {"info_cache": cache}}))
    return tmp_path


@pytest.mark.parametrize(
    ("wanted", "folder"),
    [
        ("Profile 2", "Profile 2"),
        ("Profile 1", "Profile 1"),
        ("Work", "Profile 1"),
        ("work", "Profile 2"),
        ("ärger", "Profile 3"),
    ],
)
def test_a_profile_is_named_by_its_folder_or_as_it_is_shown(shown: Path, wanted: str, folder: str) -> None:
    """The folder wins, then the very name, then the name in other capitals."""
    assert profile_directory_named(shown, wanted) == folder


@pytest.mark.parametrize(
    ("wanted", "folders"), [("Twin", "Profile 4 and Profile 5"), ("WORK", "Profile 1 and Profile 2")]
)
def test_a_name_that_two_profiles_have_is_a_mistake(shown: Path, wanted: str, folders: str) -> None:
    """The sentence names both folders."""
    with pytest.raises(
        BaseUnusable, match=f"has 2 profiles named '{wanted}', in the folders {folders}; give the folder"
    ):
        profile_directory_named(shown, wanted)


@pytest.mark.parametrize("wanted", ["Nobody", "Gone", "Profile 9", "..", ".", "/", "Default/..", "/tmp"])
def test_a_profile_that_is_not_there_is_a_mistake(shown: Path, wanted: str) -> None:
    """The sentence lists what there is; nothing outside of the folder is ever taken for a profile."""
    with pytest.raises(BaseUnusable) as error:
        profile_directory_named(shown, wanted)
    assert f"no profile folder {wanted!r}" in str(error.value)
    assert "it has Default (Profile 1), Profile 1 (Work), " in str(error.value)
    assert "Gone)" not in str(error.value)


@pytest.mark.parametrize(
    "state", ["{", "{}", '{"profile": {"info_cache": []}}', '{"profile": {"info_cache": {"Default": 3}}}']
)
def test_a_state_that_shows_nothing_leaves_the_folders(tmp_path: Path, state: str) -> None:
    """A damaged file is no error here, and the sentence says where else to look."""
    (tmp_path / "Default").mkdir()
    (tmp_path / "Local State").write_text(state)
    assert display_names(tmp_path) == {}
    assert profile_directory_named(tmp_path, "Default") == "Default"
    with pytest.raises(BaseUnusable, match="edge://version names yours"):
        profile_directory_named(tmp_path, "Work")
