"""Postern asks itself: each page and action of its own is a decision of the system `governance`, on the record.

Where a person or an organisation lies in the tree is looked up here, from stored facts. What a page says of it does
not count, so that no page can reach further than the facts let it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from governance.decisions import explanation
from governance.decisions.questions import read_question
from governance.decisions.records import Asker
from governance.decisions.rules import Decision, Question
from governance.decisions.service import Decisions, Questions
from governance.grants.store import dict_of_holders, list_held_for, list_to_come
from governance.kernel.clock import iso, london_day
from governance.kernel.errors import BadInput, NotFound, Unavailable
from governance.people.store import dict_of_references, list_above, list_organisation_within, list_person_within
from governance.ports.authorise import Permission
from governance.ports.role_rules import SystemRules
from governance.ports.visitor import Acr, Visitor

SYSTEM = "governance"
SESSION = "session"
ACCOUNT, ORGANISATION = "account", "organisation"
INVITE = "invite"
WAYS_IN = frozenset(
    {"start-replacement", "approve-replacement", "release-authenticator", "assign-token", "unlock", "close"}
)
"""What lets another have somebody's account, or takes it from them. To report a loss or end sessions takes nothing that
its person cannot have back by themself, and must be quick: that anybody may who administers where they work."""
PAGES = Asker("pages", asserted_by=SESSION)


class Wish(NamedTuple):
    """What somebody may want to do: an action on a kind of thing, and on which one."""

    action: str
    resource_type: str
    resource_id: str
    properties: Mapping[str, Any]


class Authorising:
    """Asks the decision engine for the visitors of the pages."""

    def __init__(self, decisions: Callable[[], Decisions]) -> None:
        self._decisions = decisions

    def __call__(
        self,
        visitor: Visitor,
        action: str,
        resource_type: str,
        resource_id: str,
        properties: Mapping[str, Any],
        *,
        now: datetime,
    ) -> Permission:
        """Whether the visitor may do this; decided at the newest revision, and on the record before it is told."""
        decisions = self._decisions()
        with decisions.databases.reading() as session:
            known = whereabouts(session, decisions, visitor, action, resource_type, resource_id, now)
        wish = Wish(action, resource_type, resource_id, {**properties, **known})
        with in_force():
            held = decisions.decide_newest(SYSTEM, asked([wish], visitor), lambda _key: PAGES, now)
        answered = decisions.record(held)
        decision = answered.decisions[0]
        reasons = () if decision.allowed else explanation.reasons(decision, full=False)
        return Permission(decision.allowed, tuple(reasons), answered.ids[0])

    def may_see(
        self, visitor: Visitor, wanted: Collection[tuple[str, str]], *, now: datetime
    ) -> frozenset[tuple[str, str]]:
        """Which of some (action, resource type) a visitor may do somewhere, for the links that a page shows.

        Nothing is recorded, so nothing may be done on the strength of it: whoever follows a link is asked about.
        A link also shows where all that is missing is to prove a second factor again. Without Postern's own rules there
        are none: the pages behind them say so.
        """
        decisions = self._decisions()
        with decisions.databases.reading() as session:
            at = decisions.databases.freshness.current()
            places = list_above_each(session, list_held_for(session, visitor.person, SYSTEM, at), at)
        wishes = [wish for action, kind in wanted for wish in somewhere(action, kind, visitor, places)]
        try:
            found = decisions.glance(SYSTEM, asked(wishes, visitor), now)
        except NotFound:
            return frozenset()
        pairs = zip(wishes, found, strict=True)
        return frozenset((wish.action, wish.resource_type) for wish, decision in pairs if is_near(decision))

    def may_about(
        self, visitor: Visitor, actions: Collection[str], resource_type: str, resource_id: str, *, now: datetime
    ) -> frozenset[str]:
        """Which actions on one person or organisation a page shows links to; not recorded, as for `may_see`."""
        decisions = self._decisions()
        with decisions.databases.reading() as session:
            wishes = [
                Wish(one, resource_type, resource_id,
                     whereabouts(session, decisions, visitor, one, resource_type, resource_id, now))
                for one in actions
            ]  # fmt: skip
        with in_force():
            found = decisions.glance(SYSTEM, asked(wishes, visitor), now)
        return frozenset(wish.action for wish, decision in zip(wishes, found, strict=True) if is_near(decision))

    def parts(self, visitor: Visitor, action: str, *, now: datetime, near: bool = False) -> tuple[int, ...]:
        """The organisations in whose name a visitor may do something to all that lies below; not recorded.

        The `near` ones too, where a second factor has to be proved again first: to know what to ask about.
        """
        decisions = self._decisions()
        with decisions.databases.reading() as session:
            at = decisions.databases.freshness.current()
            held = list_held_for(session, visitor.person, SYSTEM, at)
            places = list_above_each(session, held, at)
        wishes = [Wish(action, ORGANISATION, place[0], {"within": list(place)}) for place in places]
        with in_force():
            found = decisions.glance(SYSTEM, asked(wishes, visitor), now)
        pairs = zip(held, found, strict=True)
        return tuple(number for number, decision in pairs if decision.allowed or (near and is_near(decision)))

    def who_may(self, action: str, reference: str, *, now: datetime) -> dict[str, int]:
        """Who may do something with a person's account once they prove a second factor: numbers by reference.

        Only for telling them that it waits for them: nothing is recorded, and whoever comes is asked about. The person
        themself is never among them; without Postern's own rules nobody is.
        """
        decisions = self._decisions()
        with decisions.databases.reading() as session:
            at = decisions.databases.freshness.current()
            within = account_within(session, action, reference, at, now)
            holders = dict_of_holders(session, SYSTEM, within, at)
        wish = Wish(action, ACCOUNT, reference, {"within": within, "own": False})
        people = sorted(holders.keys() - {reference})

        def read(rules: SystemRules) -> Questions:
            context = {"acr": Acr.MFA.value, "auth_time": iso(now)}
            return Questions([question(wish, one, context, rules) for one in people])

        try:
            found = decisions.glance(SYSTEM, read, now)
        except NotFound:
            return {}
        return {one: holders[one] for one, decision in zip(people, found, strict=True) if decision.allowed}


@contextmanager
def in_force() -> Iterator[None]:
    """Turns the want of Postern's own pack into an answer that says who mends it."""
    try:
        yield
    except NotFound:
        message = "Postern's own rules are not in force; whoever runs it puts them in force: postern db upgrade"
        raise Unavailable(message, "policy_missing") from None


