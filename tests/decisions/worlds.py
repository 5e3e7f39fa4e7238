"""Worlds drawn at random: one in which much is in order, then a few changes, each of which may matter."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st

from governance.kernel.clock import day_end, day_start
from tests.decisions import packs
from tests.decisions.oracle_case import Case
from tests.decisions.rows import World

TODAY = date(2026, 6, 15)
LONG_AGO = date(2026, 1, 5)
DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)
LOOKED_UP = {"subscribed": True, "consented_on": LONG_AGO, "status_on": LONG_AGO, "status": "current"}
"""Consent, and a status check with the Update Service."""
NEAR = [TODAY + offset * DAY for offset in (-1, 0, 1)]
DAYS = [*NEAR, date(2019, 3, 1), LONG_AGO, date(2026, 12, 31)]
ISSUED = [date(2023, 6, 14), date(2023, 6, 15), date(2023, 6, 16), date(2024, 2, 29), date(2020, 1, 1), *NEAR]
COMPLETED = [date(2024, 6, 14), date(2024, 6, 15), date(2024, 6, 16), LONG_AGO, *NEAR]

PEOPLE = ["ann", "ben", "cat"]
ORGANISATIONS = ["annex", "council", "school", "trust"]
ROLES = {"alpha": ["worker", "lead", "reader", "leaver"], "beta": ["analyst", "planner"]}
APPROVERS = [
    {"by": "mia", "capacity": "line_manager"}, {"by": "ned", "capacity": "system_owner"},
    {"by": "mia", "capacity": "system_owner"}, {"by": "odd", "capacity": "head_teacher"},
    {"by": "ann", "capacity": "line_manager"}, {"by": "ned", "capacity": "deputy"},
]  # fmt: skip

NATURAL = {
    "organisations": ("reference",), "people": ("reference",),
    "employment": ("person", "organisation", "post", "from"),
    "checks": ("person", "level", "workforce", "issued"), "training": ("person", "course", "completed"),
    "conflicts": ("person", "system", "type", "id"), "suspensions": ("person",),
    "grants": ("person", "system", "role", "organisation", "from"),
    "checklist_answers": ("organisation", "checklist", "criterion"), "agreements": ("reference", "version", "system"),
    "parties": ("agreement", "version", "organisation"), "signatures": ("agreement", "version", "person"),
    "systems": ("system",),
}  # fmt: skip
"""What tells one fact of a sheet from another."""


class Asked(NamedTuple):
    """A world, and questions to ask of it at some moments."""

    world: World
    questions: tuple[tuple[str, dict[str, Any]], ...]
    moments: tuple[datetime, ...]

    def cases(self) -> list[Case]:
        """Every question at every moment."""
        return [
            Case(self.world, packs.plain(system), question, now)
            for now in self.moments
            for system, question in self.questions
        ]


def agreed(reference: str, kind: str, system: str, **more: Any) -> dict[str, Any]:
    row = {"reference": reference, "kind": kind, "version": 1, "system": system, "state": "active"}
    basis = {"article_6": "e", "article_9": "g", "schedule_1": 18} if kind == "sharing" else {}
    return row | {"from": LONG_AGO} | basis | more


TERMS = [agreed("terms", "individual", "alpha", version=number) for number in (1, 2, 3)]


def ordered() -> World:
    """A world in which all is in order but the grants, of which there are none."""
    everybody = [(person, "council") for person in PEOPLE]
    return {
        "organisations": [
            {"reference": "council", "name": "Council", "kind": "local_authority", "area": "ALL"},
            {"reference": "school", "name": "School", "kind": "school", "parent": "council", "area": "north"},
            {"reference": "annex", "name": "Annex", "kind": "school", "parent": "school"},
            {"reference": "trust", "name": "Trust", "kind": "charity", "area": "south"},
        ],
        "people": [{"reference": name, "name": name.title()} for name in (*PEOPLE, "mia", "ned", "odd")],
        "employment": [employed(person, organisation) for person, organisation in everybody],
        "checks": [checked(person, workforce=workforce) for person in PEOPLE for workforce in ("child", "adult")],
        "training": [trained(person, course) for person in PEOPLE for course in ("reading", "safety")],
        "conflicts": [],
        "suspensions": [],
        "grants": [],
        "checklist_answers": [answered(name, number) for name in ("council", "trust") for number in (1, 2)],
        "agreements": [
            agreed("dsa", "sharing", "alpha"), agreed("dsa", "sharing", "beta"), *TERMS,
            agreed("proto", "protocol", "alpha"), agreed("proto-beta", "protocol", "beta"),
        ],
        "parties": [
            {"agreement": name, "version": 1, "organisation": organisation, "signed_on": LONG_AGO, "signed_by": "mia"}
            for name in ("dsa", "proto", "proto-beta")
            for organisation in ("council", "trust")
        ],
        "signatures": [{"agreement": "terms", "version": 2, "person": one, "signed_on": LONG_AGO} for one in PEOPLE],
        "systems": [{"system": "alpha", "audit_live_on": LONG_AGO}],
    }  # fmt: skip


def employed(person: str, organisation: str, **more: Any) -> dict[str, Any]:
    return {
        "person": person,
        "organisation": organisation,
        "post": "officer",
        "casework": True,
        "from": LONG_AGO,
    } | more


def checked(person: str, **more: Any) -> dict[str, Any]:
    row = {"person": person, "level": "enhanced", "workforce": "child", "issued": LONG_AGO}
    return row | {"outcome": "clear", "barred_list": "not_checked"} | LOOKED_UP | more


def trained(person: str, course: str, **more: Any) -> dict[str, Any]:
    return {"person": person, "course": course, "completed": LONG_AGO} | more


def answered(organisation: str, criterion: int, **more: Any) -> dict[str, Any]:
    row = {"organisation": organisation, "checklist": "pwis", "criterion": criterion, "met": True}
    return row | {"signed_by": "mia", "signed_on": LONG_AGO} | more


def granted(person: str, system: str, role: str, organisation: str, **more: Any) -> dict[str, Any]:
    approvals = [{**one, "organisation": organisation, "on": LONG_AGO} for one in APPROVERS[:2]]
    row = {"person": person, "system": system, "role": role, "organisation": organisation, "from": LONG_AGO}
    return row | {"approvals": approvals} | more


# --- strategies


def some(values: list[Any]) -> st.SearchStrategy[Any]:
    """One of some values."""
    return st.sampled_from(values)


def optional(name: str, days: list[date]) -> st.SearchStrategy[dict[str, Any]]:
    """A day under a name, or nothing."""
    return st.one_of(st.just({}), some(days).map(lambda day: {name: day}))


def forward(row: dict[str, Any], first: str = "from", last: str = "to") -> dict[str, Any]:
    """A row that ends before it begins, turned round: no sheet takes the other."""
    backward = first in row and last in row and row[last] < row[first]
    return row | {first: row[last], last: row[first]} if backward else row


@st.composite
def grants(draw: st.DrawFn) -> dict[str, Any]:
    """A grant: most are of today, few are odd."""
    system = draw(some(["alpha", "alpha", "beta"]))
    row = granted(
        draw(some(PEOPLE)), system, draw(some(ROLES[system])), draw(some(["council", "council", "trust", "school"]))
    )
    if draw(st.integers(0, 3)) == 0:
        row |= {"from": draw(some(DAYS))} | draw(optional("to", NEAR))
    if draw(st.integers(0, 3)) == 0:
        chosen = draw(st.lists(some(APPROVERS), max_size=3, unique_by=lambda one: (one["by"], one["capacity"])))
        for_whom = some([row["organisation"], row["organisation"], "council", "trust"])
        row["approvals"] = [{**one, "organisation": draw(for_whom), "on": draw(some(DAYS))} for one in chosen]
    return forward(row)


def employment(draw: st.DrawFn) -> dict[str, Any]:
    post = draw(some(["officer", "planner", "porter"]))
    more = {"post": post, "casework": draw(st.booleans()), "from": draw(some(DAYS))} | draw(optional("to", DAYS))
    return forward(employed(draw(some(PEOPLE)), draw(some(ORGANISATIONS)), **more))


def check(draw: st.DrawFn) -> dict[str, Any]:
    row = checked(
        draw(some(PEOPLE)),
        level=draw(some(["basic", "standard", "enhanced"])),
        workforce=draw(some(["child", "adult"])),
        issued=draw(some(ISSUED)),
        outcome=draw(some(["clear", "clear", "clear", "pending", "not_clear"])),
        barred_list=draw(some(["not_checked", "not_barred", "not_barred", "barred"])),
        subscribed=draw(some([True, True, False])),
        status=draw(some(["clear_and_current", "current", "current", "no_longer_current", "not_found"])),
        status_on=draw(some([date(2025, 6, 14), date(2025, 6, 15), date(2025, 6, 16), date(2026, 2, 28), *NEAR])),
    )
    if row["status_on"] < row["issued"] or draw(st.integers(0, 4)) == 0:
        return {name: found for name, found in row.items() if name not in LOOKED_UP}
    return row | {"consented_on": row["issued"]}


def course(draw: st.DrawFn) -> dict[str, Any]:
    more = {"completed": draw(some(COMPLETED))} | draw(optional("expires", DAYS))
    return forward(trained(draw(some(PEOPLE)), draw(some(["reading", "safety"])), **more), "completed", "expires")


def conflict(draw: st.DrawFn) -> dict[str, Any]:
    kind, name = draw(some([("record", "R-01"), ("record", "R-02"), ("room", "HUB"), ("report", "caf\u00e9")]))
    system = "beta" if kind == "report" else "alpha"
    return {"person": draw(some(PEOPLE)), "system": system, "type": kind, "id": name, "relation": "colleague"}


def suspension(draw: st.DrawFn) -> dict[str, Any]:
    return {"person": draw(some(PEOPLE)), "why": "misuse", "from": draw(some(DAYS))}


def checklist_answer(draw: st.DrawFn) -> dict[str, Any]:
    row = answered(draw(some(ORGANISATIONS)), draw(some([1, 2, 3])), met=draw(some([True, True, False])))
    if draw(st.booleans()):
        row["signed_on"] = draw(some(DAYS))
    elif draw(st.booleans()):
        row = {name: found for name, found in row.items() if not name.startswith("signed")}
    return forward(row | draw(optional("valid_to", DAYS)), "signed_on", "valid_to")


def agreement(draw: st.DrawFn) -> dict[str, Any]:
    reference, kind = draw(
        some([("dsa", "sharing")] * 2 + [("proto", "protocol"), ("proto-beta", "protocol"), ("terms", "individual")])
    )
    state = draw(some(["active", "conditional", "review_due", "suspended", "superseded", "draft"]))
    more = {"version": draw(some([1, 2])), "state": state, "from": draw(some(DAYS))} | draw(optional("to", DAYS))
    if draw(st.booleans()):
        school = {"school": draw(some([["council"], ["council", "trust"], "trust"]))}
        more |= draw(some([{"purposes": ["care"]}, {"fields": ["name", "risk"]}, {"cohort": school}]))
    row = forward(agreed(reference, kind, draw(some(["alpha", "beta"])), **more))
    basis = [{"article_9": "h", "schedule_1": 2}, {"article_9": "f"}, {"article_6": "c"}, {"schedule_1": 5}, {}]
    row |= draw(some(basis))
    lost = draw(some(["", "", "article_6", "article_9", "schedule_1"]))
    return {name: found for name, found in row.items() if name != lost}


def party(draw: st.DrawFn) -> dict[str, Any]:
    reference, organisation = draw(some(["dsa", "proto", "proto-beta"])), draw(some(ORGANISATIONS))
    row = {"agreement": reference, "version": draw(some([1, 2])), "organisation": organisation}
    return row | draw(optional("signed_on", DAYS))


def signature(draw: st.DrawFn) -> dict[str, Any]:
    row = {"agreement": "terms", "version": draw(some([1, 2, 3])), "person": draw(some(PEOPLE))}
    return row | {"signed_on": draw(some(DAYS))}


def system_days(draw: st.DrawFn) -> dict[str, Any]:
    return (
        {"system": draw(some(["alpha", "beta"]))}
        | draw(optional("audit_live_on", DAYS))
        | draw(optional("closed_on", DAYS))
    )


MORE = {
    "employment": employment, "checks": check, "training": course, "conflicts": conflict, "suspensions": suspension,
    "checklist_answers": checklist_answer, "agreements": agreement, "parties": party, "signatures": signature,
    "systems": system_days,
}  # fmt: skip
"""One more row of each sheet, drawn at random."""


def put(world: World, sheet: str, row: dict[str, Any]) -> None:
    """Add a row; one that states the same fact takes the place of the earlier one."""
    mark = [row[name] for name in NATURAL[sheet]]
    world[sheet] = [one for one in world[sheet] if [one[name] for name in NATURAL[sheet]] != mark] + [row]


def recordable(world: World) -> World:
    """A world without what nobody could record: who signed what is not there."""
    known = {row["reference"] for row in world["agreements"]}
    versions = {(row["reference"], row["version"]) for row in world["agreements"]}
    parties = [row for row in world["parties"] if (row["agreement"], row["version"]) in versions]
    return {
        **world,
        "parties": parties,
        "signatures": [row for row in world["signatures"] if row["agreement"] in known],
    }


def change(draw: st.DrawFn, world: World) -> None:
    """One change of a world: a row less, a row more, an organisation out of it, a grant more."""
    act = draw(some(["less", "more", "more", "more", "grant", "organisation", "suspend"]))
    if act == "less":
        sheet = draw(some([name for name in (*MORE, "grants") if world[name]]))
        world[sheet].pop(draw(st.integers(0, len(world[sheet]) - 1)))
    elif act == "more":
        sheet = draw(some(list(MORE)))
        put(world, sheet, MORE[sheet](draw))
    elif act == "suspend":
        put(world, "suspensions", suspension(draw))
    elif act == "grant":
        put(world, "grants", draw(grants()))
    else:
        row = world["organisations"][draw(st.integers(0, 3))]
        row["status"] = draw(some(["suspended", "closed"]))


@st.composite
def worlds(draw: st.DrawFn, most: int = 5) -> World:
    """A world with a few grants and a few changes."""
    world = ordered()
    for person in draw(st.sampled_from([["ann"], ["ann", "ben"]])):
        for system in ("alpha", "beta"):
            ends = draw(some([{}, {}, {"to": TODAY}]))
            put(world, "grants", granted(person, system, draw(some(ROLES[system][:3])), "council", **ends))
    for _ in range(draw(st.integers(0, 2))):
        put(world, "grants", draw(grants()))
    for _ in range(draw(st.integers(0, most))):
        change(draw, world)
    return world


def mostly(draw: st.DrawFn, good: Any, *others: Any) -> Any:
    """Seven times in eight the first."""
    return good if draw(st.integers(0, 7)) < 7 else draw(some(list(others)))


ABSENT = object()


def given(**values: Any) -> dict[str, Any]:
    """The values that are not absent."""
    return {name: found for name, found in values.items() if found is not ABSENT}


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A system, and a question for it."""
    system = draw(some(["alpha", "alpha", "alpha", "beta"]))
    kind, action, name, properties = (report if system == "beta" else draw(some([record, record, room])))(draw)
    context = given(
        purpose=mostly(draw, "care", "gossip", ABSENT),
        case=mostly(draw, "C-1", "  ", ABSENT) if system == "alpha" else ABSENT,
        unsure=mostly(draw, ABSENT, False, True) if system == "alpha" else ABSENT,
        acr=mostly(draw, "mfa", "password", "passkey", ABSENT),
        auth_time=draw(some([int(datetime(2026, 6, 15, 11, 30, tzinfo=UTC).timestamp()), "2026-06-15T12:30:00+01:00",
                             "2026-06-15T10:59:59Z", "2026-06-15T12:00:59Z", "yesterday", ABSENT])),
        mediated_for=mostly(draw, ABSENT, *PEOPLE),
    )  # fmt: skip
    subject = {"type": mostly(draw, "user", "user", "robot"), "id": mostly(draw, "ann", *PEOPLE, "nobody")}
    return system, {
        "subject": subject,
        "action": {"name": action},
        "resource": {"type": kind, "id": name, "properties": properties},
        "context": context,
    }


