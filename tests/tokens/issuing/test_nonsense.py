"""Whatever stands in an address or a form, the answer is one of ours, and never a mistake of the program."""

from __future__ import annotations

from base64 import b64encode

import pytest

from governance.people.signin.views import COOKIE
from tests.tokens.issuing.front_end_kit import FrontEnd, Provider

BIG = "9" * 30
NULL = "%00"


@pytest.mark.parametrize("path", [
    "/sign-in?next=//[", "/sign-in?next=http://[x", "/sign-in/passkey?next=http://[x",
    f"/sign-in?next=/oauth/authorize?client_id={NULL}", f"/sign-in?next=/oauth/authorize?client_id=%25{NULL[1:]}",
    f"/oauth/authorize?response_type=code&client_id={NULL}&redirect_uri=x", f"/oauth/logout?client_id={NULL}",
    f"/sign-in/with/{NULL}", f"/sign-in/from/{NULL}?state=x&code=y", f"/people/{NULL}",
    f"/people/{NULL}/authenticators",
    f"/people?organisation={NULL}", f"/people/lock-outs?organisation={NULL}", f"/people/invite?person={NULL}",
    f"/check-access/question?system=governance&person={NULL}", f"/people?standing=none&after={BIG}",
    f"/account/authenticators/{BIG}/rename", f"/account/authenticators/{2**31}/lost",
    f"/account/authenticators/add/totp/{BIG}", f"/account/authenticators/add/hotp/{'9' * 5_000}",
    f"/sign-in/second-step?way={BIG}",
])  # fmt: skip
def test_no_address_is_a_mistake(provider: Provider, cookie: str, path: str) -> None:
    for more in ({}, {"Cookie": f"{COOKIE}={cookie}"}):
        assert provider.http.get(path, headers={"Accept": "text/html", **more}).status_code < 500


@pytest.mark.parametrize("door", ["token", "introspect", "revoke"])
def test_no_name_of_a_front_end_is_a_mistake(provider: Provider, lookup: FrontEnd, door: str) -> None:
    form = {"grant_type": "authorization_code", "code": "x", "token": "x"}
    named = {**form, "client_id": "\0", "client_secret": lookup.secret}
    basic = {"Authorization": "Basic " + b64encode(b"\0:x").decode()}
    for sent, headers in ((named, {}), (form, basic), ({**form, "code": "\0", "token": "\0"}, {})):
        assert provider.http.post(f"/oauth/{door}", data=sent, headers=headers).status_code in (400, 401)


def test_no_form_and_no_page_before_it_is_a_mistake(provider: Provider, cookie: str) -> None:
    headers = {"Accept": "text/html", "Referer": "http://["}
    assert provider.http.post("/account/password", headers=headers).status_code == 303
    token = provider.visitor(cookie).form_token
    for way in (BIG, str(2**31), "-1"):
        sent = {"form_token": token, "code": "123456", "way": way}
        told = provider.http.post("/sign-in/second-step", data=sent, headers={"Cookie": f"{COOKIE}={cookie}"})
        assert told.status_code == 400
