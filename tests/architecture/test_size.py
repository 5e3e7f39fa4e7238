"""A file is at most 400 lines, a function at most 40, docstring aside."""

import ast
from pathlib import Path

from tests.architecture.source import PACKAGES, ROOT, WITH_MIGRATIONS, modules, plant

FILE_LINES = 400
FUNCTION_LINES = 40

type_of_function = (ast.FunctionDef, ast.AsyncFunctionDef)


def long_files(root: Path) -> list[str]:
    """Files that should be two."""
    return [
        f"{module.path}: {lines} lines, {FILE_LINES} at most. Split it by what it does."
        for module in modules(root, WITH_MIGRATIONS)
        if (lines := len(module.text.splitlines())) > FILE_LINES
    ]


def long_functions(root: Path) -> list[str]:
    """Functions that should be several. A migration is a list of statements, so it may be long."""
    return [
        module.at(node, f"{node.name} has {lines} lines, {FUNCTION_LINES} at most. Name its parts.")
        for module in modules(root, PACKAGES)
        for node in ast.walk(module.tree)
        if isinstance(node, type_of_function) and (lines := lines_of(node)) > FUNCTION_LINES
    ]


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, without the docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        docstring = function.body[0]
        lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
    return lines


def test_files_are_short() -> None:
    assert long_files(ROOT) == []


def test_functions_are_short() -> None:
    assert long_functions(ROOT) == []


def test_a_long_file_is_caught(tmp_path: Path) -> None:
    plant(tmp_path, "governance/kernel/enough.py", "x = 1\n" * FILE_LINES)
    plant(tmp_path, "governance/kernel/long.py", "x = 1\n" * (FILE_LINES + 1))
    assert [offence.partition(":")[0] for offence in long_files(tmp_path)] == ["governance/kernel/long.py"]


def test_a_long_function_is_caught(tmp_path: Path) -> None:
    def function(name: str, lines: int) -> str:
        return f'def {name}():\n    """Says.\n\n    More.\n    """\n' + "    x = 1\n" * (lines - 1)

    plant(tmp_path, "agreements/service.py", function("enough", FUNCTION_LINES) + function("long", FUNCTION_LINES + 1))
    assert [offence.split()[1] for offence in long_functions(tmp_path)] == ["long"]
