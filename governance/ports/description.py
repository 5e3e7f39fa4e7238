"""What an area adds to the description of the HTTP API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Written = Mapping[str, Any]
"""A part of a description as it is written there (OpenAPI 3.1)."""


@dataclass(frozen=True, slots=True)
class Description:
    """An area's doors: operations by path and method, their shapes by name, and the ways to say who asks by name.

    `heading` gathers its operations, and `says` tells what they are for.
    """

    heading: str
    says: str
    paths: Mapping[str, Mapping[str, Written]]
    schemas: Mapping[str, Written]
    proofs: Mapping[str, Written]
