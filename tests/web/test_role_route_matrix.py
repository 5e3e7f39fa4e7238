"""Every route for everybody (F15): who is led to sign in, who is refused, who gets through. A new route needs its row.

A row says for each of WHO what comes of it: `i` led to sign in, `s` led to the second step, `.` refused (403), `k` no
key (401), `+` through. What a page then does with an empty form, or with what is not there, is its own tests' to say.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask

from governance.app import build_app
from governance.clients.service import register_front_end
from governance.decisions.door import PREFIX
from governance.kernel import clock
from governance.web.signing import new_keys
from policies.service import activate_own
from tests.facts import SETTINGS
from tests.governance.desk.conftest import APPROVED, TREE, held
from tests.installation import ACTOR, Installation, installed
from tests.servers import SYSTEM
from tests.tokens.issuing.front_end_kit import AFTER, CALLBACK, FrontEnd
from tests.web.browser_kit import BROWSER, Browser
from wsgi import AREAS

TARGET = "tess"
"""A teacher at Oak School: their own account, their manager's people, nobody's at all in the south."""


class Who(NamedTuple):
    """Somebody before the service: whose session they have, how well proved, how old it is."""

    person: str = ""
    acr: str = "mfa"
    age: timedelta = timedelta(0)


WHO: dict[str, Who] = {
    "nobody": Who(),
    "half signed in": Who("tess", ""),
    "expired": Who("olga", age=timedelta(hours=25)),
    "locked out": Who("lola", ""),
    "account holder": Who("tess"),
    "manager of own part": Who("meg"),
    "manager of another's": Who("sam"),
    "officer above": Who("olga"),
    "administrator": Who("boss"),
    "auditor": Who("audrey"),
    "suspended": Who("nora"),
    "suspended, half signed in": Who("nora", ""),
    "gone": Who("gus"),
    "factor of twenty minutes ago": Who("olga", age=timedelta(minutes=20)),
}
PUBLIC, OPEN_FORM, KEY = "+" * 14, "+" * 14, "k" * 14
SECOND_STEP, ADDING = "i+i+++++++...+", "i+i+++++++...s"
SIGN_IN, LEAVING, SIGNED_OUT = "+s+s+++++++s++", "i+i+++++++++++", "i" * 14
OWN, OWN_LATELY = "isis++++++.s.+", "isis++++++.s.s"
PART = "isis.+.+++.s.+"
OWN_LIST = "isis.+++++.s.+"
FILE = "isis...+++.s.s"
OFFICERS = "isis...++..s.s"
INVITE = "isis.+.++..s.s"
INVITE_PAGE = "isis.++++..s.s"
ROWS: dict[str, str] = {
    "GET /": PUBLIC,
    "GET /.well-known/authzen-configuration/systems/<system>": PUBLIC,
    "GET /.well-known/jwks.json": PUBLIC,
    "GET /.well-known/openid-configuration": PUBLIC,
    "GET /.well-known/security.txt": PUBLIC,
    "GET /account": OWN,
    "GET /account/password": OWN_LATELY,
    "POST /account/password": OWN_LATELY,
    "GET /account/sessions": OWN,
    "POST /account/sessions/<sid>/end": OWN,
    "POST /account/sessions/end-others": OWN,
    "GET /account/authenticators": OWN,
    "GET /account/authenticators/<int:row>/lost": OWN,
    "POST /account/authenticators/<int:row>/lost": OWN,
    "GET /account/authenticators/<int:row>/remove": OWN_LATELY,
    "POST /account/authenticators/<int:row>/remove": OWN_LATELY,
    "GET /account/authenticators/<int:row>/rename": OWN_LATELY,
    "POST /account/authenticators/<int:row>/rename": OWN_LATELY,
    "GET /account/authenticators/add": ADDING,
    "POST /account/authenticators/add": ADDING,
    "GET /account/authenticators/add/hotp": ADDING,
    "POST /account/authenticators/add/hotp": ADDING,
    "GET /account/authenticators/add/hotp/<int:row>": ADDING,
    "POST /account/authenticators/add/hotp/<int:row>": ADDING,
    "GET /account/authenticators/add/passkey": ADDING,
    "POST /account/authenticators/add/passkey": ADDING,
    "POST /account/authenticators/add/passkey/options": ADDING,
    "GET /account/authenticators/add/recovery": OWN_LATELY,
    "POST /account/authenticators/add/recovery": OWN_LATELY,
    "GET /account/authenticators/add/totp/<int:row>": ADDING,
    "POST /account/authenticators/add/totp/<int:row>": ADDING,
    "GET /account/authenticators/added": OWN,
    "GET /account/authenticators/replacement/<token>": SECOND_STEP,
    "POST /account/authenticators/replacement/<token>": "i.i...........",
    "GET /check-access": OWN_LIST,
    "GET /check-access/answer": PART,
    "GET /check-access/question": PART,
    "GET /docs/api": PUBLIC,
    "GET /docs/api.css": PUBLIC,
    "GET /healthz": PUBLIC,
    "GET /invitation/<token>": PUBLIC,
    "POST /invitation/<token>": OPEN_FORM,
    "GET /oauth/authorize": OWN,
    "POST /oauth/authorize": PUBLIC,
    "POST /oauth/introspect": KEY,
    "GET /oauth/logout": LEAVING,
    "POST /oauth/logout": PUBLIC,
    "POST /oauth/revoke": KEY,
    "POST /oauth/token": KEY,
    "GET /oauth/userinfo": KEY,
    "POST /oauth/userinfo": KEY,
    "GET /openapi.json": PUBLIC,
    "GET /people": OWN_LIST,
    "GET /people?organisation=oak": PART,
    "GET /people.csv": FILE,
    "GET /people/<path:reference>": "isis++.+++.s.+",
    "GET /people/<reference>/authenticators": "isis+..+++.s.+",
    "GET /people/<reference>/authenticators/<int:row>/lost": OFFICERS,
    "POST /people/<reference>/authenticators/<int:row>/lost": OFFICERS,
    "POST /people/<reference>/authenticators/<int:row>/release": "isis....+..s..",
    "POST /people/<reference>/authenticators/replacement": OFFICERS,
    "POST /people/<reference>/authenticators/replacement/<int:number>/approve": OFFICERS,
    "POST /people/<reference>/authenticators/replacement/<int:number>/refuse": OFFICERS,
    "POST /people/<reference>/authenticators/unlock": OFFICERS,
    "GET /people/enrolment": OWN_LIST,
    "GET /people/enrolment.csv": FILE,
    "GET /people/enrolment.svg": OWN_LIST,
    "GET /people/enrolment?organisation=oak": PART,
    "GET /people/invite": INVITE_PAGE,
    "POST /people/invite": INVITE,
    "GET /people/lock-outs": OWN_LIST,
    "GET /people/lock-outs.csv": FILE,
    "GET /people/lock-outs?organisation=oak": PART,
    "GET /readyz": PUBLIC,
    "GET /recover": PUBLIC,
    "POST /recover": OPEN_FORM,
    "GET /recover/<token>": PUBLIC,
    "POST /recover/<token>": OPEN_FORM,
    "GET /recover/asked": PUBLIC,
    "GET /sign-in": SIGN_IN,
    "POST /sign-in": OPEN_FORM,
    "GET /sign-in/from/<name>": SIGN_IN,
    "GET /sign-in/with/<name>": SIGN_IN,
    "GET /sign-in/passkey": PUBLIC,
    "POST /sign-in/passkey": OPEN_FORM,
    "POST /sign-in/passkey/options": OPEN_FORM,
    "GET /sign-out": LEAVING,
    "POST /sign-out": SIGNED_OUT,
    "GET /sign-in/second-step": SECOND_STEP,
    "POST /sign-in/second-step": SECOND_STEP,
    "GET /sign-in/second-step/passkey": SECOND_STEP,
    "POST /sign-in/second-step/passkey": SECOND_STEP,
    "POST /sign-in/second-step/passkey/options": SECOND_STEP,
    "GET /sign-in/second-step/two-codes": SECOND_STEP,
    "POST /sign-in/second-step/two-codes": SECOND_STEP,
    "GET /statements/<any(accessibility, cookies, privacy):name>": PUBLIC,
    "GET /static/<mark>/<name>": PUBLIC,
    "POST /systems/<system>/access/v1/evaluation": KEY,
    "POST /systems/<system>/access/v1/evaluations": KEY,
    "POST /systems/<system>/access/v1/plan": KEY,
    "POST /systems/<system>/access/v1/search/action": KEY,
    "POST /systems/<system>/access/v1/search/resource": KEY,
    "POST /systems/<system>/access/v1/search/subject": KEY,
}
"""What comes of each route for each of WHO, in their order. The question mark begins an address of the same route."""

VALUES = {
    "<any(accessibility, cookies, privacy):name>": "cookies", "<path:reference>": TARGET, "<reference>": TARGET,
    "<system>": "archive", "<token>": "no-such-token", "<sid>": "no-such-session", "<mark>": "x", "<name>": "x",
    "<int:row>": "999999", "<int:number>": "999999",
}  # fmt: skip
ASKED = {
    "GET /check-access/question": "?person=tess&system=archive",
    "GET /check-access/answer": "?person=tess&system=archive&what=file/view",
}
ENDS = {"POST /sign-out", "POST /account/sessions/end-others"}
"""What ends sessions: everybody signs in anew before it and after it."""
SENT = {
    "POST /people/invite": {"person": TARGET},
    "POST /oauth/token": {"grant_type": "authorization_code", "code": "no-such-code"},
}


BASE = SETTINGS.public_url
LEADS, SIGNS = {"/sign-in": "i", "/sign-in/second-step": "s"}, {403: ".", 401: "k"}


def routes(app: Flask) -> Iterator[str]:
    """Every route with its method: Flask's, and those of the door in front of it."""
    for rule in app.url_map.iter_rules():
        yield from (f"{method} {rule.rule}" for method in (rule.methods or set()) - {"HEAD", "OPTIONS"})
    door: Any = app.wsgi_app
    yield from (f"POST {PREFIX}<system>{path}" for path in door.views)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("matrix"), "sqlite") as made:
        activate_own(made.databases, made.service.requirements, ACTOR, clock.now())
        made.apply(**TREE)
        more = [("lola", "oak"), ("sam", "south")]
        made.apply(
            people=[{"reference": name, "name": name.title()} for name in ("lola", "sam", "gus")],
            employment=[
                *({"person": one, "organisation": at, "post": "x", "from": "2020-01-01"} for one, at in more),
                {"person": "gus", "organisation": "oak", "post": "x", "from": "2020-01-01", "to": "2020-12-31"},
            ],
            grants=[held("sam", "manager", "south", approvals=[{**APPROVED[0], "capacity": "officer"}])],
        )
        made.suspend("nora")
        ASKED["GET /oauth/authorize"] = f"?{urlencode(front_end(made).wish())}"
        yield made


