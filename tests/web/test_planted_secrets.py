"""No seed, code, password, recovery code, link, token, key or cookie is said where it must not be, on any route (F17).

Somebody goes through everything with secrets that are right and wrong; then every route is sent secrets wherever it
could take one, by nobody, by who is half signed in and by an administrator, also while nothing can be written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Engine, event, select

from governance.app import build_app
from governance.clients.service import register_front_end, register_key
from governance.decisions.door import PREFIX
from governance.kernel import clock
from governance.kernel.sealing import Sealer
from governance.outbox.letters import Letter
from governance.outbox.service import send_waiting
from governance.people.signin.models import Account
from governance.people.signin.views import COOKIE
from governance.web.signing import new_keys
from policies.service import activate_own
from tests.governance.desk.conftest import TREE
from tests.installation import ACTOR, Installation, installed
from tests.servers import SYSTEM
from tests.tokens.authenticators.soft_key import BE, UP, UV, SoftKey
from tests.tokens.issuing.front_end_kit import AFTER, CALLBACK, FrontEnd
from tests.twins import writes_forms_down
from tests.web.browser_kit import Page
from tests.web.planting import Heard, Hearing
from tokens.authenticators import recovery, totp
from wsgi import AREAS

PUBLIC = "https://postern.example.org"
PASSWORD, OTHER = "three planted kettles sing", "nine planted lorries hum"
WRONG = "a planted wrong password"
ADD, STEP, MINE = "/account/authenticators/add", "/sign-in/second-step", "/account/authenticators"
TOKEN_SEED = "706c616e7465642d746f6b656e2d73656564212a"
FIELDS = (
    "password", "new_password", "code", "first", "second", "after", "secret", "credential", "token", "client_secret",
    "code_verifier", "id_token_hint", "access_token", "form_token", "way", "row", "kind", "planted",
)  # fmt: skip
"""Names under which some route takes a secret, a few that hold numbers and choices, and one that no route knows."""
RAW_BODY = '{"context": {"access_token": "%s"}, "%s": '


class Stage:
    """An application whose every word is heard, and its people."""

    def __init__(self, installation: Installation, folder: Any, moved: Any) -> None:
        self.installation, self.databases, self.moved = installation, installation.databases, moved
        self.hearing = Hearing()
        keys = folder / "keys.json"
        keys.write_text(new_keys())
        settings = replace(
            installation.service.settings, public_url=PUBLIC, signing_keys=keys, log_level="DEBUG",
            password_memory=8_192, password_rounds=1,
        )  # fmt: skip
        self.settings = settings
        with self.hearing.listening():
            self.app: Flask = build_app(settings, AREAS)

    def browser(self, person: str = "", acr: str = "mfa") -> Heard:
        """Somebody's browser."""
        made = Heard(self.app)
        made.hearing = self.hearing
        if person:
            made.sign_in(person, acr)
            self.keep(made)
        return made

    def keep(self, browser: Heard, page: Page | None = None) -> None:
        """Plant a browser's cookie and the token of a page's forms."""
        for name in (COOKIE, "__Host-postern-form"):
            cookie = browser.client.get_cookie(name, domain="postern.example.org")
            if cookie is not None and cookie.value:
                self.hearing.plant("cookie", cookie.value)
        if page is not None and page.tree.all("input", name="form_token"):
            self.hearing.plant("form token", page.token, "/")

    def link(self) -> str:
        """Send what waits; the path of the newest link in it, its token planted."""
        post = Post()
        send_waiting(self.databases, post, PUBLIC, Sealer(self.settings.secret_keys), now=clock.now())
        link = re.findall(rf"{PUBLIC}(/\S+/[\w-]{{16,}})", post.texts[-1])[-1]
        self.hearing.plant("link", link.rpartition("/")[2], link)
        return str(link)

    def code(self, seed: bytes, steps: int = 0) -> str:
        """A code of an app, a step later than the last."""
        self.moved.shift(timedelta(seconds=61))
        return self.hearing.plant("code", totp.code_of(seed, totp.step_of(clock.now()) + steps))


