"""How names, ids and values are written, and who inherits from whom. No pack, no database."""

from datetime import UTC, date, datetime

import pytest

from governance.kernel.errors import cure_for
from policies.rules import (
    MOST_GENERATIONS,
    NAME,
    PROPERTY_NAME,
    ROLE_NAME,
    SYSTEM_ID,
    PropertyType,
    ancestry,
    any_blank,
    fits,
    id_form_problem,
    name_cure,
    name_problem,
    value_problem,
)


@pytest.mark.parametrize(
    ("name", "form", "problem"),
    [
        ("child-record", NAME, ""),
        ("LCS-1", NAME, ""),
        ("can_read.user", NAME, ""),
        ("a" * 60, NAME, ""),
        ("a" * 61, NAME, "is not a name"),
        ("", NAME, "is blank"),
        (" ", NAME, "is blank"),
        ("user:amira", NAME, 'holds ":"'),
        ("a,b", NAME, "is not a name"),
        ("a b", NAME, "is not a name"),
        ("!", NAME, "is not a name"),
        ("clerk\n", NAME, "is not a name"),
        ("Clerk", ROLE_NAME, "is not a name"),
        ("coventry-lcs", SYSTEM_ID, ""),
        ("Coventry", SYSTEM_ID, "is not a name"),
        ("a_b", SYSTEM_ID, "is not a name"),
        ("context.case", PROPERTY_NAME, "is not a name"),
        ("ldd_2", PROPERTY_NAME, ""),
    ],
)
def test_names(name: str, form: object, problem: str) -> None:
    found = name_problem(name, form=form)  # type: ignore[arg-type]
    assert (problem in found) if problem else not found


def test_every_form_of_name_has_a_cure() -> None:
    assert len({name_cure(form) for form in (NAME, ROLE_NAME, PROPERTY_NAME, SYSTEM_ID)}) == 4


@pytest.mark.parametrize(
    ("form", "resource_id", "fit"),
    [
        ("LCS-######", "LCS-100234", True),
        ("LCS-######", "LCS-10023", False),
        ("LCS-######", "LCS-1002345", False),
        ("LCS-######", "LCS-10023A", False),
        ("LCS-######", "LCS-10023\N{FULLWIDTH DIGIT FOUR}", False),
        ("LCS-######", "LCS-100234\n", False),
        ("LCS-######", "lcs-100234", False),
        ("@@#", "AB1", True),
        ("@@#", "aB1", False),
        ("v#.#", "v1.0", True),
        ("v#.#", "v1X0", False),
        ("run-*", "run-a-1", True),
        ("run-*", "run-", False),
        ("run-*", "run-a/b", False),
        ("run-*", "run-..", False),
    ],
)
def test_ids_fit_their_form_letter_by_letter(form: str, resource_id: str, fit: bool) -> None:
    assert fits(form, resource_id) is fit


@pytest.mark.parametrize(("form", "good"), [("LCS-*", True), ("*", True), ("*-1", False), ("a**", False), (" ", False)])
def test_forms_of_ids(form: str, good: bool) -> None:
    assert (id_form_problem(form) == "") is good


def test_a_cure_names_what_is_near_or_all_there_is() -> None:
    assert cure_for("Deny", ["allow", "deny"]) == 'Did you mean "deny"?'
    assert cure_for("zzz", ["allow", "deny"]) == "Write one of: allow, deny."
    assert cure_for("zzz", []) == "There is none to name."


def test_a_role_comes_before_those_it_inherits_from() -> None:
    parents = {"lead": ["clerk", "reader"], "clerk": ["reader"], "reader": []}
    assert ancestry("lead", parents) == ("lead", "clerk", "reader")


@pytest.mark.parametrize("parents", [{"a": ["a"]}, {"a": ["b"], "b": ["a"]}, {"a": ["b"], "b": ["c"], "c": ["b"]}])
def test_a_circle_is_named(parents: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError, match=r"goes round in a circle: .* → "):
        ancestry("a", parents)


def test_the_longest_chain_of_roles() -> None:
    chain = {f"r{number}": [f"r{number + 1}"] for number in range(MOST_GENERATIONS - 1)}
    assert len(ancestry("r0", chain)) == MOST_GENERATIONS
    chain[f"r{MOST_GENERATIONS - 1}"] = [f"r{MOST_GENERATIONS}"]
    with pytest.raises(ValueError, match="chain of more than 8 roles"):
        ancestry("r0", chain)


@pytest.mark.parametrize(
    ("kind", "value", "good"),
    [
        ("text", "a", True),
        ("text", 1, False),
        ("text", "a" * 11, False),
        ("integer", 5, True),
        ("integer", True, False),
        ("integer", 5.0, False),
        ("boolean", False, True),
        ("boolean", 0, False),
        ("date", date(2026, 3, 2), True),
        ("date", datetime(2026, 3, 2, tzinfo=UTC), False),
        ("date", "2026-03-02", False),
        ("list", ["a", "b"], True),
        ("list", ["a", 1], False),
        ("list", ["a"] * 11, False),
        ("list", "a", False),
    ],
)
def test_values_are_of_their_type(kind: str, value: object, good: bool) -> None:
    assert (value_problem(PropertyType(kind), (), 10, value) == "") is good


def test_values_are_among_those_declared() -> None:
    assert value_problem(PropertyType.TEXT, ("a", "b"), 10, "a") == ""
    assert "c is not among" in value_problem(PropertyType.LIST, ("a", "b"), 10, ["a", "c"])


@pytest.mark.parametrize(
    ("fields", "blank"), [(("a", "b"), False), (("a", ""), True), (("a", " "), True), (("a", None), True)]
)
def test_blank_fields(fields: tuple[object, ...], blank: bool) -> None:
    assert any_blank(fields) is blank
