"""How an answer reads: words with their particulars, remedies, the order of reasons, discretion, obligations."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, datetime
from typing import Any

import pytest

from governance.decisions import explanation
from governance.decisions.rules import Decision, in_order
from governance.decisions.schemas import item_out
from governance.ports.reasons import REASONS, Code, Mender
from governance.ports.requirement import Evidence, Objection
from governance.ports.role_rules import Obligation
from policies.pack import SHIPPED
from tests.decisions.test_questions import RECORD, changed
from tests.decisions.test_service import WORKING, decide
from tests.decisions.worlds import TODAY, granted, ordered

END = datetime(2026, 3, 3, tzinfo=UTC)
SECOND_PERSON = re.compile(r"\b(?:you|your|yours|yourself)\b", re.IGNORECASE)
MISTAKEN = re.compile(r"\b(?:for|of|to|with|by|on|have) they\b|\bthem (?:are|have|may|need|gave|know)\b", re.IGNORECASE)
EXPIRED = Objection(
    Code.VETTING_EXPIRED, "vetting", Evidence("check", "7", END),
    (("issued", "2023-03-03"), ("last_day", "2026-03-02")),
    "contactpoint: slide 'Who will have access?'",
)  # fmt: skip
SUSPENDED = Objection(Code.SUSPENDED, "suspension", Evidence("suspension", "3"), (("since", "2026-01-01"),), "Why")
BARRED = Objection(Code.BARRED, "barred", Evidence("check", "9"), (("workforce", "child"),))
UNTRAINED = Objection(Code.TRAINING_MISSING, "training", None, (("course", "safety"),))


def denial(*objections: Objection) -> Decision:
    return Decision(False, in_order(objections))


def test_a_reason_in_words() -> None:
    assert explanation.answer(denial(EXPIRED)) == {
        "decision": False,
        "context": {
            "reasons": [
                {
                    "code": "vetting_expired",
                    "requirement": "vetting",
                    "user": "Your criminal records check is out of date.",
                    "admin": "The check issued on 2023-03-03 had to be renewed by 2026-03-02.",
                    "remedy": {"who": "line_manager", "what": "Ask your manager to arrange a new check."},
                    "evidence": {"type": "check", "id": "7", "until": "2026-03-03T00:00:00Z"},
                    "source": "contactpoint: slide 'Who will have access?'",
                }
            ],
            "obligations": [],
            "valid_until": None,
        },
    }


def test_members_stand_in_the_order_that_is_written_down() -> None:
    told = explanation.context(denial(EXPIRED))["reasons"][0]
    assert list(told) == ["code", "requirement", "user", "admin", "remedy", "evidence", "source"]


@pytest.mark.parametrize("code", Code)
def test_every_reason_reads_without_its_particulars(code: Code) -> None:
    """A pack may leave particulars out; the sentence is still one."""
    for said in explanation.reasons(denial(Objection(code, "role")), full=True):
        assert "{" not in said["remedy"]["what"] + said["user"] + said.get("admin", "")


def test_particulars_are_values_not_sentences() -> None:
    odd = Objection(Code.TRAINING_MISSING, "training", None, (("course", "{user} {0} %s </script>"),))
    assert explanation.reasons(denial(odd), full=False)[0]["user"].endswith("the training {user} {0} %s </script>.")


def test_reasons_stand_by_who_can_mend_them_then_by_code() -> None:
    objections = [Objection(code, "role") for code in reversed(Code)]
    told = [said["code"] for said in explanation.reasons(denial(*objections), full=True)]
    assert told == sorted(Code, key=lambda code: (REASONS[code].mender, code.value))
    assert [REASONS[Code(told[0])].mender, REASONS[Code(told[-1])].mender] == [Mender.ONESELF, Mender.NOBODY]


def test_the_same_reason_is_told_once_and_its_particulars_apart() -> None:
    other = UNTRAINED._replace(detail=(("course", "reading"),))
    told = explanation.reasons(denial(UNTRAINED, other, UNTRAINED), full=False)
    assert [said["admin"] for said in told] == [
        "No completion of reading is recorded.",
        "No completion of safety is recorded.",
    ]


@pytest.mark.parametrize("held", [SUSPENDED, BARRED, Objection(Code.CONFLICT_OF_INTEREST, "conflict")])
def test_discretion(held: Objection) -> None:
    (said,) = explanation.reasons(denial(held), full=False)
    assert said == {
        "code": "access_on_hold", "requirement": "access", "user": "Your access is on hold.",
        "remedy": {"who": "line_manager", "what": "Speak with your line manager."},
    }  # fmt: skip
    (full,) = explanation.reasons(denial(held), full=True)
    assert full["code"] == held.code
    assert "admin" in full


def test_two_holds_read_as_one_and_other_reasons_stay() -> None:
    told = explanation.reasons(denial(SUSPENDED, BARRED, UNTRAINED), full=False)
    assert [said["code"] for said in told] == ["training_missing", "access_on_hold"]


def test_what_is_held_back_stands_where_its_own_name_puts_it() -> None:
    """Nothing of the true code shows in the place among the others."""
    others = [Objection(Code.AGE, "role"), Objection(Code.UNKNOWN_SUBJECT, "role")]
    for held in (SUSPENDED, BARRED):
        told = [said["code"] for said in explanation.reasons(denial(held, *others), full=False)]
        assert told == ["access_on_hold", "age", "unknown_subject"]


def test_a_permit_says_by_what_and_until_when() -> None:
    fields = Obligation("few", "fields", {"fields": ("name",)})
    permit = Decision(True, (), (fields,), rules=("A-1",), sources=("one",), until=END, cache_seconds=30)
    assert explanation.context(permit) == {
        "reasons": [],
        "obligations": [{"id": "few", "type": "fields", "properties": {"fields": ("name",)}}],
        "permitted_by": [{"rule": "A-1", "source": "one"}],
        "cache_seconds": 30,
        "valid_until": "2026-03-03T00:00:00Z",
    }


def test_an_obligation_is_never_left_out_of_a_batch() -> None:
    question = decide  # the shape of a question does not matter here
    obliged = Decision(True, (), (Obligation("a", "read-only", {}),))
    assert item_out(obliged, question, explain=False, full=False) == {  # type: ignore[arg-type]
        "decision": True, "context": {"obligations": [{"id": "a", "type": "read-only", "properties": {}}]},
    }  # fmt: skip
    assert item_out(Decision(True), question, explain=False, full=False) == {"decision": True}  # type: ignore[arg-type]


# --- obligations and reasons as decisions give them


@pytest.mark.parametrize(("context", "expected"), [
    ({"case": "C-1", "purpose": "care"}, ["read-only", "care-note"]),
    ({"case": "C-1", "purpose": "gossip"}, ["read-only"]),
    ({"case": "C-1"}, ["read-only", "care-note"]),
])  # fmt: skip
def test_an_obligation_stands_unless_its_condition_is_known_to_be_false(context: Any, expected: list[str]) -> None:
    assert [one.id for one in decide(WORKING, changed(RECORD, "context", context)).obligations] == expected


def test_a_denial_obliges_to_nothing() -> None:
    assert decide(WORKING, changed(RECORD, "context", {})).obligations == ()


def test_all_reasons_of_a_chain_with_their_words() -> None:
    world = {**ordered(), "training": [], "checks": [], "grants": [
        granted("ann", "alpha", "worker", "trust") | {"to": TODAY, "approvals": []}
    ]}  # fmt: skip
    world["suspensions"] = [{"person": "ann", "why": "secret", "from": TODAY}]
    told = explanation.reasons(decide(world, changed(RECORD, "context", {})), full=False)
    assert [said["code"] for said in told] == [
        "training_missing", "training_missing", "approval_missing", "no_need", "not_employed", "vetting_missing",
        "access_on_hold", "cohort", "organisation_kind",
    ]  # fmt: skip
    assert told[2]["admin"] == "The approval of line manager is missing."
    assert "secret" not in json.dumps(told)
    assert told[-1]["admin"] == "trust (charity) is not among: local_authority, school."


@pytest.mark.parametrize("code", list(Code))
def test_every_reason_speaks_to_its_person_and_of_them_to_others(code: Code) -> None:
    """Both wordings of every code: the person reads "you" where the table says it, whoever looks at them never does."""
    to_them, of_them = explanation.worded(Objection(code, "x")), explanation.told_of(Objection(code, "x"))
    told = [of_them["says"], of_them["remedy"]["what"]]
    assert [to_them["user"], to_them["remedy"]["what"]] == [
        sentence.format_map(explanation.Particulars()) for sentence in (REASONS[code].user, REASONS[code].what)
    ]
    assert not [found for said in (*told, of_them.get("admin", "")) for found in SECOND_PERSON.findall(said)], told
    assert not [found for said in told for found in MISTAKEN.findall(said)], told
    assert all(said[0].isupper() for said in told), told
    assert "user" not in of_them, "what speaks to somebody is not handed to others"
    same = [name for name in to_them if name not in ("user", "remedy")]
    assert {name: of_them[name] for name in same} == {name: to_them[name] for name in same}
    assert of_them["remedy"]["who"] == to_them["remedy"]["who"]


@pytest.mark.parametrize(("code", "says", "what"), [
    (Code.VETTING_MISSING, "No criminal records check is recorded for them.", "Ask their manager to arrange a check."),
    (Code.INDIVIDUAL_AGREEMENT_SUPERSEDED, "The user agreement has changed since they signed it.",
     "Read and sign version needed of the user agreement agreement."),
    (Code.SELF_APPROVAL, "Their access was approved by themselves.", "Have another person approve the access."),
    (Code.ORGANISATION_KIND, "This system is not open to organisations such as theirs.",
     "Ask the system's owner which route is open to them."),
    (Code.UNKNOWN_SUBJECT, "They are not known to this service.", "Ask their manager to have them registered."),
    (Code.CONFLICT_OF_INTEREST, "They may not open the record of somebody whom they know.",
     "Speak with their line manager."),
    (Code.AGE, "This person is outside the ages that this system covers.", "Use another route."),
])  # fmt: skip
def test_a_reason_that_others_read(code: Code, says: str, what: str) -> None:
    told = explanation.told_of(Objection(code, "x"))
    assert (told["says"], told["remedy"]["what"]) == (says, what)


def test_a_denial_that_others_read_keeps_its_discretion() -> None:
    told = explanation.reasons(denial(SUSPENDED, BARRED, UNTRAINED), full=False, of_others=True)
    assert [(one["code"], one["says"]) for one in told] == [
        ("training_missing", "They have not completed the training safety."),
        ("access_on_hold", "Their access is on hold."),
    ]
    assert explanation.reasons(denial(SUSPENDED), full=True, of_others=True)[0]["says"] == "Their access is suspended."


def test_what_packs_fill_into_sentences_speaks_to_nobody() -> None:
    found = [
        f"{pack.parent.name}: {name}.{value}"
        for pack in sorted(SHIPPED.glob("*/system.toml"))
        for kind in ("conditions", "rules")
        for name, table in tomllib.loads(pack.read_text("utf-8")).get(kind, {}).items()
        for value in table.get("detail", {}).values()
        if SECOND_PERSON.search(str(value))
    ]
    assert found == []
