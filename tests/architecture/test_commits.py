"""One file commits, so that a change and its trail entry can only be written together."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, WITH_MIGRATIONS, modules, plant

DATABASE = "governance/kernel/db.py"

COMMITTING_METHODS = frozenset({"begin", "commit"})
"""`begin` too: leaving `with session.begin():` commits."""

COMMITTING_SQL = re.compile(r"\s*(COMMIT|END)(\s+(TRANSACTION|WORK))?\s*;?\s*", re.IGNORECASE)
SPEAKS_SQL = frozenset({"exec_driver_sql", "execute", "executescript", "scalar", "text"})


def committers(root: Path) -> list[str]:
    """Places that end a transaction of their own."""
    return [
        module.at(node, f"commits. Use the transaction of {DATABASE}.")
        for module in modules(root, WITH_MIGRATIONS)
        if module.path != DATABASE
        for node in ast.walk(module.tree)
        if _commits(node)
    ]


def _commits(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr=name):
            return name in COMMITTING_METHODS
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(sql)), *_]):
            return name in SPEAKS_SQL and any(COMMITTING_SQL.fullmatch(part) for part in sql.split(";"))
    return False


def test_one_file_commits() -> None:
    assert committers(ROOT) == []


@pytest.mark.parametrize(
    "line",
    [
        "session.commit()",
        "end = session.commit",
        "with session.begin():\n    pass",
        "connection.execute('COMMIT')",
        "connection.exec_driver_sql('commit;')",
        "cursor.executescript('INSERT INTO t VALUES (1); COMMIT;')",
        "connection.execute(text('END TRANSACTION'))",
    ],
)
def test_a_commit_is_caught(tmp_path: Path, line: str) -> None:
    plant(tmp_path, DATABASE, line)
    plant(tmp_path, "agreements/store.py", line)
    assert [offence.partition(":")[0] for offence in committers(tmp_path)] == ["agreements/store.py"]


@pytest.mark.parametrize("line", ["session.flush()", "say('commit')", "session.execute('SELECT committed_at FROM t')"])
def test_a_word_is_no_offence(tmp_path: Path, line: str) -> None:
    assert committers(plant(tmp_path, "agreements/store.py", line)) == []
