"""The client denies within a second, and says why, whatever the other end does."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from examples.client.postern_client import (
    Decision,
    Obligation,
    Postern,
    Question,
    Resource,
    on_the_page,
)
from tests.examples import misbehaving
from tests.examples.misbehaving import Crooked, answering, crooked

PUPIL = Resource("databook-record", "DCC-204117", {"school": "fenny-hollow-primary"})
YES = {"decision": True}
FAR = "2999-01-01T00:00:00Z"


@pytest.fixture
def server() -> Iterator[Crooked]:
    with crooked() as one:
        yield one


OPEN: list[Postern] = []


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def client(server: Crooked, **more: Any) -> Postern:
    OPEN.append(Postern(server.url, "derbyshire-databook", "k-1", **more))
    return OPEN[-1]


def ask(postern: Postern, resource: Resource = PUPIL) -> Decision:
    return postern.decide("helen.ward", "view", resource)


def permit(*obligations: Any, **context: Any) -> dict[str, Any]:
    return {"decision": True, "context": {"obligations": list(obligations), **context}}


def timed(question: Callable[[], Decision]) -> tuple[Decision, float]:
    """The decision and how long it took: of three at most, for the machine itself stands still at times."""
    taken = []
    for _ in range(3):
        began = time.monotonic()
        decision = question()
        taken.append(time.monotonic() - began)
        if taken[-1] < 1:
            break
    return decision, min(taken)


# ---------------------------------------------------------------------------------------------------- when it denies

DENIES = {
    "a late permit": (misbehaving.late(2), "service_slow"),
    "a head that trickles": (misbehaving.trickling("head"), "service_slow"),
    "a body that trickles": (misbehaving.trickling("body"), "service_slow"),
    "silence": (misbehaving.silent, "service_slow"),
    "a line cut": (misbehaving.hanging_up, "service_away"),
    "a body without an end": (misbehaving.endless, "answer_not_understood"),
    "overloaded": (answering({"decision": True}, status="429 Too Many Requests"), "service_busy"),
    "unavailable": (answering({"decision": True}, status="503 Service Unavailable"), "service_away"),
    "a refused key": (answering({"decision": True}, status="401 Unauthorized"), "question_not_taken"),
    "cut off": (answering(b'{"decision": true}', more="Content-Length: 500\r\n"), "answer_not_understood"),
    "somewhere else": (
        answering({"decision": True}, status="307 Elsewhere", more="Location: /\r\n"), "answer_not_understood",
    ),
    "created": (answering({"decision": True}, status="201 Created"), "answer_not_understood"),
    "no HTTP": (lambda line, _: line.sendall(b"yes\r\n\r\n"), "service_away"),
    "HTML": (answering(b"<h1>yes</h1>", kind="text/html"), "answer_not_understood"),
    "JSON that says it is HTML": (answering({"decision": True}, kind="text/html"), "answer_not_understood"),
    "broken JSON": (answering(b'{"decision": true'), "answer_not_understood"),
    "a name twice": (answering(b'{"decision": false, "decision": true}'), "answer_not_understood"),
    "no number": (answering(b'{"decision": true, "context": {"x": NaN}}'), "answer_not_understood"),
    "deep": (answering(b'{"decision": true, "x": ' + b"[" * 200_000), "answer_not_understood"),
    "a list": (answering([{"decision": True}]), "answer_not_understood"),
    "null": (answering(None), "answer_not_understood"),
    "no decision": (answering({}), "answer_not_understood"),
    "a text for a decision": (answering({"decision": "true"}), "answer_not_understood"),
    "a number for a decision": (answering({"decision": 1}), "answer_not_understood"),
    "a context that is a list": (answering({"decision": True, "context": []}), "answer_not_understood"),
    "no context": (answering({"decision": True, "context": None}), "answer_not_understood"),
    "obligations that are none": (answering({**YES, "context": {"obligations": {}}}), "answer_not_understood"),
    "an obligation that is a text": (answering(permit("no-print")), "answer_not_understood"),
    "an obligation without a type": (answering(permit({"id": "x"})), "answer_not_understood"),
    "fields that are no list": (
        answering(permit({"type": "fields", "properties": {"fields": "name"}})), "answer_not_understood",
    ),
    "fields without properties": (answering(permit({"type": "fields"})), "answer_not_understood"),
    "a substitute that is no text": (
        answering(permit({"type": "substitute", "properties": {"name": None}})), "answer_not_understood",
    ),
    "a cohort of everybody": (answering(permit({"type": "cohort", "properties": {}})), "answer_not_understood"),
    "an unknown obligation": (answering(permit({"id": "x", "type": "burn-after-reading"})), "obligation_unknown"),
    "one that this program has no way to do": (answering(permit({"id": "x", "type": "notify"})), "obligation_unknown"),
    "anonymise, with nothing that names a person": (answering(permit({"type": "anonymise"})), "obligation_unknown"),
    "cache_seconds that are true": (answering(permit(cache_seconds=True)), "answer_not_understood"),
    "an end that is no moment": (answering(permit(cache_seconds=5, valid_until="soon")), "answer_not_understood"),
    "an end without a zone": (
        answering(permit(cache_seconds=5, valid_until="2999-01-01T00:00:00")), "answer_not_understood",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", DENIES)
def test_it_denies_within_a_second_and_says_so(server: Crooked, how: str) -> None:
    server.behaviour, code = DENIES[how]
    postern = client(server, fulfils={"no-print": on_the_page})
    decision, seconds = timed(lambda: ask(postern))
    assert seconds < 1
    assert (decision.allowed, [reason.code for reason in decision.reasons]) == (False, [code])
    reason = decision.reasons[0]
    assert all(len(words) > 2 for words in (reason.sentence, reason.what, reason.who))
    assert decision.show({"name": "Ada"}, ["name"]) == {}


def test_a_stopped_service_denies() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    decision, seconds = timed(lambda: ask(Postern(url, "databook", "k")))
    assert (decision.allowed, decision.reasons[0].code) == (False, "service_away")
    assert seconds < 1


def test_a_name_that_nobody_has_denies() -> None:
    decision = ask(Postern("https://postern.invalid", "databook", "k"))
    assert (decision.allowed, decision.reasons[0].code) == (False, "service_away")


def test_a_permit_of_a_healthy_service(server: Crooked) -> None:
    server.behaviour = answering(permit(), more="Decision-Id: 0CSJHB8G-1\r\n")
    decision = ask(client(server))
    assert (decision.allowed, decision.number) == (True, "0CSJHB8G-1")
    assert server.asked == [{
        "subject": {"type": "user", "id": "helen.ward"}, "action": {"name": "view"}, "context": {},
        "resource": {"type": "databook-record", "id": "DCC-204117", "properties": {"school": "fenny-hollow-primary"}},
    }]  # fmt: skip
    assert server.heads[0].startswith(b"POST /systems/derbyshire-databook/access/v1/evaluation HTTP/1.1\r\n")
    assert b"Authorization: Bearer k-1" in server.heads[0]


def test_it_recovers_when_the_service_does(server: Crooked) -> None:
    postern = client(server, deadline=0.2)
    for behaviour in (misbehaving.silent, misbehaving.trickling("head"), misbehaving.hanging_up):
        server.behaviour = behaviour
        assert not ask(postern).allowed
        server.behaviour = answering(permit())
        assert ask(postern).allowed


def test_one_line_is_kept_and_dialled_again_when_it_was_cut(server: Crooked) -> None:
    postern = client(server)
    server.behaviour = answering(permit())
    assert [ask(postern).allowed for _ in range(5)] == [True] * 5
    assert server.lines == 1

    def once(line: socket.socket, body: bytes) -> None:
        server.behaviour = answering(permit())
        misbehaving.hanging_up(line, body)

    server.behaviour = once
    assert ask(postern).allowed
    assert server.lines == 2


def test_a_child_that_was_forked_asks_on_lines_of_its_own(server: Crooked) -> None:
    postern = client(server)
    server.behaviour = answering(permit())
    assert ask(postern).allowed
    child = os.fork()
    if not child:
        status = 1
        try:
            status = 0 if ask(postern).allowed else 1
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert server.lines == 2


def test_a_question_that_cannot_be_written_denies(server: Crooked) -> None:
    for properties in ({"age": float("nan")}, {"age": {1, 2}}, {"age": object()}):
        assert ask(client(server), Resource("x", "y", properties)).reasons[0].code == "question_not_asked"
    assert server.asked == []


@pytest.mark.parametrize("url", ["postern.example.org", "ftp://postern.example.org", "https://", "https://x/?key=1"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    with pytest.raises(ValueError, match="is not the address of a Postern"):
        Postern(url, "databook", "k")


def test_a_key_is_not_sent_in_the_clear() -> None:
    with pytest.raises(ValueError, match="unencrypted"):
        Postern("http://postern.example.org", "databook", "k")
    assert Postern("http://postern:8000", "databook", "k", plain_http=True)


# ------------------------------------------------------------------------------------------------------ why, and who


def test_reasons_say_what_to_do_and_whom_to_ask(server: Crooked) -> None:
    reason = {"code": "vetting_expired", "requirement": "vetting", "user": "Your check is out of date.",
              "remedy": {"who": "line_manager", "what": "Ask for a new one."}}  # fmt: skip
    routes = [{"id": "mediated", "what": "Ask through another.", "who": "an authorised user"}]
    server.behaviour = answering({"decision": False, "context": {"reasons": [reason], "routes": routes}})
    decision = ask(client(server))
    told = decision.reasons[0]
    assert (told.sentence, told.what, told.who) == (
        "Your check is out of date.", "Ask for a new one.", "your line manager",
    )  # fmt: skip
    assert [(route.what, route.who) for route in decision.routes] == [("Ask through another.", "an authorised user")]


@pytest.mark.parametrize(
    "context", [{}, {"reasons": "no"}, {"reasons": [1]}, {"reasons": [{"remedy": 3}], "routes": 1}]
)
def test_a_refusal_without_sound_reasons_is_still_one(server: Crooked, context: dict[str, Any]) -> None:
    server.behaviour = answering({"decision": False, "context": context})
    decision = ask(client(server))
    assert not decision.allowed
    assert decision.reasons[0].sentence


# ---------------------------------------------------------------------------------------------------- what may be shown

RECORD = {"name": "Ada", "school": "Fenny Hollow", "social_worker": "B. Lee", "diary": "secret", "number": 7}


@pytest.mark.parametrize(("obligations", "asked", "shown"), [
    ([], None, {"name": "Ada", "social_worker": "B. Lee"}),
    ([{"type": "fields", "properties": {"fields": ["name", "diary"]}}], None, {"name": "Ada"}),
    ([{"type": "fields", "properties": {"fields": ["name"]}}, {"type": "fields", "properties": {"fields": ["school"]}}],
     None, {}),
    ([{"type": "fields", "properties": {"fields": []}}], None, {}),
    ([], ["name"], {"name": "Ada"}),
    ([{"type": "fields", "properties": {"fields": ["social_worker"]}}], ["name"], {}),
    ([{"type": "substitute", "properties": {"social_worker": "Starting Point"}}], None,
     {"name": "Ada", "social_worker": "Starting Point"}),
    ([{"type": "anonymise"}], None, {"social_worker": "B. Lee"}),
    ([{"type": "aggregate", "properties": {"rows": "aggregate"}}], None, {}),
], ids=str)  # fmt: skip
def test_what_leaves(server: Crooked, obligations: list[Any], asked: list[str] | None, shown: dict[str, str]) -> None:
    server.behaviour = answering(permit(*obligations))
    postern = client(server, identifying=["name"], fulfils={"aggregate": on_the_page})
    decision = ask(postern, Resource("x", "y", {"fields": asked} if asked else {}))
    assert decision.allowed
    assert decision.show(RECORD, ["name", "social_worker"]) == shown


def test_rows_of_a_cohort_and_the_smallest_cell(server: Crooked) -> None:
    server.behaviour = answering(permit(
        {"type": "cohort", "properties": {"area": ["north", "south"], "open": True}},
        {"type": "aggregate", "properties": {"minimum_cell": 10}},
    ))  # fmt: skip
    decision = ask(client(server, fulfils={"aggregate": on_the_page}))
    rows = [{"area": "north", "open": True}, {"area": "north", "open": 1}, {"area": "east", "open": True}, {}]
    assert decision.rows(rows) == rows[:1]
    assert (decision.smallest_cell(), decision.smallest_cell(20), Decision(True).smallest_cell()) == (10, 20, 5)


# -------------------------------------------------------------------------------------------------------- obligations


def test_each_obligation_is_fulfilled_with_what_was_asked(server: Crooked) -> None:
    done: list[tuple[Obligation, Question]] = []
    server.behaviour = answering(permit({"id": "n", "type": "notify", "properties": {"who": "team"}}))
    postern = client(server, fulfils={"notify": lambda one, question: done.append((one, question))})
    assert ask(postern).allowed
    assert [(one.properties, question.subject, question.resource) for one, question in done] == [
        ({"who": "team"}, "helen.ward", PUPIL)
    ]


@pytest.mark.parametrize("outcome", [False, RuntimeError("mail is down")], ids=str)
def test_an_obligation_that_was_not_fulfilled_denies(server: Crooked, outcome: Any) -> None:
    def fails(_: Obligation, __: Question) -> bool:
        if isinstance(outcome, Exception):
            raise outcome
        return bool(outcome)

    server.behaviour = answering(permit({"type": "notify"}))
    assert ask(client(server, fulfils={"notify": fails})).reasons[0].code == "obligation_failed"


def test_nothing_is_done_where_another_obligation_cannot_be(server: Crooked) -> None:
    done: list[Any] = []
    server.behaviour = answering(permit({"type": "notify"}, {"type": "unheard-of"}))
    assert not ask(client(server, fulfils={"notify": lambda *told: done.append(told)})).allowed
    assert done == []


# -------------------------------------------------------------------------------------------------------------- keeping


def test_a_permit_is_kept_for_as_long_as_it_says(server: Crooked, monkeypatch: pytest.MonkeyPatch) -> None:
    server.behaviour = answering(permit({"type": "notify"}, cache_seconds=60, valid_until=FAR))
    done: list[Any] = []
    postern = client(server, fulfils={"notify": lambda *told: done.append(told)})
    assert [ask(postern).allowed for _ in range(3)] == [True] * 3
    assert (len(server.asked), len(done)) == (1, 3)
    moment = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: moment + 61)
    server.behaviour = answering({"decision": False})
    assert not ask(postern).allowed


@pytest.mark.parametrize(("answer", "times"), [
    (permit(cache_seconds=60), 1),
    (permit(), 2),
    (permit(cache_seconds=0, valid_until=FAR), 2),
    (permit(cache_seconds=60, valid_until="2020-01-01T00:00:00Z"), 2),
    ({"decision": False, "context": {"cache_seconds": 60}}, 2),
], ids=str)  # fmt: skip
def test_only_a_permit_that_says_so_is_kept(server: Crooked, answer: dict[str, Any], times: int) -> None:
    server.behaviour = answering(answer)
    postern = client(server)
    ask(postern)
    ask(postern)
    assert len(server.asked) == times


def test_another_question_is_asked_anew(server: Crooked) -> None:
    server.behaviour = answering(permit(cache_seconds=60))
    postern = client(server)
    for subject, action, resource, context in (
        ("a", "view", PUPIL, None), ("b", "view", PUPIL, None), ("a", "edit", PUPIL, None),
        ("a", "view", Resource("databook-record", "DCC-204117", {"school": "another"}), None),
        ("a", "view", PUPIL, {"acr": "mfa"}),
    ):  # fmt: skip
        postern.decide(subject, action, resource, context)
    assert len(server.asked) == 5


# -------------------------------------------------------------------------------------------------------------- batches


def test_many_are_asked_at_once(server: Crooked) -> None:
    server.behaviour = answering({"evaluations": [
        {"decision": True}, {"decision": False, "context": {"error": {"status": 400, "message": "bad"}}},
        {"decision": True, "context": {"obligations": [{"type": "unheard-of"}]}},
    ]})  # fmt: skip
    given = client(server).decide_many("a", "view", [Resource("x", str(number)) for number in range(3)])
    assert [one.allowed for one in given] == [True, False, False]
    assert server.asked[0]["options"] == {"explain": True, "evaluations_semantic": "execute_all"}
    assert client(server).decide_many("a", "view", []) == []


@pytest.mark.parametrize("answer", [
    {"evaluations": [{"decision": True}]}, {"evaluations": [{"decision": True}] * 3}, {"evaluations": {}},
    {"decision": True}, {"evaluations": [{"decision": True}, 1]},
], ids=str)  # fmt: skip
def test_a_batch_that_is_not_answered_one_for_one_denies_all(server: Crooked, answer: dict[str, Any]) -> None:
    server.behaviour = answering(answer)
    given = client(server).decide_many("a", "view", [Resource("x", "1"), Resource("x", "2")])
    assert [one.allowed for one in given] == [False, False]


WHOLE, PART = Resource("entry", "1", {"fields": ["name", "address"]}), Resource("entry", "1", {"fields": ["name"]})
LOCKED = {"decision": False, "context": {"reasons": [{"code": "part_locked", "user": "Shielded."}]}}


@pytest.mark.parametrize(("answers", "codes", "shown"), [
    ([YES], [], {"name": "Ada", "address": "1 Mill Lane"}),
    ([LOCKED, YES], ["part_locked"], {"name": "Ada"}),
    ([LOCKED, LOCKED], ["part_locked"], {}),
    ([LOCKED], ["answer_not_understood"], {}),
    ([YES, YES, YES], ["answer_not_understood"], {}),
    ([], ["answer_not_understood"], {}),
], ids=str)  # fmt: skip
def test_the_whole_is_asked_for_and_else_less(server: Crooked, answers: Any, codes: list[str], shown: Any) -> None:
    server.behaviour = answering({"evaluations": answers})
    given = client(server).decide_first("a", "view", [WHOLE, PART])
    assert sorted({one.reasons[0].code for one in given if not one.allowed}) == codes
    assert (
        given[-1].show({"name": "Ada", "address": "1 Mill Lane", "diary": "…"}, ["name", "address", "diary"]) == shown
    )
    assert server.asked[0]["options"]["evaluations_semantic"] == "permit_on_first_permit"


def test_a_large_batch_is_asked_in_parts_within_one_deadline(server: Crooked) -> None:
    server.behaviour = misbehaving.permitting_each
    given = client(server, deadline=5).decide_many("a", "view", [Resource("x", str(n)) for n in range(1_500)])
    assert (len(given), all(one.allowed for one in given)) == (1_500, True)
    assert [len(asked["evaluations"]) for asked in server.asked] == [1_000, 500]


# -------------------------------------------------------------------------------------------------------- the decorator


def test_a_view_is_guarded(server: Crooked) -> None:
    postern = client(server)

    @postern.require(
        "view",
        subject=lambda number, who: who or number,
        resource=lambda number, who: Resource("databook-record", number, {"by": who}),
        refused=lambda decision: f"refused: {decision.reasons[0].code}",
        context=lambda number, who: {"purpose": f"{who} and {number}"},
    )
    def record(number: str, who: str, decision: Decision) -> str:
        return f"{number} for {who}: {decision.allowed}"

    server.behaviour = answering(permit())
    assert record("DCC-1", who="ann") == "DCC-1 for ann: True"
    assert server.asked[0]["subject"]["id"] == "ann"
    assert server.asked[0]["context"] == {"purpose": "ann and DCC-1"}
    server.behaviour = answering({"decision": False})
    assert record("DCC-1", who="ann") == "refused: not_said"
    assert record.__name__ == "record"
