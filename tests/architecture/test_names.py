"""A name says its work. No file or folder is called after having no place of its own."""

from pathlib import Path, PurePosixPath

import pytest

from tests.architecture.source import ROOT, WITH_MIGRATIONS, modules, plant

SAYING_NOTHING = frozenset({
    "base", "bases", "common", "helper", "helpers", "manager", "managers", "misc",
    "shared", "stuff", "util", "utilities", "utils",
})  # fmt: skip


def empty_names(root: Path) -> list[str]:
    """Modules and packages whose name could hold anything."""
    return [
        f"{module.path}: {part!r} says nothing of its work. Name it for what it does."
        for module in modules(root, WITH_MIGRATIONS)
        for part in PurePosixPath(module.path).with_suffix("").parts
        if part in SAYING_NOTHING
    ]


def test_names_say_their_work() -> None:
    assert empty_names(ROOT) == []


@pytest.mark.parametrize("path", ["tokens/utils.py", "governance/common/dates.py", "policies/manager.py"])
def test_an_empty_name_is_caught(tmp_path: Path, path: str) -> None:
    plant(tmp_path, "governance/kernel/database.py", "")
    assert [offence.partition(":")[0] for offence in empty_names(plant(tmp_path, path, ""))] == [path]
