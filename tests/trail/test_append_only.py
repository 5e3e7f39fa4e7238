"""The databases refuse to alter or remove what the trail holds; a body may be blanked, and only blanked."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from governance.kernel import clock
from governance.kernel.db import Databases
from governance.trail.service import erase_record, get_record, verify_trail
from governance.trail.verify import Damage
from governance.trail.writer import Recorder
from tests.installation import ACTOR, Installation
from tests.trail.ledgers import some_record

REFUSED = [
    ("leaf", "UPDATE {leaf} SET decision = 1"),
    ("leaf", "UPDATE {leaf} SET leaf = leaf"),
    ("leaf", "DELETE FROM {leaf}"),
    ("body", "UPDATE {body} SET body = salt"),
    ("body", "UPDATE {body} SET body = NULL"),
    ("body", "UPDATE {body} SET salt = NULL"),
    ("body", "UPDATE {body} SET salt = NULL, body = NULL, seq = seq + 100"),
    ("body", "DELETE FROM {body}"),
    ("trail_entry", "UPDATE trail_entry SET action = 'nothing.happened'"),
    ("trail_entry", "DELETE FROM trail_entry WHERE seq = 1"),
    ("trail_entry_body", "UPDATE trail_entry_body SET body = salt"),
    ("trail_entry_body", "DELETE FROM trail_entry_body"),
]
REPLACED = [
    ("leaf", "REPLACE INTO {leaf} SELECT chain, seq, system, 1 - decision, at, leaf FROM {leaf}"),
    ("body", "REPLACE INTO {body} SELECT chain, seq, body, salt FROM {body}"),
]
TRUNCATED = [(table, f"TRUNCATE {{{table}}} CASCADE") for table in ("leaf", "body", "trail_entry", "trail_entry_body")]


def execute(databases: Databases, table: str, statement: str) -> int:
    """Execute a statement as the service's own account, and say how many rows it touched."""
    engine = databases.trail if table in ("leaf", "body") else databases.facts
    schema = "trail." if engine.dialect.name == "postgresql" else ""
    names = {
        "leaf": f"{schema}leaf",
        "body": f"{schema}body",
        "trail_entry": "trail_entry",
        "trail_entry_body": "trail_entry_body",
    }
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        return connection.execute(text(statement.format(**names))).rowcount


def test_the_databases_refuse_to_alter_or_remove(installation: Installation) -> None:
    Recorder(installation.databases).put([some_record(1), some_record(2)])
    statements = REFUSED + (TRUNCATED if installation.urls.dialect == "postgresql" else REPLACED)
    for table, statement in statements:
        with pytest.raises(DatabaseError, match="append-only"):
            execute(installation.databases, table, statement)
    installation.assert_intact()


def test_an_erased_body_leaves_the_chain_whole(installation: Installation) -> None:
    first, second = Recorder(installation.databases).put([some_record(1), some_record(2)])
    erase_record(installation.databases, first, "the law asks for it", actor=ACTOR, now=clock.now())
    assert get_record(installation.databases, first)["body"] is None
    assert get_record(installation.databases, second)["body"] is not None
    verifier = verify_trail(installation.databases)
    assert (verifier.damages, verifier.tally.erased) == ([], 1)


def test_a_body_blanked_behind_our_back_is_told(installation: Installation) -> None:
    first, _ = Recorder(installation.databases).put([some_record(1), some_record(2)])
    execute(installation.databases, "body", "UPDATE {body} SET salt = NULL, body = NULL WHERE seq = 1")
    told = Damage(first, "its body was blanked, and no entry tells of it")
    assert verify_trail(installation.databases).damages == [told]
