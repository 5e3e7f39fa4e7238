"""What the pages' shell plugs in."""

from governance.ports.area import Area
from governance.web.views import blueprint

AREA = Area("web", blueprints=(blueprint,))
