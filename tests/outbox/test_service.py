"""Rounds of sending: each mail once, in turn, with pauses, whatever becomes of senders and servers."""

import json
import threading
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from governance.kernel.db import Databases
from governance.kernel.sealing import Sealer
from governance.kernel.verdict import Refused
from governance.outbox import letters, service, store
from governance.outbox.couriers import NotSent
from governance.outbox.letters import Letter
from governance.outbox.models import OutboxMail
from governance.outbox.rules import GIVEN_UP_AFTER, LEASE, MailState
from governance.outbox.sending import Server, SmtpCourier, Tls
from governance.outbox.service import cancel_mail, queue_mail, retry_mail, send_waiting
from governance.ports.actor import Actor
from governance.ports.mail import Mail
from governance.trail.models import TrailEntry, TrailEntryBody
from governance.trail.service import verify_trail
from tests.facts import NOON, SETTINGS
from tests.outbox.post import Post, opened

HERE = "https://access.example.gov.uk"
OFFICER = Actor("officer")
SEALER = Sealer(SETTINGS.secret_keys)
SECOND = timedelta(seconds=1)


class Bag:
    """A courier that keeps what it is given, and does first what it is told."""

    def __init__(self, does: Callable[[Letter], object] = lambda _letter: None, *, late: bool = False) -> None:
        self.does, self.late = does, late
        self.names: list[str] = []
        self.again: list[bool] = []

    def deliver(self, letter: Letter, hand_over: Callable[[], None], *, again: bool) -> None:
        self.again.append(again)
        if not self.late:
            self.does(letter)
        hand_over()
        self.names.append(letter.name)
        if self.late:
            self.does(letter)

    def close(self) -> None:
        """Nothing is held."""


def queue(databases: Databases, count: int = 1, *, to: str = "ann@example.org", now: datetime = NOON) -> list[str]:
    with databases.change("test", now) as session:
        return [queue_mail(session, Mail("mail-works", to), now=now) for _ in range(count)]


def row(databases: Databases, name: str) -> OutboxMail:
    with databases.reading() as session:
        return session.scalars(select(OutboxMail).where(OutboxMail.name == name)).one()


def send(databases: Databases, courier: Any, now: datetime = NOON) -> dict[MailState, int]:
    return dict(send_waiting(databases, courier, HERE, SEALER, now=now))


def refuse(fault: str, *, lasting: bool = False, outage: bool = False) -> Callable[[Letter], None]:
    def no(_letter: Letter) -> None:
        raise NotSent(fault, lasting=lasting, outage=outage)

    return no


def die(_letter: Letter) -> None:
    """What a kill looks like from within: nothing more is written."""
    raise KeyboardInterrupt


def entries(databases: Databases) -> list[tuple[str, dict[str, Any]]]:
    """What the trail was told of the mails that are there."""
    bodies = select(TrailEntry.action, TrailEntryBody.body).join(TrailEntryBody, TrailEntry.seq == TrailEntryBody.seq)
    with databases.reading() as session:
        names = set(session.scalars(select(OutboxMail.name)))
        told = [(action, json.loads(body)) for action, body in session.execute(bodies.order_by(TrailEntry.seq))]
    return [(action, body) for action, body in told if body.get("mail") in names]


def test_each_mail_is_sent_once_and_its_words_are_blanked(databases: Databases) -> None:
    names, bag = queue(databases, 3), Bag()
    assert send(databases, bag) == {MailState.SENT: 3}
    assert bag.names == names, "those that wait longest come first"
    assert send(databases, bag, NOON + GIVEN_UP_AFTER) == {}
    sent = row(databases, names[0])
    assert (sent.state, sent.data, sent.address, sent.handovers) == ("sent", None, "ann@example.org", 1)
    with databases.writing() as session:
        assert store.set_blanked(session, NOON) == 0
        assert store.set_blanked(session, NOON + timedelta(days=1)) == 3
    assert row(databases, names[0]).address is None


