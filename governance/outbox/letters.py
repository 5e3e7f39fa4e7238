"""Makes a mail's words out of its template: templates/emails/NAME.txt, whose first line is the subject.

Values are put in as they are, on one line each: nobody can add a heading to a mail or a paragraph to its text by what
they call themselves. A value that a template does not name, or the other way about, is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, meta

from governance.kernel.errors import NotFound

TEMPLATES = Path(__file__).parents[2] / "templates"
HOUSE = frozenset({"public_url"})
"""Values that every template may name without being given them."""
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")
ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False,  # noqa: S701 - plain text
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it is sent."""

    name: str
    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime


class TemplateFault(Exception):
    """A template cannot be filled in; the fault is the program's. It says no value."""


def named() -> list[str]:
    """Every template's name."""
    return sorted(file.stem for file in (TEMPLATES / "emails").glob("*.txt"))


@lru_cache(maxsize=128)
def source(template: str) -> tuple[str, str]:
    """A template's subject and text."""
    file = TEMPLATES / "emails" / f"{template}.txt"
    if NAME.fullmatch(template) is None or not file.is_file():
        raise NotFound(f"there is no mail called {template}")
    subject, _, text = file.read_text("utf-8").partition("\n")
    return subject.strip(), text.strip()


@lru_cache(maxsize=128)
def declared(template: str) -> frozenset[str]:
    """The values that a template needs to be given."""
    return frozenset(meta.find_undeclared_variables(ENVIRONMENT.parse("\n".join(source(template))))) - HOUSE


def write(name: str, template: str, to: str, data: Mapping[str, str], public_url: str, at: datetime) -> Letter:
    """Write a mail out; raise `TemplateFault` when its template cannot be filled in with that."""
    values = {key: one_line(value) for key, value in data.items()} | {"public_url": public_url}
    try:
        subject, text = (ENVIRONMENT.from_string(part).render(values) for part in source(template))
        whole = ENVIRONMENT.get_template("layouts/mail.txt").render(text=text, public_url=public_url)
    except (TemplateError, NotFound):
        raise TemplateFault(template) from None
    return Letter(name, to, one_line(subject), whole.strip() + "\n", at)


def one_line(value: str) -> str:
    """A value without line breaks and other signs that do not print."""
    return UNPRINTABLE.sub(" ", value).strip()
