"""Resources that are registered by name: one table more."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLE = "registered_resource"


def upgrade(engine_name: str) -> None:
    """Take the step forwards."""
    if engine_name != "facts":
        return
    op.create_table(
        TABLE,
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("resource_type", sa.String(length=200), nullable=False),
        sa.Column("resource_id", sa.String(length=200), nullable=False),
        sa.Column("properties", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        change("recorded_by", nullable=False),
        change("closed_by"),
        change("erased_by", index=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
    )
    op.create_index(op.f("ix_registered_resource_system"), TABLE, ["system"], unique=False)


def downgrade(engine_name: str) -> None:
    """Take it back."""
    if engine_name == "facts":
        op.drop_table(TABLE)


def change(column: str, *, nullable: bool = True, index: bool = True) -> sa.Column[Any]:
    """A column that names a change."""
    return sa.Column(
        column, sa.Integer(), sa.ForeignKey("change.id", name=f"fk_{TABLE}_{column}"), nullable=nullable, index=index
    )
