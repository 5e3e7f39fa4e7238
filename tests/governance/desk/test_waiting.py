"""A temporary replacement that waits: who may approve it sees it and is told by mail, and nobody else."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from governance.kernel import clock
from governance.outbox.models import OutboxMail
from governance.people.models import Person
from governance.people.signin.models import Account
from tests.commands import Desk
from tests.governance.desk.conftest import held
from tests.installation import Installation
from tests.web.browser_kit import Browser

Browse = Callable[..., Browser]
WAITS = "Wait for your approval"
OFFICERS = ("boss", "olga", "otto", "owen", "sue", "meg", "tess")


@pytest.fixture(scope="module")
def asked(stand: Installation, app: Flask) -> str:
    """Olga has asked for a replacement for Tess, where two more could approve it and one of these is suspended."""
    stand.apply(
        people=[{"reference": one, "name": one.title()} for one in ("otto", "owen")],
        employment=[
            {"person": one, "organisation": "north", "post": "officer", "from": "2020-01-01"}
            for one in ("otto", "owen")
        ],
        grants=[held("sue", "officer", "south"), held("otto", "officer", "north"), held("owen", "officer", "north")],
    )
    stand.suspend("owen")
    with stand.databases.writing() as session:
        for number, reference in session.execute(
            select(Person.id, Person.reference).where(Person.reference.in_(OFFICERS))
        ).all():
            address = f"{reference}@example.org"
            account = {"email": address, "email_key": address, "state": "active", "invited_by": "test"}
            session.add(Account(person_id=number, created_at=clock.now(), **account))
    olga = Browser(app)
    olga.sign_in("olga")
    assert "Temporary replacement" not in olga.get("/people/tess").words
    answer = olga.post("/people/tess/authenticators/replacement", {"why": "the phone is in the canal"})
    assert answer.status == 303, answer.text
    return "tess"


@pytest.mark.parametrize(
    ("who", "sees"), [("boss", True), ("otto", True), ("olga", False), ("sue", False), ("meg", False)]
)
@pytest.mark.parametrize("path", ["/account", "/people"])
def test_who_may_approve_sees_it_first(asked: str, browse: Browse, who: str, sees: bool, path: str) -> None:
    page = browse(who).get(path)
    assert page.status == 200
    assert (WAITS in page.words) is sees
    if sees:
        assert page.link(f"Temporary replacement for {asked}") == f"/people/{asked}/authenticators"
        assert "olga" in page.words.partition(WAITS)[2]


def test_whoever_it_is_for_does_not_see_it_among_theirs(asked: str, browse: Browse) -> None:
    assert WAITS not in browse(asked).get("/account").words


def test_the_persons_page_says_so_to_those_who_help_with_authenticators(asked: str, browse: Browse) -> None:
    offer = "Approve or refuse the temporary replacement that waits"
    told = {}
    for who in ("boss", "olga", "audrey", "meg"):
        page = browse(who).get(f"/people/{asked}")
        told[who] = ("Waits for a second person since" in page.words, offer in page.words)
    assert told == {"boss": (True, True), "olga": (True, False), "audrey": (True, False), "meg": (False, False)}
    assert offer not in browse("boss").get("/people/nora").words, "nothing waits for her"


def test_they_are_told_by_mail_once_and_nobody_else_is(asked: str, stand: Installation) -> None:
    """Not who asked, not who may not, not who is suspended, not the person themself, who reads another mail."""
    with stand.databases.reading() as session:
        queued = select(OutboxMail.address, OutboxMail.data).where(OutboxMail.template == "replacement-waits")
        found = [tuple(row) for row in session.execute(queued.order_by(OutboxMail.address))]
    assert found == [("boss@example.org", {}), ("otto@example.org", {})]


def test_one_that_is_asked_for_by_command_is_mailed_too(asked: str, stand: Installation) -> None:
    done = Desk(stand).run("authenticators", "ask-replacement", "tom", "--why", "known by voice", "--by", "boss")
    assert done.exit_code == 0, done.output
    with stand.databases.reading() as session:
        queued = select(OutboxMail.address).where(OutboxMail.template == "replacement-waits").order_by(OutboxMail.id)
        assert session.scalars(queued).all()[2:] == ["olga@example.org", "otto@example.org"]


def test_it_is_gone_once_it_is_decided(asked: str, browse: Browse) -> None:
    boss = browse("boss")
    page = boss.get(boss.get("/account").link(f"Temporary replacement for {asked}"))
    assert (
        page.send(
            next(n for n, one in enumerate(page.tree.one("main").all("form")) if "approve" in one["action"])
        ).status
        == 303
    )
    for who, path in (("boss", "/account"), ("otto", "/people")):
        words = browse(who).get(path).words
        assert f"Temporary replacement for {asked}" not in words
    assert "Waits for a second person" not in boss.get(f"/people/{asked}").words
