"""The watchlist's ways: made and sent by the hub, proven by the kiosk, a referral without a link, its recheck, its end."""

import dataclasses
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from making import (
    DEVICE,
    HUB,
    KIOSK,
    NOW,
    STAMP,
    face_capture,
    face_template,
    finger_template,
    keys,
    operation,
    public_file,
    request,
    tcn,
)
from test_daemon import Bare
from test_orders import reconnect
from test_uplink import Rig
from test_watchlist import LEAST, made, sealed

from hotspot_kiosk import contents, policy, seal, watchlist, wire
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.cli import door
from hotspot_kiosk.cli.hub import open_store
from hotspot_kiosk.compare.port import Calibration
from hotspot_kiosk.contents import encode_templates
from hotspot_kiosk.demo import texts
from hotspot_kiosk.demo.stage import DEVICE as DEMO_DEVICE
from hotspot_kiosk.demo.stage import Folders, prepare
from hotspot_kiosk.errors import BadBytes, Refused, SealError
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.storage.store import GalleryEntry
from hotspot_kiosk.hub.watchlist import Lists, Wish, chosen
from hotspot_kiosk.inference.face import NAME as FACE
from hotspot_kiosk.keyring import load_private
from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.events import LinkChanged, Store, Stored
from hotspot_kiosk.kiosk.link.orders import Orders
from hotspot_kiosk.kiosk.link.stick import Returned
from hotspot_kiosk.kiosk.place import Place
from hotspot_kiosk.kiosk.referring import Referring
from hotspot_kiosk.kiosk.session import step
from hotspot_kiosk.kiosk.watchlists import NOBODY, Watchlists
from hotspot_kiosk.operation import draft, sign
from hotspot_kiosk.terms import Answer, AnswerType, Decision, Part, RequestType
from hotspot_kiosk.wire import OrderKind

MODELS = Path(__file__).resolve().parents[1] / "models"
PERMITS = operation(watchlist=True)
LINE = Calibration(58.9, 35.9, 6.1, "the test's")
PEERS = {DEVICE: public_file(KIOSK)}
TAKEN = Store(RequestType.NPS, (face_capture(3),), (), ())


class Alone(Bare):
    """A kiosk without devices whose operation permits a watchlist; `told`: what its desk would hear of a referral."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, folder)
        self.told: list[Told] = []
        self.daemon._operation = PERMITS

    def _place(self, folder: Path) -> Place:
        place = super()._place(folder)
        (folder / "operation.json").write_bytes(sign(PERMITS, HUB))
        self.lists = Watchlists(
            folder / "outbox.db", KIOSK, place.trust, self.clock, lambda: place.orders.memory, "test-face"
        )
        self.place = replace(place, watchlists=self.lists)
        return self.place

    def referring(self) -> Referring:
        """Its own, whose words the test hears."""
        return Referring(self.place, self.clock, self.daemon._note, self.told.append)

    def written(self) -> str:
        """All of the journal."""
        return "".join(file.read_text() for file in sorted(self.journal_folder.iterdir()))

    @property
    def journal_folder(self) -> Path:
        """Where it lies."""
        return self.place.operation.with_name("journal")


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Alone]:
    """It has a list with five faces."""
    kiosk = Alone(tmp_path)
    kiosk.lists.install(sealed(made()))
    yield kiosk
    kiosk.close()


def sealed_probe(alone: Alone) -> contents.Probe:
    """What the hub will read."""
    (item,) = (item for item in alone.outbox.waiting() if item.part is Part.PROBE)
    envelope = alone.outbox.envelope(item)
    assert envelope is not None
    return contents.decode(seal.open_envelope(envelope, KIOSK.public(), HUB))


def test_without_a_link_an_officer_is_asked_to_look(alone: Alone) -> None:
    """In words that accuse nobody and never say "match"; the journal names no case."""
    referring = alone.referring()
    referral = referring.look(TAKEN, PERMITS, policy.Shielded(), link_up=False)
    referring.stored(tcn(), referral)
    (told,) = alone.told
    assert (told.kind, told.tcn, told.decision, told.candidates) == (
        "alert",
        tcn(),
        "refer to an officer",
        ("CASE-3",),
    )
    assert "match" not in told.decision + told.note
    assert Deed.REFERRED in alone.written()
    assert "CASE" not in alone.written()


def test_with_a_link_the_list_is_left_alone(alone: Alone) -> None:
    """The hub answers in seconds, and knows more."""
    assert alone.referring().look(TAKEN, PERMITS, policy.Shielded(), link_up=True) == NOBODY
    assert alone.lists._open is None


def test_a_list_that_cannot_be_used_is_told_and_keeps_nobody_from_being_checked(alone: Alone) -> None:
    """The officer hears that faces are compared with nobody."""
    alone.now = NOW + timedelta(days=9)
    assert alone.referring().look(TAKEN, PERMITS, policy.Shielded(), link_up=False) == NOBODY
    assert [told.kind for told in alone.told] == ["alarm"]
    assert "over" in alone.told[0].detail


def test_the_status_says_that_a_list_is_of_another_model(alone: Alone) -> None:
    """Before anybody comes."""
    alone.lists._model = "another"
    said = alone.daemon.status().watchlist
    for words in ("test-face", "another", "ask the bureau"):
        assert words in said


def test_the_sealed_probe_says_it_and_nothing_else_does(alone: Alone, tmp_path: Path) -> None:
    """Only the hub reads for which case; the disk holds none."""
    stored = alone.daemon._store(TAKEN)
    assert isinstance(stored, Stored)
    probe = sealed_probe(alone)
    assert probe.referred == ("CASE-3",)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"CASE-3" not in path.read_bytes()


def test_a_referral_stands_until_the_hub_has_answered(alone: Alone) -> None:
    """That is what an officer's page shows."""
    stored = alone.daemon._store(TAKEN)
    assert isinstance(stored, Stored)
    assert alone.lists.referred() == ((stored.tcn, ("CASE-3",)),)
    alone.daemon.answered(Answer(stored.tcn, AnswerType.SRE, Decision.NO_HIT, (), NOW))
    assert alone.lists.referred() == ()


