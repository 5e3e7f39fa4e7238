"""Lists of the desk as the cells of a file, in the order of their heads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from governance.desk.rules import LOCKS, STAGES, STATUSES
from governance.desk.service import Locked, PersonRow, Stuck
from governance.desk.showing import plain
from governance.web.words import listed

PEOPLE_HEAD = (
    "reference", "name", "posts", "organisations", "account", "authenticators", "last signed in", "locked out until",
    "standing",
)  # fmt: skip
LOCKED_HEAD = ("reference", "name", "organisations", "locked out of", "failures", "since", "until", "what helps")
STUCK_HEAD = ("organisation", *STAGES.values())
ACCOUNTS = {"invited": "Invited", "active": "Active", "closed": "Closed"}
KINDS = {"totp": "app", "hotp": "hardware token", "passkey": "passkey", "recovery": "recovery codes"}
WITH = {
    "totp": "Authenticator app", "hotp": "Hardware token", "passkey": "Passkey or security key",
    "recovery": "Recovery code", "password": "Password",
}  # fmt: skip
HOW = {
    "wrong": "It was wrong", "used": "The code was used already", "clock": "The phone’s clock is not right",
    "ahead": "The token is too far ahead of us", "malformed": "It was no code",
    "unusable": "It cannot be used any more",
    "wait": "They had to wait first", "locked": "They were locked out", "stopped": "They were locked out for good",
    "held": "It was on hold", "wrong_password": "It was wrong", "no_password": "They have none yet",
    "not_active": "Their account is not active", "not_permitted": "They may not sign in now",
    "changed": "It was changed in the meantime",
}  # fmt: skip
DUE = {
    "fields": "show no fields but these", "no-print": "no printing",
    "substitute": "other words in place of some fields",
    "do-not-disclose": "say that this is not to be disclosed", "aggregate": "show totals only",
    "anonymise": "show nobody’s name", "notify": "tell somebody that it was done", "read-only": "change nothing",
    "record-wishes": "record what the person wishes", "record-both-identities": "record both people",
}  # fmt: skip
"""What a front end has to do when it acts on a permit, by the kind of obligation."""


def failure_words(kind: str, how: str) -> tuple[str, str]:
    """With what somebody failed, and how."""
    return WITH.get(kind, plain(kind)), HOW.get(how, plain(how).capitalize())


def due_words(kind: str) -> str:
    """What a kind of obligation asks for."""
    return DUE.get(kind, plain(kind))


def account_words(row: PersonRow) -> str:
    """How an account stands."""
    return ACCOUNTS.get(row.account.state, row.account.state) if row.account is not None else "Not invited"


def factor_words(row: PersonRow) -> str:
    """What somebody can prove themselves with: kinds and numbers only."""
    kinds = [
        f"{KINDS.get(kind, kind)}{f' ({count})' if count > 1 else ''}" for kind, count in row.factors.active.items()
    ]
    return listed(kinds) if kinds else "none"


def person_cells(row: PersonRow) -> list[Any]:
    """A person as a row of a file."""
    signed_in = row.account.signed_in_at if row.account is not None else None
    posts = [
        list(dict.fromkeys(one))
        for one in zip(*((post.post, post.organisation_name) for post in row.posts), strict=True)
    ]
    what, where = posts or ([], [])
    return [
        row.person.reference, row.person.name, ", ".join(what), ", ".join(where), account_words(row),
        factor_words(row), signed_in, row.factors.locked_until, STATUSES[row.status].words,
    ]  # fmt: skip


def locked_cells(row: Locked) -> list[Any]:
    """Somebody who is locked out as a row of a file."""
    where = ", ".join(dict.fromkeys(post.organisation_name for post in row.posts))
    lock, failures, since, until = row.lock_out
    known = LOCKS[lock]
    return [row.person.reference, row.person.name, where, known.what, failures, since, until or known.ends, known.helps]


def stuck_cells(stuck: Stuck) -> Iterator[list[Any]]:
    """The funnel as rows of a file: branch by branch, then all."""
    for name, counts in (*stuck.rows, ("All", stuck.total)):
        yield [name, *counts.values()]
