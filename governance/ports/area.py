"""What a room or an area plugs into the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import click
    from flask import Blueprint

    from governance.kernel.jobs import Job
    from governance.kernel.settings import Settings
    from governance.ports.description import Description
    from governance.ports.requirement import Requirement
    from governance.ports.second_factor import SecondFactor
    from governance.ports.sheet import Sheet
    from governance.ports.sources import FactSource, RoleRules
    from governance.ports.tokens import TokenReader


@dataclass(frozen=True, slots=True)
class Link:
    """A way into an area's pages, shown to those who may use it; to all who are signed in where it names no action."""

    label: str
    endpoint: str
    action: str = ""
    resource_type: str = ""


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
    installs: tuple[Callable[[Any, str, datetime], str], ...] = ()
    """What an area puts into databases that were laid out or upgraded: given service, account, moment, it says what."""
    jobs: tuple[Callable[[Any], Job], ...] = ()
    second_factor: Callable[[Any], SecondFactor] | None = None
    token_reader: Callable[[Any], TokenReader] | None = None
    description: Description | None = None
    """What it adds to the description of the HTTP API."""
    navigation: tuple[Link, ...] = ()
