"""What the cookies and the site's answer mean, from counts alone."""

from __future__ import annotations

import pytest

from pytest_edgepool.doctor.finding import Verdict
from pytest_edgepool.doctor.sign_in import judge_cookies, judge_key_source, judge_site
from pytest_edgepool.doctor.trial import Trial
from pytest_edgepool.profiles.cookies import Cookies, Key
from pytest_edgepool.profiles.verify import MethodResult, Proof


def keys(count: int) -> frozenset[Key]:
    return frozenset(("a.example", f"secret-name-{number}", "/") for number in range(count))


def a_trial(before: int, after: int, site: MethodResult | None = None, **prefixes: int) -> Trial:
    cookies = Cookies(keys=keys(before), session=min(before, 1), by_prefix=prefixes or {"v10": before})
    return Trial(before=cookies, after=keys(after), site=site)


@pytest.mark.parametrize(
    ("trial", "managed", "verdict", "told"),
    [
        (a_trial(4, 4), True, Verdict.OK, "4 in the base (4 v10; 1 for the session only), 4 in a clone"),
        (a_trial(4, 0, v11=4), True, Verdict.WRONG, "0 in a clone: a browser on a copy deletes them, they are sealed"),
        (a_trial(4, 1), False, Verdict.WRONG, "1 in a clone"),
        (a_trial(4, 0, v20=4), False, Verdict.WRONG, "they are bound to the browser's default profile"),
        (a_trial(4, 3), False, Verdict.WARNING, "3 in a clone: a browser on a copy deletes the rest"),
        (a_trial(4, 4, v10=3, v20=1), False, Verdict.WARNING, "1 are bound to the browser's default profile"),
        (a_trial(0, 0), True, Verdict.WARNING, "none in the base"),
    ],
)
def test_cookies_that_a_clone_loses_are_told(trial: Trial, managed: bool, verdict: Verdict, told: str) -> None:
    """Few go by themselves; most go when their key is another."""
    found = judge_cookies(trial, managed=managed)
    assert found.verdict is verdict
    assert told in found.told
    assert bool(found.remedy) is (verdict is not Verdict.OK)


def test_no_finding_names_a_cookie() -> None:
    """Counts only, also in what shows the trial itself."""
    trial = a_trial(4, 1)
    assert "secret-name" not in judge_cookies(trial, managed=True).told
    assert "secret-name" not in repr(trial)


def test_local_storage_is_told_where_there_are_no_cookies() -> None:
    """A sign-in may live there."""
    trial = Trial(before=Cookies(), after=frozenset(), origins=3)
    assert "local storage of 3 origins" in judge_cookies(trial, managed=True).told


@pytest.mark.parametrize(
    ("managed", "platform", "told"),
    [
        (True, "linux", "password-store=basic"),
        (False, "linux", "this user's keyring"),
        (False, "darwin", "keychain"),
        (False, "win32", "DPAPI"),
    ],
)
def test_the_key_source_is_named(managed: bool, platform: str, told: str) -> None:
    """A managed base has the driver's, any other the system's."""
    found = judge_key_source(Cookies(by_prefix={"v10": 1}), managed=managed, platform=platform, environment={})
    assert found.verdict is Verdict.OK
    assert told in found.told


@pytest.mark.parametrize(
    ("rows", "environment", "verdict"),
    [
        ({"v11": 3}, {}, Verdict.WARNING),
        ({"v11": 3}, {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/x"}, Verdict.OK),
        ({"v10": 3}, {}, Verdict.OK),
    ],
)
def test_a_keyring_that_this_session_cannot_reach_is_a_warning(
    rows: dict[str, int], environment: dict[str, str], verdict: Verdict
) -> None:
    """Cron and ssh have none, and a browser there would delete the cookies."""
    found = judge_key_source(Cookies(by_prefix=rows), managed=False, platform="linux", environment=environment)
    assert found.verdict is verdict


def result(outcome: Proof, error: str = "") -> MethodResult:
    return MethodResult(method="auth", outcome=outcome, seconds=0.1, error=error)


@pytest.mark.parametrize(
    ("trial", "verdict", "told"),
    [
        (a_trial(1, 1, result(Proof.SUCCESS)), Verdict.OK, "https://x.example knows a clone as signed in"),
        (a_trial(1, 1, result(Proof.FAILED, "it asks to sign in")), Verdict.WARNING, "it asks to sign in"),
        (a_trial(1, 1, result(Proof.TIMEOUT, "too long")), Verdict.WARNING, "too long"),
        (a_trial(1, 1), Verdict.WARNING, "it was not asked"),
        (
            Trial(before=Cookies(), after=frozenset(), unreachable="no such host"),
            Verdict.WRONG,
            "could not be asked: no such host",
        ),
    ],
)
def test_the_site_s_answer_is_told(trial: Trial, verdict: Verdict, told: str) -> None:
    """Whoever is not signed in can sign in again; a site that nobody reaches ends a run."""
    found = judge_site(trial, "https://x.example")
    assert found.verdict is verdict
    assert told in found.told
