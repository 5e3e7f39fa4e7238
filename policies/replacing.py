"""What is worth knowing of a pack that takes the place of another: whose it was, and which grants mean nothing now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from sqlalchemy.orm import Session

from governance.grants.store import count_by_role
from governance.kernel.errors import BadInput
from governance.ports.requirement import Requirement
from governance.web.words import count
from policies import store
from policies.pack import Pack
from policies.reading import read_pack


def notes_on(session: Session, pack: Pack, requirements: Mapping[str, Requirement], today: date) -> Iterator[str]:
    """That a system gets another name or owner, and each role that goes although grants of it stand."""
    standing = store.find_activation(session, pack.system)
    if standing is None:
        return
    try:
        old = read_pack(store.get_texts(session, standing[1]), requirements, stored=True)
    except BadInput:
        return  # it gives no answers any more
    before, after = f'"{old.name}" of {old.owner}', f'"{pack.name}" of {pack.owner}'
    if before != after:
        yield f"{after} takes the place of {before}. A pack of another system needs an id of its own."
    gone = old.roles.keys() - pack.roles.keys()
    for role, held in sorted(count_by_role(session, pack.system, today).items()) if gone else ():
        if role in gone:
            give = "gives" if held == 1 else "give"
            yield f"role {role} is no longer there: {count(held, 'grant')} of it {give} nothing now."
