"""The first layout: recorded facts and their ledger; chains, leaves and bodies of the trail."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade(engine_name: str) -> None:
    """Take the step forwards."""
    {"facts": upgrade_facts, "trail": upgrade_trail}[engine_name]()


def downgrade(engine_name: str) -> None:
    """Take it back."""
    {"facts": downgrade_facts, "trail": downgrade_trail}[engine_name]()


def upgrade_facts() -> None:  # noqa: PLR0915 - one table after another
    op.create_table(
        "agreement",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("reference", name=op.f("uq_agreement_reference")),
    )
    op.create_table(
        "change",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("base_revision", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
        sa.UniqueConstraint("revision", name=op.f("uq_change_revision")),
    )
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=43), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("reference", name=op.f("uq_organisation_reference")),
    )
    op.create_table(
        "pack_revision",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("system_toml", sa.Text(), nullable=False),
        sa.Column("policy_csv", sa.Text(), nullable=False),
        sa.Column("cases_toml", sa.Text(), nullable=False),
        sa.Column("readme", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_revision")),
        sa.UniqueConstraint("system", "digest", name=op.f("uq_pack_revision_system")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("reference", name=op.f("uq_person_reference")),
    )
    op.create_table(
        "trail_entry",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_trail_entry")),
    )
    op.create_table(
        "access_grant",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("approvals", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("scope", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("erased_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["change.id"], name=op.f("fk_access_grant_closed_by")),
        sa.ForeignKeyConstraint(["erased_by"], ["change.id"], name=op.f("fk_access_grant_erased_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_access_grant_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_access_grant_person_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["change.id"], name=op.f("fk_access_grant_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_grant")),
    )
    op.create_index(op.f("ix_access_grant_closed_by"), "access_grant", ["closed_by"], unique=False)
    op.create_index(op.f("ix_access_grant_organisation_id"), "access_grant", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_access_grant_person_id"), "access_grant", ["person_id"], unique=False)
    op.create_index(op.f("ix_access_grant_recorded_by"), "access_grant", ["recorded_by"], unique=False)
    op.create_index(op.f("ix_access_grant_system"), "access_grant", ["system"], unique=False)
    op.create_table(
        "agreement_party",
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("signed_by", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("erased_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_party_agreement_id")),
        sa.ForeignKeyConstraint(["closed_by"], ["change.id"], name=op.f("fk_agreement_party_closed_by")),
        sa.ForeignKeyConstraint(["erased_by"], ["change.id"], name=op.f("fk_agreement_party_erased_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_agreement_party_organisation_id")
        ),
        sa.ForeignKeyConstraint(["recorded_by"], ["change.id"], name=op.f("fk_agreement_party_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_party")),
    )
    op.create_index(op.f("ix_agreement_party_agreement_id"), "agreement_party", ["agreement_id"], unique=False)
    op.create_index(op.f("ix_agreement_party_closed_by"), "agreement_party", ["closed_by"], unique=False)
    op.create_index(op.f("ix_agreement_party_organisation_id"), "agreement_party", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_agreement_party_recorded_by"), "agreement_party", ["recorded_by"], unique=False)
    op.create_table(
        "agreement_signature",
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("erased_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_signature_agreement_id")),
        sa.ForeignKeyConstraint(["closed_by"], ["change.id"], name=op.f("fk_agreement_signature_closed_by")),
        sa.ForeignKeyConstraint(["erased_by"], ["change.id"], name=op.f("fk_agreement_signature_erased_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_agreement_signature_person_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["change.id"], name=op.f("fk_agreement_signature_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_signature")),
    )
    op.create_index(op.f("ix_agreement_signature_agreement_id"), "agreement_signature", ["agreement_id"], unique=False)
    op.create_index(op.f("ix_agreement_signature_closed_by"), "agreement_signature", ["closed_by"], unique=False)
    op.create_index(op.f("ix_agreement_signature_person_id"), "agreement_signature", ["person_id"], unique=False)
    op.create_index(op.f("ix_agreement_signature_recorded_by"), "agreement_signature", ["recorded_by"], unique=False)
    op.create_table(
        "agreement_version",
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("scope", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("erased_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_version_agreement_id")),
        sa.ForeignKeyConstraint(["closed_by"], ["change.id"], name=op.f("fk_agreement_version_closed_by")),
        sa.ForeignKeyConstraint(["erased_by"], ["change.id"], name=op.f("fk_agreement_version_erased_by")),
        sa.ForeignKeyConstraint(["recorded_by"], ["change.id"], name=op.f("fk_agreement_version_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_version")),
    )
    op.create_index(op.f("ix_agreement_version_agreement_id"), "agreement_version", ["agreement_id"], unique=False)
    op.create_index(op.f("ix_agreement_version_closed_by"), "agreement_version", ["closed_by"], unique=False)
    op.create_index(op.f("ix_agreement_version_recorded_by"), "agreement_version", ["recorded_by"], unique=False)
    op.create_table(
        "change_key",
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["change.id"], name=op.f("fk_change_key_change_id")),
        sa.PrimaryKeyConstraint("change_id", "kind", "number", "name", name=op.f("pk_change_key")),
    )
    op.create_table(
        "checklist_answer",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("checklist", sa.String(length=200), nullable=False),
        sa.Column("criterion", sa.Integer(), nullable=False),
        sa.Column("met", sa.Boolean(), nullable=False),
        sa.Column("signed_by", sa.String(length=200), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("erased_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["change.id"], name=op.f("fk_checklist_answer_closed_by")),
        sa.ForeignKeyConstraint(["erased_by"], ["change.id"], name=op.f("fk_checklist_answer_erased_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_checklist_answer_organisation_id")
        ),
        sa.ForeignKeyConstraint(["recorded_by"], ["change.id"], name=op.f("fk_checklist_answer_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_answer")),
    )
    op.create_index(op.f("ix_checklist_answer_closed_by"), "checklist_answer", ["closed_by"], unique=False)
    op.create_index(op.f("ix_checklist_answer_organisation_id"), "checklist_answer", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_checklist_answer_recorded_by"), "checklist_answer", ["recorded_by"], unique=False)
    op.create_table(
        "client_key",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("systems", sa.JSON(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("erased_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["change.id"], name=op.f("fk_client_key_closed_by")),
        sa.ForeignKeyConstraint(["erased_by"], ["change.id"], name=op.f("fk_client_key_erased_by")),
        sa.ForeignKeyConstraint(["recorded_by"], ["change.id"], name=op.f("fk_client_key_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_key")),
    )
    op.create_index(op.f("ix_client_key_closed_by"), "client_key", ["closed_by"], unique=False)
    op.create_index(op.f("ix_client_key_prefix"), "client_key", ["prefix"], unique=False)
    op.create_index(op.f("ix_client_key_recorded_by"), "client_key", ["recorded_by"], unique=False)
    op.create_table(
        "conflict",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(length=200), nullable=False),
        sa.Column("record_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("relation", sa.String(length=20), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("erased_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["change.id"], name=op.f("fk_conflict_closed_by")),
        sa.ForeignKeyConstraint(["erased_by"], ["change.id"], name=op.f("fk_conflict_erased_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_conflict_person_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["change.id"], name=op.f("fk_conflict_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict")),
    )
    op.create_index(op.f("ix_conflict_closed_by"), "conflict", ["closed_by"], unique=False)
    op.create_index(op.f("ix_conflict_person_id"), "conflict", ["person_id"], unique=False)
    op.create_index(op.f("ix_conflict_recorded_by"), "conflict", ["recorded_by"], unique=False)
    op.create_table(
        "employment",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("post", sa.String(length=200), nullable=False),
        sa.Column("casework", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("erased_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["change.id"], name=op.f("fk_employment_closed_by")),
        sa.ForeignKeyConstraint(["erased_by"], ["change.id"], name=op.f("fk_employment_erased_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_employment_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_employment_person_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["change.id"], name=op.f("fk_employment_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employment")),
    )
    op.create_index(op.f("ix_employment_closed_by"), "employment", ["closed_by"], unique=False)
    op.create_index(op.f("ix_employment_organisation_id"), "employment", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_employment_person_id"), "employment", ["person_id"], unique=False)
    op.create_index(op.f("ix_employment_recorded_by"), "employment", ["recorded_by"], unique=False)
    op.create_table(
        "organisation_details",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=200), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("area", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("erased_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("status IN ('active', 'suspended', 'closed')", name=op.f("ck_organisation_details_status")),
        sa.ForeignKeyConstraint(["closed_by"], ["change.id"], name=op.f("fk_organisation_details_closed_by")),
        sa.ForeignKeyConstraint(["erased_by"], ["change.id"], name=op.f("fk_organisation_details_erased_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_organisation_details_organisation_id")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["organisation.id"], name=op.f("fk_organisation_details_parent_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["change.id"], name=op.f("fk_organisation_details_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_details")),
    )
    op.create_index(op.f("ix_organisation_details_closed_by"), "organisation_details", ["closed_by"], unique=False)
    op.create_index(
        op.f("ix_organisation_details_organisation_id"), "organisation_details", ["organisation_id"], unique=False
    )
    op.create_index(op.f("ix_organisation_details_parent_id"), "organisation_details", ["parent_id"], unique=False)
    op.create_index(op.f("ix_organisation_details_recorded_by"), "organisation_details", ["recorded_by"], unique=False)
    op.create_table(
        "pack_activation",
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("pack_revision_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("erased_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["change.id"], name=op.f("fk_pack_activation_closed_by")),
        sa.ForeignKeyConstraint(["erased_by"], ["change.id"], name=op.f("fk_pack_activation_erased_by")),
        sa.ForeignKeyConstraint(
            ["pack_revision_id"], ["pack_revision.id"], name=op.f("fk_pack_activation_pack_revision_id")
        ),
        sa.ForeignKeyConstraint(["recorded_by"], ["change.id"], name=op.f("fk_pack_activation_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_activation")),
    )
    op.create_index(op.f("ix_pack_activation_closed_by"), "pack_activation", ["closed_by"], unique=False)
    op.create_index(op.f("ix_pack_activation_recorded_by"), "pack_activation", ["recorded_by"], unique=False)
    op.create_index(op.f("ix_pack_activation_system"), "pack_activation", ["system"], unique=False)
    op.create_table(
        "person_details",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("attributes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("erased_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["change.id"], name=op.f("fk_person_details_closed_by")),
        sa.ForeignKeyConstraint(["erased_by"], ["change.id"], name=op.f("fk_person_details_erased_by")),
        sa.ForeignKeyConstraint(["manager_id"], ["person.id"], name=op.f("fk_person_details_manager_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_details_person_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["change.id"], name=op.f("fk_person_details_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_details")),
    )
    op.create_index(op.f("ix_person_details_closed_by"), "person_details", ["closed_by"], unique=False)
    op.create_index(op.f("ix_person_details_manager_id"), "person_details", ["manager_id"], unique=False)
    op.create_index(op.f("ix_person_details_person_id"), "person_details", ["person_id"], unique=False)
    op.create_index(op.f("ix_person_details_recorded_by"), "person_details", ["recorded_by"], unique=False)
    op.create_index(op.f("ix_person_details_reference"), "person_details", ["reference"], unique=False)
    op.create_table(
        "suspension",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("erased_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["change.id"], name=op.f("fk_suspension_closed_by")),
        sa.ForeignKeyConstraint(["erased_by"], ["change.id"], name=op.f("fk_suspension_erased_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_suspension_person_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["change.id"], name=op.f("fk_suspension_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspension")),
    )
    op.create_index(op.f("ix_suspension_closed_by"), "suspension", ["closed_by"], unique=False)
    op.create_index(op.f("ix_suspension_person_id"), "suspension", ["person_id"], unique=False)
    op.create_index(op.f("ix_suspension_recorded_by"), "suspension", ["recorded_by"], unique=False)
    op.create_table(
        "system_status",
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("erased_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["change.id"], name=op.f("fk_system_status_closed_by")),
        sa.ForeignKeyConstraint(["erased_by"], ["change.id"], name=op.f("fk_system_status_erased_by")),
        sa.ForeignKeyConstraint(["recorded_by"], ["change.id"], name=op.f("fk_system_status_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_system_status")),
    )
    op.create_index(op.f("ix_system_status_closed_by"), "system_status", ["closed_by"], unique=False)
    op.create_index(op.f("ix_system_status_recorded_by"), "system_status", ["recorded_by"], unique=False)
    op.create_index(op.f("ix_system_status_system"), "system_status", ["system"], unique=False)
    op.create_table(
        "trail_entry_body",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["seq"], ["trail_entry.seq"], name=op.f("fk_trail_entry_body_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_trail_entry_body")),
    )
    op.create_table(
        "training",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("erased_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["change.id"], name=op.f("fk_training_closed_by")),
        sa.ForeignKeyConstraint(["erased_by"], ["change.id"], name=op.f("fk_training_erased_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_training_person_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["change.id"], name=op.f("fk_training_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training")),
    )
    op.create_index(op.f("ix_training_closed_by"), "training", ["closed_by"], unique=False)
    op.create_index(op.f("ix_training_person_id"), "training", ["person_id"], unique=False)
    op.create_index(op.f("ix_training_recorded_by"), "training", ["recorded_by"], unique=False)
    op.create_table(
        "vetting_check",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("workforce", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("barred_list", sa.String(length=20), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("erased_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["change.id"], name=op.f("fk_vetting_check_closed_by")),
        sa.ForeignKeyConstraint(["erased_by"], ["change.id"], name=op.f("fk_vetting_check_erased_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_vetting_check_person_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["change.id"], name=op.f("fk_vetting_check_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vetting_check")),
    )
    op.create_index(op.f("ix_vetting_check_closed_by"), "vetting_check", ["closed_by"], unique=False)
    op.create_index(op.f("ix_vetting_check_person_id"), "vetting_check", ["person_id"], unique=False)
    op.create_index(op.f("ix_vetting_check_recorded_by"), "vetting_check", ["recorded_by"], unique=False)
    op.execute("INSERT INTO ledger (id, revision, entries, head) VALUES (1, 0, 0, '')")
    protect("trail_entry", "", updates=False)
    protect("trail_entry_body", "", updates=True)


FACTS = (
    "vetting_check",
    "training",
    "trail_entry_body",
    "system_status",
    "suspension",
    "person_details",
    "pack_activation",
    "organisation_details",
    "employment",
    "conflict",
    "client_key",
    "checklist_answer",
    "change_key",
    "agreement_version",
    "agreement_signature",
    "agreement_party",
    "access_grant",
    "trail_entry",
    "person",
    "pack_revision",
    "organisation",
    "ledger",
    "change",
    "agreement",
)


def downgrade_facts() -> None:
    for table in FACTS:
        op.drop_table(table)
    drop_functions("")


def upgrade_trail() -> None:
    op.create_table(
        "chain",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(20), nullable=False, unique=True),
        sa.Column("opened_at", sa.String(40), nullable=False),
        sa.Column("head_seq", BIG, nullable=False),
        sa.Column("head", sa.String(43), nullable=False),
        schema="trail",
    )
    op.create_table(
        "leaf",
        sa.Column("chain", sa.Integer, sa.ForeignKey("trail.chain.number"), primary_key=True),
        sa.Column("seq", BIG, primary_key=True, autoincrement=False),
        sa.Column("system", sa.String(80), nullable=False),
        sa.Column("decision", sa.SmallInteger, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        schema="trail",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "body",
        sa.Column("chain", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", BIG, primary_key=True, autoincrement=False),
        sa.Column("salt", sa.LargeBinary(16)),
        sa.Column("body", sa.LargeBinary),
        schema="trail",
        sqlite_with_rowid=False,
    )
    protect("leaf", "trail.", updates=False)
    protect("body", "trail.", updates=True)


def downgrade_trail() -> None:
    for table in ("body", "leaf", "chain"):
        op.drop_table(table, schema="trail")
    drop_functions("trail.")


def protect(table: str, schema: str, *, updates: bool) -> None:
    """Make a table append-only; where `updates` are allowed, they may only blank a body."""
    if op.get_bind().dialect.name == "sqlite":
        told = f"SELECT RAISE(ABORT, '{table} is append-only')"
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {told}; END")
        when = "WHEN NEW.body IS NOT NULL OR NEW.salt IS NOT NULL" if updates else ""
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {when} BEGIN {told}; END")
        return
    blank = "IF TG_OP = 'UPDATE' AND NEW.body IS NULL AND NEW.salt IS NULL THEN RETURN NEW; END IF;" if updates else ""
    op.execute(
        f"CREATE FUNCTION {schema}{table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {blank} RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    for name, event, each in (("rows", "UPDATE OR DELETE", "ROW"), ("all", "TRUNCATE", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER {table}_keep_{name} BEFORE {event} ON {schema}{table} "
            f"FOR EACH {each} EXECUTE FUNCTION {schema}{table}_append_only()"
        )


def drop_functions(schema: str) -> None:
    """Remove what protected the tables."""
    if op.get_bind().dialect.name == "postgresql":
        for table in ("leaf", "body") if schema else ("trail_entry", "trail_entry_body"):
            op.execute(f"DROP FUNCTION {schema}{table}_append_only()")
