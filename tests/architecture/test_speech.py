"""Every module says what it is for, and only commands print."""

import ast
from pathlib import Path, PurePosixPath

import pytest

from tests.architecture.source import ROOT, WITH_MIGRATIONS, modules, plant

PRINTS = frozenset({"pp", "pprint", "print"})


def silent_modules(root: Path) -> list[str]:
    """Modules without a docstring."""
    return [
        f"{module.path}: says nothing of itself. Give it one line in the reader's words."
        for module in modules(root, WITH_MIGRATIONS)
        if not (ast.get_docstring(module.tree) or "").strip()
    ]


def printers(root: Path) -> list[str]:
    """Files that print although nobody sits before them."""
    return [
        module.at(node, "prints. Log it, or return it to a command (cli.py).")
        for module in modules(root, WITH_MIGRATIONS)
        if not is_command(module.path)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PRINTS
    ]


def is_command(path: str) -> bool:
    """Whether a file is a command: `cli.py`, or anything in a folder `cli`."""
    return "cli" in PurePosixPath(path).with_suffix("").parts


def test_every_module_says_what_it_is_for() -> None:
    assert silent_modules(ROOT) == []


def test_only_commands_print() -> None:
    assert printers(ROOT) == []


@pytest.mark.parametrize("text", ["", "x = 1\n", '"""  """\n', "# a comment is no docstring\n"])
def test_a_silent_module_is_caught(tmp_path: Path, text: str) -> None:
    plant(tmp_path, "agreements/rules.py", '"""What can be agreed to, by whom, and when."""\n')
    plant(tmp_path, "agreements/store.py", text)
    assert [offence.partition(":")[0] for offence in silent_modules(tmp_path)] == ["agreements/store.py"]


def test_a_print_is_caught(tmp_path: Path) -> None:
    plant(tmp_path, "agreements/cli.py", "print('fine')\n")
    plant(tmp_path, "agreements/service.py", "def sign():\n    print('here')\n")
    assert [offence.partition(" ")[0] for offence in printers(tmp_path)] == ["agreements/service.py:2:"]
