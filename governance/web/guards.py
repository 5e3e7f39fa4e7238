"""Every route is guarded or declared public with its reason; a test reads the marks."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

View = TypeVar("View", bound=Callable[..., object])
MARK = "postern_guard"
PAGE = "postern_page"


class Stage(StrEnum):
    """How far a visitor must have come to see a page."""

    ANYBODY = "anybody"
    HALF_SIGNED_IN = "half signed in"
    SIGNED_IN = "signed in"
    ALLOWED = "allowed"


class PageMark(NamedTuple):
    """What a page asks of its visitor: a stage, and where that is `ALLOWED`, the action on a type of resource."""

    stage: Stage
    action: str = ""
    resource_type: str = ""


def public(reason: str) -> Callable[[View], View]:
    """Mark a view that anybody may call, and why."""
    return mark(f"public: {reason}")


def guarded(by: str) -> Callable[[View], View]:
    """Mark a view that checks who calls before anything else, and by what: a key or a client's secret, not a cookie."""
    return mark(f"guarded: {by}")


def mark(text: str) -> Callable[[View], View]:
    """Put the mark on a view."""

    def put(view: View) -> View:
        setattr(view, MARK, text)
        return view

    return put


def mark_page(view: Callable[..., Any], page: PageMark, text: str) -> None:
    """Mark a view as a page for people."""
    setattr(view, MARK, text)
    setattr(view, PAGE, page)


def page_mark(view: object) -> PageMark | None:
    """What a page asks of its visitor; None where a view is no page."""
    found: PageMark | None = getattr(view, PAGE, None)
    return found


def needs_form_token(view: object) -> bool:
    """Whether what is sent to a view must bear a form's token: everything, unless a key or a secret guards it."""
    return page_mark(view) is not None or not getattr(view, MARK, "").startswith("guarded: ")
