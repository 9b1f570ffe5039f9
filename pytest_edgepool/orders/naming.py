"""What headers and single cells are called in users' sheets, whatever the language or spelling. Never reads a row."""

from __future__ import annotations

from pytest_edgepool.headers import RESULT_COLUMNS, bare

EXACT_COLUMN = "PO_NUMBER"
LEVELS_COLUMN = "<|>"  # every column to the right of it is a level of folders
COMMENT = "#"

# Headers that mean the PO number, as plain letters and digits; the earlier one wins.
KNOWN_COLUMNS = (
    *("ponumber", "po", "purchaseorder", "purchaseordernumber", "ordernumber", "pedido"),
    *("pono", "ponum", "poid", "purchaseorderno", "purchaseorderid", "orderno", "orderheadernumber"),
    *("pedidodecompra", "numerodopedido", "numerodepedido", "numeropedido", "nodopedido", "nodepedido", "nopedido"),
    *("npedido", "ndopedido", "ndepedido", "ordemdecompra", "numerodaordemdecompra"),
    *("ordendecompra", "numerodeordendecompra", "numerodeorden"),
    *("bestellnummer", "bestellnr", "bestellung"),
    *("commande", "bondecommande", "numerodecommande", "ndecommande", "nodecommande"),
    *("ordinediacquisto", "ordineacquisto", "numeroordine"),
)
STATUS_COLUMNS = frozenset({"status"})
PRIORITY_COLUMNS = frozenset({"priority", "prio", "prioridade", "prioridad", "priorite", "prioritat", "priorita"})

# What a report writes beside the sheet's own columns: a report that is given as a sheet again has no more levels.
RESULTS = frozenset(map(bare, RESULT_COLUMNS))

# What a spreadsheet shows where a formula failed: a value that is missing, not a comment.
ERROR_VALUES = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
)


def names_orders(header: str) -> bool:
    """Say whether a header is one of those that mean the PO number."""
    return bare(header) in KNOWN_COLUMNS


def is_comment(cells: tuple[str, ...]) -> bool:
    """Say whether a row is a comment: its first cell begins with `#` and goes on."""
    first = cells[0].strip()
    return len(first) > 1 and first.startswith(COMMENT) and first.upper() not in ERROR_VALUES