class Post:
    """Takes mails, and keeps their words."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def deliver(self, letter: Letter, hand_over: Callable[[], None], *, again: bool) -> None:
        hand_over()
        self.texts.append(letter.text)

    def close(self) -> None:
        """Nothing is open."""


# --- somebody goes through everything


def come_in(stage: Stage) -> Heard:
    """By invitation: a password that is too short, then one that is good."""
    plant, boss = stage.hearing.plant, stage.browser("boss")
    boss.get("/people/invite?person=tess").send(person="tess", email="tess@example.org")
    browser, link = stage.browser(), stage.link()
    page = browser.get(link)
    stage.keep(browser, page)
    page.send(new_password=plant("password", "xq-short"))
    page.send(new_password=plant("password", PASSWORD))
    stage.keep(browser)
    with stage.databases.reading() as session:
        plant("password hash", session.scalars(select(Account.password_hash).where(Account.email.is_not(None))).one())
    assert not browser.get(link).tree.all("input", name="new_password"), "it is used up"
    return browser


def add_ways(stage: Stage, browser: Heard) -> tuple[bytes, list[str]]:
    """An app, recovery codes, a hardware token and a passkey; the app's seed and the codes."""
    plant, moment = stage.hearing.plant, stage.moved
    page = browser.get(ADD).send(kind="totp").follow()
    key = page.tree.one("p", id="key").text
    seed = totp.read_seed(key)
    for way in (key, key.replace(" ", ""), seed.hex(), repr(seed)):
        plant("seed", way, f"{ADD}/totp/")
    page.send(code=plant("code", "918273"))
    page.send(code=stage.code(seed))
    stage.keep(browser)
    codes = [one.text for one in browser.get(f"{ADD}/recovery").send().tree.all("code")]
    for code in codes:
        plant("recovery code", code, f"{ADD}/recovery")
        plant("recovery code", code.replace("-", ""), f"{ADD}/recovery")
    plant("seed", TOKEN_SEED)
    form = browser.get(f"{ADD}/hotp")
    form.send(serial="PL-1", secret=plant("seed", TOKEN_SEED[:-2] + "zz"), label="T")
    trial = form.send(serial="PL-1", secret=TOKEN_SEED, label="T").follow()
    trial.send(code=plant("code", totp.code_of(bytes.fromhex(TOKEN_SEED), 0)))
    page = browser.get(f"{ADD}/passkey")
    answer = key_of_theirs.create(options(browser, page, f"{ADD}/passkey"))
    heard(stage, answer)
    page.send(label="", credential=answer)
    page.send(label="Laptop", credential=answer[:-9])
    page.send(label="Laptop", credential=key_of_theirs.create(options(browser, page, f"{ADD}/passkey")))
    stage.keep(browser)
    moment.shift(timedelta(minutes=1))
    return seed, codes


key_of_theirs = SoftKey(origin=PUBLIC, flags=UP | UV | BE, step=0)


def options(browser: Heard, page: Page, path: str) -> dict[str, Any]:
    """What the script of a page asks for."""
    told = browser.post(f"{path}/options", {}, token="", Accept="application/json", **{"X-Form-Token": page.token})
    return dict(json.loads(told.text))


def heard(stage: Stage, answer: str) -> str:
    """Plant what a browser says in a ceremony; the answer."""
    for name, value in json.loads(answer)["response"].items():
        if isinstance(value, str) and name != "userHandle":
            stage.hearing.plant("webauthn response", value)
    return answer


