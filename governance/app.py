"""Puts the service together out of its settings and its areas: a Flask application, and what commands work on."""

from __future__ import annotations

import getpass
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import structlog
from flask import Flask

from governance.clients.area import AREA as CLIENTS
from governance.decisions.area import AREA as DECISIONS
from governance.decisions.door import Door
from governance.decisions.service import Decisions, Parts
from governance.decisions.trial import Trial
from governance.exchange.area import AREA as EXCHANGE
from governance.grants.area import AREA as GRANTS
from governance.kernel.db import Databases, attach
from governance.kernel.settings import RecordKeys, Settings
from governance.people.area import AREA as PEOPLE
from governance.ports.area import Area
from governance.ports.requirement import Requirement
from governance.ports.sheet import Sheet
from governance.trail.area import AREA as TRAIL
from governance.trail.writer import Recorder
from governance.vetting.area import AREA as VETTING
from governance.web import errors, requests

ROOMS = (PEOPLE, VETTING, GRANTS, CLIENTS, EXCHANGE, TRAIL, DECISIONS)


@dataclass
class Service:
    """What doors and commands work on: databases, requirements, sheets and decisions, each made when first needed."""

    settings: Settings
    areas: Sequence[Area]
    databases: Databases

    @cached_property
    def requirements(self) -> Mapping[str, Requirement]:
        """Every requirement by its kind."""
        made = [make(self.settings) for area in self.areas for make in area.requirements]
        return {requirement.kind: requirement for requirement in made}

    @cached_property
    def sheets(self) -> Mapping[str, Sheet]:
        """Every sheet of facts by its name, in the order in which they are applied."""
        made = [make(self.settings) for area in self.areas for make in area.sheets]
        return {sheet.name: sheet for sheet in made}

    @cached_property
    def parts(self) -> Parts:
        """What decisions are built of."""
        sources = tuple(source for area in self.areas for source in area.sources)
        makers = [area.role_rules for area in self.areas if area.role_rules is not None]
        return Parts(sources, self.requirements, makers[0](tuple(self.requirements.values())))

    @cached_property
    def decisions(self) -> Decisions:
        """This process's decisions."""
        return Decisions(self.databases, self.parts, Recorder(self.databases, self.settings.trail_timeout))

    @cached_property
    def run_case(self) -> Trial:
        """Runs a pack's cases over facts of their own."""
        return Trial(self.parts.sources, self.requirements, self.sheets)

    @property
    def account(self) -> str:
        """The account on whose behalf a command acts."""
        return getpass.getuser()


def trial_service(areas: Sequence[Area]) -> Service:
    """A service of nobody's, in memory: enough to check packs and run their cases before anything is installed."""
    keys = RecordKeys("trial", (("trial", os.urandom(32)),))
    settings = Settings("sqlite://", "sqlite://", "http://127.0.0.1", keys, "INFO", 0.5, 1_000_000, 1_000)
    return make_service(settings, areas, Databases.open(settings.database_url, settings.trail_url))


def make_service(settings: Settings, areas: Sequence[Area], databases: Databases) -> Service:
    """A service over databases: governance's rooms first, then the areas."""
    return Service(settings, (*ROOMS, *areas), databases)


def build_app(settings: Settings, areas: Sequence[Area]) -> Flask:
    """The Flask application. It opens no connection and starts no thread."""
    app = Flask("postern", static_folder=None)
    quieten(settings.log_level)
    service = make_service(settings, areas, attach(app, settings.database_url, settings.trail_url))
    app.extensions["postern"] = service
    requests.register(app, settings.max_body)
    errors.register(app)
    for area in service.areas:
        for blueprint in area.blueprints:
            app.register_blueprint(blueprint(service))
    app.wsgi_app = Door(app.wsgi_app, service)  # type: ignore[method-assign]
    return app


def quieten(level: str) -> None:
    """Structured logs as JSON lines; libraries that log what they are asked stay silent."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
    )


def commands(areas: Sequence[Area]) -> Mapping[str, Any]:
    """Every command by its name."""
    return {str(command.name): command for area in (*ROOMS, *areas) for command in area.commands}
