"""What of a profile goes into a clone and what stays, as data with reasons. Never touches a file.

Sources: a fresh Chromium 156 profile, listings of Edge profiles, portable-Edge lists, Microsoft's advice for virtual
desktops (it leaves out only caches).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePath


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Files and folders that are treated alike.

    Attributes:
        name: what they are.
        reason: why they stay, or why they go along.
        patterns: their names, as `fnmatch` reads them. A folder that stays takes all that is in it along.
        anywhere: whether they stay at any depth of the profile, not only right in it.
    """

    name: str
    reason: str
    patterns: tuple[str, ...]
    anywhere: bool = False


def _names(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split("|"))


LOCKS = Group(
    name="locks",
    reason="a clone with one of these hands its command line to the live browser, or refuses to start",
    patterns=(
        "SingletonLock",
        "SingletonCookie",
        "SingletonSocket",
        "RunningChromeVersion",
        "lockfile",
        "DevToolsActivePort",
    ),
)
SCRAPS = Group(
    name="scraps",
    reason="half-written files, locks of databases that hold nothing, and what we set aside ourselves",
    patterns=("LOCK", "*.tmp", "*.edgepool-*"),
    anywhere=True,
)
OPEN_TABS = Group(
    name="open tabs",
    reason="tabs of the user's must not open in a run; what a tab alone remembers is of use only with that tab",
    patterns=(
        "Sessions",
        "Sessions_Encrypted",
        "Session Storage",
        "Current Session",
        "Current Tabs",
        "Last Session",
        "Last Tabs",
    ),
)
CACHES = Group(
    name="caches",
    reason="filled again by itself; the bulk of a profile (gigabytes)",
    patterns=_names(
        """
        Cache | Code Cache | GPUCache | GPUPersistentCache | GrShaderCache | ShaderCache | GraphiteDawnCache |
        Dawn*Cache | Media Cache | CacheStorage | ScriptCache | Shared Dictionary | blob_storage |
        VideoDecodeStats | AutofillAiModelCache | JumpListIcons*
        """
    ),
    anywhere=True,  # below `Service Worker`, `Storage/ext/…` and the buckets of `WebStorage` too
)
COMPONENTS = Group(
    name="components and models",
    reason="fetched again by the browser; signed in or not does not depend on them",
    patterns=_names(
        """
        component_crx_cache | extensions_crx_cache | optimization_guide* | Optimization* |
        OnDeviceHeadSuggestModel | Subresource Filter | SafetyTips | Safe Browsing* | CertificateRevocation |
        PKIMetadata | OriginTrials | MEIPreload | hyphen-data | ZxcvbnData | TrustTokenKeyCommitments |
        FirstPartySetsPreloaded | WidevineCdm | FileTypePolicies | SSLErrorAssistant | Crowd Deny |
        RecoveryImproved | ActorSafetyLists | AmountExtractionHeuristicRegexes | CaptchaProviders |
        WasmTtsEngine | segmentation_platform
        """
    ),
)
DIAGNOSTICS = Group(
    name="diagnostics",
    reason="what went wrong before, and old versions of the profile; grows without end and proves nothing",
    patterns=(
        "Crashpad",
        "Crash Reports",
        "BrowserMetrics*",
        "Snapshots",
        "*.pma",
        "*.log",  # right in the profile only: inside a LevelDB folder `….log` holds the newest entries
        "load_statistics.db*",
        "RevisitationBloomfilter",
    ),
)
HISTORY = Group(
    name="history",
    reason="what was visited is nobody's business in a run, and is large",
    patterns=_names(
        """
        History* | Favicons* | Top Sites* | Shortcuts* | Visited Links | Network Action Predictor* |
        heavy_ad_intervention_opt_out.db* | Reporting and NEL* | DIPS*
        """
    ),
)
EDGE = Group(
    name="Edge's own additions",
    reason="shopping, wallet, sidebar, lists of sites: none of them holds a sign-in",
    patterns=_names(
        """
        Ad Blocking | Autofill | AutoLaunchProtocolsComponent | Domain Actions | EADPData Component | Edge * |
        Edge3pSerp | EdgeArbitration | EdgeLanguageDetectionModel | Nurturing | Provenance* | SmartScreen |
        Speech Recognition | Trust Protection Lists | Typosquatting | VisualCompanion |
        Web Notifications Deny List | Well Known Domains | WorkspacesNavigationComponent | Asset Store |
        Collections | Continuous Migration | DualEngine | EdgeCoupons | EdgeEDrop | EdgeHubAppUsage |
        EdgeJourneys | EdgePushStorage* | EdgeTravel | EdgeWallet | EntityExtraction |
        Feature Engagement Tracker | HubApps Icons | Workspaces | WebAssistDatabase | Vpn Tokens | discount*_db |
        commerce_subscription_db | parcel_tracking_db | chrome_cart_db | Site Characteristics Database |
        Download Service | uu_host_config
        """
    ),
)
EXTENSIONS = Group(
    name="extensions",
    reason="large, and they act on pages; `edgepool_extensions` has them go along",
    patterns=(
        "Extensions",
        "Extension State",
        "Extension Rules",
        "Extension Scripts",
        "Local Extension Settings",
        "Sync Extension Settings",
    ),
)
INDEXED_DB = Group(
    name="IndexedDB",
    reason="goes along, because some sign-ins live in it; may be large: `edgepool_indexeddb` has it stay",
    patterns=("IndexedDB",),
)
NEVER = (LOCKS, SCRAPS, OPEN_TABS, CACHES, COMPONENTS, DIAGNOSTICS, HISTORY, EDGE)
"""What never goes into a clone, whatever the settings say."""

