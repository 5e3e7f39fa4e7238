"""What each answer forbids a browser, on every route; by which names pages are served; where `next` may lead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from governance.app import build_app
from governance.web.guards import page_mark
from governance.web.headers import KEPT, POLICY
from governance.web.leading import local_path
from tests.facts import SETTINGS
from tests.web.browser_kit import Browser
from tests.web.planted import Shell, ann, browser, planted_shell, shell
from tests.web.planted import sqlite_installation as shared_installation
from wsgi import AREAS

__all__ = ["ann", "browser", "planted_shell", "shared_installation", "shell"]

CAREFUL = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store", "Vary": "Cookie",
}  # fmt: skip


def addresses(app: Flask) -> Iterator[tuple[str, str]]:
    """Every route with a value for each of its parts, and whether it is a page."""
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<any\((\w+).*?>", r"\1", rule.rule)
        path = re.sub(r"<(?:int:)[^>]*>", "1", path)
        yield re.sub(r"<[^>]*>", "x", path), rule.endpoint


HOLD_A_TOKEN = frozenset({"/invitation/x", "/recover/x", "/account/authenticators/replacement/x"})
"""Pages whose address nobody is told, for it opens something."""


def test_every_route_answers_with_care(shell: Shell, ann: Browser) -> None:
    seen = 0
    for path, endpoint in addresses(shell.app):
        for asking in (ann, shell.browser()):
            for method in ("GET", "POST"):
                headers = asking.client.open(path, method=method, base_url="http://127.0.0.1").headers
                wanted = dict(CAREFUL)
                if path in HOLD_A_TOKEN and method == "GET":
                    wanted["Referrer-Policy"] = "strict-origin"
                assert {name: headers.get(name) for name in wanted} == wanted, (path, method)
                policy = headers["Content-Security-Policy"]
                if page_mark(shell.app.view_functions[endpoint]) and endpoint != "leading":
                    assert policy == POLICY.format(forms="'self'"), path
                assert policy.startswith("default-src 'none'")
                assert "unsafe" not in policy
                assert "frame-ancestors 'none'" in policy
                assert "camera=()" in headers["Permissions-Policy"]
                seen += 1
    assert seen > 60


def test_the_policy_says_what_it_must() -> None:
    told = dict(part.strip().split(" ", 1) for part in POLICY.format(forms="'self'").split(";"))
    assert told == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'",
        "connect-src": "'self'", "form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'",
    }  # fmt: skip


def test_a_form_may_lead_to_a_site_that_is_named(ann: Browser) -> None:
    policy = ann.get("/planted/lead").headers["Content-Security-Policy"]
    assert "form-action 'self' https://app.example.org;" in policy
    assert "app.example.org" not in ann.get("/planted/open").headers["Content-Security-Policy"]


@pytest.mark.parametrize("origin", [
    "javascript:alert(1)", "https://", "//evil", "https://a; script-src *", "https://a 'unsafe-inline'", "https://*.org",
    "https://a,b", "data:x", "",
])  # fmt: skip
def test_what_is_no_site_is_not_named(shell: Shell, origin: str) -> None:
    from governance.web.headers import lead_to

    with shell.app.test_request_context(), pytest.raises(ValueError, match="origin"):
        lead_to(origin)


@pytest.mark.parametrize(("public", "expected"), [
    ("https://access.example.org", "max-age=31536000"), ("http://127.0.0.1:8000", None),
])  # fmt: skip
def test_transport_is_strict_where_it_is_encrypted(public: str, expected: str | None) -> None:
    app = build_app(replace(SETTINGS, public_url=public), AREAS)
    for path in ("/statements/cookies", "/healthz", "/nowhere"):
        response = app.test_client().get(path, base_url=public)
        assert response.headers.get("Strict-Transport-Security") == expected


# --------------------------------------------------------------------------------------------------- names and places


@pytest.mark.parametrize(("host", "status"), [
    ("127.0.0.1", 200), ("127.0.0.1:8000", 200), ("evil.example", 400), ("127.0.0.1.evil.example", 400),
    ("localhost:8000", 200), ("localhost.evil.example", 400), ("", 400),
])  # fmt: skip
def test_pages_are_served_by_their_own_name(shell: Shell, host: str, status: int) -> None:
    client = shell.app.test_client()
    assert client.get("/planted/open", headers={"Host": host}).status_code == status
    twice = client.get("/planted//open", headers={"Host": host})
    assert twice.status_code == (308 if status == 200 else 400), "nobody is led to a strange name"
    assert client.get("/healthz", headers={"Host": host}).status_code == 200, "doors for programs as before"


def test_a_service_with_a_name_is_served_by_no_other() -> None:
    client = build_app(replace(SETTINGS, public_url="https://access.example.org"), AREAS).test_client()
    for host, status in (("access.example.org", 200), ("127.0.0.1", 400), ("localhost", 400), ("example.org", 400)):
        assert client.get("/statements/cookies", headers={"Host": host}).status_code == status, host


@pytest.mark.parametrize("headers", [
    {"X-Forwarded-Host": "evil.example"}, {"X-Forwarded-Proto": "https"}, {"X-Forwarded-Prefix": "/evil"},
    {"Forwarded": "host=evil.example;proto=https"}, {"X-Original-URL": "/planted/own"}, {"X-Rewrite-URL": "/x"},
    {"X-HTTP-Method-Override": "DELETE"}, {"X-Forwarded-User": "mo"}, {"X-Remote-User": "mo"}, {"Remote-User": "mo"},
])  # fmt: skip
def test_what_a_request_claims_changes_nothing(ann: Browser, headers: dict[str, str]) -> None:
    plain, claimed = ann.get("/planted/own"), ann.get("/planted/own", **headers)
    assert (claimed.status, claimed.tree.text) == (plain.status, plain.tree.text)
    assert [one["href"] for one in claimed.tree.all("a")] == [one["href"] for one in plain.tree.all("a")]


def test_pages_know_the_path_below_which_they_are() -> None:
    app = build_app(replace(SETTINGS, public_url="https://access.example.org/postern"), AREAS)
    browser = Browser(app)
    page = browser.get("/statements/cookies")
    hrefs = [one["href"] for one in page.tree.all("a") if not one["href"].startswith("#")]
    assert hrefs
    assert all(href.startswith("/postern/") for href in hrefs)
    assert page.tree.all("link", rel="stylesheet")[0]["href"].startswith("/postern/static/")


@pytest.mark.parametrize(("path", "is_ours"), [
    ("/account", True), ("/people?x=1&next=%2Fa", True), ("/", True), ("//evil.example", False), ("/\\evil", False),
    ("https://evil.example", False), ("javascript:alert(1)", False), ("", False), ("account", False),
    ("/a\r\nSet-Cookie: x=1", False), ("/a\tb", False), ("/\t/evil.example", False), ("/" + "a" * 3000, False),
    ("/a b", False), ("\\\\evil", False), ("/\u2028", False), ("/%5cevil", True), ("///evil", False),
])  # fmt: skip
def test_next_leads_nowhere_else(path: str, is_ours: bool) -> None:
    assert local_path(path) == (path if is_ours else "")


# ------------------------------------------------------------------------------------------------------------- statics


def test_files_are_kept_for_long_at_addresses_that_change(ann: Browser) -> None:
    page = ann.get("/planted/open")
    files = [one["href"] for one in page.tree.all("link")] + [one["src"] for one in page.tree.all("script")]
    assert len(files) == 4
    for file in files:
        response = ann.client.get(file, base_url="http://127.0.0.1")
        assert (response.status_code, response.headers["Cache-Control"]) == (200, KEPT), file
        assert "Vary" not in response.headers
        assert "Set-Cookie" not in response.headers
    old = ann.client.get("/static/0123456789abcdef/look.css")
    assert (old.status_code, old.headers["Cache-Control"]) == (200, "no-store")


@pytest.mark.parametrize("name", ["built-from", "..%2fviews.py", "../views.py", "nothing.css", "look.scss"])
def test_nothing_else_is_served(ann: Browser, name: str) -> None:
    assert ann.client.get(f"/static/x/{name}").status_code == 404


def test_an_address_with_a_nul_is_none(ann: Browser) -> None:
    assert ann.client.get("/static/x/%00").status_code == 400


def test_the_mark_changes_with_any_file(tmp_path: object) -> None:
    from pathlib import Path

    from governance.web.assets import Assets

    folder = Path(str(tmp_path))
    marks = set()
    for content in ("a", "b"):
        (folder / "look.css").write_text(content)
        marks.add(Assets.read(folder).mark)
    (folder / "more.js").write_text("")
    marks.add(Assets.read(folder).mark)
    assert len(marks) == 3
