"""What went wrong, as a page in plain words. One table: status → title and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Response

from governance.web.layout import render, render_bare


class Page(NamedTuple):
    """How a page about a problem reads. `says` is told where the problem has no words of its own."""

    title: str
    says: str = ""
    cure: str = ""


AGAIN = "Try again in a moment."
PAGES: Mapping[int, Page] = {
    400: Page(
        "We could not read that request", "What your browser sent was not what this page expects.",
        "Go back and try again. If you followed a link, it may be broken.",
    ),
    401: Page("Sign in first", "You need to be signed in to see this page."),
    403: Page("You cannot do this"),
    404: Page(
        "Page not found", "If you typed the web address, check it is correct.",
        "If you pasted it, check you copied all of it.",
    ),
    405: Page(
        "Page not found", "This address is not a page of its own.", "Go back and use the button on the page."
    ),
    408: Page("That took too long", "What you sent did not arrive in time.", AGAIN),
    409: Page(
        "This has changed in the meantime", "", "Go back, reload the page, and check what it says now."
    ),
    410: Page("This has been erased", "What stood here was erased, as the law asks."),
    411: Page("We could not read that request", "Your browser did not say how much it sends."),
    413: Page(
        "That is too large", "What you sent is larger than this page takes.", "Send less at once."
    ),
    422: Page("That cannot be taken as it is", "", "Go back and correct what you entered."),
    429: Page("Wait a little", "There were too many attempts.", ""),
    500: Page(
        "Sorry, there is a problem with the service",
        "It has been logged. Nothing that you entered was kept unless a page told you so.",
        "Try again later.",
    ),
    503: Page(
        "Sorry, the service is unavailable", "It cannot do this now, and does not do it half.", AGAIN
    ),
}  # fmt: skip
STALE = Page(
    "This page is out of date",
    "The form was not sent from your current session. This happens when you signed in, or signed out, in another tab.",
    "Go back, reload the page, and send it again. Nothing was changed.",
)


OUT_OF_REACH = Page(
    "Sorry, the service is unavailable",
    "It cannot reach its records at the moment. If you were changing something, look whether it was done.",
    AGAIN,
)


def page_of(found: Mapping[str, Any], *, ours: bool, stale: bool = False, wait: str = "") -> Response:
    """A page about a problem. `ours`: its detail was written for the one who asks; `wait`: seconds to wait."""
    status = int(found["status"])
    unreached = OUT_OF_REACH if found.get("code") == "facts_unavailable" else None
    page = STALE if stale else unreached or PAGES.get(status, Page(str(found["title"])))
    said = sentence(str(found["detail"])) if ours and not stale and status < HTTPStatus.INTERNAL_SERVER_ERROR else ""
    reasons = found.get("reasons", ())
    values = {
        "title": page.title,
        "says": [one for one in ("" if reasons else said or page.says, page.cure) if one],
        "reasons": reasons,
        "number": found.get("decision_id", ""),
        "wait": waiting(wait),
    }
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return render_bare("web/wrong.html", status, **values)
    return render("web/wrong.html", status, **values)


def sentence(text: str) -> str:
    """Words as a sentence: a capital first, a full stop last."""
    text = text.strip()
    return text if not text else text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def waiting(seconds: str) -> str:
    """How long to wait, in words; nothing where it is not told."""
    if not seconds.isdecimal():
        return ""
    number = int(seconds)
    if number < 90:
        return f"Try again in {number} second{'' if number == 1 else 's'}."
    return f"Try again in {-(-number // 60)} minutes."
