"""How somebody's access stands, in a word; what is about to lapse; where people get stuck. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from governance.ports.reasons import REASONS, Code
from governance.ports.requirement import Evidence, Objection

WINDOWS = (30, 60, 90)
"""Within how many days something lapses, the nearest first."""


class Status(StrEnum):
    """How a role that somebody holds stands."""

    ON_HOLD = "on_hold"
    MISSING = "missing"
    LAPSING = "lapsing"
    NOT_BEGUN = "not_begun"
    IN_ORDER = "in_order"
    ENDED = "ended"
    NONE = "none"


class Shown(NamedTuple):
    """How a status is shown: in words, and in which colour."""

    words: str
    colour: str


STATUSES: dict[Status, Shown] = {
    Status.ON_HOLD: Shown("On hold", "red"),
    Status.MISSING: Shown("Something is missing", "orange"),
    Status.LAPSING: Shown("Lapses soon", "yellow"),
    Status.NOT_BEGUN: Shown("Not begun", "blue"),
    Status.IN_ORDER: Shown("In order", "green"),
    Status.ENDED: Shown("Ended", "grey"),
    Status.NONE: Shown("Access to no system", "grey"),
}
ORDER = (Status.ON_HOLD, Status.MISSING, Status.LAPSING, Status.NOT_BEGUN, Status.IN_ORDER, Status.ENDED)
"""Of several roles the first of these is a person's."""


class Lapse(NamedTuple):
    """A fact that a role rests on and that ends soon: within how many days."""

    requirement: str
    until: datetime
    within: int


def status_of(objections: Sequence[Objection], until: datetime | None, now: datetime) -> Status:
    """How a role stands whose chain has these objections, or none until then."""
    if any(REASONS[one.code].disclosed_as is not None for one in objections):
        return Status.ON_HOLD
    codes = {one.code for one in objections}
    if Code.GRANT_EXPIRED in codes:
        return Status.ENDED
    if Code.GRANT_NOT_STARTED in codes:
        return Status.NOT_BEGUN
    if objections:
        return Status.MISSING
    return Status.LAPSING if window(until, now) else Status.IN_ORDER


def status_of_all(found: Collection[Status]) -> Status:
    """How a person stands who holds several roles: the one that needs looking at first."""
    return next((status for status in ORDER if status in found), Status.NONE)


def window(until: datetime | None, now: datetime) -> int:
    """The narrowest window in which an end lies; 0 where it is further off, past or open."""
    if until is None or until <= now:
        return 0
    return next((days for days in WINDOWS if until <= now + timedelta(days=days)), 0)


def lapses(links: Iterable[tuple[str, Sequence[Evidence]]], now: datetime) -> list[Lapse]:
    """What of a role's links lapses within ninety days, the nearest first."""
    found = {
        Lapse(requirement, one.until, window(one.until, now))
        for requirement, evidence in links
        for one in evidence
        if one.until is not None and window(one.until, now)
    }
    return sorted(found, key=lambda lapse: (lapse.until, lapse.requirement))


# --- who is locked out


class Lock(StrEnum):
    """What somebody is locked out of, and whether it passes by itself."""

    FACTOR = "factor"
    FACTOR_STOPPED = "factor_stopped"
    PASSWORD = "password"  # noqa: S105 - a name, not a secret
    PASSWORD_STOPPED = "password_stopped"  # noqa: S105
    PASSWORD_ELSEWHERE = "password_elsewhere"  # noqa: S105


class Helped(NamedTuple):
    """A lock in words: of what, until when where it does not pass by itself, and what helps."""

    what: str
    ends: str
    helps: str


BY_MAIL = "They choose a new password by mail, or whoever runs Postern sets them free"
LOCKS: dict[Lock, Helped] = {
    Lock.FACTOR: Helped("Second factor", "", "It passes by itself, and an officer can unlock it"),
    Lock.FACTOR_STOPPED: Helped("Second factor", "Until a replacement", "A temporary replacement, and nothing else"),
    Lock.PASSWORD: Helped(
        "Password, from one place", "",
        "It passes by itself. From elsewhere they can sign in, and choosing a new password by mail helps at once",
    ),
    Lock.PASSWORD_STOPPED: Helped(
        "Password, from one place", "Until a new password", f"{BY_MAIL}. From elsewhere they can sign in"
    ),
    Lock.PASSWORD_ELSEWHERE: Helped(
        "Password, from wherever they have not signed in before", "Until a new password",
        f"{BY_MAIL}. Where they have signed in before they still can",
    ),
}  # fmt: skip


def factor_lock(until: datetime | None) -> Lock:
    """Which lock it is where a second factor is locked until then; None where that does not pass."""
    return Lock.FACTOR if until is not None else Lock.FACTOR_STOPPED


def password_lock(until: datetime | None, *, from_one_place: bool) -> Lock:
    """Which lock it is where passwords are held until then; None where that does not pass."""
    if not from_one_place:
        return Lock.PASSWORD_ELSEWHERE
    return Lock.PASSWORD if until is not None else Lock.PASSWORD_STOPPED


# --- where people get stuck


class Stage(StrEnum):
    """How far somebody has come on the way to using the service, each stage within the one before."""

    EMPLOYED = "employed"
    INVITED = "invited"
    ACCOUNT = "account"
    BEGUN = "begun"
    AUTHENTICATOR = "authenticator"
    USED = "used"


STAGES: dict[Stage, str] = {
    Stage.EMPLOYED: "Work here",
    Stage.INVITED: "Invited",
    Stage.ACCOUNT: "Made their account",
    Stage.BEGUN: "Began to add an authenticator",
    Stage.AUTHENTICATOR: "Enrolled an authenticator",
    Stage.USED: "Have used it",
}


class Progress(NamedTuple):
    """What is known of one person on the way."""

    invited: bool = False
    account: bool = False
    begun: bool = False
    authenticator: bool = False
    used: bool = False

    @property
    def stage(self) -> Stage:
        """The last stage reached without a gap; who has used an authenticator has made an account, and so on."""
        reached = [self.used, self.authenticator, self.begun, self.account, self.invited]
        names = [Stage.USED, Stage.AUTHENTICATOR, Stage.BEGUN, Stage.ACCOUNT, Stage.INVITED]
        return next((name for name, has in zip(names, reached, strict=True) if has), Stage.EMPLOYED)


def funnel(stages: Iterable[Stage]) -> dict[Stage, int]:
    """How many have come at least so far."""
    order = list(Stage)
    found = dict.fromkeys(order, 0)
    for reached in stages:
        for stage in order[: order.index(reached) + 1]:
            found[stage] += 1
    return found


def branches(parents: Mapping[int, int], top: int) -> dict[int, int]:
    """To which branch right below the top each organisation belongs; the top itself to itself."""
    found = {}
    for number in parents:
        at, seen = number, set[int]()
        while at != top and parents.get(at, 0) != top and at not in seen:
            seen.add(at)
            at = parents.get(at, 0)
        found[number] = at if at in parents or at == top else top
    return found | {top: top}


# --- what has no page

OWN_ROLE = "account-holder"
WITHOUT_PAGE = frozenset({
    ("account", "assign-token"), ("account", "close"), ("account", "end-sessions"), ("account", "view-sessions"),
    ("front-end", "change-front-end"), ("front-end", "register-front-end"), ("front-end", "view"),
    ("front-end", "withdraw-front-end"), ("organisation", "manage-sign-in"), ("organisation", "view-sign-in"),
})  # fmt: skip
"""What Postern's own roles allow with others and no page offers: it is done on the command line."""
