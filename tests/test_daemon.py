"""A daemon without devices: what the officer is told while the disk does not work; retention."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from making import DEVICE, HUB, KIOSK, NOW, STAMP, face_capture, finger_capture, operation, public_file, tcn

from hotspot_kiosk import contents, nist, policy, seal, wire
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.errors import OutboxRefused, Refused
from hotspot_kiosk.keyring import Trust, save_public
from hotspot_kiosk.kiosk import installed, slips
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.daemon import Daemon
from hotspot_kiosk.kiosk.desk import Ask
from hotspot_kiosk.kiosk.events import Prompt, Show, Store, Stored
from hotspot_kiosk.kiosk.link.orders import Orders
from hotspot_kiosk.kiosk.place import Place
from hotspot_kiosk.kiosk.session import Plan
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.kiosk.zeroise import Remains
from hotspot_kiosk.operation import sign
from hotspot_kiosk.terms import Part, RequestType
from hotspot_kiosk.torture import disk

needs_disk = pytest.mark.skipif(bool(disk.missing()), reason=disk.missing() or "a disk can be made")
SMALL = 2 << 20


@pytest.fixture
def place(tmp_path: Path) -> Iterator[disk.Disk]:
    """A disk of 16 MiB."""
    with disk.Disk(tmp_path, 16) as made:
        yield made


class Bare:
    """A kiosk that nobody attached devices to, on a day of one's choice."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.now = NOW
        self.clock = Clock(wall=lambda: self.now, synchronised=folder)
        self.journal = Journal(folder / "journal", KIOSK, self.clock.now)
        self.outbox = Outbox(root / "outbox.db", free_bytes=SMALL, reserve_bytes=SMALL)
        self._only = (folder / "running").open("ab")
        self.daemon = Daemon(self._place(folder), Plan(), self.clock, self.outbox, self._only)

    def close(self) -> None:
        """Give the files back."""
        self.outbox.close()
        self._only.close()

    def _place(self, folder: Path) -> Place:
        peers = folder / "peers"
        peers.mkdir()
        save_public(peers / "hub.pub", public_file(HUB))
        (folder / "operation.json").write_bytes(sign(operation(), HUB))
        return Place(
            device=DEVICE,
            post=operation().posts[0],
            agency=nist.Agency("ALB", "POLICE"),
            operation=folder / "operation.json",
            own=KIOSK,
            trust=Trust(peers),
            orders=Orders(folder / "orders.json", DEVICE),
            journal=self.journal,
            keep=timedelta(days=7),
            remains=Remains(),
        )


@pytest.fixture
def daemon(tmp_path: Path, place: disk.Disk) -> Iterator[Daemon]:
    """Its outbox lies on the small disk."""
    made = Bare(tmp_path, place.root)
    yield made.daemon
    made.close()


@needs_disk
def test_a_capture_is_refused_with_the_disks_sentence(daemon: Daemon, place: disk.Disk) -> None:
    """Before the person has shown a finger; the status says the same."""
    assert daemon.asked(Ask("status")).note == ""
    place.turn_read_only()
    with pytest.raises(OutboxRefused, match=r"nothing can be stored now: .*the disk"):
        daemon.asked(Ask("begin", adult=True))
    assert "the disk" in daemon.asked(Ask("status")).note


@needs_disk
def test_a_status_can_be_had_though_the_outbox_cannot_be_read(daemon: Daemon, place: disk.Disk) -> None:
    """The numbers are missing, the reason is there, and nothing breaks."""
    daemon._outbox.close()
    told = daemon.asked(Ask("status"))
    assert (told.waiting, told.quarantined) == (None, None)
    assert "outbox" in told.note
    daemon.troubled("the disk is gone")


