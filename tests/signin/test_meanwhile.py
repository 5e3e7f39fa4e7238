"""What ends while a provider is asked has ended: it lets nobody in any more."""

from collections.abc import Callable
from typing import Any

import pytest

from governance.people.signin import federation
from governance.people.signin.rules import Failure
from governance.people.signin.service import providers as service
from tests.signin.people import OPERATOR
from tests.signin.schools import School

Verb = Callable[[School, str, str], None]


def remove(school: School, _ann: str, _subject: str) -> None:
    """The provider is taken out of use."""
    school.place.change(
        lambda session: service.remove_provider(session, school.name, actor=OPERATOR, now=school.place.now)
    )


def unlink(school: School, ann: str, subject: str) -> None:
    """The provider means this person no longer."""
    school.place.change(
        lambda session: service.unlink_person(session, ann, school.name, subject, actor=OPERATOR, now=school.place.now)
    )


def just_before(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, act: Callable[[], None]) -> None:
    """Do something in the moment before a step of the sign-in."""
    step = getattr(owner, name)

    def first(*given: Any, **named: Any) -> Any:
        act()
        return step(*given, **named)

    monkeypatch.setattr(owner, name, first)


@pytest.mark.parametrize("end", [remove, unlink])
@pytest.mark.parametrize(("owner", "step"), [(federation, "vouched"), (service, "let_in")])
def test_what_ends_meanwhile_lets_nobody_in(
    make: Callable[..., School], monkeypatch: pytest.MonkeyPatch, owner: Any, step: str, end: Verb
) -> None:
    school = make()
    ann = school.place.person()
    subject = school.link(ann)
    just_before(monkeypatch, owner, step, lambda: end(school, ann, subject))
    school.sign_in(subject)
    assert school.place.sessions(ann) == []
    assert school.place.told("sign_in.refused")[-1][1]["failure"] == Failure.NOT_LINKED.value
