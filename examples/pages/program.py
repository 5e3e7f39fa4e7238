"""Runs a front end on this machine: python -m examples.lookup --port 8001 --postern http://127.0.0.1:8000."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from examples.pages.signing_in import SignIn

MakeApp = Callable[[str, str, Path], Flask]
"""Postern's address, the front end's key, and a folder of its own to write in."""


class Quiet(WSGIRequestHandler):
    """Names no server in its answers, and writes no addresses of records into a log."""

    def version_string(self) -> str:
        """What the Server header says."""
        return "front end"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


def run(make_app: MakeApp, description: str, make_signed_in: Callable[..., Flask] | None = None) -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--postern", default="http://127.0.0.1:8000", help="where Postern answers")
    parser.add_argument("--key-file", type=Path, required=True, help="a file that holds this front end's key")
    parser.add_argument("--port", type=int, required=True, help="where this front end is to be served, on 127.0.0.1")
    parser.add_argument("--folder", type=Path, required=True, help="where it may write")
    if make_signed_in is not None:
        parser.add_argument(
            "--sign-in",
            type=Path,
            help="a file with what postern front-ends add printed: people sign in there",
        )
        parser.add_argument("--issuer", help="Postern's public address, where it is another than that of --postern")
    told = parser.parse_args()
    told.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    asked = (told.postern, told.key_file.read_text("utf-8").strip(), told.folder)
    if make_signed_in is not None and told.sign_in is not None:
        own = f"http://127.0.0.1:{told.port}"
        app = make_signed_in(*asked, SignIn.read(told.sign_in, told.issuer or told.postern, own))
    else:
        app = make_app(*asked)
    server = make_server("127.0.0.1", told.port, app, threaded=True, request_handler=Quiet)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)
