"""The code stays readable: no function and no file outgrows today's largest.

The numbers below are today's worst. They may be lowered, never raised.
"""

import ast
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_SOURCES = sorted(
    file for package in ("agent", "drivers", "sync") for file in (_ROOT / package).rglob("*.py")
)

_LONGEST_FUNCTION = 42
_LONGEST_FILE = 298


def _functions(file: Path) -> list[tuple[int, str]]:
    return [
        ((node.end_lineno or node.lineno) - node.lineno + 1, f"{file.name}:{node.name}")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_no_function_outgrows_the_longest() -> None:
    """The longest function is no longer than it was, and never longer than 70 lines."""
    longest = max(found for file in _SOURCES for found in _functions(file))
    assert longest[0] <= min(_LONGEST_FUNCTION, 70), longest


def test_no_file_outgrows_the_longest() -> None:
    """The longest file is no longer than it was, and never longer than 480 lines."""
    longest = max((len(file.read_text("utf-8").splitlines()), file.name) for file in _SOURCES)
    assert longest[0] <= min(_LONGEST_FILE, 480), longest


def test_every_module_says_what_it_offers() -> None:
    """Each module has a docstring and, where it defines something, an explicit __all__."""
    for file in _SOURCES:
        tree = ast.parse(file.read_text("utf-8"))
        assert ast.get_docstring(tree), f"{file} has no docstring"
        defines = any(isinstance(n, ast.FunctionDef | ast.ClassDef) for n in tree.body)
        names = {t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets
                 if isinstance(t, ast.Name)}  # fmt: skip
        assert not defines or "__all__" in names, f"{file} has no __all__"
