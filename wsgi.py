"""The roof: the one file that names every area. `create_app` for servers, `main` for the command line."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

from accreditation.area import AREA as ACCREDITATION
from agreements.area import AREA as AGREEMENTS
from governance.app import build_app
from governance.console import run
from governance.kernel.settings import load_settings
from policies.area import AREA as POLICIES
from tokens.area import AREA as TOKENS

AREAS = (ACCREDITATION, AGREEMENTS, TOKENS, POLICIES)


def instance() -> Path:
    """The folder of this installation's settings, secrets and embedded databases."""
    return Path(os.environ.get("POSTERN_INSTANCE", "instance")).absolute()


def create_app() -> Flask:
    """The application that a WSGI server runs."""
    return build_app(load_settings(instance()), AREAS)


def main() -> None:
    """The command `postern`."""
    run(AREAS, instance(), create_app)