@pytest.fixture(scope="module")
def app(stand: Installation) -> Flask:
    keys = stand.folder / "signing-keys.json"
    keys.write_text(new_keys())
    return build_app(replace(stand.service.settings, signing_keys=keys), AREAS)


@pytest.fixture(scope="module")
def browsers(app: Flask) -> Callable[[str], Browser]:
    """Somebody's browser, kept from one address to the next."""
    kept: dict[str, Browser] = {}

    def browser(name: str, *, anew: bool = False) -> Browser:
        if name not in kept or anew:
            who = WHO[name]
            kept[name] = Browser(app)
            if who.person:
                kept[name].sign_in(who.person, who.acr, now=clock.now() - who.age)
        return kept[name]

    return browser


def front_end(made: Installation) -> FrontEnd:
    """A front end that sends people to sign in."""
    with made.databases.change("test", clock.now()) as session:
        new = register_front_end(
            session, "Look-up", (SYSTEM,), [CALLBACK], [AFTER], public=False, actor=ACTOR, now=clock.now()
        )  # fmt: skip
    return FrontEnd(new.client_id, new.secret)


def address(route: str) -> str:
    """An address of a route, with something in place of its values."""
    path = route.partition(" ")[2]
    for name, value in VALUES.items():
        path = path.replace(name, value)
    assert "<" not in path, f"write in VALUES what to put into {path}"
    return path + ASKED.get(route, "")


