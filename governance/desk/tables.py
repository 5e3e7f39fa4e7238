"""Lists of the desk as the cells of a file, in the order of their heads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from governance.desk.rules import LOCKS, STAGES, STATUSES
from governance.desk.service import Locked, PersonRow, Stuck
from governance.web.words import listed

PEOPLE_HEAD = (
    "reference", "name", "posts", "organisations", "account", "authenticators", "last signed in", "locked out until",
    "standing",
)  # fmt: skip
LOCKED_HEAD = ("reference", "name", "organisations", "locked out of", "failures", "since", "until", "what helps")
STUCK_HEAD = ("organisation", *STAGES.values())
ACCOUNTS = {"invited": "Invited", "active": "Active", "closed": "Closed"}
KINDS = {"totp": "app", "hotp": "hardware token", "passkey": "passkey", "recovery": "recovery codes"}


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
