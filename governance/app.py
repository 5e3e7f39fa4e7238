"""Puts the service together out of its settings and its areas: a Flask application, and what commands work on."""

from __future__ import annotations

import getpass
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import structlog
from flask import Flask

from governance.clients.area import AREA as CLIENTS
from governance.decisions.area import AREA as DECISIONS
from governance.decisions.authorising import Authorising
from governance.decisions.door import Door
from governance.decisions.doorway import Doorway
from governance.decisions.service import Decisions, Parts
from governance.decisions.trial import Trial
from governance.decisions.vouching import Vouching
from governance.desk.area import AREA as DESK
from governance.exchange.area import AREA as EXCHANGE
from governance.grants.area import AREA as GRANTS
from governance.grants.store import holds_beyond
from governance.kernel.clock import london_day
from governance.kernel.db import Databases, attach
from governance.kernel.jobs import Job
from governance.kernel.settings import RecordKeys, Settings
from governance.outbox.area import AREA as OUTBOX
from governance.people.area import AREA as PEOPLE
from governance.people.signin.area import AREA as SIGN_IN
from governance.ports.area import Area
from governance.ports.description import Description
from governance.ports.requirement import Requirement
from governance.ports.second_factor import SecondFactor
from governance.ports.sheet import Sheet
from governance.ports.tokens import TokenReader
from governance.ports.visitor import Visitor
from governance.trail.area import AREA as TRAIL
from governance.trail.writer import Recorder
from governance.vetting.area import AREA as VETTING
from governance.web import errors, form_tokens, headers, layout, requests
from governance.web.area import AREA as WEB
from governance.web.assets import Assets
from governance.web.placing import Placed

ROOMS = (PEOPLE, SIGN_IN, VETTING, GRANTS, CLIENTS, EXCHANGE, OUTBOX, TRAIL, DECISIONS, DESK, WEB)


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

    @property
    def blank_sheets(self) -> Mapping[str, Sheet]:
        """The same sheets, for what reads their columns alone: that needs no installation."""
        return self.sheets

    @cached_property
    def parts(self) -> Parts:
        """What decisions are built of."""
        sources = tuple(source for area in self.areas for source in area.sources)
        makers = [area.role_rules for area in self.areas if area.role_rules is not None]
        return Parts(sources, self.requirements, makers[0](tuple(self.requirements.values())))

    @cached_property
    def decisions(self) -> Decisions:
        """This process's decisions."""
        recorder = Recorder(self.databases, self.settings.trail_timeout)
        return Decisions(self.databases, self.parts, recorder, Vouching(self.token_reader, self.settings.public_url))

    @cached_property
    def token_reader(self) -> TokenReader | None:
        """Reads the access tokens of the area that issues them."""
        return next((area.token_reader(self) for area in self.areas if area.token_reader is not None), None)

    @property
    def descriptions(self) -> Sequence[Description]:
        """What the areas add to the description of the HTTP API."""
        return [area.description for area in self.areas if area.description is not None]

    @cached_property
    def authorise(self) -> Authorising:
        """Asks for the visitors of the pages whether they may do something."""
        return Authorising(lambda: self.decisions)

    @cached_property
    def second_factor(self) -> SecondFactor | None:
        """Tells of people's authenticators; None where no area keeps any."""
        made = [area.second_factor for area in self.areas if area.second_factor is not None]
        return made[0](self) if made else None

    @cached_property
    def may_see(self) -> Any:
        """Which links a visitor is shown; recorded nowhere, and no leave to do anything."""
        return self.authorise.may_see

    def holds_beyond(self, reference: str, organisation: int, now: datetime) -> bool:
        """Whether a person holds a role, of any system, outside an organisation's part of the tree."""
        with self.databases.reading() as session:
            return holds_beyond(session, reference, organisation, self.databases.freshness.current(), london_day(now))

    def outgrown(self, visitor: Visitor, now: datetime) -> bool:
        """Whether a provider has begun a visitor's session that does not speak for all that they hold by now."""
        part = visitor.vouched_by
        return part is not None and self.holds_beyond(visitor.reference, part, now)

    @cached_property
    def who_may(self) -> Any:
        """Who may do something with a person's account, to tell them that it waits for them; recorded nowhere."""
        return self.authorise.who_may

    @cached_property
    def assets(self) -> Assets:
        """The files that pages refer to."""
        return Assets.read()

    @cached_property
    def run_case(self) -> Trial:
        """Runs a pack's cases over facts of their own."""
        return Trial(self.parts.sources, self.requirements, self.sheets)

    @cached_property
    def jobs(self) -> Mapping[str, Job]:
        """Every job by its name."""
        made = [make(self) for area in self.areas for make in area.jobs]
        return {job.name: job for job in made}

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
    headers.register(app, settings.public_url)
    layout.register(app, service.assets, settings)
    errors.register(app)
    for area in service.areas:
        for blueprint in area.blueprints:
            app.register_blueprint(blueprint(service))
    form_tokens.register(app)  # once it is known who is there
    app.wsgi_app = Door(Placed(app.wsgi_app, settings.public_url, settings.proxies), service)  # type: ignore[method-assign]
    return app


def build_doorway(app: Flask) -> Doorway:
    """An application on an event loop, its pages on threads."""
    door = app.wsgi_app
    if not isinstance(door, Door):
        raise TypeError("the application has no door")
    return Doorway(door)


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
