"""Both front ends deny within a second, and say so, while the service is stopped, slow or not to be understood."""

import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from examples.client.postern_client import Postern
from examples.lookup import views as lookup
from examples.lookup.registers import read_registers
from examples.reports import views as reports
from tests.examples import misbehaving
from tests.examples.misbehaving import Behaviour, Crooked, answering, crooked, written

KEPT_BACK = ("never:", "Kofi Danso", "Daisy Wren", "Hidden Close", "Camden")
OBLIGED = {"obligations": [{"id": "x", "type": "burn-after-reading", "properties": {}}]}
UNKNOWN = {"decision": True, "context": OBLIGED}


def everywhere(single: Any) -> Behaviour:
    """The same answer at each door: to one question, to each of a batch, and no plan."""

    def behave(line: socket.socket, body: bytes) -> None:
        asked = misbehaving.json.loads(body)
        if "id" not in asked.get("resource", {"id": ""}):
            line.sendall(written({}, status="404 Not Found"))
        elif "evaluations" in asked:
            line.sendall(written({"evaluations": [single] * len(asked["evaluations"])}))
        else:
            line.sendall(written(single))

    return behave


@pytest.fixture
def server() -> Iterator[Crooked]:
    with crooked() as one:
        yield one


OPEN: list[Postern] = []


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def visitor(make: Any, url: str, folder: Path, who: str) -> FlaskClient:
    app = make(url, "k", folder)
    OPEN.extend(app.extensions["postern"].values())
    client: FlaskClient = app.test_client()
    send(client, "/sign-in", person=who, second_factor="yes")
    return client


def send(client: FlaskClient, path: str, **form: str) -> TestResponse:
    return client.post(path, data=form, headers={"Origin": "http://localhost"})


PAGES = {
    "a search": (lookup.make_app, "helen.ward", "/results", {"register": "derbyshire-databook", "words": "wren"}),
    "a record": (lookup.make_app, "helen.ward", "/record/derbyshire-databook/DCC-204117", None),
    "a shielded record": (lookup.make_app, "joanna.pike", "/record/contactpoint/CP-00310882", None),
    "an override": (lookup.make_app, "tariq.shah", "/record/contactpoint/CP-00310882/shield", {}),
    "a report": (reports.make_app, "joyce.appiah", "/report?report=neet-comparison", None),
    "a report as CSV": (reports.make_app, "joyce.appiah", "/report?report=neet-comparison&csv=yes", None),
}  # fmt: skip
HOW: dict[str, tuple[Behaviour | None, str]] = {
    "stopped": (None, "cannot be reached"),
    "slow": (misbehaving.late(2), "has not answered in time"),
    "nonsense": (answering(b"<h1>It works!</h1>", kind="text/html"), "an answer that cannot be relied upon"),
    "an unknown obligation": (everywhere(UNKNOWN), "only in a way that this program cannot keep to"),
}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("what", PAGES)
def test_they_deny_within_a_second_and_say_so(server: Crooked, tmp_path: Path, what: str, how: str) -> None:
    make, who, path, form = PAGES[what]
    behaviour, sentence = HOW[how]
    server.behaviour = behaviour or server.behaviour
    url = server.url if behaviour else "http://127.0.0.1:9"
    client = visitor(make, url, tmp_path, who)
    seconds = []
    while not seconds or (seconds[-1] >= 1 and len(seconds) < 3):  # the machine itself stands still at times
        began = time.monotonic()
        answer = client.get(path) if form is None else send(client, path, **form)
        seconds.append(time.monotonic() - began)
    said = answer.get_data(as_text=True)
    assert min(seconds) < 1
    assert answer.status_code == 503
    assert sentence in said
    assert [kept for kept in KEPT_BACK if kept in said] == []
    assert not list(tmp_path.iterdir())


def test_a_field_that_was_not_named_never_leaves(server: Crooked, tmp_path: Path) -> None:
    fields = {"type": "fields", "properties": {"fields": ["name"]}}
    server.behaviour = everywhere({"decision": True, "context": {"obligations": [fields]}})
    client = visitor(lookup.make_app, server.url, tmp_path, "helen.ward")
    for number in read_registers()["derbyshire-databook"].rows:
        said = client.get(f"/record/derbyshire-databook/{number}").get_data(as_text=True)
        assert re.findall(r'data-field="(\w+)"', said) == ["name"]
        assert "never:" not in said
    found = send(client, "/results", register="derbyshire-databook", words="weir cottages").get_data(as_text=True)
    assert "0 found" in found, "what may not be seen is not searched either"


def test_who_asks_for_somebody_reads_nothing_of_what_these_lack(server: Crooked, tmp_path: Path) -> None:
    told = {"reasons": [{"code": "vetting_missing", "user": "No check of yours."}], "addressed_to": "dan.wood"}
    server.behaviour = answering({"plan": {"kind": "never"}, "context": told})
    client = visitor(lookup.make_app, server.url, tmp_path, "joanna.pike")
    form = {"register": "contactpoint", "words": "wren", "reason": "plan", "mediated_for": "dan.wood"}
    pages = [send(client, "/results", **form), client.get("/record/contactpoint/CP-00310882")]
    for page in pages:
        assert page.status_code == 403
        assert "on behalf of dan.wood" in page.get_data(as_text=True)
        assert "No check of yours" not in page.get_data(as_text=True)


def test_a_form_of_another_site_does_nothing(server: Crooked, tmp_path: Path) -> None:
    client = visitor(lookup.make_app, server.url, tmp_path, "helen.ward")
    for origin in ({"Origin": "http://elsewhere.example"}, {"Origin": "null"}, {}):
        answer = client.post("/results", data={"register": "lccis", "words": "a"}, headers=origin)
        assert answer.status_code == 403
    assert server.asked == []


def test_a_page_may_load_nothing_from_elsewhere(server: Crooked, tmp_path: Path) -> None:
    answer = visitor(lookup.make_app, server.url, tmp_path, "helen.ward").get("/search")
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.findall(r"<(?:style|script)>|\son\w+=|style=", answer.get_data(as_text=True)) == []
    assert visitor(lookup.make_app, server.url, tmp_path, "helen.ward").get(
        "/search", headers={"Host": "rebound.example"}
    ).status_code == 400  # fmt: skip


def test_a_warning_in_other_words_is_not_taken_for_given(server: Crooked, tmp_path: Path) -> None:
    notify = {"type": "notify", "properties": {"who": "team", "warn_first": "Your manager will be told."}}
    server.behaviour = everywhere({"decision": True, "context": {"obligations": [notify]}})
    answer = send(
        visitor(lookup.make_app, server.url, tmp_path, "tariq.shah"), "/record/contactpoint/CP-00310882/shield"
    )
    assert answer.status_code == 503
    assert "something that has to be done first could not be done" in answer.get_data(as_text=True)
