"""One keeper a library: where it changes or bites, one file changes."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, WITH_MIGRATIONS, Module, modules, plant

DATABASE = "governance/kernel/db.py"

KEEPERS: dict[str, tuple[str, ...]] = {
    "argon2": ("governance/people/signin/passwords.py",),
    "alembic": (DATABASE, "migrations/"),
    "apscheduler": ("governance/scheduler.py",),
    "authlib": ("governance/people/signin/federation.py", "tokens/issuing/provider.py"),
    "casbin": ("policies/engine.py",),
    "environs": ("governance/kernel/settings.py",),
    "flask_sqlalchemy": (DATABASE,),
    "joserfc": ("governance/kernel/jws.py", "governance/people/signin/federation.py"),
    "notifications_python_client": ("governance/outbox/notify.py",),
    "openpyxl": ("governance/exchange/workbooks.py",),
    "psycopg": (DATABASE,),
    "pyotp": ("tokens/authenticators/totp.py",),
    "segno": ("tokens/authenticators/drawing.py",),
    "requests": ("governance/people/signin/lines.py",),
    "smtplib": ("governance/outbox/sending.py",),
    "sqlite3": (DATABASE,),
    "urllib3": ("governance/people/signin/lines.py",),
    "webauthn": ("tokens/authenticators/passkeys.py",),
    "zxcvbn": ("governance/people/signin/passwords.py",),
}
"""Who may import each library: a file, or a folder that ends in a slash."""

ONE_FILE_ANYWHERE = ("granian",)
"""Libraries with one keeper, whichever file it is."""


def strangers(root: Path) -> list[str]:
    """Files that import a library kept by another."""
    return [
        module.at(
            node, f"imports {library}, which {' and '.join(KEEPERS[library])} keeps. Ask that file for what you need."
        )
        for module, node, library in _imports(root)
        if library in KEEPERS and not module.path.startswith(KEEPERS[library])
    ]


def second_keepers(root: Path) -> list[str]:
    """Libraries that two files import although one should."""
    places: dict[str, set[str]] = {library: set() for library in ONE_FILE_ANYWHERE}
    for module, _, library in _imports(root):
        if library in places:
            places[library].add(module.path)
    return [f"{library}: imported by {', '.join(sorted(paths))}" for library, paths in places.items() if len(paths) > 1]


def _imports(root: Path) -> Iterator[tuple[Module, ast.stmt | ast.expr, str]]:
    for module in modules(root, WITH_MIGRATIONS):
        for node in ast.walk(module.tree):
            for name in _imported(node):
                yield module, node, name.partition(".")[0]


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(name), level=0):
            return [name]
        case ast.Call(
            func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str(name)), *_],
        ):
            return [name]
    return []


def test_each_library_has_its_keeper() -> None:
    assert strangers(ROOT) == []
    assert second_keepers(ROOT) == []


@pytest.mark.parametrize("library", sorted(KEEPERS))
@pytest.mark.parametrize(
    "text", ["import {0}\n", "from {0}.inner import thing\n", "import importlib\nimportlib.import_module('{0}')\n"]
)
def test_a_stranger_is_caught(tmp_path: Path, library: str, text: str) -> None:
    keeper = KEEPERS[library][0]
    plant(tmp_path, keeper, text.format(library))
    plant(tmp_path, "agreements/store.py", "def late():\n    " + text.format(library).replace("\n", "\n    "))
    assert [offence.partition(":")[0] for offence in strangers(tmp_path)] == ["agreements/store.py"]


def test_a_name_that_only_begins_alike_is_no_offence(tmp_path: Path) -> None:
    assert strangers(plant(tmp_path, "agreements/store.py", "import casbinet\nfrom . import psycopg\n")) == []


@pytest.mark.parametrize("library", ONE_FILE_ANYWHERE)
def test_a_second_keeper_is_caught(tmp_path: Path, library: str) -> None:
    plant(tmp_path, "wsgi.py", f"import {library}\n")
    assert second_keepers(tmp_path) == []
    plant(tmp_path, "governance/app.py", f"from {library} import thing\n")
    assert second_keepers(tmp_path) == [f"{library}: imported by governance/app.py, wsgi.py"]
