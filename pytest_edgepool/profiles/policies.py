"""Which policies of the machine's owner make clones or automation impossible. Never changes one.

Sources: learn.microsoft.com/deployedge (Edge), chromeenterprise.google/policies (Chrome), and in Chromium
user_data_dir.cc, chrome_browser_policy_connector.cc and config_dir_policy_loader.cc. Seen with Chromium 156 on Linux:
every file of the folder counts, the last name wins, 0 is no `false`, UserDataDir and DeveloperToolsAvailability do not
keep DevTools from opening.
"""

from __future__ import annotations

import getpass
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Registry = Callable[[str, str], Mapping[str, object]]

USER_DATA_DIR = "UserDataDir"
REMOTE_DEBUGGING = "RemoteDebuggingAllowed"
DEVELOPER_TOOLS = "DeveloperToolsAvailability"
BOUND_COOKIES = "ApplicationBoundEncryptionEnabled"
_NAMES = (USER_DATA_DIR, REMOTE_DEBUGGING, DEVELOPER_TOOLS, BOUND_COOKIES)

_WINDOWS = {  # below HKLM and HKCU; the machine's wins over the user's
    "edge": r"SOFTWARE\Policies\Microsoft\Edge",
    "chrome": r"SOFTWARE\Policies\Google\Chrome",
    "chromium": r"SOFTWARE\Policies\Chromium",
}
_MACOS = {"edge": "com.microsoft.Edge", "chrome": "com.google.Chrome", "chromium": "org.chromium.Chromium"}
_LINUX = {
    "edge": "etc/opt/edge/policies/managed",
    "chrome": "etc/opt/chrome/policies/managed",
    "chromium": "etc/chromium/policies/managed",
}
# What Chromium's reader allows beyond JSON (seen with 156), never inside a text.
_COMMENT = re.compile(rb'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMA = re.compile(rb'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy that is set.

    Attributes:
        name: as the vendors name it.
        value: what it is set to.
        where: the file or the registry key that sets it.
    """

    name: str
    value: object
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What the machine's owner has decided for one browser.

    Attributes:
        platform: as `sys.platform`: not every policy counts on every system.
        found: the policies that matter to us, the one in force for each name.
        unread: sentences on what could not be read; such a file decides nothing here, the browser may read it.
    """

    platform: str
    found: tuple[Policy, ...] = ()
    unread: tuple[str, ...] = ()

    def named(self, name: str) -> Policy | None:
        """Return the policy of that name, or None when it is not set."""
        return next((each for each in self.found if each.name == name), None)


def registry(hive: str, key: str) -> Mapping[str, object]:
    """Return the values of a key of Windows' registry, empty when there is no such key: the door that tests replace.

    Args:
        hive: `HKLM` or `HKCU`.
        key: its path below that.

    Raises:
        OSError: it may not be read.
    """
    if sys.platform == "win32":  # pragma: no cover - reasoned from the documentation; nothing here runs there
        import winreg

        top = winreg.HKEY_LOCAL_MACHINE if hive == "HKLM" else winreg.HKEY_CURRENT_USER
        try:
            with winreg.OpenKey(top, key) as opened:
                rows = [winreg.EnumValue(opened, number) for number in range(winreg.QueryInfoKey(opened)[1])]
        except FileNotFoundError:
            return {}
        return {name: value for name, value, _ in rows}
    return {}


def read_policies(
    brand: str, platform: str = sys.platform, root: Path = Path("/"), ask: Registry = registry, user: str = ""
) -> Policies:
    """Return what the machine's owner has decided for a browser.

    Args:
        brand: `edge`, `chrome` or `chromium`; all its channels obey the same.
        platform: as `sys.platform`.
        root: the folder that stands for `/` (tests).
        ask: the door to Windows' registry.
        user: whose own policies count on macOS; else the user of this process.
    """
    unread: list[str] = []
    found: dict[str, Policy] = {}
    if platform == "win32":
        sources = _from_registry(brand, ask, unread)
    elif platform == "darwin":
        sources = _from_property_lists(brand, root, user or _user(), unread)
    else:
        sources = _from_json(brand, root, unread)
    for where, values in sources:  # weakest first
        found |= {name: Policy(name=name, value=values[name], where=where) for name in _NAMES if name in values}
    return Policies(platform=platform, found=tuple(found.values()), unread=tuple(unread))


def forbids(policies: Policies) -> tuple[str, ...]:
    """Return why no run is possible under these policies: sentences with the remedy, none when nothing forbids it."""
    told = []
    debugging, folder = policies.named(REMOTE_DEBUGGING), policies.named(USER_DATA_DIR)
    if debugging is not None and _is_no(debugging.value, policies.platform):
        told.append(
            f"The policy {REMOTE_DEBUGGING} in {debugging.where} forbids automation of this browser: no driver can "
            "start it; ask whoever administers this machine to allow it, or choose another browser with "
            "--edgepool-browser."
        )
    if folder is not None and folder.value and policies.platform in ("win32", "darwin"):
        told.append(
            f"The policy {USER_DATA_DIR} in {folder.where} makes every browser work on {folder.value}, so that no "
            "worker can have a profile of its own; ask whoever administers this machine to remove it, or choose "
            "another browser with --edgepool-browser."
        )
    return tuple(told)


def doubts(policies: Policies) -> tuple[str, ...]:
    """Return what may get in the way without being proved to: sentences for somebody who looks for a reason."""
    tools, bound = policies.named(DEVELOPER_TOOLS), policies.named(BOUND_COOKIES)
    told = list(policies.unread)
    if tools is not None and tools.value == 2:  # noqa: PLR2004 - "disallowed", as the vendors number it
        told.append(
            f"The policy {DEVELOPER_TOOLS} in {tools.where} forbids the developer tools, which some say keeps drivers "
            "out too; if no browser starts, ask whoever administers this machine."
        )
    if bound is not None and policies.platform == "win32":
        says = "is off" if _is_no(bound.value, policies.platform) else "is on"
        told.append(
            f"The policy {BOUND_COOKIES} in {bound.where} says that binding cookies to the browser {says}; a managed "
            "base does not depend on it."
        )
    return tuple(told)


def _is_no(value: object, platform: str) -> bool:
    return value is False or (platform == "win32" and value == 0)  # the registry has numbers, the others have booleans


def _from_registry(brand: str, ask: Registry, unread: list[str]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for hive in ("HKCU", "HKLM"):
        try:
            yield f"{hive}\\{_WINDOWS[brand]}", ask(hive, _WINDOWS[brand])
        except OSError as error:
            unread.append(f"The registry key {hive}\\{_WINDOWS[brand]} cannot be read ({error.strerror or error}).")


def _from_property_lists(
    brand: str, root: Path, user: str, unread: list[str]
) -> Iterator[tuple[str, Mapping[str, object]]]:
    import plistlib
    from xml.parsers.expat import ExpatError

    folder = root / "Library" / "Managed Preferences"
    for path in (folder / f"{_MACOS[brand]}.plist", folder / user / f"{_MACOS[brand]}.plist"):
        try:
            held = plistlib.loads(path.read_bytes())
        except FileNotFoundError:
            continue
        except (OSError, ValueError, ExpatError, plistlib.InvalidFileException) as error:
            unread.append(_unreadable(path, error))
            continue
        if isinstance(held, dict):
            yield str(path), held


def _from_json(brand: str, root: Path, unread: list[str]) -> Iterator[tuple[str, Mapping[str, object]]]:
    folder = root / _LINUX[brand]
    try:
        files = sorted(each for each in folder.iterdir() if each.is_file())  # whatever its name; the last one wins
    except FileNotFoundError:
        return
    except OSError as error:
        unread.append(_unreadable(folder, error))
        return
    for path in files:
        try:
            held = json.loads(_TRAILING_COMMA.sub(rb"\1", _COMMENT.sub(rb"\1", path.read_bytes())))
        except (OSError, ValueError) as error:
            unread.append(_unreadable(path, error))
            continue
        if isinstance(held, dict):
            yield str(path), held


def _unreadable(path: Path, error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else error
    return f"The policies in {path} cannot be read ({reason}), so it is not known what they forbid."


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a process without a name, as in some containers
        return ""
