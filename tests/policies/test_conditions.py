"""Every condition at its boundaries: a hair on either side, and what it says of what it cannot know."""

from types import SimpleNamespace
from typing import Any

import pytest

from governance.kernel.reading import BadTable
from governance.ports.role_rules import Asked
from policies.conditions import FUNCTIONS

SCHOOL = SimpleNamespace(reference="fenny-hollow", area="Derbyshire", kind="school")
PERSON = SimpleNamespace(reference="ann", attributes={"mail": "ann@x.org", "wards": ["north", "east"]})
ANYWHERE = SimpleNamespace(reference="council", area="ALL")
NOWHERE = SimpleNamespace(reference="agency", area=None)

ABOUT_X: dict[str, Any] = {"property": "x"}
IN_CONTEXT: dict[str, Any] = {"property": "context.x"}
TEENS: dict[str, Any] = {"minimum": 13, "maximum": 19}
TO_24 = {**TEENS, "maximum_with_ldd": 24, "ldd_property": "ldd"}

UNSEEN = (
    *("\u200b", "\u00a0", "\u00ad", "\ufeff", "\u202e", "\U000e0041"),  # blanks, and signs of format
    *("\u034f", "\u180b", "\ufe0f", "\u0301", "\U000e0100"),  # marks that stand on nothing
    *("\u115f", "\u1160", "\u3164", "\uffa0", "\u2800", "\U0001d159"),  # letters and symbols without a shape
)
CASES: list[tuple[str, dict[str, Any], dict[str, Any], bool | None]] = [
    ("present", ABOUT_X, {"x": "a"}, True),
    ("present", ABOUT_X, {"x": ""}, False),
    ("present", ABOUT_X, {"x": " \t"}, False),
    *(("present", ABOUT_X, {"x": sign}, False) for sign in UNSEEN),
    *(("present", ABOUT_X, {"x": sign}, True) for sign in ("é", "e\u0301", "\u0661", "字", "ก็", "-", "№", "🙂")),
    ("present", ABOUT_X, {"x": "".join(UNSEEN)}, False),
    ("present", ABOUT_X, {"x": "".join(UNSEEN) + "a"}, True),
    ("present", ABOUT_X, {"x": 0}, True),
    ("present", ABOUT_X, {"x": False}, True),
    ("present", ABOUT_X, {"x": []}, False),
    ("present", ABOUT_X, {"x": ()}, False),
    ("present", ABOUT_X, {}, False),
    ("present", IN_CONTEXT, {"x": "a"}, False),
    ("present", IN_CONTEXT, {"context.x": "a"}, True),
    ("absent", ABOUT_X, {}, True),
    ("absent", ABOUT_X, {"x": " "}, True),
    ("absent", ABOUT_X, {"x": "a"}, False),
    ("is_true", ABOUT_X, {"x": True}, True),
    ("is_true", ABOUT_X, {"x": False}, False),
    ("is_true", ABOUT_X, {}, None),
    ("is_false", ABOUT_X, {"x": False}, True),
    ("is_false", ABOUT_X, {"x": True}, False),
    ("is_false", ABOUT_X, {}, None),
    ("one_of", {**ABOUT_X, "values": ["a", "b"]}, {"x": "b"}, True),
    ("one_of", {**ABOUT_X, "values": ["a", "b"]}, {"x": "B"}, False),
    ("one_of", {**ABOUT_X, "values": ["a"]}, {"x": "aa"}, False),
    ("one_of", {**ABOUT_X, "values": ["a"]}, {"x": ("c", "a")}, True),
    ("one_of", {**ABOUT_X, "values": ["a"]}, {"x": ()}, False),
    ("one_of", {**ABOUT_X, "values": ["a"]}, {}, None),
    ("none_of", {**ABOUT_X, "values": ["a"]}, {"x": "b"}, True),
    ("none_of", {**ABOUT_X, "values": ["a"]}, {"x": ("b", "a")}, False),
    ("none_of", {**ABOUT_X, "values": ["a"]}, {"x": ()}, True),
    ("none_of", {**ABOUT_X, "values": ["a"]}, {}, None),
    ("own_organisation", {}, {"organisation": "fenny-hollow"}, True),
    ("own_organisation", {}, {"organisation": "Fenny-Hollow"}, False),
    ("own_organisation", {}, {"organisation": "stonebeck"}, False),
    ("own_organisation", {}, {}, None),
    ("own_organisation", {"property": "school"}, {"school": "fenny-hollow"}, True),
    ("own_organisation", {"property": "schools"}, {"schools": ("stonebeck", "fenny-hollow")}, True),
    ("own_organisation", {"property": "schools"}, {"schools": ("stonebeck", "fenny")}, False),
    ("own_organisation", {"property": "schools"}, {"schools": ()}, False),
    ("own_area", {}, {"area": "Derbyshire"}, True),
    ("own_area", {}, {"area": "Derby"}, False),
    ("own_area", {}, {}, None),
    ("age_range", TEENS, {"age": 12}, False),
    ("age_range", TEENS, {"age": 13}, True),
    ("age_range", TEENS, {"age": 19}, True),
    ("age_range", TEENS, {"age": 20}, False),
    ("age_range", TEENS, {}, None),
    ("age_range", TEENS, {"age": 20, "ldd": True}, False),
    ("age_range", TO_24, {"age": 19, "ldd": False}, True),
    ("age_range", TO_24, {"age": 20, "ldd": False}, False),
    ("age_range", TO_24, {"age": 20, "ldd": True}, True),
    ("age_range", TO_24, {"age": 24, "ldd": True}, True),
    ("age_range", TO_24, {"age": 25, "ldd": True}, False),
    ("age_range", TO_24, {"age": 12, "ldd": True}, False),
    ("age_range", TO_24, {"age": 22}, None),
    ("age_range", TO_24, {"age": 25}, False),
    ("listed_fields", {"fields": ["name", "number"]}, {"fields": ("name",)}, True),
    ("listed_fields", {"fields": ["name", "number"]}, {"fields": ("name", "number")}, True),
    ("listed_fields", {"fields": ["name", "number"]}, {"fields": ("name", "notes")}, False),
    ("listed_fields", {"fields": ["name"]}, {"fields": ()}, None),
    ("listed_fields", {"fields": ["name"]}, {}, None),
    ("aggregate_rows", {}, {"rows": "aggregate"}, True),
    ("aggregate_rows", {}, {"rows": "individual"}, False),
    ("aggregate_rows", {}, {}, None),
    ("own_person", ABOUT_X, {"x": "ann"}, True),
    ("own_person", ABOUT_X, {"x": "bob"}, False),
    ("own_person", ABOUT_X, {"x": ("bob", "ann")}, True),
    ("own_person", ABOUT_X, {"x": ()}, False),
    ("own_person", ABOUT_X, {}, None),
    ("own_attribute", {**ABOUT_X, "attribute": "mail"}, {"x": "ann@x.org"}, True),
    ("own_attribute", {**ABOUT_X, "attribute": "mail"}, {"x": "Ann@x.org"}, False),
    ("own_attribute", {**ABOUT_X, "attribute": "mail"}, {}, None),
    ("own_attribute", {**ABOUT_X, "attribute": "fax"}, {"x": "ann@x.org"}, None),
    ("own_attribute", {**ABOUT_X, "attribute": "wards"}, {"x": "east"}, True),
    ("own_attribute", {**ABOUT_X, "attribute": "wards"}, {"x": ("south", "west")}, False),
    ("is_true", {"property": "action.x"}, {"x": True}, None),
    ("organisation_of_kind", {"kinds": ["school", "college"]}, {}, True),
    ("organisation_of_kind", {"kinds": ["charity"]}, {}, False),
    ("at_most", {**ABOUT_X, "maximum": 3}, {"x": 3}, True),
    ("at_most", {**ABOUT_X, "maximum": 3}, {"x": 4}, False),
    ("at_most", {**ABOUT_X, "maximum": 3}, {}, None),
]


