"""Agreements, parties and signatures as they stood at a revision, and whom a change of them concerns."""

import pytest
from sqlalchemy import select

from agreements.models import AgreementVersion
from agreements.rules import AgreementKind, AgreementState, Article6, Article9, LawfulBasis
from agreements.store import agreement_key
from governance.exchange.reading import load_rows
from governance.kernel.keys import FactKey
from governance.kernel.recorded import Change, ChangeKey
from tests.facts import SHEETS, Book

DSA = {"reference": "dsa", "kind": "sharing", "version": 1, "system": "mis", "from": "2026-01-01", "to": "2026-12-31"}


def party(organisation: str, signed_on: str | None = "2026-01-05") -> dict[str, object]:
    row: dict[str, object] = {"agreement": "dsa", "version": 1, "organisation": organisation}
    return {**row, "signed_on": signed_on, "signed_by": "mo"} if signed_on else row


def touched(book: Book) -> set[str]:
    """The agreement keys of the newest change."""
    question = select(ChangeKey.name).join(Change, Change.id == ChangeKey.change_id)
    with book.databases.reading() as session:
        return set(session.scalars(question.where(Change.revision == book.revision, ChangeKey.kind == "agreements")))


def test_an_agreement_as_its_party_sees_it(book: Book) -> None:
    council, school = book.number("organisation", "council"), book.number("organisation", "school-a")
    book.apply(agreements=[{**DSA, "fields": ["name"]}], parties=[party("council"), party("school-a", None)])
    (ours,) = book.facts(agreement_key(council, "mis"))
    assert (ours.reference, ours.kind, ours.state, ours.fields) == (
        "dsa", AgreementKind.SHARING, AgreementState.ACTIVE, ("name",),
    )  # fmt: skip
    assert (ours.signed_at is None, ours.complete_at) == (False, None)
    (theirs,) = book.facts(agreement_key(school, "mis"))
    assert theirs.signed_at is None
    assert book.facts(agreement_key(school, "lcs")) == ()
    assert book.facts(agreement_key(book.number("organisation", "school-b"), "mis")) == ()


def test_on_what_lawful_basis(book: Book) -> None:
    council = agreement_key(book.number("organisation", "council"), "mis")
    lawful = {"article_6": "e", "article_9": "g", "schedule_1": 18}
    assessed = {"dpia": "DPIA-7", "dpia_outcome": "proceed", "dpia_on": "2025-12-01", "gateway": "section 16LA"}
    book.apply(agreements=[DSA], parties=[party("council")])
    before = book.revision
    book.apply(agreements=[{**DSA, **lawful, **assessed}])
    assert book.apply(agreements=[{**DSA, **lawful, **assessed}]).changed == 0
    assert [item.basis for item in book.facts(council)] == [
        LawfulBasis(Article6.PUBLIC_TASK, Article9.SUBSTANTIAL_PUBLIC_INTEREST, 18)
    ]
    assert [item.basis for item in book.facts(council, before)] == [LawfulBasis()]
    kept = select(AgreementVersion.gateway, AgreementVersion.dpia, AgreementVersion.dpia_outcome)
    with book.databases.reading() as session:
        rows = session.execute(kept.order_by(AgreementVersion.id)).all()
    assert rows == [(None, None, None), ("section 16LA", "DPIA-7", "proceed")]


def test_the_last_signature_completes_it_and_the_past_stays(book: Book) -> None:
    council = agreement_key(book.number("organisation", "council"), "mis")
    book.apply(agreements=[DSA], parties=[party("council"), party("school-a", None)])
    before = book.revision
    book.apply(parties=[party("school-a", "2026-02-01")])
    assert [item.complete_at.date().isoformat() for item in book.facts(council)] == ["2026-02-01"]
    assert [item.complete_at for item in book.facts(council, before)] == [None]


def test_a_change_concerns_every_party_in_every_system(book: Book) -> None:
    council, school = book.number("organisation", "council"), book.number("organisation", "school-a")
    everyone = {f"{number}:{system}" for number in (council, school) for system in ("mis", "lcs")}
    book.apply(agreements=[DSA, {**DSA, "system": "lcs"}], parties=[party("council"), party("school-a", None)])
    assert touched(book) == everyone
    book.apply(parties=[party("school-a")])
    assert touched(book) == everyone
    book.apply(agreements=[{**DSA, "state": "suspended"}])
    assert touched(book) == everyone


def test_a_cohort_is_kept_as_lists(book: Book) -> None:
    council = agreement_key(book.number("organisation", "council"), "mis")
    cohort = {"school": ["oak", "elm"], "area": "High Peak"}
    book.apply(agreements=[{**DSA, "cohort": cohort}], parties=[party("council")])
    assert [item.cohort for item in book.facts(council)] == [(("school", ("oak", "elm")), ("area", ("High Peak",)))]


@pytest.mark.parametrize("values", [[], "", [" "], 7, True])
def test_a_cohort_that_says_nothing_is_refused(values: object) -> None:
    _rows, wrong = load_rows(SHEETS["agreements"], [{**DSA, "cohort": {"school": values}}])
    assert [where for _row, where, _what in wrong] == [("cohort",)]


def test_signatures(book: Book) -> None:
    ann = FactKey("signatures", book.number("person", "ann"))
    user = {**DSA, "reference": "user-agreement", "kind": "individual"}
    signed = {"agreement": "user-agreement", "version": 1, "person": "ann", "signed_on": "2026-01-07"}
    book.apply(agreements=[user], signatures=[signed])
    (found,) = book.facts(ann)
    assert (found.reference, found.version, found.signed_at.isoformat()) == (
        "user-agreement", 1, "2026-01-07T00:00:00+00:00",
    )  # fmt: skip
