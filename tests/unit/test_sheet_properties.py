"""What holds for every sheet that can be written, and for any bytes whatever."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pytest_edgepool.errors import SheetMistake
from pytest_edgepool.orders.naming import is_comment
from pytest_edgepool.orders.numbers import NumberRule, asked_as, fault_of, number_in
from pytest_edgepool.orders.priority import rank
from pytest_edgepool.orders.sheet import Sheet, digest_of, freeze, read_sheets, thaw
from tests.unit.sheets import book_of, read, workbook

if TYPE_CHECKING:
    from pathlib import Path

# The same examples in every run: a test that fails must fail for who looks at it. One folder serves all examples.
FAST = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

NUMBERS = st.from_regex(r"[A-Z]{0,3}[0-9]{1,12}(?:[/._-][0-9A-Z]{1,4})?", fullmatch=True)
NAMES = st.text("abcxyzÄé 019_", min_size=1, max_size=8).filter(lambda name: name.strip() == name)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]


def cells(encoding: str) -> st.SearchStrategy[str]:
    """Any text that a cell may hold in that encoding, line ends and all dividing signs included."""
    codec = "utf-8" if encoding.startswith("utf") else encoding
    ordinary = st.characters(codec=codec, exclude_categories=["Cs", "Cc"])
    return st.text(st.one_of(st.sampled_from(",;\t|\"'#=\n"), ordinary), max_size=12)


@st.composite
def tables(draw: st.DrawFn, of: st.SearchStrategy[str]) -> list[list[str]]:
    """A header with PO_NUMBER somewhere, and rows, each with a number of its own."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    place = draw(st.integers(0, len(names)))
    names.insert(place, "PO_NUMBER")
    rows = [names]
    for number in draw(st.lists(NUMBERS, min_size=1, max_size=6, unique=True)):
        row = draw(st.lists(of, min_size=len(names) - 1, max_size=len(names) - 1))
        row.insert(place, number)
        assume(not is_comment(tuple(row)))
        rows.append(row)
    return rows


def assert_holds(sheet: Sheet, table: list[list[str]]) -> None:
    header, *rows = table
    assert [order.number for order in sheet.rows] == [row[header.index("PO_NUMBER")] for row in rows]
    for order, row in zip(sheet.rows, rows, strict=True):
        held = [order.columns[name] for name in header]
        assert [cell if cell.strip() else "" for cell in held] == [cell if cell.strip() else "" for cell in row]
    frozen = freeze([sheet])
    assert thaw(frozen, digest_of(frozen)) == (sheet,)


@FAST
@given(data=st.data(), encoding=st.sampled_from(ENCODINGS), delimiter=st.sampled_from(",;\t|"))
def test_what_was_written_as_text_is_read_back(
    tmp_path: Path, data: st.DataObject, encoding: str, delimiter: str
) -> None:
    """Any rows, in any encoding, with any dividing sign and line end: the same numbers and the same cells."""
    table = data.draw(tables(cells(encoding)))
    text = io.StringIO(newline="")
    end, quoting = data.draw(st.sampled_from(["\n", "\r\n"])), data.draw(st.sampled_from([0, 1]))
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(table)  # type: ignore[arg-type]
    written = text.getvalue().encode(encoding)
    if not encoding.startswith("utf"):
        assume(not is_utf8(written) or written.isascii())  # "Ã©" and "é" can be the same bytes
    if encoding in ("utf-16-le", "utf-16-be"):
        assume("\0" not in written.decode("utf-16-be" if encoding == "utf-16-le" else "utf-16-le", "replace"))

    assert_holds(read(tmp_path, written), table)


@settings(FAST, max_examples=30)
@given(table=tables(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=12)))
def test_what_was_written_as_a_workbook_is_read_back(tmp_path: Path, table: list[list[str]]) -> None:
    """Text cells come back as they are; only what begins as a formula is one."""
    assume(not any(cell.startswith("=") for row in table for cell in row))

    assert_holds(read(tmp_path, book_of(*table), name="pos.xlsx"), table)


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def only_a_mistake(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    try:
        (sheet,) = read_sheets([path], None)
    except SheetMistake as mistake:
        told = str(mistake)
        assert str(path) in told
        assert "Traceback" not in told
        assert len(told) < 20_000
    else:
        assert sheet.orders


@FAST
@given(
    data=st.one_of(
        st.binary(max_size=300),
        st.text(',;\t|"\n\r #<>=PO1é注\0\ufeff', max_size=100).map(lambda text: f"PO_NUMBER,x\n{text}".encode()),
        st.text(max_size=60).map(lambda text: f"PO\tx\n{text}".encode("utf-16", "surrogatepass")),
    ),
    suffix=st.sampled_from([".csv", ".tsv", ".xlsx"]),
)
def test_any_bytes_are_orders_or_a_mistake(tmp_path: Path, data: bytes, suffix: str) -> None:
    """Nothing but a sentence comes of a sheet that cannot be run."""
    only_a_mistake(tmp_path / f"pos{suffix}", data)


BOOK = workbook({"a": [["PO", "b", "c"], ["PO1", 2, "=B2"], ["PO2", 2.5, "x"]], "b": [["y"]]}, lambda _: None)
PARTS = zipfile.ZipFile(io.BytesIO(BOOK)).namelist()


@settings(FAST, max_examples=120)
@given(
    victim=st.sampled_from(PARTS),
    at=st.floats(0, 1),
    cut=st.integers(0, 60),
    put=st.one_of(st.binary(max_size=8), st.sampled_from([b"-1", b"1e400", b"nan", b"<c r='A0'/>", b"&#xffff;", b'"'])),
    is_left_out=st.booleans(),
)
def test_a_damaged_workbook_is_orders_or_a_mistake(
    tmp_path: Path, victim: str, at: float, cut: int, put: bytes, *, is_left_out: bool
) -> None:
    """A part that is missing, cut or changed gives no traceback, whichever it is."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BOOK)) as whole, zipfile.ZipFile(held, "w") as damaged:
        for name in PARTS:
            part = whole.read(name)
            place = int(at * len(part))
            if name != victim:
                damaged.writestr(name, part)
            elif not is_left_out:
                damaged.writestr(name, part[:place] + put + part[place + cut :])
    only_a_mistake(tmp_path / "pos.xlsx", held.getvalue())


@settings(FAST, max_examples=60)
@given(at=st.floats(0, 1), put=st.binary(min_size=1, max_size=4))
def test_a_damaged_archive_is_orders_or_a_mistake(tmp_path: Path, at: float, put: bytes) -> None:
    """The same for bytes of the archive itself."""
    place = int(at * len(BOOK))
    only_a_mistake(tmp_path / "pos.xlsx", BOOK[:place] + put + BOOK[place + len(put) :])


@FAST
@given(text=st.text(max_size=30))
def test_any_text_can_be_judged(text: str) -> None:
    """A number has a fault or something to ask the site for; a priority is known or not; nothing else happens."""
    rule = NumberRule(prefix="keep-first")
    number = number_in(text)
    fault = fault_of(number, rule)
    assert fault is None or all(fault)
    assert asked_as(number, rule)[0] == number
    assert rank(text) is None or rank(text) >= (0, 0.0)  # type: ignore[operator]
