"""What the desk shows: one's own access, people in one's part of the tree, lock-outs, where people get stuck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from governance.decisions.authorising import SYSTEM
from governance.decisions.linking import standings
from governance.desk import store
from governance.desk.rules import (
    Lock,
    Progress,
    Stage,
    Status,
    branches,
    factor_lock,
    funnel,
    password_lock,
    status_of,
    status_of_all,
)
from governance.desk.showing import Block, block
from governance.desk.store import AccountRow, Named, Part, Post
from governance.kernel.clock import london_day
from governance.kernel.errors import NotFound
from governance.people.signin.service.ground import Ground
from governance.people.signin.service.holds import dict_of_holds
from governance.people.store import dict_of_references, find_organisation, list_below, list_employers
from governance.ports.actor import Actor, Entry
from governance.ports.second_factor import Enrolment, FactorSummary, Replacing
from governance.ports.visitor import Visitor

PORTION = 100
FAILURES_OF = timedelta(days=30)
NOBODY = FactorSummary({})
NOWHERE = "nowhere"
"""What is asked about for a visitor who works nowhere either."""


class PersonRow(NamedTuple):
    """A person in a list; `place` is where in the whole list they stand."""

    place: int
    person: Named
    posts: tuple[Post, ...]
    account: AccountRow | None
    factors: FactorSummary
    status: Status


class LockOut(NamedTuple):
    """What somebody is locked out of, after how many failures, since when, until when (None: until it is mended)."""

    lock: Lock
    failures: int
    since: datetime | None
    until: datetime | None


class Locked(NamedTuple):
    """A person who is locked out, and of what."""

    person: Named
    posts: tuple[Post, ...]
    lock_out: LockOut


class Stuck(NamedTuple):
    """Where people get stuck: the funnel of each branch and of all, and the failures by kind of the last days."""

    rows: tuple[tuple[str, dict[Stage, int]], ...]
    total: dict[Stage, int]
    failures: tuple[tuple[str, str, int], ...]


# --- which part of the tree


def first_part(service: Any, visitor: Visitor, action: str, *, now: datetime) -> str:
    """The reference of the organisation that a visitor's list begins with.

    Who has no part of the tree is asked about the own employer: the answer then says what is missing.
    """
    parts = service.authorise.parts(visitor, action, now=now, near=True)
    at = service.databases.freshness.current()
    with service.databases.reading() as session:
        first = (parts or list_employers(session, visitor.person, at, now))[:1]
        return next(iter(dict_of_references(session, first).values()), NOWHERE)


def part_of(service: Any, visitor: Visitor, action: str, organisation: str, *, now: datetime) -> Part:
    """The part of the tree that a list is about: what is below an organisation that was named, or all of one's own."""
    at = service.databases.freshness.current()
    if not organisation:
        return Part(service.authorise.parts(visitor, action, now=now), at, london_day(now))
    with service.databases.reading() as session:
        number = find_organisation(session, organisation)
    if not number:
        raise NotFound("there is no such organisation")
    return Part((number,), at, london_day(now))


# --- access


def my_access(service: Any, reference: str, *, now: datetime, full: bool = False) -> list[Block]:
    """Every role that a person holds, and how it stands."""
    found = standings(service.decisions, [reference], now, whole=True).get(reference, ())
    return [block(held, now, full=full, of_others=False) for held in found]


def within(service: Any, visitor: Visitor, *, now: datetime) -> set[int]:
    """Every organisation of the visitor's part."""
    at = service.databases.freshness.current()
    with service.databases.reading() as session:
        tops = service.authorise.parts(visitor, "view-people", now=now)
        return {number for top in tops for number in list_below(session, top, at)}


def access_within(
    service: Any, visitor: Visitor, reference: str, *, now: datetime, full: bool
) -> tuple[list[Block], int]:
    """The roles that a person holds for organisations of the visitor's part, and how many others they hold."""
    found = standings(service.decisions, [reference], now, whole=True).get(reference, ())
    inside = within(service, visitor, now=now)
    own = [held for held in found if held.organisation is not None and held.organisation.id in inside]
    others = [held for held in found if held.grant and held not in own]
    of_others = reference != visitor.reference
    return [block(held, now, full=full, of_others=of_others) for held in own], len(others)


# --- people


