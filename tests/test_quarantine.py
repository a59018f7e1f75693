"""Every way into quarantine: the officer hears of it once, with the reason and what to do."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from making import DEVICE, HUB
from test_uplink import Rig

from hotspot_kiosk import wire
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.storage.outbox import DAMAGED, GIVEN_UP, Outbox, remedy
from hotspot_kiosk.kiosk.storage.rescue import UNREADABLE
from hotspot_kiosk.terms import Part, Tcn
from hotspot_kiosk.transports.port import Arrived


class FastClock(Clock):
    """Its hours are seconds, so that giving up takes a test's time."""

    def now_ms(self) -> int:
        """Two hundred times as fast."""
        return time.monotonic_ns() // 5_000


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A rig whose hub says nothing yet."""
    made = Rig(tmp_path)
    made.hub.deaf = True
    yield made
    made.close()


def spoil(path: Path, number: Tcn, part: Part) -> None:
    """Change the sealed bytes of a part as a failing card would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE envelope SET sealed = zeroblob(99) WHERE tcn = ? AND part = ?", (number, part))


def test_bytes_that_changed_on_the_disk(rig: Rig) -> None:
    """The uplink finds them when it is about to send; everything else goes on."""
    rig.board.cut(f"kiosk-{DEVICE}")
    rig.until(lambda: rig.links[-1:] == [False])
    number, other = rig.put(1), rig.put(2)
    spoil(rig.path, number, Part.EVIDENCE)
    rig.hub.deaf = False
    rig.board.mend(f"kiosk-{DEVICE}")
    rig.until(lambda: len(rig.store.inbox.entries()) == 3)
    rig.until(lambda: bool(rig.quarantined))
    rig.uplink.wake()
    rig.until(lambda: not rig.outbox.unheld())
    assert {e.key.tcn for e in rig.store.inbox.entries() if e.key.part is Part.EVIDENCE} == {other}
    assert rig.quarantined == [(number, f"{DAMAGED}; {remedy(DAMAGED)}")]


def test_a_refusal_that_came_on_a_stick(rig: Rig) -> None:
    """Another process quarantines; the kiosk that runs says so."""
    number = rig.put(1)
    rig.until(lambda: len(rig.outbox.waiting()) < 2)
    elsewhere = Outbox(rig.path)
    elsewhere.quarantine(number, Part.PROBE, "no such post")
    elsewhere.close()
    rig.until(lambda: bool(rig.quarantined))
    rig.uplink.wake()
    assert rig.quarantined == [(number, f"no such post; {remedy('no such post')}")]


def test_a_record_that_is_quarantined_again_is_told_again(rig: Rig) -> None:
    """Somebody requeued it, and the hub still refuses."""
    number = rig.put(1)
    digest = next(item.digest for item in rig.outbox.unheld() if item.part is Part.PROBE)
    for times in (1, 2):
        rig.until(lambda: len(rig.outbox.waiting()) < 2)
        rig.hub.say(wire.sign_refusal(number, Part.PROBE, digest, "no", HUB))
        rig.until(lambda n=times: len(rig.quarantined) == n)
        rig.outbox.requeue(number)
        rig.uplink.wake()
        rig.until(lambda: not rig.outbox.quarantined())


def test_what_a_living_hub_never_takes_is_given_up(tmp_path: Path) -> None:
    """After many tries, while the hub answered others; a minute's work in the dark is nobody's fault."""

    def blind_to_evidence(event: Arrived) -> list[Arrived]:
        message = wire.decode_up(event.payload)
        return [] if isinstance(message, wire.Offer) and message.part is Part.EVIDENCE else [event]

    rig = Rig(tmp_path, blind_to_evidence, clock=FastClock())
    try:
        number = rig.put(1)
        rig.until(lambda: len(rig.store.inbox.entries()) == 1)
        digest = rig.store.inbox.digest(rig.store.inbox.entries()[0].key)
        assert digest
        ends = time.monotonic() + 60
        while not rig.quarantined and time.monotonic() < ends:
            rig.hub.say(wire.sign_receipt(number, Part.PROBE, digest, HUB))
            time.sleep(0.02)
        assert rig.quarantined == [(number, f"{GIVEN_UP}; {remedy(GIVEN_UP)}")]
        assert {e.key.part for e in rig.store.inbox.entries()} == {Part.PROBE}
    finally:
        rig.close()


def test_those_of_before_the_start_are_counted_not_told_again(rig: Rig) -> None:
    """A restart is no news; the status says how many need a look."""
    rig.uplink.close()
    number = rig.put(1)
    rig.outbox.quarantine(number, Part.PROBE, "no")
    rig.outbox.close()
    rig.start()
    rig.uplink.wake()
    rig.until(lambda: rig.uplink.up)
    assert rig.outbox.quarantined() == {(number, Part.PROBE): "no"}
    assert not rig.quarantined


@pytest.mark.parametrize("reason", [DAMAGED, UNREADABLE, GIVEN_UP, "the hub holds another record"])
def test_every_reason_has_a_remedy(reason: str) -> None:
    """It names the command."""
    assert "hotspot outbox" in remedy(reason)
