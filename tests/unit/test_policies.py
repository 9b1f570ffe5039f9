"""What the machine's owner forbids is read and named before any browser starts, and never changed."""

from __future__ import annotations

import json
import os
import plistlib
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.profiles.policies import Policies, Policy, doubts, forbids, read_policies, registry
from tests.profiles import snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FOLDERS = {"edge": "etc/opt/edge", "chrome": "etc/opt/chrome", "chromium": "etc/chromium"}
KEYS = {
    "edge": r"SOFTWARE\Policies\Microsoft\Edge",
    "chrome": r"SOFTWARE\Policies\Google\Chrome",
    "chromium": r"SOFTWARE\Policies\Chromium",
}
LISTS = {"edge": "com.microsoft.Edge", "chrome": "com.google.Chrome", "chromium": "org.chromium.Chromium"}


class Registry:
    """A registry that holds what a test says."""

    def __init__(self, **hives: Mapping[str, object]) -> None:
        self.hives = hives
        self.asked: list[tuple[str, str]] = []

    def __call__(self, hive: str, key: str) -> Mapping[str, object]:
        self.asked.append((hive, key))
        return self.hives.get(hive, {})


def decide(root: Path, brand: str, text: str | bytes, name: str = "policies.json") -> Path:
    """Put a file of policies where Linux has them."""
    path = root / FOLDERS[brand] / "policies" / "managed" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def list_for(root: Path, brand: str, values: dict[str, object], user: str = "") -> Path:
    """Put a property list where macOS has them."""
    path = root / "Library" / "Managed Preferences" / user / f"{LISTS[brand]}.plist"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(plistlib.dumps(values))
    return path


def test_a_machine_without_policies_forbids_nothing(tmp_path: Path) -> None:
    """On any system."""
    for platform in ("linux", "darwin", "win32"):
        found = read_policies("edge", platform, tmp_path, Registry())
        assert found == Policies(platform=platform)
        assert forbids(found) == doubts(found) == ()


# -- Linux


@pytest.mark.parametrize("brand", FOLDERS)
def test_a_file_forbids_automation(tmp_path: Path, brand: str) -> None:
    """The sentence names the policy, the file and what to do; another browser's file is no matter."""
    path = decide(tmp_path, brand, json.dumps({"RemoteDebuggingAllowed": False, "HomepageLocation": "x"}))
    before = snapshot(tmp_path)
    found = read_policies(brand, "linux", tmp_path)
    assert found.found == (Policy(name="RemoteDebuggingAllowed", value=False, where=str(path)),)
    (told,) = forbids(found)
    assert told.startswith(f"The policy RemoteDebuggingAllowed in {path} forbids automation of this browser")
    assert "whoever administers this machine" in told
    assert told.count(". ") == 0
    for other in set(FOLDERS) - {brand}:
        assert forbids(read_policies(other, "linux", tmp_path)) == ()
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("value", ["true", "0", "null", '"false"'])
def test_only_false_forbids(tmp_path: Path, value: str) -> None:
    """Any other value is passed over by the browser (seen with Chromium 156 for 0)."""
    decide(tmp_path, "edge", f'{{"RemoteDebuggingAllowed": {value}}}')
    assert forbids(read_policies("edge", "linux", tmp_path)) == ()


@pytest.mark.parametrize(
    "text",
    [
        '{"RemoteDebuggingAllowed": false,}',
        '{// "why": ,}\n"RemoteDebuggingAllowed": false}',
        '{/* a, } */ "URLBlocklist": ["https://x.test/,}", "a\\"//b",], "RemoteDebuggingAllowed": false}',
        '\ufeff{"RemoteDebuggingAllowed": false}',
    ],
)
def test_what_the_browser_reads_is_read(tmp_path: Path, text: str) -> None:
    """Commas at the end and comments, which are no JSON; not inside of a text."""
    decide(tmp_path, "edge", text)
    found = read_policies("edge", "linux", tmp_path)
    assert found.unread == ()
    assert len(forbids(found)) == 1


def test_the_last_file_wins(tmp_path: Path) -> None:
    """By name, whatever it ends in (seen with Chromium 156)."""
    decide(tmp_path, "edge", '{"RemoteDebuggingAllowed": false}', "a.json")
    decide(tmp_path, "edge", '{"RemoteDebuggingAllowed": true}', "b")
    assert forbids(read_policies("edge", "linux", tmp_path)) == ()
    last = decide(tmp_path, "edge", '{"RemoteDebuggingAllowed": false}', "c.txt")
    assert str(last) in forbids(read_policies("edge", "linux", tmp_path))[0]


@pytest.mark.parametrize("damaged", [b"{half", b"\xff\xfe\x00", b""])
def test_a_damaged_file_is_named_and_not_fatal(tmp_path: Path, damaged: bytes) -> None:
    """The others still count."""
    path = decide(tmp_path, "edge", damaged, "a.json")
    decide(tmp_path, "edge", '{"RemoteDebuggingAllowed": false}', "b.json")
    decide(tmp_path, "edge", "[]", "c.json")
    found = read_policies("edge", "linux", tmp_path)
    assert len(forbids(found)) == 1
    (told,) = found.unread
    assert str(path) in told
    assert doubts(found) == found.unread


def test_a_folder_in_place_of_a_file_is_passed_over(tmp_path: Path) -> None:
    """The browser reads files only."""
    decide(tmp_path, "edge", "{}").with_name("folder.json").mkdir()
    assert read_policies("edge", "linux", tmp_path).unread == ()


