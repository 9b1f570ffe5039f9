"""What a run tells people: header, summary, and the files it writes. Never decides what came of an order."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.browser.sandbox import needs_no_sandbox
from pytest_edgepool.fulfilment.circuit import past_in
from pytest_edgepool.outcomes.status import Status, Verdict, verdict_of
from pytest_edgepool.plugin.distribution import note_of_bound
from pytest_edgepool.plugin.keys import SIZING
from pytest_edgepool.plugin.telling.report_files import kinds_in, report_of, write_all
from pytest_edgepool.plugin.telling.spent import keep_size, line_of
from pytest_edgepool.plugin.telling.updating import update_sheets
from pytest_edgepool.redact import plain_url, redacted
from pytest_edgepool.run import STOP_BY_SIGNAL
from pytest_edgepool.workers.slots import slots_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgepool.plugin.controller import Controller
    from pytest_edgepool.workers.slots import SlotStatus

_SLOWEST = 3
_WORTH_TELLING_SECONDS = 1.0


def header(of: Controller) -> list[str]:
    """Return the header's lines."""
    plan, settings = of.plan, of.settings
    base = "no base"
    if plan.base is not None:
        kind = "the managed base" if plan.base.managed else f"the base {plan.base.user_data_dir}"
        who = "gw0 works on it" if settings.edgepool_base == "gw0" else "all workers on clones"
        base = f"{kind} ({who}), template {of.template.files} files, {of.template.size_bytes / 1e6:.1f} MB"
    given = ", ".join(
        f"{name}={redacted(_shown(getattr(settings, name)))} ({source})" for name, source in of.force.sources.items()
    )
    lines = [
        f"edgepool: {len(of.orders)} POs from {', '.join(each.path for each in of.sheets)} at {plain_url(plan.url)}",
        f"edgepool: {plan.browser.title}, {base}",
        f"edgepool: settings given: {given}; files go to {settings.po_output}",
    ]
    if SIZING in of.config.stash:
        lines.append(f"edgepool: {of.config.stash[SIZING]}")
    if needs_no_sandbox():
        lines.append("edgepool: running as root, so browsers start with --no-sandbox; a user of its own would be safer")
    notes = (*plan.notes, *note_of_bound(of.config), *(w for s in of.sheets for w in s.warnings))
    lines.extend(f"edgepool: note: {note}" for note in notes)
    return lines


