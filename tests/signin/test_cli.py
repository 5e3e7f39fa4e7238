"""`postern people`, `postern administrator` and `postern sign-in`: what they print, how they end, what they change."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from governance.grants.models import Grant
from governance.installation import DESK, invite_demo
from governance.people.models import OrganisationDetails, PersonDetails
from governance.people.signin.jobs import forget
from governance.people.signin.models import SignInSession
from governance.people.signin.rules import KEPT
from governance.trail.service import verify_trail
from tests.commands import Desk
from tests.signin.people import GOOD, OTHER, Place

ADD = ("sign-in", "providers", "add")
SCHOOL = (
    "--label",
    "School",
    "--organisation",
    "council",
    "--issuer",
    "https://id.school.example",
    "--client-id",
    "us",
)


def token_of(printed: str) -> str:
    """The token of a link that was printed."""
    return printed.strip().rpartition("/")[2]


@pytest.fixture
def at(quick_desk: Desk) -> Place:
    """The installation of the desk."""
    return Place(quick_desk.installation)


def test_an_invitation_is_printed_or_mailed(quick_desk: Desk, at: Place) -> None:
    ann = at.person()
    told = quick_desk.run("people", "invite", ann, "--email", f"{ann}@example.org", "--print-link")
    assert told.exit_code == 0
    assert told.stdout.startswith("http://127.0.0.1/invitation/")
    assert at.mails("invitation") == []
    mailed = quick_desk.run("people", "invite", ann, "--email", f"{ann}@example.org")
    assert "on its way" in mailed.stdout
    assert len(at.mails("invitation")) == 1
    assert at.choose(token_of(told.stdout)).is_spent, "the newer one ended it"
    for wrong in (("nobody.here", "a@example.org"), (ann, "no address")):
        refused = quick_desk.run("people", "invite", wrong[0], "--email", wrong[1])
        assert refused.exit_code == 1
        assert "Error" in refused.stderr


def test_the_demonstration_starts_again_after_its_links_were_used(at: Place) -> None:
    rosa, ken = list(DESK)[:2]
    at.installation.apply(people=[{"reference": one, "name": one.title()} for one in (rosa, ken)])
    links = invite_demo(at.installation.service)
    assert at.choose(links[rosa].rpartition("/")[2]).secret
    again = invite_demo(at.installation.service)
    assert again[rosa] == "signs in already"
    assert again[ken] != links[ken]
    assert at.choose(again[ken].rpartition("/")[2], OTHER).secret


def test_the_first_administrator_of_an_empty_installation(quick_desk: Desk, at: Place) -> None:
    words = ("administrator", "root.one", "--email", "root@example.org", "--organisation", "centre")
    assert "--organisation-name" in quick_desk.run(*words).stderr
    assert "--name" in quick_desk.run(*words, "--organisation-name", "The Centre").stderr
    nowhere = ("administrator", "root.one", "--email", "nowhere", *words[4:], "--organisation-name", "The Centre")
    refused = quick_desk.run(*nowhere, "--name", "Robin Root")
    assert (refused.exit_code, "address" in refused.stderr) == (1, True)
    told = quick_desk.run(*words, "--name", "Robin Root", "--organisation-name", "The Centre")
    assert told.exit_code == 0, told.output
    assert at.choose(token_of(told.stdout)).secret
    with at.databases.reading() as session:
        grants = session.scalars(select(Grant).where(Grant.system == "governance")).all()
        assert [(one.role, one.ends_on) for one in grants] == [("administrator", None)]
        assert session.scalars(select(PersonDetails.name).where(PersonDetails.reference == "root.one")).all() == [
            "Robin Root"
        ]
        assert "The Centre" in session.scalars(select(OrganisationDetails.name)).all()
    again = quick_desk.run(*words)
    assert "/recover/" in again.stdout, "who signs in already is given a way back in; nothing is recorded twice"
    with at.databases.reading() as session:
        assert len(session.scalars(select(Grant).where(Grant.system == "governance")).all()) == 1
    quick_desk.run("people", "close-account", "root.one", "--why", "a test")
    assert at.choose(token_of(quick_desk.run(*words).stdout), OTHER).secret, "it always can mend"


def test_sessions_are_listed_and_ended(quick_desk: Desk, at: Place) -> None:
    ann = at.member()
    secret = at.enter(ann).secret
    listed = quick_desk.run("sign-in", "sessions", ann).stdout
    assert "Firefox on Linux" in listed
    assert "password only" in listed
    assert secret not in listed
    sid = at.there(secret).sid
    assert quick_desk.run("sign-in", "end", ann, "--session", sid, "--why", "a test").stdout == "1 ended.\n"
    assert at.visitor(secret) is None
    other = at.enter(ann).secret
    assert "ended." in quick_desk.run("sign-in", "end", ann).stdout
    assert at.visitor(other) is None
    assert quick_desk.run("sign-in", "end", "nobody.here").exit_code == 1


def test_closing_and_setting_free(quick_desk: Desk, at: Place) -> None:
    ann = at.member()
    assert at.enter(ann).secret
    for _ in range(4):
        at.enter(ann, OTHER)
    assert not at.enter(ann).secret
    assert quick_desk.run("sign-in", "free", ann).exit_code == 0
    assert at.enter(ann).secret
    assert quick_desk.run("people", "close-account", ann, "--why", "left").exit_code == 0
    assert not at.enter(ann, GOOD).secret
    assert quick_desk.run("people", "close-account", ann, "--why", "left").exit_code == 1


def test_providers(quick_desk: Desk, at: Place) -> None:
    ann = at.person()
    told = quick_desk.run(
        *ADD, "school", *SCHOOL, "--secret", "a planted secret", "--unseen", "--second-factor-acr", "silver"
    )
    assert told.exit_code == 0, told.output
    assert "http://127.0.0.1/sign-in/from/school" in told.stdout
    listed = quick_desk.run("sign-in", "providers", "list").stdout
    assert "https://id.school.example" in listed
    assert "silver" in listed
    assert "planted" not in told.output + listed
    assert quick_desk.run("people", "link", ann, "--provider", "school", "--value", "x").exit_code == 0
    assert quick_desk.run("people", "link", ann, "--provider", "school", "--value", "x").exit_code == 1
    assert quick_desk.run("people", "link", ann, "--provider", "school", "--value", "x", "--remove").exit_code == 0
    assert quick_desk.run("sign-in", "providers", "reseal").stdout == "0 sealed anew.\n"
    assert quick_desk.run("sign-in", "providers", "remove", "school").exit_code == 0
    assert quick_desk.run("sign-in", "providers", "list").stdout == ""
    for name, issuer in (
        ("school", "https://a.example"),
        ("Other", "https://a.example"),
        ("other", "http://a.example"),
    ):
        words = (*SCHOOL[:5], issuer, *SCHOOL[6:], "--secret", "s", "--unseen")
        assert quick_desk.run(*ADD, name, *words).exit_code == 1, (name, issuer)


def test_what_ended_ninety_days_ago_is_forgotten(quick_desk: Desk, at: Place) -> None:
    ann = at.member()
    with at.databases.writing() as session:
        session.query(SignInSession).delete()
    at.now -= KEPT + timedelta(hours=1)
    old = at.enter(ann).secret
    at.now += timedelta(hours=2)
    recent = at.enter(ann).secret
    forget(quick_desk.installation.service, at.now + KEPT - timedelta(hours=1))
    with at.databases.reading() as session:
        kept = len(session.scalars(select(SignInSession.id)).all())
    assert kept == 1, "a session that was used within ninety days stays on its owner's list of past ones"
    assert at.row(recent)
    assert old != recent
    assert not verify_trail(at.databases).damages
