"""Whatever people type stays text: in every macro, in headings, errors, told lines, reasons and names."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import ChoiceLoader, DictLoader

from governance.web.forms import Form
from governance.web.layout import render
from tests.web.browser_kit import Browser, checked
from tests.web.page_tree import Node, read
from tests.web.payloads import PAYLOADS
from tests.web.planted import Shell, ann, browser, planted_shell, shell
from tests.web.planted import sqlite_installation as shared_installation

__all__ = ["ann", "browser", "planted_shell", "shared_installation", "shell"]

EVERYTHING = """{% extends "layouts/page.html" %}
{% import "components/forms.html" as f %}{% import "components/parts.html" as p %}
{% block title %}{{ x }}{% endblock %}
{% block before %}{{ p.back_link("/a", x) }}{% endblock %}
{% block main %}<h1 class="govuk-heading-l">{{ x }}</h1>
{% call f.form("/send") %}
{{ f.input("name", x, hint=x, autocomplete="name", inputmode="text", width="10", value=x) }}
{{ f.input("big", x, heading=False) }}
{{ f.password_input("password", x, hint=x) }}
{{ f.radios("kind", x, [(x, x, x), ("b", x)], hint=x) }}
{{ f.checkboxes("needs", x, [(x, x, x), ("b", x)], hint=x) }}
{{ f.select("size", x, [(x, x), ("", x)], hint=x) }}
{{ f.date_input("ends", x, hint=x) }}
{{ f.textarea("why", x, hint=x) }}
{{ f.button(x) }}{{ f.button(x, "secondary", href="/a") }}{{ f.button(x, "warning", name="do", value=x) }}
{% endcall %}
{{ p.tag(x, "red") }}
{{ p.summary_list([(x, x), (x, x, [("/a", x)]), (x, x, [("/a", x), ("/b", x)])]) }}
{{ p.inset(x) }}{{ p.warning(x) }}{{ p.details(x, x) }}{{ p.banner("note", x, 8) }}{{ p.banner("success", x, 9) }}
{{ p.reasons([{"code": x, "user": x, "remedy": {"who": x, "what": x}}, {"code": x, "says": x}]) }}
{% endblock %}
{% block wide %}{{ p.table(x, [x, x], [[x, x]], numeric=(1,)) }}{{ p.table(x, [x], [], empty=x) }}
{% call p.two_thirds() %}{{ x }}{% endcall %}{% endblock %}"""
PANEL = """{% extends "layouts/page.html" %}{% from "components/parts.html" import panel %}
{% block title %}{{ x }}{% endblock %}{% block main %}{{ panel(x, x) }}{% endblock %}"""
NAMES = ("name", "password", "kind", "needs", "size", "ends", "why")


def form_of(text: str) -> Form:
    """A form in which everything is wrong, and everything is told back."""
    raw: dict[str, Any] = dict.fromkeys(NAMES, text)
    raw |= {"needs": [text], "ends": {"day": text, "month": text, "year": text}, "big": text}
    form = Form(errors=dict.fromkeys(NAMES, text), raw=raw, days=frozenset({"ends"}))
    return form.wrong("", text)


@pytest.fixture(scope="module")
def tried(planted_shell: Shell) -> Shell:
    """The shell with two templates that use every macro."""
    loader = planted_shell.app.jinja_loader
    assert isinstance(loader, ChoiceLoader)
    planted_shell.app.jinja_loader = ChoiceLoader([DictLoader({"all.html": EVERYTHING, "panel.html": PANEL}), loader])
    return planted_shell


def rendered(shell: Shell, template: str, text: str, form: Form | None) -> Node:
    with shell.app.test_request_context():
        tree = read(render(template, x=text, form=form).get_data(as_text=True))
    checked(tree)
    return tree


def shape(tree: Node) -> list[tuple[str, tuple[str, ...]]]:
    """Every element with the names of its attributes."""
    return [(one.name, tuple(one.attributes)) for one in tree.walk()]


def test_there_are_sixty() -> None:
    assert len(set(PAYLOADS)) >= 60


def test_no_text_becomes_markup(tried: Shell) -> None:
    plain = shape(rendered(tried, "all.html", "plain", form_of("plain")))
    panel = shape(rendered(tried, "panel.html", "plain", None))
    for payload in PAYLOADS:
        tree = rendered(tried, "all.html", payload, form_of(payload))
        assert shape(tree) == plain, payload
        assert tree.text_raw.count(payload) > 40, payload
        assert tree.one("textarea").text_raw == "\n" + payload
        assert tree.one("input", id="name")["value"] == payload
        assert shape(rendered(tried, "panel.html", payload, None)) == panel, payload


@pytest.mark.parametrize("payload", PAYLOADS[::6])
def test_no_name_becomes_markup(ann: Browser, payload: str) -> None:
    from urllib.parse import quote

    plain = ann.get("/planted/people/plain")
    page = ann.get("/planted/people/" + quote(payload, safe=""))
    if page.status == 404:  # with a slash in it, it is another address
        assert "<script>alert" not in page.text
        return
    assert shape(page.tree) == shape(plain.tree)


@pytest.mark.parametrize("payload", [one for one in PAYLOADS if len(one) <= 40][::4])
def test_what_was_sent_comes_back_as_text(ann: Browser, payload: str) -> None:
    page = ann.get("/planted/send").send(name=payload, why=payload)
    assert page.status == 422
    assert page.tree.one("input", id="name")["value"] == payload.strip()
    sent = ann.get("/planted/send").send(name=payload, ends__day="1", ends__month="1", ends__year="2027")
    assert sent.follow().told == [f"Saved {payload.strip()}."]
