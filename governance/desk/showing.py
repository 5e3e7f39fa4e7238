"""Roles, links and answers in the words of those who read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from governance.decisions import explanation
from governance.decisions.authorising import SYSTEM
from governance.decisions.linking import Held, Link, discreet
from governance.desk.rules import OWN_ROLE, STATUSES, WITHOUT_PAGE, Lapse, Shown, Status, lapses, status_of
from governance.kernel.clock import london_day
from governance.ports.requirement import Evidence, Objection
from governance.ports.role_rules import SystemRules
from governance.web.words import day, mender

LINKS = {
    "employment": "Works there now",
    "grant": "The grant",
    "vetting": "Criminal records check",
    "barred": "Not barred",
    "training": "Training",
    "suspension": "Not suspended",
    "conflict": "No conflict of interest with the record",
    "hold": "No hold on the access",
    "accreditation": "The organisation's accreditation",
    "infrastructure": "The organisation's workstations",
    "agreement": "Data sharing agreement",
    "protocol": "Information sharing protocol",
    "individual-agreement": "User agreement",
    "second-factor": "Second factor",
    "launch": "The system is open",
    "role": "What the role allows",
}
"""What each link of a chain is called; one that has no name here is told by its own."""
EVIDENCE = {"employment": "employment", "grant": "grant", "check": "check", "training": "training", "rule": "rule"}


class LinkRow(NamedTuple):
    """One link as a page shows it: its name, how it stands, what it rests on, what helps and who does it."""

    name: str
    shown: Shown
    says: str
    rests_on: str
    helps: str
    who: str
    unsaid: tuple[str, ...] = ()


class Block(NamedTuple):
    """A role that somebody holds, as a page shows it."""

    system: str
    system_name: str
    role: str
    organisation: str
    status: Status
    shown: Shown
    until: datetime | None
    starts_at: datetime | None
    may: tuple[tuple[str, str], ...]
    reasons: tuple[Mapping[str, Any], ...]
    links: tuple[LinkRow, ...]
    lapses: tuple[Lapse, ...]
    commands: tuple[tuple[str, str], ...] = ()


HOLDS, FAILS, EACH_TIME = Shown("Holds", "green"), Shown("Fails", "red"), Shown("Asked each time", "blue")


def plain(name: str) -> str:
    """A name of a pack as people say it."""
    return name.replace("-", " ").replace("_", " ")


def last_day(until: datetime) -> str:
    """The last day of something that ends at a moment, for an end is the first moment after."""
    return day(london_day(until - timedelta(microseconds=1)))


def rests_on(evidence: Sequence[Evidence]) -> str:
    """The facts that a link rests on, each with its last day."""
    named = [(EVIDENCE.get(one.type, plain(one.type)), one) for one in evidence]
    said = [
        f"{name} {one.id}" if one.type == "rule" else f"{name} until {last_day(one.until)}" if one.until else name
        for name, one in named
    ]
    return ", ".join(dict.fromkeys(said))


def link_row(link: Link, *, answered: bool, of_others: bool) -> LinkRow:
    """A link as a page shows it; before a question, what is asked of each question is said to be."""
    told = [in_words(one, of_others=of_others) for one in link.objections]
    shown = FAILS if told else EACH_TIME if link.asked and not answered else HOLDS
    says = " ".join(str(one.get("admin") or one.get("says") or one["user"]) for one in told)
    helps = " ".join(dict.fromkeys(str(one["remedy"]["what"]) for one in told))
    who = ", ".join(dict.fromkeys(mender(one) for one in told))
    name = LINKS.get(link.requirement, plain(link.requirement))
    return LinkRow(name, shown, says, rests_on(link.evidence), helps, who, link.unsaid)


def link_rows(links: Sequence[Link], *, full: bool, answered: bool, of_others: bool) -> tuple[LinkRow, ...]:
    """The links of a chain in order, as somebody may read them."""
    return tuple(link_row(link, answered=answered, of_others=of_others) for link in discreet(links, full=full))


def in_words(objection: Objection, *, of_others: bool) -> Mapping[str, Any]:
    """One reason, spoken to the person themselves, or of them on a page about others."""
    return explanation.told_of(objection) if of_others else explanation.worded(objection)


def allowed_by(rules: SystemRules, role: str, *, pages: bool = True) -> tuple[tuple[str, str], ...]:
    """What a role has an allow rule for: kind of thing, and the actions on it.

    Of Postern's own roles what its pages offer, or, without `pages`, what only the command line does.
    """
    found: dict[str, list[str]] = {}
    for (kind, action), by_role in rules.questions.items():
        if pages is (rules.system == SYSTEM and role != OWN_ROLE and (kind, action) in WITHOUT_PAGE):
            continue
        asked = by_role.get(role)
        if asked is not None and any(rule.effect == "allow" for rule in asked.rules):
            found.setdefault(plain(kind), []).append(plain(action))
    return tuple((kind, ", ".join(actions)) for kind, actions in found.items())


def block(held: Held, now: datetime, *, full: bool, of_others: bool) -> Block:
    """A role that somebody holds; `of_others`: as others read it, and not that person."""
    status = status_of(held.objections, held.until, now)
    shown = [one if full else explanation.disclosed(one) for one in held.objections]
    resting = [] if held.objections else [(link.requirement, link.evidence) for link in held.links]
    return Block(
        held.rules.system,
        held.rules.name,
        plain(held.role),
        held.organisation.name if held.organisation is not None else "",
        status,
        STATUSES[status],
        held.until if not held.objections else None,
        held.starts_at,
        allowed_by(held.rules, held.role),
        tuple(in_words(one, of_others=of_others) for one in dict.fromkeys(shown)),
        link_rows(held.links, full=full, answered=False, of_others=of_others),
        tuple(lapses(resting, now)),
        allowed_by(held.rules, held.role, pages=False),
    )
