"""What this area plugs in: what decisions ask of a second factor, and its rooms."""

from dataclasses import replace

from tokens.authenticators.area import AREA as AUTHENTICATORS
from tokens.authenticators.ceremonies.views import blueprint as passkeys
from tokens.requirement import SecondFactorRequirement

AREA = replace(
    AUTHENTICATORS,
    name="tokens",
    blueprints=(*AUTHENTICATORS.blueprints, passkeys),
    requirements=(lambda _settings: SecondFactorRequirement(),),
)
