"""What headers mean: the PO, its status, its priority, its folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.headers import RESULT_COLUMNS
from pytest_edgepool.orders.priority import rank
from pytest_edgepool.orders.sheet import SheetRules
from tests.unit.sheets import numbers, read, refused

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "header",
    [
        *("Purchase Order #", "PO #", "P.O. Number", "PO No.", "Nº do Pedido", "N° Pedido", "Número do pedido"),
        *("PEDIDO DE COMPRA", "Orden de compra", "Bestell-Nr.", "N° de commande", "po-id", "Ordem de Compra"),
    ],
)
def test_headers_are_matched_loosely(tmp_path: Path, header: str) -> None:
    """Accents, case, punctuation and language do not matter."""
    sheet = read(tmp_path, f"Supplier;{header}\nAcme;PO1\n")

    assert (numbers(sheet), sheet.po_column, sheet.warnings) == (["PO1"], header, ())


@pytest.mark.parametrize("header", ["Order", "Order Date", "PO Date", "PO Total", "Reporter", "Nummer", "Number"])
def test_headers_that_mean_something_else_are_not_taken(tmp_path: Path, header: str) -> None:
    """A column that only begins like the PO's is no PO column."""
    assert "no column with PO numbers" in refused(tmp_path, f"Supplier,{header}\nAcme,1\n").problem


def test_many_columns_are_not_all_listed(tmp_path: Path) -> None:
    """The sentence stays one that can be read."""
    told = str(refused(tmp_path, ",".join(f"column{n}" for n in range(600)) + "\n1\n"))

    assert "'column11', … and 588 more" in told
    assert len(told) < 500


@pytest.mark.parametrize(
    ("status", "done"), [("COMPLETED", "COMPLETED"), (" COMPLETED ", "COMPLETED"), ("Completed", ""), ("FAILED", "")]
)
def test_what_an_earlier_run_completed_is_known(tmp_path: Path, status: str, done: str) -> None:
    """Only the word that runs write counts: an ERP's own "Completed" says nothing of files."""
    (order,) = read(tmp_path, f"PO_NUMBER,Status\nPO1,{status}\n").orders

    assert order.done_as == done
    assert order.columns["Status"] == status


def test_the_status_may_be_passed_over(tmp_path: Path) -> None:
    """With `po_honour_status` off the column is a column like any other."""
    sheet = read(tmp_path, "PO_NUMBER,STATUS\nPO1,COMPLETED\n", rules=SheetRules(honours_status=False))

    assert sheet.orders[0].done_as == ""


def test_urgent_orders_come_first_and_the_others_keep_their_order(tmp_path: Path) -> None:
    """Words, then numbers from the smallest, then rows without one, then low; rows stay as the sheet has them."""
    cells = ["", "10", "low", "2", "urgent", "", "high", "1,5", "P2", "normal", "1 - Alta", "2"]
    sheet = read(tmp_path, "PO;Prioridade\n" + "".join(f"{n};{cell}\n" for n, cell in enumerate(cells)))

    assert numbers(sheet) == ["4", "6", "10", "7", "3", "8", "11", "1", "0", "5", "9", "2"]
    assert [row.number for row in sheet.rows] == [str(n) for n in range(12)]


def test_a_priority_that_nobody_knows_is_normal_and_told(tmp_path: Path) -> None:
    """The warning names the lines and what can be written."""
    sheet = read(tmp_path, "PO,PRIORITY\nA,low\nB,whenever\nC,1\n")

    assert numbers(sheet) == ["C", "B", "A"]
    assert "the priority of line 3 ('whenever') is not known" in sheet.warnings[0]


@pytest.mark.parametrize("text", ["", " ", "Normal", "MÉDIA", "0", "-1", "p1", "3.5", "2) soon", "Urgente!", "hoch"])
def test_usual_priorities_are_known(text: str) -> None:
    """Whatever case, accent or language."""
    assert rank(text) is not None


@pytest.mark.parametrize("text", ["soon", "1e5", "१", "nan", "inf", "Q1", "1" * 400])
def test_other_texts_are_no_priorities(text: str) -> None:
    """What is not understood is not guessed at, and never breaks the reading."""
    assert rank(text) is None


def test_folders_stand_to_the_right_of_their_sign(tmp_path: Path) -> None:
    """Every column right of `<|>` is a level; an empty cell leaves its level out."""
    sheet = read(
        tmp_path, "PO_NUMBER,SUPPLIER,<|>,Company,Year,Quarter\nPO1,Acme,,Beta, 2026 ,Q1\nPO2,Acme,,Beta,,Q2\n"
    )

    assert [order.levels for order in sheet.orders] == [("Beta", "2026", "Q1"), ("Beta", "Q2")]


def test_a_report_that_is_given_as_a_sheet_has_no_more_levels(tmp_path: Path) -> None:
    """The result columns that a report adds at its right are no folders."""
    results = ",".join(RESULT_COLUMNS)
    (order,) = read(tmp_path, f"PO_NUMBER,<|>,Year,{results}\nPO1,,2026{',x' * len(RESULT_COLUMNS)}\n").orders

    assert order.levels == ("2026",)


def test_without_the_sign_there_are_no_levels(tmp_path: Path) -> None:
    """Columns alone do not make folders."""
    assert read(tmp_path, "PO_NUMBER,Year\nPO1,2026\n").orders[0].levels == ()
