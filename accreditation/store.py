"""Every query of accreditation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from sys import intern

from sqlalchemy import select
from sqlalchemy.orm import Session

from accreditation.models import ChecklistAnswer
from accreditation.rules import AnswerFacts
from governance.kernel.keys import FactKey
from governance.kernel.loading import end_of, grouped, rows_at, start_of

ANSWERS = select(
    ChecklistAnswer.organisation_id,
    ChecklistAnswer.id,
    ChecklistAnswer.checklist,
    ChecklistAnswer.criterion,
    ChecklistAnswer.met,
    ChecklistAnswer.signed_by,
    ChecklistAnswer.starts_on,
    ChecklistAnswer.ends_on,
    ChecklistAnswer.erased_by,
)


class AccreditationSource:
    """What an organisation has answered to its checklists."""

    kind = "accreditation"
    about = "organisation"

    def facts(self, session: Session, keys: Collection[FactKey], at: int) -> Mapping[FactKey, tuple[AnswerFacts, ...]]:
        """The answers of some organisations, oldest first, as they stood at a revision."""
        numbers = [key.number for key in keys]
        rows = rows_at(session, ANSWERS, ChecklistAnswer, ChecklistAnswer.organisation_id, numbers, at)
        return grouped(
            keys,
            (
                (
                    organisation,
                    AnswerFacts(
                        row,
                        intern(checklist),
                        criterion,
                        met,
                        bool(signed_by),
                        start_of(signed_on),
                        end_of(valid_to),
                        intern(signed_by or ""),
                    ),
                )
                for organisation, row, checklist, criterion, met, signed_by, signed_on, valid_to, _ in rows
            ),
        )
