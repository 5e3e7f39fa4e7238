"""A plan filters rows in Python and in a database alike, and shows none where any part of it is not understood."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, create_engine, insert, select

from examples.client import postern_rows
from examples.client.postern_client import NotUnderstood, Plan, Postern, Resource, holds, read_plan
from examples.client.postern_rows import where
from tests.examples.misbehaving import Crooked, answering, crooked, late, written

PUPILS = Table(
    "pupils", MetaData(), Column("number", String, primary_key=True), Column("school", String),
    Column("age", Integer), Column("open", Boolean),
)  # fmt: skip
COLUMNS = {name: PUPILS.c[name] for name in ("school", "age", "open")} | {"nowhere": None}
ROWS: list[dict[str, Any]] = [
    {"number": "A", "school": "fenny", "age": 10, "open": True},
    {"number": "B", "school": "stone", "age": 12, "open": False},
    {"number": "C", "school": None, "age": None, "open": None},
    {"number": "D", "school": "fenny", "age": 16, "open": False},
    {"number": "E", "school": " \u200b\t\u3164\u2800\u034f", "age": 13, "open": True},
]


@pytest.fixture(scope="module")
def pupils() -> Iterator[Any]:
    engine = create_engine("sqlite://")
    PUPILS.metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(insert(PUPILS), ROWS)
        yield connection
    engine.dispose()


def leaf(name: str, test: str, **more: Any) -> dict[str, Any]:
    return {"property": name, "is": test, **more}


def by_the_database(pupils: Any, plan: Plan) -> str:
    return "".join(pupils.scalars(select(PUPILS.c.number).where(where(plan, COLUMNS)).order_by("number")))


@pytest.mark.parametrize(("condition", "passes"), [
    (leaf("school", "in", values=["fenny", "moor"]), "AD"),
    (leaf("school", "in", values=[]), ""),
    (leaf("school", "not_in", values=["fenny"]), "BE"),
    (leaf("school", "not_in", values=[]), "ABDE"),
    (leaf("school", "within", values=["fenny"]), "AD"),
    (leaf("school", "beyond", values=["fenny"]), "BE"),
    (leaf("age", "at_least", value=12), "BDE"),
    (leaf("age", "at_most", value=12), "AB"),
    (leaf("age", "at_most", value=0), ""),
    (leaf("open", "in", values=[True]), "AE"),
    (leaf("open", "in", values=[False]), "BD"),
    (leaf("school", "known"), "ABDE"),
    (leaf("school", "unknown"), "C"),
    (leaf("school", "stated"), "ABD"),
    (leaf("school", "blank"), "E"),
    (leaf("age", "stated"), "ABDE"),
    (leaf("age", "blank"), ""),
    (leaf("nowhere", "in", values=["x"]), ""),
    (leaf("nowhere", "not_in", values=["x"]), ""),
    (leaf("nowhere", "blank"), ""),
    (leaf("nowhere", "unknown"), "ABCDE"),
    ({"all": [leaf("school", "in", values=["fenny"]), leaf("age", "at_least", value=12)]}, "D"),
    ({"any": [leaf("school", "unknown"), leaf("age", "at_least", value=16)]}, "CD"),
    ({"all": []}, "ABCDE"),
    ({"any": []}, ""),
    ({"any": [{"all": [leaf("open", "in", values=[False]), leaf("age", "at_most", value=12)]}]}, "B"),
], ids=str)  # fmt: skip
def test_python_and_the_database_agree(pupils: Any, condition: Any, passes: str) -> None:
    plan = Plan("conditional", condition)
    assert "".join(str(row["number"]) for row in ROWS if plan.passes(row)) == passes
    assert by_the_database(pupils, plan) == passes


@pytest.mark.parametrize(("plan", "passes"), [
    (Plan("always"), "ABCDE"), (Plan("never"), ""), (Plan("conditional"), ""), (Plan("perhaps"), ""),
])  # fmt: skip
def test_a_plan_without_a_condition(pupils: Any, plan: Plan, passes: str) -> None:
    assert "".join(str(row["number"]) for row in ROWS if plan.passes(row)) == passes
    assert by_the_database(pupils, plan) == passes


@pytest.mark.parametrize("condition", [
    None, {}, [], "true", leaf("school", "like", value="f%"), leaf("school", "in"), leaf("school", "in", value="x"),
    leaf("school", "in", values="fenny"), leaf("age", "at_least"), leaf("age", "at_least", value="12"),
    {"all": leaf("school", "known")}, {"not": [leaf("school", "known")]}, {"is": "known"},
    {"property": 7, "is": "known"},
    {"all": [leaf("school", "in", values=["fenny"]), leaf("school", "resembles", value="f")]},
    {"any": [leaf("school", "known"), {"any": [{}]}]},
], ids=str)  # fmt: skip
def test_what_is_not_known_shows_nothing(condition: Any) -> None:
    with pytest.raises(NotUnderstood):
        holds(condition, ROWS[0])
    with pytest.raises(postern_rows.NotUnderstood):
        postern_rows.clause(condition, COLUMNS)
    with pytest.raises(NotUnderstood):
        read_plan({"plan": {"kind": "conditional", "condition": condition}})


def test_a_property_that_nobody_placed_is_not_taken_for_unknown() -> None:
    with pytest.raises(postern_rows.NotUnderstood, match="say which column holds it"):
        where(Plan("conditional", leaf("caution", "unknown")), COLUMNS)


@pytest.mark.parametrize(("test", "values", "found"), [
    ("in", ["risk"], True), ("in", ["none"], False), ("not_in", ["risk"], False), ("not_in", ["none"], True),
    ("within", ["risk", "dog", "cat"], True), ("within", ["risk"], False), ("beyond", ["risk"], True),
    ("beyond", ["risk", "dog"], False),
])  # fmt: skip
def test_of_a_list_its_items_count(test: str, values: list[str], found: bool) -> None:
    assert holds(leaf("caution", test, values=values), {"caution": ["risk", "dog"]}) is found


def test_an_empty_list_says_nothing_and_true_is_not_one() -> None:
    assert [holds(leaf("caution", test), {"caution": []}) for test in ("known", "stated", "blank")] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(("condition", "said"), [
    (leaf("open", "in", values=[1]), True), (leaf("open", "at_least", value=0), True),
    (leaf("open", "in", values=[False]), 0), (leaf("open", "not_in", values=[True]), 0),
    (leaf("day", "not_in", values=["2026-01-01"]), date(2026, 1, 1)), (leaf("age", "at_most", value=9), "8"),
    (leaf("caution", "not_in", values=["risk"]), ["dog", 7]), (leaf("age", "at_most", value=9), [8]),
], ids=str)  # fmt: skip
def test_what_a_row_says_in_another_way_is_not_understood(condition: Any, said: Any) -> None:
    with pytest.raises(NotUnderstood, match="another kind"):
        holds(condition, {condition["property"]: said})


# -------------------------------------------------------------------------------------------------- asking for a list

ROW_A, ROW_B = Resource("pupil", "A", {"school": "fenny", "open": True}), Resource("pupil", "B", {"school": "stone"})
NOBODY = Resource("pupil", "000", {"school": "fenny"})
STARTING_POINT = {
    "id": "s", "type": "substitute", "properties": {"worker": "Starting Point"},
    "when": {"any": [leaf("open", "unknown"), leaf("open", "in", values=[False])]},
}  # fmt: skip


@pytest.fixture
def server() -> Iterator[Crooked]:
    with crooked() as one:
        yield one


@pytest.fixture
def postern(server: Crooked) -> Iterator[Postern]:
    made = Postern(server.url, "databook", "k")
    yield made
    made.close()


def listed(postern: Postern) -> tuple[bool, list[str], list[list[str]]]:
    entrance, rows = postern.permitted("ann", "view", [ROW_A, ROW_B], ordinary=NOBODY)
    return entrance.allowed, [row.id for row, _ in rows], [[one.type for one in given.obligations] for _, given in rows]


def doors(plan: Any, batch: Any) -> Any:
    """Answers the plan's door and the batch's door, each with its own."""

    def behave(line: Any, body: bytes) -> None:
        line.sendall(batch if b'"evaluations"' in body else plan)

    return behave


NO_DOOR = written({"title": "Not Found"}, status="404 Not Found", kind="application/problem+json")
YES, NO = {"decision": True}, {"decision": False, "context": {"reasons": [{"code": "cohort", "user": "No."}]}}


def test_a_list_by_its_plan(server: Crooked, postern: Postern) -> None:
    plan = {"kind": "conditional", "condition": {"any": [
        leaf("school", "in", values=["fenny"]), leaf("open", "unknown"),
    ]}, "confirm": False}  # fmt: skip
    server.behaviour = answering({"plan": plan, "context": {"obligations": [STARTING_POINT]}})
    assert listed(postern) == (True, ["A", "B"], [[], ["substitute"]])
    assert server.asked == [{
        "subject": {"type": "user", "id": "ann"}, "action": {"name": "view"}, "context": {},
        "resource": {"type": "pupil", "properties": {}},
    }]  # fmt: skip
    assert server.heads[0].startswith(b"POST /systems/databook/access/v1/plan ")


def test_rows_to_be_confirmed_are_asked_about(server: Crooked, postern: Postern) -> None:
    plan = written({"plan": {"kind": "always", "confirm": True}, "context": {}})
    server.behaviour = doors(plan, written({"evaluations": [NO, YES]}))
    assert listed(postern)[:2] == (True, ["B"])


def test_a_list_by_a_plan_in_hand_is_obliged_as_well(server: Crooked, postern: Postern) -> None:
    only = {"kind": "conditional", "condition": leaf("school", "in", values=["fenny"]), "confirm": False}
    server.behaviour = answering({"plan": only, "context": {"obligations": [STARTING_POINT]}})
    plan = postern.plan("ann", "view", "pupil")
    unknown = Resource("pupil", "C", {"school": "fenny"})
    entrance, rows = postern.permitted_by(plan, "ann", "view", [ROW_A, ROW_B, unknown])
    assert entrance.allowed
    assert [(row.id, [one.type for one in given.obligations]) for row, given in rows] == [
        ("A", []), ("C", ["substitute"]),
    ]  # fmt: skip
    assert len(server.asked) == 1


def test_a_refused_list_says_to_whom_it_speaks(server: Crooked, postern: Postern) -> None:
    """Where one person asks for another, the gaps are the other's, and no business of who sits at the screen."""
    server.behaviour = answering({"plan": {"kind": "never"}, "context": {**NO["context"], "addressed_to": "ben"}})
    assert postern.permitted("ann", "view", [ROW_A], ordinary=NOBODY)[0].addressed_to == "ben"
    server.behaviour = answering({**NO, "context": {**NO["context"], "addressed_to": "ben"}})
    assert postern.decide("ann", "view", ROW_A).addressed_to == "ben"


