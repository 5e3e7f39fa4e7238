"""Forms as they are read: values, or a sentence for each field; the page that shows them again."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, validates_schema
from werkzeug.datastructures import MultiDict

from governance.kernel.errors import BadInput
from governance.web.forms import WHOLE, Day, Form, read
from tests.web.browser_kit import Browser
from tests.web.planted import Sent, ann, browser, planted_shell, shell
from tests.web.planted import sqlite_installation as shared_installation

__all__ = ["ann", "browser", "planted_shell", "shared_installation", "shell"]

GOOD = {"name": "Ann", "ends-day": "31", "ends-month": "3", "ends-year": "2027"}


def sent(**changes: Any) -> Form:
    values = {**GOOD, **{name.replace("__", "-"): value for name, value in changes.items()}}
    return read(Sent, MultiDict({name: value for name, value in values.items() if value is not None}))


def test_a_good_form_gives_values() -> None:
    form = sent(name="  Ann Example ", kind="b", needs=["w", "s"], size="2", why="", password=" with blanks ")
    assert form.ok
    assert form.values == {
        "name": "Ann Example", "ends": date(2027, 3, 31), "kind": "b", "needs": ["w", "s"], "size": 2,
        "password": " with blanks ",
    }  # fmt: skip


@pytest.mark.parametrize(("changes", "field", "said"), [
    ({"name": None}, "name", "Enter a name"),
    ({"name": "   "}, "name", "Enter a name"),
    ({"name": "x" * 41}, "name", "Enter at most 40 letters"),
    ({"name": "a\0b"}, "name", "This holds a character that cannot be seen; type it again"),
    ({"name": "a\x1b[31m"}, "name", "This holds a character that cannot be seen; type it again"),
    ({"kind": "c"}, "kind", "Choose what it is"),
    ({"size": "two"}, "size", "Enter a whole number"),
    ({"ends__day": "", "ends__month": "", "ends__year": ""}, "ends", "Enter a date"),
    ({"ends__day": None, "ends__month": None, "ends__year": None}, "ends", "Enter a date"),
    ({"ends__month": ""}, "ends", "The date must include a month"),
    ({"ends__day": "", "ends__year": " "}, "ends", "The date must include a day and year"),
    ({"ends__day": "31", "ends__month": "4"}, "ends", "Enter a real date"),
    ({"ends__day": "29", "ends__month": "2", "ends__year": "2027"}, "ends", "Enter a real date"),
    ({"ends__day": "-1"}, "ends", "Enter a real date"),
    ({"ends__day": "\u0663"}, "ends", "Enter a real date"),
    ({"ends__month": "Smarch"}, "ends", "Enter a real date"),
    ({"ends__year": "27"}, "ends", "The year must have 4 numbers"),
    ({"ends__year": "0000"}, "ends", "Enter a real date"),
])  # fmt: skip
def test_a_wrong_field_is_told(changes: dict[str, Any], field: str, said: str) -> None:
    assert sent(**changes).errors == {field: said}


@pytest.mark.parametrize("month", ["3", "03", "March", "march", "MAR"])
def test_months_may_have_their_names(month: str) -> None:
    assert sent(ends__month=month).values["ends"] == date(2027, 3, 31)


@pytest.mark.parametrize("extra", [{"admin": "1"}, {"values": "x"}, {"name": ["a", "b"]}, {"ends": "2027-03-31"}])
def test_what_the_page_did_not_give_is_refused(extra: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        sent(**extra)


def test_a_rule_over_the_whole_form_is_told_without_a_link() -> None:
    class Span(Schema):
        first = Day(required=True)

        @validates_schema
        def order(self, data: dict[str, Any], **_more: Any) -> None:
            raise ValidationError("The last day must be after the first.")

    form = read(Span, MultiDict({"first-day": "1", "first-month": "1", "first-year": "2027"}))
    assert form.errors == {WHOLE: "The last day must be after the first"}
    assert form.summary == [("", "The last day must be after the first")]


def test_the_summary_follows_the_order_of_the_fields() -> None:
    form = sent(size="x", name=None, ends__day="")
    assert [link for link, _ in form.summary] == ["#name", "#ends-day", "#size"]
    assert form.wrong("name", "another").errors["name"] == "Enter a name", "what was said first is said"


def test_a_form_does_not_print_what_was_typed() -> None:
    form = sent(password="correct horse")
    assert "correct horse" not in repr(form)


class Bare(Schema):
    """A field with nothing said of it."""

    it = fields.String(required=True)


def test_a_field_without_words_of_its_own_is_told_plainly() -> None:
    assert read(Bare, MultiDict()).errors == {"it": "Fill this in"}


# ----------------------------------------------------------------------------------------------------------- on a page


def test_the_page_shows_what_was_typed_and_what_is_wrong(ann: Browser) -> None:
    page = ann.get("/planted/send").send(
        name="", password="correct horse", ends__day="31", ends__month="2", ends__year="2027", kind="b",
        needs=["s"], size="2", why="Because\nof it",
    )  # fmt: skip
    assert page.status == 422
    assert page.title == "Error: A form – Postern"
    assert page.errors == {"#name": "Enter a name", "#ends-day": "Enter a real date"}
    (column,) = page.tree.one("main").all(having="govuk-grid-column-two-thirds")
    first = next(column.walk())
    assert "govuk-error-summary" in first.classes, "what is wrong comes first"
    again = page.fields()
    assert again.pop("form_token")
    assert again == {
        "name": "", "password": "", "ends-day": "31", "ends-month": "2", "ends-year": "2027", "kind": "b",
        "needs": ["s"], "size": "2", "why": "Because\nof it",
    }  # fmt: skip
    assert "correct horse" not in page.text
    name = page.tree.one("input", id="name")
    assert name["aria-describedby"] == "name-hint name-error"
    assert page.tree.one("p", id="ends-error").text == "Error: Enter a real date"


def test_a_fresh_page_says_nothing_is_wrong(ann: Browser) -> None:
    page = ann.get("/planted/send")
    assert (page.status, page.title, page.errors) == (200, "A form – Postern", {})


def test_a_field_too_many_is_a_page(ann: Browser) -> None:
    page = ann.post("/planted/send", {**GOOD, "person_id": "1"})
    assert (page.status, page.heading) == (400, "We could not read that request")
