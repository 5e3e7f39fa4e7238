"""nginx before a web site asks Postern about each request, as examples/nginx says."""

import os
import shutil
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from examples.nginx.adapter import make_app
from tests.architecture.source import ROOT
from tests.examples import misbehaving
from tests.examples.misbehaving import Crooked, answering, crooked
from tests.servers import free_port, listened_to
from tests.services import Unavailable, cannot_be_had, install_with_apt

CONFIG = (ROOT / "examples" / "nginx" / "nginx.conf").read_text("utf-8")
READ_ONLY = {"id": "read-only", "type": "read-only", "properties": {}}


class Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


class Site(NamedTuple):
    """The port that visitors use, and the Postern behind it."""

    port: int
    postern: Crooked


def nginx() -> str:
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None and shutil.which("apt-get"):
        try:
            install_with_apt("nginx-light")
        except Unavailable as missing:
            cannot_be_had(str(missing))
        program = shutil.which("nginx", path="/usr/sbin")
    return program or cannot_be_had("no nginx here: install one")


PLACES = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def configured(folder: Path, ports: dict[int, int]) -> Path:
    """The documented configuration with this test's ports and passwords, in what nginx needs around it."""
    text = CONFIG.replace("PASSWORD_FILE", str(folder / "passwords"))
    for usual, here in ports.items():
        text = text.replace(f"127.0.0.1:{usual}", f"127.0.0.1:{here}")
    kept = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in PLACES)
    owner = "user root;" if os.geteuid() == 0 else ""
    file = folder / "nginx.conf"
    file.write_text(f"""{owner} daemon off; pid {folder}/pid; error_log {folder}/error;
        events {{}}
        http {{ access_log off; {kept} {text} }}""")
    return file


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    program, folder, port = nginx(), tmp_path_factory.mktemp("nginx"), free_port()
    (folder / "key").write_text("k-1")
    (folder / "passwords").write_text("amira.khan:{PLAIN}secret\n")
    behind = Flask("behind")
    behind.add_url_rule("/records/<number>", view_func=lambda number: f"the record {number}", methods=["GET", "POST"])
    with crooked() as postern:
        adapter = make_app({
            "ADAPTER_POSTERN": postern.url, "ADAPTER_SYSTEM": "coventry-lcs", "ADAPTER_KEY_FILE": str(folder / "key"),
        })  # fmt: skip
        servers = [make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet) for app in (adapter, behind)]
        for server in servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        config = configured(folder, {8030: port, 8010: servers[0].server_port, 8020: servers[1].server_port})
        process = subprocess.Popen([program, "-p", str(folder), "-e", str(folder / "error"), "-c", str(config)])
        try:
            while not listened_to(port):
                assert process.poll() is None, (folder / "error").read_text()
            yield Site(port, postern)
        finally:
            process.terminate()
            process.wait(10)
            for server in servers:
                server.shutdown()
                server.server_close()
            for asked in adapter.extensions["postern"].values():
                asked.close()


def visit(site: Site, path: str, *, person: str = "amira.khan", method: str = "GET", **headers: str) -> tuple[int, str]:
    login = {"Authorization": "Basic " + b64encode(f"{person}:secret".encode()).decode()} if person else {}
    with closing(HTTPConnection("127.0.0.1", site.port, timeout=5)) as line:
        line.request(method, path, headers={**login, **headers})
        answer = line.getresponse()
        return answer.status, answer.read().decode()


def test_a_permitted_record_is_served(site: Site) -> None:
    site.postern.asked.clear()
    site.postern.behaviour = answering({"decision": True, "context": {"obligations": [READ_ONLY]}})
    told = {"X-Person": "nora.blake", "X-Asked-Path": "/records/LCS-1"}
    assert visit(site, "/records/LCS-100234?case=EH-20418", **told) == (200, "the record LCS-100234")
    assert site.postern.asked == [{
        "subject": {"type": "user", "id": "amira.khan"}, "action": {"name": "view"}, "context": {"case": "EH-20418"},
        "resource": {"type": "child-record", "id": "LCS-100234", "properties": {}},
    }]  # fmt: skip


def test_a_refused_record_is_not_and_says_why(site: Site) -> None:
    reason = {"code": "access_on_hold", "user": "Your access is on hold."}
    site.postern.behaviour = answering({"decision": False, "context": {"reasons": [reason]}})
    assert visit(site, "/records/LCS-100234") == (403, "You cannot see this: access_on_hold\n")


@pytest.mark.parametrize(("behaviour", "why"), [
    (misbehaving.late(2), "service_slow"),
    (misbehaving.hanging_up, "service_away"),
    (answering([]), "answer_not_understood"),
    (answering({"decision": True, "context": {"obligations": [{"type": "no-print"}]}}), "obligation_unknown"),
    (answering({"decision": True, "context": {"obligations": [
        {"type": "fields", "properties": {"fields": ["name"]}}]}}), "obligation_unknown"),
], ids=lambda it: it if isinstance(it, str) else "")  # fmt: skip
def test_whatever_is_not_clear_is_refused(site: Site, behaviour: misbehaving.Behaviour, why: str) -> None:
    site.postern.behaviour = behaviour
    assert visit(site, "/records/LCS-100234") == (403, f"You cannot see this: {why}\n")


@pytest.mark.parametrize(("path", "method"), [
    ("/records/LCS-100234", "POST"), ("/records/LCS-100234/../LCS-100777", "GET"), ("/records/%4cCS-100234", "GET"),
    ("/records/LCS-100234/notes", "GET"), ("/records/", "GET"), ("/records//LCS-100234", "GET"),
])  # fmt: skip
def test_what_is_no_reading_of_a_record_is_not_even_asked(site: Site, path: str, method: str) -> None:
    site.postern.asked.clear()
    site.postern.behaviour = answering({"decision": True})
    assert visit(site, path, method=method) == (403, "You cannot see this: not_a_record\n")
    assert site.postern.asked == []


def test_who_has_not_signed_in_is_asked_to(site: Site) -> None:
    site.postern.behaviour = answering({"decision": True})
    assert visit(site, "/records/LCS-100234", person="", **{"X-Person": "amira.khan"})[0] == 401
