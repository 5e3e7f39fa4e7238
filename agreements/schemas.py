"""What may be written of agreements, their parties and their signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from agreements.rules import AgreementKind, AgreementState
from governance.ports.columns import Day, Table, Text, Word


def refuse_empty_cohort(cohort: Mapping[str, Any]) -> None:
    """Refuse a property without values, which would say nothing, and one of anything but texts."""
    for name, values in cohort.items():
        texts = [values] if isinstance(values, str) else values
        if not isinstance(texts, list) or not texts or not all(each.strip() for each in texts):
            raise ValidationError(f"{name}: write a text, or a list of texts that is not empty.")


class AgreementIn(Schema):
    """A version of an agreement for one system; no purposes, no fields or no cohort means all of them."""

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
    starts_on = Day(data_key="from", required=True, metadata={"says": "the first day"})
    ends_on = Day(data_key="to", metadata={"says": "the last day"})


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
