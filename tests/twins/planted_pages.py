"""A server with planted pages beside its own: the shell on the wire and in a real browser."""

import wsgi
from tests.web.planted import plant_pages


def put_in() -> None:
    """Let every application of this server have them."""
    create = wsgi.create_app

    def planted() -> object:
        app = create()
        plant_pages(app)
        return app

    wsgi.create_app = planted  # type: ignore[assignment]
