"""What docs/errors.md says of failures, compared with the table in the code."""

from __future__ import annotations

import pytest

from tests.architecture.test_pages import ROOT, script


def test_the_page_of_errors_is_what_the_table_says() -> None:
    """docs/errors.md shows each kind of failure as pytest_edgepool/failures.py has it."""
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert page == script("write_errors_table").with_table(page), "run scripts/write_errors_table.py"


def test_the_table_of_errors_needs_its_markers() -> None:
    """A page without them is refused with a sentence that names them."""
    with pytest.raises(ValueError, match="<!-- /failures -->, in this order"):
        script("write_errors_table").with_table("# A page\n")
