"""What the pages of the desk are shown with, and what they ask about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, current_app, g, request

from governance.desk import service as desk
from governance.desk import showing
from governance.desk.rules import LOCKS, STAGES, STATUSES
from governance.desk.tables import account_words, due_words, factor_words, failure_words
from governance.kernel import clock
from governance.web.pages import render

About = Callable[..., tuple[str, Mapping[str, Any]]]
WORDS = {
    "account_words": account_words, "factor_words": factor_words, "last_day": showing.last_day, "names": showing.LINKS,
    "statuses": STATUSES, "stages": STAGES, "locks": LOCKS, "failure_words": failure_words, "due_words": due_words,
    "plain": showing.plain,
}  # fmt: skip
"""What the desk's pages say things with."""


def show(name: str, status: int = 200, **values: Any) -> Response:
    """A page of the desk."""
    return render(f"desk/{name}.html", status, **WORDS | values)


def part_for(action: str) -> About:
    """The organisation that a list is about: the one that was named, or the first of the visitor's own."""

    def about(**_values: Any) -> tuple[str, Mapping[str, Any]]:
        named = request.args.get("organisation", "").strip()
        service = current_app.extensions["postern"]
        return named or desk.first_part(service, g.visitor, action, now=clock.now()), {}

    return about


def may_now(service: Any, action: str, reference: str) -> bool:
    """Whether the visitor may do something with somebody's account; asked on the record, for it is used at once."""
    return bool(service.authorise(g.visitor, action, "account", reference, {}, now=clock.now()).allowed)
