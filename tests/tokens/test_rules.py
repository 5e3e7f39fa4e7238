"""Whether a second factor was used, and lately enough: no app, no database, no clock."""

from datetime import UTC, datetime, timedelta

import pytest

from governance.kernel.reading import BadTable
from governance.ports.reasons import Code
from governance.ports.requirement import Query
from tokens.requirement import SecondFactorRequirement, SecondFactorTerms
from tokens.rules import Trust

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HALF_HOUR = timedelta(minutes=30)
REQUIREMENT = SecondFactorRequirement()
GONE, OLD = Code.SECOND_FACTOR_MISSING, Code.SECOND_FACTOR_TOO_OLD


def seconds(moment):
    return int(moment.timestamp())


def found(context, asserted_by="key", **terms):
    demanded = SecondFactorTerms(**{"acr": ("mfa", "phr"), **terms})
    standing = REQUIREMENT.standing((), demanded, NOON)
    query = Query("mis", "ann", 5, (2,), "view", "record", "1", {}, context, asserted_by)
    assert not standing.settled
    return REQUIREMENT.check(standing, (), demanded, query, NOON)


def codes(standing):
    return tuple(objection.code for objection in standing.objections)


@pytest.mark.parametrize(("says", "context", "reasons"), [
    ("used", {"acr": "mfa"}, ()),
    ("another that is accepted", {"acr": "phr"}, ()),
    ("none", {}, (GONE,)),
    ("one that is not accepted", {"acr": "pwd"}, (GONE,)),
    ("several at once are none", {"acr": ["mfa"]}, (GONE,)),
    ("a passkey, for it is a second factor too", {"acr": "passkey"}, ()),
])  # fmt: skip
def test_which_factor_counts(says, context, reasons):
    assert codes(found(context)) == reasons


@pytest.mark.parametrize(("says", "at", "reasons"), [
    ("just now", seconds(NOON), ()),
    ("to its last second", seconds(NOON - HALF_HOUR + SECOND), ()),
    ("too old at the end itself", seconds(NOON - HALF_HOUR), (OLD,)),
    ("a clock that runs ahead a minute", seconds(NOON + timedelta(minutes=1)), ()),
    ("a moment of the future", seconds(NOON + timedelta(minutes=1) + SECOND), (GONE,)),
    ("as text with its zone", "2026-03-02T13:45:00+02:00", ()),
    ("as text with Z", "2026-03-02T11:45:00Z", ()),
    ("as text without a zone", "2026-03-02T11:45:00", (GONE,)),
    ("not said", None, (GONE,)),
    ("true is no moment", True, (GONE,)),
    ("nonsense", "lately", (GONE,)),
    ("beyond all time", 10**30, (GONE,)),
    ("before all time", "0001-01-01T00:00:00+14:00", (GONE,)),
])  # fmt: skip
def test_how_old_it_may_be(says, at, reasons):
    context = {"acr": "mfa"} if at is None else {"acr": "mfa", "auth_time": at}
    assert codes(found(context, max_age_minutes=30)) == reasons


def test_until_when_a_good_one_counts():
    at = NOON - timedelta(minutes=10)
    standing = found({"acr": "mfa", "auth_time": seconds(at)}, max_age_minutes=30)
    assert standing.until == at + HALF_HOUR
    assert standing.evidence == (("second-factor", "mfa", at + HALF_HOUR),)


@pytest.mark.parametrize(("used", "reasons"), [("passkey", ()), ("mfa", (GONE,)), ("pwd", (GONE,))])
def test_any_second_factor_is_no_passkey(used, reasons):
    assert codes(found({"acr": used}, acr=("passkey",))) == reasons


@pytest.mark.parametrize(
    ("asserted_by", "reasons"), [("key", (GONE,)), ("cli", (GONE,)), ("token", ()), ("session", ())]
)
def test_whose_word_counts(asserted_by, reasons):
    assert codes(found({"acr": "mfa"}, asserted_by, trust=Trust.TOKEN)) == reasons


@pytest.mark.parametrize(("table", "field"), [
    ({"acr": []}, "acr"),
    ({"acr": ["mfa"], "max_age_minutes": -1}, "max_age_minutes"),
    ({"acr": ["mfa"], "trust": "front end"}, "trust"),
])  # fmt: skip
def test_mistyped_demands_are_refused(table, field):
    with pytest.raises(BadTable) as wrong:
        REQUIREMENT.terms(table)
    assert [fault.field for fault in wrong.value.faults] == [field]
