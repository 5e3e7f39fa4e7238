"""${message}."""

import sqlalchemy as sa
from alembic import op

revision = "${up_revision}"
down_revision = ${repr(down_revision)}


def upgrade(engine_name: str) -> None:
    """Take the step forwards."""
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    """Take it back."""
    globals()[f"downgrade_{engine_name}"]()
