"""Every query of the desk: the people of a part of the tree, their posts, accounts and failures to sign in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import CTE, ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from governance.kernel.clock import iso
from governance.kernel.recorded import BATCH, seen
from governance.people.models import Employment, Organisation, OrganisationDetails, Person, PersonDetails
from governance.people.signin.models import Account, SignInSession
from governance.ports.actor import Entry
from governance.trail.entries import tell
from governance.trail.models import TrailEntry, TrailEntryBody

REFUSED = "sign_in.refused"


class Part(NamedTuple):
    """A part of the tree: the organisations at its top, at a revision, on a day."""

    tops: tuple[int, ...]
    at: int
    today: date


class Named(NamedTuple):
    """A person or an organisation as lists name them."""

    number: int
    reference: str
    name: str


class Post(NamedTuple):
    """Where a person works now, and as what."""

    person: int
    organisation: int
    organisation_reference: str
    organisation_name: str
    post: str
    ends_on: date | None


class AccountRow(NamedTuple):
    """A person's account in short."""

    person: int
    state: str
    created_at: datetime
    activated_at: datetime | None
    signed_in_at: datetime | None


def below(part: Part) -> CTE:
    """The organisations of a part: its tops and all below them."""
    tops = select(Organisation.id).where(Organisation.id.in_(part.tops)).cte("part", recursive=True)
    lower = select(OrganisationDetails.organisation_id).join(tops, tops.c.id == OrganisationDetails.parent_id)
    return tops.union(lower.where(seen(OrganisationDetails, part.at)))


def works_now(part: Part) -> ColumnElement[bool]:
    """That an employment holds on the day."""
    begun = or_(Employment.starts_on.is_(None), Employment.starts_on <= part.today)
    going_on = or_(Employment.ends_on.is_(None), Employment.ends_on >= part.today)
    return and_(seen(Employment, part.at), begun, going_on)


def people_of(part: Part, text: str = "") -> Select[Any]:
    """Who works in a part now, and whose name or reference has a text in it."""
    inside = select(below(part).c.id)
    employed = select(Employment.person_id).where(Employment.organisation_id.in_(inside), works_now(part))
    known = and_(PersonDetails.person_id == Person.id, seen(PersonDetails, part.at))
    question: Any = select(Person.id, Person.reference, PersonDetails.name).join(PersonDetails, known)
    question = question.where(Person.id.in_(employed), PersonDetails.erased_by.is_(None))
    if text:
        like = (column.icontains(text, autoescape=True) for column in (PersonDetails.name, Person.reference))
        question = question.where(or_(*like))
    found: Select[Any] = question
    return found


def count_people(session: Session, part: Part, text: str = "") -> int:
    """How many those are."""
    return session.scalar(select(func.count()).select_from(people_of(part, text).subquery())) or 0


def list_people(session: Session, part: Part, text: str, offset: int, limit: int) -> list[Named]:
    """Some of them, by name, then by reference."""
    question = people_of(part, text).order_by(PersonDetails.name, Person.reference).offset(offset).limit(limit)
    return [Named(*row) for row in session.execute(question)]


def find_person(session: Session, reference: str, at: int) -> Named | None:
    """A person by reference."""
    known = and_(PersonDetails.person_id == Person.id, seen(PersonDetails, at))
    question = select(Person.id, Person.reference, PersonDetails.name).outerjoin(PersonDetails, known)
    row = session.execute(question.where(Person.reference == reference)).one_or_none()
    return Named(row[0], row[1], row[2] or row[1]) if row is not None else None


