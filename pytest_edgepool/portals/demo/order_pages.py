"""An order's page, what its script brings later, and its requisition. Never decides who may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, abort, render_template, request

from pytest_edgepool.portals.demo import shaping, truth
from pytest_edgepool.portals.demo.admission import PAGE_FAULT_STATUSES
from pytest_edgepool.portals.demo.options import PAGE_FAULTS, STRANGERS_FAULTS, FaultName
from pytest_edgepool.portals.demo.shapes import Shape

if TYPE_CHECKING:
    from flask import Flask

    from pytest_edgepool.portals.demo.state import DemoSite

ERROR_TEXTS = {
    403: "You are not authorized to view this page.",
    404: "Oops! We couldn't find what you wanted",
    429: "Too many requests",
    500: "We're sorry, but something went wrong.",
    503: "The site is being looked after",
}


def add_to(app: Flask, site: DemoSite) -> None:
    """Have the application answer for orders and their requisitions."""
    _add_order(app, site)
    _add_scripts(app, site)


def _add_order(app: Flask, site: DemoSite) -> None:
    @app.get("/order_headers/<number>")
    def order(number: str) -> str:
        # Where a script fetches the page, what strikes strangers has struck the page that has the script.
        fault = site.take_fault(number, PAGE_FAULTS - STRANGERS_FAULTS if site.options.has_tokens else PAGE_FAULTS)
        if fault in PAGE_FAULT_STATUSES:
            abort(PAGE_FAULT_STATUSES[fault])
        if fault is not None:
            return _well_looking(fault)
        found = truth.demo_order(number, site.options)
        if found is None:
            abort(404)
        return render_template("order.html", order=found, view=shaping.view_of(site, found))

    @app.get("/requisition_headers/<number>")
    def requisition(number: str) -> str:
        found, shapes = truth.demo_order(number, site.options), site.options.shapes_of(number)
        if found is None:
            abort(404)
        if Shape.REQUISITION_REFUSED in shapes:
            abort(403)
        shared = (*found.attachments[:1], *found.requested) if Shape.REQUISITION in shapes else ()
        return render_template("requisition.html", order=found, offers=shaping.offers_of(site, found, shared))


def _add_scripts(app: Flask, site: DemoSite) -> None:
    @app.get("/order_headers/<number>/page.js")
    def order_script(number: str) -> Response:
        found = truth.demo_order(number, site.options) or abort(404)
        shapes = site.options.shapes_of(number)
        listed = {
            one.identifier: {
                "kind": shaping.kind_of_press(shapes, one),
                "address": shaping.address_of(site, shapes, one),
                "name": one.name,
            }
            for one in found.attachments
        }
        script = render_template("page.js", order=found, view=shaping.view_of(site, found), files=listed)
        return Response(script, mimetype="text/javascript")

    @app.get("/order_headers/<number>/parts/<part>")
    def order_part(number: str, part: str) -> str:
        found = truth.demo_order(number, site.options) or abort(404)
        site.pause(site.options.lazy_seconds)
        view = shaping.view_of(site, found)
        on_page = view.header if view.tab else (*view.header, *view.lines)
        return render_template("part.html", part=part, offers=view.lines if part == "lines" else on_page)


def _well_looking(fault: FaultName) -> str:
    """Return a page that comes with status 200 at an order's address, and is not the order."""
    if fault is FaultName.OOPS:
        return render_template("error.html", text=ERROR_TEXTS[404])
    if fault is FaultName.MAINTENANCE:
        return render_template("maintenance.html")
    return render_template("sign_in.html", return_to=request.path, mistake="")
