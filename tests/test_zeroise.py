"""What is destroyed when the box is opened: no key stays readable, and what was sealed still reaches the hub."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from making import DEVICE, HUB, KIOSK, STAMP, request, tcn
from test_stick import Desk as HubDesk

from hotspot_kiosk import contents, seal
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.config import TamperPlan
from hotspot_kiosk.errors import KeyMissing, SealError, StorageFailed
from hotspot_kiosk.hub.storage import store_sqlite
from hotspot_kiosk.keyring import PrivateFile, load_private, make_pair
from hotspot_kiosk.kiosk.box import Box, Hands
from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.devices.panel_protocol import Button
from hotspot_kiosk.kiosk.events import Accept, Event, NoticeRead
from hotspot_kiosk.kiosk.link import stick as carrier
from hotspot_kiosk.kiosk.session import State
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.kiosk.zeroise import Remains, destroy, destroy_keys
from hotspot_kiosk.seal_answer import reply_key
from hotspot_kiosk.stick import Stick
from hotspot_kiosk.terms import Part

PEM = b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHRoaXMgaXMgYSBsaW5rIGtleSBmb3IgYSB0ZXN0\n-----END\n"
ENTROPY = hashlib.shake_256(f"test keys {DEVICE}".encode()).digest(128)  # so that these are KIOSK's


class Kiosk:
    """A kiosk's files: its key, its link's key, a renewal's half-made one, and a record in the outbox."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key, _ = make_pair(folder / "keys", "kiosk", DEVICE, "a post", ENTROPY)
        self.own = load_private(self.key)
        self.link = folder / "link.pem"
        self.link.write_bytes(PEM)
        self.pending = folder / "link.pending"
        self.pending.write_bytes(PEM)
        self.remains = Remains((self.key, self.link, self.pending), (folder / "outbox.db",))
        self.outbox = Outbox(folder / "outbox.db", free_bytes=0, reserve_bytes=1 << 16)

    def put(self, counter: int = 1) -> None:
        """Seal and keep a record."""
        number = tcn(counter)
        probe = seal.seal(
            contents.encode(request(counter), reply_key(self.own, number)),
            number,
            Part.PROBE,
            HUB.public(),
            self.own,
        )
        self.outbox.put(number, STAMP, [(Part.PROBE, probe)])

    def secrets(self) -> Iterator[bytes]:
        """Every secret as it might lie in a file."""
        for seed in (self.own.signing_seed, self.own.mlkem_seed, self.own.x25519_seed):
            yield from (seed, base64.b64encode(seed), seed.hex().encode())
        yield PEM.splitlines()[1]

    def readable(self) -> list[Path]:
        """Files that still hold a secret."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return [path for path in files if any(secret in path.read_bytes() for secret in self.secrets())]


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    made = Kiosk(tmp_path)
    made.put()
    yield made
    made.outbox.close()


def test_no_key_stays_readable(kiosk: Kiosk) -> None:
    """In no file of the kiosk, under no name."""
    (kiosk.key.with_name("kiosk.key.new")).write_bytes(kiosk.key.read_bytes())
    assert len(kiosk.readable()) == 4
    destroy_keys(kiosk.remains)
    assert kiosk.readable() == []
    with pytest.raises(KeyMissing):
        load_private(kiosk.key)


def test_a_keys_bytes_are_overwritten_before_its_name_goes(kiosk: Kiosk, tmp_path: Path) -> None:
    """Seen through a second name of the same file, which unlinking alone would leave as it is."""
    second = tmp_path / "elsewhere"
    second.hardlink_to(kiosk.key)
    destroy_keys(kiosk.remains)
    assert second.read_bytes() == b""


def test_a_key_behind_a_link_is_destroyed_where_it_lies(kiosk: Kiosk, tmp_path: Path) -> None:
    """Not only the link to it."""
    far = tmp_path / "other" / "real.key"
    far.parent.mkdir()
    kiosk.key.rename(far)
    kiosk.key.symlink_to(far)
    destroy_keys(kiosk.remains)
    assert not far.exists()
    assert not kiosk.key.is_symlink()
    assert kiosk.readable() == []


def test_what_a_link_pointed_at_is_looked_for_again(kiosk: Kiosk, tmp_path: Path) -> None:
    """The link alone goes; what cannot be removed behind it is named, not called destroyed."""
    far = tmp_path / "stubborn.key"
    far.mkdir()
    kiosk.key.unlink()
    kiosk.key.symlink_to(far)
    with pytest.raises(StorageFailed, match=r"still there: stubborn\.key; take the storage out"):
        destroy_keys(kiosk.remains)
    assert not kiosk.key.is_symlink()


def test_one_key_that_cannot_be_destroyed_does_not_save_the_others(kiosk: Kiosk) -> None:
    """And is named, with what to do."""
    kiosk.key.unlink()
    kiosk.key.mkdir()
    with pytest.raises(StorageFailed, match=r"still there: kiosk\.key; take the storage out"):
        destroy_keys(kiosk.remains)
    assert not kiosk.link.exists()
    assert not kiosk.pending.exists()


def test_keys_go_even_if_records_cannot(kiosk: Kiosk) -> None:
    """Keys are first."""
    stubborn = Remains(kiosk.remains.keys, (kiosk.folder / "stubborn",))
    (kiosk.folder / "stubborn").mkdir()
    with pytest.raises(StorageFailed, match="stubborn"):
        destroy(stubborn)
    assert kiosk.readable() == []


def test_what_was_sealed_is_still_deliverable(kiosk: Kiosk, tmp_path: Path) -> None:
    """By stick, without any key of the kiosk: the hub takes it in as if nothing had happened."""
    stick = tmp_path / "stick"
    stick.mkdir()
    destroy_keys(kiosk.remains)
    tally = carrier.export_bare(Stick(stick), kiosk.outbox, DEVICE)
    assert tally.done["parts written"] == 1
    assert kiosk.own.public() == KIOSK.public()
    store = store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db"))
    hub = HubDesk(store)
    _, unwritten = hub.take_in(stick)
    assert not unwritten
    assert store.answers.waiting(DEVICE), "the hub has searched for it"
    assert [path.suffix for path in stick.rglob("*.receipt")] == [".receipt"]


def test_what_is_left_opens_for_nobody_but_the_hub(kiosk: Kiosk) -> None:
    """Not even for the destroyed key, had somebody kept a copy."""
    destroy_keys(kiosk.remains)
    (item,) = kiosk.outbox.waiting()
    envelope = kiosk.outbox.envelope(item)
    assert envelope is not None
    with pytest.raises(SealError):
        seal.open_envelope(envelope, KIOSK.public(), kiosk.own)


def test_everything_means_everything(kiosk: Kiosk) -> None:
    """The outbox with all that lies beside it."""
    kiosk.outbox.close()
    destroy(kiosk.remains)
    assert [path.name for path in kiosk.folder.rglob("*") if path.is_file()] == ["kiosk.pub"]


class Hand:
    """What the box does to a daemon."""

    def __init__(self, state: State = State.IDLE) -> None:
        self.done: list[str] = []
        self.events: list[Event] = []
        self.told: list[Told] = []
        self.readable_at: Callable[[], list[Path]] = list
        self.keys_when_noted: list[int] = []
        self._state = state

    def hands(self) -> Hands:
        return Hands(lambda: self._state, self.events.append, self.told.append, self.note, self.fault)

    def note(self, deed: Deed, ground: str) -> None:
        self.done.append(f"{deed}: {ground}")
        self.keys_when_noted.append(len(self.readable_at()))

    def fault(self, why: str) -> None:
        self.done.append(why)


def box(kiosk: Kiosk, destroys: str, hand: Hand) -> Box:
    hand.readable_at = kiosk.readable
    return Box(kiosk.remains, TamperPlan(destroys=destroys), hand.hands())


def test_an_opened_box_is_journalled_while_there_is_a_key_and_then_loses_it(kiosk: Kiosk) -> None:
    """The line needs the key's signature."""
    hand = Hand()
    made = box(kiosk, "keys", hand)
    made.opened("the lid")
    assert hand.done[0] == "box opened: the lid"
    assert hand.keys_when_noted == [3]
    assert kiosk.readable() == []
    assert "give the kiosk to its bureau" in hand.done[1]
    assert made.end() == ""
    assert len(kiosk.outbox.waiting()) == 1


