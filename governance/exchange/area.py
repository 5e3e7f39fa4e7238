"""What the exchange plugs in."""

from governance.exchange.cli import facts
from governance.ports.area import Area

AREA = Area("exchange", commands=(facts,))
