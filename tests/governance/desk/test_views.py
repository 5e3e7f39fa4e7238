"""The desk's pages: what each person sees there, and what nobody does."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from governance.kernel import clock
from governance.people.models import Person
from tests.governance.desk.conftest import APPROVED, held
from tests.installation import Installation
from tests.web.browser_kit import Browser
from tokens.authenticators.models import Authenticator

Browse = Callable[..., Browser]


def test_my_access_says_what_i_may_do_and_what_it_rests_on(browse: Browse) -> None:
    page = browse("ann").get("/account")
    assert (page.status, page.heading) == (200, "My access")
    assert "Archive: reader" in page.words
    assert "Held for The Council" in page.words
    assert "view (file)" in page.words
    assert "In order" in page.words
    assert "Works there now" in page.words


def test_people_of_ones_part_and_of_no_other(browse: Browse) -> None:
    page = browse("meg").get("/people")
    assert page.status == 200, page.text
    assert [name for name in ("Meg", "Tess", "Nora") if name not in page.words] == []
    assert [name for name in ("Tom", "Sue", "Olga", "Boss", "Ann ") if name in page.words] == []
    wide = browse("olga").get("/people?name=example")
    assert "5 people" in wide.words
    assert "Tom Example" in wide.words


def test_one_person(stand: Installation, browse: Browse) -> None:
    page = browse("meg").get("/people/tess")
    assert (page.status, page.heading) == (200, "Tess Example")
    assert "Not invited" in page.words
    alike = set()
    for reference in ("tom", "sue", "no-such-person"):
        for more in ("", "/authenticators"):
            other = browse("olga" if more else "meg").get(
                f"/people/{'boss' if more and reference != 'sue' else reference}{more}"
            )
            assert (other.status, other.heading, other.codes) == (403, "Nobody of this reference in your part", [])
            number = other.words.partition("number of this answer is ")[2].split(".")[0]
            assert stand.recorded(number)["leaf"]["decision"] is False
            alike.add(other.text.replace(number, "NUMBER").partition("<main")[2])
    assert len(alike) == 1, "unknown and out of reach read alike"
    assert browse("meg").get("/people/tom", Accept="application/json").response.get_json()["reasons"]


def test_an_address_below_a_person_does_not_exist_whoever_it_names(browse: Browse) -> None:
    meg = browse("meg")
    pages = [meg.get(f"/people/{reference}/foo") for reference in ("tess", "tom", "no-such-person")]
    pages.append(meg.get("/nowhere"))
    assert [page.status for page in pages] == [404] * 4
    assert len({page.text.partition("<main")[2] for page in pages}) == 1


def test_what_nobody_does_for_themselves_is_not_offered_and_says_so(browse: Browse) -> None:
    olga = browse("olga")
    assert "Their authenticators" in olga.get("/people/tess").words
    assert "Their authenticators" not in olga.get("/people/olga").words
    refused = olga.post("/people/olga/authenticators/replacement", {"why": "mine is lost"})
    assert (refused.status, refused.heading) == (403, "Not for yourself")
    other = browse("tess").post("/people/tess/authenticators/replacement", {"why": "mine is lost"})
    assert (other.status, other.heading) == (403, "You cannot do this"), "who may do this for nobody"


def test_filters_are_kept_and_wrong_ones_told(browse: Browse) -> None:
    page = browse("olga").get("/people?name=tom&standing=none")
    assert "Tom Example" in page.words
    assert "Tess" not in page.words
    assert "Tom" not in browse("olga").get("/people?name=tom&standing=in_order").words
    assert browse("olga").get("/people?standing=odd").status == 422


def test_a_file_holds_what_the_filters_let_pass_and_is_told_to_the_trail(stand: Installation, browse: Browse) -> None:
    answer = browse("olga").get("/people.csv?name=example&organisation=oak")
    assert answer.status == 200
    lines = answer.text.lstrip("\ufeff").splitlines()
    assert [line.split(",")[0] for line in lines] == ["reference", "meg", "nora", "tess"]
    assert "'=2+5" in answer.text, "a cell that begins a formula is defused"
    assert told(stand)[-1]["action"] == "list.downloaded"
    assert browse("meg").get("/people.csv").codes == ["role_not_permitted"]
    for path in ("/people", "/people/lock-outs", "/people/enrolment"):
        assert ("(CSV)" in browse("meg").get(path).words, "(CSV)" in browse("olga").get(path).words) == (False, True)


def told(stand: Installation) -> list[dict[str, str]]:
    """The acts that the trail tells of."""
    from sqlalchemy import select

    from governance.trail.models import TrailEntry

    with stand.databases.reading() as session:
        return [{"action": action} for action in session.scalars(select(TrailEntry.action).order_by(TrailEntry.seq))]


@pytest.mark.parametrize("path", ["/people/lock-outs", "/people/enrolment", "/people/enrolment.svg", "/check-access"])
def test_pages_of_managers(browse: Browse, path: str) -> None:
    assert browse("meg").get(path).status == 200
    assert browse("tess").get(path).status == 403


@pytest.mark.parametrize("path", ["/people/lock-outs.csv", "/people/enrolment.csv", "/people.csv"])
def test_files_need_a_fresh_factor(browse: Browse, path: str) -> None:
    from datetime import timedelta

    from governance.kernel import clock

    assert browse("olga").get(path).status == 200
    old = browse("olga", now=clock.now() - timedelta(minutes=11)).get(path)
    assert (old.status, old.location.partition("?")[0]) == (303, "/sign-in/second-step")


def test_where_people_get_stuck(browse: Browse) -> None:
    page = browse("olga").get("/people/enrolment")
    assert "Oak School 3 0 0 0 0 0" in page.words
    assert "All 5 0 0 0 0 0" in page.words
    picture = browse("olga").get("/people/enrolment.svg")
    assert picture.text.startswith("<svg")
    assert "Work here: 5" in picture.text


def test_how_far_somebody_came_with_their_authenticator(stand: Installation, browse: Browse) -> None:
    """Begun, enrolled, used; what was reached stays reached though it be lost since, and the list says what stands."""
    now, olga, told, listed = clock.now(), browse("olga"), list[str](), list[bool]()
    values = {"kind": "totp", "label": "x", "digits": 6, "drift": 0, "last_step": -1, "failures": 0, "created_at": now}
    with stand.databases.writing() as session:
        tom = session.scalars(select(Person.id).where(Person.reference == "tom")).one()
        row = session.scalars(
            insert(Authenticator).values(person_id=tom, state="pending", **values).returning(Authenticator.id)
        ).one()
    steps: list[dict[str, Any]] = [
        {}, {"state": "active", "activated_at": now}, {"first_used_at": now}, {"state": "lost", "ended_at": now},
    ]  # fmt: skip
    for more in steps:
        with stand.databases.writing() as session:
            if more:
                session.execute(update(Authenticator).where(Authenticator.id == row).values(**more))
        told.append(olga.get("/people/enrolment").words.partition("Ash School ")[2][:11])
        listed.append("app" in olga.get("/people?name=tom").words.split())
    assert told == ["1 1 1 1 0 0", "1 1 1 1 1 0", "1 1 1 1 1 1", "1 1 1 1 1 1"]
    assert listed == [False, True, True, False]


def test_checking_access_step_by_step(stand: Installation, browse: Browse) -> None:
    stand.apply(
        people=[{"reference": "mira", "name": "Mira"}],
        employment=[
            {"person": "ann", "organisation": "oak", "post": "teacher", "from": "2020-01-01"},
            {"person": "mira", "organisation": "council", "post": "officer", "from": "2020-01-01"},
        ],
        grants=[held("mira", "administrator", "council", approvals=[{**APPROVED[0], "organisation": "council"}])],
    )
    mira = browse("mira")
    assert "Archive" in mira.get("/check-access").text
    begun = mira.get("/check-access/question?person=ann")
    assert (begun.status, begun.errors, 'value="ann"' in begun.text) == (200, {}, True), "as a person's page leads here"
    question = mira.get("/check-access/question?person=ann&system=archive")
    assert (question.status, question.heading) == (200, "What do they want to do?")
    assert "view · file" in question.words
    address = "/check-access/answer?person=ann&system=archive&what=file/view&id=F-1&factor=yes"
    refused = mira.get(address)
    assert (refused.status, refused.heading, refused.codes) == (200, "Not permitted", ["no_need"])
    assert "Works there now Holds" in refused.words
    assert "What the role allows Fails" in refused.words
    permitted = mira.get(f"{address}&c_case=C-1")
    assert permitted.heading == "Permitted"
    number = permitted.words.partition("on record as ")[2].split(".")[0]
    record = stand.recorded(number)
    assert (record["leaf"]["kind"], record["body"]["client"]) == ("check", "desk:mira")


def test_what_rests_on_another_part_is_said_to_and_no_more(stand: Installation, browse: Browse) -> None:
    stand.apply(employment=[{"person": "ann", "organisation": "oak", "post": "teacher", "from": "2020-01-01"}])
    address = "/check-access/answer?person=ann&system=archive&what=file/view&id=F-1&factor=yes"
    for more, heading, allowed in (("", "Not permitted", False), ("&c_case=C-1", "Permitted", True)):
        page = browse("meg").get(address + more)
        assert (page.status, page.heading, page.codes) == (200, heading, [])
        assert "outside your part" in page.words
        assert [word for word in ("reader", "council", "Council", "Works there now") if word in page.words] == []
        told = browse("meg").get(address + more, Accept="application/json").response.get_json()
        assert (told.keys(), told["decision"]) == ({"decision", "held_elsewhere", "decision_id"}, allowed)


def test_checks_keep_to_ones_part_and_wrong_questions_are_told(browse: Browse) -> None:
    meg = browse("meg")
    for path, more in (("question", ""), ("answer", "&what=file/view")):
        told = set()
        for person in ("tom", "no-such-person", "x" * 300):
            page = meg.get(f"/check-access/{path}?person={person}&system=archive{more}")
            assert (page.status, page.heading, page.codes) == (403, "Check access", [])
            assert page.errors == {"#person": "Nobody in your part of the organisations has this reference. Check it"}
            told.add(page.text.replace(person, "PERSON"))
        assert len(told) == 1, "unknown and out of reach read alike"
        blank = meg.get(f"/check-access/{path}?person=&system=archive{more}")
        assert blank.errors == {"#person": "Enter the person's reference"}
    asked = meg.get("/check-access/answer?person=tom&system=archive&what=file/view", Accept="application/json")
    assert [one["code"] for one in asked.response.get_json()["reasons"]] == ["condition_unmet"]
    assert meg.get("/check-access/question?person=tess&system=no-such").errors == {"#system": "Choose a system"}
    assert meg.get("/check-access/answer?person=tess&system=archive").errors == {
        "#what": "Choose what the person wants to do"
    }
    late = "&day-day=1&day-month=1&day-year=2999"
    page = meg.get(f"/check-access/answer?person=tess&system=archive&what=file/view{late}")
    assert page.errors == {"#day-day": "The day must be today or in the past"}


def test_a_manager_never_reads_why_access_is_on_hold(stand: Installation, browse: Browse) -> None:
    stand.suspend("nora")
    address = "/check-access/answer?person=nora&system=archive&what=file/view&c_case=x"
    manager, auditor = browse("meg").get(address), browse("audrey").get(address)
    assert "access_on_hold" in manager.codes
    assert "suspended" in auditor.codes
    for page in (manager, browse("meg").get("/people/nora")):
        assert [word for word in ("uspen", "arred", "onflict") if word in page.words] == []
    assert "Not suspended Fails" in auditor.words
    stand.lift("nora")


def test_a_program_reads_the_same_answer_and_a_past_day_is_said_to_be_past(browse: Browse) -> None:
    address = "/check-access/answer?person=nora&system=archive&what=file/view&c_case=x"
    answer = browse("meg").get(address, Accept="application/json")
    assert (answer.status, answer.response.get_json()["decision"]) == (200, False)
    before = "&day-day=1&day-month=1&day-year=2020"
    page = browse("meg").get(address + before)
    assert page.status == 404, "no rules of the archive were in force then"


def test_a_page_that_shows_links_leaves_no_record_of_them(stand: Installation, browse: Browse) -> None:
    meg = browse("meg")
    meg.get("/people/tess")
    before = stand.assert_intact()
    page = meg.get("/people/tess")
    assert stand.assert_intact() - before == 1, "only that the page itself was asked for"
    assert page.link("Check what they may do, and why").startswith("/check-access/question?person=tess")


@pytest.mark.parametrize("after", ["9" * 30, "9" * 300, "-1", "x", "²"])
def test_a_place_that_no_list_has_is_no_mistake(browse: Browse, after: str) -> None:
    assert browse("meg").get(f"/people?standing=none&after={after}").status == 200


@pytest.mark.parametrize(("who", "person", "may"), [
    ("meg", "plain", True), ("meg", "dual", False), ("meg", "admin", False), ("olga", "admin", True),
    ("meg", "reader", True), ("meg", "afar", False), ("boss", "dual", True), ("olga", "former", True),
])  # fmt: skip
def test_nobody_invites_whose_power_reaches_further_than_their_own(
    stand: Installation, browse: Browse, who: str, person: str, may: bool
) -> None:
    """Who invites says where the link goes, and could take the account up in that person's place."""
    people = ("plain", "dual", "admin", "reader", "afar", "former")
    stand.apply(
        people=[{"reference": name, "name": name.title()} for name in people],
        employment=[
            {"person": name, "organisation": "oak", "post": "teacher", "from": "2020-01-01"} for name in people
        ],
        grants=[
            held("dual", "officer", "south"), held("admin", "administrator", "oak"),
            held("reader", "reader", "oak", "archive"), held("afar", "reader", "south", "archive"),
            held("former", "officer", "south", to="2020-12-31"),
        ],
    )  # fmt: skip
    browser = browse(who)
    sent = {"person": person, "email": f"{who}.{person}@evil.example", "form_token": browser.token()}
    told = browser.client.post("/people/invite", data=sent, base_url=browser._base, headers={"Accept": "text/html"})
    assert told.status_code == (303 if may else 403)
    assert ("/people/invite?person=" in browser.get(f"/people/{person}").text) is may


def test_how_somebody_stands_is_told_of_roles_in_ones_part_alone(stand: Installation, browse: Browse) -> None:
    here = {"post": "clerk", "from": "2020-01-01"}
    approved = [{"by": "mo", "capacity": "line_manager", "organisation": "council", "on": "2020-01-01"}]
    stand.apply(
        people=[{"reference": "duo", "name": "Duo"}],
        employment=[{"person": "duo", "organisation": one, **here} for one in ("ash", "council")],
        grants=[held("duo", "reader", "council", "archive", approvals=approved)],
    )
    assert "Ash School (ash) Access to no system" in browse("olga").get("/people?name=duo").words
    assert "Duo" not in browse("olga").get("/people?name=duo&standing=in_order").words
    assert "Duo" in browse("olga").get("/people?name=duo&standing=none").words
    stand.apply(employment=[{"person": "duo", "organisation": "ash", **here, "to": "2021-01-01"}])
