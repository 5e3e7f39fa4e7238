"""The kinds of column that sheets share: days, text, words, yes or no. What is mistyped is refused, never bent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from marshmallow import ValidationError, fields

from governance.kernel.reading import composed

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
WORD = re.compile(r"[a-z0-9][a-z0-9_-]*")
LONGEST = 200
PARTS = 4  # of so many signs at most is one sign composed
LARGEST = 2**53
UNPRINTABLE = "Write one line of text, without control characters."


class Day(fields.Field[date]):
    """A day: a TOML date, or ISO text."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if isinstance(value, str) and ISO_DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        raise ValidationError("This is not a day. Write one such as 2026-03-31.")


class Text(fields.String):
    """One line of text, not blank, at most 200 characters, in composed Unicode (NFC)."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if len(text) <= PARTS * LONGEST:
            text = composed(text)  # before it is measured: some signs become two
        if not text or text != text.strip() or not text.isprintable():
            raise ValidationError("Write one line of text, without blanks around it.")
        if len(text) > LONGEST:
            raise ValidationError(f"This is too long. Write at most {LONGEST} characters.")
        return text


class Word(Text):
    """A name of a small vocabulary: lower-case letters, digits, hyphens, underscores."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not WORD.fullmatch(text):
            raise ValidationError("Write lower-case letters, digits, hyphens and underscores only.")
        return text


class YesNo(fields.Field[bool]):
    """True or false, and nothing that only resembles it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if isinstance(value, bool):
            return value
        raise ValidationError("Write true or false.")


class Table(fields.Field[dict[str, Any]]):
    """A table of names and plain values: text, whole numbers, true or false, days (kept as ISO text), lists of text.

    Neither a name nor a text holds control characters, as in `Text`.
    """

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError("Write a table of names and values.")
        if not all(str(name).isprintable() for name in value):
            raise ValidationError("Write names on one line, without control characters.")
        return {str(name): plain(name, item) for name, item in value.items()}


def plain(name: str, value: Any) -> Any:
    """A value as JSON keeps it; raise `ValidationError` for any other."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    if not all(text.isprintable() for text in texts if isinstance(text, str)):
        raise ValidationError({name: [UNPRINTABLE]})
    if isinstance(value, str):
        return composed(value)
    if isinstance(value, int) and abs(value) < LARGEST:
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [composed(item) for item in value]
    raise ValidationError(f"{name}: write text, a whole number, true or false, a day, or a list of text.")
