"""Kiosk and hub as each other's witness: what was cut, changed or put back shows."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from making import DEVICE, HUB, KIOSK, NOW, keys, public_file

from hotspot_kiosk import wire
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Anchor, Deed
from hotspot_kiosk.cli import door
from hotspot_kiosk.errors import BadBytes, Refused, SealError
from hotspot_kiosk.hub.link.inbox import Inbox
from hotspot_kiosk.hub.link.witness import Witness
from hotspot_kiosk.hub.storage import store_postgres, store_sqlite
from hotspot_kiosk.hub.storage.store import Noted, Store
from hotspot_kiosk.keyring import save_public
from hotspot_kiosk.kiosk.link.anchoring import EVERY, LOOK_MS, REPEAT_MS, Anchoring, Minors


class Pair:
    """A kiosk's journal and anchoring, a hub's journal and witness."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.folder = folder
        self.store = store
        self.here = Journal(folder / "kiosk", KIOSK, lambda: (NOW, True))
        self.there = Journal(folder / "hub", HUB, lambda: (NOW, True))
        self.minors = Minors(folder / "minors")
        self.witness = Witness(store.anchors, self.there, HUB, lambda: NOW)
        self.now_ms = 0
        self.begin()

    def begin(self) -> None:
        """The kiosk starts."""
        self.anchoring = Anchoring(DEVICE, KIOSK, self.here, lambda: self.minors.count)
        self.anchoring.came_up()

    def work(self, entries: int) -> None:
        """The kiosk writes its journal."""
        self.here.write_all([(Deed.STORED, "machine", f"r/{n}", "") for n in range(entries)])

    def round(self) -> wire.Reached:
        """One word up, one down."""
        self.now_ms += LOOK_MS
        word = self.anchoring.next(self.now_ms)
        assert word is not None
        heard = wire.decode_up(wire.encode(word))
        assert isinstance(heard, wire.Reached)
        told = wire.decode_down(wire.encode(self.witness.take(DEVICE, heard, KIOSK.public())))
        assert isinstance(told, wire.Witness)
        self.anchoring.witnessed(told, HUB.public())
        return word


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each variant."""
    made = (
        store_postgres.build(store_postgres.Options(dsn=request.getfixturevalue("schema")))
        if request.param == "postgres"
        else store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db"))
    )
    yield made
    made.close()


@pytest.fixture
def pair(store: Store, tmp_path: Path) -> Pair:
    """Both sides, nothing said yet."""
    return Pair(store, tmp_path)


def anchors(store: Store) -> list[int]:
    """The entries that the hub has kept of the test kiosk."""
    return [anchor.number for anchor, _, _ in store.anchors.anchors(DEVICE)]


def test_it_speaks_when_the_link_comes_up_and_then_every_so_many_entries(pair: Pair) -> None:
    """Not for the line about its own last word."""
    pair.work(3)
    pair.round()
    pair.now_ms += 10 * LOOK_MS
    assert pair.anchoring.next(pair.now_ms) is None
    pair.anchoring.came_up()
    assert pair.anchoring.next(pair.now_ms) is None
    pair.work(EVERY)
    pair.round()
    assert anchors(pair.store) == [3, 4 + EVERY]


def test_the_next_word_waits_for_the_answer_to_the_last(pair: Pair) -> None:
    """The same one is said again, until it is heard."""
    pair.work(3)
    first = pair.anchoring.next(0)
    pair.work(EVERY)
    assert pair.anchoring.next(LOOK_MS) is None
    assert pair.anchoring.next(REPEAT_MS) == first
    pair.anchoring.came_up()
    assert pair.anchoring.next(REPEAT_MS + 1) == first


def test_said_twice_is_kept_once(pair: Pair) -> None:
    """A repeated or replayed word raises no alarm."""
    pair.work(3)
    old = pair.round()
    pair.work(EVERY)
    pair.round()
    pair.witness.take(DEVICE, old, KIOSK.public())
    assert anchors(pair.store) == [3, 4 + EVERY]
    assert not pair.witness.alarms


def test_a_journal_that_went_backwards_raises_an_alarm(pair: Pair) -> None:
    """An old card was put in: its head lies before what the hub has seen."""
    pair.work(EVERY)
    shutil.copytree(pair.folder / "kiosk", pair.folder / "old card")
    pair.work(9)
    pair.round()
    shutil.rmtree(pair.folder / "kiosk")
    shutil.copytree(pair.folder / "old card", pair.folder / "kiosk")
    pair.begin()
    pair.round()
    (alarm,) = pair.witness.alarms
    assert "went backwards" in alarm
    assert anchors(pair.store) == [EVERY + 9]
    deeds = [line for path in (pair.folder / "hub").glob("*.jsonl") for line in path.read_text().splitlines()]
    assert any(str(Deed.TAMPERED) in line and f"device/{DEVICE}" in line for line in deeds)


def test_another_entry_of_the_same_number_raises_an_alarm(pair: Pair) -> None:
    """The journal was written anew, as long as before."""
    pair.work(5)
    pair.round()
    shutil.rmtree(pair.folder / "kiosk")
    pair.here = Journal(pair.folder / "kiosk", KIOSK, lambda: (NOW, True))
    pair.here.write_all([(Deed.STORED, "machine", "other", "")] * 5)
    pair.begin()
    pair.round()
    (alarm,) = pair.witness.alarms
    assert "was changed" in alarm


def test_what_the_kiosk_did_not_sign_is_not_kept(pair: Pair) -> None:
    """Nor another kiosk's word under its number."""
    forged = wire.sign_reached(DEVICE, 7, bytes(32), 0, keys(18))
    with pytest.raises(SealError):
        pair.witness.take(DEVICE, forged, KIOSK.public())
    inbox = Inbox(pair.store, HUB, {DEVICE: public_file(KIOSK)}, lambda: NOW, witness=pair.witness)
    assert inbox.take(DEVICE, forged).replies == ()
    assert anchors(pair.store) == []
    assert inbox.ignored


