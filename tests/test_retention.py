"""How long the outbox keeps what the hub holds: neither shorter nor longer than it was told."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from making import NOW, STAMP, tcn

from hotspot_kiosk.kiosk.storage.outbox import UNANSWERED, Outbox
from hotspot_kiosk.terms import Part, Tcn

KEEP = timedelta(days=7)
DAY = timedelta(days=1)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An empty outbox."""
    return Outbox(tmp_path / "outbox.db")


def held(outbox: Outbox, counter: int = 1, at: datetime | None = NOW) -> Tcn:
    """A record whose two parts the hub holds."""
    outbox.put(tcn(counter), STAMP, [(part, bytes(100)) for part in Part])
    for part in Part:
        assert outbox.receipt(tcn(counter), part, outbox.digest(tcn(counter), part), at)
    return tcn(counter)


def test_it_counts_from_the_answer(outbox: Outbox) -> None:
    """An answer that came late can be looked at as long as one that came at once."""
    number = held(outbox)
    outbox.answer(number, b"sealed", NOW + 5 * DAY)
    assert outbox.outdated(NOW + 11 * DAY, KEEP) == ()
    assert outbox.outdated(NOW + 13 * DAY, KEEP) == (number,)


def test_the_sealed_answer_outlives_a_restart(tmp_path: Path) -> None:
    """Until its retention is over it can be shown."""
    first = Outbox(tmp_path / "outbox.db")
    number = held(first)
    first.answer(number, b"sealed", NOW)
    first.close()
    again = Outbox(tmp_path / "outbox.db")
    assert again.outdated(NOW + 6 * DAY, KEEP) == ()
    assert again.sealed_answer(number) == b"sealed"
    again.close()


def test_a_record_that_waits_never_goes(outbox: Outbox) -> None:
    """One part held is not enough, nor is being quarantined."""
    outbox.put(tcn(1), STAMP, [(part, bytes(100)) for part in Part])
    outbox.receipt(tcn(1), Part.PROBE, outbox.digest(tcn(1), Part.PROBE), NOW)
    outbox.answer(tcn(1), b"sealed", NOW)
    assert outbox.outdated(NOW + 999 * DAY, KEEP) == ()
    outbox.quarantine(tcn(1), Part.EVIDENCE, "no")
    assert outbox.outdated(NOW + 999 * DAY, KEEP) == ()


def test_an_answer_that_is_owed_is_waited_for(outbox: Outbox) -> None:
    """Four times as long: it is only taken to a record that is known here."""
    number = held(outbox)
    assert outbox.outdated(NOW + UNANSWERED * KEEP - DAY, KEEP) == ()
    assert outbox.outdated(NOW + UNANSWERED * KEEP + DAY, KEEP) == (number,)


def test_without_a_trusted_clock_it_counts_from_the_first_trusted_moment(outbox: Outbox) -> None:
    """What was held in an unknown year is not old for that."""
    number = held(outbox, at=None)
    outbox.answer(number, b"sealed", NOW - 9000 * DAY)
    assert outbox.outdated(NOW, KEEP) == ()
    assert outbox.outdated(NOW + 6 * DAY, KEEP) == ()
    assert outbox.outdated(NOW + 8 * DAY, KEEP) == (number,)


def test_an_answer_of_the_far_future_is_not_kept_for_ever(outbox: Outbox) -> None:
    """A clock that was wrong then."""
    number = held(outbox)
    outbox.answer(number, b"sealed", NOW + 9000 * DAY)
    assert outbox.outdated(NOW + 8 * DAY, KEEP) == (number,)
