"""A mail that waits to be sent: which words, to whom, and what goes into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail by its template (templates/emails/NAME.txt); `data` fills it in and holds no more than it needs."""

    template: str
    to: str = field(repr=False)
    data: Mapping[str, str] = field(default_factory=dict, repr=False)