def test_a_plan_for_some_fields_shows_no_others(server: Crooked, postern: Postern) -> None:
    """What is given for all rows is no part of the condition, and still counts for each."""
    server.behaviour = answering({"plan": {"kind": "always"}, "context": {}})
    plan = postern.plan("ann", "view", "pupil", properties={"fields": ["name"], "shielded": False})
    other = Resource("pupil", "C", {"shielded": True})
    _, rows = postern.permitted_by(plan, "ann", "view", [ROW_A, other])
    assert [(row.id, given.show({"name": "A", "address": "x"}, ["name", "address"])) for row, given in rows] == [
        ("A", {"name": "A"})
    ]


def test_rows_to_be_confirmed_are_asked_about_as_the_plan_was(server: Crooked, postern: Postern) -> None:
    plan = written({"plan": {"kind": "always", "confirm": True}, "context": {}})
    server.behaviour = doors(plan, written({"evaluations": [YES]}))
    postern.permitted_by(postern.plan("ann", "view", "pupil", properties={"fields": ["name"]}), "ann", "view", [ROW_B])
    asked = server.asked[1]["evaluations"][0]["resource"]["properties"]
    assert asked == {"school": "stone", "fields": ["name"]}


SAID = {
    "source": {"type": "list", "values": ["psn", "school"]}, "age": {"type": "integer"}, "day": {"type": "date"},
    "open": {"type": "boolean"}, "name": {"type": "text"},
}  # fmt: skip


