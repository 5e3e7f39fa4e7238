"""Mail that waits to be sent, and the runs of jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

MAIL, RUNS = "mail", "job_run"
moment = sa.DateTime(timezone=True)


def upgrade(engine_name: str) -> None:
    """Take the step forwards."""
    if engine_name != "facts":
        return
    op.create_table(
        MAIL,
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("data", sa.JSON(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("handovers", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=40), nullable=True),
        sa.Column("queued_at", moment, nullable=False),
        sa.Column("next_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("fault", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{MAIL}"),
        sa.UniqueConstraint("name", name=f"uq_{MAIL}_name"),
    )
    op.create_index(f"ix_{MAIL}_state_next_at", MAIL, ["state", "next_at"], unique=False)
    op.create_table(
        RUNS,
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("slot", moment, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("claim", sa.String(length=40), nullable=False),
        sa.Column("held_until", moment, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("fault", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("name", "slot", name=f"pk_{RUNS}"),
    )


def downgrade(engine_name: str) -> None:
    """Take it back."""
    if engine_name == "facts":
        op.drop_table(RUNS)
        op.drop_table(MAIL)
