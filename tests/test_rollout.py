"""A rollout's waves: canaries first, and a stop when they fail."""

import pytest

from hotspot_kiosk.fleet import Outcome
from hotspot_kiosk.hub.fleet.rollout import Rollout, Standing, standing

HOUR = 3600 * 1000


def rollout(kiosks: int = 200, **changed: object) -> Rollout:
    usual = {
        "id": "r",
        "version": "2",
        "url": "https://hub/b",
        "manifest": "ab" * 32,
        "devices": tuple(range(1, kiosks + 1)),
    }
    return Rollout(**(usual | {"wave_ms": HOUR} | changed))  # type: ignore[arg-type]


def all_of(devices: tuple[int, ...], outcome: Outcome) -> dict[int, Outcome]:
    return dict.fromkeys(devices, outcome)


def test_every_kiosk_is_in_one_wave_and_canaries_come_first() -> None:
    """Five of a hundred, then three times as many as all before."""
    waves = rollout().waves()
    assert [len(wave) for wave in waves] == [10, 30, 120, 40]
    assert [device for wave in waves for device in wave] == list(range(1, 201))


def test_it_begins_with_the_canaries() -> None:
    """And with nobody else, however long they take within their time."""
    assert standing(rollout(), (), {}, 0) == Standing(1)
    some = all_of(tuple(range(1, 10)), Outcome.CONFIRMED)
    assert standing(rollout(), (0,), some, HOUR - 1) == Standing(1)


def test_the_next_wave_begins_when_the_canaries_are_done() -> None:
    """All of them."""
    done = all_of(rollout().waves()[0], Outcome.CONFIRMED)
    assert standing(rollout(), (0,), done, 1) == Standing(2)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.ROLLED_BACK, Outcome.REFUSED])
def test_one_failing_canary_of_ten_stops_it(outcome: Outcome) -> None:
    """At once, and nobody else is asked."""
    stands = standing(rollout(), (0,), {3: outcome}, 1)
    assert (stands.invited, stands.done) == (1, False)
    assert stands.halt.startswith("1 of 10")


def test_one_failure_among_many_does_not_stop_it() -> None:
    """One of a hundred and sixty is below five percent."""
    outcomes = all_of(tuple(range(1, 161)), Outcome.CONFIRMED) | {160: Outcome.FAILED}
    assert standing(rollout(), (0, 1, 2), outcomes, 3) == Standing(4)


def test_a_wave_that_is_late_is_not_waited_for_if_somebody_confirmed() -> None:
    """A kiosk without power must not hold up the others; but a wave of silence stops all."""
    late = dict.fromkeys((1, 2), Outcome.CONFIRMED)
    assert standing(rollout(), (0,), late, HOUR) == Standing(2)
    assert "no kiosk of wave 1" in standing(rollout(), (0,), {}, HOUR).halt


def test_the_last_wave_ends_it() -> None:
    """When it is done, all is."""
    small = rollout(1)
    assert standing(small, (0,), {1: Outcome.CONFIRMED}, 1) == Standing(1, done=True)


@pytest.mark.parametrize(
    "changed", [{"devices": ()}, {"devices": (1, 1)}, {"canary": 0}, {"most_failed": 100}]
)
def test_a_rollout_that_cannot_be_is_refused(changed: dict[str, object]) -> None:
    """Before anybody is invited."""
    with pytest.raises(ValueError, match=r"devices|canary"):
        rollout(**changed)  # type: ignore[arg-type]
