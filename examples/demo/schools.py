"""Derbyshire's schools: their heads, their staff, and the twelve of Phase 1, of which nine ever used Frameworki."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from examples.demo.drawing import Drawn, Row, Rows, Work, before
from examples.demo.names import Names
from examples.demo.works import NOBODY, derbyshire_social_workers, school_staff

POSTS = ("designated safeguarding lead", "deputy head", "special needs coordinator", "attendance officer")
SIGNED = (
    "fenny-hollow-primary",
    "stonebeck-juniors",
    "wyeford-juniors",
    "cold-edge-primary",
    "lathbrook-primary",
    "thorn-tor-primary",
    "rowan-edge-school",
    "hallow-cross-school",
    "peat-lane-primary",
    "whistlow-primary",
    "ashen-clough-infants",
    "millrace-juniors",
    "crag-end-school",
    "sough-valley-school",
)
"""The schools whose staff are drawn: all of them have signed the databook's protocol."""


class Phase1(NamedTuple):
    """A school of Phase 1: its phase, and how many records its user opened from March to September."""

    school: str
    phase: str
    opened: int


PHASE_1 = (
    Phase1("larkstone-infants", "Infant & Nursery", 5),
    Phase1("stonebeck-juniors", "Junior", 8),
    Phase1("wyeford-juniors", "Junior", 0),
    Phase1("fenny-hollow-primary", "Primary", 11),
    Phase1("cold-edge-primary", "Primary", 4),
    Phase1("lathbrook-primary", "Primary", 6),
    Phase1("harthope-primary", "Primary", 0),
    Phase1("thorn-tor-primary", "Primary", 0),
    Phase1("moorgate-high", "Secondary", 19),
    Phase1("rowan-edge-school", "Secondary", 17),
    Phase1("hallow-cross-school", "Secondary", 13),
    Phase1("amber-fold-school", "Secondary", 5),
)
"""As the report counts them: 9 of 12 used it, 88 records in all. Which school opened how many is invented."""
WRITTEN_USER_AT = "rowan-edge-school"
CLOSED = ("larkstone-infants", "harthope-primary")
"""Closed, or below a trust that is suspended."""
TRAINED = date(2014, 2, 6)


def heads(chance: Random, names: Names, written: Rows) -> dict[str, Drawn | str]:
    """The head of each school: the one who is written, or somebody who is drawn."""
    found: dict[str, Drawn | str] = {
        row["organisation"]: row["person"] for row in written["employment"] if row["post"] == "head teacher"
    }
    for organisation in written["organisations"]:
        if organisation["kind"] == "school" and organisation["reference"] not in found:
            found[organisation["reference"]] = head(chance, names, organisation["reference"])
    return found


def head(chance: Random, names: Names, school: str) -> Drawn:
    """A head teacher, who approves and has no access."""
    reference, name = names.draw()
    work = Work("heads", school, "head teacher", "", (), (), NOBODY, casework=False)
    employed: Row = {
        "person": reference,
        "organisation": school,
        "post": work.post,
        "from": before(chance, date(2013, 9, 1), 0, 2500),
    }
    return Drawn(reference, name, work, "approves", {"people": [person(reference, name)], "employment": [employed]})


def person(reference: str, name: str) -> Row:
    """A person without a line manager here."""
    return {"reference": reference, "name": name}


def work_at_schools(head_of: dict[str, str]) -> Iterator[tuple[Work, int]]:
    """The work at schools, each with how many people are drawn for it; and the council's social workers."""
    for school in SIGNED:
        for post in POSTS:
            yield school_staff(school, post, head_of[school]), 1
    yield derbyshire_social_workers(), 14


def protocols(chance: Random, head_of: dict[str, str], named: dict[str, str], written: Rows) -> list[Row]:
    """The signatures of schools under the databook's protocol, where none is written, and under Frameworki's."""
    found = {
        row["organisation"]
        for row in written["parties"]
        if (row["agreement"], row["version"]) == ("databook-protocol", 2)
    }
    databook = [
        signed("databook-protocol", 2, school, before(chance, date(2026, 4, 20), 0, 20))
        for school in SIGNED
        if school not in found
    ]
    frameworki = [
        signed("frameworki-school-protocol", 1, one.school, before(chance, TRAINED, 8, 20)) for one in PHASE_1
    ]
    return [{**row, "signed_by": named[head_of[row["organisation"]]]} for row in (*databook, *frameworki)]


def signed(agreement: str, version: int, school: str, day: date) -> Row:
    """A school's signature."""
    return {"agreement": agreement, "version": version, "organisation": school, "signed_on": day}


def phase_1(chance: Random, names: Names, head_of: dict[str, str]) -> Iterator[Drawn]:
    """The users of Phase 1, one a school; the one of Rowan Edge is written by hand."""
    for one in PHASE_1:
        if one.school != WRITTEN_USER_AT:
            reference, name = names.draw()
            work = Work("Phase 1", one.school, POSTS[0], head_of[one.school], (), (), NOBODY)
            state = (
                "Phase 1 has ended, and the school or its trust is stopped"
                if one.school in CLOSED
                else "Phase 1 has ended"
            )
            yield Drawn(reference, name, work, state, phase_1_user(chance, reference, name, one, head_of[one.school]))


def phase_1_user(chance: Random, reference: str, name: str, one: Phase1, approver: str) -> Rows:
    """One who was trained and signed, and what they made of it."""
    who = {"person": reference}
    attributes = {"phase_1_records_opened": one.opened}
    approval = {
        "by": approver,
        "capacity": "head_teacher",
        "organisation": one.school,
        "on": before(chance, TRAINED, 5, 15),
    }
    grant = {
        "system": "derbyshire-frameworki",
        "role": "phase-1-user",
        "organisation": one.school,
        "from": date(2014, 2, 10),
        "approvals": [approval],
    }
    return {
        "people": [{**person(reference, name), "manager": approver, "attributes": attributes}],
        "employment": [
            {**who, "organisation": one.school, "post": POSTS[0], "from": before(chance, TRAINED, 150, 2500)}
        ],
        "training": [{**who, "course": "frameworki-half-day", "completed": TRAINED}],
        "signatures": [{**who, "agreement": "frameworki-user-agreement", "version": 1, "signed_on": TRAINED}],
        "grants": [{**who, **grant}],
    }


def readiness() -> Iterator[Row]:
    """Both criteria of Phase 1: “All 12 schools were trained and provided with a Council-supported laptop.”"""
    for one in PHASE_1:
        for criterion in (1, 2):
            yield {
                "organisation": one.school,
                "checklist": "frameworki-phase-1",
                "criterion": criterion,
                "met": True,
                "signed_by": "Derbyshire County Council",
                "signed_on": TRAINED - timedelta(days=14 - 7 * criterion),
            }
