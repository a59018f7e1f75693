"""What the officer is told while the outbox's disk does not work, by a daemon without devices."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from making import DEVICE, HUB, KIOSK, NOW, operation, public_file

from hotspot_kiosk import nist
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.errors import OutboxRefused
from hotspot_kiosk.keyring import Trust, save_public
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.daemon import Daemon, Place
from hotspot_kiosk.kiosk.desk import Ask
from hotspot_kiosk.kiosk.orders import Orders
from hotspot_kiosk.kiosk.outbox import Outbox
from hotspot_kiosk.kiosk.session import Plan
from hotspot_kiosk.operation import sign
from hotspot_kiosk.torture import disk

pytestmark = pytest.mark.skipif(bool(disk.missing()), reason=disk.missing() or "a disk can be made")
SMALL = 2 << 20


@pytest.fixture
def place(tmp_path: Path) -> Iterator[disk.Disk]:
    """A disk of 16 MiB."""
    with disk.Disk(tmp_path, 16) as made:
        yield made


@pytest.fixture
def daemon(tmp_path: Path, place: disk.Disk) -> Iterator[Daemon]:
    """A kiosk that nobody attached devices to; its outbox lies on the small disk."""
    peers = tmp_path / "peers"
    peers.mkdir()
    save_public(peers / "hub.pub", public_file(HUB))
    (tmp_path / "operation.json").write_bytes(sign(operation(), HUB))
    clock = Clock(wall=lambda: NOW, synchronised=tmp_path)
    where = Place(
        device=DEVICE,
        post=operation().posts[0],
        agency=nist.Agency("ALB", "POLICE"),
        operation=tmp_path / "operation.json",
        own=KIOSK,
        trust=Trust(peers),
        orders=Orders(tmp_path / "orders.json", DEVICE),
        journal=Journal(tmp_path / "journal", KIOSK, clock.now),
        remains=(),
    )
    outbox = Outbox(place.root / "outbox.db", free_bytes=SMALL, reserve_bytes=SMALL)
    with (tmp_path / "running").open("ab") as only:
        yield Daemon(where, Plan(), clock, outbox, only)
    outbox.close()


def test_a_capture_is_refused_with_the_disks_sentence(daemon: Daemon, place: disk.Disk) -> None:
    """Before the person has shown a finger; the status says the same."""
    assert daemon.asked(Ask("status")).note == ""
    place.turn_read_only()
    with pytest.raises(OutboxRefused, match=r"nothing can be stored now: .*the disk"):
        daemon.asked(Ask("begin", adult=True))
    assert "the disk" in daemon.asked(Ask("status")).note


def test_a_status_can_be_had_though_the_outbox_cannot_be_read(daemon: Daemon, place: disk.Disk) -> None:
    """The numbers are missing, the reason is there, and nothing breaks."""
    daemon._outbox.close()
    told = daemon.asked(Ask("status"))
    assert (told.waiting, told.quarantined) == (None, None)
    assert "outbox" in told.note
    daemon.troubled("the disk is gone")
