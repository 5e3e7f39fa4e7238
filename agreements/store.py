"""Every query of agreements."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from agreements.models import Agreement, AgreementVersion, Party, Signature
from agreements.rules import (
    AgreementFacts,
    AgreementKind,
    AgreementState,
    Article6,
    Article9,
    LawfulBasis,
    SignatureFacts,
    complete_from,
)
from governance.kernel.keys import FactKey
from governance.kernel.loading import end_of, grouped, rows_at, start_of
from governance.kernel.recorded import BATCH

PARTIES = select(Party.agreement_id, Party.version, Party.organisation_id, Party.starts_on, Party.erased_by)
VERSIONS = select(
    AgreementVersion.agreement_id,
    AgreementVersion.id,
    Agreement.reference,
    AgreementVersion.kind,
    AgreementVersion.version,
    AgreementVersion.system,
    AgreementVersion.state,
    AgreementVersion.starts_on,
    AgreementVersion.ends_on,
    AgreementVersion.scope,
    AgreementVersion.article_6,
    AgreementVersion.article_9,
    AgreementVersion.schedule_1,
    AgreementVersion.erased_by,
).join(Agreement, Agreement.id == AgreementVersion.agreement_id)
FOR_SYSTEMS = VERSIONS.where(AgreementVersion.system.in_(bindparam("systems", expanding=True)))
INDIVIDUAL = VERSIONS.where(AgreementVersion.kind == AgreementKind.INDIVIDUAL.value)
SIGNATURES = select(
    Signature.person_id, Signature.id, Agreement.reference, Signature.version, Signature.starts_on, Signature.erased_by
).join(Agreement, Agreement.id == Signature.agreement_id)

Signings = dict[int, datetime | None]  # organisation → the moment of its signing


def agreement_key(organisation: int, system: str) -> FactKey:
    """The key of an organisation's agreements for a system (a system's name holds no colon)."""
    return FactKey("agreements", 0, f"{organisation}:{system}")


class Version(NamedTuple):
    """Which version of which agreement."""

    agreement: int
    number: int


class AgreementSource:
    """The agreements for one system to which an organisation is party."""

    kind = "agreements"
    about = "organisation"

    def facts(
        self, session: Session, keys: Collection[FactKey], at: int
    ) -> Mapping[FactKey, tuple[AgreementFacts, ...]]:
        """The agreements of some organisations and systems, as they stood at a revision."""
        named = [key.name.partition(":") for key in keys]
        asked, systems = {int(organisation) for organisation, _, _ in named}, {system for _, _, system in named}
        joined = {row[0] for row in rows_at(session, PARTIES, Party, Party.organisation_id, asked, at)}
        of, by = AgreementVersion, AgreementVersion.agreement_id
        versions = list(rows_at(session, FOR_SYSTEMS, of, by, joined, at, systems=sorted(systems)))
        parties = parties_of(session, {agreement for agreement, *_ in versions}, at)
        found: dict[FactKey, list[AgreementFacts]] = {key: [] for key in keys}
        for agreement, *row in versions:
            signings = parties.get(Version(agreement, row[3]), {})
            complete_at, alone = complete_from(signings.values()), len(signings) == 1
            for organisation, signed_at in signings.items():
                key = agreement_key(organisation, row[4])
                if key in found:
                    found[key].append(read_version(row, signed_at, complete_at, alone=alone))
        return {key: tuple(facts) for key, facts in found.items()}


def individual_key(system: str) -> FactKey:
    """The key of a system's individual agreements."""
    return FactKey("individual_agreements", 0, system)


class IndividualSource:
    """The individual agreements of a system, in all their versions; they have no parties."""

    kind = "individual_agreements"
    about = "system"

    def facts(
        self, session: Session, keys: Collection[FactKey], at: int
    ) -> Mapping[FactKey, tuple[AgreementFacts, ...]]:
        """The versions for some systems, as they stood at a revision."""
        found: dict[FactKey, list[AgreementFacts]] = {key: [] for key in keys}
        systems = {key.name for key in keys}
        for _, *row in rows_at(session, INDIVIDUAL, AgreementVersion, AgreementVersion.system, systems, at):
            found[individual_key(row[4])].append(read_version(row, None, None))
        return {key: tuple(facts) for key, facts in found.items()}


class SignatureSource:
    """The individual agreements that a person has signed."""

    kind = "signatures"
    about = "person"

    def facts(
        self, session: Session, keys: Collection[FactKey], at: int
    ) -> Mapping[FactKey, tuple[SignatureFacts, ...]]:
        """The signatures of some people, as they stood at a revision."""
        rows = rows_at(session, SIGNATURES, Signature, Signature.person_id, [key.number for key in keys], at)
        return grouped(
            keys,
            (
                (person, SignatureFacts(row, intern(reference), version, start_of(signed_on)))
                for person, row, reference, version, signed_on, _ in rows
            ),
        )


def parties_of(session: Session, agreements: Collection[int], at: int) -> dict[Version, Signings]:
    """All parties of some agreements with the moments of their signing, version by version."""
    found: dict[Version, Signings] = {}
    rows = rows_at(session, PARTIES, Party, Party.agreement_id, agreements, at)
    for agreement, version, organisation, signed_on, _ in rows:
        found.setdefault(Version(agreement, version), {})[organisation] = start_of(signed_on)
    return found


def read_version(
    row: Sequence[Any], signed_at: datetime | None, complete_at: datetime | None, *, alone: bool = False
) -> AgreementFacts:
    """A version's row as facts of one of its parties."""
    number, reference, kind, version, system, state, starts_on, ends_on, scope, *basis, _ = row
    return AgreementFacts(
        number,
        intern(reference),
        AgreementKind(kind),
        version,
        intern(system),
        AgreementState(state),
        start_of(starts_on),
        end_of(ends_on),
        signed_at,
        complete_at,
        tuple((scope or {}).get("purposes", ())),
        tuple((scope or {}).get("fields", ())),
        tuple((name, tuple(values)) for name, values in (scope or {}).get("cohort", {}).items()),
        read_basis(*basis),
        alone,
    )


@lru_cache(maxsize=1024)
def read_basis(article_6: str | None, article_9: str | None, schedule_1: int | None) -> LawfulBasis:
    """A version's lawful basis, the same for all that say the same."""
    return LawfulBasis(
        Article6(article_6) if article_6 else None, Article9(article_9) if article_9 else None, schedule_1
    )


def keys_of_parties(session: Session, rows: Sequence[Mapping[str, Any]]) -> Iterator[FactKey]:
    """The keys of every organisation that the agreements of some rows ever named, for each of their systems."""
    agreements = sorted({int(row["agreement_id"]) for row in rows})
    question = select(Party.organisation_id, AgreementVersion.system).distinct()
    question = question.join(AgreementVersion, AgreementVersion.agreement_id == Party.agreement_id)
    for start in range(0, len(agreements), BATCH):
        part = question.where(Party.agreement_id.in_(agreements[start : start + BATCH]))
        for organisation, system in session.execute(part):
            yield agreement_key(organisation, system)
