"""A session says which organisation's provider began it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade(engine_name: str) -> None:
    """Take the step forwards."""
    if engine_name == "facts":
        op.add_column("sign_in_session", sa.Column("vouched_by", sa.Integer(), nullable=True))


def downgrade(engine_name: str) -> None:
    """Take the step back."""
    if engine_name == "facts":
        op.drop_column("sign_in_session", "vouched_by")
