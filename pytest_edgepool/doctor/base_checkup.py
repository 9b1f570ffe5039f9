"""The examinations that need a base: its state, automation on it, its cookies in a clone, the site. Never opens it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pytest_edgepool.browser import automation
from pytest_edgepool.browser.places import confined
from pytest_edgepool.doctor import ground, policy, sign_in
from pytest_edgepool.doctor.finding import Finding, Verdict, of_error, ok, safely, warning, wrong
from pytest_edgepool.doctor.trial import Site, Trial, try_clone
from pytest_edgepool.errors import EdgepoolError
from pytest_edgepool.portals.portal import NO_PORTAL, portal_named
from pytest_edgepool.profiles.base import choose, everyday_base, is_usable, status_of
from pytest_edgepool.profiles.managed import recorded_url, url_beside
from pytest_edgepool.redact import plain_url

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_edgepool.browser.automation import Answer
    from pytest_edgepool.browser.binaries import Browser
    from pytest_edgepool.doctor.ground import Ground
    from pytest_edgepool.profiles.base import Base
    from pytest_edgepool.run import Run
    from pytest_edgepool.settings import Settings

_SITE = "site"


def examine_base(run: Run, browser: Browser, settings: Settings) -> Generator[Finding, None, int | None]:
    """Examine the base that a run would start from; yields findings and returns a clone's size in bytes, if known.

    Args:
        run: in whose folder things are tried.
        browser: the browser.
        settings: what a run would have.
    """
    seen: Ground | None = None
    tried: Answer | None = None
    try:
        base = choose(settings, run.state, browser.brand, browser.channel, confined=confined(browser.binary))
        if base is None:
            base, tried = _everyday(run, browser, settings)
        seen = None if base is None else ground.look_at_base(base, run.state, browser)
    except (EdgepoolError, OSError) as error:
        yield of_error(ground.TOPIC, error, "name another with --profile")
    else:
        finding = _judge(seen, browser, settings, tried)
        yield finding
        if finding.verdict is Verdict.WRONG and seen is not None and not seen.is_open:
            seen = None  # nothing can be tried on it
    yield from safely(policy.AUTOMATION, partial(_try_automation, run, browser, settings, seen, tried))
    return (yield from _examine_sign_in(run, browser, settings, seen))


def _everyday(run: Run, browser: Browser, settings: Settings) -> tuple[Base | None, Answer | None]:
    """Return the everyday profile where a run takes it for want of a managed base, and what came of trying."""
    sandbox = confined(browser.binary)
    base = everyday_base(settings, browser.brand, browser.channel, confined=sandbox, only_own=True)
    if base is None or not (base.user_data_dir / "Local State").is_file() or not is_usable(status_of(base)):
        return None, None
    answer = automation.lets_itself_be_automated(browser, base.user_data_dir, record=run.record)
    return (base if answer.yes else None), answer


def _judge(seen: Ground | None, browser: Browser, settings: Settings, tried: Answer | None) -> Finding:
    if seen is not None:
        return ground.judge_base(seen, settings.edgepool_base_busy)
    return ground.judge_no_base(browser, settings.po_portal, refused=tried.why if tried else "")


def _try_automation(
    run: Run, browser: Browser, settings: Settings, seen: Ground | None, tried: Answer | None
) -> list[Finding]:
    if tried is not None and seen is not None:
        answer = tried
    elif seen is not None and seen.is_default:
        answer = automation.lets_itself_be_automated(browser, seen.base.user_data_dir, record=run.record)
    else:
        answer = automation.is_automatable(browser, record=run.record)
    return [policy.judge_automation(answer, seen, settings.edgepool_base_busy)]


def _examine_sign_in(
    run: Run, browser: Browser, settings: Settings, seen: Ground | None
) -> Generator[Finding, None, int | None]:
    asked = site_of(settings, run, browser, seen)
    if isinstance(asked, Finding):
        yield asked
    if seen is None:
        return None
    if seen.is_open:
        yield warning(
            "cookies",
            "not tried: the base is open, and what it holds now is not all on disk",
            "close it, and ask again",
        )
        return None
    site = asked if isinstance(asked, Site) else None
    trials: list[Trial] = []

    def try_it() -> tuple[Finding, ...]:
        # Asking would use up a session that changes with each use, and the base would be left with the old one.
        to_ask = None if settings.edgepool_rotating_session else site
        trials.append(try_clone(run, seen.base, browser, settings, to_ask))
        return _told(trials[0], seen, settings, site)

    yield from safely("clone", try_it, "start the browser once by hand to see what it says, or run `edgepool login`")
    return trials[0].size_bytes if trials else None


def _told(trial: Trial, seen: Ground, settings: Settings, site: Site | None) -> tuple[Finding, ...]:
    managed = seen.base.managed
    counted = (sign_in.judge_key_source(trial.before, managed=managed), sign_in.judge_cookies(trial, managed=managed))
    if site is None:
        return counted
    if settings.edgepool_rotating_session:
        return (*counted, ok(_SITE, f"{plain_url(site.url)} was not asked: its session changes with each use"))
    return (*counted, sign_in.judge_site(trial, plain_url(site.url)))


def site_of(settings: Settings, run: Run, browser: Browser, seen: Ground | None) -> Site | Finding | None:
    """Return which site is to be asked and how; a finding when that is not known, None when nobody wants it asked."""
    named = settings.po_portal or "coupa"
    if named == NO_PORTAL:
        return None
    try:
        portal = portal_named(named)
    except EdgepoolError:  # a suite may bring its own, which only its runs know
        portal = None
    if portal is None:
        return warning(
            _SITE, f"{named!r} is no portal of ours", "see to its spelling; one of a suite's own is not asked"
        )
    beside = url_beside(seen.base.user_data_dir) if seen is not None and seen.base.managed else ""
    url = settings.po_url or beside or recorded_url(run.state, browser.brand, browser.channel)
    if not url:
        return warning(
            _SITE, "its address is not known, so a run with POs would not start", "give it with --url, or sign in once"
        )
    if not url.lower().startswith(("https://", "http://")):
        return wrong(_SITE, f"{plain_url(url)!r} is no address of a site", "it begins with https://")
    return Site(url=url.rstrip("/"), portal=portal)