def test_a_withdrawn_kiosk_keeps_no_list(alone: Alone, tmp_path: Path) -> None:
    """It checks nobody any more."""
    alone.daemon.ordered(wire.sign_order(DEVICE, 1, OrderKind.REVOKE, b"", HUB))
    assert not (tmp_path / "outbox.db.watchlist-list").exists()


def test_a_daemon_with_a_link_refers_nobody(alone: Alone) -> None:
    """The probe says nothing of a list."""
    alone.daemon._session, _ = step(alone.daemon._session, LinkChanged(up=True), 0)
    stored = alone.daemon._store(TAKEN)
    assert isinstance(stored, Stored)
    assert sealed_probe(alone).referred == ()
    assert Deed.REFERRED not in alone.written()


def test_the_hubs_answer_closes_a_referral_once(alone: Alone) -> None:
    """Whatever it says; another check's answer closes nothing."""
    stored = alone.daemon._store(TAKEN)
    assert isinstance(stored, Stored)
    for number in (tcn(999), stored.tcn, stored.tcn):
        alone.daemon.answered(Answer(number, AnswerType.SRE, Decision.NO_HIT, (), NOW))
    assert alone.written().count(Deed.RECHECKED) == 1


def test_a_list_that_is_over_is_gone_within_a_minute_of_running(alone: Alone, tmp_path: Path) -> None:
    """And the journal says so, though the clock is not trusted to forget records."""
    alone.now = NOW + timedelta(days=2)
    alone.daemon.forget_outdated()
    assert not (tmp_path / "outbox.db.watchlist-list").exists()
    assert Deed.PURGED in alone.written()


def test_impossible_cases_in_a_probe_are_refused() -> None:
    """More than a kiosk names, or no ids at all."""
    for cases in (("A",) * 4, ("x" * 33,), ("\n",)):
        with pytest.raises(BadBytes, match="watchlist"):
            contents.decode(contents.encode(replace(request(), referred=cases)))


