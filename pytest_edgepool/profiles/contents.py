"""What of a profile goes into a clone and what stays, as data with reasons. Never touches a file.

Sources: a fresh Chromium 156 profile, listings of Edge profiles, Microsoft's advice for virtual desktops.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePath

# A clone with one of these would hand its command line to the live browser, refuse to start, or look crashed.
LOCKS = (
    "SingletonLock",
    "SingletonCookie",
    "SingletonSocket",
    "RunningChromeVersion",
    "lockfile",
    "LOCK",
    "DevToolsActivePort",
    "*.tmp",
)
# Tabs of the user's that must not open in a run.
OPEN_TABS = (
    "Sessions",
    "Sessions_Encrypted",
    "Session Storage",
    "Current Session",
    "Current Tabs",
    "Last Session",
    "Last Tabs",
    "*.edgepool-*",  # the same, set aside by us, and scraps of ours
)
# Filled again by itself; the bulk of a profile (gigabytes).
CACHES = (
    "Cache",
    "Code Cache",
    "GPUCache",
    "GPUPersistentCache",
    "GrShaderCache",
    "ShaderCache",
    "GraphiteDawnCache",
    "Dawn*Cache",
    "Media Cache",
    "CacheStorage",
    "ScriptCache",
    "Shared Dictionary",
    "blob_storage",
    "VideoDecodeStats",
    "AutofillAiModelCache",
    "JumpListIcons*",
)
# Fetched again by the browser; signed in or not does not depend on them.
COMPONENTS = (
    "component_crx_cache",
    "extensions_crx_cache",
    "optimization_guide*",
    "Optimization*",
    "OnDeviceHeadSuggestModel",
    "Subresource Filter",
    "SafetyTips",
    "Safe Browsing*",
    "CertificateRevocation",
    "PKIMetadata",
    "OriginTrials",
    "MEIPreload",
    "hyphen-data",
    "ZxcvbnData",
    "TrustTokenKeyCommitments",
    "FirstPartySetsPreloaded",
    "WidevineCdm",
    "FileTypePolicies",
    "SSLErrorAssistant",
    "Crowd Deny",
    "RecoveryImproved",
    "ActorSafetyLists",
    "AmountExtractionHeuristicRegexes",
    "CaptchaProviders",
    "WasmTtsEngine",
    "segmentation_platform",
)
# What went wrong or was visited; grows without end and proves nothing.
DIAGNOSTICS = (
    "Crashpad",
    "Crash Reports",
    "BrowserMetrics*",
    "Snapshots",
    "*.pma",
    "load_statistics.db*",
    "RevisitationBloomfilter",
)
HISTORY = (
    "History*",
    "Favicons*",
    "Top Sites*",
    "Shortcuts*",
    "Visited Links",
    "Network Action Predictor*",
    "heavy_ad_intervention_opt_out.db*",
    "Reporting and NEL*",
    "DIPS*",
)
# Edge's own additions that hold no sign-in.
EDGE = (
    "Ad Blocking",
    "Autofill",
    "AutoLaunchProtocolsComponent",
    "Domain Actions",
    "EADPData Component",
    "Edge *",
    "Edge3pSerp",
    "EdgeArbitration",
    "EdgeLanguageDetectionModel",
    "Nurturing",
    "Provenance*",
    "SmartScreen",
    "Speech Recognition",
    "Trust Protection Lists",
    "Typosquatting",
    "VisualCompanion",
    "Web Notifications Deny List",
    "Well Known Domains",
    "WorkspacesNavigationComponent",
    "Asset Store",
    "Collections",
    "Continuous Migration",
    "DualEngine",
    "EdgeCoupons",
    "EdgeEDrop",
    "EdgeHubAppUsage",
    "EdgeJourneys",
    "EdgePushStorage*",
    "EdgeTravel",
    "EdgeWallet",
    "EntityExtraction",
    "Feature Engagement Tracker",
    "HubApps Icons",
    "Workspaces",
    "WebAssistDatabase",
    "Vpn Tokens",
    "discount*_db",
    "commerce_subscription_db",
    "parcel_tracking_db",
    "chrome_cart_db",
    "Site Characteristics Database",
    "Download Service",
    "favorites_diagnostic.log",
    "settings_diagnostic.log",
    "uu_host_config",
)
EXTENSIONS = (
    "Extensions",
    "Extension State",
    "Extension Rules",
    "Extension Scripts",
    "Local Extension Settings",
    "Sync Extension Settings",
)
INDEXED_DB = ("IndexedDB",)

# Without these nobody is signed in: a copy that lacks one is no copy.
NEEDED = ("Cookies", "Local State", "Preferences")

NEVER = LOCKS + OPEN_TABS + CACHES + COMPONENTS + DIAGNOSTICS + HISTORY + EDGE


def stays(relative: PurePath, *, indexeddb: bool, extensions: bool) -> bool:
    """Return whether a file or folder, named relative to UDD or profile folder, stays out of clones."""
    patterns = NEVER + (() if indexeddb else INDEXED_DB) + (() if extensions else EXTENSIONS)
    return any(fnmatchcase(relative.name, pattern) for pattern in patterns)
