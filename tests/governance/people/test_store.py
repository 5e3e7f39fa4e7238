"""People, organisations and employment as they stood at a revision."""

from datetime import UTC, date, datetime

from governance.kernel.keys import FactKey
from governance.people.rules import OrganisationStatus
from tests.facts import Book


def test_a_person_with_manager_and_attributes(book: Book) -> None:
    ann = book.facts(FactKey("person", 0, "ann"))
    assert (ann.reference, ann.manager, ann.attributes) == ("ann", "mo", {"email": "ann@example.org"})
    assert book.facts(FactKey("person", 0, "mo")).manager == ""
    assert book.facts(FactKey("person", 0, "nobody")) is None
    assert book.facts(FactKey("person", 0, "ANN")) is None


def test_an_organisation_below_another(book: Book) -> None:
    council, school = book.number("organisation", "council"), book.number("organisation", "school-a")
    found = book.facts(FactKey("organisation", school))
    assert (found.parent, found.area, found.status) == (council, "", OrganisationStatus.ACTIVE)
    assert book.facts(FactKey("organisation", council)).area == "ALL"
    assert book.facts(FactKey("organisation", 999)) is None


def test_a_changed_fact_leaves_the_old_one_readable(book: Book) -> None:
    school, before = book.number("organisation", "school-a"), book.revision
    row = {"reference": "school-a", "name": "School A", "kind": "school", "parent": "council"}
    book.apply(organisations=[{**row, "status": "suspended"}])
    assert book.facts(FactKey("organisation", school)).status is OrganisationStatus.SUSPENDED
    assert book.facts(FactKey("organisation", school), before).status is OrganisationStatus.ACTIVE
    assert book.facts(FactKey("organisation", school), before - 1) is None


def test_employments_of_many_people(book: Book) -> None:
    ann, school = book.number("person", "ann"), book.number("organisation", "school-a")
    job = {"person": "ann", "organisation": "school-a", "post": "teacher", "from": date(2025, 9, 1)}
    assert book.facts(FactKey("employment", ann)) == ()
    book.apply(employment=[{**job, "to": "2026-06-30"}, {**job, "post": "head", "casework": True}])
    first, second = sorted(book.facts(FactKey("employment", ann)), key=lambda item: item.casework)
    assert first[1:] == (school, "teacher", False, date(2025, 9, 1), datetime(2026, 6, 30, 23, tzinfo=UTC))
    assert second.ends_at is None


def test_the_same_rows_again_change_nothing(book: Book) -> None:
    job = {"person": "ann", "organisation": "school-a", "post": "teacher", "from": date(2025, 9, 1)}
    book.apply(employment=[job])
    assert book.apply(employment=[job]).changed == 0
    assert book.apply(employment=[{**job, "to": date(2026, 7, 31)}]).changed == 2
    assert len(book.facts(FactKey("employment", book.number("person", "ann")))) == 1
