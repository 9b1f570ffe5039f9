"""The other origin where files may really be, as in a cloud's storage. Never lets anybody in who brings a cookie."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from flask import Flask, abort, request

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.portals.demo import files, shaping, truth
from pytest_edgepool.portals.demo.state import ElsewhereRequest

if TYPE_CHECKING:
    from flask import Response

    from pytest_edgepool.portals.demo.state import DemoSite
    from pytest_edgepool.portals.demo.truth import DemoAttachment

# Two names of this machine: a cookie belongs to a host whatever its port, so the other origin needs another name.
NAMES = ("localhost", "127.0.0.1")


def address_of(site: DemoSite, attachment: DemoAttachment, host: str) -> str:
    """Return where the file is at the other origin, signed.

    Args:
        site: the site that leads there.
        attachment: the file.
        host: what the site itself was called in the request.

    Raises:
        UsageMistake: the site is not being served.
    """
    if site.elsewhere_port is None:
        raise UsageMistake("The demo shape 'elsewhere' needs a site that is served, with a port of its own.")
    name = next(each for each in NAMES if each != host.partition(":")[0])
    path = f"/bucket/{attachment.identifier}/{_shown(site, attachment)}"
    query = urlencode({"X-Amz-Expires": "900", **site.sign(path)})
    return f"http://{name}:{site.elsewhere_port()}{quote(path)}?{query}"


def create_elsewhere(site: DemoSite) -> Flask:
    """Return the application that is the other origin of that site."""
    app = Flask(__name__, static_folder=None)

    @app.get("/bucket/<identifier>/<name>")
    def stored(identifier: str, name: str) -> Response:
        found = truth.demo_attachment(identifier, site.options)
        if request.cookies or "Authorization" in request.headers or not site.has_signed(request.path, request.args):
            abort(403)
        if found is None or _shown(site, found[1]) != name:
            abort(404)
        return files.answer(site, *found)

    @app.after_request
    def record(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        site.record_elsewhere(
            ElsewhereRequest(
                path=request.path,
                status=response.status_code,
                cookie=request.headers.get("Cookie", ""),
                referer=request.headers.get("Referer", ""),
                authorization=request.headers.get("Authorization", ""),
            )
        )
        return response

    return app


def _shown(site: DemoSite, attachment: DemoAttachment) -> str:
    return shaping.shown_name(site.options.shapes_of(attachment.identifier[:-1]), attachment)
