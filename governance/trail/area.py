"""What the trail plugs in."""

from governance.ports.area import Area
from governance.trail.cli import trail

AREA = Area("trail", commands=(trail,))