def test_a_probe_without_a_referral_is_not_longer() -> None:
    """On a thin link every byte counts."""
    assert contents.encode(request()) == contents.encode(replace(request(), referred=()))
    assert contents.decode(contents.encode(replace(request(), referred=("A-1",)))).referred == ("A-1",)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A kiosk's uplink that takes watchlists, and a small hub with a book of orders."""
    rig = Rig(tmp_path)
    rig.hub.inbox._book = OrderBook(tmp_path / "orders")
    downlink = rig.uplink._downlink
    downlink._watchlists = Watchlists(
        tmp_path / "outbox.db",
        KIOSK,
        downlink._trust,
        rig.clock,
        lambda: downlink._orders.memory,
        "test-face",
    )
    yield rig
    rig.close()


def lists_of(rig: Rig) -> Watchlists:
    """The kiosk's."""
    lists = rig.uplink._downlink._watchlists
    assert lists is not None
    return lists


def fresh(edition: int = 1, people: int = 5) -> watchlist.Watchlist:
    """A list that counts by the machine's own clock."""
    now = datetime.now(UTC)
    return made(edition, people, made=now, expires=now + timedelta(days=1))


def sent(rig: Rig, body: bytes, kind: OrderKind = OrderKind.WATCHLIST) -> wire.Order:
    """The hub gives an order."""
    book = rig.hub.inbox._book
    assert book is not None
    return book.give(DEVICE, kind, HUB, datetime.now(UTC), body)


def proven(rig: Rig) -> bool:
    """Whether nothing waits for the kiosk."""
    book = rig.hub.inbox._book
    assert book is not None
    return not book.waiting(DEVICE)


def found(rig: Rig) -> tuple[str, ...]:
    """Whom the third face resembles."""
    stamp = rig.clock.stamp()
    return lists_of(rig).look((face_capture(3),), PERMITS, policy.Shielded(), stamp).cases


def test_a_list_comes_down_in_parts_and_is_destroyed_by_order(rig: Rig, tmp_path: Path) -> None:
    """Each part is proven before the next is sent; other orders between them do no harm; the end is proven, too."""
    envelope = sealed(fresh(1, 2000))
    bodies = list(watchlist.pieces(envelope, 1))
    assert len(bodies) > 2
    sent(rig, bodies[0])
    sent(rig, b"", OrderKind.ERASE)
    for body in bodies[1:]:
        sent(rig, body)
    reconnect(rig)
    rig.until(lambda: OrderKind.WATCHLIST in [order.kind for order in rig.ordered])
    rig.until(lambda: proven(rig))
    assert found(rig) == ("CASE-3",)
    assert [order.kind for order in rig.ordered].count(OrderKind.WATCHLIST) == 1
    sent(rig, b"", OrderKind.FORGET)
    reconnect(rig)
    rig.until(lambda: proven(rig))
    assert found(rig) == ()
    assert not (tmp_path / "outbox.db.watchlist-list").exists()


def test_a_withdrawn_kiosk_takes_no_list(rig: Rig) -> None:
    """It is not proven either, so that the bureau sees that it waits."""
    sent(rig, b"", OrderKind.REVOKE)
    reconnect(rig)
    rig.until(lambda: proven(rig))
    sent(rig, next(watchlist.pieces(sealed(fresh()), 1)))
    reconnect(rig)
    rig.until(lambda: rig.uplink.ignored["this kiosk was withdrawn and takes no watchlist"] > 0)
    assert not proven(rig)
    assert found(rig) == ()


def test_an_order_to_forget_that_is_played_again_destroys_no_newer_list(rig: Rig) -> None:
    """It was obeyed; what came after it stays."""
    order = sent(rig, watchlist.floor_body(1), OrderKind.FORGET)
    reconnect(rig)
    rig.until(lambda: proven(rig))
    lists_of(rig).install(sealed(fresh(2)))
    rig.hub.say(order)
    rig.until(lambda: rig.uplink.repeated["an order that was obeyed"] > 0)
    assert found(rig) == ("CASE-3",)


