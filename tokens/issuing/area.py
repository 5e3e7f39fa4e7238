"""What the provider plugs in."""

from __future__ import annotations

from typing import Any

from governance.ports.area import Area
from tokens.issuing import api, views
from tokens.issuing.cli import tokens
from tokens.issuing.description import DESCRIPTION
from tokens.issuing.jobs import forget_codes
from tokens.issuing.keys import KeyFile
from tokens.issuing.reader import Reader
from tokens.issuing.store import FrontEndSessionSource


def read_tokens(service: Any) -> Reader:
    """The reader of our own tokens."""
    return Reader(service.settings.public_url, KeyFile(service.settings.signing_keys))


AREA = Area(
    "issuing",
    blueprints=(views.blueprint, api.blueprint),
    commands=(tokens,),
    jobs=(forget_codes,),
    sources=(FrontEndSessionSource(),),
    token_reader=read_tokens,
    description=DESCRIPTION,
)
