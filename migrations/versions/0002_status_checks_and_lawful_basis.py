"""Status checks with the DBS Update Service, and the lawful basis of an agreement: columns more, none less."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

CHECK = ("subscribed", "consented_on", "status_on", "status")
VERSION = ("article_6", "article_9", "schedule_1", "gateway", "dpia", "dpia_outcome", "dpia_on")


def upgrade(engine_name: str) -> None:
    """Take the step forwards; a row that stands already says nothing of what is new."""
    if engine_name != "facts":
        return
    op.add_column("vetting_check", sa.Column("subscribed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("vetting_check", sa.Column("consented_on", sa.Date(), nullable=True))
    op.add_column("vetting_check", sa.Column("status_on", sa.Date(), nullable=True))
    op.add_column("vetting_check", sa.Column("status", sa.String(length=20), nullable=True))
    op.add_column("agreement_version", sa.Column("article_6", sa.String(length=2), nullable=True))
    op.add_column("agreement_version", sa.Column("article_9", sa.String(length=2), nullable=True))
    op.add_column("agreement_version", sa.Column("schedule_1", sa.Integer(), nullable=True))
    op.add_column("agreement_version", sa.Column("gateway", sa.String(length=200), nullable=True))
    op.add_column("agreement_version", sa.Column("dpia", sa.String(length=200), nullable=True))
    op.add_column("agreement_version", sa.Column("dpia_outcome", sa.String(length=30), nullable=True))
    op.add_column("agreement_version", sa.Column("dpia_on", sa.Date(), nullable=True))


def downgrade(engine_name: str) -> None:
    """Take it back."""
    if engine_name != "facts":
        return
    for table, columns in (("vetting_check", CHECK), ("agreement_version", VERSION)):
        for column in reversed(columns):
            op.drop_column(table, column)
