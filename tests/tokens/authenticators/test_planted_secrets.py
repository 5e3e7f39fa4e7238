"""No seed, code or recovery code in a log, an error, a mail, the trail or a later page, at debug level."""

import base64
import logging
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
import time_machine
from sqlalchemy import select, text

from governance.outbox.models import OutboxMail
from governance.people.signin.models import Account
from governance.people.store import get_person
from governance.trail.models import TrailEntryBody
from tests.web.browser_kit import Browser, app_of
from tokens.authenticators import totp

START = datetime(2026, 6, 2, 9, tzinfo=UTC)
MINE, SECOND = "/account/authenticators", "/sign-in/second-step"
TOKEN_SEED = "planted-{:>012.12}"
NUMBERS = count(1)
SHOWN_ONCE = "/add/totp/"


class Watched(Browser):
    """A browser that keeps what it is shown."""

    shown: list[tuple[str, str]]

    def open(self, path, method="GET", headers=None, **more):
        page = super().open(path, method, headers, **more)
        self.shown.append((path, page.text))
        return page


@pytest.fixture
def told(house, caplog, capsys, monkeypatch):
    """Somebody goes through every page with planted secrets; what was said anywhere."""
    caplog.set_level(logging.DEBUG)
    made, reference = house, f"planted-{next(NUMBERS)}"
    work = {"person": reference, "organisation": "council", "post": "clerk", "from": "2020-01-01"}
    made.apply(people=[{"reference": reference, "name": reference}], employment=[work])
    address = {"email": f"{reference}@example.org", "email_key": f"{reference}@example.org"}
    with made.databases.writing() as session:
        person = get_person(session, reference).id
        session.add(Account(person_id=person, state="active", invited_by="test", created_at=START, **address))
    browser = Watched(app_of(made))
    browser.shown = []
    with time_machine.travel(START, tick=False) as moved:
        secrets = walk(browser, reference, moved)
    browser.service.databases.close()
    with made.databases.reading() as session:
        bodies = [body or b"" for body in session.scalars(select(TrailEntryBody.body))]
        mails = [repr(data) for data in session.scalars(select(OutboxMail.data))]
        rows = [repr(tuple(row)) for row in session.execute(text("SELECT * FROM authenticator"))]
        rows += [repr(tuple(row)) for row in session.execute(text("SELECT * FROM recovery_code"))]
    said = capsys.readouterr()
    return {
        "secrets": secrets, "logs": [caplog.text, said.out, said.err], "trail": [body.decode() for body in bodies],
        "mails": mails, "rows": rows, "pages": browser.shown,
    }  # fmt: skip


def walk(browser, reference, moved):
    """Every route that takes or makes a secret, with right and wrong ones; the secrets."""
    browser.sign_in(reference, "")
    page = browser.get(f"{MINE}/add").send(kind="totp").follow()
    seed = totp.read_seed(page.tree.one("p", id="key").text)
    now = totp.step_of(START)
    typed = {"wrong trial": "918273", "trial": totp.code_of(seed, now)}
    page.send(code=typed["wrong trial"])
    page.send(code=typed["trial"])
    codes = [one.text for one in browser.get(f"{MINE}/add/recovery").send().tree.all("code")]
    of_token = TOKEN_SEED.format(reference).encode()
    token = browser.get(f"{MINE}/add/hotp").send(serial=f"PL-{reference}", secret=of_token.hex(), label="T").follow()
    token.send(code=totp.code_of(of_token, 0))
    moved.shift(timedelta(minutes=1))
    browser.sign_in(reference, "")
    step = browser.get(SECOND)
    typed |= {"wrong": "192837", "slow": totp.code_of(seed, now - 5)}
    for name in ("wrong", "slow"):
        step.send(code=typed[name])
        moved.shift(timedelta(seconds=31))
    pair = [totp.code_of(seed, now + 90 + at) for at in (0, 1)]
    browser.get(f"{SECOND}/two-codes").send(first=pair[0], second=pair[1])
    moved.shift(timedelta(seconds=31))
    browser.get(step.link("Recovery codes")).send(code=codes[0])
    for path in (MINE, f"{MINE}/add", f"{MINE}/added", SECOND):
        browser.get(path)
    forms = {"code": codes[1], "way": "99999999999999999999", "next": ""}
    browser.post(SECOND, forms)
    browser.post(SECOND, {**forms, "planted": codes[2]})
    packed = [code.replace("-", "") for code in codes]
    seeds = [seed.hex(), base64.b32encode(seed).decode(), totp.as_typed(seed), repr(seed)]
    seeds += [of_token.hex(), of_token.decode(), base64.b32encode(of_token).decode()]
    return {"seeds": seeds, "codes": [*typed.values(), *pair], "recovery": [*codes, *packed]}


def test_no_secret_is_said_anywhere(told):
    """What is typed is said back to nobody; a key is shown on its own page, codes in the answer that made them."""
    secrets = told["secrets"]
    everything = [one for group in secrets.values() for one in group]
    for place in ("logs", "trail", "mails"):
        found = [one for one in everything for said in told[place] if one in said]
        assert found == [], place
    kept = [*secrets["seeds"], *secrets["recovery"]]  # six digits may stand in any hash
    assert [one for one in kept for row in told["rows"] if one in row] == []
    for path, shown in told["pages"]:
        may = (
            set(secrets["seeds"])
            if SHOWN_ONCE in path
            else set(secrets["recovery"])
            if path.endswith("/recovery")
            else set()
        )
        assert [one for one in everything if one in shown and one not in may] == [], path


def test_the_walk_has_been_somewhere(told):
    paths = {path.split("?")[0] for path, _ in told["pages"]}
    assert {SECOND, f"{SECOND}/two-codes", MINE, f"{MINE}/add/recovery", f"{MINE}/add/hotp"} <= paths
    assert len(told["trail"]) > 10
    assert len(told["rows"]) > 10
