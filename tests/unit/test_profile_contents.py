"""What of a profile goes along and what stays, and that each rule has one reason."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import pytest

from pytest_edgepool.profiles import contents
from pytest_edgepool.profiles.contents import EXTENSIONS, NEVER, Group, is_of_sign_in, stays

GROUPS = [each for each in vars(contents).values() if isinstance(each, Group)]

# What the facts list as of no use, as they name it: nothing of it may be forgotten.
USELESS = """
Cache|Code Cache|GPUCache|GPUPersistentCache|GrShaderCache|ShaderCache|GraphiteDawnCache|DawnCache|DawnGraphiteCache|
DawnWebGPUCache|Media Cache|Service Worker/CacheStorage|Service Worker/ScriptCache|Shared Dictionary|blob_storage|
VideoDecodeStats|AutofillAiModelCache|component_crx_cache|extensions_crx_cache|optimization_guide_model_store|
optimization_guide_hint_cache_store|OnDeviceHeadSuggestModel|OptimizationHints|OptimizationGuideModelsManifest|
Subresource Filter|SafetyTips|Safe Browsing Network|CertificateRevocation|PKIMetadata|OriginTrials|MEIPreload|
hyphen-data|ZxcvbnData|TrustTokenKeyCommitments|FirstPartySetsPreloaded|WidevineCdm|FileTypePolicies|
SSLErrorAssistant|Crowd Deny|RecoveryImproved|ActorSafetyLists|AmountExtractionHeuristicRegexes|CaptchaProviders|
WasmTtsEngine|segmentation_platform|Crashpad|Crash Reports|BrowserMetrics|BrowserMetrics-spare.pma|Snapshots|a.pma|
chrome_debug.log|load_statistics.db|load_statistics.db-journal|RevisitationBloomfilter|Ad Blocking|Autofill|
AutoLaunchProtocolsComponent|Domain Actions|EADPData Component|Edge Data Protection Lists|Edge Entity Extraction|
Edge Notifications|Edge Shopping|Edge Sidebar|Edge Signal Triggers|Edge Themes Resources|Edge Wallet|Edge3pSerp|
EdgeArbitration|EdgeLanguageDetectionModel|Nurturing|ProvenanceData|SmartScreen|Speech Recognition|
Trust Protection Lists|Typosquatting|VisualCompanion|Web Notifications Deny List|Well Known Domains|
WorkspacesNavigationComponent|Asset Store|Collections|Continuous Migration|DualEngine|EdgeCoupons|EdgeEDrop|
EdgeHubAppUsage|EdgeJourneys|EdgePushStorageWithConnectTokenAndKey|EdgePushStorageWithWinRt|EdgeTravel|EdgeWallet|
EntityExtraction|Feature Engagement Tracker|HubApps Icons|JumpListIcons|JumpListIconsRecentClosed|Workspaces|
WebAssistDatabase|Vpn Tokens|discounts_db|discount_infos_db|commerce_subscription_db|parcel_tracking_db|chrome_cart_db|
Site Characteristics Database|Download Service|favorites_diagnostic.log|settings_diagnostic.log|uu_host_config|History|
History-journal|History Provider Cache|Favicons|Top Sites|Shortcuts|Visited Links|Network Action Predictor|
heavy_ad_intervention_opt_out.db|Reporting and NEL|DIPS|DIPS-wal|SingletonLock|SingletonSocket|SingletonCookie|
RunningChromeVersion|lockfile|DevToolsActivePort|Sessions|Sessions_Encrypted|Last Session|Last Tabs|Current Session|
Current Tabs|f.tmp|Local Storage/leveldb/LOCK|Sessions.edgepool-aside|Sessions.edgepool-kept|
Preferences.a1b2c3.edgepool-tmp|WebStorage/3/CacheStorage|Storage/ext/abc/def/GPUCache
"""
# What they list as kept for a sign-in. `Session Storage` is of use only in the tab it belongs to: it stays.
KEPT = """
Cookies|Cookies-journal|Network/Cookies|Network/Cookies-journal|Network Persistent State|TransportSecurity|Trust Tokens|
Network/Trust Tokens|Preferences|Secure Preferences|Login Data|Login Data For Account|Web Data|Account Web Data|
Local Storage/leveldb/CURRENT|Local Storage/leveldb/MANIFEST-000001|Local Storage/leveldb/000003.log|
Local Storage/leveldb/000005.ldb|Local Storage/leveldb/LOG|IndexedDB/https_x_0.indexeddb.leveldb/000003.log|
IndexedDB/https_x_0.indexeddb.blob/1/00/1|WebStorage/QuotaManager|WebStorage/3/IndexedDB/indexeddb.leveldb/000003.log|
File System/000/t/00/00000000|File System/Origins/000003.log|databases/Databases.db|Service Worker/Database/CURRENT|
Service Worker/Database/000003.log|Device Bound Sessions|ClientCertificates/000003.log|ServerCertificate|Local State|
Last Version
"""
CODE_OF_EXTENSIONS = """
Extensions/abc/1.0_0/History.html|Extensions/abc/1.0_0/Cache/x.js|Extensions/abc/1.0_0/lockfile|
Extension State/000003.log|Extension Rules/000003.log|Extension Scripts/000003.log|
Local Extension Settings/abc/000003.log|Sync Extension Settings/abc/000003.log
"""


def names(text: str) -> list[str]:
    return [each.strip() for each in text.replace("\n", "").split("|")]


def is_left_out(name: str, *, indexeddb: bool = True, extensions: bool = False) -> bool:
    """Whether the file or any folder above it stays."""
    path = PurePosixPath(name)
    return any(stays(each, indexeddb=indexeddb, extensions=extensions) for each in (path, *path.parents))


@pytest.mark.parametrize("needed", names(KEPT))
def test_what_a_sign_in_lives_in_goes_along(needed: str) -> None:
    """No part of its path stays out, whichever rules for caches, logs and Edge's own folders there are."""
    assert not is_left_out(needed)
    assert not is_left_out(needed, extensions=True)


