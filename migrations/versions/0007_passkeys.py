"""Passkeys: the credential of each, and the challenges that wait for their one answer."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

PASSKEY, CHALLENGE = "passkey", "webauthn_challenge"


def upgrade(engine_name: str) -> None:
    """Take the step forwards."""
    if engine_name != "facts":
        return
    op.create_table(
        PASSKEY,
        sa.Column(
            "authenticator_id",
            sa.Integer(),
            sa.ForeignKey("authenticator.id", name=f"fk_{PASSKEY}_authenticator_id"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("user_handle", sa.LargeBinary(length=64), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("backup_eligible", sa.Boolean(), nullable=False),
        sa.Column("backup_state", sa.Boolean(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("aaguid", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("authenticator_id", name=f"pk_{PASSKEY}"),
        sa.UniqueConstraint("credential_id", name=f"uq_{PASSKEY}_credential_id"),
    )
    op.create_table(
        CHALLENGE,
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("bound_to", sa.String(length=80), nullable=False),
        sa.Column("ceremony", sa.String(length=20), nullable=False),
        sa.Column(
            "person_id", sa.Integer(), sa.ForeignKey("person.id", name=f"fk_{CHALLENGE}_person_id"), nullable=True
        ),
        sa.Column("challenge", sa.LargeBinary(length=64), nullable=False),
        sa.Column("user_handle", sa.LargeBinary(length=64), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ceremony IN ('creation', 'second_step', 'sign_in')", name=op.f(f"ck_{CHALLENGE}_ceremony")),
        sa.PrimaryKeyConstraint("id", name=f"pk_{CHALLENGE}"),
        sa.UniqueConstraint("bound_to", "ceremony", name=f"uq_{CHALLENGE}_bound_to"),
    )
    op.create_index(op.f(f"ix_{CHALLENGE}_expires_at"), CHALLENGE, ["expires_at"], unique=False)


def downgrade(engine_name: str) -> None:
    """Take it back."""
    if engine_name == "facts":
        for table in (CHALLENGE, PASSKEY):
            op.drop_table(table)
