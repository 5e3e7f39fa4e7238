"""Which agreements are in force, who has signed them, and what they cover. Pure: values in, answers out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple


class AgreementKind(StrEnum):
    """What is agreed, and by whom: organisations share data, organisations join a protocol, one person agrees."""

    SHARING = "sharing"
    PROTOCOL = "protocol"
    INDIVIDUAL = "individual"


class AgreementState(StrEnum):
    """Where a version stands on its way."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    AWAITING_SIGNATURES = "awaiting_signatures"
    ACTIVE = "active"
    CONDITIONAL = "conditional"
    REVIEW_DUE = "review_due"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    TERMINATED = "terminated"


class Limit(StrEnum):
    """What a version may limit itself to."""

    PURPOSES = "purposes"
    FIELDS = "fields"
    COHORT = "cohort"


class Article6(StrEnum):
    """The lawful bases of UK GDPR, Article 6(1), by their points."""

    CONSENT = "a"
    CONTRACT = "b"
    LEGAL_OBLIGATION = "c"
    VITAL_INTERESTS = "d"
    PUBLIC_TASK = "e"
    RECOGNISED_LEGITIMATE_INTEREST = "ea"
    LEGITIMATE_INTERESTS = "f"


class Article9(StrEnum):
    """The conditions of UK GDPR, Article 9(2), under which special category data may be processed, by their points."""

    EXPLICIT_CONSENT = "a"
    EMPLOYMENT_AND_SOCIAL_PROTECTION = "b"
    VITAL_INTERESTS = "c"
    NOT_FOR_PROFIT_BODY = "d"
    MADE_PUBLIC = "e"
    LEGAL_CLAIMS = "f"
    SUBSTANTIAL_PUBLIC_INTEREST = "g"
    HEALTH_OR_SOCIAL_CARE = "h"
    PUBLIC_HEALTH = "i"
    RESEARCH = "j"


class DpiaOutcome(StrEnum):
    """What a data protection impact assessment came to."""

    PROCEED = "proceed"
    PROCEED_WITH_MEASURES = "proceed_with_measures"
    CONSULT_COMMISSIONER = "consult_commissioner"
    DO_NOT_PROCEED = "do_not_proceed"


class BasisNeeded(StrEnum):
    """How much of its lawful basis an agreement must record before a pack relies on it."""

    NONE = "none"
    ORDINARY = "ordinary"
    SPECIAL_CATEGORY = "special_category"


NOT_NEEDED = range(0)
SCHEDULE_1: dict[Article9, range] = {
    Article9.EXPLICIT_CONSENT: NOT_NEEDED,
    Article9.EMPLOYMENT_AND_SOCIAL_PROTECTION: range(1, 2),
    Article9.VITAL_INTERESTS: NOT_NEEDED,
    Article9.NOT_FOR_PROFIT_BODY: NOT_NEEDED,
    Article9.MADE_PUBLIC: NOT_NEEDED,
    Article9.LEGAL_CLAIMS: NOT_NEEDED,
    Article9.SUBSTANTIAL_PUBLIC_INTEREST: range(6, 29),
    Article9.HEALTH_OR_SOCIAL_CARE: range(2, 3),
    Article9.PUBLIC_HEALTH: range(3, 4),
    Article9.RESEARCH: range(4, 5),
}
"""Which paragraphs of DPA 2018, Schedule 1, a condition needs one of (section 10(2) and (3))."""
LAST_PARAGRAPH = 37

IN_FORCE = frozenset({AgreementState.ACTIVE, AgreementState.CONDITIONAL, AgreementState.REVIEW_DUE})


class LawfulBasis(NamedTuple):
    """On what a version says that data is shared: Article 6, Article 9, a paragraph of Schedule 1."""

    article_6: Article6 | None = None
    article_9: Article9 | None = None
    schedule_1: int | None = None


NO_BASIS = LawfulBasis()


class AgreementFacts(NamedTuple):
    """A version to which an organisation is party, as that organisation sees it; the end is exclusive.

    `signed_at` is when the organisation itself signed, `complete_at` when the last party that is named had signed.
    `cohort` are the properties of the records that are shared, each with the values that it may have. `alone` says that
    it names no other party: nobody to share with, unless a pack means just this agreement.
    """

    row: int
    reference: str
    kind: AgreementKind
    version: int
    system: str
    state: AgreementState
    starts_at: datetime | None
    ends_at: datetime | None
    signed_at: datetime | None
    complete_at: datetime | None
    purposes: tuple[str, ...]
    fields: tuple[str, ...]
    cohort: tuple[tuple[str, tuple[str, ...]], ...] = ()
    basis: LawfulBasis = NO_BASIS
    alone: bool = False

    @property
    def is_limited(self) -> bool:
        """Whether it covers only some purposes, fields or records."""
        return bool(self.purposes or self.fields or self.cohort)

    def unstated(self, needed: Iterable[Limit]) -> list[Limit]:
        """The limits that it should state and does not."""
        stated = {Limit.PURPOSES: self.purposes, Limit.FIELDS: self.fields, Limit.COHORT: self.cohort}
        return [limit for limit in needed if not stated[limit]]

    def is_in_time(self, now: datetime) -> bool:
        """Whether its state and its days let it hold now."""
        begun = self.starts_at is None or self.starts_at <= now
        return self.state in IN_FORCE and begun and (self.ends_at is None or now < self.ends_at)


