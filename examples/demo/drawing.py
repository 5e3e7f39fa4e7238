"""One person drawn by chance: what their work asks of them, and the state of order or disorder in which they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

from governance.installation import WRITTEN_FOR

TODAY = date.fromisoformat(WRITTEN_FOR)
Row = dict[str, Any]
Rows = dict[str, list[Row]]


class Approver(NamedTuple):
    """Who approves, in which capacity, for which organisation."""

    by: str
    capacity: str
    organisation: str


class Access(NamedTuple):
    """A role in a system, who approves it, and who might wrongly do so in place of the last of them."""

    system: str
    role: str
    approvers: tuple[Approver, ...]
    wrong: Approver


@dataclass(frozen=True)
class Work:
    """A kind of work at one organisation: what people there hold when all is in order.

    `access` is held in full; states are about the first of it. `record` is whom somebody may know, by system, type and
    id. `since` is the earliest first day of a grant, `until` the latest. `fate` is the state of all who work there.
    """

    name: str
    organisation: str
    post: str
    manager: str
    courses: tuple[str, ...]
    access: tuple[Access, ...]
    record: tuple[str, str, str]
    casework: bool = True
    checked: bool = False
    agreement: tuple[str, int] | None = None
    since: date = TODAY - timedelta(days=400)
    until: date = TODAY - timedelta(days=30)
    fate: str = ""


@dataclass
class Drawn:
    """A person: who they are, their work, their state, and all rows about them, sheet by sheet."""

    reference: str
    name: str
    work: Work
    state: str
    rows: Rows


def before(chance: Random, day: date, least: int, most: int) -> date:
    """A day so many days earlier."""
    return day - timedelta(days=chance.randint(least, most))


def after(chance: Random, day: date, least: int, most: int) -> date:
    """A day so many days later."""
    return day + timedelta(days=chance.randint(least, most))


def in_order(chance: Random, reference: str, name: str, work: Work) -> Drawn:
    """Somebody with all that the work asks for."""
    starts = before(chance, work.until, 0, (work.until - work.since).days)
    employed = before(chance, starts, 60, 4000)
    rows: Rows = {
        "people": [{"reference": reference, "name": name, "manager": work.manager}],
        "employment": [
            {"organisation": work.organisation, "post": work.post, "casework": work.casework, "from": employed}
        ],
        "training": [{"course": course, "completed": before(chance, starts, 7, 40)} for course in work.courses],
        "grants": [granted(chance, work, access, starts) for access in work.access],
    }
    if work.checked:
        rows["checks"] = [check(max(before(chance, TODAY, 30, 1000), before(chance, employed, 5, 30)))]
    if work.agreement:
        agreement, version = work.agreement
        rows["signatures"] = [{"agreement": agreement, "version": version, "signed_on": before(chance, starts, 1, 6)}]
    for sheet in rows.keys() - {"people"}:
        rows[sheet] = [{"person": reference, **row} for row in rows[sheet]]
    return Drawn(reference, name, work, work.fate or "in order", rows)


def check(issued: date) -> Row:
    """An enhanced check, clear."""
    return {"level": "enhanced", "issued": issued, "barred_list": "not_barred"}


def granted(chance: Random, work: Work, access: Access, starts: date) -> Row:
    """A grant that its approvers have approved."""
    approvals = [{**who._asdict(), "on": before(chance, starts, 2, 6)} for who in access.approvers]
    return {
        "system": access.system,
        "role": access.role,
        "organisation": work.organisation,
        "from": starts,
        "approvals": approvals,
    }


def lapses_soon(chance: Random, person: Drawn) -> None:
    """A check or a course counts for some days yet."""
    if person.work.checked:
        person.rows["checks"][0]["issued"] = after(chance, TODAY.replace(year=TODAY.year - 3), 3, 25)
    else:
        expires(person, after(chance, TODAY, 1, 28))


def expires(person: Drawn, day: date) -> None:
    """The first course was taken a year before it lapses."""
    person.rows["training"][0].update(completed=day - timedelta(days=365), expires=day)


def vetting_lapsed(chance: Random, person: Drawn) -> None:
    """The check is more than three years old."""
    person.rows["checks"][0]["issued"] = before(chance, TODAY.replace(year=TODAY.year - 3), 1, 200)


def vetting_missing(_chance: Random, person: Drawn) -> None:
    """Nobody has seen a check."""
    del person.rows["checks"]


def training_missing(_chance: Random, person: Drawn) -> None:
    """The first course was never taken."""
    del person.rows["training"][0]


def training_lapsed(chance: Random, person: Drawn) -> None:
    """The first course has lapsed."""
    expires(person, before(chance, TODAY, 1, 90))


def old_agreement(chance: Random, person: Drawn) -> None:
    """Version 1 was signed, version 2 was not."""
    person.rows["signatures"][0].update(version=1, signed_on=before(chance, TODAY, 400, 560))


def has_left(chance: Random, person: Drawn) -> None:
    """The employment has ended, and nobody ended the grant."""
    person.rows["employment"][0]["to"] = before(chance, TODAY, 3, 20)


def suspended(chance: Random, person: Drawn) -> None:
    """The account is suspended."""
    why = chance.choice(["reported misuse, under investigation", "laptop lost", "left a session open, reported"])
    person.rows["suspensions"] = [{"person": person.reference, "why": why, "from": before(chance, TODAY, 1, 30)}]


def barred(chance: Random, person: Drawn) -> None:
    """A new check says barred."""
    found = {**check(before(chance, TODAY, 2, 20)), "barred_list": "barred"}
    person.rows.setdefault("checks", []).append({"person": person.reference, **found})


def knows(chance: Random, person: Drawn) -> None:
    """The record is of somebody whom they know."""
    system, kind, name = person.work.record
    relation = chance.choice(["close_relation", "acquaintance", "heard_of"])
    record = {"system": system, "type": kind, "id": name, "relation": relation}
    person.rows["conflicts"] = [{"person": person.reference, **record}]


def wrong_grantor(_chance: Random, person: Drawn) -> None:
    """The last approval came from somebody who may not give it."""
    approvals, wrong = person.rows["grants"][0]["approvals"], person.work.access[0].wrong
    approvals[-1].update(wrong._asdict())


def self_approval(_chance: Random, person: Drawn) -> None:
    """They approved themselves."""
    person.rows["grants"][0]["approvals"][0]["by"] = person.reference


def not_approved(_chance: Random, person: Drawn) -> None:
    """The last approval is still to come."""
    person.rows["grants"][0]["approvals"].pop()


def no_grant(_chance: Random, person: Drawn) -> None:
    """Nobody has asked for access."""
    del person.rows["grants"]


def not_started(chance: Random, person: Drawn) -> None:
    """The access begins on a day to come."""
    person.rows["grants"][0]["from"] = after(chance, TODAY, 3, 28)


def moved_to_finance(chance: Random, person: Drawn) -> None:
    """The post has changed to one without casework, and the access was kept."""
    moved = before(chance, TODAY, 3, 20)
    old = person.rows["employment"][0]
    new = {**old, "post": "finance officer", "casework": False, "from": moved}
    old["to"] = moved - timedelta(days=1)
    person.rows["employment"].append(new)


class State(NamedTuple):
    """A disorder: what it does to somebody who is in order, and at which work it can happen."""

    befall: Callable[[Random, Drawn], None]
    at: Callable[[Work], bool] = lambda _work: True


def is_renewed(work: Work) -> bool:
    """Whether the work asks for a check that is renewed."""
    return work.checked


def is_signed(work: Work) -> bool:
    """Whether the work asks for version 2 of an agreement."""
    return work.agreement is not None and work.agreement[1] == 2


def is_about_people(work: Work) -> bool:
    """Whether the work is about records of people whom somebody may know."""
    return bool(work.record[2])


STATES: dict[str, State] = {
    "lapses soon": State(lapses_soon),
    "vetting lapsed": State(vetting_lapsed, is_renewed),
    "vetting missing": State(vetting_missing, is_renewed),
    "training missing": State(training_missing),
    "training lapsed": State(training_lapsed),
    "signed version 1 of the agreement": State(old_agreement, is_signed),
    "has left": State(has_left),
    "suspended": State(suspended),
    "barred": State(barred),
    "knows the child": State(knows, is_about_people),
    "wrong grantor": State(wrong_grantor),
    "approved by themselves": State(self_approval),
    "not approved": State(not_approved),
    "no grant": State(no_grant),
    "access has not begun": State(not_started),
    "moved to finance": State(moved_to_finance, lambda work: work.casework and work.name != "personal advisers"),
}