def test_pauses_follow_the_clock_that_is_passed_in(databases: Databases) -> None:
    (name,) = queue(databases)
    bag = Bag(refuse("refused_451"))
    moment = NOON
    for pause in (30, 60, 120, 240):
        assert send(databases, bag, moment) == {MailState.WAITING: 1}
        assert send(databases, bag, moment + timedelta(seconds=pause - 2)) == {}, "not before its pause is over"
        moment += timedelta(seconds=pause + 1)
    assert row(databases, name).fault == "refused_451"
    bag.does = lambda _letter: None
    assert send(databases, bag, moment) == {MailState.SENT: 1}
    assert row(databases, name).fault == ""


def test_one_bad_address_does_not_hold_others_up(databases: Databases) -> None:
    first, bad, last = (queue(databases, to=f"{who}@example.org")[0] for who in ("ann", "gone", "bea"))
    with opened(Post({"gone@example.org": "550 gone@example.org is unknown"})) as post:
        courier = SmtpCourier(Server("127.0.0.1", post.port, Tls.NONE), "a@b.example", "b.example")
        assert send(databases, courier) == {MailState.SENT: 2, MailState.FAILED: 1}
    assert post.names == [first, last]
    told = [body for action, body in entries(databases) if action == "mail.failed"]
    assert told == [{"actor": "job:send-mail", "mail": bad, "template": "mail-works", "fault": "refused_550"}]
    assert verify_trail(databases).damages == []


def test_a_server_out_of_reach_ends_the_round(databases: Databases) -> None:
    names = queue(databases, 3)
    bag = Bag(refuse("unreachable", outage=True))
    assert send(databases, bag) == {MailState.WAITING: 1}
    assert [row(databases, name).attempts for name in names] == [1, 0, 0], "the others are not worn out by it"
    assert send(databases, Bag(), NOON + 31 * SECOND) == {MailState.SENT: 3}


def test_after_two_days_it_is_given_up(databases: Databases) -> None:
    (name,) = queue(databases)
    assert send(databases, Bag(refuse("unreachable", outage=True)), NOON + GIVEN_UP_AFTER) == {MailState.FAILED: 1}
    assert row(databases, name).state == "failed"


