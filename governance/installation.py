"""Makes an installation on a laptop: settings and secrets under `instance/`, and the demonstration."""

from __future__ import annotations

import contextlib
import io
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

FILE = "postern.env"
KEY_FILE = "demo-key"
DEMO = Path(__file__).parents[1] / "examples" / "demo" / "facts"
WRITTEN_FOR = "2026-11-02"
Invoke = Callable[..., str]

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


def make(instance: Path, public_url: str) -> bool:
    """Write settings and secrets (mode 600) unless they exist; say whether they were made."""
    file = instance / FILE
    if file.exists():
        return False
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    lines = [
        f"POSTERN_DATABASE_URL=sqlite:///{instance / 'facts.db'}",
        f"POSTERN_PUBLIC_URL={public_url}",
        f"POSTERN_RECORD_KEYS=k1:{secrets.token_hex(32)}",
    ]
    write_private(file, "\n".join(lines) + "\n")
    return True


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)


def captured(work: Callable[[], object]) -> str:
    """What a command prints, kept back."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        work()
    return said.getvalue()


def load_demo(lazy: Any, invoke: Invoke) -> str:
    """Activate packs, apply facts and register a front end when nothing is there; give the front end's key."""
    kept = lazy.instance / KEY_FILE
    if lazy.databases.freshness.current() == 0:
        invoke(lazy, "packs", "activate")
        invoke(lazy, "import", str(DEMO), "--written-for", WRITTEN_FOR)
        lazy.decisions.catch_up()
        systems = [word for system in lazy.decisions.systems() for word in ("--system", system)]
        write_private(kept, invoke(lazy, "keys", "add", "Demonstration look-up", *systems))
    return kept.read_text().strip() if kept.exists() else ""


def welcome(address: str, key: str) -> str:
    """The address, the key, and three lines to paste."""
    if not key:
        return f"\nPostern serves {address}. Register a front end with: postern keys add NAME --system SYSTEM\n"
    lcs, databook = f"{address}/systems/coventry-lcs", f"{address}/systems/derbyshire-databook"
    return f"""
Postern serves {address}
A front end's key: {key}

A permit:
{curl(databook + "/access/v1/evaluation", key, PERMITTED)}

A denial with several reasons:
{curl(databook + "/access/v1/evaluation", key, DENIED)}

A batch:
{curl(lcs + "/access/v1/evaluations", key, BATCH)}

Stop with Ctrl-C. More to try: README.md
"""


def curl(url: str, key: str, body: dict[str, Any]) -> str:
    """One line to paste."""
    headers = f"-H 'Authorization: Bearer {key}' -H 'Content-Type: application/json'"
    return f"curl -sS -w '\\n' {url} {headers} -d '{json.dumps(body)}'"
