"""Who asks the doors when they are fuzzed: a key, a registered front end, a person signed in to it, their token."""

from threading import Lock
from typing import NamedTuple, Self

from governance.people.signin.views import COOKIE
from tests.installation import Installation
from tests.servers import SYSTEM
from tests.tokens.issuing.front_end_kit import FrontEnd, Provider

GOES_BACK = "[303, 400, 408, 413]"
"""What comes of a browser's request that is not in order: whoever sent it is told at their own address."""


class Caller(NamedTuple):
    """What one run may show: a system's key, a front end's secret, a person's cookie and access token."""

    key: str
    front_end: FrontEnd
    cookie: str
    token: str

    def config(self) -> str:
        """How Schemathesis is told of it, and which answers are no fault where no made-up code is ever good."""
        client, secret, redirect_uri = self.front_end.client_id, self.front_end.secret, self.front_end.redirect_uri
        return f"""
[parameters]
system = "{SYSTEM}"

[generation]
with-security-parameters = false

[auth.openapi]
key = {{ bearer = "{self.key}" }}
front_end = {{ username = "{client}", password = "{secret}" }}
access_token = {{ bearer = "{self.token}" }}

[[operations]]
include-name = "GET /oauth/authorize"
parameters = {{ client_id = "{client}", redirect_uri = "{redirect_uri}" }}
headers = {{ Cookie = "{COOKIE}={self.cookie}" }}
checks.negative_data_rejection.expected-statuses = {GOES_BACK}

[[operations]]
include-name = ["POST /oauth/authorize", "GET /oauth/logout", "POST /oauth/logout"]
checks.negative_data_rejection.expected-statuses = {GOES_BACK}
checks.positive_data_acceptance.expected-statuses = {GOES_BACK}

[[operations]]
include-name = "POST /oauth/token"
checks.positive_data_acceptance.expected-statuses = [200, 400]
"""


class Callers:
    """Makes callers of an installation, each with a token of five minutes; its servers must be started after this."""

    def __init__(self, made: Installation) -> None:
        self._made, self._lock = made, Lock()
        self._provider = Provider(made, made.folder)
        self._front_end = self._provider.register()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._provider.service.databases.close()

    def next(self) -> Caller:
        """A caller who has just signed in."""
        with self._lock:
            cookie = self._provider.sign_in()
            token: str = self._provider.given(self._front_end, cookie)["access_token"]
        return Caller(self._made.key, self._front_end, cookie, token)
