"""Mail is queued with what it tells of, or not at all."""

import pytest
from sqlalchemy import select

from governance.kernel.db import Databases
from governance.kernel.errors import NotFound
from governance.kernel.verdict import Refused
from governance.outbox.models import OutboxMail
from governance.outbox.service import queue_mail
from governance.ports.mail import Mail
from tests.facts import NOON

TO = "ann@example.org"
WORKS = Mail("mail-works", TO, {})


def states(databases: Databases) -> list[tuple[str, str | None]]:
    with databases.reading() as session:
        return [(one.state, one.address) for one in session.scalars(select(OutboxMail).order_by(OutboxMail.id))]


def test_a_mail_waits_once_the_change_is_made(databases: Databases) -> None:
    with databases.change("test", NOON) as session:
        assert len({queue_mail(session, WORKS, now=NOON) for _ in range(3)}) == 3
    assert states(databases) == [("waiting", TO)] * 3


def test_a_change_that_fails_leaves_no_mail(databases: Databases) -> None:
    def fail() -> None:
        with databases.change("test", NOON) as session:
            queue_mail(session, WORKS, now=NOON)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    assert states(databases) == []


def test_a_value_that_the_template_does_not_name_is_refused(databases: Databases) -> None:
    with databases.writing() as session:
        with pytest.raises(Refused):
            queue_mail(session, Mail("mail-works", TO, {"code": "123456"}), now=NOON)
        with pytest.raises(NotFound):
            queue_mail(session, Mail("../layouts/mail", TO), now=NOON)
