"""Writes docs/settings.md from pytest_edgepool/settings.py. Never decides what a setting means."""

from __future__ import annotations

from pathlib import Path

from pytest_edgepool.settings import Knob, default_of, knobs, option_of, variable_of

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"

HEAD = """\
<!-- Written by `make settings-page` from pytest_edgepool/settings.py; a test compares the two. -->
# Settings

Each setting can be given in up to four places. The first one that has it wins:

1. the command line,
2. an environment variable,
3. an ini key, in the section `[tool.pytest.ini_options]` of `pyproject.toml` or in `pytest.ini`,
4. the default.

The header of a run prints what is in force and where it came from. A value that is not allowed ends the run with one
sentence and exit code 4 before any browser starts.

The site's URL has one more source: where neither the command line, `EDGEPOOL_PO_URL` nor the ini gives it, the variable
`COUPA_BASE_URL` does, and after it what `edgepool login` recorded.
"""

SECTIONS = {
    "po_": ("The job", "What is asked for, and where it goes."),
    "edgepool_": ("The pool", "Browsers, profiles and their proofs; these serve other suites as well."),
}


def shown_default(name: str, told: Knob) -> str:
    """Return the default as a reader would say it."""
    default = default_of(name)
    if told.kind == "yes":
        return "`yes`" if default else "`no`"
    if told.kind == "seconds":
        return f"{default:g} s"
    return f"`{default}`" if default not in ("", ()) else "not set"


def row(name: str, told: Knob) -> str:
    """Return a setting's row of the table."""
    option = f"`{' '.join(filter(None, [option_of(name), told.metavar]))}`" if told.option else "ini only"
    meaning = f"{told.why[:1].upper()}{told.why[1:]}."
    if told.choices:
        meaning += f" One of {', '.join(f'`{choice}`' for choice in told.choices)}."
    cells = [option, f"`{name}`", f"`{variable_of(name)}`", shown_default(name, told), meaning.replace("<", "&lt;")]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def page() -> str:
    """Return the whole page as Markdown."""
    parts = [HEAD]
    for prefix, (title, text) in SECTIONS.items():
        parts.append(f"\n## {title}\n\n{text}\n\n| option | ini key | variable | default | meaning |\n")
        parts.append("| --- | --- | --- | --- | --- |\n")
        parts += [f"{row(name, told)}\n" for name, told in knobs().items() if name.startswith(prefix)]
    return "".join(parts)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
