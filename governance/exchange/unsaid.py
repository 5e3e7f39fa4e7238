"""What a row does not say: what stands there is kept. A file without a column says nothing of it, of any fact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from marshmallow import Schema, fields, missing


class Unsaid(NamedTuple):
    """The fields of which a row says nothing, and tables of which it says nothing but of these names."""

    fields: frozenset[str] = frozenset()
    beside: tuple[tuple[str, frozenset[str]], ...] = ()


ALL_SAID = Unsaid()


class Said(dict[str, Any]):
    """A row that knows of what it says nothing; an ordinary dictionary says all."""

    __slots__ = ("unsaid",)

    def __init__(self, row: Mapping[str, Any], unsaid: Unsaid) -> None:
        super().__init__(row)
        self.unsaid = unsaid


def unsaid_of(row: Mapping[str, Any]) -> Unsaid:
    """Of what a row says nothing."""
    return row.unsaid if isinstance(row, Said) else ALL_SAID


def unwritten(schema: Schema, written: Iterable[str]) -> frozenset[str]:
    """The optional fields of a schema that are not among the written names."""
    names = set(written)
    return frozenset(
        name
        for name, field in schema.fields.items()
        if not field.required and (field.data_key or name) not in names
    )  # fmt: skip


def has_word(field: fields.Field[Any]) -> bool:
    """Whether an empty cell of a field stands for a word that could be written (no, active): it says nothing then."""
    return field.load_default is not missing and not callable(field.load_default)


def can_be_empty(field: fields.Field[Any]) -> bool:
    """Whether a fact may have nothing in a field: a last day, a parent."""
    return not field.required and field.load_default is missing


@lru_cache(maxsize=1024)
def as_bytes(unsaid: Unsaid) -> bytes:
    """What a row does not say, for a digest over what rows do."""
    if not any(unsaid):
        return b""
    told = [sorted(unsaid.fields), sorted((name, sorted(names)) for name, names in unsaid.beside)]
    return repr(told).encode()