def sign_in_again(stage: Stage, seed: bytes, codes: list[str]) -> Heard:
    """With passwords, codes, recovery codes and passkeys that are wrong, late and right."""
    plant = stage.hearing.plant
    browser = stage.browser()
    page = browser.get("/sign-in")
    stage.keep(browser, page)
    page.send(name="tess", password=plant("password", WRONG))
    page.send(name="tess", password=PASSWORD)
    stage.keep(browser)
    for typed in (plant("code", "192837"), stage.code(seed, -6)):
        first_code_page(browser).send(code=typed)
        stage.moved.shift(timedelta(minutes=2))
    pair = [stage.code(seed), plant("code", totp.code_of(seed, totp.step_of(clock.now()) + 1))]
    number = first_code_page(browser).fields()["way"]
    browser.get(f"{STEP}/two-codes?way={number}").send(first=pair[0], second=pair[1])
    stage.keep(browser)
    for sent in (codes[0], codes[0], codes[1].lower()):
        stage.moved.shift(timedelta(minutes=2))
        way(browser, "Recovery codes").send(code=sent)
    stage.keep(browser)
    for path, other in ((f"{STEP}/passkey", browser), ("/sign-in/passkey", stage.browser())):
        page = other.get(path)
        good = heard(stage, key_of_theirs.get(options(other, page, path)))
        page.send(credential=good[:-40] + "AAAA" + good[-36:])
        page.send(credential=heard(stage, key_of_theirs.get(options(other, page, path))))
        stage.keep(other)
    return browser


def first_code_page(browser: Heard) -> Page:
    """The page that takes a code of the app."""
    return way(browser, "Authenticator app")


def way(browser: Heard, kind: str) -> Page:
    """The page of the second step that takes what somebody has of a kind."""
    page = browser.get(STEP)
    found = [one["href"] for one in page.tree.all("a") if one.text.startswith(kind) and "way=" in one["href"]]
    return browser.get(found[0]) if found else page


def recover(stage: Stage) -> None:
    """Forget the password, and change it."""
    plant, browser = stage.hearing.plant, stage.browser()
    browser.get("/recover").send(name="tess")
    page = browser.get(stage.link())
    page.send(new_password=plant("password", "short-q1"))
    page.send(new_password=plant("password", OTHER))
    mine = stage.browser("tess", "mfa")
    mine.get("/account/password").send(password=WRONG, new_password=PASSWORD)
    mine.get("/account/password").send(password=OTHER, new_password=PASSWORD)
    stage.keep(mine)


def visit_front_end(stage: Stage) -> None:
    """A code and tokens for a front end, brought rightly and wrongly, asked about, used and ended."""
    plant, now = stage.hearing.plant, clock.now()
    with stage.databases.change("test", now) as session:
        made = register_front_end(session, "Look-up", [SYSTEM], [CALLBACK], [AFTER], public=False, actor=ACTOR, now=now)
        key = register_key(session, "planted", [SYSTEM], ["search"], None, actor=ACTOR, now=now).text
    front_end = FrontEnd(made.client_id, plant("client secret", made.secret), plant("verifier", "pv-" + "v" * 61))
    plant("key", key)
    browser, machine = stage.browser("tess"), stage.browser()
    for turn in range(2):
        back = browser.get(f"/oauth/authorize?{urlencode(front_end.wish())}")
        code = plant("authorization code", parse_qs(urlsplit(back.location).query)["code"][0])
        wrong = {"code_verifier": plant("verifier", "w" * 64)} if turn else {"client_secret": WRONG}
        machine.open("/oauth/token", "POST", data=front_end.exchange(code, **wrong))
        machine.open("/oauth/token", "POST", data=front_end.exchange(code, redirect_uri=f"{CALLBACK}?{code}"))
    code = parse_qs(urlsplit(browser.get(f"/oauth/authorize?{urlencode(front_end.wish())}").location).query)["code"][0]
    given = json.loads(
        machine.open("/oauth/token", "POST", data=front_end.exchange(plant("authorization code", code))).text
    )
    access = plant("access token", given["access_token"], "/oauth/token")
    identity = plant("ID token", given["id_token"], "/oauth/token")
    machine.get("/oauth/userinfo", Authorization=f"Bearer {access}")
    machine.get("/oauth/userinfo", Authorization=f"Bearer {access[:-3]}")
    for token in (access, access[:-2], identity, code):
        with_secret = {"token": token, "client_id": made.client_id, "client_secret": made.secret}
        machine.open("/oauth/introspect", "POST", data=with_secret)
        machine.open("/oauth/introspect", "POST", data={**with_secret, "client_secret": f"{made.secret}x"})
        for held in (key, f"{key}x", access):
            decide(machine, token, held)
    machine.open(
        "/oauth/revoke", "POST", data={"token": access, "client_id": made.client_id, "client_secret": made.secret}
    )
    machine.open("/oauth/token", "POST", data=front_end.exchange(code))
    asked = {"id_token_hint": identity, "post_logout_redirect_uri": AFTER, "client_id": made.client_id}
    browser.get(f"/oauth/logout?{urlencode({**asked, 'id_token_hint': identity[:-2]})}")
    browser.get(f"/oauth/logout?{urlencode(asked)}")