def test_an_order_to_forget_beats_parts_that_are_played_again(rig: Rig, tmp_path: Path) -> None:
    """Of a list that never was complete, and so never was here: what was sealed before the order stays away."""
    envelope = sealed(fresh(1, 2000))
    parts = [
        wire.sign_order(DEVICE, 5 + n, OrderKind.WATCHLIST, body, HUB)
        for n, body in enumerate(watchlist.pieces(envelope, 1))
    ]
    rig.hub.say(parts[0])
    rig.until(lambda: len(list(tmp_path.glob("*.watchlist-part-*"))) == 1)
    sent(rig, watchlist.floor_body(1), OrderKind.FORGET)
    reconnect(rig)
    rig.until(lambda: proven(rig))
    assert not list(tmp_path.glob("*.watchlist-part-*"))
    for part in parts:
        rig.hub.say(part)
    rig.hub.say(wire.sign_order(DEVICE, 99, OrderKind.WATCHLIST, b"no part", HUB))
    rig.until(lambda: rig.uplink.ignored["this is no part of a watchlist"] > 0)
    assert found(rig) == ()
    assert not list(tmp_path.glob("*.watchlist-[lp]*"))


def test_an_order_to_forget_counts_though_a_newer_order_came_before_it(rig: Rig) -> None:
    """Whoever holds it back on its way gains nothing; and it undoes no list that was sealed after it."""
    lists_of(rig).install(sealed(fresh(3)))
    rig.hub.say(wire.sign_order(DEVICE, 900, OrderKind.ERASE, b"", HUB))
    rig.until(lambda: len(rig.ordered) == 1)
    rig.hub.say(wire.sign_order(DEVICE, 700, OrderKind.FORGET, watchlist.floor_body(2), HUB))
    rig.until(lambda: len(rig.ordered) == 2)
    assert found(rig) == ("CASE-3",)
    rig.hub.say(wire.sign_order(DEVICE, 800, OrderKind.FORGET, watchlist.floor_body(3), HUB))
    rig.until(lambda: len(rig.ordered) == 3)
    assert found(rig) == ()


@pytest.mark.parametrize("forger", [KIOSK, keys(5)])
def test_nobody_but_the_hub_sends_or_ends_a_list(rig: Rig, forger: seal.PrivateKeys) -> None:
    """Neither a part nor an order to forget by another's signature counts."""
    lists_of(rig).install(sealed(fresh()))
    (body,) = watchlist.pieces(sealed(fresh(2, 2)), 2)
    for number, kind, content in ((1, OrderKind.WATCHLIST, body), (2, OrderKind.FORGET, b"")):
        rig.hub.say(wire.sign_order(DEVICE, number, kind, content, forger))
    rig.until(lambda: sum(rig.uplink.ignored.values()) >= 2)
    assert found(rig) == ("CASE-3",)


def test_a_stopped_kiosk_forgets_by_stick(tmp_path: Path, alone: Alone) -> None:
    """And takes no parts so: they come by link, or as one file."""
    place = alone.place
    returned = Returned(
        alone.outbox, KIOSK, place.trust, place.orders, STAMP, lambda: None, watchlists=alone.lists
    )
    (body,) = watchlist.pieces(sealed(made(2)), 2)
    with pytest.raises(BadBytes, match="running"):
        returned.act(wire.encode(wire.sign_order(DEVICE, 5, OrderKind.WATCHLIST, body, HUB)))
    with pytest.raises(SealError):
        returned.act(wire.encode(wire.sign_order(DEVICE, 6, OrderKind.FORGET, b"", KIOSK)))
    assert (tmp_path / "outbox.db.watchlist-list").exists()
    forget = wire.encode(wire.sign_order(DEVICE, 7, OrderKind.FORGET, watchlist.floor_body(1), HUB))
    assert returned.act(forget)
    assert not (tmp_path / "outbox.db.watchlist-list").exists()
    assert 7 in place.orders.memory.obeyed
    assert not returned.act(forget)


@pytest.mark.parametrize(
    "lost", [("outbox.db.watchlist-memory", "watchlist_floor"), ("orders.json", "orders.again")]
)
def test_what_was_forgotten_stays_so_whichever_memory_is_lost(
    tmp_path: Path, alone: Alone, lost: tuple[str, ...]
) -> None:
    """The kiosk's own, or that of the hub's orders: the file from an old stick is refused all the same."""
    forget = wire.sign_order(DEVICE, 7, OrderKind.FORGET, watchlist.floor_body(4), HUB)
    assert alone.place.orders.forget(forget, HUB.public(), alone.lists.forget)
    for name in lost:
        (tmp_path / name).unlink()
    orders = Orders(tmp_path / "orders.json", DEVICE)
    again = Watchlists(
        tmp_path / "outbox.db", KIOSK, alone.place.trust, alone.clock, lambda: orders.memory, "test-face"
    )
    for edition in (2, 4):
        with pytest.raises(Refused, match="forgotten"):
            again.install(sealed(made(edition)))
    assert again.install(sealed(made(5))).edition == 5


