"""An application that writes down, at DEBUG, what it is sent: as one does for a moment while looking for a mistake."""

import logging

from flask import Flask, request


def put_into(app: Flask) -> None:
    """Have it write each form down."""

    @app.before_request
    def write() -> None:
        logging.getLogger("postern.trying").debug("asked %s %s", request.path, dict(request.form))