def test_what_the_hub_holds_goes_in_time_and_its_line_stays(tmp_path: Path) -> None:
    """A week after the answer: the record and its sealed answer are gone, the journal tells of it."""
    bare = Bare(tmp_path, tmp_path)
    number = tcn(1)
    bare.outbox.put(number, STAMP, [(Part.PROBE, b"sealed")])
    bare.outbox.put(tcn(2), STAMP, [(Part.PROBE, b"waits")])
    digest = bare.outbox.digest(number, Part.PROBE)
    bare.outbox.receipt(number, Part.PROBE, digest, NOW)
    bare.outbox.answer(number, b"sealed answer", NOW)
    bare.now = NOW + timedelta(days=6)
    bare.daemon.forget_outdated()
    assert bare.outbox.sealed_answer(number) == b"sealed answer"
    bare.now = NOW + timedelta(days=8)
    bare.daemon.forget_outdated()
    assert [entry.tcn for entry in bare.outbox.entries()] == [tcn(2)]
    told = b"".join(file.read_bytes() for file in (tmp_path / "journal").iterdir())
    assert b"purged" in told
    assert number.encode() in told
    bare.close()


def test_an_untrusted_clock_forgets_nothing(tmp_path: Path) -> None:
    """It may show any year."""
    bare = Bare(tmp_path, tmp_path)
    bare.outbox.put(tcn(1), STAMP, [(Part.PROBE, b"sealed")])
    bare.outbox.receipt(tcn(1), Part.PROBE, bare.outbox.digest(tcn(1), Part.PROBE), NOW)
    bare.outbox.answer(tcn(1), b"sealed answer", NOW)
    bare.now = NOW + timedelta(days=4000)
    bare.clock._synchronised = tmp_path / "never"
    bare.daemon.forget_outdated()
    assert bare.outbox.knows(tcn(1))
    bare.close()


def test_the_hubs_last_time_ends_an_operation_though_the_clock_was_set_back(tmp_path: Path) -> None:
    """A clock that nobody trusts closes nothing by itself; what the hub told is surely past, over a restart, too."""
    bare = Bare(tmp_path, tmp_path)
    bare.clock._synchronised = tmp_path / "never"
    bare.now = operation().begins + timedelta(days=1)
    orders, nonce = bare.daemon._place.orders, b"12345678"
    for told, refused in ((operation().ends - timedelta(seconds=1), False), (operation().ends, True)):
        body = wire.time_body(nonce, told)
        orders.time(wire.sign_order(DEVICE, 1, wire.OrderKind.TIME, body, HUB), HUB.public(), nonce)
        if refused:
            with pytest.raises(Refused, match="ended"):
                bare.daemon.asked(Ask("begin", adult=True))
        else:
            policy.may_run(operation(), bare.now, clock_trusted=False, past=orders.past())
    bare.close()


def test_a_person_who_was_captured_has_a_slip_until_the_next(tmp_path: Path) -> None:
    """Asked for at the desk; before a record is kept there is none, and with the next person's turn it is gone."""
    bare = Bare(tmp_path, tmp_path)
    daemon = bare.daemon
    with pytest.raises(Refused, match="there is no slip"):
        daemon.asked(Ask("slip"))
    daemon._operation = operation()
    stored = daemon._store(Store(RequestType.NPS, (face_capture(),), (), ()))
    assert isinstance(stored, Stored)
    told = daemon.asked(Ask("slip")).slip
    assert told == slips.write(stored.tcn, operation(), KIOSK, nist.Agency("ALB", "POLICE"))
    daemon._show(Show(Prompt.READY))
    with pytest.raises(Refused, match="there is no slip"):
        daemon.asked(Ask("slip"))
    bare.close()


def test_who_is_being_checked_is_checked_to_the_end_under_the_operation_it_began_with(tmp_path: Path) -> None:
    """The hub's new one lies there already; the next person is checked under that."""
    bare = Bare(tmp_path, tmp_path)
    bare.daemon.asked(Ask("begin", adult=True))
    bare.daemon._next()
    place = bare.daemon._place
    newer = sign(operation(id="OP-2", edition=2), HUB)
    installed.receive(place.operation, newer, HUB.public(), DEVICE, bare.journal)
    bare.daemon._store(Store(RequestType.NPS, (face_capture(), finger_capture())))
    (item,) = [each for each in bare.outbox.waiting() if each.part is Part.PROBE]
    sealed = bare.outbox.envelope(item)
    assert sealed
    assert contents.decode(seal.open_envelope(sealed, KIOSK.public(), HUB)).operation == "OP-1"
    current = installed.current(place.operation, HUB.public())
    assert current is not None
    assert current.id == "OP-2"
    bare.close()
