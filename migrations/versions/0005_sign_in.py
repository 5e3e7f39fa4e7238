"""Sign-in: accounts with their links, failures, sessions, and organisations' providers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

moment = sa.DateTime(timezone=True)
DIGEST = sa.LargeBinary(length=32)


def text(name: str, length: int, *, empty: bool = False) -> sa.Column[Any]:
    """A column of text."""
    return sa.Column(name, sa.String(length=length), nullable=empty)


def when(name: str, *, empty: bool = False) -> sa.Column[Any]:
    """A column of moments."""
    return sa.Column(name, moment, nullable=empty)


def number(name: str, *, empty: bool = False) -> sa.Column[Any]:
    """A column of numbers."""
    return sa.Column(name, sa.Integer(), nullable=empty)


def refers(table: str, name: str, to: str) -> sa.Column[Any]:
    """A column that names a row of another table."""
    return sa.Column(name, sa.Integer(), sa.ForeignKey(f"{to}.id", name=f"fk_{table}_{name}"), nullable=False)


def make(table: str, *rest: Any, unique: tuple[str, ...] = (), indexed: tuple[str, ...] = ()) -> None:
    """Make a table with a number of its own for each row."""
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        *rest,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        *(sa.UniqueConstraint(name, name=f"uq_{table}_{name}") for name in unique),
    )
    for name in indexed:
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name], unique=False)


def upgrade(engine_name: str) -> None:
    """Take the step forwards."""
    if engine_name != "facts":
        return
    make_accounts()
    make_sessions()
    make_providers()


def make_accounts() -> None:
    """Accounts, the links that are mailed to them, and failures in a row."""
    make(
        "account",
        refers("account", "person_id", "person"),
        text("email", 254, empty=True), text("email_key", 254, empty=True), text("password_hash", 200, empty=True),
        text("state", 20), text("invited_by", 200), when("created_at"),
        *(when(name, empty=True) for name in ("activated_at", "password_set_at", "signed_in_at", "closed_at")),
        sa.CheckConstraint("state IN ('invited', 'active', 'closed')", name="ck_account_state"),
        unique=("person_id", "email_key"),
    )  # fmt: skip
    make(
        "account_link",
        refers("account_link", "account_id", "account"),
        text("purpose", 20), sa.Column("token_digest", DIGEST, nullable=False), text("email", 254),
        text("made_by", 200), when("made_at"), when("expires_at"),
        when("used_at", empty=True), when("ended_at", empty=True),
        sa.CheckConstraint("purpose IN ('invitation', 'recovery')", name="ck_account_link_purpose"),
        unique=("token_digest",), indexed=("account_id",),
    )  # fmt: skip
    attempts = "sign_in_attempts"
    op.create_table(
        attempts,
        sa.Column("counted", DIGEST, nullable=False), sa.Column("subject", DIGEST, nullable=False),
        number("failures"), when("held_until", empty=True), when("last_at"), when("good_at", empty=True),
        sa.PrimaryKeyConstraint("counted", name=f"pk_{attempts}"),
    )  # fmt: skip
    op.create_index(op.f(f"ix_{attempts}_subject"), attempts, ["subject"], unique=False)


def make_sessions() -> None:
    """Sessions of the pages."""
    table = "sign_in_session"
    make(
        table,
        text("sid", 40), sa.Column("secret_digest", DIGEST, nullable=False), text("form_token", 60),
        refers(table, "person_id", "person"), text("acr", 40), sa.Column("amr", sa.JSON(), nullable=False),
        when("started_at"), when("auth_time"), when("seen_at"), number("authenticator_id", empty=True),
        text("device", 200), sa.Column("told", sa.JSON(), nullable=False), text("next_path", 2000),
        when("ended_at", empty=True),
        unique=("sid", "secret_digest"), indexed=("person_id", "authenticator_id"),
    )  # fmt: skip


def make_providers() -> None:
    """Organisations' providers, whom they mean, and who is on the way to them."""
    provider, identifier, flow = "identity_provider", "person_identifier", "sign_in_flow"
    make(
        provider,
        text("name", 40), text("label", 200), refers(provider, "organisation_id", "organisation"), text("issuer", 500),
        text("client_id", 200), sa.Column("sealed_secret", sa.LargeBinary(), nullable=False), text("claim", 100),
        sa.Column("by_email", sa.Boolean(), nullable=False),
        sa.Column("second_factor_acrs", sa.JSON(), nullable=False), when("added_at"), when("removed_at", empty=True),
        unique=("name",), indexed=("organisation_id",),
    )  # fmt: skip
    make(
        identifier,
        text("issuer", 500), text("value", 300), refers(identifier, "person_id", "person"), text("added_by", 200),
        when("added_at"),
        sa.UniqueConstraint("issuer", "value", name=f"uq_{identifier}_issuer"),
        indexed=("person_id",),
    )  # fmt: skip
    op.create_table(
        flow,
        sa.Column("state_digest", DIGEST, nullable=False), sa.Column("browser_digest", DIGEST, nullable=False),
        refers(flow, "provider_id", provider), text("nonce", 60), text("verifier", 128), text("next_path", 2000),
        when("started_at"),
        sa.PrimaryKeyConstraint("state_digest", name=f"pk_{flow}"),
    )  # fmt: skip


def downgrade(engine_name: str) -> None:
    """Take it back."""
    if engine_name == "facts":
        for table in (
            "sign_in_flow", "person_identifier", "identity_provider", "sign_in_session", "sign_in_attempts",
            "account_link", "account",
        ):  # fmt: skip
            op.drop_table(table)