@pytest.mark.parametrize("useless", names(USELESS))
def test_what_a_clone_must_not_have_stays(useless: str) -> None:
    """Locks of the live browser, tabs of the user's, caches, what was visited: whatever is chosen."""
    assert stays(PurePosixPath(useless), indexeddb=True, extensions=True)


@pytest.mark.parametrize("folder", ["Local Storage/leveldb", "IndexedDB/x", "File System", "Network", "WebStorage/3"])
def test_only_caches_and_scraps_stay_deep_in_a_profile(folder: str) -> None:
    """What is called like a component there is a site's or the browser's own: `….log` holds the newest entries."""
    for group in NEVER:
        for pattern in group.patterns:
            name = pattern.replace("*", "x")
            assert stays(PurePosixPath(folder, name), indexeddb=True, extensions=True) is group.anywhere, name


def test_two_kinds_of_contents_are_the_users_choice() -> None:
    """IndexedDB goes along unless he says no; extensions stay unless he says yes, and then whole."""
    for name in EXTENSIONS.patterns:
        assert is_left_out(name)
        assert not is_left_out(name, extensions=True)
    for name in names(CODE_OF_EXTENSIONS):
        assert is_left_out(name)
        assert not is_left_out(name, extensions=True), name
    assert is_left_out("IndexedDB/https_x_0.indexeddb.leveldb/CURRENT", indexeddb=False)
    assert not is_left_out("IndexedDB/https_x_0.indexeddb.leveldb/CURRENT")


@pytest.mark.parametrize("group", GROUPS, ids=lambda each: each.name)
def test_each_group_has_a_reason(group: Group) -> None:
    """A name, why, and patterns."""
    assert group.name
    assert len(group.reason) > 20
    assert group.patterns


def test_no_rule_is_written_twice() -> None:
    """Each name has one reason: no pattern is in two groups, nor taken in by another of the same depth."""
    patterns = [(group.anywhere, each) for group in NEVER for each in group.patterns]
    assert len(set(patterns)) == len(patterns)
    covered = [
        (pattern, other)
        for anywhere, pattern in patterns
        for wider, other in patterns
        if pattern != other and wider == anywhere and fnmatchcase(pattern.replace("*", "x"), other)
    ]
    assert covered == []


@pytest.mark.parametrize(
    ("path", "is_of_it"),
    [
        ("Local State", True),
        ("Default/Cookies", True),
        ("Default/Network/Cookies", True),
        ("Default/Preferences", True),
        ("Default/Secure Preferences", True),
        ("Default/Login Data", True),
        ("Default/Login Data For Account", True),
        ("Default/Web Data", True),
        ("Default/Local Storage/leveldb/000003.log", True),
        ("Default/IndexedDB/https_x_0.indexeddb.leveldb/CURRENT", True),
        ("Variations", False),
        ("First Run", False),
        ("Default/Cookies-journal", False),
        ("Default/Service Worker/Database/CURRENT", False),
        ("Default/File System/Default/Cookies", False),
    ],
)
def test_what_may_hold_a_sign_in_is_known(path: str, is_of_it: bool) -> None:
    """Of these the template keeps digests."""
    assert is_of_sign_in(path) is is_of_it


def test_what_is_needed_goes_along_and_has_a_digest() -> None:
    """A copy without it is no copy: no rule may say otherwise."""
    for name in contents.NEEDED:
        assert not is_left_out(name)
        assert is_of_sign_in(name) or is_of_sign_in(f"Default/{name}")
    assert set(contents.JSON_FILES) >= set(contents.NEEDED) - {"Cookies"}
    assert "Cookies" in contents.CHECKED_DATABASES
