"""How commands end that name people: at the command line alone, a mistyped reference is told whom it may have meant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from governance.kernel.errors import Answer, NotFound, nearest
from governance.people.store import list_people


@contextmanager
def told(service: Any) -> Iterator[None]:
    """End a command with the answer that is raised, in one line."""
    try:
        yield
    except NotFound as wrong:
        meant = meant_by(service, wrong.person) if wrong.person else ""
        raise click.ClickException(f"{wrong}. {meant}" if meant else str(wrong)) from None
    except Answer as wrong:
        raise click.ClickException(str(wrong)) from None


def meant_by(service: Any, reference: str) -> str:
    """Whom a reference that nobody has was perhaps meant for; blank where somebody has it, or none comes near."""
    with service.databases.reading() as session:
        known = list_people(session, service.databases.freshness.current())
    return "" if reference in known else nearest(reference, known)