def outcome(browser: Browser, route: str) -> str:
    """What comes of a route for somebody, by its sign."""
    method, more = route.partition(" ")[0], dict[str, Any]()
    if method == "POST":
        sent = {"form_token": browser.token(), **SENT.get(route, {})}
        more = {"json": {}} if PREFIX in route else {"data": sent, "headers": {**BROWSER, "Origin": BASE}}
    answer = browser.client.open(address(route), method=method, base_url=BASE, **{"headers": BROWSER, **more})
    assert answer.status_code < 500, (route, answer.status_code, answer.get_data(as_text=True))
    led_to = urlsplit(answer.headers.get("Location", ""))
    if "error=access_denied" in led_to.query:
        return "."
    return LEADS.get(led_to.path) or SIGNS.get(answer.status_code, "+")


def test_every_route_has_its_row(app: Flask) -> None:
    """A new route is a decision on who may call it: write its row."""
    named = {row.partition("?")[0] for row in ROWS}
    assert set(routes(app)) == named
    assert {len(row) for row in ROWS.values()} == {len(WHO)}


def test_a_route_without_a_row_is_caught(app: Flask) -> None:
    assert set(routes(app)) - (ROWS.keys() - {"GET /account"}) == {"GET /account"}


@pytest.mark.parametrize("route", ROWS)
def test_what_comes_of_a_route_for_everybody(browsers: Callable[..., Browser], route: str) -> None:
    anew = route in ENDS
    found = {name: outcome(browsers(name, anew=anew), route) for name in WHO}
    for name in WHO if anew else ():
        browsers(name, anew=True)
    assert found == dict(zip(WHO, ROWS[route], strict=True))


def test_the_locked_out_person_is_locked_out_on_every_way(stand: Installation) -> None:
    """Locked out is half signed in at most: the second factor is what is locked, and it is not tried."""
    assert WHO["locked out"].acr == ""
    assert {row[3] for row in ROWS.values()} == {row[1] for row in ROWS.values()}


def test_an_address_has_a_value_in_each_place() -> None:
    assert address("GET /people/<path:reference>") == "/people/tess"
    with pytest.raises(AssertionError, match="write in VALUES what to put into /planted/<x>"):
        address("GET /planted/<x>")
