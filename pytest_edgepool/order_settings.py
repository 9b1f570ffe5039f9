"""The knobs of orders: which, whose site, where to, how often. Never reads a value from anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_edgepool.knob import knob


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSettings:
    """What is in force for orders."""

    po_csv: tuple[str, ...] = knob(
        (), "texts", "the sheet of purchase orders (.csv, .tsv, .xlsx); may be given again", metavar="FILE"
    )
    po_column: str = knob("", "text", "the column with the PO number; found by itself", metavar="NAME")
    po_output: str = knob("downloads", "text", "the folder that the files go to", metavar="DIR")
    po_portal: str = knob("", "text", "the site's kind: coupa when there are POs, else none", metavar="NAME")
    po_url: str = knob(
        "", "text", "the site's base URL; else COUPA_BASE_URL, else what `edgepool login` recorded", metavar="URL"
    )
    po_rerun: str = knob(
        "unfinished",
        "text",
        "which POs to run again: those the ledger does not call done with whole files, the failed ones, or all",
        metavar="WHICH",
        choices=("unfinished", "failed", "all"),
    )
    po_transfer: str = knob(
        "auto",
        "text",
        "how files come: direct (HTTP with the browser's own session), browser, or the one where the other cannot",
        metavar="HOW",
        choices=("auto", "browser", "direct"),
    )
    po_ahead: bool = knob(
        default=True,
        kind="yes",
        why="open the next PO's page while a PO's files come; not where the site keeps in mind which PO was shown last",
        option=False,
    )
    po_attempts: int = knob(3, "whole", "tries a PO gets when the trouble may pass", metavar="N", least=1)
    po_timeout: float = knob(300.0, "seconds", "how long one try may take, driver calls included", metavar="S", least=1)
    po_folder: str = knob(
        "<supplier>/<PO>", "text", "pattern of each PO's folder below the output folder", option=False
    )
    po_transfers: int = knob(4, "whole", "files of one PO that are fetched at once (direct)", least=1, option=False)
    po_retry_seconds: float = knob(1.0, "seconds", "pause before the second try; it doubles each time", option=False)
    po_retry_most_seconds: float = knob(10.0, "seconds", "longest pause between two tries", option=False)
    po_retry_after_most: float = knob(
        300.0, "seconds", "longest wait that a site's Retry-After is granted; more ends the run", option=False
    )
    po_circuit: int = knob(
        10,
        "whole",
        "POs in a row, of all workers, that the site may fail before nobody begins one; 0: any number",
        least=0,
        option=False,
    )
    po_circuit_seconds: float = knob(
        30.0, "seconds", "pause until one PO is tried as a probe; the run ends when that fails too", option=False
    )
    po_worksheet: str = knob(
        "", "text", "the only worksheet to read of a workbook; all that are not hidden", option=False
    )
    po_number_pattern: str = knob(
        "", "text", "regular expression that each PO number of a sheet must match as a whole; any number", option=False
    )
    po_prefixes: str = knob(
        "PO,PM", "text", "what people write before a PO's digits, with commas between; empty: nothing", option=False
    )
    po_prefix_rule: str = knob(
        "strip",
        "text",
        "what the site is asked for: the number without such a prefix, with it, or with it first and then without",
        choices=("strip", "keep", "keep-first"),
        option=False,
    )
    po_order_path: str = knob(
        "",
        "text",
        "where an order's page is below the base URL, like /order_headers/<number>; the portal's own",
        option=False,
    )
    po_requisitions: str = knob(
        "never",
        "text",
        "whether the requisitions that an order's page links are opened, and their attachments fetched with its own",
        choices=("never", "when-empty", "always"),
        option=False,
    )
    po_honour_status: bool = knob(
        default=True,
        kind="yes",
        why="skip a PO that the sheet itself calls COMPLETED, where the ledger knows nothing of it",
        option=False,
    )
    po_update: int = knob(
        0,
        "times",
        "write results back: once, into a copy beside the sheet (pos.updated.csv); given twice, into the sheet itself",
        most=2,
    )
