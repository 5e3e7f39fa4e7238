"""What sign-in plugs in."""

from governance.people.signin.cli import administrator, people, sign_in
from governance.people.signin.jobs import forget_sessions, tell_strangers
from governance.people.signin.store import SessionSource
from governance.people.signin.views import blueprint
from governance.people.signin.views.entering import entering_pages, federated_pages, leaving_pages
from governance.people.signin.views.links import asking_pages, link_pages
from governance.people.signin.views.mine import my_pages, password_pages
from governance.ports.area import Area

AREA = Area(
    "signin",
    blueprints=(
        blueprint,
        entering_pages,
        leaving_pages,
        federated_pages,
        link_pages,
        asking_pages,
        my_pages,
        password_pages,
    ),
    commands=(people, administrator, sign_in),
    sources=(SessionSource(),),
    jobs=(forget_sessions, tell_strangers),
)
