"""Facts in memory: small frozen objects, loaded in batches at one revision, dropped by the change log.

What a worker keeps of a person is what was worked out of their facts: the chains of their grants, until the first
of them may change. The person's own facts are held only while chains are made of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from governance.kernel.db import Databases
from governance.kernel.errors import Erased
from governance.kernel.keys import FactKey
from governance.kernel.loading import rehearsing
from governance.kernel.recorded import keys_since
from governance.ports.sources import FactSource

MANY = 20_000
NOBODY = "0:"  # reads as an organisation and a system too
SLACK = timedelta(seconds=1)  # between two threads that have read the clock, not a clock put back


class Held(NamedTuple):
    """In the name of which organisations somebody holds roles, begun or not, and until when that is so."""

    organisations: tuple[int, ...]
    until: datetime | None


class Entry:
    """What is in memory of one person: who they are, their chains until some moment, and facts on their way.

    `tried` has the chains of roles that they do not hold, as (role, chains); `held` is there once somebody asked.
    """

    __slots__ = ("chains", "facts", "held", "person", "tried", "until")

    def __init__(self, person: Any) -> None:
        self.person = person
        self.facts: list[Any] | None = None
        self.chains: tuple[Any, ...] | None = None
        self.tried: tuple[tuple[Any, tuple[Any, ...]], ...] = ()
        self.until: datetime | None = None
        self.held: Held | None = None

    def forget(self) -> None:
        """Drop everything but who they are."""
        self.facts = self.chains = self.until = self.held = None
        self.tried = ()


class Memory:
    """One worker's facts at one revision. Not for two threads at once: the service holds its lock."""

    def __init__(self, databases: Databases, sources: Sequence[FactSource], revision: int = 0) -> None:
        self._databases = databases
        self._sources = {source.kind: source for source in sources}
        personal = [source.kind for source in sources if source.about == "person" and source.kind != "person"]
        self._slots = {kind: slot for slot, kind in enumerate(personal)}
        self._judged = frozenset(source.kind for source in sources if source.about in ("organisation", "system"))
        self._shared: dict[str, dict[int | str, Any]] = {kind: {} for kind in self._sources if kind not in self._slots}
        self._session: Session | None = None
        self.people: dict[str, Entry] = {}
        self._numbers: dict[int, Entry] = {}
        self.revision = revision
        self.generation = 0
        self.latest: datetime | None = None

    def at(self, now: datetime) -> None:
        """Take notice of the moment: when the clock was put back, what was worked out later does not hold yet."""
        if self.latest is None or now > self.latest:
            self.latest = now
        elif now < self.latest - SLACK:
            self.latest = now
            self.forget_chains()

    def is_personal(self, kind: str) -> bool:
        """Whether facts of a kind are one person's."""
        return kind in self._slots

    @contextmanager
    def loading(self) -> Iterator[Session]:
        """Let all that is loaded inside share one session."""
        if self._session is not None:
            yield self._session
            return
        with self._databases.reading() as session:
            self._session = session
            try:
                yield session
            finally:
                self._session = None

    def rehearse(self) -> None:
        """Ask every source once for nobody's facts, so that the first question finds all statements made."""
        with self.loading() as session:
            rehearsing(session)
            for kind in self._sources:
                with suppress(Erased):  # somebody has nobody's name
                    self._load(kind, [FactKey(kind, 0, NOBODY)])

    def refresh(self, revision: int) -> frozenset[str]:
        """Move to a newer revision: drop what has changed, and say which kinds that were."""
        if revision <= self.revision:
            return frozenset()
        keys = self._changed(revision)
        if keys is None:
            self._forget()
            kinds = frozenset(self._sources) | {"policy"}
        else:
            self._drop(keys)
            kinds = frozenset(key.kind for key in keys)
        self.revision = revision
        return kinds

    def _changed(self, upto: int) -> Sequence[FactKey] | None:
        """The keys that have changed since this memory's revision; None for all: too many, or nothing was read yet."""
        if self.revision == 0:
            return None
        with self._databases.reading() as session:
            keys = keys_since(session, self.revision, upto, MANY + 1)
        return keys if len(keys) <= MANY else None

    def _forget(self) -> None:
        self.generation += 1
        self.people.clear()
        self._numbers.clear()
        for kept in self._shared.values():
            kept.clear()

    def _drop(self, keys: Iterable[FactKey]) -> None:
        judged = False
        for key in keys:
            if key.kind in self._slots:
                entry = self._numbers.get(key.number)
                if entry is not None:
                    entry.forget()
            elif key.kind == "person":
                entry = self.people.pop(key.name, None)
                if entry is not None:
                    self._numbers.pop(entry.person.id, None)
            elif key.kind in self._shared:
                self._shared[key.kind].pop(key.name or key.number, None)
                judged = judged or key.kind in self._judged
        if judged:
            self.forget_chains()

    def forget_chains(self) -> None:
        """Drop every chain, and all that is judged for many: organisations' facts, or the rules, have changed."""
        self.generation += 1
        for entry in self.people.values():
            entry.forget()

    def person(self, reference: str) -> Entry:
        """What is known of a reference; its `person` is None when nobody has it, and then nothing is kept."""
        entry = self.people.get(reference)
        if entry is None:
            self.want_people([reference])
            entry = self.people.get(reference) or Entry(None)
        return entry

    def want_people(self, references: Iterable[str]) -> None:
        """Load the people of these references that are not in memory, in one query."""
        missing = [FactKey("person", 0, reference) for reference in references if reference not in self.people]
        if missing:
            for key, person in self._load("person", missing).items():
                if person is not None:  # whoever is unknown is not kept: anybody could fill the memory with them
                    self._numbers[person.id] = self.people[key.name] = Entry(person)

    def get(self, key: FactKey) -> Any:
        """The facts of one key, loaded when they are not in memory."""
        slot = self._slots.get(key.kind)
        if slot is not None:
            facts = self._numbers[key.number].facts
            if facts is None or facts[slot] is None:
                self.want([key])
                facts = self._numbers[key.number].facts
            return facts[slot] if facts is not None else None
        kept = self._shared[key.kind]
        name = key.name or key.number
        if name not in kept:
            self.want([key])
        return kept.get(name)

    def want(self, keys: Iterable[FactKey]) -> None:
        """Load the facts of these keys that are not in memory: one query a kind, for many keys."""
        missing: dict[str, list[FactKey]] = {}
        for key in keys:
            if not self._has(key):
                missing.setdefault(key.kind, []).append(key)
        for kind, wanted in missing.items():
            slot = self._slots.get(kind)
            if slot is None and kind not in self._judged and len(self._shared[kind]) > MANY:
                self._shared[kind].clear()  # sessions come and go for ever
            for key, facts in self._load(kind, wanted).items():
                if slot is not None:
                    self._put(self._numbers[key.number], slot, facts)
                elif facts is not None or kind in self._judged:  # a key that nobody has is not kept
                    self._shared[kind][key.name or key.number] = facts

    def _put(self, entry: Entry, slot: int, facts: Any) -> None:
        if entry.facts is None:
            entry.facts = [None] * len(self._slots)
        entry.facts[slot] = facts if facts is not None else ()

    def _has(self, key: FactKey) -> bool:
        slot = self._slots.get(key.kind)
        if slot is not None:
            facts = self._numbers[key.number].facts
            return facts is not None and facts[slot] is not None
        return (key.name or key.number) in self._shared[key.kind]

    def _load(self, kind: str, keys: Sequence[FactKey]) -> Mapping[FactKey, Any]:
        with self.loading() as session:
            return self._sources[kind].facts(session, keys, self.revision)
