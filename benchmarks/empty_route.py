"""The least that Flask can do, on the same server: what HTTP and JSON themselves cost.

One route answers nothing to nobody. The other is sent the very requests that the service is sent: it reads their
JSON and always gives the same answer, as a view does before anybody has written what it is for.
"""

from flask import Flask, Response, jsonify, request

PATH = "/empty"
QUESTIONS = "/systems/<system>/access/v1/evaluation"


def create_app() -> Flask:
    """A Flask application with the two empty routes."""
    app = Flask("empty")
    app.add_url_rule(PATH, "nothing", lambda: "")
    app.add_url_rule(QUESTIONS, "question", unread, methods=["POST"])
    return app


def unread(**_named: str) -> Response:
    """The same answer to every question about every system."""
    request.get_json()
    return jsonify(decision=False)
