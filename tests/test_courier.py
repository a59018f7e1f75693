"""What goes next: urgency, ageing, windows, patience, giving up. No thread, no clock, no link."""

import itertools

import pytest
from making import tcn

from hotspot_kiosk import wire
from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.kiosk.link.courier import (
    AGEING,
    HUB_EVERY_MS,
    HUB_GRACE_MS,
    LIVE_MS,
    MOST_FAILURES,
    MOST_OPEN,
    REPLY_MS,
    Courier,
)
from hotspot_kiosk.kiosk.storage.outbox import Item
from hotspot_kiosk.terms import Part

BOOT = "this boot"
NOW = 10_000_000
LARGEST = 200_000
TOKENS = itertools.count(1)


def item(counter: int, part: Part = Part.PROBE, size: int = 3_000, age_ms: int = LIVE_MS) -> Item:
    """A part that waits; old enough to be backlog unless said otherwise."""
    return Item(tcn(counter), part, counter, size, b"", BOOT, NOW - age_ms)


def up(*waiting: Item) -> Courier:
    """A courier on a link that stands."""
    courier = Courier(BOOT)
    courier.look(waiting)
    courier.came_up(LARGEST, NOW)
    return courier


def send(courier: Courier, now_ms: int = NOW) -> tuple[Item, wire.Up] | None:
    """Send the next message, as the uplink does; it stays under way."""
    chosen = courier.choose(now_ms)
    if chosen is None:
        return None
    message: wire.Up | None = None
    if not courier.begun(chosen):
        message = courier.begin(chosen, bytes(chosen.size), now_ms)
    message = message or courier.cut(chosen, now_ms)
    assert message is not None
    courier.sent(next(TOKENS), chosen, 100, now_ms)
    return chosen, message


def test_nothing_goes_while_the_link_is_down() -> None:
    """Neither before it came up nor after it went down."""
    courier = Courier(BOOT)
    courier.look([item(1)])
    assert not courier.up
    courier.came_up(LARGEST, NOW)
    assert courier.up
    courier.went_down(NOW)
    assert not courier.up


def test_a_probe_goes_whole_and_evidence_is_offered() -> None:
    """No offer for what fits into one message."""
    courier = up(item(1), item(1, Part.EVIDENCE, 60_000))
    sent = send(courier)
    assert sent
    assert isinstance(sent[1], wire.Chunk)
    assert len(sent[1].data) == 3_000
    sent = send(courier)
    assert sent
    assert isinstance(sent[1], wire.Offer)


def test_a_probe_that_was_cut_off_is_offered() -> None:
    """What did not pass whole once goes in pieces that the hub can keep."""
    courier = up(item(1, size=9_000))
    send(courier)
    courier.went_down(NOW + 100)
    courier.look([item(1, size=9_000)])
    courier.came_up(LARGEST, NOW + 200)
    sent = send(courier, NOW + 200)
    assert sent
    assert isinstance(sent[1], wire.Offer)


def test_the_window_is_kept_and_a_person_who_waits_passes_it_once() -> None:
    """Backlog waits for acknowledgements; one live probe does not."""
    courier = up(*(item(n) for n in range(1, 9)))
    sent = 0
    while send(courier):
        sent += 1
    assert sent == courier.pace.window(NOW)
    live = item(99, age_ms=10)
    courier.look([item(8), live])
    passed = send(courier)
    assert passed
    assert passed[0] == live
    assert send(courier) is None


def test_a_probe_of_the_backlog_waits_behind_no_evidence_however_much_is_open() -> None:
    """Put back by hand, or due for its next try, it passes at the next chunk."""
    evidence = [item(n, Part.EVIDENCE, 60_000) for n in range(1, MOST_OPEN + 1)]
    courier = up(*evidence)
    for token, each in enumerate(evidence):
        courier.begin(each, bytes(each.size), NOW)
        courier.sent(-1 - token, each, 100, NOW)
        courier.taken(-1 - token, NOW)
        assert courier.missing(wire.Missing(each.tcn, each.part, ((0, each.size),)), NOW)
    courier.look([item(9), item(10, Part.EVIDENCE)])
    passed = send(courier)
    assert passed
    assert passed[0] == item(9)


def test_the_oldest_gets_its_share_however_many_people_come() -> None:
    """Of AGEING chunks one is for the oldest that waits."""
    old = item(1, Part.EVIDENCE)
    courier = up(old)
    chosen = []
    for n in range(2, 2 + AGEING):
        live = item(n, age_ms=10)
        courier.look([old, live] if old not in chosen else [live])
        sent = send(courier)
        assert sent
        chosen.append(sent[0])
        for token in list(courier._sent):
            courier.taken(token, NOW)
        courier.settled(sent[0].tcn, sent[0].part)
    assert chosen.count(old) == 1


def test_only_what_the_hub_lacks_is_cut() -> None:
    """In pieces no larger than the broker takes."""
    part = item(1, Part.EVIDENCE, 20_000)
    courier = up(part)
    courier.begin(part, bytes(range(250)) * 80, NOW)
    courier.missing(wire.Missing(part.tcn, part.part, ((100, 200), (19_000, 20_000))), NOW)
    first, second = courier.cut(part, NOW), courier.cut(part, NOW)
    assert first
    assert (first.offset, len(first.data)) == (100, 100)
    assert second
    assert (second.offset, len(second.data)) == (19_000, 1_000)
    assert courier.cut(part, NOW) is None


@pytest.mark.parametrize("ranges", [((5, 5),), ((-1, 5),), ((0, 20_001),), ((9, 3),)])
def test_ranges_that_cannot_be_are_refused(ranges: tuple[wire.Range, ...]) -> None:
    """The hub's side cannot make the kiosk read beyond an envelope."""
    part = item(1, Part.EVIDENCE, 20_000)
    courier = up(part)
    courier.begin(part, bytes(20_000), NOW)
    with pytest.raises(BadBytes):
        courier.missing(wire.Missing(part.tcn, part.part, ranges), NOW)


