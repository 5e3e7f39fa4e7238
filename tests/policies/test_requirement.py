"""Whether a system is open, at each end of its days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from governance.kernel.keys import FactKey
from governance.kernel.reading import BadTable
from governance.ports.reasons import Code
from governance.ports.requirement import Query
from policies.requirement import LaunchRequirement, LaunchTerms, SystemFacts

LAUNCH = LaunchRequirement()
LIVE_AT = datetime(2026, 6, 30, 23, tzinfo=UTC)  # 1 July in London
CLOSED_AT = datetime(2027, 1, 1, tzinfo=UTC)  # the end of 31 December
MOMENT = timedelta(microseconds=1)
OPEN = SystemFacts(1, "sys", date(2026, 7, 1), date(2026, 12, 31))
NEVER = SystemFacts(0, "sys")


@pytest.mark.parametrize(
    ("says", "facts", "audit_live", "now", "codes", "until"),
    [
        ("before the audit trail is live", OPEN, True, LIVE_AT - MOMENT, (Code.AUDIT_NOT_LIVE,), LIVE_AT),
        ("from its first moment", OPEN, True, LIVE_AT, (), CLOSED_AT),
        ("where it is not demanded", OPEN, False, LIVE_AT - MOMENT, (), CLOSED_AT),
        ("until the last moment", OPEN, True, CLOSED_AT - MOMENT, (), CLOSED_AT),
        ("closed at the end itself", OPEN, False, CLOSED_AT, (Code.SCHEME_CLOSED,), None),
        ("closed, whatever is demanded", OPEN, True, CLOSED_AT, (Code.SCHEME_CLOSED,), None),
        ("nothing known, nothing demanded", NEVER, False, LIVE_AT, (), None),
        ("nothing known, but demanded", NEVER, True, LIVE_AT, (Code.AUDIT_NOT_LIVE,), None),
        (
            "closed before it ever opened",
            SystemFacts(1, "sys", None, date(2026, 12, 31)),
            True,
            CLOSED_AT,
            (Code.AUDIT_NOT_LIVE, Code.SCHEME_CLOSED),
            None,
        ),
    ],
)
def test_a_systems_own_days(
    says: str, facts: SystemFacts, audit_live: bool, now: datetime, codes: tuple[Code, ...], until: datetime | None
) -> None:
    standing = LAUNCH.standing((facts,), LaunchTerms(audit_live, source="a source"), now)
    assert tuple(objection.code for objection in standing.objections) == codes, says
    assert standing.until == until
    assert standing.settled
    assert all(objection.source == "a source" for objection in standing.objections)
    assert all(dict(objection.detail)["system"] == "sys" for objection in standing.objections)


ROLE_DAYS = LaunchTerms(opens=date(2026, 7, 1), closes=date(2026, 12, 31), source="a source")


@pytest.mark.parametrize(
    ("says", "now", "codes", "until"),
    [
        ("before the role's first day", LIVE_AT - MOMENT, (Code.SCHEME_NOT_OPEN,), LIVE_AT),
        ("from its first moment", LIVE_AT, (), CLOSED_AT),
        ("until the last moment", CLOSED_AT - MOMENT, (), CLOSED_AT),
        ("after its last day", CLOSED_AT, (Code.SCHEME_CLOSED,), None),
    ],
)
def test_a_roles_own_days(says: str, now: datetime, codes: tuple[Code, ...], until: datetime | None) -> None:
    standing = LAUNCH.standing((NEVER,), ROLE_DAYS, now)
    assert tuple(objection.code for objection in standing.objections) == codes, says
    assert standing.until == until


def test_a_role_that_closes_before_it_opens_is_refused() -> None:
    with pytest.raises(BadTable, match="closes"):
        LAUNCH.terms({"opens": date(2026, 7, 1), "closes": date(2026, 6, 30)})


def test_its_facts_are_the_systems() -> None:
    query = Query("sys", "ann", 1, (), "view", "record", "1", {}, {})
    assert LAUNCH.keys(query) == (FactKey("system_status", 0, "sys"),)


def test_its_terms() -> None:
    assert LAUNCH.always
    assert LAUNCH.terms({}) == LaunchTerms()
    with pytest.raises(BadTable):
        LAUNCH.terms({"audit_live": "yes"})
