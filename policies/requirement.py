"""Whether a system itself is open: its audit trail live where a pack demands it, and not closed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from governance.kernel.clock import day_end, day_start
from governance.kernel.keys import FactKey
from governance.kernel.reading import BadTable, TableFault, read_table
from governance.ports.reasons import Code
from governance.ports.requirement import Evidence, Objection, OfAnyRecord, Query, Standing, earliest
from policies import store

KIND = "launch"
STATUS = "system_status"


class SystemFacts(NamedTuple):
    """A system's own days; row 0 where nothing is recorded of it."""

    row: int
    system: str
    audit_live_on: date | None = None
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class LaunchTerms:
    """What a role demands of its system, and the first and last day on which the role itself is open."""

    audit_live: bool = False
    opens: date | None = None
    closes: date | None = None
    source: str = ""


class SystemStatusSource:
    """Reads systems' own days."""

    kind = STATUS
    about = "system"

    def facts(self, session: Session, keys: Collection[FactKey], at: int) -> Mapping[FactKey, Any]:
        """The days of each system as they stood at a revision."""
        found = {key: SystemFacts(0, key.name) for key in keys}
        for row, system, live_on, closed_on in store.list_statuses(session, {key.name for key in keys}, at):
            found[FactKey(STATUS, 0, system)] = SystemFacts(row, system, live_on, closed_on)
        return found


class LaunchRequirement(OfAnyRecord):
    """Demanded of every role: a closed system is closed to all."""

    kind = KIND
    always = True

    def terms(self, table: Mapping[str, Any]) -> LaunchTerms:
        """Read the terms; raise `BadTable` with every fault."""
        terms = read_table(LaunchTerms, table)
        if terms.opens and terms.closes and terms.closes < terms.opens:
            raise BadTable([TableFault("closes", "comes before opens", "Exchange them.")])
        return terms

    def keys(self, query: Query) -> tuple[FactKey, ...]:
        """The system's own days."""
        return (FactKey(STATUS, 0, query.system),)

    def standing(self, facts: tuple[Any, ...], terms: LaunchTerms, now: datetime) -> Standing:
        """Not open before the audit trail is live or the role's first day, and not after the last day."""
        system: SystemFacts = facts[0]
        live_at = None if system.audit_live_on is None else day_start(system.audit_live_on)
        closed_at = None if system.closed_on is None else day_end(system.closed_on)
        evidence = Evidence(STATUS, str(system.row), closed_at) if system.row else None
        objections = []
        if terms.audit_live and (live_at is None or now < live_at):
            objections.append(
                Objection(Code.AUDIT_NOT_LIVE, KIND, evidence, (("system", system.system),), terms.source)
            )
        if closed_at is not None and now >= closed_at:
            detail = (("system", system.system), ("closed", str(system.closed_on)))
            objections.append(Objection(Code.SCHEME_CLOSED, KIND, evidence, detail, terms.source))
        opens_at = None if terms.opens is None else day_start(terms.opens)
        closes_at = None if terms.closes is None else day_end(terms.closes)
        if opens_at is not None and now < opens_at:
            detail = (("system", system.system), ("opens", str(terms.opens)))
            objections.append(Objection(Code.SCHEME_NOT_OPEN, KIND, None, detail, terms.source))
        if closes_at is not None and now >= closes_at:
            detail = (("system", system.system), ("closed", str(terms.closes)))
            objections.append(Objection(Code.SCHEME_CLOSED, KIND, None, detail, terms.source))
        turns = [live_at if terms.audit_live else None, closed_at, opens_at, closes_at]
        until = earliest(*(moment for moment in turns if moment is not None and moment > now))
        return Standing(tuple(objections), (evidence,) if evidence else (), until)

    def check(
        self, standing: Standing, facts: tuple[Any, ...], terms: LaunchTerms, query: Query, now: datetime
    ) -> Standing:
        """Nothing remains to be asked."""
        return standing
