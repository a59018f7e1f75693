"""The order in which a hub's worker acts on what it heard: live before backlog, across all kiosks."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from making import tcn

from hotspot_kiosk import wire
from hotspot_kiosk.hub.link.line import AGEING, Bucket, Heard, Line, Rank, rank_of
from hotspot_kiosk.terms import Part

ASK = wire.Ask()


def chunk(device: int, counter: int = 1, part: Part = Part.EVIDENCE, live: bool = False) -> wire.Chunk:
    """A piece of a part."""
    return wire.Chunk(tcn(counter, device), part, 9, 0, b"piece", live)


def offer(device: int, counter: int = 1, size: int = 1000, live: bool = False) -> wire.Offer:
    """An offer of evidence."""
    return wire.Offer(tcn(counter, device), Part.EVIDENCE, size, b"digest", live)


def drain(line: Line, now: float = 1.0) -> list[Heard]:
    """Everything that may come now, in its order."""
    heard = []
    while (each := line.next(now)) is not None:
        heard.append(each)
    return heard


def test_ranks_are_as_the_module_says() -> None:
    """A person who stands there, words, backlog."""
    order = [
        chunk(1, part=Part.PROBE, live=True),
        ASK,
        chunk(1, live=True),
        chunk(1, part=Part.PROBE),
        chunk(1),
        offer(1),
    ]
    assert [rank_of(message) for message in order] == list(Rank)
    assert rank_of(offer(1, live=True)) is Rank.LIVE_EVIDENCE


def test_a_live_probe_passes_a_thousand_kiosks_with_backlog() -> None:
    """Whatever waits in front of it."""
    line = Line()
    for device in range(1, 1001):
        line.put(device, chunk(device))
        line.put(device, chunk(device, 2, Part.PROBE))
    live = chunk(2000, part=Part.PROBE, live=True)
    line.put(2000, live)
    heard = line.next(1.0)
    assert heard
    assert (heard.device, heard.message) == (2000, live)


def test_kiosks_take_turns_within_a_rank() -> None:
    """One that sends much is in nobody's way."""
    line = Line()
    for counter in range(1, 6):
        line.put(1, chunk(1, counter))
    line.put(2, chunk(2))
    assert [heard.device for heard in drain(line)[:3]] == [1, 2, 1]


def test_a_stream_of_people_does_not_starve_the_rest() -> None:
    """Every so often the oldest has its turn."""
    line = Line()
    line.put(1, chunk(1))
    gone = []
    for counter in range(1, AGEING + 1):
        line.put(2, chunk(2, counter, Part.PROBE, live=True))
        heard = line.next(1.0)
        gone.append(heard and heard.device)
    assert gone == [2] * (AGEING - 1) + [1]


def test_backlog_is_let_in_as_fast_as_the_bucket_refills() -> None:
    """An offer that is too early waits; it is not dropped, and nothing else waits behind it."""
    line = Line(Bucket(100, 2000))
    for device in (1, 2, 3):
        line.put(device, offer(device))
    assert [heard.device for heard in drain(line, 1.0)] == [1, 2]
    line.put(4, chunk(4, part=Part.PROBE))
    assert [heard.device for heard in drain(line, 5.0)] == [4]
    assert [heard.device for heard in drain(line, 11.5)] == [3]
    assert len(line) == 0


def test_an_offer_larger_than_the_bucket_is_let_in_when_that_is_full() -> None:
    """Otherwise it would never be."""
    line = Line(Bucket(100, 2000))
    line.put(1, offer(1, size=50_000))
    assert len(drain(line, 1.0)) == 1
    line.put(1, offer(1, 2))
    assert not drain(line, 2.0)


def test_an_offer_that_is_repeated_stands_in_line_once() -> None:
    """A kiosk that lost its patience does not make the line longer."""
    line = Line()
    for _ in range(3):
        line.put(1, offer(1))
    assert len(line) == 1
    assert len(drain(line)) == 1


def test_live_offers_do_not_wait_for_the_bucket() -> None:
    """It is there for backlog only."""
    line = Line(Bucket(0.001, 1))
    line.put(1, offer(1))
    assert len(drain(line)) == 1
    line.put(1, offer(1, 2))
    line.put(2, offer(2, live=True))
    assert [heard.device for heard in drain(line)] == [2]


MESSAGES = st.builds(chunk, st.just(1), st.integers(1, 50), st.sampled_from(Part), st.booleans()) | st.just(
    ASK
)


@given(st.lists(st.tuples(st.integers(1, 5), MESSAGES)), st.integers(1, 7))
def test_everything_leaves_the_line_once(put: list[tuple[int, wire.Up]], every: int) -> None:
    """Nothing is dropped, nothing comes twice, however putting and taking alternate."""
    line, gone = Line(), []
    for number, (device, message) in enumerate(put):
        line.put(device, message)
        if number % every == 0 and (heard := line.next(1.0)):
            gone.append(heard)
    gone += drain(line)
    assert Counter((heard.device, heard.message) for heard in gone) == Counter(put)
    assert len(line) == 0
