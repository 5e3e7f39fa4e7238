"""Serves the look-up on this machine."""

from examples.lookup.views import make_app
from examples.pages.program import run

run(make_app, "Search for a child and open a record.", make_signed_in=make_app)
