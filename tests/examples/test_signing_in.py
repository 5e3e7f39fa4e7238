"""The look-up signs people in through Postern, sends them to prove it again when an answer says so, and loses them."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update
from werkzeug.serving import make_server

from examples.lookup.views import make_app
from examples.pages.program import Quiet
from examples.pages.signing_in import SignIn
from governance.clients.service import register_front_end, register_key
from governance.kernel import clock
from governance.people.signin import service as signin
from governance.people.signin.models import SignInSession
from governance.people.signin.rules import Limits
from policies.pack import PackTexts
from tests.examples.signing_in import COOKIE, Browser, serving, signed_in
from tests.installation import ACTOR, APPROVED, Installation, installed, launcher
from tests.servers import Launcher, free_port

__all__ = ["launcher"]

SYSTEM = "contactpoint"
RECORD = "/record/contactpoint/CP-00310882"
PACK = """
[system]
id = "contactpoint"
name = "ContactPoint"
owner = "Tests"
source = "Tests"

[resource_types.child-entry]
actions = ["look-up"]

[roles.reader]
source = "Tests"
[roles.reader.granted_by]
approvals = [["line_manager"]]
source = "Tests"
[roles.reader.requires.employment]
organisations = ["council"]
source = "Tests"
[roles.reader.requires.second-factor]
acr = ["mfa"]
max_age_minutes = 30
trust = "token"
source = "Tests"

[rules.A-1]
source = "Tests"
"""
POLICY = "role,resource_type,action,condition,effect,rule\nreader,child-entry,look-up,always,allow,A-1\n"


class LookUp(NamedTuple):
    """Where the look-up and Postern are, and the installation behind."""

    address: str
    postern: str
    installation: Installation


@pytest.fixture(scope="module")
def lookup(tmp_path_factory: pytest.TempPathFactory, launcher: Launcher) -> Iterator[LookUp]:
    folder, port = tmp_path_factory.mktemp("lookup"), free_port()
    address = f"http://127.0.0.1:{port}"
    with installed(tmp_path_factory.mktemp("postern"), "sqlite") as made:
        made.activate(PackTexts(PACK, POLICY, "", ""))
        grant = {"person": "ann", "system": SYSTEM, "role": "reader", "organisation": "council", "from": "2020-01-01"}
        made.apply(grants=[{**grant, "approvals": [APPROVED]}])
        issuer, now = serving(made, launcher), clock.now()
        with made.databases.change("test", now) as session:
            given = register_front_end(
                session, "Look up a child", [SYSTEM], [f"{address}/signed-in"], [f"{address}/"],
                public=False, actor=ACTOR, now=now,
            )  # fmt: skip
            key = register_key(session, "look-up", [SYSTEM], [], None, actor=ACTOR, now=now).text
        told = folder / "sign-in"
        told.write_text(f"client_id={given.client_id}\nclient_secret={given.secret}\n")
        app = make_app(issuer, key, folder, SignIn.read(told, issuer, address))
        for one in app.extensions["postern"].values():
            one._line._deadline = 10  # patience with a busy machine; how long it waits is tested elsewhere
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield LookUp(address, issuer, made)
        server.shutdown()
        server.server_close()
        thread.join()
        for one in app.extensions["postern"].values():
            one.close()


def proved_again(made: Installation, postern: str, browser: Browser) -> None:
    """The second step done once more, as Postern's page does it."""
    jar, now = browser.cookies[urlsplit(postern).netloc], clock.now()
    with made.databases.reading() as session:
        visitor = signin.find_visitor(session, jar[COOKIE], Limits.of(30, 12), made.databases.freshness.current(), now)
    assert visitor is not None
    with made.databases.change("test", now) as session:
        jar[COOKIE] = signin.prove_factor(session, visitor, "passkey", ["swk", "user"], None, now=now)


def test_a_person_signs_in_and_reads_and_proves_it_again_and_is_suspended(lookup: LookUp) -> None:
    made, browser = lookup.installation, Browser(lookup.postern)
    browser.get(lookup.address + RECORD)
    assert browser.went[-1].startswith(f"{lookup.postern}/sign-in?next=")
    signed_in(made, browser)
    with made.databases.writing() as session:  # that was an hour ago
        session.execute(update(SignInSession).values(auth_time=clock.now() - timedelta(hours=1)))
    browser.get(lookup.address + RECORD)
    assert browser.went[-1].startswith(f"{lookup.postern}/sign-in/second-step?next="), browser.went
    assert any("max_age=1800" in url for url in browser.went), "the answer said how fresh it must be"
    following = parse_qs(urlsplit(browser.went[-1]).query)["next"][0]
    proved_again(made, lookup.postern, browser)
    answer, text = browser.get(lookup.postern + following)
    assert (answer.status, browser.went[-1]) == (200, f"{lookup.address}{RECORD}"), "back at the record"
    assert "CP-00310882" in text
    assert "Signed in through Postern" in text
    made.suspend()
    began = time.monotonic()
    answer, text = browser.get(lookup.address + RECORD)
    assert time.monotonic() - began < 10
    assert (answer.status, "on hold" in text.lower() or "held" in text.lower()) == (403, True), text
    made.lift()


def test_an_answer_that_is_another_providers_is_not_taken(lookup: LookUp) -> None:
    browser = Browser(lookup.postern)
    browser.get(lookup.address + RECORD)
    state = parse_qs(urlsplit(next(url for url in browser.went if "/oauth/authorize" in url)).query)["state"][0]
    for iss in ("&iss=https://evil.example", ""):
        answer, _ = browser.get(f"{lookup.address}/signed-in?code=x&state={state}{iss}")
        assert answer.status == 400


def test_what_was_printed_is_what_it_is_set_up_with(tmp_path: Path) -> None:
    file = tmp_path / "sign-in"
    file.write_text("client_id=fe-1\nclient_secret=a=b\n")
    assert SignIn.read(file, "https://p.example", "https://l.example").client_secret == "a=b"