def test_a_kiosk_without_watchlists_proves_no_end_of_one(tmp_path: Path, alone: Alone) -> None:
    """Nobody may think that it is gone."""
    place = alone.place
    returned = Returned(alone.outbox, KIOSK, place.trust, place.orders, STAMP, lambda: None)
    with pytest.raises(Refused, match="no watchlist"):
        returned.act(wire.encode(wire.sign_order(DEVICE, 7, OrderKind.FORGET, watchlist.floor_body(1), HUB)))
    assert place.orders.memory.obeyed == ()


def test_a_withdrawn_kiosk_takes_no_list_from_a_stick_either(tmp_path: Path, alone: Alone) -> None:
    """And one that lay there when it was withdrawn while it stood still goes at the next look."""
    alone.place.orders.obey(wire.sign_order(DEVICE, 9, OrderKind.REVOKE, b"", HUB), HUB.public())
    with pytest.raises(Refused, match="withdrawn"):
        alone.lists.install(sealed(made(8)))
    assert alone.lists.look((face_capture(3),), PERMITS, policy.Shielded(), STAMP) == NOBODY
    assert alone.lists.rest(PERMITS, STAMP)
    assert not (tmp_path / "outbox.db.watchlist-list").exists()


def wish(**changed: Any) -> Wish:
    """A list for the test's operation."""
    usual: dict[str, Any] = {"operation": PERMITS, "law": "the act", "days": 2, "fpir": 0.01, "least": LEAST}
    return Wish(**{**usual, **changed})


PEOPLE = [(f"CASE-{seed}", [face_template(seed)]) for seed in (1, 2, 3)]


def test_what_the_hub_keeps_of_a_list_is_sealed(tmp_path: Path) -> None:
    """Each kiosk opens its own; neither case nor face lies in the folder."""
    note = Lists(tmp_path, HUB).build(wish(), PEOPLE, LINE, PEERS, NOW)
    envelope = Lists(tmp_path, HUB).path(note.edition, DEVICE).read_bytes()
    known = watchlist.open_sealed(envelope, KIOSK, HUB.public())
    assert (known.cases, known.least, known.expires) == (("CASE-1", "CASE-2", "CASE-3"), LEAST, note.expires)
    assert note.expires == NOW + timedelta(days=2)
    assert all(b"CASE" not in path.read_bytes() for path in tmp_path.iterdir())


def test_a_list_never_outlives_its_operation(tmp_path: Path) -> None:
    """Whatever was asked for."""
    note = Lists(tmp_path, HUB).build(wish(days=31), PEOPLE, LINE, PEERS, NOW)
    assert note.expires == PERMITS.ends


def test_without_a_measured_score_it_follows_from_the_stated_rate(tmp_path: Path) -> None:
    """And the note says that it was not measured."""
    note = Lists(tmp_path, HUB).build(wish(least=None), PEOPLE, LINE, PEERS, NOW)
    assert note.least == watchlist.least_score(LINE, 3, 0.01)
    assert not note.measured


@pytest.mark.parametrize(
    ("changed", "peers", "why"),
    [
        ({"operation": operation()}, PEERS, "watchlist = true"),
        ({}, {}, "not admitted"),
        ({"law": ""}, PEERS, "law"),
        ({"fpir": 0.9}, PEERS, "fpir"),
    ],
)
def test_a_list_that_may_not_be_is_not_made(
    tmp_path: Path, changed: dict[str, Any], peers: dict[int, Any], why: str
) -> None:
    """With what to do about it; nothing is left in the folder."""
    with pytest.raises(Refused, match=why):
        Lists(tmp_path, HUB).build(wish(**changed), PEOPLE, LINE, peers, NOW)
    assert list(tmp_path.iterdir()) == []