class SignatureFacts(NamedTuple):
    """A person's signature under one version of an individual agreement."""

    row: int
    reference: str
    version: int
    signed_at: datetime | None

    def is_given(self, now: datetime) -> bool:
        """Whether its day has come."""
        return self.signed_at is None or self.signed_at <= now


def is_signed(moment: datetime | None, now: datetime) -> bool:
    """Whether a signing that has a moment has happened."""
    return moment is not None and moment <= now


def of_kind(agreements: Iterable[AgreementFacts], kind: AgreementKind) -> list[AgreementFacts]:
    """The agreements of one kind."""
    return [item for item in agreements if item.kind is kind]


def in_force(agreements: Iterable[AgreementFacts], now: datetime) -> list[AgreementFacts]:
    """Those that hold now and are signed by all parties, the one that lasts longest first."""
    holding = [item for item in agreements if item.is_in_time(now) and is_signed(item.complete_at, now)]
    return sorted(holding, key=end_order, reverse=True)


def complete_from(signings: Collection[datetime | None]) -> datetime | None:
    """When the last party signed; None while one has not, and while there is none."""
    moments = [moment for moment in signings if moment is not None]
    return max(moments) if moments and len(moments) == len(signings) else None


def current_versions(agreements: Iterable[AgreementFacts], now: datetime) -> frozenset[int]:
    """The versions of an agreement that may be relied on now."""
    return frozenset(item.version for item in agreements if item.is_in_time(now))


def joined(protocols: Iterable[AgreementFacts], now: datetime) -> list[AgreementFacts]:
    """Versions of a protocol that hold now and that the organisation itself has signed, the longest first."""
    holding = [item for item in protocols if item.is_in_time(now) and is_signed(item.signed_at, now)]
    return sorted(holding, key=end_order, reverse=True)


def end_order(agreement: AgreementFacts) -> tuple[bool, float]:
    """By its end, an open one last."""
    return agreement.ends_at is None, agreement.ends_at.timestamp() if agreement.ends_at else 0.0


def best_candidate(agreements: Iterable[AgreementFacts]) -> AgreementFacts:
    """Of some that are not in force, the one to tell: nearest to being so, then the newest."""
    return max(agreements, key=lambda item: (item.state in IN_FORCE, end_order(item), item.version))


def founded(agreements: Iterable[AgreementFacts], needed: BasisNeeded) -> list[AgreementFacts]:
    """Those whose lawful basis is recorded as a pack insists, in their order."""
    return [item for item in agreements if not basis_gaps(item.basis, needed)]


def basis_gaps(basis: LawfulBasis, needed: BasisNeeded) -> tuple[str, ...]:
    """What a lawful basis lacks of what a pack insists on; none where it lacks nothing.

    Special category data needs a condition of Article 9 besides a basis of Article 6, and five of these conditions
    hold only with a paragraph of Schedule 1 (DPA 2018, section 10); whichever is recorded is held to that.
    """
    if needed is BasisNeeded.NONE:
        return ()
    gaps = [] if basis.article_6 else ["the basis of UK GDPR Article 6"]
    if basis.article_9 is None:
        gaps += ["the condition of UK GDPR Article 9"] if needed is BasisNeeded.SPECIAL_CATEGORY else []
    elif not has_paragraph(basis.article_9, basis.schedule_1):
        gaps.append("the paragraph of DPA 2018 Schedule 1")
    return tuple(gaps)


def has_paragraph(condition: Article9, paragraph: int | None) -> bool:
    """Whether a condition of Article 9 stands with a paragraph of Schedule 1 as it must, or needs none."""
    return not SCHEDULE_1[condition] or paragraph in SCHEDULE_1[condition]


def outside_scope(
    agreement: AgreementFacts, purpose: object, properties: Mapping[str, Any], needed: Iterable[Limit] = ()
) -> tuple[str, ...]:
    """What a question asks that an agreement does not cover; what is not said is not covered.

    An agreement that does not state a needed limit covers nothing.
    """
    outside = [f"any {limit}, for it states none" for limit in agreement.unstated(needed)]
    if agreement.purposes and purpose not in agreement.purposes:
        outside.append(f"the purpose {purpose}" if purpose else "an unstated purpose")
    if agreement.fields:
        asked = listed(properties.get("fields"))
        outside.extend(f"the field {field}" for field in asked if field not in agreement.fields)
        if not asked:
            outside.append("unstated fields")
    outside.extend(
        f"a record outside its cohort by {name}"
        for name, values in agreement.cohort
        if not (found := listed(properties.get(name))) or not set(found) <= set(values)
    )
    return tuple(outside)


def listed(value: object) -> tuple[str, ...]:
    """A property's texts, which may be one or several."""
    if isinstance(value, str):
        return (value,)
    return tuple(str(item) for item in value) if isinstance(value, Collection) else ()


def next_change(agreements: Iterable[AgreementFacts], now: datetime) -> datetime | None:
    """The first moment after now at which one of them begins, ends or is signed."""
    moments = (
        moment for item in agreements for moment in (item.starts_at, item.ends_at, item.signed_at, item.complete_at)
    )
    return min((moment for moment in moments if moment is not None and moment > now), default=None)
