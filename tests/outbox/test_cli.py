"""`postern outbox` and `postern jobs`."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from governance import console
from governance.kernel import clock
from governance.outbox.service import send_waiting
from governance.outbox.ways import NONE_SET
from tests.commands import Desk
from tests.outbox.test_service import HERE, SEALER, Bag, refuse
from tests.servers import ROOT

TO = "planted@example.org"


def names(desk: Desk, *words: str) -> list[str]:
    told = desk.run("outbox", "list", "--json", *words)
    assert told.exit_code == 0
    return [mail["name"] for mail in json.loads(told.output)["mail"]]


def jobs(desk: Desk, *words: str) -> Any:
    return CliRunner().invoke(console.jobs, words, obj=desk.installation.service)


def test_what_waits_is_listed_without_its_address(quick_desk: Desk) -> None:
    assert quick_desk.run("outbox", "list").output == f"{NONE_SET}\nThere is no mail.\n"
    assert NONE_SET in quick_desk.run("outbox", "try", TO).output
    said = quick_desk.run("outbox", "list").output
    assert "1 waiting" in said
    assert "mail-works  waiting  attempts: 0  next 2" in said
    assert TO not in said + quick_desk.run("outbox", "list", "--json").output
    assert names(quick_desk, "--state", "sent") == []
    assert quick_desk.run("outbox", "try", "nobody").exit_code == 1


def test_cancel_and_retry(quick_desk: Desk) -> None:
    for _ in range(3):
        quick_desk.run("outbox", "try", TO)
    one, *others = names(quick_desk)
    assert quick_desk.run("outbox", "cancel", one).exit_code == 0
    assert quick_desk.run("outbox", "cancel", others[0], one).exit_code == 1, "all of them or none"
    assert sorted(names(quick_desk)) == sorted(others)
    bag = Bag(refuse("refused_550", lasting=True))
    send_waiting(quick_desk.installation.databases, bag, HERE, SEALER, now=clock.now())
    assert "2 failed, 1 cancelled" in quick_desk.run("outbox", "list").output
    assert "refused_550" in quick_desk.run("outbox", "list", "--state", "failed").output
    assert quick_desk.run("outbox", "retry").exit_code == 2
    assert quick_desk.run("outbox", "retry", one).exit_code == 1
    assert quick_desk.run("outbox", "retry", "nothing").exit_code == 1
    assert "2 to be tried again" in quick_desk.run("outbox", "retry", "--all").output
    assert names(quick_desk, "--state", "waiting")


def test_jobs_are_listed_and_done(quick_desk: Desk, tmp_path: Path) -> None:
    service = quick_desk.installation.service
    said = jobs(quick_desk, "list").output
    assert all(f"{name}  every" in said for name in ("send-mail", "blank-mail", "sweep"))
    assert said.count("never run") == len(service.jobs)
    quick_desk.run("outbox", "try", TO)
    service.settings = replace(service.settings, smtp_url=f"file://{tmp_path}/mail")
    assert jobs(quick_desk, "once", "send-mail").output == "send-mail is done.\n"
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1
    assert "done" in jobs(quick_desk, "list").output
    wrong = jobs(quick_desk, "once", "send-mial")
    assert (wrong.exit_code, "Did you mean" in wrong.output) == (1, True)
    service.settings = replace(service.settings, smtp_url="smtp://")
    service.settings = replace(service.settings, smtp_url="smtp://127.0.0.1:1", mail_from="")
    assert "POSTERN_MAIL_FROM" in str(jobs(quick_desk, "once", "send-mail").exception), "what is missing is named"
    service.settings = replace(service.settings, smtp_url="smtp://")
    assert jobs(quick_desk, "once", "send-mail").exception is not None
    assert jobs(quick_desk, "run").exception is not None, "set wrongly, it does not start"


@pytest.mark.parametrize("how", ["told", "orphaned"])
def test_the_process_sends_until_it_is_told_to_stop(quick_desk: Desk, tmp_path: Path, how: str) -> None:
    quick_desk.run("outbox", "try", TO)
    folder, made = tmp_path / "mail", quick_desk.installation
    environment = {**os.environ, **made.environment, "POSTERN_SMTP_URL": folder.as_uri()}
    words = [sys.executable, "-c", "import wsgi; wsgi.main()", "jobs", "run"]
    if how == "orphaned":
        words += ["--parent", "1"]
    process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until and not list(folder.glob("*.eml")):
            time.sleep(0.05)
        assert len(list(folder.glob("*.eml"))) == 1
        if how == "told":
            process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert b"jobs_stopped" in said
    assert TO.encode() not in said