def test_editions_rise_though_the_folder_was_lost(tmp_path: Path) -> None:
    """Two within a minute, too."""
    lists = Lists(tmp_path / "a", HUB)
    first, second = (lists.build(wish(), PEOPLE, LINE, PEERS, NOW).edition for _ in range(2))
    later = Lists(tmp_path / "b", HUB).build(wish(), PEOPLE, LINE, PEERS, NOW + timedelta(minutes=5)).edition
    assert first < second < later


def test_only_cases_of_the_gallery_with_a_face_are_listed() -> None:
    """A misspelt one is named, and one of which there are only fingers."""
    entries = [
        GalleryEntry("CASE-1", "", encode_templates((face_template(), finger_template()))),
        GalleryEntry("CASE-2", "", encode_templates((finger_template(),))),
    ]
    assert [(case, len(faces)) for case, faces in chosen(entries, ["CASE-1", "CASE-1"])] == [("CASE-1", 1)]
    for case, why in (("CASE-2", "no face"), ("CASE-9", "no reference CASE-9")):
        with pytest.raises(Refused, match=why):
            chosen(entries, [case])
    with pytest.raises(Refused, match="at least one"):
        chosen(entries, [])


def test_the_newest_list_alone_waits_and_is_no_withdrawal(tmp_path: Path) -> None:
    """Parts of older ones are taken back; only one part waits at a time."""
    lists, book = Lists(tmp_path / "lists", HUB), OrderBook(tmp_path / "orders")
    people = [(f"CASE-{seed}", [face_template(seed)]) for seed in range(900)]
    for _ in range(2):
        newest = lists.build(wish(), people, LINE, PEERS, NOW)
        lists.send(book, NOW)
    (order,) = book.waiting(DEVICE)
    piece = watchlist.read_piece(order.body)
    assert (piece.edition, piece.index) == (newest.edition, 0)
    waiting, _ = book.numbers(DEVICE, OrderKind.WATCHLIST)
    assert len(waiting) == piece.count > 1
    assert not book.withdrawn(DEVICE)


def test_a_list_that_a_kiosk_was_told_to_destroy_is_not_sent_again(tmp_path: Path) -> None:
    """It would not be taken; and what still waited of it is taken back."""
    lists, book = Lists(tmp_path / "lists", HUB), OrderBook(tmp_path / "orders")
    lists.build(wish(), PEOPLE, LINE, PEERS, NOW)
    lists.send(book, NOW)
    lists.forget(book, DEVICE, NOW)
    assert [order.kind for order in book.waiting(DEVICE)] == [OrderKind.FORGET]
    assert not book.withdrawn(DEVICE)
    with pytest.raises(Refused, match="newer list"):
        lists.send(book, NOW)


def test_an_order_to_forget_names_all_that_was_sealed_before_it(tmp_path: Path) -> None:
    """Also where the clock was set back, or the folder is new; the next list is newer, within the same minute, too."""
    lists, book = Lists(tmp_path / "lists", HUB), OrderBook(tmp_path / "orders")
    before = lists.build(wish(), PEOPLE, LINE, PEERS, NOW + timedelta(days=1))
    lists.forget(book, DEVICE, NOW)
    (order,) = book.waiting(DEVICE)
    assert watchlist.read_floor(order.body, order.number) == before.edition
    assert lists.build(wish(), PEOPLE, LINE, PEERS, NOW).edition > before.edition
    lost = Lists(tmp_path / "new", HUB)
    lost.forget(book, DEVICE, NOW)
    floor = watchlist.read_floor(book.waiting(DEVICE)[-1].body, 0)
    assert floor == watchlist.edition_at(NOW)
    assert lost.build(wish(), PEOPLE, LINE, PEERS, NOW).edition > floor


@pytest.mark.parametrize("body", [b"-1", b"99999999", b"[]", b"\xff", b"1.5", b"null"])
def test_an_order_to_forget_nothing_that_can_be_is_refused(body: bytes) -> None:
    """An empty one reaches to the minute of its own number."""
    with pytest.raises(BadBytes, match="edition"):
        watchlist.read_floor(body, 1)
    number = int(NOW.timestamp() * 1000)
    assert watchlist.read_floor(b"", number) == watchlist.edition_at(NOW)
    with pytest.raises(BadBytes, match="edition"):
        watchlist.read_floor(b"", 1 << 62)