def test_a_fault_of_the_template_waits_for_its_cure(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    names, bag = queue(databases, 2), Bag()
    with monkeypatch.context() as broken:
        broken.setattr(letters, "source", lambda _template: ("{{ lost }}", "text"))
        assert send(databases, bag) == {MailState.WAITING: 2}
    assert row(databases, names[0]).fault == "template"
    assert send(databases, bag, NOON + 31 * SECOND) == {MailState.SENT: 2}


# --- senders that die, and those that come back


@pytest.mark.parametrize("late", [False, True])
def test_a_mail_of_a_dead_sender_is_taken_up_when_its_lease_is_over(databases: Databases, late: bool) -> None:
    (name,) = queue(databases)
    dead = Bag(die, late=late)
    with pytest.raises(KeyboardInterrupt):
        send(databases, dead)
    assert row(databases, name).state == ("handed over" if late else "claimed")
    bag = Bag()
    assert send(databases, bag, NOON + LEASE - SECOND) == {}
    assert send(databases, bag, NOON + LEASE + SECOND) == {MailState.SENT: 1}
    assert (bag.names, bag.again) == ([name], [late]), "the same Message-ID, and it is known whether it was handed over"


def test_a_sender_that_comes_back_late_hands_nothing_over(databases: Databases) -> None:
    (name,) = queue(databases)
    quick = Bag()
    slow = Bag(lambda _letter: send(databases, quick, NOON + LEASE + SECOND))
    assert send(databases, slow) == {MailState.CLAIMED: 1}
    assert (quick.names, slow.names) == ([name], [])
    assert row(databases, name).state == "sent"


@pytest.mark.parametrize("does", [lambda: None, refuse("refused_550", lasting=True), refuse("refused_451")])
def test_what_a_late_sender_writes_is_refused(databases: Databases, does: Any) -> None:
    """Handed over, then overtaken: the one who took it up fails, and the late one's word does not count."""
    (name,) = queue(databases)

    def overtaken(letter: Letter) -> None:
        assert send(databases, Bag(refuse("refused_599", lasting=True)), NOON + LEASE + 5 * SECOND)
        if does.__code__.co_argcount:
            does(letter)

    send(databases, Bag(overtaken, late=True))
    assert (row(databases, name).state, row(databases, name).fault) == ("failed", "refused_599")
    assert [action for action, _ in entries(databases)].count("mail.failed") == 1


def test_senders_side_by_side_share_the_work(databases: Databases) -> None:
    names, bags = queue(databases, 24), [Bag() for _ in range(6)]
    start = threading.Barrier(len(bags))

    def work(bag: Bag) -> None:
        start.wait()
        send(databases, bag)

    threads = [threading.Thread(target=work, args=(bag,)) for bag in bags]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(name for bag in bags for name in bag.names) == sorted(names)


def test_what_lets_its_reader_in_is_sealed_until_it_is_sent(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "source", lambda _template: ("Come in", "{{ public_url }}/invitation/{{ token }}"))
    monkeypatch.setattr(letters, "declared", lambda _template: frozenset({"token"}))
    mail, said = Mail("mail-works", "ann@example.org", {"token": "planted-token"}), []
    with databases.writing() as session:
        name, moved = (queue_mail(session, mail, now=NOON, sealer=SEALER) for _ in range(2))
    kept = row(databases, name).data
    assert isinstance(kept, str)
    assert b"planted" not in b64decode(kept)
    with databases.writing() as session:
        session.get_one(OutboxMail, row(databases, moved).id).data = kept
    assert send(databases, Bag(lambda letter: said.append(letter.text))) == {MailState.SENT: 1, MailState.WAITING: 1}
    assert f"{HERE}/invitation/planted-token" in said[0]
    assert (row(databases, name).data, row(databases, moved).fault) == (None, "secret_unreadable")


# --- people


def test_what_failed_is_tried_again(databases: Databases) -> None:
    (name,) = queue(databases)
    send(databases, Bag(refuse("refused_550", lasting=True)))
    later = NOON + timedelta(days=3)
    with databases.change("test", later) as session:
        retry_mail(session, name, actor=OFFICER, now=later)
    bag = Bag(refuse("refused_451"))
    assert send(databases, bag, later) == {MailState.WAITING: 1}, "its two days begin anew"
    with databases.writing() as session, pytest.raises(Refused):
        retry_mail(session, name, actor=OFFICER, now=later)
    assert "mail.retried" in dict(entries(databases))


def test_what_is_cancelled_is_not_sent(databases: Databases) -> None:
    name, other = queue(databases, 2)
    with databases.change("test", NOON) as session:
        cancel_mail(session, name, actor=OFFICER, now=NOON)
    assert send(databases, Bag()) == {MailState.SENT: 1}
    gone = row(databases, name)
    assert (gone.state, gone.address, gone.data) == ("cancelled", None, None)
    assert dict(entries(databases))["mail.cancelled"]["mail"] == name
    with databases.writing() as session, pytest.raises(Refused):
        cancel_mail(session, other, actor=OFFICER, now=NOON)


def test_no_address_stands_in_the_log(databases: Databases, capsys: pytest.CaptureFixture[str]) -> None:
    queue(databases, 1, to="planted@example.org")
    queue(databases, 1, to="planted@example.org")
    turns = iter([refuse("refused_550", lasting=True), refuse("refused_451")])

    def in_turn(letter: Letter) -> None:
        next(turns)(letter)

    send(databases, Bag(in_turn))
    said = "".join(capsys.readouterr())
    assert "mail_not_sent" in said
    assert "planted" not in said
    assert "planted" not in json.dumps(entries(databases))


def test_a_round_ends_after_a_while(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "ROUND_SECONDS", -1)
    queue(databases)
    assert send(databases, Bag()) == {}
