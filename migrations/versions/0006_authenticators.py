"""Authenticators: what people prove themselves with, recovery codes, attempts, temporary replacements."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

AUTHENTICATOR, CODES = "authenticator", "recovery_code"
ATTEMPTS, FAILURES, REPLACEMENT = "second_factor_attempts", "factor_failures", "temporary_replacement"
MOMENT = sa.DateTime(timezone=True)


def moment(name: str, *, nullable: bool = True) -> sa.Column:
    """A column of a moment."""
    return sa.Column(name, MOMENT, nullable=nullable)


def refers(table: str, column: str, to: str, *, nullable: bool = False) -> sa.Column:
    """A column that names a row of another table."""
    return sa.Column(column, sa.Integer(), sa.ForeignKey(f"{to}.id", name=f"fk_{table}_{column}"), nullable=nullable)


def upgrade(engine_name: str) -> None:
    """Take the step forwards."""
    if engine_name != "facts":
        return
    op.create_table(
        AUTHENTICATOR,
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        refers(AUTHENTICATOR, "person_id", "person"),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("serial", sa.String(length=60), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column("drift", sa.Integer(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("told_step", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        moment("created_at", nullable=False),
        *(moment(name) for name in ("activated_at", "first_used_at", "last_used_at", "ended_at", "ends_at")),
        refers(AUTHENTICATOR, "replaces_id", AUTHENTICATOR, nullable=True),
        sa.Column("begun_in", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('totp', 'hotp', 'passkey', 'recovery')", name=op.f(f"ck_{AUTHENTICATOR}_kind")),
        sa.CheckConstraint(
            "state IN ('pending', 'active', 'locked', 'lost', 'revoked', 'retired', 'expired')",
            name=op.f(f"ck_{AUTHENTICATOR}_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{AUTHENTICATOR}"),
        sa.UniqueConstraint("serial", name=f"uq_{AUTHENTICATOR}_serial"),
    )
    op.create_table(
        CODES,
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        refers(CODES, "authenticator_id", AUTHENTICATOR),
        sa.Column("marker", sa.LargeBinary(length=2), nullable=False),
        sa.Column("digest", sa.String(length=200), nullable=False),
        moment("used_at"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{CODES}"),
    )
    op.create_table(
        ATTEMPTS,
        refers(ATTEMPTS, "person_id", "person"),
        sa.Column("failures", sa.Integer(), nullable=False),
        *(moment(name) for name in ("wait_until", "locked_until", "failed_at")),
        sa.PrimaryKeyConstraint("person_id", name=f"pk_{ATTEMPTS}"),
    )
    op.create_table(
        FAILURES,
        refers(FAILURES, "person_id", "person"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("finding", sa.String(length=20), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "day", "kind", "finding", name=f"pk_{FAILURES}"),
    )
    op.create_table(
        REPLACEMENT,
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        refers(REPLACEMENT, "person_id", "person"),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(length=400), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("asked_through", sa.String(length=220), nullable=False),
        moment("asked_at", nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        moment("decided_at"),
        sa.Column("link_digest", sa.LargeBinary(length=32), nullable=True),
        moment("link_ends_at"),
        sa.Column("redeemed_in", sa.Integer(), nullable=True),
        moment("redeemed_at"),
        refers(REPLACEMENT, "authenticator_id", AUTHENTICATOR, nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'approved', 'refused', 'redeemed', 'used')", name=op.f(f"ck_{REPLACEMENT}_state")
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{REPLACEMENT}"),
        sa.UniqueConstraint("link_digest", name=f"uq_{REPLACEMENT}_link_digest"),
    )
    for table, column in ((AUTHENTICATOR, "person_id"), (CODES, "authenticator_id"), (REPLACEMENT, "person_id")):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def downgrade(engine_name: str) -> None:
    """Take it back."""
    if engine_name == "facts":
        for table in (REPLACEMENT, FAILURES, ATTEMPTS, CODES, AUTHENTICATOR):
            op.drop_table(table)
