"""GOV.UK Notify, played by a small server on this machine; its client is the real one."""

import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from governance.kernel.errors import BadInput
from governance.outbox.couriers import NotSent
from governance.outbox.letters import Letter
from governance.outbox.notify import NotifyCourier
from governance.outbox.ways import courier_of, says
from tests.facts import NOON, SETTINGS

KEY = "test-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"
TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"
LETTER = Letter("MAIL1", "ann@example.org", "A subject", "Dear Ann\n", NOON)
BAD_ADDRESS = {"error": "ValidationError", "message": "email_address Not a valid email address"}
BAD_TEMPLATE = {"error": "BadRequestError", "message": "Template not found"}


@dataclass
class Notify:
    """What Notify answers, and what it has taken."""

    status: int = 201
    errors: list[dict[str, str]] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


@contextmanager
def notify(told: Notify) -> Iterator[Notify]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if told.status == 201:
                told.taken.append(body | {"path": self.path})
            self.answer(told.status, {"id": "1"} if told.status == 201 else {"errors": told.errors})

        def do_GET(self) -> None:
            wanted = parse_qs(urlsplit(self.path).query)["reference"][0]
            self.answer(200, {"notifications": [one for one in told.taken if one["reference"] == wanted]})

        def answer(self, status: int, body: dict[str, Any]) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        told.url = f"http://127.0.0.1:{server.server_port}"
        yield told
        server.shutdown()
        thread.join()


def deliver(told: Notify, *, again: bool = False) -> list[str]:
    marks: list[str] = []
    courier = NotifyCourier(KEY, TEMPLATE, told.url)
    try:
        courier.deliver(LETTER, lambda: marks.append(f"{len(told.taken)} taken"), again=again)
    finally:
        courier.close()
    return marks


def test_a_mail_is_given_to_notify() -> None:
    with notify(Notify()) as told:
        assert deliver(told) == ["0 taken"]
    assert told.taken == [
        {
            "path": "/v2/notifications/email",
            "email_address": "ann@example.org",
            "template_id": TEMPLATE,
            "personalisation": {"subject": "A subject", "body": "Dear Ann\n"},
            "reference": "MAIL1",
        }
    ]


def test_what_notify_has_already_is_not_sent_again() -> None:
    with notify(Notify()) as told:
        deliver(told, again=True)
        assert deliver(told, again=True) == [], "it is not even handed over"
    assert len(told.taken) == 1


@pytest.mark.parametrize(
    ("status", "errors", "lasting"),
    [(400, [BAD_ADDRESS], True), (400, [BAD_TEMPLATE], False), (403, [], False), (429, [], False), (500, [], False),
     (503, [], False)],
)  # fmt: skip
def test_what_notify_refuses_is_a_code(
    status: int, errors: list[dict[str, str]], lasting: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        notify(Notify(status, errors)) as told,
        pytest.raises(NotSent, match=f"notify_{status}") as wrong,
    ):
        deliver(told)
    assert (wrong.value.lasting, wrong.value.outage) == (lasting, not lasting)
    said = caplog.text + repr(wrong.value)
    assert "example.org" not in said
    assert KEY[-36:] not in said


def test_no_notify_is_an_outage() -> None:
    with notify(Notify()) as told:
        pass
    with pytest.raises(NotSent, match="notify_503") as wrong:
        deliver(told)
    assert wrong.value.outage


def test_the_setting_chooses_notify() -> None:
    settings = replace(SETTINGS, notify_key=KEY, notify_template=TEMPLATE, smtp_url="smtp://nowhere")
    assert isinstance(courier_of(settings), NotifyCourier)
    assert says(settings) == "Mail leaves through GOV.UK Notify."
    for wrong in (replace(settings, notify_template=""), replace(settings, notify_key="short")):
        with pytest.raises(BadInput) as told:
            courier_of(wrong)
        assert "short" not in str(told.value)


def test_its_client_is_needed_only_where_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("notifications_python_client")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "notifications_python_client", None)
    assert courier_of(SETTINGS) is None
    with pytest.raises(BadInput, match="postern\\[notify\\]"):
        courier_of(replace(SETTINGS, notify_key=KEY, notify_template=TEMPLATE))
