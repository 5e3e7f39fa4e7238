"""What a room or an area plugs into the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import click
    from flask import Blueprint

    from governance.kernel.settings import Settings
    from governance.ports.requirement import Requirement
    from governance.ports.sheet import Sheet
    from governance.ports.sources import FactSource, RoleRules


@dataclass(frozen=True, slots=True)
class Area:
    """A package's plugs; everything is data, nothing happens at import."""

    name: str
    blueprints: tuple[Callable[[Any], Blueprint], ...] = ()
    commands: tuple[click.Command, ...] = ()
    sources: tuple[FactSource, ...] = ()
    requirements: tuple[Callable[[Settings], Requirement], ...] = ()
    sheets: tuple[Callable[[Settings], Sheet], ...] = ()
    role_rules: Callable[[tuple[Requirement, ...]], RoleRules] | None = None