@pytest.mark.skipif(os.name != "posix", reason="a path below a file is another error elsewhere")
def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path) -> None:
    """It may forbid something, and nobody knows."""
    (tmp_path / "etc" / "opt" / "edge" / "policies").mkdir(parents=True)
    (tmp_path / "etc" / "opt" / "edge" / "policies" / "managed").touch()
    (told,) = read_policies("edge", "linux", tmp_path).unread
    assert "cannot be read" in told


def test_a_folder_for_all_means_nothing_on_linux(tmp_path: Path) -> None:
    """There the browser does not heed it (seen with Chromium 156)."""
    decide(tmp_path, "edge", '{"UserDataDir": "/srv/all"}')
    assert forbids(read_policies("edge", "linux", tmp_path)) == ()


def test_doubtful_policies_are_told_to_who_asks(tmp_path: Path) -> None:
    """They forbid nothing by themselves."""
    decide(tmp_path, "edge", '{"DeveloperToolsAvailability": 2}')
    found = read_policies("edge", "linux", tmp_path)
    assert forbids(found) == ()
    assert "DeveloperToolsAvailability" in doubts(found)[0]
    decide(tmp_path, "edge", '{"DeveloperToolsAvailability": 1, "ApplicationBoundEncryptionEnabled": true}')
    assert doubts(read_policies("edge", "linux", tmp_path)) == ()


# -- macOS


@pytest.mark.parametrize("brand", LISTS)
@pytest.mark.parametrize("user", ["", "anna"])
def test_a_property_list_decides_on_a_mac(tmp_path: Path, brand: str, user: str) -> None:
    """The machine's, and that of this user."""
    path = list_for(tmp_path, brand, {"RemoteDebuggingAllowed": False, "UserDataDir": "/srv/all"}, user)
    list_for(tmp_path, brand, {"RemoteDebuggingAllowed": False}, "bert")
    debugging, folder = forbids(read_policies(brand, "darwin", tmp_path, user="anna"))
    assert str(path) in debugging
    assert folder.startswith(
        f"The policy UserDataDir in {path} makes every browser work on /srv/all, so that no worker"
    )


def test_another_users_property_list_is_no_matter(tmp_path: Path) -> None:
    """Nor one for another browser."""
    list_for(tmp_path, "edge", {"RemoteDebuggingAllowed": False}, "bert")
    list_for(tmp_path, "chrome", {"RemoteDebuggingAllowed": False})
    assert read_policies("edge", "darwin", tmp_path, user="anna").found == ()


@pytest.mark.parametrize(
    "damaged", [b"", b"<plist>", b"bplist00x", b"no list at all", b"<?xml version='1.0'?><plist><dict>"]
)
def test_a_damaged_property_list_is_named_and_not_fatal(tmp_path: Path, damaged: bytes) -> None:
    """Whichever of the two kinds it claims to be."""
    list_for(tmp_path, "edge", {}).write_bytes(damaged)
    own = list_for(tmp_path, "edge", {"RemoteDebuggingAllowed": False}, "anna")
    found = read_policies("edge", "darwin", tmp_path, user="anna")
    assert "com.microsoft.Edge.plist" in found.unread[0]
    assert str(own) in forbids(found)[0]


# -- Windows


@pytest.mark.parametrize("brand", KEYS)
@pytest.mark.parametrize("hive", ["HKLM", "HKCU"])
def test_the_registry_decides_on_windows(brand: str, hive: str) -> None:
    """For the machine or for the user, as numbers and texts."""
    ask = Registry(**{hive: {"RemoteDebuggingAllowed": 0, "UserDataDir": "${profile}\\Edge", "Other": 1}})
    debugging, folder = forbids(read_policies(brand, "win32", ask=ask))
    assert f"in {hive}\\{KEYS[brand]} forbids" in debugging
    assert f"in {hive}\\{KEYS[brand]} makes every browser work on ${{profile}}\\Edge" in folder
    assert sorted(ask.asked) == [("HKCU", KEYS[brand]), ("HKLM", KEYS[brand])]


def test_the_machines_policy_wins_over_the_users() -> None:
    """As in the browser."""
    ask = Registry(HKLM={"RemoteDebuggingAllowed": 1}, HKCU={"RemoteDebuggingAllowed": 0, "UserDataDir": ""})
    assert forbids(read_policies("edge", "win32", ask=ask)) == ()


@pytest.mark.parametrize(("value", "says"), [(0, "is off"), (1, "is on")])
def test_bound_cookies_are_told_on_windows(value: int, says: str) -> None:
    """For information: a managed base does not depend on it."""
    (told,) = doubts(read_policies("edge", "win32", ask=Registry(HKLM={"ApplicationBoundEncryptionEnabled": value})))
    assert says in told


def test_a_registry_that_may_not_be_read_is_named() -> None:
    """And the other half still counts."""

    def ask(hive: str, key: str) -> Mapping[str, object]:
        if hive == "HKLM":
            raise PermissionError(13, "Access is denied")
        return {"RemoteDebuggingAllowed": 0}

    found = read_policies("edge", "win32", ask=ask)
    assert len(forbids(found)) == 1
    assert "HKLM" in found.unread[0]
    assert "Access is denied" in found.unread[0]


@pytest.mark.skipif(os.name == "nt", reason="there is one")
def test_elsewhere_there_is_no_registry() -> None:
    """The door is there all the same."""
    assert registry("HKLM", KEYS["edge"]) == {}
