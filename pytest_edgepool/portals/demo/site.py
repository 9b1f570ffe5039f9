"""The demo's pages and files over HTTP, as Coupa serves them. Never decides what an order holds: that is truth.py."""

from __future__ import annotations

import os
import socket
import struct
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Flask, Response, abort, redirect, render_template, request

from pytest_edgepool.portals.demo import admission, truth
from pytest_edgepool.portals.demo.admission import PAGE_FAULT_STATUSES
from pytest_edgepool.portals.demo.options import FILE_FAULTS, PAGE_FAULTS, STRANGERS_FAULTS, FaultName
from pytest_edgepool.portals.demo.state import DemoRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.exceptions import HTTPException
    from werkzeug.wrappers import Response as AnyResponse

    from pytest_edgepool.portals.demo.state import DemoSite
    from pytest_edgepool.portals.demo.truth import DemoAttachment

# `struct linger {on, seconds}`: two ints, on Windows two shorts.
LINGER_OF_NOTHING = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)

CHUNK_BYTES = 16 * 1024
LISTED_ORDERS = 24

FILE_FAULT_STATUSES = {FaultName.FILE_ERROR: 500, FaultName.FILE_MISSING: 404, FaultName.FILE_RATE_LIMIT: 429}
ERROR_TEXTS = {
    403: "You are not authorized to view this page.",
    404: "Oops! We couldn't find what you wanted",
    429: "Too many requests",
    500: "We're sorry, but something went wrong.",
    503: "The site is being looked after",
}


def create_app(site: DemoSite) -> Flask:
    """Return the application that serves that site."""
    app = Flask(__name__, static_folder=None)
    _add_manners(app, site)
    _add_signing_in(app, site)
    _add_pages(app, site)
    _add_files(app, site)
    return app


def _add_manners(app: Flask, site: DemoSite) -> None:
    @app.before_request
    def admit() -> AnyResponse | None:
        site.pause(site.options.latency_seconds)
        limited, _ = site.limited
        if limited:
            abort(limited)
        return None if request.endpoint in {"sign_in_form", "sign_in"} else admission.refusal(site)

    @app.after_request
    def record(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        admission.hand_out(site, response)
        site.record(
            DemoRequest(
                method=request.method,
                path=request.path,
                user_agent=request.user_agent.string,
                session=admission.shown_session(site),
                status=response.status_code,
            )
        )
        return response

    def show_error(error: HTTPException) -> tuple[str, int, dict[str, str]]:
        status = error.code or 500
        limited, wait = site.limited
        if not limited and status == 429:  # noqa: PLR2004 - HTTP's own number
            wait = site.options.retry_after
        headers = {"Retry-After": wait} if wait else {}
        return render_template("error.html", text=ERROR_TEXTS[status]), status, headers

    for status in ERROR_TEXTS:
        app.register_error_handler(status, show_error)


def _add_signing_in(app: Flask, site: DemoSite) -> None:
    @app.get("/sessions/new")
    def sign_in_form() -> str:
        return render_template("sign_in.html", return_to=request.args.get("return_to", "/user/home"), mistake="")

    @app.post("/sessions")
    def sign_in() -> str | AnyResponse:
        return_to = request.form.get("return_to", "")
        if (request.form.get("user[login]"), request.form.get("user[password]")) != (
            truth.DEMO_USER,
            truth.DEMO_PASSWORD,
        ):
            return render_template("sign_in.html", return_to=return_to, mistake="Invalid username or password")
        # Only to a path of our own: "//host" and "/\\host" would lead away.
        is_ours = return_to.startswith("/") and return_to[1:2] not in {"/", "\\"}
        return admission.welcome(site, return_to if is_ours else "/user/home")

    @app.get("/sessions/destroy")
    def sign_out() -> AnyResponse:
        return admission.farewell(site)


def _add_pages(app: Flask, site: DemoSite) -> None:
    @app.get("/")
    @app.get("/user/home")
    def home() -> str:
        return render_template("home.html")

    @app.get("/order_headers")
    def orders() -> str:
        listed = [order for order in map(truth.demo_order, truth.demo_numbers(LISTED_ORDERS)) if order]
        return render_template("orders.html", orders=listed)

    @app.get("/order_headers/<number>")
    def order(number: str) -> str:
        # Where a script fetches the page, what strikes strangers has struck the page that has the script.
        fault = site.take_fault(number, PAGE_FAULTS - STRANGERS_FAULTS if site.options.has_tokens else PAGE_FAULTS)
        if fault is not None:
            abort(PAGE_FAULT_STATUSES[fault])
        found = truth.demo_order(number)
        if found is None:
            abort(404)
        return render_template("order.html", order=found, address_of=lambda one: admission.address_of(site, one))

    @app.get("/suppliers/show/<int:identifier>")
    def supplier(identifier: int) -> str:
        found = [one for one in truth.SUPPLIERS if one.identifier == identifier]
        return render_template("supplier.html", supplier=found[0]) if found else abort(404)

    @app.get("/attachments/<identifier>")
    def attachment_page(identifier: str) -> AnyResponse:
        found = truth.demo_attachment(identifier)
        return redirect(f"/order_headers/{found[0].number}") if found else abort(404)


def _add_files(app: Flask, site: DemoSite) -> None:
    @app.get("/attachment/attachment_file/type/<identifier>/<name>")
    def attachment_file(identifier: str, name: str) -> Response:
        found = truth.demo_attachment(identifier)
        if found is None or found[1].name != name:
            abort(404)
        order, attachment = found
        fault = site.take_fault(order.number, FILE_FAULTS)
        if fault in FILE_FAULT_STATUSES:
            abort(FILE_FAULT_STATUSES[fault])
        if fault is FaultName.SIGNED_OUT_FILE:
            page = render_template("sign_in.html", return_to="/user/home", mistake="").encode()
            return _attached(Response(page, mimetype="text/html"), "inv.pdf", len(page))
        return _file(site, attachment, fault)


def _file(site: DemoSite, attachment: DemoAttachment, fault: FaultName | None) -> Response:
    options = site.options
    delay = options.slow_chunk_delay_seconds if fault is FaultName.SLOW else options.chunk_delay_seconds
    content = attachment.content
    is_cut = fault in {FaultName.TRUNCATED, FaultName.RESET}
    sent = content[: len(content) // 2] if is_cut else content
    peer = request.environ.get("werkzeug.socket") if fault is FaultName.RESET else None
    response = Response(_chunks(site, sent, delay, peer), content_type=attachment.mime_type)
    return _attached(response, attachment.name, len(content))


def _chunks(site: DemoSite, content: bytes, delay_seconds: float, peer: socket.socket | None) -> Iterator[bytes]:
    for start in range(0, len(content), CHUNK_BYTES):
        yield content[start : start + CHUNK_BYTES]
        site.pause(delay_seconds)
    if peer is not None:
        # Closing with a linger of nothing sends RST instead of FIN: the browser sees a connection that broke.
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_OF_NOTHING)
        raise ConnectionResetError("the demo's fault 'reset'")


def _attached(response: Response, name: str, length_bytes: int) -> Response:
    """Declare the body a file of that name (RFC 6266: a plain name, and the true one when it is not ASCII)."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    extra = {} if plain == name else {"filename*": f"UTF-8''{quote(name, safe='')}"}
    response.headers.set("Content-Disposition", "attachment", filename=plain, **extra)
    response.headers["Content-Length"] = str(length_bytes)
    return response
