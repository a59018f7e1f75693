"""Chunk and window from the measured rate and up-time."""

from hypothesis import given
from hypothesis import strategies as st

from hotspot_kiosk.kiosk.link.pace import FAST_S, LEAST_CHUNK, LEAST_WINDOW, MOST_CHUNK, MOST_WINDOW, Pace


def measured(rate: int, up_ms: int) -> Pace:
    """A link of so many bytes a second that always broke after so long."""
    pace = Pace()
    for start in range(0, 20 * up_ms, up_ms):
        pace.came_up(start)
        sent = start
        for _ in range(10):
            taken = sent + max(1, 4096 * 1000 // rate)
            pace.taken(4096, sent, taken)
            sent = taken
        pace.went_down(start + up_ms)
    pace.came_up(20 * up_ms)
    return pace


def test_an_unknown_link_begins_carefully() -> None:
    """The least, until something is known."""
    pace = Pace()
    pace.came_up(0)
    assert (pace.chunk(100_000, 0), pace.window(0)) == (LEAST_CHUNK, LEAST_WINDOW)


def test_a_good_link_gets_the_most() -> None:
    """A megabyte a second for an hour."""
    pace = measured(1_000_000, 3_600_000)
    now = 20 * 3_600_000
    assert (pace.chunk(100_000, now), pace.window(now)) == (MOST_CHUNK, MOST_WINDOW)


def test_a_flapping_link_gets_little_under_way() -> None:
    """50 kB/s for a second: what is under way at the cut is sent again."""
    pace = measured(50_000, 1_000)
    now = 20_000
    assert pace.chunk(100_000, now) * pace.window(now) <= 0.25 * 50_000


def test_a_thin_link_keeps_the_way_free_for_people() -> None:
    """On 1,200 bytes a second no window blocks a person for longer than it must."""
    pace = measured(1_200, 3_600_000)
    now = 20 * 3_600_000
    assert (pace.chunk(100_000, now), pace.window(now)) == (LEAST_CHUNK, LEAST_WINDOW)
    assert pace.patience_ms(10_000) > 10_000 + 5_000


def test_a_wire_gets_larger_chunks_that_are_through_at_once() -> None:
    """Four megabytes a second: nobody waits behind a chunk longer than a hundredth of a second."""
    pace = measured(4_096_000, 3_600_000)
    now = 20 * 3_600_000
    chunk = pace.chunk(100_000, now)
    assert MOST_CHUNK < chunk <= FAST_S * pace.rate
    assert chunk * pace.window(now) <= pace.window_bytes(now)
    assert pace.chunk(10_000, now) == 10_000


@given(st.integers(50, 800_000), st.integers(100, 10_000_000), st.integers(100, 300_000))
def test_the_bounds_always_hold(rate: int, up_ms: int, largest: int) -> None:
    """4 to 8 KB below some 0.8 MB/s, 2 to 4 chunks, and never more than the broker takes."""
    pace = measured(rate, up_ms)
    now = 20 * up_ms
    assert min(LEAST_CHUNK, largest) <= pace.chunk(largest, now) <= min(MOST_CHUNK, largest)
    assert LEAST_WINDOW <= pace.window(now) <= MOST_WINDOW


def test_a_link_that_carried_nothing_says_nothing() -> None:
    """A connection that the broker never accepted is no up-time."""
    pace = measured(50_000, 60_000)
    usual = pace.up_ms
    for start in range(0, 1000, 100):
        pace.came_up(start)
        pace.went_down(start + 100)
    assert pace.up_ms == usual
