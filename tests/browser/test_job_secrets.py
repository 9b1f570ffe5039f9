"""A canary in every place where a site keeps secrets is found in nothing that a run writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask, Response, redirect, request
from werkzeug.serving import make_server

from pytest_edgepool.testing import DemoOptions, serve
from tests.support import CHROMIUM, SESSION_KEY, Bench, Ended, a_bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.wrappers import Response as AnyResponse

CANARY = "c4n4ry-7f3e"
WHOLE, PARTIAL, BROKEN, MISSING, SICK = "PO1001", "PO1002", "PO1003", "PO1004", "PO1005"
STATUSES = {WHOLE: "COMPLETED", PARTIAL: "PARTIAL", BROKEN: "FAILED", MISSING: "PO_NOT_FOUND", SICK: "FAILED"}
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"

PAGE = f"""<!doctype html><html><head><title>Purchase Order</title><meta name="csrf-token" content="{CANARY}">
<script>window.csrf = "{CANARY}"; sessionStorage.t = "{CANARY}"; localStorage.t = "{CANARY}";</script>
</head><body><h1>Purchase Order</h1>
<form action="/search?token={CANARY}" method="post"><input type="hidden" name="authenticity_token" value="{CANARY}">
<input name="q" value="{CANARY}"><textarea name="note">{CANARY}</textarea></form>
<a href="/suppliers/show/1?token={CANARY}" title="S1 - Contoso">Contoso</a>
<a href="https://buyer:{CANARY}@files.test/x">elsewhere</a>
<ul>%s</ul></body></html>"""
ERRORS = {"gone.pdf": 404, "error.pdf": 500}
FILES = {1001: ["a.pdf", "b.pdf"], 1002: ["a.pdf", "gone.pdf"], 1003: ["page.pdf", "error.pdf"]}

# Bends the rules where a suite may: an order's address of its own, with a token in it.
CONFTEST = f"""
import pytest

@pytest.hookimpl
def pytest_edgepool_order_url(order, base_url):
    return f"{{base_url}}/order_headers/{{order.number[2:]}}?token={CANARY}#{CANARY}"
"""

# What a careless suite of one's own shows: everything that pytest captures of a test that fails.
OWN = """
import pathlib

def test_fails(edge_tab):
    site, secret = pathlib.Path("canary.txt").read_text().split()
    edge_tab.get(f"{site}/order_headers/1001?token={secret}")
    edge_tab.add_cookie({"name": "own", "value": secret})
    edge_tab.find_element("name", "q").send_keys(secret)
    assert edge_tab.title == "no such title"
"""

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")


def attachment(name: str) -> str:
    """One attachment as Coupa's pages offer it."""
    marked = f'<span class="attachment-file" data-url="/files/{name}?token={CANARY}"><b title="{name}">x</b></span>'
    return f"<li>{marked}</li>"


def leaky_site() -> Flask:
    """A site that carries a secret wherever sites do: cookies, queries, redirects, fields, scripts, storage."""
    app = Flask("leaky")

    @app.after_request
    def remember(response: Response) -> Response:
        response.set_cookie("tracker", CANARY, httponly=True)
        response.set_cookie("kept", CANARY, max_age=3600)
        return response

    @app.get("/order_headers")
    def home() -> str:
        return "<title>Orders</title><a href='/sessions/destroy'>Sign out</a>"

    @app.get("/order_headers/<int:number>")
    def order(number: int) -> AnyResponse | tuple[str, int]:
        if request.args.get("step") != CANARY:
            return redirect(f"/order_headers/{number}?step={CANARY}&token={CANARY}")
        offered = PAGE % "".join(map(attachment, FILES.get(number, [])))
        return offered, {1004: 404, 1005: 500}.get(number, 200)

    @app.get("/files/<name>")
    def file(name: str) -> AnyResponse | tuple[str, int]:
        if request.args.get("sig") != CANARY:
            return redirect(f"/files/{name}?sig={CANARY}&X-Amz-Signature={CANARY}")
        if name in ERRORS:
            return PAGE % "Sorry", ERRORS[name]
        body = (PAGE % "").encode() if name == "page.pdf" else PDF + name.encode()
        headers = {"Content-Disposition": f"attachment; filename={name}"}
        return Response(body, mimetype="application/pdf", headers=headers)

    return app


