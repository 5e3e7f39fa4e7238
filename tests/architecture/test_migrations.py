"""Migrations are one line of steps, its end is pinned, and no step knows today's models."""

import ast
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGES, ROOT, Module, modules, plant

HEAD = "0009"
"""The newest migration. A change that adds one says so here, so that two cannot be added unseen."""

VERSIONS = "migrations/versions/"


def heads(root: Path) -> list[str]:
    """The revisions that no other revision follows."""
    steps = [_constants(module) for module in _versions(root)]
    followed = {before for step in steps for before in _several(step.get("down_revision"))}
    return sorted(str(step["revision"]) for step in steps if step["revision"] not in followed)


def shared_numbers(root: Path) -> list[str]:
    """Revisions that two files claim."""
    numbers = [str(_constants(module)["revision"]) for module in _versions(root)]
    return sorted({number for number in numbers if numbers.count(number) > 1})


def house_imports(root: Path) -> list[str]:
    """Migrations that import the house: a step must still do the same when the models have moved on."""
    return [
        module.at(node, f"imports {name}. Write the table out as it was then.")
        for module in _versions(root)
        for node in ast.walk(module.tree)
        for name in _imported(node)
        if name.partition(".")[0] in (*PACKAGES, "wsgi")
    ]


def _versions(root: Path) -> list[Module]:
    return [
        module
        for module in modules(root, ("migrations",))
        if module.path.startswith(VERSIONS) and not module.path.endswith("__init__.py")
    ]


def _constants(module: Module) -> dict[str, object]:
    found: dict[str, object] = {}
    for node in module.tree.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name in {"revision", "down_revision"}:
                found[name] = ast.literal_eval(value)
    return found


def _several(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(name)):
            return [name]
    return []


def test_the_head_is_pinned() -> None:
    assert heads(ROOT) == [HEAD]


def test_numbers_are_given_once() -> None:
    assert shared_numbers(ROOT) == []


def test_migrations_stand_alone() -> None:
    assert house_imports(ROOT) == []


def test_a_fork_is_caught(tmp_path: Path) -> None:
    plant(tmp_path, VERSIONS + "0001_first.py", "revision = '0001'\ndown_revision = None\n")
    assert heads(tmp_path) == ["0001"]
    plant(tmp_path, VERSIONS + "0002_left.py", "revision: str = '0002'\ndown_revision: str | None = '0001'\n")
    assert heads(tmp_path) == ["0002"]
    plant(tmp_path, VERSIONS + "0003_right.py", "revision = '0003'\ndown_revision = '0001'\n")
    assert heads(tmp_path) == ["0002", "0003"]
    plant(tmp_path, VERSIONS + "0004_joined.py", "revision = '0004'\ndown_revision = ('0002', '0003')\n")
    assert heads(tmp_path) == ["0004"]


def test_a_shared_number_is_caught(tmp_path: Path) -> None:
    for name in ("0001_one.py", "0001_other.py"):
        plant(tmp_path, VERSIONS + name, "revision = '0001'\ndown_revision = None\n")
    assert shared_numbers(tmp_path) == ["0001"]


@pytest.mark.parametrize("line", ["from governance.people.models import Person", "import agreements.models"])
def test_a_migration_that_imports_a_model_is_caught(tmp_path: Path, line: str) -> None:
    plant(tmp_path, VERSIONS + "0001_first.py", f"revision = '0001'\ndown_revision = None\n{line}\n")
    assert len(house_imports(tmp_path)) == 1
