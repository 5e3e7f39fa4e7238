"""What registered front ends plug in: their keys, and those that people sign in to."""

from governance.clients.cli import front_ends, keys
from governance.clients.store import FrontEndSource, KeySource
from governance.ports.area import Area

AREA = Area("clients", commands=(keys, front_ends), sources=(KeySource(), FrontEndSource()))