@dataclass
class Leaky:
    """A run against that site with everything logged and shown that can be."""

    bench: Bench
    ended: Ended
    own: Ended


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory, signed_in: Path) -> Iterator[Leaky]:
    import threading

    server = make_server("127.0.0.1", 0, leaky_site(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    site = f"http://127.0.0.1:{server.server_port}"
    quick = {"EDGEPOOL_PO_RETRY_SECONDS": "0.05", "EDGEPOOL_PO_ATTEMPTS": "2"}
    shown = ("--log-level=DEBUG", "-rA", "-vv", "-o", "junit_logging=all", "-o", "junit_log_passing_tests=true")
    try:
        with (
            serve(DemoOptions(session="session", session_key=SESSION_KEY)) as demo,
            a_bench(tmp_path_factory.mktemp("leaky"), signed_in, demo, **quick) as bench,
        ):
            bench.sheet(list(STATUSES))
            bench.write("conftest.py", CONFTEST)
            ended = bench.run(
                "-n2",
                "--po-csv=pos.csv",
                f"--po-url={site}",
                "--edgepool-log=complete",
                "--junitxml=report.xml",
                *shown,
            )
            bench.write("test_own.py", OWN)
            bench.write("canary.txt", f"{site} {CANARY}")
            own = bench.run("-n0", "test_own.py", "--edgepool-log=complete", "--po-output=own", *shown)
            yield Leaky(bench, ended, own)
    finally:
        server.shutdown()
        thread.join()


def leaks_in(folder: Path) -> list[str]:
    """Every file below the folder that holds the canary, or has it in its name."""
    files = [each for each in folder.rglob("*") if each.is_file()]
    assert files
    return [str(each) for each in files if CANARY.encode() in each.read_bytes() or CANARY in each.name]


def test_the_run_saw_every_kind_of_outcome(leaky: Leaky) -> None:
    """The canary was in reach: orders completed, failed in each way, and left evidence."""
    assert leaky.ended.statuses() == STATUSES, leaky.ended.out
    assert all(each["evidence"] for each in leaky.ended.ledger() if each["status"] != "COMPLETED")


def test_no_secret_is_in_the_logs(leaky: Leaky) -> None:
    """Not even the deepest level tells what a command carried."""
    runs = leaky.bench.folder / "downloads" / ".edgepool" / "runs"
    assert any(each["event"] == "driver.called" for each in leaky.ended.events())
    assert leaks_in(runs) == []


def test_no_secret_is_in_the_ledger_or_the_reports(leaky: Leaky) -> None:
    """Addresses are kept without query, fragment and password."""
    output = leaky.bench.folder / "downloads"
    held = [output / ".edgepool" / "ledger.jsonl", *(each for each in output.iterdir() if each.is_file())]
    assert {each.name for each in held} >= {"ledger.jsonl", "report.csv", "report.json"}
    assert [str(each) for each in held if CANARY.encode() in each.read_bytes()] == []


def test_no_secret_is_in_the_evidence(leaky: Leaky) -> None:
    """The kept page has no field, script, meta tag or query of the site's left in it; nor has its address."""
    assert leaks_in(leaky.bench.folder / "downloads" / ".edgepool" / "evidence") == []


def test_no_secret_is_in_junit(leaky: Leaky) -> None:
    """Also with everything that was captured written into it."""
    assert CANARY not in (leaky.bench.folder / "report.xml").read_text(encoding="utf-8")


def test_no_secret_is_on_the_screen(leaky: Leaky) -> None:
    """Also with `--log-level=DEBUG -rA`, where selenium's own log would show every command."""
    found = [each for each in leaky.ended.out.splitlines() if CANARY in each]
    assert found == []


def test_no_secret_is_anywhere_below_the_folder(leaky: Leaky) -> None:
    """No file of the run, whatever it is called, holds the canary."""
    planted = ("conftest.py", "canary.txt")
    for name in planted:
        assert CANARY in (leaky.bench.folder / name).read_text(encoding="utf-8")
    left = [each for each in map(Path, leaks_in(leaky.bench.folder)) if each.name not in planted]
    assert [each for each in left if "__pycache__" not in each.parts] == []


def test_no_secret_of_a_suite_of_ones_own_is_shown(leaky: Leaky) -> None:
    """A failing test that took `edge_tab` to a signed address shows neither it, nor a cookie, nor what it typed."""
    assert leaky.own.code == 1
    assert [each for each in leaky.own.out.splitlines() if CANARY in each] == []
    assert leaks_in(leaky.bench.folder / "own") == []
