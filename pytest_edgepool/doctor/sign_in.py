"""Whether clones of the base are signed in: their cookies, and what the site says. Never shows a cookie."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pytest_edgepool.doctor.finding import Finding, ok, warning, wrong
from pytest_edgepool.profiles.verify import Proof

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgepool.doctor.trial import Trial
    from pytest_edgepool.profiles.cookies import Cookies

_LOGIN = "sign in on a managed base: `edgepool login --url https://…`"
_AGAIN = "sign in again with `edgepool login --url https://…`"
_BOUND = "v20"
_OF_A_KEYRING = ("v11", "v12")
_OWN_KEY = {
    "win32": "the system's (DPAPI): of this user on this machine",
    "darwin": "the system's: the browser's entry in this user's keychain",
}


def judge_key_source(
    cookies: Cookies,
    *,
    managed: bool,
    platform: str = sys.platform,
    environment: Mapping[str, str] = os.environ,
) -> Finding:
    """Return where base and clones have the key of their cookies from.

    Args:
        cookies: those of the base.
        managed: whether the base is ours.
        platform: as `sys.platform`.
        environment: the environment variables.
    """
    if managed:
        return ok("cookie key", "the driver's own (password-store=basic, use-mock-keychain), in base and clones alike")
    told = _OWN_KEY.get(platform, "the system's: this user's keyring, or the fixed one where there is none")
    in_keyring = sum(cookies.by_prefix.get(each, 0) for each in _OF_A_KEYRING)
    if platform.startswith("linux") and in_keyring and not environment.get("DBUS_SESSION_BUS_ADDRESS"):
        return warning(
            "cookie key",
            f"{in_keyring} cookies are sealed with a keyring, and this session has no way to one (no D-Bus)",
            f"run inside the desktop session, or {_LOGIN}",
        )
    return ok("cookie key", f"{told}, in base and clones alike")


def judge_cookies(trial: Trial, *, managed: bool) -> Finding:
    """Return whether a clone can read the base's cookies: those that were there before, and those that were after.

    Args:
        trial: what the throw-away clone showed.
        managed: whether the base is ours.
    """
    before, lost = trial.before, trial.before.lost(trial.after)
    rows = ", ".join(f"{count} {prefix}" for prefix, count in sorted(before.by_prefix.items()))
    seen = (
        f"{before.total} in the base ({rows}; {before.session} for the session only), {before.total - lost} in a clone"
    )
    bound = before.by_prefix.get(_BOUND, 0)
    if not before.total:
        stored = f", but local storage of {trial.origins} origins" if trial.origins else ""
        return warning("cookies", f"none in the base{stored}", _AGAIN)
    if lost * 2 > before.total:
        why = "they are bound to the browser's default profile" if bound else "they are sealed with another key"
        return wrong("cookies", f"{seen}: a browser on a copy deletes them, {why}", _AGAIN if managed else _LOGIN)
    if bound:
        return warning("cookies", f"{seen}: {bound} are bound to the browser's default profile", _LOGIN)
    if lost:
        return warning("cookies", f"{seen}: a browser on a copy deletes the rest", _AGAIN if managed else _LOGIN)
    return ok("cookies", seen)


def judge_site(trial: Trial, site: str) -> Finding:
    """Return what the site said to a browser on a clone.

    Args:
        trial: what the throw-away clone showed.
        site: the site's address, as it may be shown.
    """
    if trial.unreachable:
        return wrong("site", f"{site} could not be asked: {trial.unreachable}", "check the address and the network")
    if trial.site is not None and trial.site.outcome is Proof.SUCCESS:
        return ok("site", f"{site} knows a clone as signed in")
    error = trial.site.error if trial.site is not None else "it was not asked"
    return warning("site", f"{site} does not know a clone as signed in: {error}", _AGAIN)
