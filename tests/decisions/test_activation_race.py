"""A pack is activated again and again while eight threads ask: no answer is wrong for the revision that it names."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import pytest
from sqlalchemy.orm import Session

from governance.decisions.questions import read_question
from governance.decisions.records import Asker
from governance.decisions.service import Decisions, Questions
from governance.kernel import clock
from governance.kernel.errors import Unavailable
from governance.ports.sources import RoleRules
from governance.trail.writer import Recorder
from policies import engine
from policies.pack import PackTexts
from policies.reading import read_pack
from tests.installation import POLICY, SYSTEM_TOML, Installation
from tests.servers import PERMITTED, SYSTEM
from tests.twins.in_place import InPlace

ASKING, EACH = 8, 5
ACTIVATIONS, LEAST = 100, 10_000
PERMITTING = PackTexts(SYSTEM_TOML, POLICY, "", "")
DENYING = PackTexts(
    SYSTEM_TOML + '\n[rules.A-2]\nsource = "Tests"\nreason = "part_locked"\ndetail = { part = "The file" }\n',
    POLICY + "reader,file,view,always,deny,A-2\n",
    "",
    "",
)
QUESTION = {
    "subject": {"type": "user", "id": PERMITTED},
    "action": {"name": "view"},
    "resource": {"type": "file", "id": "F-1"},
    "context": {"case": "C-1"},
}


class Given(NamedTuple):
    """A decision: what was answered, by which revisions, and at which revision of facts it was asked at least."""

    allowed: bool
    policy: int
    facts: int
    floor: int


class Race:
    """One process's decisions, asked by many threads while another one activates."""

    def __init__(self, installation: Installation, decisions: Decisions) -> None:
        self.installation, self.decisions = installation, decisions
        self.permits: dict[int, bool] = {}
        self.active: dict[int, int] = {}
        self.given: list[Given] = []
        self._sealed = 0
        self._done = threading.Event()

    def activate(self, number: int, before: Callable[[PackTexts], object] = id) -> None:
        """Put the next text in force: each is a revision of its own, every other one denies."""
        texts = replace((PERMITTING, DENYING)[number % 2], readme=f"text {number}")
        before(texts)
        policy = self.installation.activate(texts)
        self.permits[policy] = number % 2 == 0
        self._sealed = self.installation.databases.freshness.current()
        self.active[self._sealed] = policy

    def ask(self) -> None:
        """Ask until told to stop."""
        while not self._done.is_set():
            floor = self._sealed
            self.decisions.catch_up()
            try:
                answered = self.decisions.ask(
                    SYSTEM,
                    lambda rules: Questions([read_question(QUESTION, rules)] * EACH),
                    Asker("key:test"),
                    clock.now(),
                )
            except Unavailable:
                continue  # a slow disk: nothing was answered, so nothing can be wrong
            self.given += [Given(one.allowed, one.policy, answered.revision, floor) for one in answered.decisions]

    def wrong(self) -> list[Given]:
        """Answers that are not their revision's, name another revision than the active one, or are stale."""
        return [
            one
            for one in list(self.given)
            if self.permits.get(one.policy, one.allowed) is not one.allowed
            or self.active.get(one.facts, one.policy) != one.policy
            or one.facts < one.floor
        ]

    @contextmanager
    def running(self) -> Iterator[None]:
        """The asking threads while they are on."""
        threads = [threading.Thread(target=self.ask) for _ in range(ASKING)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._done.set()
            for thread in threads:
                thread.join()


def race(installation: Installation, activations: int, least: int) -> None:
    """Activate so often, while at least so many decisions are made."""
    decisions = Decisions(installation.databases, installation.service.parts, Recorder(installation.databases, 10))
    one = Race(installation, decisions)
    one.activate(0)
    with one.running():
        number = 0
        while number < activations or len(one.given) < least:
            number += 1
            one.activate(number)
    assert one.wrong() == []
    assert {given.allowed for given in one.given} == {True, False}
    assert len({given.policy for given in one.given}) > activations // 10, "hardly any revision was asked"


def test_no_answer_is_wrong_while_a_pack_is_activated(installation: Installation) -> None:
    race(installation, ACTIVATIONS, LEAST)


@pytest.mark.soak
def test_no_answer_is_wrong_for_long(installation: Installation) -> None:
    race(installation, 10 * ACTIVATIONS, 10 * LEAST)


def test_the_same_catches_an_engine_that_reloads_in_place(installation: Installation) -> None:
    parts, requirements = installation.service.parts, installation.service.requirements
    twin = InPlace(parts.role_rules, engine.build(read_pack(PERMITTING, requirements)))
    decisions = Decisions(installation.databases, replace(parts, role_rules=twin), Recorder(installation.databases, 10))
    one = Race(installation, decisions)
    one.activate(0)
    with one.running():
        for number in range(1, ACTIVATIONS):
            one.activate(number, lambda texts: twin.reload(engine.build(read_pack(texts, requirements))))
            if one.wrong():
                return
    pytest.fail("the race was never seen")


def test_rules_that_could_not_be_loaded_once_are_loaded_the_next_time(installation: Installation) -> None:
    """The database fails just as the new rules are read: the old ones do not stay in force."""
    parts = installation.service.parts
    failing = FailsOnce(parts.role_rules)
    decisions = Decisions(
        installation.databases, replace(parts, role_rules=failing), Recorder(installation.databases, 10)
    )
    one = Race(installation, decisions)
    one.activate(0)
    decisions.catch_up()
    one.activate(1)
    failing.fails = True
    with pytest.raises(OSError, match="gone"):
        decisions.catch_up()
    decisions.catch_up()
    answered = decisions.ask(
        SYSTEM, lambda rules: Questions([read_question(QUESTION, rules)]), Asker("key:test"), clock.now()
    )
    assert one.permits[answered.decisions[0].policy] is answered.decisions[0].allowed is False


class FailsOnce:
    """Role rules whose database is gone for one question."""

    def __init__(self, stored: RoleRules) -> None:
        self._stored = stored
        self.fails = False
        self.load = stored.load
        self.since = stored.since
        self.resources = stored.resources

    def active(self, session: Session, at: int) -> Mapping[str, int]:
        """Which policy revision is active, or an error, once."""
        if self.fails:
            self.fails = False
            raise OSError("the database is gone")
        return self._stored.active(session, at)
