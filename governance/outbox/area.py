"""What this room plugs in."""

from governance.outbox.cli import outbox
from governance.outbox.jobs import JOBS
from governance.ports.area import Area

AREA = Area("outbox", commands=(outbox,), jobs=JOBS)