def _shown(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def write_reports(of: Controller) -> None:
    """Write the report's files: each PO of the sheets with the ledger's last true status; results into the sheets."""
    if not of.heard.seconds:
        return  # nothing ran, nothing was stopped: there is nothing to report
    report = report_of(of)
    of.output_trouble = "; ".join(write_all(report))
    of.updated = update_sheets(of, report) if of.settings.po_update else ()
    try:
        keep_size(of.run.state, slots_of(of.run))
    except OSError as error:  # the reports are written: that `-n auto` has to estimate next time is no failure
        told_so = f"edgepool could not keep how large its browsers were ({error})"
        of.config.issue_config_time_warning(pytest.PytestWarning(told_so), stacklevel=2)


def summarize(of: Controller, reporter: pytest.TerminalReporter) -> None:
    """Print the summary."""
    if not of.heard.seconds:
        return
    reporter.section("edgepool", sep="=", bold=True)
    totals = Counter(of.heard.statuses.values())
    reporter.write_line(", ".join(f"{count} {status}" for status, count in sorted(totals.items())) or "no PO was begun")
    _tell_workers(of, reporter)
    resources = line_of(slots_of(of.run), of.settings)
    if resources:
        reporter.write_line(resources)
    _tell_deaths(of, reporter)
    _tell_slowest(of, reporter)
    _tell_failed(of, reporter)
    _tell_output(of, reporter)
    for past in past_in(of.run.folder):
        reporter.write_line(past, yellow=True)
    reason = of.run.stop_reason()
    if reason and reason != STOP_BY_SIGNAL:
        reporter.write_line(f"The run was stopped: {reason}", red=True)
    if totals[Status.STOPPED]:
        done = sum(count for status, count in totals.items() if status not in (Status.STOPPED, Status.SKIPPED))
        reporter.write_line(f"{done} done, {totals[Status.STOPPED]} to do; the same command goes on where it stopped.")


def _tell_output(of: Controller, reporter: pytest.TerminalReporter) -> None:
    """Say where files and reports are, and what is not as asked for."""
    output = Path(of.settings.po_output)
    reporter.write_line(f"files: {output}{os.sep}   report: {output / 'report'}{kinds_in(output)}")
    for line, is_well in of.updated:
        reporter.write_line(line, yellow=not is_well)
    if trouble := of.findings.trouble or of.output_trouble:
        reporter.write_line(f"The report is not whole: {trouble}", red=True)
    if torn := of.findings.torn_lines:
        lines = f"{'lines' if torn[1:] else 'line'} {', '.join(map(str, torn))}"
        told = f"ledger: {lines}: no outcome (a crash tears one), passed over; see ledger.jsonl"
        reporter.write_line(told, yellow=True)


def _tell_workers(of: Controller, reporter: pytest.TerminalReporter) -> None:
    handled = Counter(each.worker for each in of.findings.of_this_run)
    for slot in slots_of(of.run):
        reporter.write_line(f"  {slot.worker}: {', '.join(_parts_of(slot, handled[slot.worker]))}{_notes_of(slot)}")


def _tell_deaths(of: Controller, reporter: pytest.TerminalReporter) -> None:
    for worker, how in of.crashing.deaths.items():
        reporter.write_line(f"  {worker} {how}", yellow=True)


def _parts_of(slot: SlotStatus, handled: int) -> Iterator[str]:
    """Yield what one worker's line tells: profile, orders, starts, proofs, clone, memory."""
    yield "no browser" if slot.slot < 0 else f"slot {slot.slot} ({slot.kind})"
    yield f"{handled} POs"
    yield "1 browser start" if slot.starts == 1 else f"{slot.starts} browser starts"
    if slot.verified:
        yield f"proved {slot.verified} in {slot.verify_seconds:.2f} s"
    if slot.kind == "clone":
        means = f" by {slot.clone_means}" if slot.clone_means else ""
        yield f"cloned in {slot.clone_seconds:.2f} s ({slot.clone_bytes / 1e6:.1f} MB{means})"
    if slot.memory_bytes:
        yield f"at most {slot.memory_bytes / 1e6:.0f} MB"


def _notes_of(slot: SlotStatus) -> str:
    """Return what was out of the ordinary with a worker, or ""."""
    last = max((each["round"] for each in slot.proofs), default=0)
    failed = [
        f"{each['method']} {each['outcome']}: {each['error']}"
        for each in slot.proofs
        if each["error"] and each["round"] == last
    ]
    notes = (
        slot.note,
        f"mended by {', '.join(slot.mended)}" if slot.mended else "",
        f"not proved: {'; '.join(failed)}" if failed else "",
        "retired: others ran its POs" if slot.state == "retired" else "",
    )
    return "".join(f"; {note}" for note in notes if note)


def _tell_slowest(of: Controller, reporter: pytest.TerminalReporter) -> None:
    slow = sorted(of.findings.of_this_run, key=lambda each: each.seconds, reverse=True)[:_SLOWEST]
    told = [f"{each.number} {each.seconds:.1f} s" for each in slow if each.seconds >= _WORTH_TELLING_SECONDS]
    if told:
        reporter.write_line(f"slowest: {', '.join(told)}")


def _tell_failed(of: Controller, reporter: pytest.TerminalReporter) -> None:
    for each in of.findings.of_this_run:
        if verdict_of(each.status) is Verdict.FAILED:
            evidence = f"   evidence: {Path(of.settings.po_output) / each.evidence}" if each.evidence else ""
            reporter.write_line(f"  {each.number} {each.status}: {each.reason}{evidence}", red=True)
