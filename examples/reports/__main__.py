"""Serves the report runner on this machine."""

from examples.pages.program import run
from examples.reports.views import make_app

run(make_app, "Run aggregate reports.")
