"""The front ends are others' programs: they know Postern by its API alone, and the client knows nobody."""

import ast
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGES, ROOT, Module, plant

FRONT_ENDS = ("client", "lookup", "nginx", "pages", "reports")
OF_THE_SERVICE = frozenset({*PACKAGES, "wsgi", "migrations", "tests", "benchmarks"})
CLIENT_MAY = {"postern_rows.py": {"sqlalchemy"}}


def examples(root: Path) -> list[Module]:
    """Every Python file of the client and the front ends."""
    files = [file for folder in FRONT_ENDS for file in sorted((root / "examples" / folder).rglob("*.py"))]
    return [Module(file.relative_to(root).as_posix(), file.read_text("utf-8")) for file in files]


def trespassers(root: Path) -> list[str]:
    """Imports of the service's own code."""
    return [
        f"{module.path}: imports {name}. A front end asks over HTTP."
        for module in examples(root)
        for name in sorted(imported(module))
        if name.partition(".")[0] in OF_THE_SERVICE
    ]


def imported(module: Module) -> set[str]:
    """The modules that a file imports."""
    nodes = list(ast.walk(module.tree))
    return {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names} | {
        str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)
    }


def test_front_ends_ask_over_http() -> None:
    assert trespassers(ROOT) == []
    assert len(examples(ROOT)) > 10


def test_the_client_can_be_copied_as_it_is() -> None:
    import sys

    for module in examples(ROOT):
        if module.path.startswith("examples/client/"):
            outside = {name.partition(".")[0] for name in imported(module)} - set(sys.stdlib_module_names)
            assert outside <= CLIENT_MAY.get(Path(module.path).name, set()), module.path


@pytest.mark.parametrize("text", ["import governance.web\n", "def late():\n    from policies import engine\n"])
def test_a_trespasser_is_caught(tmp_path: Path, text: str) -> None:
    plant(tmp_path, "examples/lookup/views.py", text)
    assert [offence.partition(":")[0] for offence in trespassers(tmp_path)] == ["examples/lookup/views.py"]