TOP_FILES = Group(
    name="files beside the profile folder",
    reason="the cookie key (Windows) and which profile it is; and what says that this is no first run",
    patterns=("Local State", "Last Version", "First Run", "Variations"),
)
SIGN_IN = Group(
    name="sign-in",
    reason="a byte of these that differs may sign a clone out: the template keeps their digests",
    patterns=(
        "Local State",
        "Default/Cookies",
        "Default/Network/Cookies",
        "Default/Preferences",
        "Default/Secure Preferences",
        "Default/Login Data*",
        "Default/Web Data",
        "Default/Account Web Data",
        "Default/Local Storage/*",
        "Default/IndexedDB/*",
        "Default/WebStorage/*",
        "Default/Device Bound Sessions",
    ),
)

NEEDED = ("Cookies", "Local State", "Preferences")
"""Without these nobody is signed in: a copy that lacks one that the base has is no copy."""
JSON_FILES = ("Local State", "Preferences", "Secure Preferences")
"""What is JSON, and read whole or not at all."""
CHECKED_DATABASES = ("Cookies", "Login Data", "Login Data For Account", "Web Data", "Account Web Data")
"""Databases that a sign-in may live in: looked through before anybody gets a copy."""


def stays(relative: PurePath, *, indexeddb: bool, extensions: bool) -> bool:
    """Return whether a file or folder, named relative to the profile folder, stays out of clones."""
    parts = relative.parts
    if not parts or (len(parts) > 1 and parts[0] == "Extensions"):
        return False  # the code of an extension goes whole or not at all, whatever its files are called
    here, anywhere = _rules(indexeddb, extensions)
    return bool(anywhere.match(parts[-1]) or (len(parts) == 1 and here.match(parts[0])))


def is_of_sign_in(relative: str) -> bool:
    """Return whether a file of a clone, by its POSIX path below the user data dir, may hold a sign-in."""
    return bool(_compiled(SIGN_IN.patterns).match(relative))


@lru_cache(maxsize=8)
def _rules(indexeddb: bool, extensions: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:  # noqa: FBT001 - a cache key
    groups = NEVER + (() if indexeddb else (INDEXED_DB,)) + (() if extensions else (EXTENSIONS,))
    return (
        _compiled(tuple(each for group in groups if not group.anywhere for each in group.patterns)),
        _compiled(tuple(each for group in groups if group.anywhere for each in group.patterns)),
    )


@lru_cache(maxsize=32)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return all patterns as one: a profile has hundreds of files, and there are as many patterns."""
    return re.compile("|".join(map(translate, patterns)))
