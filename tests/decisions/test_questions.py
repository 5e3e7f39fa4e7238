"""How a front end's question is read: typed by the pack, every fault with its JSON pointer."""

from __future__ import annotations

import unicodedata
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from governance.decisions.questions import read_question
from governance.decisions.registry import with_registered
from governance.decisions.rules import Question
from governance.kernel.errors import BadInput
from tests.decisions import packs

RECORD: dict[str, Any] = {
    "subject": {"type": "user", "id": "ann"},
    "action": {"name": "view"},
    "resource": {"type": "record", "id": "R-01", "properties": {"school": "council", "age": 12}},
    "context": {"case": "C-1"},
}
ROOM: dict[str, Any] = {**RECORD, "resource": {"type": "room", "id": "MASH"}}
LONG = "x" * 201
GONE = object()


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A body with one member changed, or gone."""
    found = deepcopy(body)
    *way, last = path.split(".")
    inner = found
    for name in way:
        inner = inner.setdefault(name, {})
    if value is GONE:
        del inner[last]
    else:
        inner[last] = value
    return found


def read(body: dict[str, Any]) -> Question:
    return read_question(body, packs.rules("alpha"))


@pytest.mark.parametrize(("path", "value", "pointer"), [
    ("subject", GONE, "/subject"),
    ("subject", None, "/subject"),
    ("subject", "ann", "/subject"),
    ("subject", ["ann"], "/subject"),
    ("subject.type", GONE, "/subject/type"),
    ("subject.id", GONE, "/subject/id"),
    ("subject.id", 7, "/subject/id"),
    ("subject.id", True, "/subject/id"),
    ("subject.id", None, "/subject/id"),
    ("subject.id", "", "/subject/id"),
    ("subject.id", " \t ", "/subject/id"),
    ("subject.id", "\u00a0\u2003", "/subject/id"),
    ("subject.id", LONG, "/subject/id"),
    ("subject.id", "an\nn", "/subject/id"),
    ("subject.id", "an\x00n", "/subject/id"),
    ("subject.id", "an\x85n", "/subject/id"),
    ("subject.id", "an\udcffn", "/subject/id"),
    ("subject.properties", [], "/subject/properties"),
    ("subject.properties", None, "/subject/properties"),
    ("action", GONE, "/action"),
    ("action.name", GONE, "/action/name"),
    ("action.name", ["view"], "/action/name"),
    ("action.properties", "x", "/action/properties"),
    ("resource", GONE, "/resource"),
    ("resource.type", 1.5, "/resource/type"),
    ("resource.id", "R-1", "/resource/id"),
    ("resource.id", "R-001", "/resource/id"),
    ("resource.id", "R-0x", "/resource/id"),
    ("resource.id", "R-0\u0661", "/resource/id"),
    ("resource.id", "R-01 ", "/resource/id"),
    ("resource.id", " R-01", "/resource/id"),
    ("resource.id", "r-01", "/resource/id"),
    ("resource.properties", "x", "/resource/properties"),
    ("resource.properties.school", 5, "/resource/properties/school"),
    ("resource.properties.school", None, "/resource/properties/school"),
    ("resource.properties.school", "x\x07", "/resource/properties/school"),
    ("resource.properties.school", "x\udcff", "/resource/properties/school"),
    ("resource.properties.school", LONG, "/resource/properties/school"),
    ("resource.properties.age", "12", "/resource/properties/age"),
    ("resource.properties.age", True, "/resource/properties/age"),
    ("resource.properties.age", 12.0, "/resource/properties/age"),
    ("resource.properties.age", 2**53, "/resource/properties/age"),
    ("resource.properties.ldd", "yes", "/resource/properties/ldd"),
    ("resource.properties.ldd", 1, "/resource/properties/ldd"),
    ("resource.properties.fields", "name", "/resource/properties/fields"),
    ("resource.properties.fields", ["name", 1], "/resource/properties/fields"),
    ("resource.properties.fields", ["name"] * 11, "/resource/properties/fields"),
    ("resource.properties.fields", [["name"]], "/resource/properties/fields"),
    ("resource.properties.seen_on", "2026-02-30", "/resource/properties/seen_on"),
    ("resource.properties.seen_on", "20260228", "/resource/properties/seen_on"),
    ("resource.properties.seen_on", "2026-W05-6", "/resource/properties/seen_on"),
    ("resource.properties.seen_on", "2026-02-28T00:00", "/resource/properties/seen_on"),
    ("context", None, "/context"),
    ("context", [], "/context"),
    ("context.case", "x" * 41, "/context/case"),
    ("context.unsure", "true", "/context/unsure"),
    ("context.mediated_for", "", "/context/mediated_for"),
    ("context.mediated_for", ["ben"], "/context/mediated_for"),
    ("context.acr", 1, "/context/acr"),
    ("context.amr", "otp", "/context/amr"),
    ("context.auth_time", 1.5, "/context/auth_time"),
    ("context.auth_time", True, "/context/auth_time"),
    ("context.time", 5, "/context/time"),
])  # fmt: skip
def test_what_is_wrong_is_named_by_its_pointer(path: str, value: Any, pointer: str) -> None:
    with pytest.raises(BadInput) as told:
        read(changed(RECORD, path, value))
    assert [fault.pointer for fault in told.value.faults] == [pointer]


@pytest.mark.parametrize(("path", "value"), [
    ("subject.id", "x" * 200),
    ("subject.id", "a:b/c d@e"),
    ("subject.properties", {"department": "Sales", "n": 1.5, "deep": [{"x": None}]}),
    ("action.properties", {"method": "GET"}),
    ("resource.colour", "red"),
    ("colour", ["red"]),
    ("resource.properties.unknown", {"any": ["thing", None, 1e3]}),
    ("context.unknown", None),
    ("context.time", "2025-06-27T18:03-07:00"),
    ("context.auth_time", -1),
    ("context.auth_time", "2025-06-27T18:03:00Z"),
    ("context.amr", ["otp", "pwd"]),
    ("resource.properties.age", -(2**53) + 1),
    ("resource.properties.fields", []),
    ("context", GONE),
    ("resource.properties", GONE),
    ("resource.properties.seen_on", "2026-02-28"),
])  # fmt: skip
def test_what_is_not_declared_is_ignored(path: str, value: Any) -> None:
    assert read(changed(RECORD, path, value)).subject


def test_undeclared_members_are_named_for_the_record() -> None:
    body = changed(changed(RECORD, "resource.properties.colour", 1), "context.shade", 2)
    assert read(changed(body, "context.time", "now")).undeclared == ("colour", "context.shade")


@pytest.mark.parametrize("kind", ["record", "room", "no-such-type"])
def test_the_record_keeps_only_so_much_of_what_nobody_declares(kind: str) -> None:
    many = {f"{number:03}" * 100: 0 for number in range(200)}
    found = read(changed(changed(RECORD, "resource.type", kind), "resource.properties", many)).undeclared
    assert [len(name) for name in found] == [80] * 50


def test_an_absent_property_is_unknown_unless_the_pack_has_a_default() -> None:
    found = read(changed(RECORD, "resource.properties", {}))
    assert found.properties == {"fields": ("name",), "locked": False}
    assert found.context == {"case": "C-1", "unsure": False}


def test_values_are_of_the_declared_types() -> None:
    body = changed(
        changed(RECORD, "resource.properties.seen_on", "2026-02-28"), "resource.properties.fields", ["a", "b"]
    )
    found = read(body).properties
    assert (found["seen_on"], found["fields"], found["age"]) == (date(2026, 2, 28), ("a", "b"), 12)


@pytest.mark.parametrize(("sent", "properties", "mismatched"), [
    ({}, {"team": "MASH", "wing": "east"}, ()),
    ({"team": "HUB"}, {"team": "MASH", "wing": "east"}, ()),
    ({"team": 5}, {"team": "MASH", "wing": "east"}, ()),
    ({"wing": "east"}, {"team": "MASH", "wing": "east"}, ()),
    ({"wing": "west"}, {"team": "MASH", "wing": "east"}, ("wing",)),
])  # fmt: skip
def test_whose_word_counts_for_a_registered_resource(sent: Any, properties: Any, mismatched: Any) -> None:
    found = read(changed(ROOM, "resource.properties", sent))
    assert (found.properties, found.mismatched) == (properties, mismatched)


def test_an_unregistered_resource_has_no_stored_property() -> None:
    body = changed(changed(ROOM, "resource.id", "NEW"), "resource.properties", {"team": "MASH", "wing": "west"})
    assert read(body).properties == {"wing": "west"}


def test_a_wrong_type_where_either_counts_is_a_fault() -> None:
    with pytest.raises(BadInput) as told:
        read(changed(ROOM, "resource.properties", {"wing": 1}))
    assert told.value.faults[0].pointer == "/resource/properties/wing"


def test_an_unknown_type_has_no_properties_to_check() -> None:
    body = changed(changed(RECORD, "resource.type", "cellar"), "resource.properties.age", "old")
    assert read(body).properties == {}


@pytest.mark.parametrize("path", ["subject.id", "resource.id", "context.mediated_for", "resource.properties.school"])
def test_what_is_too_long_once_composed_is_refused(path: str) -> None:
    """Else it would be found only where it is written down."""
    body = ROOM if path == "resource.id" else RECORD
    assert read(changed(body, path, "\u0958" * 100)).subject
    with pytest.raises(BadInput):
        read(changed(body, path, "\u0958" * 101))


@pytest.mark.parametrize(("path", "kept"), [
    ("resource.properties.school", "Café"), ("resource.properties.fields", ("Café", "a")), ("context.case", "Café"),
])  # fmt: skip
def test_values_are_composed(path: str, kept: Any) -> None:
    """A rule about a value cannot be slipped past by another way of writing it."""
    sent = ["Cafe\u0301", "a"] if isinstance(kept, tuple) else "Cafe\u0301"
    found = read(changed(RECORD, path, sent))
    assert kept in (found.properties.get("school"), found.properties["fields"], found.context["case"])


@pytest.mark.parametrize("path", ["subject.id", "resource.id", "context.mediated_for"])
def test_names_are_composed(path: str) -> None:
    """Two ways of writing one name are one name: a conflict of interest cannot be slipped past by the other."""
    spelt = unicodedata.normalize("NFD", "Zoë")
    found = read(changed(ROOM, path, spelt))
    assert unicodedata.normalize("NFC", spelt) in (found.subject, found.resource_id, found.mediated_for)


def test_what_is_stored_of_a_resource_is_found_however_its_name_was_sent() -> None:
    """Else the front end's word, or a default, would stand in for what is known here."""
    rules = with_registered(packs.rules("alpha"), {"room": {"Zoë": {"wing": "east"}}})
    body = changed(ROOM, "resource.id", unicodedata.normalize("NFD", "Zoë"))
    found = read_question(changed(body, "resource.properties", {"wing": "west"}), rules)
    assert (found.properties, found.mismatched) == ({"wing": "east"}, ("wing",))


@pytest.mark.parametrize("sent", [{}, {"wing": "west"}])
def test_what_is_stored_and_cannot_be_read_is_unknown(sent: Any) -> None:
    """Something is recorded: neither a default nor the front end's word stands in for it."""
    rules = with_registered(packs.rules("alpha"), {"room": {"ATTIC": {"wing": 5}}})
    found = read_question(changed(changed(ROOM, "resource.id", "ATTIC"), "resource.properties", sent), rules)
    assert (found.properties, found.mismatched) == ({"wing": None}, tuple(sent))


def test_names_are_case_sensitive() -> None:
    assert read(changed(RECORD, "subject.id", "ANN")).subject == "ANN"
