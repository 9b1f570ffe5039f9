"""The demo's pages and files over HTTP, as Coupa serves them. Never decides what an order holds: that is truth.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, abort, redirect, render_template, request

from pytest_edgepool.portals.demo import admission, elsewhere, files, order_pages, shaping, truth
from pytest_edgepool.portals.demo.shapes import Shape
from pytest_edgepool.portals.demo.state import DemoRequest

if TYPE_CHECKING:
    from werkzeug.exceptions import HTTPException
    from werkzeug.wrappers import Response as AnyResponse

    from pytest_edgepool.portals.demo.state import DemoSite
    from pytest_edgepool.portals.demo.truth import DemoAttachment, DemoOrder

LISTED_ORDERS = 24


def create_app(site: DemoSite) -> Flask:
    """Return the application that serves that site."""
    app = Flask(__name__, static_folder=None)
    _add_manners(app, site)
    _add_signing_in(app, site)
    _add_pages(app, site)
    order_pages.add_to(app, site)
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
                range=request.headers.get("Range", ""),
            )
        )
        return response

    def show_error(error: HTTPException) -> tuple[str, int, dict[str, str]]:
        status = error.code or 500
        limited, wait = site.limited
        if not limited and status == 429:  # noqa: PLR2004 - HTTP's own number
            wait = site.options.retry_after
        headers = {"Retry-After": wait} if wait else {}
        return render_template("error.html", text=order_pages.ERROR_TEXTS[status]), status, headers

    for status in order_pages.ERROR_TEXTS:
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

    @app.get("/suppliers/show/<int:identifier>")
    def supplier(identifier: int) -> str:
        found = [one for one in truth.SUPPLIERS if one.identifier == identifier]
        return render_template("supplier.html", supplier=found[0]) if found else abort(404)

    @app.get("/attachments/<identifier>")
    def attachment_page(identifier: str) -> AnyResponse:
        found = truth.demo_attachment(identifier, site.options)
        return redirect(f"/order_headers/{found[0].number}") if found else abort(404)


def _add_files(app: Flask, site: DemoSite) -> None:
    # A form may ask for a file by POST, as Coupa's own scripts do.
    @app.route("/attachment/attachment_file/type/<identifier>/<name>", methods=["GET", "POST"])
    def attachment_file(identifier: str, name: str) -> AnyResponse:
        found = truth.demo_attachment(identifier, site.options)
        if found is None or shaping.shown_name(site.options.shapes_of(found[0].number), found[1]) != name:
            abort(404)
        return _file(*found)

    @app.get("/attachments/<identifier>/download")
    def attachment_download(identifier: str) -> AnyResponse:
        found = truth.demo_attachment(identifier, site.options)
        if found is None or request.args.get("filename", "") != found[1].name:
            abort(404)
        return _file(*found)

    def _file(order: DemoOrder, attachment: DemoAttachment) -> AnyResponse:
        if Shape.ELSEWHERE in site.options.shapes_of(order.number):
            return redirect(elsewhere.address_of(site, attachment, request.host))
        return files.answer(site, order, attachment)
