"""What may be written of agreements, their parties and their signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from agreements.rules import LAST_PARAGRAPH, AgreementKind, AgreementState, Article6, Article9, DpiaOutcome
from governance.ports.columns import Day, Text, Word


class AgreementIn(Schema):
    """A version of an agreement for one system; no purposes or no fields means all of them.

    On what lawful basis it shares is recorded in the points and paragraphs of UK GDPR and the DPA 2018.
    """

    reference = Text(required=True)
    kind = fields.Enum(AgreementKind, by_value=True, required=True)
    version = fields.Integer(strict=True, required=True, validate=validate.Range(1, 100_000))
    system = Word(required=True, validate=validate.Length(max=100))
    state = fields.Enum(AgreementState, by_value=True, load_default=AgreementState.ACTIVE)
    purposes = fields.List(Text(), load_default=list)
    fields_ = fields.List(Text(), data_key="fields", load_default=list)
    article_6 = fields.Enum(Article6, by_value=True)
    article_9 = fields.Enum(Article9, by_value=True)
    schedule_1 = fields.Integer(strict=True, validate=validate.Range(1, LAST_PARAGRAPH))
    gateway = Text()
    dpia = Text()
    dpia_outcome = fields.Enum(DpiaOutcome, by_value=True)
    dpia_on = Day()
    starts_on = Day(data_key="from", required=True)
    ends_on = Day(data_key="to")

    @validates_schema
    def refuse_half_an_assessment(self, row: Mapping[str, Any], **_kwargs: Any) -> None:
        """Refuse an assessment without its reference, its outcome or its day: one alone proves nothing."""
        parts = ("dpia", "dpia_outcome", "dpia_on")
        missing = [name for name in parts if name not in row]
        if missing and len(missing) < len(parts):
            raise ValidationError({name: ["An assessment has a reference, an outcome and a day."] for name in missing})


class PartyIn(Schema):
    """An organisation that a version names, and when and by whom it signed."""

    agreement = Text(required=True)
    version = fields.Integer(strict=True, required=True, validate=validate.Range(1, 100_000))
    organisation = Text(required=True)
    starts_on = Day(data_key="signed_on")
    signed_by = Text()

    @validates_schema
    def refuse_undated_signature(self, row: Mapping[str, Any], **_kwargs: Any) -> None:
        """Refuse a signatory without a day: an undated signature is none."""
        if row.get("signed_by") and not row.get("starts_on"):
            raise ValidationError("Say on which day it was signed.", "signed_on")


class SignatureIn(Schema):
    """A person's signature under one version of an individual agreement."""

    agreement = Text(required=True)
    version = fields.Integer(strict=True, required=True, validate=validate.Range(1, 100_000))
    person = Text(required=True)
    starts_on = Day(data_key="signed_on", required=True)