def test_lists_that_are_over_are_neither_sent_nor_kept(tmp_path: Path) -> None:
    """Their notes stay, without cases."""
    lists, later = Lists(tmp_path / "lists", HUB), NOW + timedelta(days=3)
    note = lists.build(wish(), PEOPLE, LINE, PEERS, NOW)
    with pytest.raises(Refused, match="not over"):
        lists.send(OrderBook(tmp_path / "orders"), later)
    assert lists.sweep(NOW) == 0
    assert lists.sweep(later) == 1
    assert [each.edition for each in lists.notes()] == [note.edition]


class Bureau:
    """A hub and a kiosk on one disk, used by commands only."""

    def __init__(self, root: Path) -> None:
        self.folders = Folders(root, MODELS)
        prepare(self.folders, 1, 1)
        hub = self.folders.hub_config
        more = 'orders = "orders"\noperations = "operations"\nwatchlists = "watchlists"'
        hub.write_text(hub.read_text().replace('orders = "orders"', more))
        now = datetime.now(UTC)
        begins, ends = (f"{now + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (-1, 30))
        told = texts.OPERATION.format(device=DEMO_DEVICE, begins=begins, ends=ends)
        self.operation = draft(told + "watchlist = true\n")
        (root / "hub" / "operations").mkdir()
        signed = sign(self.operation, load_private(root / "hub" / "hub.key"))
        (root / "hub" / "operations" / "one.op").write_bytes(signed)

    def run(self, *words: str, config: Path | None = None) -> Result:
        """A command."""
        where = ("-c", str(config or self.folders.hub_config))
        return CliRunner().invoke(door, ["watchlist", words[0], *where, *words[1:]], catch_exceptions=False)


def test_the_commands_make_show_install_and_end_a_list(tmp_path: Path) -> None:
    """As people at a bureau and a post do it, a stick between them."""
    bureau = Bureau(tmp_path / "d")
    store = open_store(bureau.folders.hub_config)
    ours = dataclasses.replace(face_template(), model=FACE)
    for case, face in (("CASE-7", ours), ("CASE-8", face_template())):
        store.gallery.put(GalleryEntry(case, "", encode_templates((face,))))
    store.close()
    cases = tmp_path / "cases"
    words = ("--operation", bureau.operation.id, "--cases", str(cases), "--law", "the act, art. 7")
    cases.write_text("CASE-8\n")
    with pytest.raises(Refused, match="the model test-face cannot be compared at kiosks"):
        bureau.run("build", *words)
    cases.write_text("CASE-7\n\n")
    assert "1 cases" in bureau.run("build", *words).output
    shown = bureau.run("show").output
    assert "not sent" in shown
    assert "CASE-7" not in shown
    assert "waits for 1 kiosks" in bureau.run("send").output
    assert "parts wait" in bureau.run("show").output
    (file,) = (tmp_path / "d" / "hub" / "watchlists").glob("*.sealed")
    installed = bureau.run("install", str(file), config=bureau.folders.kiosk_config)
    assert "1 cases" in installed.output
    with pytest.raises(Refused, match="edition"):
        bureau.run("install", str(file), config=bureau.folders.kiosk_config)
    device = str(DEMO_DEVICE)
    assert "waits" in bureau.run("forget", "--device", device, "--yes").output
    assert "to be destroyed" in bureau.run("show").output
    kiosk, stick = bureau.folders.kiosk_config, tmp_path / "stick"
    stick.mkdir()
    for config, words in (
        (kiosk, ["outbox", "export", "--to", str(stick)]),
        (bureau.folders.hub_config, ["hub", "import", str(stick)]),
        (kiosk, ["outbox", "import", str(stick)]),
    ):
        CliRunner().invoke(door, [*words[:2], "-c", str(config), *words[2:]], catch_exceptions=False)
    assert not list(kiosk.parent.rglob("*.watchlist-list"))
    with pytest.raises(Refused, match="forgotten"):
        bureau.run("install", str(file), config=kiosk)