@pytest.mark.parametrize(("properties", "shown"), [
    ({"source": ["psn"], "age": 9, "day": "2026-01-01", "open": False, "name": "x", "more": object}, True),
    ({"source": None, "name": None}, True), ({"source": ["PSN"]}, False), ({"source": "psn"}, False),
    ({"age": 1.5}, False), ({"age": True}, False), ({"age": 2**60}, False), ({"open": 0}, False), ({"name": 5}, False),
    ({"name": ["x"]}, False), ({"day": "20260101"}, False), ({"day": date(2026, 1, 1)}, False),
], ids=str)  # fmt: skip
def test_a_row_that_no_question_may_say_is_left_out(
    server: Crooked, postern: Postern, properties: Any, shown: bool
) -> None:
    server.behaviour = answering({"plan": {"kind": "always", "properties": SAID}, "context": {}})
    _, rows = postern.permitted("ann", "view", [Resource("pupil", "A", properties)], ordinary=NOBODY)
    assert bool(rows) is shown


def test_text_is_compared_composed(server: Crooked, postern: Postern) -> None:
    plan = {"kind": "conditional", "condition": leaf("name", "not_in", values=["Café"])}
    server.behaviour = answering({"plan": plan, "context": {}})
    rows = [Resource("pupil", name, {"name": name}) for name in ("Cafe\u0301", "Café", "Bar")]
    assert [row.id for row, _ in postern.permitted("ann", "view", rows, ordinary=NOBODY)[1]] == ["Bar"]


