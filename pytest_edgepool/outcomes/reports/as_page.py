"""The report as one page that needs nothing else: figures, workers' timeline, each PO. Never asks the network.

`page.css` and `page.js` are put into it, allowed by their digests alone: whatever a site or a sheet holds, no other
script runs, and nothing is fetched. The rows travel as JSON and are shown as text, a few hundred at a time.
"""

from __future__ import annotations

import base64
import hashlib
import math
from datetime import datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_edgepool.files import write_whole
from pytest_edgepool.outcomes.reports.as_json import dumped
from pytest_edgepool.outcomes.reports.cells import AS_THE_SHEET_SAYS, moment_of
from pytest_edgepool.outcomes.status import NOT_TRIED, Status, verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgepool.outcomes.report import Report, ReportRow
    from pytest_edgepool.outcomes.status import Outcome

_HERE = Path(__file__).parent
_MOST_EVIDENCE = 20
NOT_TRIED_YET = "NOT TRIED"
"""How the page calls a PO of which nothing is known."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '{style_digest}'; \
script-src '{script_digest}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>Purchase orders</h1>
<p class="run">{about}</p>
</header>
<main>
{stopped}<section class="figures" aria-label="Totals">
{figures}</section>
<section id="timeline" aria-label="Timeline of the workers" hidden><h2>Workers</h2><div id="lanes"></div></section>
<section aria-label="Purchase orders">
<form class="filters" role="search">
<label>Search <input type="search" id="search" placeholder="PO, supplier, file, reason …" autocomplete="off"></label>
<label>Supplier <select id="supplier"><option value="">all suppliers</option></select></label>
<button type="button" id="reset" hidden>Show all</button>
<output id="count"></output>
</form>
<table id="orders"><thead><tr><th scope="col">PO</th><th scope="col">Status</th><th scope="col">Supplier</th>\
<th scope="col" class="number">Files</th><th scope="col" class="number">Size</th>\
<th scope="col">Last processed (UTC)</th><th scope="col">What was wrong</th></tr></thead><tbody></tbody></table>
<button type="button" id="more" hidden>Show more</button>
<noscript><p>This page fills its table by script. report.csv beside it holds the same.</p></noscript>
</section>
</main>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""


def write_page(path: Path, report: Report) -> None:
    """Write the page, published by one rename.

    Args:
        path: the report's file; its folder is made. Links to files and evidence are relative to it.
        report: what it shows.

    Raises:
        OSError: it cannot be written; an earlier report is as it was.
    """
    style, script = _part("page.css"), _part("page.js")
    run = report.run
    told = (str(run[name]) for name in ("site", "id", "finished_at") if run.get(name))
    stopped = (
        f'<p class="stopped">The run was stopped: {escape(str(run["stopped"]))}</p>\n' if run.get("stopped") else ""
    )
    page = _PAGE.format(
        style=style,
        style_digest=_digest(style),
        script=script,
        script_digest=_digest(script),
        title=escape(f"Purchase orders {run.get('id', '')}".strip()),
        about=" · ".join(map(escape, told)),
        stopped=stopped,
        figures="".join(_figures(report)),
        data=_data(report),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, page.encode("utf-8", "backslashreplace"))


def _part(name: str) -> str:
    return "\n" + (_HERE / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """Return what a Content-Security-Policy allows an inline part by (https://www.w3.org/TR/CSP3/#grammardef-hash-source)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _figures(report: Report) -> Iterator[str]:
    untried = len(report.outcomes) - sum(report.totals.values())
    yield _tile("purchase orders", len(report.outcomes), "purchase_orders")
    yield _tile("files", report.files, "files")
    yield _tile(_size(report.received_bytes), report.received_bytes, "received_bytes")
    for status, count in (*report.totals.items(), *([(NOT_TRIED_YET, untried)] if untried else [])):
        yield (
            f'<button type="button" class="figure status" data-status="{escape(status)}" data-count="{count}" '
            f'aria-pressed="false"><b>{count}</b> <span class="{_kind(status)}">{escape(status)}</span></button>\n'
        )


def _tile(words: str, value: int, name: str) -> str:
    shown, words = (words, "received") if name == "received_bytes" else (str(value), words)
    return f'<p class="figure" data-figure="{name}" data-value="{value}"><b>{shown}</b> <span>{words}</span></p>\n'


def _size(count: int) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"


def _kind(status: str) -> str:
    status = status.removesuffix(AS_THE_SHEET_SAYS)
    return "untried" if status == NOT_TRIED_YET else str(verdict_of(Status(status)))


# -- rows ------------------------------------------------------------------------------------------------------------


def _data(report: Report) -> str:
    """Return the rows as JSON in which no text can end the script that it stands in."""
    run_id = str(report.run.get("id", ""))
    data = {"orders": [_order(row, report) for row in report.rows], "bars": list(_bars(report, run_id))}
    text = dumped(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _order(row: ReportRow, report: Report) -> dict[str, Any]:
    told: dict[str, Any] = {"po": row.number, "own": dict(row.columns), "where": _where(row)}
    outcome = row.outcome
    if outcome is None:
        return {**told, "status": row.status or NOT_TRIED_YET, "kind": _kind(row.done_as or NOT_TRIED_YET)}
    known = {
        "status": str(outcome.status),
        "kind": str(verdict_of(outcome.status)),
        "supplier": outcome.supplier,
        "found": outcome.attachments_found,
        "bytes": outcome.received_bytes,
        "reason": outcome.reason,
        "at": moment_of(outcome.finished_at),
        "seconds": round(outcome.seconds, 2),
        "attempts": outcome.attempts,
        "worker": outcome.worker,
        "profile": outcome.profile,
        "url": outcome.url,
        "earlier": outcome.earlier,
        "folder": [outcome.folder, _link(outcome.folder)] if outcome.folder else "",
        "files": [_file(outcome, place) for place in range(len(outcome.files))],
        "evidence": list(_evidence(report.output, outcome.evidence)),
    }
    return {**told, **{name: value for name, value in known.items() if value not in ("", [], 0)}}


def _where(row: ReportRow) -> str:
    place = f"{row.sheet}, worksheet {row.worksheet}" if row.worksheet else row.sheet
    return f"{place}, line {row.line}" if row.line else place


def _file(outcome: Outcome, place: int) -> list[str | int]:
    kept = outcome.files[place]
    link = _link(f"{outcome.folder}/{kept.name}" if outcome.folder else kept.name)
    return [kept.name, link, kept.size, kept.sha256, kept.content_type, kept.url, moment_of(kept.fetched_at)]


def _evidence(output: Path, folder: str) -> Iterator[list[str]]:
    """Yield name and link of each piece that is there."""
    place = output / folder
    if not folder or not place.is_dir():
        return
    for each in sorted(place.iterdir())[:_MOST_EVIDENCE]:
        yield [each.name, _link(f"{folder}/{each.name}")]


def _link(path: str) -> str:
    """Return a path below the output folder as a relative URL, whatever its letters are."""
    return "./" + quote(path.encode("utf-8", "surrogatepass"))


def _bars(report: Report, run_id: str) -> Iterator[list[Any]]:
    """Yield worker, PO, status, kind, begin and end (both in seconds since 1970) of what this run tried."""
    for number, outcome in report.outcomes.items():
        if outcome is None or outcome.run != run_id or outcome.status in NOT_TRIED or not outcome.worker:
            continue
        try:
            end = datetime.fromisoformat(outcome.finished_at).timestamp()
        except ValueError:
            continue
        begin = end - (max(outcome.seconds, 0.0) if math.isfinite(outcome.seconds) else 0.0)
        kind = str(verdict_of(outcome.status))
        yield [outcome.worker, number, str(outcome.status), kind, round(begin, 3), round(end, 3)]
