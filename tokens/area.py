"""What this area plugs in."""

from governance.ports.area import Area
from tokens.requirement import SecondFactorRequirement

AREA = Area("tokens", requirements=(lambda _settings: SecondFactorRequirement(),))