def record(draw: st.DrawFn) -> tuple[str, str, str, dict[str, Any]]:
    properties = given(
        school=mostly(draw, "council", "trust", ABSENT),
        age=mostly(draw, 12, 0, 18, 19, 25, 26, ABSENT),
        ldd=mostly(draw, ABSENT, True, False),
        fields=mostly(draw, ABSENT, ["name", "risk"], ["name", "diary"], []),
        locked=mostly(draw, ABSENT, False, True),
        strange=mostly(draw, ABSENT, "x"),
    )
    return (
        "record",
        draw(some(["view", "view", "view", "export", "edit", "note"])),
        draw(some(["R-01", "R-02"])),
        properties,
    )


def room(draw: st.DrawFn) -> tuple[str, str, str, dict[str, Any]]:
    properties = given(wing=mostly(draw, ABSENT, "east", "west"), team=mostly(draw, ABSENT, "MASH"))
    return mostly(draw, "room", "cellar"), "view", draw(some(["HUB", "MASH", "NEW"])), properties


def report(draw: st.DrawFn) -> tuple[str, str, str, dict[str, Any]]:
    properties = given(
        rows=mostly(draw, "aggregate", "individual", ABSENT),
        cell=mostly(draw, 9, 5, 6, ABSENT),
        area=mostly(draw, "north", "south", ABSENT),
        fields=mostly(draw, ["name"], ["diary"], ABSENT),
    )
    return "report", "run", draw(some(["yearly", "caf\u00e9", "cafe\u0301"])), properties


def turns(world: World, *, near: bool) -> list[datetime]:
    """The moments at which a day of a world begins or has ended, and the last moments before."""
    days = {day for rows in world.values() for row in rows for day in row.values() if isinstance(day, date)}
    days = set(NEAR) if near else days | {date(2026, 6, 14), date(2026, 6, 15)}
    found = {turn for day in days for turn in (day_start(day), day_end(day))}
    return sorted({one for turn in found for one in (turn - MOMENT, turn)})


NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
FACTOR_ENDS = datetime(2026, 6, 15, 12, 30, tzinfo=UTC)


@st.composite
def situations(draw: st.DrawFn, most: int = 5) -> Asked:
    """A world, one to three questions, and moments: noon, and around the ends of what the world holds."""
    world = draw(worlds(most))
    asked = draw(st.lists(questions(), min_size=1, max_size=3))
    moments = {NOON, draw(some([FACTOR_ENDS - MOMENT, FACTOR_ENDS])), draw(some(turns(world, near=False)))}
    moments.update(draw(st.lists(some(turns(world, near=True)), max_size=3)))
    return Asked(world, tuple(asked), tuple(sorted(moments)))
