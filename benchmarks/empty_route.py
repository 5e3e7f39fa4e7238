"""The least that Flask can do: one route that answers nothing. What HTTP itself costs on the same server."""

from flask import Flask

PATH = "/empty"


def create_app() -> Flask:
    """A Flask application with the one empty route."""
    app = Flask("empty")
    app.add_url_rule(PATH, view_func=lambda: "")
    return app
