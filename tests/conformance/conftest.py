"""A running server with every interop scenario loaded, as docs/interop.md says, and a front end that asks it."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from governance.web.signing import new_key
from policies.pack import PackTexts
from tests.commands import Desk
from tests.installation import POLICY, SYSTEM_TOML, installed, launcher
from tests.servers import ROOT, Launcher, Server

__all__ = ["launcher"]

INTEROP = ROOT / "examples" / "interop"
SCENARIOS = ("todo", "api-gateway", "idp", "search", "certification")
VECTORS = Path(os.environ.get("POSTERN_AUTHZEN_DATA", ROOT.parent / "shared" / "data" / "authzen"))
"""The working group's test vectors; they are not ours to pass on."""

OBLIGING = (
    SYSTEM_TOML.replace("[roles.reader]\n", '[roles.reader]\nobligations = ["calm"]\n')
    + """
[obligations.calm]
type = "read-only"
"""
)
PUBLIC = "https://pdp.example.org"


class Response(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body as an object."""
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found

    @property
    def decisions(self) -> list[bool]:
        """The decisions of a batch."""
        assert self.status == 200, self.body
        return [item["decision"] for item in self.json["evaluations"]]


class FrontEnd:
    """Asks a server over HTTP, each time on a connection of its own."""

    def __init__(self, server: Server, key: str) -> None:
        self._server, self.key, self.port = server, key, server.port

    def resident(self) -> int:
        """Bytes of memory that the server's workers have."""
        workers = Path(f"/proc/{self._server.group}/task/{self._server.group}/children").read_text().split()
        return sum(int(Path(f"/proc/{worker}/statm").read_text().split()[1]) * 4096 for worker in workers)

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str | None) -> Response:
        """Send a request; headers by their names with `_`, None to leave one out."""
        given = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}  # type: ignore[misc]
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            link.request(method, path, body, {name: value for name, value in given.items() if value is not None})
            answer = link.getresponse()
            return Response(answer.status, dict(answer.headers), answer.read())
        finally:
            link.close()

    def ask(self, system: str, body: Any, door: str = "evaluation", **headers: str | None) -> Response:
        """Ask a system; bytes are sent as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send("POST", f"/systems/{system}/access/v1/{door}", raw, **headers)

    def get(self, path: str, **headers: str | None) -> Response:
        """Fetch a page that needs no key."""
        return self.send("GET", path, **{"Authorization": None, "Content_Type": None, **headers})


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """An installation in which every scenario was loaded by command."""
    with installed(tmp_path_factory.mktemp("conformance"), "sqlite") as made:
        (made.folder / "metadata-key.json").write_text(new_key())
        made.activate(PackTexts(OBLIGING, POLICY, "", ""))
        desk = Desk(made)
        for scenario in SCENARIOS:
            for words in (
                ("packs", "activate", f"{INTEROP / scenario / 'pack'}"),
                ("import", f"{INTEROP / scenario / 'facts'}"),
            ):
                done = desk.run(*words)
                assert done.exit_code == 0, done.output
        yield desk


@pytest.fixture(scope="session")
def front_end(desk: Desk, launcher: Launcher) -> Iterator[FrontEnd]:
    """A front end whose key is good for every scenario."""
    systems = [word for scenario in (*SCENARIOS, "archive") for word in ("--system", scenario)]
    key = desk.run("keys", "add", "Interop", *systems).output.strip().splitlines()[-1].split()[-1]
    server = desk.installation.server(launcher, POSTERN_PUBLIC_URL=PUBLIC)
    server.wait()
    yield FrontEnd(server, key)
    server.kill()
