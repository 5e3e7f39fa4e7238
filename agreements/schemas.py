"""What may be written of agreements, their parties and their signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from agreements.rules import LAST_PARAGRAPH, AgreementKind, AgreementState, Article6, Article9, DpiaOutcome
from governance.ports.columns import Day, Table, Text, Word


def refuse_empty_cohort(cohort: Mapping[str, Any]) -> None:
    """Refuse a property without values, which would say nothing, and one of anything but texts."""
    for name, values in cohort.items():
        texts = [values] if isinstance(values, str) else values
        if not isinstance(texts, list) or not texts or not all(each.strip() for each in texts):
            raise ValidationError(f"{name}: write a text, or a list of texts that is not empty.")


class AgreementIn(Schema):
    """A version of an agreement for one system; no purposes, no fields or no cohort means all of them.

    On what lawful basis it shares is recorded in the points and paragraphs of UK GDPR and the DPA 2018.
    """

    reference = Text(required=True, metadata={"says": "the agreement's reference"})
    kind = fields.Enum(
        AgreementKind,
        by_value=True,
        required=True,
        metadata={"says": "organisations share data, organisations join a protocol, or one person agrees"},
    )
    version = fields.Integer(
        strict=True, required=True, validate=validate.Range(1, 100_000), metadata={"says": "the version's number"}
    )
    system = Word(
        required=True, validate=validate.Length(max=100), metadata={"says": "the system that it covers, a row for each"}
    )
    state = fields.Enum(
        AgreementState,
        by_value=True,
        load_default=AgreementState.ACTIVE,
        metadata={"says": "in force are active, conditional and review_due"},
    )
    purposes = fields.List(Text(), load_default=list, metadata={"says": "the purposes that it covers; none means all"})
    fields_ = fields.List(
        Text(), data_key="fields", load_default=list, metadata={"says": "the fields that it covers; none means all"}
    )
    cohort = Table(
        load_default=dict,
        validate=refuse_empty_cohort,
        metadata={"says": "whose records it covers, one property a name; none means all"},
    )
    article_6 = fields.Enum(
        Article6, by_value=True, metadata={"says": "the basis of UK GDPR, Article 6(1), by its point"}
    )
    article_9 = fields.Enum(
        Article9, by_value=True, metadata={"says": "the condition of UK GDPR, Article 9(2), by its point"}
    )
    schedule_1 = fields.Integer(
        strict=True,
        validate=validate.Range(1, LAST_PARAGRAPH),
        metadata={"says": "the paragraph of the Data Protection Act 2018, Schedule 1"},
    )
    gateway = Text(metadata={"says": "the statutory gateway"})
    dpia = Text(metadata={"says": "the reference of the impact assessment; goes with its outcome and its day"})
    dpia_outcome = fields.Enum(DpiaOutcome, by_value=True, metadata={"says": "what the assessment came to"})
    dpia_on = Day(metadata={"says": "the day of the assessment"})
    starts_on = Day(data_key="from", required=True, metadata={"says": "the first day"})
    ends_on = Day(data_key="to", metadata={"says": "the last day"})

    @validates_schema
    def refuse_half_an_assessment(self, row: Mapping[str, Any], **_kwargs: Any) -> None:
        """Refuse an assessment without its reference, its outcome or its day: one alone proves nothing."""
        parts = ("dpia", "dpia_outcome", "dpia_on")
        missing = [name for name in parts if name not in row]
        if missing and len(missing) < len(parts):
            raise ValidationError({name: ["An assessment has a reference, an outcome and a day."] for name in missing})


class PartyIn(Schema):
    """An organisation that a version names, and when and by whom it signed."""

    agreement = Text(required=True, metadata={"says": "the agreement's reference"})
    version = fields.Integer(
        strict=True, required=True, validate=validate.Range(1, 100_000), metadata={"says": "the version's number"}
    )
    organisation = Text(required=True, metadata={"says": "the organisation's reference"})
    starts_on = Day(data_key="signed_on", metadata={"says": "the day on which it signed; empty until then"})
    signed_by = Text(metadata={"says": "who signed for it"})

    @validates_schema
    def refuse_undated_signature(self, row: Mapping[str, Any], **_kwargs: Any) -> None:
        """Refuse a signatory without a day: an undated signature is none."""
        if row.get("signed_by") and not row.get("starts_on"):
            raise ValidationError("This signature has no day. Write on which day it was signed.", "signed_on")


class SignatureIn(Schema):
    """A person's signature under one version of an individual agreement."""

    agreement = Text(required=True, metadata={"says": "the agreement's reference"})
    version = fields.Integer(
        strict=True, required=True, validate=validate.Range(1, 100_000), metadata={"says": "the version's number"}
    )
    person = Text(required=True, metadata={"says": "the person's reference"})
    starts_on = Day(data_key="signed_on", required=True, metadata={"says": "the day of the signature"})
