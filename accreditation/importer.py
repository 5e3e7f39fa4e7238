"""The sheet of this area: checklist answers."""

from __future__ import annotations

from typing import Any

from accreditation.models import ChecklistAnswer
from accreditation.schemas import ChecklistAnswerIn
from governance.kernel.keys import FactKey
from governance.kernel.settings import Settings
from governance.ports.sheet import Names, Row, Sheet


def checklist_answers(_settings: Settings) -> Sheet:
    """Answers to criteria; an organisation has one to each."""
    return Sheet(
        name="checklist_answers",
        schema=ChecklistAnswerIn,
        model=ChecklistAnswer,
        owner="organisation_id",
        natural=("organisation_id", "checklist", "criterion"),
        erases=("signed_by", "evidence"),
        resolve=answer_row,
        keys=lambda row: (FactKey("accreditation", row["organisation_id"]),),
        refers=(("organisation", "organisation"),),
    )


def answer_row(row: Row, names: Names) -> dict[str, Any]:
    """An answer's columns."""
    return {
        "organisation_id": names.number("organisation", row["organisation"]),
        "checklist": row["checklist"],
        "criterion": row["criterion"],
        "met": row["met"],
        "signed_by": row.get("signed_by"),
        "starts_on": row.get("starts_on"),
        "ends_on": row.get("ends_on"),
        "evidence": row.get("evidence"),
    }
