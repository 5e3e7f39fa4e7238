"""Postern as an OpenID provider: front ends, codes, front ends' sessions; a key may go with one front end."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

FRONT_END, CODE, SESSION = "front_end", "authorization_code", "front_end_session"
moment = sa.DateTime(timezone=True)


def upgrade(engine_name: str) -> None:
    """Take the step forwards."""
    if engine_name != "facts":
        return
    op.create_table(
        FRONT_END,
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("client_id", sa.String(length=40), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("redirect_uris", sa.JSON(), nullable=False),
        sa.Column("post_logout_uris", sa.JSON(), nullable=False),
        sa.Column("systems", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        change("recorded_by", nullable=False),
        change("closed_by"),
        change("erased_by", index=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{FRONT_END}"),
    )
    op.create_index(op.f("ix_front_end_client_id"), FRONT_END, ["client_id"], unique=False)
    lay_out_codes()
    lay_out_sessions()
    with op.batch_alter_table("client_key") as table:
        table.add_column(sa.Column("front_end", sa.String(length=40), nullable=True))


def lay_out_codes() -> None:
    op.create_table(
        CODE,
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("code_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=40), nullable=False),
        sa.Column("redirect_uri", sa.String(length=2000), nullable=False),
        sa.Column("challenge", sa.String(length=128), nullable=False),
        sa.Column("nonce", sa.String(length=400), nullable=False),
        sa.Column("scope", sa.String(length=200), nullable=False),
        sa.Column("sign_in", sa.String(length=40), nullable=False),
        sa.Column("sid", sa.String(length=40), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{CODE}"),
        sa.UniqueConstraint("code_digest", name=f"uq_{CODE}_code_digest"),
    )
    for column in ("sign_in", "expires_at"):
        op.create_index(op.f(f"ix_{CODE}_{column}"), CODE, [column], unique=False)


def lay_out_sessions() -> None:
    person = sa.ForeignKey("person.id", name=f"fk_{SESSION}_person_id")
    op.create_table(
        SESSION,
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("sid", sa.String(length=40), nullable=False),
        sa.Column("client_id", sa.String(length=40), nullable=False),
        sa.Column("sign_in", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.Integer(), person, nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{SESSION}"),
        sa.UniqueConstraint("sid", name=f"uq_{SESSION}_sid"),
    )
    for column in ("sign_in", "person_id"):
        op.create_index(op.f(f"ix_{SESSION}_{column}"), SESSION, [column], unique=False)


def downgrade(engine_name: str) -> None:
    """Take it back."""
    if engine_name != "facts":
        return
    with op.batch_alter_table("client_key") as table:
        table.drop_column("front_end")
    for table_name in (SESSION, CODE, FRONT_END):
        op.drop_table(table_name)


def change(column: str, *, nullable: bool = True, index: bool = True) -> sa.Column[Any]:
    """A column that names a change."""
    key = sa.ForeignKey("change.id", name=f"fk_{FRONT_END}_{column}")
    return sa.Column(column, sa.Integer(), key, nullable=nullable, index=index)
