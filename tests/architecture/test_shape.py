"""What every file of the package looks like: its opening sentence, its docstrings, its size."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "pytest_edgepool"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 250, 40

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def name_of(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


def parsed(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"), filename=str(module))


def public_definitions(body: list[ast.stmt], inside: str = "") -> list[tuple[str, Definition]]:
    """Return the classes, functions and methods that others may call, with their dotted names."""
    found: list[tuple[str, Definition]] = []
    for node in body:
        if not isinstance(node, Definition) or node.name.startswith("_"):
            continue
        found.append((f"{inside}{node.name}", node))
        if isinstance(node, ast.ClassDef):
            found += public_definitions(node.body, f"{inside}{node.name}.")
    return found


def needs_no_words(node: Definition) -> bool:
    """Tell whether the definition is explained elsewhere: by what it overrides, or by the definition it overloads."""
    decorators = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
    return bool(decorators & {"overload", "override", "setter"})


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_module_opens_with_a_sentence(module: Path) -> None:
    """Every module says in its first line what it is, as a sentence."""
    docstring = ast.get_docstring(parsed(module))
    assert docstring, f"{name_of(module)} has no docstring"
    first_paragraph = docstring.split("\n\n")[0].strip()
    assert first_paragraph.endswith((".", ":", "?", "!")), f"{name_of(module)} does not open with a whole sentence"


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_public_name_has_a_docstring(module: Path) -> None:
    """Every class, function and method without a leading underscore says what it is for."""
    silent = [
        f"{name_of(module)}:{node.lineno} {name}"
        for name, node in public_definitions(parsed(module).body)
        if not needs_no_words(node) and not ast.get_docstring(node)
    ]
    assert silent == []


def test_no_file_is_long() -> None:
    """A file stays one room with one purpose: 250 lines at most."""
    lengths = {name_of(module): len(module.read_text(encoding="utf-8").splitlines()) for module in MODULES}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_long() -> None:
    """A function is read at one look: 40 lines at most, signature and docstring included."""
    offenders = [
        f"{name_of(module)}:{node.lineno} {node.name} has {lines} lines"
        for module in MODULES
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert offenders == []


def test_no_broad_except_loses_its_error() -> None:
    """Who catches everything raises, or names the error and uses it."""
    offenders = [
        f"{name_of(module)}:{node.lineno}"
        for module in MODULES
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.ExceptHandler) and is_broad(node) and loses_its_error(node)
    ]
    assert offenders == []


def is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(name is None or ast.unparse(name) in {"Exception", "BaseException"} for name in names)


def loses_its_error(handler: ast.ExceptHandler) -> bool:
    for statement in handler.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Raise):
                return False
            if handler.name and isinstance(node, ast.Name) and node.id == handler.name:
                return False
    return True


def test_test_files_have_names_of_their_own() -> None:
    """No two test files share a basename: pytest could not tell them apart without packages."""
    seen: dict[str, list[str]] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        seen.setdefault(path.name, []).append(name_of(path))
    assert {name: paths for name, paths in seen.items() if len(paths) > 1} == {}
    assert list((ROOT / "tests").rglob("__init__.py")) == []