def late(courier: Courier, now_ms: int) -> list[tuple[Item, bool]]:
    """What is overdue once everything that was sent has been taken."""
    for token in list(courier._sent):
        courier.taken(token, now_ms)
    return courier.overdue(now_ms + 10 * REPLY_MS + 10_000_000)


def test_a_part_without_a_reply_waits_again_and_longer_each_time() -> None:
    """Silence is answered with patience, not with a storm."""
    part = item(1)
    courier = up(part)
    now = NOW
    pauses = []
    for _ in range(4):
        send(courier, now)
        [(overdue, hopeless)] = late(courier, now)
        assert (overdue, hopeless) == (part, False)
        pauses.append(courier._not_before[part.tcn, part.part])
        courier.look([part])
        now = pauses[-1]
    gaps = [b - a for a, b in itertools.pairwise(pauses)]
    assert gaps == sorted(gaps)
    assert gaps[-1] > gaps[0]


def test_a_message_that_is_still_under_way_is_not_overdue() -> None:
    """A thin link needs its time."""
    courier = up(item(1))
    send(courier)
    assert courier.overdue(NOW + 1_000_000) == []


def test_a_silent_hub_gives_nothing_up() -> None:
    """A hub that is down for a week quarantines no record."""
    part = item(1)
    courier = up(part)
    now = NOW
    for _ in range(3 * MOST_FAILURES):
        courier.look([part])
        send(courier, now)
        assert [hopeless for _, hopeless in late(courier, now)] == [False]
        now = courier._not_before[part.tcn, part.part]


def test_a_part_that_a_living_hub_does_not_take_is_given_up() -> None:
    """One poison record blocks nobody for ever."""
    part = item(1)
    courier = up(part)
    now = NOW
    given_up = []
    for _ in range(MOST_FAILURES):
        courier.look([part])
        send(courier, now)
        courier.heard(now + 1)
        given_up += [hopeless for _, hopeless in late(courier, now + 1)]
        now = courier._not_before[part.tcn, part.part]
    assert given_up == [False] * (MOST_FAILURES - 1) + [True]


def waiting_for_a_reply() -> Courier:
    """A probe that went whole and was taken by the broker; nobody has answered."""
    courier = up(item(1))
    courier.choose(NOW)
    chosen = item(1)
    courier.begin(chosen, bytes(chosen.size), NOW)
    courier.cut(chosen, NOW)
    courier.sent(1, chosen, 100, NOW)
    courier.taken(1, NOW)
    return courier


def test_what_a_hub_may_have_missed_is_offered_soon_after_it_came() -> None:
    """Not after the patience that a silent hub gets; and it does not count as a failure."""
    courier = waiting_for_a_reply()
    assert courier.hub_came(NOW + 100, spread_ms=500)
    assert not courier.overdue(NOW + 100 + HUB_GRACE_MS + 499)
    soon = NOW + 100 + HUB_GRACE_MS + 500
    assert soon < NOW + REPLY_MS
    assert courier.overdue(soon) == [(item(1), False)]
    courier.look([item(1)])
    assert send(courier, soon)


def test_a_hub_that_answers_within_its_grace_is_not_asked_again() -> None:
    """The reply was on its way."""
    courier = waiting_for_a_reply()
    courier.hub_came(NOW + 100, spread_ms=0)
    courier.settled(tcn(1), Part.PROBE)
    assert not courier.overdue(NOW + 10 * REPLY_MS)
    assert send(courier, NOW + 10 * REPLY_MS) is None


def test_what_waits_for_its_next_try_goes_when_the_hub_comes() -> None:
    """A pause that grew to minutes while nobody was there ends at once."""
    courier = waiting_for_a_reply()
    later = NOW + 2 * REPLY_MS
    assert courier.overdue(later)
    courier.look([item(1)])
    assert send(courier, later) is None
    courier.hub_came(later + 1, spread_ms=10)
    assert send(courier, later + 10) is None
    assert send(courier, later + 11)


def test_a_hub_that_comes_twice_in_a_moment_is_heeded_a_little_later() -> None:
    """Nobody makes a kiosk send the same again and again by saying so, but a second restart counts."""
    courier = waiting_for_a_reply()
    assert courier.hub_came(NOW, spread_ms=0)
    assert courier.overdue(NOW + HUB_GRACE_MS)
    courier.look([item(1)])
    assert send(courier, NOW + HUB_GRACE_MS)
    courier.taken(max(courier._sent), NOW + HUB_GRACE_MS)
    assert not courier.hub_came(NOW + HUB_EVERY_MS - 1, spread_ms=0)
    assert not courier.overdue(NOW + HUB_EVERY_MS - 1)
    assert not courier.overdue(NOW + HUB_EVERY_MS)
    assert courier.overdue(NOW + HUB_EVERY_MS + HUB_GRACE_MS)
    assert courier.hub_came(NOW + 3 * HUB_EVERY_MS, spread_ms=0)


def test_a_coming_hub_excuses_no_later_silence() -> None:
    """Once it spoke about a part, its patience counts again."""
    courier = waiting_for_a_reply()
    courier.hub_came(NOW + 1, spread_ms=0)
    courier.missing(wire.Missing(tcn(1), Part.PROBE, ((0, 100),)), NOW + 2)
    assert not courier.overdue(NOW + HUB_GRACE_MS + 1)
    assert courier.overdue(NOW + 2 + 2 * REPLY_MS)
    courier.look([item(1)])
    assert send(courier, NOW + 2 + 2 * REPLY_MS) is None
