"""What the exchange plugs in."""

from governance.exchange.cli import export, facts, import_
from governance.exchange.jobs import JOBS
from governance.ports.area import Area

AREA = Area("exchange", commands=(facts, import_, export), jobs=JOBS)