def rows_of(service: Any, part: Part, people: Sequence[Named], start: int, now: datetime) -> list[PersonRow]:
    """Some people with all that a list shows of them."""
    numbers = [person.number for person in people]
    with service.databases.reading() as session:
        posts, accounts = store.list_posts(session, part, numbers), store.list_accounts(session, numbers)
        factors = summaries(service, session, numbers, now)
        inside = {one.number for one in store.list_organisations(session, part)}
    held = standings(service.decisions, [person.reference for person in people], now)
    found = []
    for place, person in enumerate(people, start):
        roles = [
            one
            for one in held.get(person.reference, ())
            if one.rules.system != SYSTEM and one.organisation is not None and one.organisation.id in inside
        ]
        status = status_of_all({status_of(one.objections, one.until, now) for one in roles})
        number = person.number
        found.append(
            PersonRow(place, person, tuple(posts.get(number, ())), accounts.get(number), factors[number], status)
        )
    return found


def summaries(service: Any, session: Any, people: Sequence[int], now: datetime) -> Mapping[int, FactorSummary]:
    """People's authenticators in short; none where no area keeps any."""
    if service.second_factor is None:
        return dict.fromkeys(people, NOBODY)
    found: dict[int, FactorSummary] = {}
    for some in store.portions(people):
        found |= service.second_factor.summary(session, some, now)
    return found


def every_row(
    service: Any, part: Part, text: str, status: Status | None, *, now: datetime, start: int = 0
) -> Iterator[PersonRow]:
    """Everybody of a part whom the filters let pass, by name, from some place of the list on."""
    while True:
        with service.databases.reading() as session:
            people = store.list_people(session, part, text, start, PORTION)
        for row in rows_of(service, part, people, start, now):
            if status is None or row.status is status:
                yield row
        if len(people) < PORTION:
            return
        start += PORTION


def count_people(service: Any, part: Part, text: str) -> int:
    """How many people a part has whom a text names."""
    with service.databases.reading() as session:
        return store.count_people(session, part, text)


def page_of_people(service: Any, part: Part, text: str, *, now: datetime) -> Callable[[int, int], list[PersonRow]]:
    """Fetches a page of people by offset and limit."""

    def fetch(offset: int, limit: int) -> list[PersonRow]:
        with service.databases.reading() as session:
            people = store.list_people(session, part, text, offset, limit)
        return rows_of(service, part, people, offset, now)

    return fetch


def get_person(service: Any, visitor: Visitor, reference: str, *, now: datetime) -> tuple[PersonRow, int]:
    """One person as the visitor may see them, and how many sessions of theirs were not ended; or raise `NotFound`."""
    part = part_of(service, visitor, "view-people", "", now=now)
    with service.databases.reading() as session:
        person = store.find_person(session, reference, part.at)
        if person is None:
            raise NotFound("nobody has this reference")
        sessions = store.count_sessions(session, person.number)
    (row,) = rows_of(service, part, [person], 0, now)
    return row, sessions


def tell_download(service: Any, visitor: Visitor, what: str, organisation: str, count: int, *, now: datetime) -> None:
    """Tell the trail that a list was taken away: which, of which organisation, of how many; nobody is named."""
    actor = Actor(visitor.reference, "page")
    details = {"list": what, "organisation": organisation, "rows": count}
    with service.databases.change(str(actor), now) as session:
        store.add_download(session, Entry("list.downloaded", actor, details))


# --- what waits for approval


def list_to_approve(service: Any, visitor: Visitor, *, now: datetime) -> list[Replacing]:
    """The temporary replacements that wait for the visitor: theirs to approve, and neither for them nor asked by them.

    Worked out without a record, like links: whoever approves one is asked about.
    """
    action = "approve-replacement"
    own = visitor.reference
    waiting = [one for one in list_waiting(service) if own not in (one.reference, one.asked_by)]
    if not waiting or not service.authorise.may_see(visitor, [(action, "account")], now=now):
        return []
    may_about = service.authorise.may_about
    return [one for one in waiting if may_about(visitor, [action], "account", one.reference, now=now)]


def list_waiting(service: Any) -> Sequence[Replacing]:
    """Every temporary replacement that waits for a second person; none where no area keeps authenticators."""
    if service.second_factor is None:
        return ()
    with service.databases.reading() as session:
        found: Sequence[Replacing] = service.second_factor.waiting(session)
    return found


