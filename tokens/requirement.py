"""That a second factor was used for this very question; never settled, for it is asked of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.kernel.keys import FactKey
from governance.kernel.reading import BadTable, TableFault, read_table
from governance.ports.reasons import Code
from governance.ports.requirement import CLEAR, Evidence, Objection, OfAnyRecord, Query, Standing
from tokens.rules import MISSING, Finding, Trust, find_factor, is_trusted

KIND = "second-factor"
ASKED_EACH_TIME = Standing(settled=False)
LONGEST_AGE = 525_600  # a year of minutes


@dataclass(frozen=True, slots=True)
class SecondFactorTerms:
    """Which second factors a role accepts, how old they may be (0 for any age), and whose word counts.

    The actions of `not_for` need none; those of `fresh_for` need one that is no older than `fresh_minutes`.
    """

    acr: tuple[str, ...]
    max_age_minutes: int = 0
    trust: Trust = Trust.CALLER
    not_for: tuple[str, ...] = ()
    fresh_for: tuple[str, ...] = ()
    fresh_minutes: int = 0
    source: str = ""

    @property
    def actions(self) -> Mapping[str, tuple[str, ...]]:
        """The actions that these terms name, by field: the pack must have them."""
        return {"not_for": self.not_for, "fresh_for": self.fresh_for}

    def most_minutes(self, action: str) -> int:
        """How old a factor may be for an action."""
        if action not in self.fresh_for:
            return self.max_age_minutes
        return min(self.fresh_minutes, self.max_age_minutes or self.fresh_minutes)


class SecondFactorRequirement(OfAnyRecord):
    """That the person has proved who they are with a second factor."""

    kind = KIND
    always = False

    def terms(self, table: Mapping[str, Any]) -> SecondFactorTerms:
        """Which second factors a role accepts."""
        terms = read_table(SecondFactorTerms, table)
        faults = []
        if not terms.acr:
            faults.append(TableFault("acr", "is empty", "Name at least one authentication context."))
        if not 0 <= terms.max_age_minutes <= LONGEST_AGE:
            cure = f"Write a number of minutes from 0 to {LONGEST_AGE}."
            faults.append(TableFault("max_age_minutes", f"cannot be {terms.max_age_minutes}", cure))
        if not (1 if terms.fresh_for else 0) <= terms.fresh_minutes <= (LONGEST_AGE if terms.fresh_for else 0):
            cure = f"With fresh_for write from 1 to {LONGEST_AGE} minutes; without it leave this out."
            faults.append(TableFault("fresh_minutes", f"cannot be {terms.fresh_minutes}", cure))
        both = sorted({*terms.not_for} & {*terms.fresh_for})
        if both:
            cure = "Leave it out of one of the two."
            faults.append(TableFault("fresh_for", f"names {', '.join(both)}, which not_for does too", cure))
        if faults:
            raise BadTable(faults)
        return terms

    def keys(self, query: Query) -> tuple[FactKey, ...]:
        """No facts: the question itself says it."""
        return ()

    def standing(self, facts: tuple[Any, ...], terms: SecondFactorTerms, now: datetime) -> Standing:
        """Nothing can be said before the question."""
        return ASKED_EACH_TIME

    def check(
        self, standing: Standing, facts: tuple[Any, ...], terms: SecondFactorTerms, query: Query, now: datetime
    ) -> Standing:
        """Whether the factor that the question names is accepted and fresh, on the word that the role trusts."""
        if query.action in terms.not_for:
            return CLEAR
        used, at, minutes = query.context.get("acr"), query.context.get("auth_time"), terms.most_minutes(query.action)
        trusted = is_trusted(terms.trust, query.asserted_by)
        factor = find_factor(used, at, terms.acr, minutes, now) if trusted else MISSING
        if factor.finding is Finding.MISSING:
            detail = (("needed", " or ".join(terms.acr)),)
            return Standing((Objection(Code.SECOND_FACTOR_MISSING, KIND, None, detail, terms.source),))
        evidence = Evidence(KIND, str(used), factor.until)
        if factor.finding is Finding.TOO_OLD:
            detail = (("minutes", str(minutes)),)
            return Standing((Objection(Code.SECOND_FACTOR_TOO_OLD, KIND, evidence, detail, terms.source),))
        return Standing((), (evidence,), factor.until)
