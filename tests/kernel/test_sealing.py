"""Secrets at rest: sealed under a key from outside, bound to their place, readable under retired keys."""

import pytest

from governance.kernel.errors import Unavailable
from governance.kernel.sealing import Sealer
from governance.kernel.settings import RecordKeys

OLD, NEW = "old:" + "11" * 16, "new:" + "22" * 32
PLACE = "authenticator:secret:7"


def sealer(*keys: str) -> Sealer:
    return Sealer(RecordKeys.parse(",".join(keys)))


def test_what_was_sealed_opens_where_it_stands() -> None:
    one = sealer(NEW)
    sealed = one.seal(b"a seed", PLACE)
    assert b"a seed" not in sealed
    assert one.open(sealed, PLACE) == b"a seed"
    assert one.seal(b"a seed", PLACE) != sealed, "a nonce is used once"


def test_it_opens_at_no_other_place() -> None:
    sealed = sealer(NEW).seal(b"a seed", PLACE)
    with pytest.raises(Unavailable):
        sealer(NEW).open(sealed, "authenticator:secret:8")


def test_a_changed_byte_is_refused() -> None:
    one = sealer(NEW)
    sealed = one.seal(b"a seed", PLACE)
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(Unavailable):
            one.open(changed, PLACE)


def test_retired_keys_open_and_the_newest_seals() -> None:
    sealed = sealer(OLD).seal(b"a seed", PLACE)
    both = sealer(NEW, OLD)
    assert both.open(sealed, PLACE) == b"a seed"
    assert not both.is_current(sealed)
    assert both.is_current(both.seal(b"a seed", PLACE))
    with pytest.raises(Unavailable):
        sealer(NEW).open(sealed, PLACE)
