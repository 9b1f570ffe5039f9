"""How Sphinx builds the documentation. Never holds any of its text."""

from __future__ import annotations

project = "pytest-edgepool"
author = "The pytest-edgepool developers"
copyright = f"2026 {author}"  # noqa: A001 - the name that Sphinx reads

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
nitpicky = True
myst_heading_anchors = 3

html_theme = "furo"
html_title = "pytest-edgepool"