def list_posts(session: Session, part: Part, people: Collection[int]) -> dict[int, list[Post]]:
    """The posts that some people have now in a part; those elsewhere are nobody's business here."""
    inside, found = select(below(part).c.id), dict[int, list[Post]]()
    known = and_(OrganisationDetails.organisation_id == Employment.organisation_id, seen(OrganisationDetails, part.at))
    where = (Employment.organisation_id, Organisation.reference, OrganisationDetails.name)
    question = select(Employment.person_id, *where, Employment.post, Employment.ends_on)
    named = question.join(Organisation, Organisation.id == Employment.organisation_id)
    inside_now = (Employment.organisation_id.in_(inside), works_now(part))
    question = named.join(OrganisationDetails, known).where(*inside_now).order_by(Employment.id)
    for some in portions(people):
        for row in session.execute(question.where(Employment.person_id.in_(some))):
            found.setdefault(row[0], []).append(Post(*row))
    return found


def list_accounts(session: Session, people: Collection[int]) -> dict[int, AccountRow]:
    """The accounts of some people."""
    columns = (Account.person_id, Account.state, Account.created_at, Account.activated_at, Account.signed_in_at)
    found = {}
    for some in portions(people):
        for row in session.execute(select(*columns).where(Account.person_id.in_(some))):
            found[row[0]] = AccountRow(*row)
    return found


def count_sessions(session: Session, person: int) -> int:
    """How many sessions of a person were not ended."""
    live = select(func.count()).where(SignInSession.person_id == person, SignInSession.ended_at.is_(None))
    return session.scalar(live) or 0


def list_organisations(session: Session, part: Part) -> list[Named]:
    """The organisations of a part, by name."""
    known = and_(OrganisationDetails.organisation_id == Organisation.id, seen(OrganisationDetails, part.at))
    question = select(Organisation.id, Organisation.reference, OrganisationDetails.name).join(
        OrganisationDetails, known
    )
    inside = question.where(Organisation.id.in_(select(below(part).c.id)), OrganisationDetails.erased_by.is_(None))
    return [Named(*row) for row in session.execute(inside.order_by(OrganisationDetails.name, Organisation.reference))]


def list_parents(session: Session, part: Part) -> dict[int, int]:
    """What stands above each organisation of a part; 0 for nothing."""
    columns = (OrganisationDetails.organisation_id, OrganisationDetails.parent_id)
    inside = OrganisationDetails.organisation_id.in_(select(below(part).c.id))
    return {
        row[0]: row[1] or 0
        for row in session.execute(select(*columns).where(inside, seen(OrganisationDetails, part.at)))
    }


def list_places(session: Session, part: Part) -> list[tuple[int, int]]:
    """Who works where now in a part: person and organisation."""
    inside = Employment.organisation_id.in_(select(below(part).c.id))
    question = select(Employment.person_id, Employment.organisation_id).where(inside, works_now(part)).distinct()
    return [(row[0], row[1]) for row in session.execute(question)]


def list_refusals(session: Session, since: datetime) -> Iterator[tuple[str, str]]:
    """Who was not signed in with a password since a moment, and why: a reference, and the kind of failure."""
    question = select(TrailEntryBody.body).join(TrailEntry, TrailEntry.seq == TrailEntryBody.seq)
    wanted = question.where(TrailEntry.action == REFUSED, TrailEntry.at >= iso(since), TrailEntryBody.body.is_not(None))
    for body in session.scalars(wanted):
        said: Mapping[str, Any] = orjson.loads(body or b"{}")
        yield str(said.get("actor", "")).partition(":")[2], str(said.get("failure", ""))


def list_references(session: Session, people: Collection[int]) -> dict[int, str]:
    """People's references by number."""
    found: dict[int, str] = {}
    for some in portions(people):
        known = session.execute(select(Person.id, Person.reference).where(Person.id.in_(some)))
        found |= {row[0]: row[1] for row in known}
    return found


def add_download(session: Session, entry: Entry) -> None:
    """Tell the trail that a list was taken away in a file."""
    tell(session, entry)


def portions(numbers: Collection[int]) -> Iterator[Sequence[int]]:
    """Numbers in lists short enough for one statement."""
    ordered = sorted(numbers)
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]