def decide(machine: Heard, token: Any, key: str, path: str = "evaluation", **more: Any) -> Page:
    """Ask the doors a question with a token."""
    body = {
        "subject": {"type": "user", "id": "tess"}, "action": {"name": "view"},
        "resource": {"type": "file", "id": "F-1"}, "context": {"case": "C-1", "access_token": token}, **more,
    }  # fmt: skip
    return machine.open(f"{PREFIX}{SYSTEM}/access/v1/{path}", "POST", {"Authorization": f"Bearer {key}"}, json=body)


# --- every route is sent secrets


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Every route with its method: Flask's, and those of the door in front of it."""
    for rule in app.url_map.iter_rules():
        yield from ((method, rule.rule) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
    door: Any = app.wsgi_app
    yield from (("POST", f"{PREFIX}<system>{path}") for path in door.views)


def address(rule: str, token: str) -> str:
    """An address of a route: a secret where it takes one, and what it is about."""
    said = {"<token>": token, "<system>": SYSTEM, "<reference>": "tess", "<path:reference>": "tess", "<sid>": token}
    for name, value in said.items():
        rule = rule.replace(name, value)
    return (
        re.sub(r"<any\((\w+).*?>", r"\1", re.sub(r"<int:\w+>", "1", rule)).replace("<mark>", "x").replace("<name>", "x")
    )


def send_secrets(stage: Stage, browsers: Mapping[str, Heard]) -> None:
    """Every route gets secrets in address, headers and form, by everybody, in a form of its own and in none."""
    sent = {name: stage.hearing.plant(f"sent as {name}", f"planted-{name.replace('_', '-')}-7Qz") for name in FIELDS}
    stage.hearing.secrets -= {one for one in stage.hearing.secrets if one.kind == "sent as token"}
    stage.hearing.plant("sent as token", sent["token"], f"{MINE}/replacement/")
    bearer = {"Authorization": f"Bearer {sent['access_token']}", "X-Form-Token": sent["form_token"]}
    ends = ("/sign-out", "/account/sessions/end-others")
    for method, rule in sorted(routes(stage.app), key=lambda way: way[1] in ends):
        for name, browser in browsers.items():
            path = address(rule, sent["token"])
            browser.ask(f"{path}?{urlencode(sent)}", method, bearer, **({} if method == "GET" else {"data": sent}))
            if method == "POST":
                shown = browser.ask(path, "GET", {})
                names = r'<(?:input|select|textarea)[^>]* name="([^"]+)"'
                known = set(re.findall(names, shown)) or {"code", "password"}
                form = {one: sent.get(one, "planted") for one in known} | {"form_token": browser.token()}
                browser.ask(path, method, {}, data=form)
            if path.startswith(PREFIX) and name == "nobody":
                ask_doors(stage, browser, path, sent)


def ask_doors(stage: Stage, machine: Heard, path: str, sent: Mapping[str, str]) -> None:
    """A door is given secrets as token and as key, in good JSON and in bad."""
    token, key = sent["access_token"], stage.installation.key
    stage.hearing.plant("key", key)
    bearer = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    last = path.rpartition("/access/v1/")[2]
    for more in ({}, {sent["planted"]: 1}, {"evaluations": [{"context": {"access_token": token}}]}):
        decide(machine, token, key, last, **more)
    decide(machine, [token], key, last)
    machine.ask(path, "POST", bearer, data=RAW_BODY % (token, sent["planted"]))
    machine.ask(path, "POST", {**bearer, "Authorization": f"Basic {sent['client_secret']}"}, data=token)


# --- what was heard


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Everything is gone through once; what was said is kept."""
    folder = tmp_path_factory.mktemp("planted")
    with installed(folder, "sqlite") as made, time_machine.travel(clock.now(), tick=False) as moved:
        activate_own(made.databases, made.service.requirements, ACTOR, clock.now())
        made.apply(**TREE)
        with pytest.MonkeyPatch.context() as patched:
            patched.setitem(recovery.COST, "n", 2)
            made_stage = Stage(made, folder, moved)
            with made_stage.hearing.listening():
                go_through(made_stage)
            yield made_stage
        made_stage.app.extensions["postern"].databases.close()


def go_through(stage: Stage) -> None:
    """All of it."""
    browser = come_in(stage)
    seed, codes = add_ways(stage, browser)
    sign_in_again(stage, seed, codes)
    recover(stage)
    visit_front_end(stage)
    everybody = {"nobody": stage.browser(), "half": stage.browser("tom", ""), "boss": stage.browser("boss", "passkey")}
    send_secrets(stage, everybody)
    engine = stage.app.extensions["postern"].databases.facts
    with nothing_written(engine):
        send_secrets(stage, {"nobody": everybody["nobody"]})
    send_waiting(stage.databases, Post(), PUBLIC, Sealer(stage.settings.secret_keys), now=clock.now())


@contextmanager
def nothing_written(engine: Engine) -> Iterator[None]:
    """Whatever would be written fails in the database itself, with all that a driver says then."""

    def forbid(connection: Any) -> None:
        connection.exec_driver_sql("PRAGMA query_only = ON")

    event.listen(engine, "begin", forbid)
    try:
        yield
    finally:
        event.remove(engine, "begin", forbid)
        engine.dispose()


def test_no_secret_is_said_anywhere(stage: Stage) -> None:
    assert stage.hearing.found(stage.databases) == []


def test_every_route_was_asked(stage: Stage) -> None:
    adapter = stage.app.url_map.bind("postern.example.org")
    asked = {(method, path) for method, _, path in (one.partition(" ") for one in stage.hearing.asked)}
    reached = {(method, adapter.match(path, method)[0]) for method, path in asked if adapter.test(path, method)}
    wanted = {
        (method, rule.endpoint)
        for rule in stage.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert wanted - reached == set()
    doors = {path for _, path in asked if path.startswith(PREFIX)}
    assert len(doors) == len(stage.app.wsgi_app.views)  # type: ignore[attr-defined]


def test_each_kind_of_secret_was_planted(stage: Stage) -> None:
    kinds = {secret.kind for secret in stage.hearing.secrets}
    assert {
        "seed", "code", "password", "recovery code", "link", "client secret", "verifier", "authorization code",
        "access token", "ID token", "cookie", "password hash", "form token", "key", "webauthn response",
    } <= kinds  # fmt: skip


def test_what_may_be_read_in_one_place_is_there(stage: Stage) -> None:
    """Else the search would find nothing anywhere."""
    for kind in ("seed", "recovery code", "access token"):
        some = [one for one in stage.hearing.secrets if one.kind == kind and one.shown_at]
        assert any(one.value in said for one in some for at, said in stage.hearing.pages if at.startswith(one.shown_at))
    assert len(stage.hearing.lines) > 1_000
    assert '"event"' in stage.hearing.printed.getvalue()


def test_an_application_that_writes_forms_down_is_caught(stage: Stage) -> None:
    other = Hearing()
    app = build_app(stage.settings, AREAS)
    writes_forms_down.put_into(app)
    browser = Heard(app)
    browser.hearing = other
    other.plant("password", WRONG)
    with other.listening():
        browser.get("/sign-in").send(name="tess", password=WRONG)
    app.extensions["postern"].databases.close()
    assert ("password", "log") in other.found(stage.databases)
