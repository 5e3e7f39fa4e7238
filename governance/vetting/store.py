"""Every query of vetting."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache
from sys import intern

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.kernel.keys import FactKey
from governance.kernel.loading import end_of, grouped, rows_at, shared
from governance.kernel.recorded import close, record, seen
from governance.ports.actor import Entry
from governance.trail.entries import tell
from governance.vetting.models import Check, Conflict, Suspension, Training
from governance.vetting.rules import (
    BarredList,
    CheckFacts,
    ConflictFacts,
    Level,
    Outcome,
    Relation,
    StatusResult,
    SuspensionFacts,
    TrainingFacts,
    UpdateService,
    Workforce,
)

CHECKS = select(
    Check.person_id,
    Check.id,
    Check.level,
    Check.workforce,
    Check.starts_on,
    Check.outcome,
    Check.barred_list,
    Check.subscribed,
    Check.consented_on,
    Check.status_on,
    Check.status,
    Check.erased_by,
)
TRAINING = select(
    Training.person_id, Training.id, Training.course, Training.starts_on, Training.ends_on, Training.erased_by
)
CONFLICTS = select(
    Conflict.person_id, Conflict.id, Conflict.key_id, Conflict.record_hash, Conflict.relation, Conflict.erased_by
)
SUSPENSIONS = select(Suspension.person_id, Suspension.id, Suspension.why, Suspension.starts_on, Suspension.erased_by)


class CheckSource:
    """A person's criminal records checks."""

    kind = "checks"
    about = "person"

    def facts(self, session: Session, keys: Collection[FactKey], at: int) -> Mapping[FactKey, tuple[CheckFacts, ...]]:
        """The checks of some people, as they stood at a revision."""
        rows = rows_at(session, CHECKS, Check, Check.person_id, _people(keys), at)
        return grouped(
            keys,
            (
                (
                    person,
                    CheckFacts(
                        row,
                        Level(level),
                        Workforce(workforce),
                        shared(issued),
                        Outcome(outcome),
                        BarredList(barred_list),
                        read_update(*update),
                    ),
                )
                for person, row, level, workforce, issued, outcome, barred_list, *update, _ in rows
            ),
        )


@lru_cache(maxsize=8192)
def read_update(
    subscribed: bool, consented_on: date | None, checked_on: date | None, result: str | None
) -> UpdateService | None:
    """A certificate's part in the Update Service, the same for all that say the same; None where it has none."""
    if not subscribed and consented_on is None and checked_on is None:
        return None
    return UpdateService(subscribed, consented_on, checked_on, StatusResult(result) if result else None)


class TrainingSource:
    """The courses that a person has completed."""

    kind = "training"
    about = "person"

    def facts(
        self, session: Session, keys: Collection[FactKey], at: int
    ) -> Mapping[FactKey, tuple[TrainingFacts, ...]]:
        """The training of some people, as it stood at a revision."""
        rows = rows_at(session, TRAINING, Training, Training.person_id, _people(keys), at)
        return grouped(
            keys,
            (
                (person, TrainingFacts(row, intern(course), shared(completed), end_of(expires)))
                for person, row, course, completed, expires, _ in rows
            ),
        )


class ConflictSource:
    """The records that a person must not open."""

    kind = "conflicts"
    about = "person"

    def facts(
        self, session: Session, keys: Collection[FactKey], at: int
    ) -> Mapping[FactKey, tuple[ConflictFacts, ...]]:
        """The declared conflicts of some people, as they stood at a revision."""
        rows = rows_at(session, CONFLICTS, Conflict, Conflict.person_id, _people(keys), at)
        return grouped(
            keys,
            (
                (person, ConflictFacts(row, intern(key_id), record_hash, Relation(relation)))
                for person, row, key_id, record_hash, relation, _ in rows
            ),
        )


class SuspensionSource:
    """Whether a person is suspended: the suspension that began first, or None."""

    kind = "suspension"
    about = "person"

    def facts(self, session: Session, keys: Collection[FactKey], at: int) -> Mapping[FactKey, SuspensionFacts | None]:
        """The suspensions of some people, as they stood at a revision."""
        found: dict[FactKey, SuspensionFacts | None] = dict.fromkeys(keys)
        for person, row, why, starts_on, _ in rows_at(
            session, SUSPENSIONS, Suspension, Suspension.person_id, _people(keys), at
        ):
            key = FactKey("suspension", person)
            known = found[key]
            if known is None or (starts_on or date.min) < (known.starts_on or date.min):
                found[key] = SuspensionFacts(row, why, shared(starts_on))
        return found


def _people(keys: Collection[FactKey]) -> list[int]:
    return [key.number for key in keys]


def list_suspensions(session: Session, person_id: int, at: int, begun_by: date = date.max) -> list[int]:
    """The rows of a person's suspensions that had begun by a day and nobody had lifted at a revision."""
    begun = Suspension.starts_on.is_(None) | (Suspension.starts_on <= begun_by)
    question = select(Suspension.id).where(Suspension.person_id == person_id, begun, seen(Suspension, at))
    return list(session.scalars(question))


def add_suspension(session: Session, person_id: int, why: str, starts_on: date, *, entry: Entry) -> None:
    """Suspend a person from a day on."""
    row = {"person_id": person_id, "why": why, "starts_on": starts_on, "ends_on": None}
    record(session, Suspension, [row], [FactKey("suspension", person_id)])
    tell(session, entry)


def set_lifted(session: Session, person_id: int, rows: Collection[int], *, entry: Entry) -> None:
    """Close a person's suspensions."""
    close(session, Suspension, rows, [FactKey("suspension", person_id)])
    tell(session, entry)