def whereabouts(
    session: Session, decisions: Decisions, visitor: Visitor, action: str, resource_type: str, resource_id: str,
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """What is stored of the thing that is asked about: where it lies, and whether it is the visitor's own."""
    at = decisions.databases.freshness.current()
    if resource_type == ACCOUNT:
        within = account_within(session, action, resource_id, at, now)
        return {"within": within, "own": resource_id == visitor.reference}
    if resource_type == ORGANISATION:
        return {"within": list(list_organisation_within(session, resource_id, at))}
    return {}


def account_within(session: Session, action: str, reference: str, at: int, now: datetime) -> list[str]:
    """Where a person's account lies: where they work and above.

    Whoever may let another have an account could be that person: for them it lies only where all lies for which that
    person holds a role, of any system. So nobody below administers somebody above who works with them too. Who invites
    says besides where the link is mailed to: they have to be above each part of the tree that the person administers.
    """
    within = list(list_person_within(session, reference, at, now))
    if action != INVITE and action not in WAYS_IN:
        return within
    for system, number in list_to_come(session, reference, at, london_day(now)):
        own = dict_of_references(session, [number]) if action == INVITE and system == SYSTEM else {}
        reached = set(list_above(session, [number], at)) - set(own.values())
        within = [one for one in within if one in reached]
    return within


def list_above_each(session: Session, organisations: Sequence[int], at: int) -> list[tuple[str, ...]]:
    """Each organisation with those above it, itself first."""
    names = dict_of_references(session, organisations)
    lines = ((names[number], list_above(session, [number], at)) for number in organisations)
    return [(own, *(one for one in line if one != own)) for own, line in lines]


def somewhere(action: str, resource_type: str, visitor: Visitor, places: Sequence[tuple[str, ...]]) -> list[Wish]:
    """An action on the nearest thing of a kind: the own account, or anything in one's parts of the tree."""
    if resource_type == ACCOUNT:
        own = Wish(action, ACCOUNT, visitor.reference, {"within": [], "own": True})
        return [own, *(Wish(action, ACCOUNT, "somebody", {"within": list(one), "own": False}) for one in places)]
    if resource_type == ORGANISATION:
        return [Wish(action, ORGANISATION, one[0], {"within": list(one)}) for one in places]
    return [Wish(action, resource_type, "any", {})]


def asked(wishes: Sequence[Wish], visitor: Visitor) -> Callable[[SystemRules], Questions]:
    """What the engine is asked, typed by the rules in force, on the word of the visitor's session."""
    context = {"acr": visitor.acr, "auth_time": iso(visitor.auth_time)}

    def read(rules: SystemRules) -> Questions:
        return Questions([question(wish, visitor.reference, context, rules) for wish in wishes])

    return read


def question(wish: Wish, who: str, context: Mapping[str, Any], rules: SystemRules) -> Question | BadInput:
    """One wish as a question; what cannot be one (an id that is blank, or far too long) is a recorded denial."""
    body = {
        "subject": {"type": rules.subject_type, "id": who},
        "action": {"name": wish.action},
        "resource": {"type": wish.resource_type, "id": wish.resource_id, "properties": dict(wish.properties)},
        "context": dict(context),
    }
    try:
        return read_question(body, rules)._replace(asserted_by=SESSION)
    except BadInput as wrong:
        return wrong


def is_near(decision: Decision) -> bool:
    """Whether it is permitted, or would be once a second factor was proved (again)."""
    return decision.allowed or Permission(False, [{"code": code} for code in decision.codes]).needs_factor
