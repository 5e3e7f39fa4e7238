"""Tables of the trail: chains, leaves and bodies in the records' own database; entries beside the facts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, MetaData, SmallInteger, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.recorded import Base

metadata = MetaData()
big = BigInteger().with_variant(Integer, "sqlite")

chain = Table(
    "chain",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", String(20), nullable=False, unique=True),
    Column("opened_at", String(40), nullable=False),
    Column("head_seq", big, nullable=False),
    Column("head", String(43), nullable=False),
    schema="trail",
)
leaf = Table(
    "leaf",
    metadata,
    Column("chain", ForeignKey("trail.chain.number"), primary_key=True),
    Column("seq", big, primary_key=True, autoincrement=False),
    Column("system", String(80), nullable=False),
    Column("decision", SmallInteger, nullable=False),
    Column("at", String(40), nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    schema="trail",
)
body = Table(
    "body",
    metadata,
    Column("chain", Integer, primary_key=True, autoincrement=False),
    Column("seq", big, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary(16)),
    Column("body", LargeBinary),
    schema="trail",
)


class TrailEntry(Base):
    """The leaf of an administrative entry, chained in the change's own transaction."""

    __tablename__ = "trail_entry"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    action: Mapped[str] = mapped_column(String(80))
    revision: Mapped[int]
    at: Mapped[str] = mapped_column(String(40))
    leaf: Mapped[bytes] = mapped_column(LargeBinary)


class TrailEntryBody(Base):
    """What an entry says of persons: erasable, committed to by its leaf."""

    __tablename__ = "trail_entry_body"
    seq: Mapped[int] = mapped_column(ForeignKey("trail_entry.seq"), primary_key=True, autoincrement=False)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
