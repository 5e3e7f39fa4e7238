"""Runs every step on both databases: the facts, and the decision records in their own file or schema."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection, Engine

from governance.kernel.db import writing

LOCK = 7_401_226


def migrate(name: str, connection: Connection) -> None:
    """Bring one database to the newest step, alone."""
    options: dict[str, Any] = {"connection": connection, "target_metadata": None, "render_as_batch": True}
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        if name == "trail":
            connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS trail")
            options["version_table_schema"] = "trail"
    context.configure(**options)
    with context.begin_transaction():
        context.run_migrations(engine_name=name)


engines: dict[str, Engine] = context.config.attributes["engines"]
for name, engine in engines.items():
    with writing(engine) as connection:
        migrate(name, connection)