# --- lock-outs and getting stuck


def locks_of(service: Any, session: Any, people: Collection[int], now: datetime) -> dict[int, list[LockOut]]:
    """What some people are locked out of now; who is not locked out is not in it. Nothing says from which place."""
    found: dict[int, list[LockOut]] = {}
    factors = service.second_factor.locked(session, now) if service.second_factor is not None else {}
    for person in factors.keys() & set(people):
        one = factors[person]
        found[person] = [LockOut(factor_lock(one.until), one.failures, one.since, one.until)]
    for person, hold in dict_of_holds(session, Ground.of(service.settings), people, now).items():
        lock = password_lock(hold.until, from_one_place=hold.from_one_place)
        found.setdefault(person, []).append(LockOut(lock, hold.failures, hold.since, hold.until))
    return found


def locks_of_one(service: Any, person: int, now: datetime) -> list[LockOut]:
    """What one person is locked out of now."""
    with service.databases.reading() as session:
        return locks_of(service, session, [person], now).get(person, [])


def list_locked(service: Any, part: Part, *, now: datetime) -> list[Locked]:
    """Everybody of a part who is locked out now, once for each lock."""
    with service.databases.reading() as session:
        locks = locks_of(service, session, {person for person, _ in store.list_places(session, part)}, now)
        here = list(locks)
        posts, names = store.list_posts(session, part, here), store.list_references(session, here)
        people = {number: store.find_person(session, name, part.at) for number, name in names.items()}
    found = [
        Locked(person, tuple(posts.get(number, ())), lock_out)
        for number, person in people.items()
        if person is not None
        for lock_out in locks[number]
    ]
    return sorted(found, key=lambda one: (one.person.name, one.person.reference))


def where_stuck(service: Any, part: Part, *, now: datetime) -> Stuck:
    """How far people have come, branch by branch, and how signing in failed in the last thirty days."""
    with service.databases.reading() as session:
        places, parents = store.list_places(session, part), store.list_parents(session, part)
        organisations = {one.number: one.name for one in store.list_organisations(session, part)}
        people = {person for person, _ in places}
        accounts, begun = store.list_accounts(session, people), enrolments(service, session, people)
    stages = {person: progress(accounts.get(person), begun.get(person)).stage for person in people}
    groups: dict[int, set[int]] = {}
    for top in part.tops:
        branch = branches(parents, top)
        for person, organisation in places:
            if organisation in branch:
                groups.setdefault(branch[organisation], set()).add(person)
    rows = [(organisations.get(number, ""), funnel(stages[one] for one in inside)) for number, inside in groups.items()]
    total = funnel(stages.values())
    return Stuck(tuple(sorted(rows, key=lambda row: row[0])), total, failures_of(service, people, now))


def enrolments(service: Any, session: Any, people: Collection[int]) -> Mapping[int, Enrolment]:
    """How far people have come with their authenticators; who never began is not in the answer."""
    found: dict[int, Enrolment] = {}
    for some in store.portions(people) if service.second_factor is not None else ():
        found |= service.second_factor.enrolments(session, some)
    return found


def progress(account: AccountRow | None, begun: Enrolment | None) -> Progress:
    """How far one person has come; what was reached once stays reached, though the authenticator be lost since."""
    made = account is not None and (account.activated_at is not None or account.signed_in_at is not None)
    if begun is None:
        return Progress(account is not None, made)
    return Progress(account is not None, made, True, begun.enrolled_at is not None, begun.used_at is not None)


def failures_of(service: Any, people: set[int], now: datetime) -> tuple[tuple[str, str, int], ...]:
    """Failures of the last thirty days by kind: with what, how, how often."""
    since, counted = now - FAILURES_OF, Counter[tuple[str, str]]()
    with service.databases.reading() as session:
        names = set(store.list_references(session, people).values())
        counted.update(("password", how) for who, how in store.list_refusals(session, since) if who in names)
        if service.second_factor is not None:
            for some in store.portions(people):
                for one in service.second_factor.failures(session, some, london_day(since)):
                    counted[(one.kind, one.finding)] += one.times
    return tuple((kind, how, times) for (kind, how), times in counted.most_common())