def test_who_may_see_none_is_told_why(server: Crooked, postern: Postern) -> None:
    server.behaviour = answering({"plan": {"kind": "never"}, "context": NO["context"]})
    entrance, rows = postern.permitted("ann", "view", [ROW_A], ordinary=NOBODY)
    assert (entrance.allowed, entrance.reasons[0].code, rows) == (False, "cohort", [])


@pytest.mark.parametrize(("answers", "found"), [
    ([YES, YES, NO], (True, ["A"])), ([YES, NO, NO], (True, [])), ([NO, YES, YES], (False, [])),
])  # fmt: skip
def test_without_plans_each_row_is_asked_about(
    server: Crooked, postern: Postern, answers: list[Any], found: Any
) -> None:
    server.behaviour = doors(NO_DOOR, written({"evaluations": answers}))
    assert listed(postern)[:2] == found
    assert [item["resource"]["id"] for item in server.asked[1]["evaluations"]] == ["000", "A", "B"]


@pytest.mark.parametrize("answer", [
    {"plan": {"kind": "perhaps"}}, {"plan": {"kind": "conditional"}}, {"plan": []}, {},
    {"plan": {"kind": "always", "confirm": "yes"}},
    {"plan": {"kind": "always"}, "context": {"obligations": [{"type": "fields"}]}},
    {"plan": {"kind": "always"}, "context": {"obligations": [{"type": "notify", "when": {"is": "odd"}}]}},
    {"plan": {"kind": "always"}, "context": 7},
], ids=str)  # fmt: skip
def test_a_plan_that_is_not_understood_shows_nothing(server: Crooked, postern: Postern, answer: Any) -> None:
    server.behaviour = answering(answer)
    assert listed(postern)[:2] == (False, [])


def test_a_row_whose_obligation_cannot_be_fulfilled_is_left_out(server: Crooked, postern: Postern) -> None:
    notify = {"type": "notify", "when": leaf("school", "in", values=["fenny"])}
    server.behaviour = answering({"plan": {"kind": "always"}, "context": {"obligations": [notify]}})
    assert listed(postern)[:2] == (True, ["B"])


def test_a_row_whose_obligations_cannot_be_told_is_left_out(server: Crooked, postern: Postern) -> None:
    server.behaviour = answering({"plan": {"kind": "always"}, "context": {"obligations": [STARTING_POINT]}})
    rows = [Resource("pupil", number, {"open": said}) for number, said in (("A", 0), ("B", False), ("C", "no"))]
    entrance, shown = postern.permitted("ann", "view", rows, ordinary=NOBODY)
    assert (entrance.allowed, [row.id for row, _ in shown]) == (True, ["B"])
    assert [one.type for one in shown[0][1].obligations] == ["substitute"]


def test_a_slow_plan_shows_nothing(server: Crooked, postern: Postern) -> None:
    server.behaviour = late(2)
    entrance, _ = postern.permitted("ann", "view", [ROW_A], ordinary=NOBODY)
    assert (entrance.allowed, entrance.reasons[0].code) == (False, "service_slow")


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "405 Method Not Allowed"])
def test_who_asks_for_a_plan_where_there_are_none_is_told(server: Crooked, postern: Postern, status: str) -> None:
    server.behaviour = answering({}, status=status)
    plan = postern.plan("ann", "view", "pupil")
    assert (plan.kind, [one.code for one in plan.reasons]) == ("never", ["question_not_taken"])
