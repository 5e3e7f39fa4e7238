"""A sheet: one kind of fact as rows, the same in a facts file, a case of a pack and an import folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from marshmallow import Schema
from sqlalchemy.orm import Session

from governance.kernel.keys import FactKey

Row = Mapping[str, Any]


class Names(Protocol):
    """From references that people write to the numbers that tables use."""

    def number(self, kind: str, reference: str) -> int:
        """The number of a person, organisation or agreement; raise `NotFound` when there is none."""


class OnLeaving(StrEnum):
    """What a sheet's rows mean, or what becomes of them, when a person leaves an organisation."""

    STAY = "stay"
    SAY_WHO = "say_who"  # these rows say who belongs to an organisation; they end with the leaving
    END = "end"  # held in the organisation's name: they end too


@dataclass(frozen=True, slots=True)
class Sheet:
    """How rows of one kind are read, told apart and written.

    `names` are the references that a row introduces (the identities it brings into being), `resolve` turns a row
    into column values, `natural` are the columns that say which fact it is, `owner` the column by which the rows that
    may be meant are found, `keys` the fact keys that a written row touches, `further` those that only the database
    knows: it is asked with the rows of a part after they are written, in the same transaction.

    The way back: the field `reference` is the owner's, a field NAME of `refers` is the column NAME_id, every other
    field is the column of its name. Where a schema's fields are not so, `unfold` makes them of the columns.
    """

    name: str
    schema: type[Schema]
    model: type[Any]
    owner: str
    natural: tuple[str, ...]
    resolve: Callable[[Row, Names], dict[str, Any]]
    keys: Callable[[Mapping[str, Any]], Iterable[FactKey]]
    refers: tuple[tuple[str, str], ...] = ()  # (field, identity kind) that must exist
    mentions: tuple[tuple[str, str, str], ...] = ()  # (field, field of each of its tables, identity kind): exists too
    versions: str = ""  # the field of `refers` that the field `version` goes with: both together name a row that exists
    introduces: str = ""  # identity kind that the row's `reference` brings into being
    identity: type[Any] | None = None
    spans: bool = True  # its two days are the first and the last of one span, so they stand in that order
    tree: str = ""  # the field of `refers` that names what stands above: it must not lead in a circle
    on_leaving: OnLeaving = OnLeaving.STAY
    unfold: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
    erases: tuple[str, ...] = ()  # columns that erasure blanks; a sheet without any has nothing personal
    forbids: bool = False  # a fact of it stands in the way of access: while it stands it is not erased
    silent: tuple[tuple[str, str, str], ...] = ()  # (column, what it may say, what says nothing of it and leaves it so)
    shares: tuple[tuple[str, str, str], ...] = ()  # (field, the table's column that holds it, under which name there)
    further: Callable[[Session, Sequence[Mapping[str, Any]]], Iterable[FactKey]] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What applying a sheet did."""

    opened: int = 0
    closed: int = 0
    same: int = 0
