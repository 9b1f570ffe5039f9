"""Who may see the demo's pages, and what their browser keeps to be known again. Never shows an order, never a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, g, make_response, redirect, render_template, request, url_for

from pytest_edgepool.portals.demo.options import STRANGERS_FAULTS, FaultName

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from pytest_edgepool.portals.demo.state import DemoSite

COOKIE = "_coupa_session"
COOKIE_SECONDS = 14 * 24 * 3600

PAGE_FAULT_STATUSES = {FaultName.SERVER_ERROR: 500, FaultName.RATE_LIMIT: 429, FaultName.NO_ACCESS: 403}


def shown_session(site: DemoSite) -> str:
    """Return the cookie value or token that came with the request, "" when none did."""
    if site.options.has_tokens:
        return request.headers.get("Authorization", "").removeprefix("Bearer ")
    return request.cookies.get(COOKIE, "")


def refusal(site: DemoSite) -> AnyResponse | None:
    """Return what a request gets instead of what it asks for, or None when it may have that."""
    if site.options.has_tokens:
        return _refusal_of_token(site)
    cookie = shown_session(site)
    if site.options.rotate and request.endpoint != "sign_out":
        g.fresh_session = site.rotate_session(cookie)
        is_known = bool(g.fresh_session)
    else:
        is_known = site.knows_session(cookie)
    return None if is_known else redirect(url_for("sign_in_form", return_to=request.path))


def _refusal_of_token(site: DemoSite) -> AnyResponse | None:
    """Admit whoever sends a token, as only a script can; all others get the page that has the script."""
    if request.endpoint == "attachment_file":
        # A browser sent to a file shows no token: the address itself must be good.
        return None if site.has_signed(request.path, request.args) else abort(403)
    if "Authorization" in request.headers:
        return None if site.knows_session(shown_session(site)) else make_response("", 401)
    if request.endpoint == "order":
        fault = site.take_fault((request.view_args or {})["number"], STRANGERS_FAULTS)
        if fault is not None:
            abort(PAGE_FAULT_STATUSES[fault])
    return make_response(render_template("shell.html", kind=site.options.session))


def hand_out(site: DemoSite, response: AnyResponse) -> None:
    """Give the answer the cookie of the session that follows the one just used, where sessions rotate."""
    fresh = g.pop("fresh_session", "")
    if fresh:
        _set_cookie(site, response, fresh)


def welcome(site: DemoSite, return_to: str) -> AnyResponse:
    """Begin a session; return the answer that makes the browser keep it and leads to `return_to`, a path of ours."""
    session = site.begin_session()
    if site.options.has_tokens:
        return make_response(
            render_template("welcome.html", kind=site.options.session, token=session, return_to=return_to)
        )
    response = redirect(return_to, 303)
    _set_cookie(site, response, session)
    return response


def farewell(site: DemoSite) -> AnyResponse:
    """End the session that came with the request; return the answer that leads to the sign-in."""
    site.end_session(shown_session(site))
    response = redirect("/sessions/new")
    if not site.options.has_tokens:
        response.delete_cookie(COOKIE, httponly=True, samesite="Lax")
    return response


def _set_cookie(site: DemoSite, response: AnyResponse, session: str) -> None:
    is_persistent = site.options.session == "persistent"
    response.set_cookie(
        COOKIE, session, max_age=COOKIE_SECONDS if is_persistent else None, httponly=True, samesite="Lax"
    )
