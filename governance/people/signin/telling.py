"""Lines for a visitor's next page, kept in the row of their session and told once."""

from __future__ import annotations

from collections.abc import Sequence

from governance.kernel.db import Databases
from governance.people.signin import store
from governance.ports.visitor import Visitor

MOST = 5


class ToldLines:
    """Keeps and gives a session's lines; of two pages asked for at once, one tells them."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases

    def keep(self, visitor: Visitor, kind: str, sentence: str) -> None:
        """Keep one more line, of the last few."""
        with self._databases.writing() as session:
            lines = store.take_told(session, visitor.session, hold=True)
            store.put_told(session, visitor.session, [*lines, [kind, sentence]][-MOST:])

    def take(self, visitor: Visitor) -> Sequence[tuple[str, str]]:
        """What was kept, once; nothing is written where nothing was."""
        with self._databases.reading() as session:
            if not store.take_told(session, visitor.session):
                return ()
        with self._databases.writing() as session:
            lines = store.take_told(session, visitor.session, hold=True)
            store.put_told(session, visitor.session, [])
        return [(kind, sentence) for kind, sentence in lines]
