"""Every route is guarded or declared public with its reason; a test reads the marks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

View = TypeVar("View", bound=Callable[..., object])
MARK = "postern_guard"


def public(reason: str) -> Callable[[View], View]:
    """Mark a view that anybody may call, and why."""
    return mark(f"public: {reason}")


def guarded(by: str) -> Callable[[View], View]:
    """Mark a view that checks who calls before anything else, and by what."""
    return mark(f"guarded: {by}")


def mark(text: str) -> Callable[[View], View]:
    """Put the mark on a view."""

    def put(view: View) -> View:
        setattr(view, MARK, text)
        return view

    return put