def ask(name: str, table: dict[str, Any], values: dict[str, Any], organisation: object = SCHOOL) -> bool | None:
    function = FUNCTIONS[name]
    context = {key.removeprefix("context."): value for key, value in values.items() if key.startswith("context.")}
    return function.bind(function.read(table))(Asked(values, context, PERSON, organisation))


@pytest.mark.parametrize(("name", "table", "values", "answer"), CASES)
def test_conditions(name: str, table: dict[str, Any], values: dict[str, Any], answer: bool | None) -> None:
    assert ask(name, table, values) is answer


def test_every_condition_is_tried() -> None:
    assert {case[0] for case in CASES} == set(FUNCTIONS)


@pytest.mark.parametrize(
    ("organisation", "values", "answer"),
    [
        (ANYWHERE, {"area": "Derbyshire"}, True),
        (ANYWHERE, {}, True),
        (NOWHERE, {"area": "Derbyshire"}, None),
        (None, {"area": "Derbyshire"}, None),
    ],
)
def test_areas(organisation: object, values: dict[str, Any], answer: bool | None) -> None:
    assert ask("own_area", {}, values, organisation) is answer


def test_without_an_organisation_nothing_is_ones_own() -> None:
    assert ask("own_organisation", {}, {"organisation": "x"}, None) is None
    assert ask("organisation_of_kind", {"kinds": ["school"]}, {}, None) is None


@pytest.mark.parametrize(
    ("name", "table", "fields"),
    [
        ("present", {}, {"property"}),
        ("present", {"property": "x", "propery": "y"}, {"propery"}),
        ("present", {"property": 1}, {"property"}),
        ("age_range", {"minimum": 20, "maximum": 13}, {"minimum"}),
        ("age_range", {"minimum": "13", "maximum": 19}, {"minimum"}),
        ("one_of", {"property": "x", "values": "a"}, {"values"}),
        ("listed_fields", {"fields": [1]}, {"fields"}),
        ("at_most", {"property": "x", "maximum": True}, {"maximum"}),
    ],
)
def test_mistyped_parameters_are_named(name: str, table: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(BadTable) as wrong:
        FUNCTIONS[name].read(table)
    assert {fault.field for fault in wrong.value.faults} == fields


def test_a_function_fills_the_words_of_its_reason() -> None:
    age = FUNCTIONS["age_range"]
    assert age.detail(age.read(TEENS)) == {"ages": "13 to 19"}
    listed = FUNCTIONS["listed_fields"]
    assert listed.detail(listed.read({"fields": ["name", "number"]})) == {"fields": "any but name, number"}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_condition_says_what_it_means(name: str) -> None:
    assert (FUNCTIONS[name].call.__doc__ or "").strip()
