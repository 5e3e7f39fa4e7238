"""What front ends' keys plug in."""

from governance.clients.cli import keys
from governance.clients.store import KeySource
from governance.ports.area import Area

AREA = Area("clients", commands=(keys,), sources=(KeySource(),))
