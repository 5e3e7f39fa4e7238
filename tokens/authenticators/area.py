"""What this room plugs in."""

from governance.ports.area import Area, Link
from tokens.authenticators.cli import authenticators
from tokens.authenticators.jobs import remind
from tokens.authenticators.summary import Authenticators
from tokens.authenticators.views.adding import adding_pages
from tokens.authenticators.views.mine import my_pages
from tokens.authenticators.views.officers import officer_pages
from tokens.authenticators.views.recovering import recovering_pages
from tokens.authenticators.views.second_step import second_step_pages

AREA = Area(
    "authenticators",
    blueprints=(second_step_pages, adding_pages, recovering_pages, my_pages, officer_pages),
    commands=(authenticators,),
    jobs=(remind,),
    second_factor=lambda _service: Authenticators(),
    navigation=(Link("My authenticators", "authenticators.mine", "view-authenticators", "account"),),
)
