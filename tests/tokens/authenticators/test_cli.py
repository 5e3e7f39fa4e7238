"""`postern authenticators`: what it prints, how it ends, what it changes; and no secret anywhere."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from governance.kernel import clock
from governance.kernel.settings import RecordKeys
from governance.people.models import Person
from governance.people.signin.models import Account
from governance.trail.models import TrailEntry
from tests.commands import Desk, desk
from tests.web.browser_kit import Browser, app_of
from tokens.authenticators import enrolling, service, store, totp

__all__ = ["desk"]
SEED = bytes(range(20))


@pytest.fixture
def holder(desk: Desk) -> int:
    """Ann's app, which counts: its number."""
    made, now = desk.installation, clock.now()
    with made.databases.writing() as session:
        person = session.scalars(select(Person.id).where(Person.reference == "ann")).one()
        address = {"email": "ann@example.org", "email_key": "ann@example.org"}
        session.add(Account(person_id=person, state="active", invited_by="test", created_at=now, **address))
    app = app_of(made)
    visitor = Browser(app).sign_in("ann", "")
    app.extensions["postern"].databases.close()
    sealer = service.Sealer(made.service.settings.secret_keys)
    with made.databases.change("test", now) as session:
        row = enrolling.begin_totp(session, sealer, visitor, "Ann's phone", now=now)
        seed = service.open_secret(session, sealer, row)
        code = totp.code_of(seed, totp.step_of(now))
        assert enrolling.finish(session, sealer, visitor, row, (code,), now=now).good
    return row


def test_what_somebody_has_is_listed_without_secrets(desk, holder):
    told = desk.run("authenticators", "list", "ann").stdout
    assert told.splitlines() == [
        f"{holder}  Authenticator app  Ann's phone  in use  never used", "0 failures in a row; not locked out.",
    ]  # fmt: skip


def test_a_lost_one_is_dead(desk, holder):
    told = desk.run("authenticators", "lost", "ann", str(holder))
    assert told.stdout == f"Authenticator {holder} of ann is dead, and their sessions have ended.\n"
    assert "reported lost" in desk.run("authenticators", "list", "ann").stdout
    again = desk.run("authenticators", "release", "ann", str(holder))
    assert (again.exit_code, "not in a state" in again.output) == (1, True)
    assert desk.run("authenticators", "revoke", "mo", str(holder)).exit_code == 1


def test_a_token_is_assigned_from_a_file(desk, holder, tmp_path):
    file = tmp_path / "secret"
    file.write_text(SEED.hex())
    told = desk.run("authenticators", "add-hotp", "ann", "--serial", "S-1", "--secret-file", str(file))
    assert "waits for its first code" in told.stdout
    assert SEED.hex() not in told.output
    twice = desk.run("authenticators", "add-hotp", "ann", "--serial", "S-1", "--secret-file", str(file))
    assert (twice.exit_code, "registered already" in twice.output) == (1, True)
    assert desk.run("authenticators", "unlock", "ann").stdout == "ann can try again.\n"


def test_a_replacement_needs_a_second_person_and_another_door(desk, holder):
    """One account of the server stands for one person, whatever names it gives."""
    desk.installation.apply(people=[{"reference": "jo", "name": "Jo"}])
    asked = desk.run("authenticators", "ask-replacement", "ann", "--why", "lost", "--by", "mo")
    number = asked.stdout.split()[2]
    assert desk.run("authenticators", "replacements").stdout.startswith(f"{number}  for ann  asked by mo")
    for by in ("mo", "jo", "ann"):
        refused = desk.run("authenticators", "approve-replacement", number, "--by", by)
        assert (refused.exit_code, "Nobody can approve this for themselves" in refused.output) == (1, True)
    assert desk.run("authenticators", "refuse-replacement", number, "--by", "jo").stdout == "Refused.\n"
    assert desk.run("authenticators", "ask-replacement", "ann", "--why", "x", "--by", "nobody").exit_code == 1


def test_secrets_are_sealed_anew(desk, holder):
    settings = desk.installation.service.settings
    old = settings.secret_keys
    newest = RecordKeys.parse("newest:" + "55" * 16)
    both = RecordKeys(newest.current, (*newest.keys, *old.keys))
    desk.installation.service.settings = replace(settings, secret_keys=both)
    told = desk.run("authenticators", "rekey")
    assert "1 of 1 secrets sealed anew" in told.stdout
    with desk.installation.databases.reading() as session:
        sealed = store.find_secret(session, holder)
        assert "authenticators.rekeyed" in set(session.scalars(select(TrailEntry.action)))
    assert service.Sealer(newest).open(sealed, store.place(holder))
    assert "0 of 1 secrets sealed anew" in desk.run("authenticators", "rekey").stdout
