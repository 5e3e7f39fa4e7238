"""The roof: the one file that names every area. `create_app` for servers, `main` for the command line."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

from governance.kernel import collecting

with collecting.at_rest():  # what is imported stays
    from accreditation.area import AREA as ACCREDITATION
    from agreements.area import AREA as AGREEMENTS
    from governance.app import build_app, build_doorway
    from governance.console import run
    from governance.decisions.doorway import Doorway
    from governance.kernel.settings import load_settings
    from policies.area import AREA as POLICIES
    from tokens.area import AREA as TOKENS
    from tokens.issuing.area import AREA as ISSUING

AREAS = (ACCREDITATION, AGREEMENTS, TOKENS, ISSUING, POLICIES)


def instance() -> Path:
    """The folder of this installation's settings, secrets and embedded databases."""
    return Path(os.environ.get("POSTERN_INSTANCE", "instance")).absolute()


def create_app() -> Flask:
    """The application that a WSGI server runs."""
    return build_app(load_settings(instance()), AREAS)


def create_doorway() -> Doorway:
    """The same application on the server's event loop, as `postern serve` runs it."""
    return build_doorway(create_app())


def main() -> None:
    """The command `postern`."""
    run(AREAS, instance(), create_app)
