"""A session says which organisation's provider began it. Where there are providers, the sessions that stand end."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade(engine_name: str) -> None:
    """Take the step forwards."""
    if engine_name == "facts":
        op.add_column("sign_in_session", sa.Column("vouched_by", sa.Integer(), nullable=True))
        op.execute(
            "UPDATE sign_in_session SET ended_at = seen_at"
            " WHERE ended_at IS NULL AND EXISTS (SELECT 1 FROM identity_provider)"
        )


def downgrade(engine_name: str) -> None:
    """Take the step back."""
    if engine_name == "facts":
        op.drop_column("sign_in_session", "vouched_by")
