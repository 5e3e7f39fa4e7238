"""What names the facts of one kind and one owner."""

from __future__ import annotations

from typing import NamedTuple


class FactKey(NamedTuple):
    """Whose facts of which kind: what a worker loads, keeps and drops as one."""

    kind: str
    number: int = 0
    name: str = ""