def test_with_everything_the_records_go_when_all_is_closed(kiosk: Kiosk) -> None:
    """Not while the uplink still reads them."""
    hand = Hand()
    made = box(kiosk, "everything", hand)
    made.opened("light inside")
    assert len(kiosk.outbox.waiting()) == 1
    kiosk.outbox.close()
    assert made.end() == ""
    assert not list(kiosk.folder.glob("outbox.db*"))


def test_with_nothing_it_is_only_told(kiosk: Kiosk) -> None:
    """For a kiosk on somebody's desk."""
    hand = Hand()
    box(kiosk, "nothing", hand).opened("the lid")
    assert [told.kind for told in hand.told] == ["alarm"]
    assert len(kiosk.readable()) == 3
    assert len(hand.done) == 1


def test_what_could_not_be_destroyed_is_said(kiosk: Kiosk) -> None:
    """In the sentence with which the daemon stops."""
    kiosk.key.unlink()
    kiosk.key.mkdir()
    hand = Hand()
    box(kiosk, "keys", hand).opened("the lid")
    assert "still there: kiosk.key" in hand.done[1]


@pytest.mark.parametrize(("state", "event"), [(State.NOTICE, NoticeRead()), (State.REVIEW, Accept())])
def test_start_goes_on_where_a_yes_is_awaited(kiosk: Kiosk, state: State, event: Event) -> None:
    """The notice was read; the review is fine."""
    hand = Hand(state)
    box(kiosk, "nothing", hand).pressed(Button.START)
    assert hand.events == [event]


@pytest.mark.parametrize("button", [Button.START, Button.LANGUAGE, Button.HELP])
def test_any_other_press_is_for_the_desk(kiosk: Kiosk, button: Button) -> None:
    """A button never begins a check: an officer does."""
    hand = Hand()
    box(kiosk, "nothing", hand).pressed(button)
    assert hand.events == []
    assert [(told.kind, told.detail) for told in hand.told] == [("button", button.name.lower())]


def test_private_files_know_no_other_secrets() -> None:
    """If a key file gets another secret, this test must look for it, too."""
    fields = set(PrivateFile.__struct_fields__)
    assert fields == {"owner", "name", "signing_seed", "mlkem_seed", "x25519_seed"}
