"""Who may ask: front ends by their key, each about its own systems, until it ends or is revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.kernel import clock
from tests.web.conftest import RECORD, Office, codes, problem


def test_a_good_key_asks(office: Office) -> None:
    assert office.ask(RECORD).status_code == 200


@pytest.mark.parametrize("given", [
    "", "Bearer", "Bearer ", "Basic YTpi", "Bearer postern", "Bearer postern_", "Bearer postern__", "Bearer x_y_z",
    "Bearer postern_ABCDEFGHJK_wrong", "Bearer \u00e9\u00e8", "bearer postern_ABCDEFGHJK_wrong", "postern_ABC_def",
    "Bearer postern_' OR 1=1 --_x", "Bearer postern_%00_x", "Bearer " + "a" * 4000,
])  # fmt: skip
def test_a_bad_or_missing_key_is_a_401(office: Office, given: str) -> None:
    response = office.ask(RECORD, headers={"Authorization": given, "X-Request-ID": "r-7"})
    problem(response, 401)
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert response.headers["X-Request-ID"] == "r-7"


@pytest.mark.parametrize("spoil", [
    lambda key: key[:-1], lambda key: key + "x", lambda key: key.swapcase(), lambda key: key[:-1] + "\u00e9",
    lambda key: key.replace("postern", "POSTERN"), lambda key: key.rpartition("_")[0],
])  # fmt: skip
def test_a_key_that_is_nearly_right_is_wrong(office: Office, spoil: object) -> None:
    key = spoil(office.keys["good"])  # type: ignore[operator]
    problem(office.ask(RECORD, headers={"Authorization": f"Bearer {key}"}), 401)


def test_the_scheme_may_be_written_as_one_likes(office: Office) -> None:
    key = office.keys["good"]
    assert office.ask(RECORD, headers={"Authorization": f"bEaReR   {key} "}).status_code == 200


def test_a_key_for_another_system_is_a_403(office: Office) -> None:
    told = problem(office.ask(RECORD, key="other"), 403)["detail"]
    assert told == "this key may not ask about alpha; register one with --system alpha"
    problem(office.ask_many({"evaluations": [RECORD]}, key="other"), 403)


def test_an_unknown_system_is_a_404(office: Office) -> None:
    problem(office.ask(RECORD, system="nowhere"), 404)
    problem(office.ask(RECORD, system="gone"), 404)
    problem(office.ask(RECORD, system="%C3%A9"), 404)
    problem(office.ask(RECORD, system=""), 404)
    problem(office.ask(RECORD, system="ALPHA"), 404)


def test_a_system_is_suggested_to_a_key_that_may_ask_about_it_alone(office: Office) -> None:
    assert problem(office.ask(RECORD, system="alhpa"), 404)["detail"] == (
        "there is no system 'alhpa'. Did you mean \"alpha\"?"
    )
    assert problem(office.ask(RECORD, system="alhpa", key="other"), 404)["detail"] == "there is no system 'alhpa'"


def test_who_has_no_key_is_told_nothing_of_systems(office: Office) -> None:
    nobody = {"Authorization": ""}
    assert {
        problem(office.ask(RECORD, system=system, headers=nobody), 401)["detail"] for system in ("alpha", "nowhere")
    } == {problem(office.ask(RECORD, headers=nobody), 401)["detail"]}


def test_a_wrong_key_is_told_before_a_wrong_body(office: Office) -> None:
    problem(office.ask(b"{", headers={"Authorization": ""}), 401)


def test_a_key_ends_with_its_last_day(office: Office) -> None:
    today = clock.london_day(clock.now())
    office.register("today", ["alpha"], until=today)
    office.register("yesterday", ["alpha"], until=today - timedelta(days=1))
    assert office.ask(RECORD, key="today").status_code == 200
    problem(office.ask(RECORD, key="yesterday"), 401)


def test_a_revoked_key_is_refused_at_the_next_request(office: Office) -> None:
    office.register("lost", ["alpha"])
    assert office.ask(RECORD, key="lost").status_code == 200
    office.revoke("lost")
    problem(office.ask(RECORD, key="lost"), 401)


def test_a_scope_is_the_keys_own(office: Office) -> None:
    body = {**RECORD, "subject": {"type": "user", "id": "sue"}}
    assert codes(office.ask(body)) == ["access_on_hold"]
    assert codes(office.ask(body, key="full")) == ["suspended"]


def test_keys_and_people_that_nobody_knows_are_not_kept(office: Office) -> None:
    """Or anybody could fill the memory with names that they made up."""
    memory = office.app.extensions["postern"].decisions._memory
    office.ask(RECORD)
    before = sum(map(len, memory._shared.values())) + len(memory.people)
    for number in range(20):
        office.ask(RECORD, headers={"Authorization": f"Bearer postern_NOBODY{number}_x"})
        office.ask({**RECORD, "subject": {"type": "user", "id": f"nobody-{number}"}})
        office.ask_many(
            {"evaluations": [{**RECORD, "subject": {"type": "user", "id": f"n-{one}"}} for one in range(3)]}
        )
    assert sum(map(len, memory._shared.values())) + len(memory.people) == before
