"""The rules of an operation: when a capture may begin, and what is said when it may not."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from hotspot_kiosk.errors import ConfigError, Refused
from hotspot_kiosk.policy import Operation, may_capture
from hotspot_kiosk.terms import RequestType

BEGINS = datetime(2026, 11, 1, tzinfo=UTC)
ENDS = datetime(2026, 12, 1, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def operation(begins: datetime = BEGINS, ends: datetime = ENDS) -> Operation:
    """An operation of one month."""
    return Operation("OP-1", "checks", "the act", "notice-1", RequestType.NPS, begins, ends)


@pytest.mark.parametrize("now", [BEGINS, BEGINS + timedelta(days=9), ENDS - MOMENT])
def test_adults_are_captured_while_the_operation_runs(now: datetime) -> None:
    """From its first moment to the one before its end."""
    may_capture(operation(), now, clock_trusted=True, adult=True)


def test_before_the_operation_nothing_is_captured() -> None:
    """The sentence says which operation and when it begins."""
    with pytest.raises(Refused, match=r"operation OP-1 begins on 2026-11-01 00:00 UTC"):
        may_capture(operation(), BEGINS - MOMENT, clock_trusted=True, adult=True)


def test_after_the_operation_nothing_is_captured() -> None:
    """The sentence says that it ended, and what to do."""
    with pytest.raises(Refused, match=r"operation OP-1 ended on 2026-12-01 00:00 UTC; ask for a new one"):
        may_capture(operation(), ENDS, clock_trusted=True, adult=True)


@pytest.mark.parametrize("now", [BEGINS - timedelta(days=9000), ENDS + timedelta(days=9)])
def test_a_clock_that_is_not_trusted_closes_nothing(now: datetime) -> None:
    """With a clock that may be wrong the hub decides later."""
    may_capture(operation(), now, clock_trusted=False, adult=True)


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("now", [BEGINS - MOMENT, BEGINS, ENDS])
def test_minors_are_never_captured(trusted: bool, now: datetime) -> None:
    """Whatever the time and the clock, without the officer's word nobody is captured."""
    with pytest.raises(Refused, match=r"adults only.*take no biometrics and call a child officer"):
        may_capture(operation(), now, clock_trusted=trusted, adult=False)


def test_times_are_told_in_utc() -> None:
    """Where an operation's times are given in another zone, the sentence converts them."""
    zone = timezone(timedelta(hours=2))
    local = operation(BEGINS.astimezone(zone), ENDS.astimezone(zone))
    with pytest.raises(Refused, match=r"2026-11-01 00:00 UTC"):
        may_capture(local, BEGINS - MOMENT, clock_trusted=True, adult=True)


@pytest.mark.parametrize(
    ("begins", "ends"), [(BEGINS.replace(tzinfo=None), ENDS), (BEGINS, ENDS.replace(tzinfo=None))]
)
def test_times_need_a_zone(begins: datetime, ends: datetime) -> None:
    """A time without its zone is refused with an example."""
    with pytest.raises(ConfigError, match=r"\[operation\] begins and ends need a time zone, as in 2026"):
        operation(begins, ends)


@pytest.mark.parametrize("ends", [BEGINS, BEGINS - MOMENT])
def test_an_operation_ends_after_it_begins(ends: datetime) -> None:
    """No operation is empty."""
    with pytest.raises(ConfigError, match=r"\[operation\] ends must lie after begins"):
        operation(ends=ends)
