"""The first layout: recorded facts and their ledger; chains, leaves and bodies of the trail."""

from typing import Any

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


def recorded(table: str, *columns: sa.Column[Any] | sa.Constraint) -> None:
    """A table of recorded facts: its own columns, and those that every fact has."""
    op.create_table(
        table,
        *columns,
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        refers(table, "recorded_by", "change.id", nullable=False),
        refers(table, "closed_by", "change.id", nullable=True),
        refers(table, "erased_by", "change.id", nullable=True, index=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )


def refers(table: str, column: str, target: str, *, nullable: bool, index: bool = True) -> sa.Column[Any]:
    """A column that refers to another table's row."""
    key = sa.ForeignKey(target, name=f"fk_{table}_{column}")
    return sa.Column(column, sa.Integer(), key, nullable=nullable, index=index)


def upgrade_facts() -> None:
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
    recorded(
        "access_grant",
        refers("access_grant", "person_id", "person.id", nullable=False),
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        refers("access_grant", "organisation_id", "organisation.id", nullable=False),
        sa.Column("approvals", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("scope", sa.JSON(none_as_null=True), nullable=True),
    )
    op.create_index(op.f("ix_access_grant_system"), "access_grant", ["system"], unique=False)
    recorded(
        "agreement_party",
        refers("agreement_party", "agreement_id", "agreement.id", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        refers("agreement_party", "organisation_id", "organisation.id", nullable=False),
        sa.Column("signed_by", sa.String(length=200), nullable=True),
    )
    recorded(
        "agreement_signature",
        refers("agreement_signature", "agreement_id", "agreement.id", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        refers("agreement_signature", "person_id", "person.id", nullable=False),
    )
    recorded(
        "agreement_version",
        refers("agreement_version", "agreement_id", "agreement.id", nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("scope", sa.JSON(none_as_null=True), nullable=True),
    )
    op.create_table(
        "change_key",
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["change.id"], name=op.f("fk_change_key_change_id")),
        sa.PrimaryKeyConstraint("change_id", "kind", "number", "name", name=op.f("pk_change_key")),
    )
    recorded(
        "checklist_answer",
        refers("checklist_answer", "organisation_id", "organisation.id", nullable=False),
        sa.Column("checklist", sa.String(length=200), nullable=False),
        sa.Column("criterion", sa.Integer(), nullable=False),
        sa.Column("met", sa.Boolean(), nullable=False),
        sa.Column("signed_by", sa.String(length=200), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
    )
    recorded(
        "client_key",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("systems", sa.JSON(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
    )
    op.create_index(op.f("ix_client_key_prefix"), "client_key", ["prefix"], unique=False)
    recorded(
        "conflict",
        refers("conflict", "person_id", "person.id", nullable=False),
        sa.Column("key_id", sa.String(length=200), nullable=False),
        sa.Column("record_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("relation", sa.String(length=20), nullable=False),
    )
    recorded(
        "employment",
        refers("employment", "person_id", "person.id", nullable=False),
        refers("employment", "organisation_id", "organisation.id", nullable=False),
        sa.Column("post", sa.String(length=200), nullable=False),
        sa.Column("casework", sa.Boolean(), nullable=False),
    )
    recorded(
        "organisation_details",
        refers("organisation_details", "organisation_id", "organisation.id", nullable=False, index=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=200), nullable=False),
        refers("organisation_details", "parent_id", "organisation.id", nullable=True),
        sa.Column("area", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.CheckConstraint("status IN ('active', 'suspended', 'closed')", name=op.f("ck_organisation_details_status")),
    )
    op.create_index(
        op.f("ix_organisation_details_organisation_id"), "organisation_details", ["organisation_id"], unique=False
    )
    recorded(
        "pack_activation",
        sa.Column("system", sa.String(length=60), nullable=False),
        refers("pack_activation", "pack_revision_id", "pack_revision.id", nullable=False, index=False),
    )
    op.create_index(op.f("ix_pack_activation_system"), "pack_activation", ["system"], unique=False)
    recorded(
        "person_details",
        refers("person_details", "person_id", "person.id", nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        refers("person_details", "manager_id", "person.id", nullable=True),
        sa.Column("attributes", sa.JSON(none_as_null=True), nullable=True),
    )
    op.create_index(op.f("ix_person_details_reference"), "person_details", ["reference"], unique=False)
    recorded(
        "suspension",
        refers("suspension", "person_id", "person.id", nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
    )
    recorded(
        "system_status",
        sa.Column("system", sa.String(length=60), nullable=False),
    )
    op.create_index(op.f("ix_system_status_system"), "system_status", ["system"], unique=False)
    op.create_table(
        "trail_entry_body",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["seq"], ["trail_entry.seq"], name=op.f("fk_trail_entry_body_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_trail_entry_body")),
    )
    recorded(
        "training",
        refers("training", "person_id", "person.id", nullable=False),
        sa.Column("course", sa.String(length=200), nullable=False),
    )
    recorded(
        "vetting_check",
        refers("vetting_check", "person_id", "person.id", nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("workforce", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("barred_list", sa.String(length=20), nullable=False),
    )
    op.execute("INSERT INTO ledger (id, revision, entries, head) VALUES (1, 0, 0, '')")
    protect("trail_entry", "")
    protect("trail_entry_body", "", blanks=("seq",))


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
    protect("leaf", "trail.")
    protect("body", "trail.", blanks=("chain", "seq"))


def downgrade_trail() -> None:
    for table in ("body", "leaf", "chain"):
        op.drop_table(table, schema="trail")
    drop_functions("trail.")


def protect(table: str, schema: str, *, blanks: tuple[str, ...] = ()) -> None:
    """Make a table append-only; where it has keys for `blanks`, an update may blank a row's body, and nothing else."""
    kept = " AND ".join(f"NEW.{key} = OLD.{key}" for key in blanks)
    blanked = f"NEW.body IS NULL AND NEW.salt IS NULL AND {kept}"
    if op.get_bind().dialect.name == "sqlite":
        told = f"SELECT RAISE(ABORT, '{table} is append-only')"
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {told}; END")
        when = f"WHEN NOT ({blanked})" if blanks else ""
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {when} BEGIN {told}; END")
        return
    blank = f"IF TG_OP = 'UPDATE' AND {blanked} THEN RETURN NEW; END IF;" if blanks else ""
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
