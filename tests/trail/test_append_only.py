"""The databases refuse to alter or remove what the trail holds; a body may be blanked, and only blanked."""

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from governance.kernel import clock
from governance.kernel.db import Databases
from governance.kernel.errors import NotFound
from governance.trail import store
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


@pytest.mark.parametrize("other", ["{}-01", "{}-+1", "{}- 1", "{}-0", "{}-1²", "{}-٣", "{}-1" + "0" * 30, "-1", "{}"])
def test_a_number_that_is_written_otherwise_is_nobodys(installation: Installation, other: str) -> None:
    """Else its entry would tell of another number than the one that the verifier looks for."""
    (number,) = Recorder(installation.databases).put([some_record(1)])
    with pytest.raises(NotFound):
        erase_record(
            installation.databases, other.format(number.rpartition("-")[0]), "why", actor=ACTOR, now=clock.now()
        )
    assert get_record(installation.databases, number)["body"] is not None
    installation.assert_intact()


def test_an_erasure_that_broke_off_is_told_and_can_be_repeated(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    (number,) = Recorder(installation.databases).put([some_record(1)])
    with monkeypatch.context() as broken:
        broken.setattr(store, "erase_body", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            erase_record(installation.databases, number, "why", actor=ACTOR, now=clock.now())
    told = Damage(number, "its body stands, and an entry says that it was erased: erase it again")
    assert verify_trail(installation.databases).damages == [told]
    erase_record(installation.databases, number, "why", actor=ACTOR, now=clock.now())
    installation.assert_intact()


def test_what_is_written_and_erased_meanwhile_is_no_damage(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The heads are read first; then records are added, one is erased, and another is, but for its body."""
    databases, recorder = installation.databases, Recorder(installation.databases)
    numbers = recorder.put([some_record(1), some_record(2), some_record(3)])
    list_chains = store.list_chains

    def meanwhile(connection: Connection) -> list[tuple[int, str, str, int, str]]:
        found = list_chains(connection)
        recorder.put([some_record(4), some_record(5)])
        erase_record(databases, numbers[1], "why", actor=ACTOR, now=clock.now())
        return found

    monkeypatch.setattr(store, "list_chains", meanwhile)
    assert verify_trail(databases).damages == []


def test_a_body_blanked_behind_our_back_is_told(installation: Installation) -> None:
    first, _ = Recorder(installation.databases).put([some_record(1), some_record(2)])
    execute(installation.databases, "body", "UPDATE {body} SET salt = NULL, body = NULL WHERE seq = 1")
    told = Damage(first, "its body was blanked, and no entry tells of it")
    assert verify_trail(installation.databases).damages == [told]
