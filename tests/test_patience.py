"""How often a disk that does not work is tried again."""

from hotspot_kiosk.kiosk.storage.patience import CALM_MS, LEAST_MS, MOST_MS, Patience


def test_each_pause_is_twice_the_one_before_up_to_a_minute() -> None:
    """A dead disk is not hammered, and a mended one is noticed within a minute."""
    patience, now_ms, pauses = Patience(), 0, []
    for _ in range(9):
        pauses.append(patience.failed(now_ms))
        assert not patience.due(now_ms + pauses[-1] - 1)
        now_ms += pauses[-1]
        assert patience.due(now_ms)
    assert pauses == [1000, 2000, 4000, 8000, 16_000, 32_000, MOST_MS, MOST_MS, MOST_MS]


def test_a_disk_that_comes_and_goes_is_not_tried_more_often() -> None:
    """One try that works does not make the next pause short."""
    patience = Patience()
    assert patience.failed(0) == LEAST_MS
    patience.worked(1000)
    assert not patience.waiting
    assert patience.failed(1500) == 2 * LEAST_MS


def test_after_a_calm_time_it_begins_with_a_short_pause() -> None:
    """What was mended yesterday says nothing about today."""
    patience = Patience()
    for now_ms in (0, 1000, 3000):
        patience.failed(now_ms)
    patience.worked(7000)
    assert patience.failed(7000 + CALM_MS) == LEAST_MS
