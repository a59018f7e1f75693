"""Promises of the protocol that no single part can keep alone."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from making import DEVICE, HUB, NOW, keys, public_file, request, tcn
from test_uplink import Rig

from hotspot_kiosk import contents, seal, wire
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.compare.face import FaceComparator
from hotspot_kiosk.compare.finger import FingerComparator
from hotspot_kiosk.compare.port import Calibration, Thresholds
from hotspot_kiosk.hub.link.inbox import Inbox
from hotspot_kiosk.hub.match.gallery import Gallery
from hotspot_kiosk.hub.match.identify import Identifier
from hotspot_kiosk.hub.service import Hub
from hotspot_kiosk.hub.storage import store_sqlite
from hotspot_kiosk.terms import Part
from hotspot_kiosk.transports.port import Arrived, LinkEvent

BACKLOG = range(DEVICE + 1, DEVICE + 31)
NOTHING = Calibration(1.0, 0.0, 1.0, "made up")


def test_the_kiosk_writes_nothing_per_chunk(tmp_path: Path) -> None:
    """From the first chunk of a part to its last its files are the same, byte for byte."""
    seen: list[bytes] = []

    def watch(event: Arrived) -> list[Arrived]:
        message = wire.decode_up(event.payload)
        if isinstance(message, wire.Chunk) and message.part is Part.EVIDENCE:
            seen.append(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files(tmp_path)))
        return [event]

    rig = Rig(tmp_path, watch)
    try:
        rig.put(size=900_000)
        rig.until(rig.all_held)
    finally:
        rig.close()
    assert len(seen) > 12
    assert len(set(seen[4:])) == 1  # the probe's receipt may fall among the first


def files(folder: Path) -> list[Path]:
    """The outbox with its log; the index of the log is shared memory, not kept."""
    return sorted(path for path in folder.glob("outbox*") if not path.name.endswith("-shm"))


class Station:
    """The far end of a hub's transport: all messages are there at once; what goes down is kept."""

    def __init__(self, messages: Sequence[tuple[int, wire.Up]]) -> None:
        self._messages = messages
        self.down: list[tuple[str, wire.Down]] = []
        self.enough: Callable[[], None] = lambda: None

    def open(self, name: str, topics: Sequence[str], on_event: Callable[[LinkEvent], None]) -> None:
        """Bring everything."""
        for device, message in self._messages:
            on_event(Arrived(wire.up_topic(device), wire.encode(message)))

    def publish(self, topic: str, payload: bytes) -> int:
        """Keep it."""
        self.down.append((topic, wire.decode_down(payload)))
        if topic == wire.down_topic(DEVICE) or len(self.down) > len(BACKLOG):
            self.enough()
        return len(self.down)

    def close(self) -> None:
        """Nothing to stop."""


def test_a_hub_answers_a_person_before_all_kiosks_backlog(tmp_path: Path) -> None:
    """Though everything else came first."""
    kiosks = {device: keys(device) for device in (DEVICE, *BACKLOG)}
    public = {device: public_file(own) for device, own in kiosks.items()}
    store = store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db"))

    def probe(device: int, live: bool) -> tuple[int, wire.Up]:
        number = tcn(1, device)
        sealed = seal.seal(contents.encode(request()), number, "probe", HUB.public(), kiosks[device])
        return device, wire.Chunk(number, Part.PROBE, len(sealed), 0, sealed, live)

    station = Station([*(probe(device, False) for device in BACKLOG), probe(DEVICE, True)])
    hub = Hub(
        store=store,
        inbox=Inbox(store, HUB, public, lambda: NOW),
        gallery=Gallery(store.gallery),
        identifier=Identifier(FaceComparator(NOTHING), FingerComparator(), Thresholds(1.0, 0.0), 1),
        transport=station,
        own=HUB,
        post_keys=lambda device: public[device].keys(),
        now=lambda: NOW,
        journal=Journal(tmp_path / "journal", HUB, lambda: (NOW, True)),
    )
    station.enough = hub.stop
    hub.run()
    store.close()
    told = [topic for topic, message in station.down if not isinstance(message, wire.Order)]
    assert told[0] == wire.down_topic(DEVICE)


def test_a_kiosk_says_which_messages_belong_to_a_person_who_stands_there(tmp_path: Path) -> None:
    """A record of this boot and this minute; one of another boot is backlog."""
    rig = Rig(tmp_path)
    try:
        rig.put()
        stamp = rig.clock.stamp()
        parts = [(part, seal.seal(b"live", tcn(2), part, HUB.public(), keys(DEVICE))) for part in Part]
        rig.outbox.put(tcn(2), stamp, parts)
        rig.uplink.wake()
        rig.until(rig.all_held)
        said = {m.tcn: m.live for m in rig.hub.heard if isinstance(m, wire.Chunk | wire.Offer)}
    finally:
        rig.close()
    assert said == {tcn(1): False, tcn(2): True}
