"""Signs a person in at the installation that the environment names, as its pages would, and prints the cookie."""

import sys

from tests.web.browser_kit import new_session
from wsgi import create_app

if __name__ == "__main__":
    service = create_app().extensions["postern"]
    print(new_session(service.databases, service.settings, sys.argv[1], "mfa")[0])  # noqa: T201
