"""Makes an installation on a laptop: settings and secrets under `instance/`, and the demonstration."""

from __future__ import annotations

import contextlib
import io
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from governance.decisions.authorising import SYSTEM as OWN
from governance.kernel import clock
from governance.kernel.errors import Conflict, NotFound
from governance.kernel.private_files import opened_privately
from governance.kernel.settings import METADATA_KEY, SIGNING_KEYS
from governance.people.signin.service.accounts import invite
from governance.people.signin.service.ground import Ground
from governance.people.store import has_organisations
from governance.ports.actor import Actor
from governance.web.signing import new_key, new_keys

FILE = "postern.env"
KEY_FILE = "demo-key"
DEMO = Path(__file__).parents[1] / "examples" / "demo" / "facts"
WRITTEN_FOR = "2026-11-02"
INVITING = Actor("demonstration")
Invoke = Callable[..., str]

DESK: Mapping[str, str] = {
    "rosa.keene": "administrator for Derbyshire",
    "ken.dale": "officer for Derbyshire",
    "martin.hope": "manager for a school, Fenny Hollow",
}
"""Those of the demonstration who look after others' access, and what they are."""

PUPIL = {"school": "fenny-hollow-primary", "case_open": False, "number_available": True, "caution": []}
PERMITTED: dict[str, Any] = {
    "subject": {"type": "user", "id": "helen.ward"},
    "action": {"name": "view"},
    "resource": {"type": "databook-record", "id": "DCC-204117", "properties": PUPIL},
}
DENIED = {**PERMITTED, "subject": {"type": "user", "id": "dev.patel"}}
BATCH: dict[str, Any] = {
    "subject": {"type": "user", "id": "amira.khan"},
    "action": {"name": "view"},
    "context": {"case": "EH-20418"},
    "evaluations": [
        {"resource": {"type": "child-record", "id": "LCS-100234"}},
        {"resource": {"type": "child-record", "id": "LCS-100777"}},
        {"resource": {"type": "workspace", "id": "MASH"}},
    ],
    "options": {"explain": True},
}


def make(instance: Path, public_url: str, more: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Write settings and secrets (mode 600), those that are missing; say whether there were none at all.

    `more` are settings of this installation's own, by their names.
    """
    file = instance / FILE
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    needed = {
        "POSTERN_DATABASE_URL": f"sqlite:///{instance / 'facts.db'}",
        "POSTERN_PUBLIC_URL": public_url,
        "POSTERN_RECORD_KEYS": f"k1:{secrets.token_hex(32)}",
        "POSTERN_SECRET_KEYS": f"s1:{secrets.token_hex(32)}",
        **more,
    }
    kept = file.read_text("utf-8") if file.exists() else ""
    there = {line.partition("=")[0].strip() for line in kept.splitlines()} | os.environ.keys()
    missing = [f"{name}={value}\n" for name, value in needed.items() if name not in there]
    if missing:
        write_private(file, kept + ("" if kept.endswith("\n") or not kept else "\n") + "".join(missing))
    for name, make_keys in ((METADATA_KEY, new_key), (SIGNING_KEYS, new_keys)):
        if not (instance / name).exists():
            write_private(instance / name, make_keys() + "\n")
    return not kept


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    with os.fdopen(opened_privately(file), "w") as handle:
        handle.write(text)


def mail_folder(instance: Path) -> Mapping[str, str]:
    """The setting by which a laptop's mail is put into a folder of its own."""
    return {"POSTERN_SMTP_URL": (instance / "mail").as_uri()}


def address_at(instance: Path, port: int) -> str:
    """Make a laptop's installation, and give its address, which its metadata tells letter by letter: by a name, for
    browsers make no passkeys for figures. A port other than last time's holds for as long as this process runs.
    """
    address = f"http://localhost:{port}"
    make(instance, address, mail_folder(instance))
    return os.environ.setdefault("POSTERN_PUBLIC_URL", address)


@contextlib.contextmanager
def jobs_beside() -> Iterator[None]:
    """Do the jobs in a process of their own for as long as this one serves."""
    command = (sys.executable, "-c", "import wsgi; wsgi.main()", "jobs", "run", "--parent", str(os.getpid()))
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as beside:  # noqa: S603
        try:
            yield
        finally:
            beside.terminate()


def captured(work: Callable[[], object]) -> str:
    """What a command prints, kept back."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        work()
    return said.getvalue()


def load_demo(lazy: Any, invoke: Invoke) -> str:
    """Activate packs, apply facts and register a front end when nothing is there; give the front end's key."""
    kept = lazy.instance / KEY_FILE
    with lazy.databases.reading() as session:
        empty = not has_organisations(session)
    if empty:
        invoke(lazy, "packs", "activate")
        invoke(lazy, "import", str(DEMO), "--written-for", WRITTEN_FOR)
        lazy.decisions.catch_up()
        systems = [word for system in lazy.decisions.systems() if system != OWN for word in ("--system", system)]
        write_private(kept, invoke(lazy, "keys", "add", "Demonstration look-up", *systems))
    return kept.read_text().strip() if kept.exists() else ""


def invite_demo(service: Any) -> dict[str, str]:
    """For each of the demonstration who look after access, a link to choose a password while they have none."""
    links, ground, now = {}, Ground.of(service.settings), clock.now()
    for person in DESK:
        with contextlib.suppress(NotFound):
            try:
                with service.databases.change(INVITING.name, now) as session:
                    links[person] = invite(session, ground, person, f"{person}@example.org", actor=INVITING, now=now)
            except Conflict:
                links[person] = "signs in already"
    return links


def welcome(address: str, key: str, links: Mapping[str, str]) -> str:
    """The address, the key, three lines to paste, and how to get into the pages."""
    if not key:
        return f"\nPostern serves {address}. Register a front end with: postern keys add NAME --system SYSTEM\n"
    lcs, databook = f"{address}/systems/coventry-lcs", f"{address}/systems/derbyshire-databook"
    people = "\n".join(f"  {person}, {DESK[person]}\n    {link}" for person, link in links.items())
    return f"""
Postern serves {address}
A front end's key: {key}

A permit:
{curl(databook + "/access/v1/evaluation", key, PERMITTED)}

A denial with several reasons:
{curl(databook + "/access/v1/evaluation", key, DENIED)}

A batch:
{curl(lcs + "/access/v1/evaluations", key, BATCH)}

Its pages: {address}/sign-in
To be one of these, open the link and choose a password. It works once:
{people}

Stop with Ctrl-C. More to try: README.md
"""


def curl(url: str, key: str, body: dict[str, Any]) -> str:
    """One line to paste."""
    headers = f"-H 'Authorization: Bearer {key}' -H 'Content-Type: application/json'"
    return f"curl -sS -w '\\n' {url} {headers} -d '{json.dumps(body)}'"
