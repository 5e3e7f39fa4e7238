"""What pages look like and do: files read once, at addresses that change when any of them does."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from flask import Blueprint, Response, url_for

from governance.kernel.errors import NotFound
from governance.web.guards import public
from governance.web.headers import KEPT

FOLDER = Path(__file__).parent / "static"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
ENDPOINT = "web.static_file"


class Assets(NamedTuple):
    """Files by name, and the mark of all of them together."""

    files: dict[str, bytes]
    mark: str

    @classmethod
    def read(cls, folder: Path = FOLDER) -> Assets:
        """The files of a folder that browsers get."""
        files = {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.suffix in KINDS}
        together = hashlib.sha256()
        for name, content in files.items():
            together.update(f"{name}\0{len(content)}\0".encode() + content)
        return cls(files, together.hexdigest()[:16])

    def address(self, name: str) -> str:
        """Where a file is at."""
        if name not in self.files:
            raise LookupError(f"governance/web/static has no {name}")
        return url_for(ENDPOINT, mark=self.mark, name=name)


def serve(pages: Blueprint, assets: Assets) -> None:
    """Serve the files. A browser keeps one for a year; what it asks for by an old address it does not keep."""

    @pages.get("/static/<mark>/<name>")
    @public("how pages look; the same for everybody")
    def static_file(mark: str, name: str) -> Response:
        content = assets.files.get(name)
        if content is None:
            raise NotFound("there is no such file")
        response = Response(content, content_type=f"{KINDS[Path(name).suffix]}; charset=utf-8")
        if mark == assets.mark:
            response.headers["Cache-Control"] = KEPT
        return response