def test_a_witness_that_nobody_asked_for_is_refused(pair: Pair) -> None:
    """Signed by somebody else, for another kiosk, or about another entry."""
    pair.work(3)
    assert pair.anchoring.next(LOOK_MS) is not None
    for by, device, number in ((keys(18), DEVICE, 3), (HUB, 18, 3), (HUB, DEVICE, 4)):
        with pytest.raises((SealError, Refused)):
            pair.anchoring.witnessed(wire.sign_witness(device, number, 9, bytes(32), by), HUB.public())


def test_a_word_is_small(pair: Pair) -> None:
    """Both together are less than a starved link carries in a fifth of a second (9,600 bit/s)."""
    pair.work(3)
    word = pair.anchoring.next(LOOK_MS)
    assert word is not None
    answer = pair.witness.take(DEVICE, word, KIOSK.public())
    assert len(wire.encode(word)) <= 112
    assert len(wire.encode(word)) + len(wire.encode(answer)) <= 9600 // 8 // 5


def test_impossible_words_are_refused() -> None:
    """Before anybody looks at a signature."""
    for number, digest, minors in (
        (0, bytes(32), 0),
        (1, bytes(31), 0),
        (1, bytes(32), -1),
        (1 << 60, bytes(32), 0),
    ):
        with pytest.raises(BadBytes):
            wire.decode_up(wire.encode(wire.Reached(number, digest, minors, bytes(64))))


def test_minors_are_a_number_that_outlives_a_restart(pair: Pair) -> None:
    """And travels with the word."""
    pair.minors.add()
    pair.minors.add()
    assert Minors(pair.folder / "minors").count == 2
    pair.work(3)
    assert pair.round().minors == 2
    assert [minors for _, minors, _ in pair.store.anchors.anchors()] == [2]


def test_the_store_keeps_the_first_word_about_an_entry(store: Store) -> None:
    """Contract of the port."""
    assert store.anchors.note(Anchor(DEVICE, 5, "a" * 64), 0, NOW) is Noted.NEW
    assert store.anchors.note(Anchor(DEVICE, 5, "a" * 64), 1, NOW) is Noted.KNOWN
    assert store.anchors.note(Anchor(DEVICE, 5, "b" * 64), 0, NOW) is Noted.OTHER
    assert store.anchors.note(Anchor(DEVICE, 4, "a" * 64), 0, NOW) is Noted.BACK
    assert store.anchors.note(Anchor(18, 4, "a" * 64), 0, NOW) is Noted.NEW
    assert store.anchors.anchors(DEVICE) == [(Anchor(DEVICE, 5, "a" * 64), 0, NOW)]


def verified(*words: object) -> Result:
    """`hotspot audit verify`."""
    return CliRunner().invoke(door, ["audit", "verify", *map(str, words)])


def test_both_journals_verify_against_what_the_other_kept(tmp_path: Path) -> None:
    """And a copy that was cut before an anchor does not."""
    pair = Pair(store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db")), tmp_path)
    for name, private in (("k.pub", KIOSK), ("h.pub", HUB)):
        save_public(tmp_path / name, public_file(private))
    (tmp_path / "list").write_text(f'[{{"owner": {DEVICE}, "number": 3, "digest": "{"0" * 64}"}}]')
    pair.work(3)
    pair.here.export(tmp_path / "cut.jsonl")
    pair.work(9)
    pair.there.write(Deed.STARTED)
    pair.there.export(tmp_path / "hub-cut.jsonl")
    pair.round()
    pair.here.export(tmp_path / "kiosk.jsonl")
    pair.there.export(tmp_path / "hub.jsonl")
    ((kept, _, _),) = pair.store.anchors.anchors()
    (tmp_path / "right").write_text(
        f'[{{"owner": {DEVICE}, "number": {kept.number}, "digest": "{kept.digest}"}}]'
    )
    of_kiosk, of_hub = ("--key", tmp_path / "k.pub"), ("--key", tmp_path / "h.pub")
    assert verified(tmp_path / "kiosk.jsonl", *of_kiosk, "--anchors", tmp_path / "right").exit_code == 0
    assert verified(tmp_path / "hub.jsonl", *of_hub, "--witness", tmp_path / "kiosk.jsonl").exit_code == 0
    for wrong in (
        verified(tmp_path / "cut.jsonl", *of_kiosk, "--anchors", tmp_path / "right"),
        verified(tmp_path / "kiosk.jsonl", *of_kiosk, "--anchors", tmp_path / "list"),
        verified(tmp_path / "hub-cut.jsonl", *of_hub, "--witness", tmp_path / "kiosk.jsonl"),
    ):
        assert isinstance(wrong.exception, BadBytes)
    pair.store.close()
