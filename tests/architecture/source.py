"""The house as a tree of files: what the architecture tests read."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]

PACKAGES = ("governance", "policies", "agreements", "accreditation", "tokens")
WITH_MIGRATIONS = (*PACKAGES, "migrations")


@dataclass(frozen=True)
class Module:
    """One Python file: its path from the root, its text and its syntax."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def names(self) -> dict[str, str]:
        """What each imported name stands for: `dt` → `datetime.datetime`."""
        names: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    names[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
        return names

    def meaning(self, node: ast.expr) -> str | None:
        """The full name that a dotted expression stands for, when it starts at an import."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id)
        if isinstance(node, ast.Attribute) and (before := self.meaning(node.value)):
            return f"{before}.{node.attr}"
        return None

    def at(self, node: ast.stmt | ast.expr, what: str) -> str:
        """An offence, as every rule tells it."""
        return f"{self.path}:{node.lineno}: {what}"


def modules(root: Path, packages: tuple[str, ...] = PACKAGES) -> Iterator[Module]:
    """Every Python file of the service: the packages, and the roof."""
    files = [file for package in packages for file in sorted((root / package).rglob("*.py"))]
    for file in [*files, root / "wsgi.py"]:
        if file.exists():
            yield Module(file.relative_to(root).as_posix(), file.read_text(encoding="utf-8"))


def plant(root: Path, path: str, text: str) -> Path:
    """Write one file of a made-up tree and give back its root."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return root
