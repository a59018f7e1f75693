"""The hub's storage port: one contract for every variant."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import DEVICE, NOW, tcn

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.hub.storage import store_postgres, store_sqlite
from hotspot_kiosk.hub.storage.store import Committed, GalleryEntry, PartKey, Store
from hotspot_kiosk.hub.storage.vault import guard
from hotspot_kiosk.terms import Part, Tcn

KEY = PartKey(DEVICE, tcn(), Part.PROBE)


Build = Callable[[], Store]


@pytest.fixture(params=["sqlite", "postgres", "guarded"])
def again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Build]:
    """Opens one and the same empty store of each variant, as often as it is called."""
    opened = []
    dsn = request.getfixturevalue("schema") if request.param == "postgres" else ""

    def build() -> Store:
        if dsn:
            opened.append(store_postgres.build(store_postgres.Options(dsn=dsn)))
        else:
            opened.append(store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db")))
        if request.param == "guarded":
            opened[-1] = guard(opened[-1], lambda: NOW)
        return opened[-1]

    yield build
    for store in opened:
        store.close()


@pytest.fixture
def store(again: Build) -> Store:
    """An empty store of each variant."""
    return again()


def test_pieces_make_a_whole(store: Store) -> None:
    """Out of order, twice, in any size."""
    assert store.chunks.add(KEY, 10, 6, b"ghij") == ((0, 6),)
    assert store.chunks.missing(KEY, 10) == ((0, 6),)
    store.chunks.add(KEY, 10, 0, b"abc")
    store.chunks.add(KEY, 10, 0, b"abc")
    assert store.chunks.missing(KEY, 10) == ((3, 6),)
    with pytest.raises(BadBytes, match="whole"):
        store.chunks.whole(KEY)
    assert store.chunks.add(KEY, 10, 2, b"cdefg") == ()
    assert store.chunks.missing(KEY, 10) == ()
    assert store.chunks.whole(KEY) == b"abcdefghij"


def test_another_size_begins_anew(store: Store) -> None:
    """Pieces of an older envelope of the same number never mix with the new one's."""
    store.chunks.add(KEY, 10, 0, b"old")
    store.chunks.add(KEY, 12, 3, b"new")
    assert store.chunks.missing(KEY, 12) == ((0, 3), (6, 12))


def test_parts_do_not_mix(store: Store) -> None:
    """The same number's other part, and another device's, are apart."""
    other = PartKey(DEVICE, tcn(), Part.EVIDENCE)
    store.chunks.add(KEY, 4, 0, b"abcd")
    assert store.chunks.missing(other, 4) == ((0, 4),)


def test_forgotten_pieces_are_gone(store: Store) -> None:
    """After a spoiled envelope everything is asked for again."""
    store.chunks.add(KEY, 4, 0, b"abcd")
    store.chunks.forget(KEY)
    assert store.chunks.missing(KEY, 4) == ((0, 4),)


def test_spoiled_parts_are_counted_for_all_workers(again: Build) -> None:
    """Each part apart; when it is held at last, the count is gone."""
    stores = (again(), again())
    other = PartKey(DEVICE, tcn(), Part.EVIDENCE)
    assert [store.chunks.spoiled(KEY) for store in (*stores, *stores)] == [1, 2, 3, 4]
    assert stores[1].chunks.spoiled(other) == 1
    stores[0].inbox.commit(KEY, b"envelope", NOW)
    assert stores[1].chunks.spoiled(KEY) == 1
    assert stores[1].chunks.spoiled(other) == 2


def test_a_part_is_held_once(store: Store) -> None:
    """Again is told from new, and a conflict from both."""
    assert store.inbox.digest(KEY) is None
    assert store.inbox.commit(KEY, b"envelope", NOW) is Committed.NEW
    assert store.inbox.commit(KEY, b"envelope", NOW) is Committed.AGAIN
    assert store.inbox.commit(KEY, b"another", NOW) is Committed.CONFLICT
    assert store.inbox.envelope(KEY) == b"envelope"
    assert len(store.inbox.entries()) == 1


def test_received_bytes_count_repeats(store: Store) -> None:
    """What came over the wire is counted, not what was kept."""
    store.chunks.add(KEY, 4, 0, b"abcd")
    store.chunks.add(KEY, 4, 0, b"abcd")
    store.inbox.commit(KEY, b"abcd", NOW)
    assert (store.inbox.entries()[0].received, store.inbox.entries()[0].size) == (8, 4)
    assert store.chunks.missing(KEY, 4) == ((0, 4),)


def test_probes_without_an_answer_are_found(store: Store) -> None:
    """After a crash the hub knows what it still owes."""
    evidence = PartKey(DEVICE, tcn(), Part.EVIDENCE)
    store.inbox.commit(KEY, b"probe", NOW)
    store.inbox.commit(evidence, b"evidence", NOW)
    assert list(store.inbox.unanswered()) == [KEY]
    assert store.inbox.owes(KEY)
    assert not store.inbox.owes(evidence)
    store.answers.put(DEVICE, tcn(), b"answer", NOW)
    assert list(store.inbox.unanswered()) == []
    store.answers.acknowledge(DEVICE, tcn(), NOW)
    assert not store.inbox.owes(KEY)


def test_order_is_the_kiosks_own_whatever_any_clock_says(store: Store) -> None:
    """Numbers minted while the kiosk's year jumped, committed while the hub's clock ran backwards."""
    numbers = [Tcn.mint(year, device, counter) for device in (DEVICE, DEVICE + 1)
               for counter, year in ((8, 2026), (9, 2090), (10, 1970), (11, 2026))]  # fmt: skip
    for days, number in enumerate(random.Random(3).sample(numbers, len(numbers))):
        for part in Part:
            store.inbox.commit(PartKey(number.device, number, part), b"x", NOW - timedelta(days=1000 * days))
    assert [key.tcn for key in store.inbox.unanswered()] == numbers
    newest_first = [n for device in (DEVICE, DEVICE + 1) for n in reversed(numbers) if n.device == device]
    held = [(entry.key.tcn, entry.key.part) for entry in store.inbox.entries()]
    assert held == [(n, part) for n in newest_first for part in (Part.PROBE, Part.EVIDENCE)]
    for number in reversed(numbers):
        store.answers.put(number.device, number, b"answer", NOW)
    assert [tcn for tcn, _ in store.answers.waiting(DEVICE)] == numbers[:4]


def test_an_answer_waits_until_its_kiosk_has_it(store: Store) -> None:
    """Then the sealed bytes are dropped; a second acknowledgement changes nothing."""
    assert store.answers.put(DEVICE, tcn(), b"answer", NOW)
    assert not store.answers.put(DEVICE, tcn(), b"other", NOW)
    assert list(store.answers.waiting(DEVICE)) == [(tcn(), b"answer")]
    assert list(store.answers.waiting(DEVICE + 1)) == []
    assert store.answers.get(DEVICE, tcn()) == b"answer"
    assert store.answers.acknowledge(DEVICE, tcn(), NOW)
    assert not store.answers.acknowledge(DEVICE, tcn(), NOW)
    assert store.answers.get(DEVICE, tcn()) is None
    assert list(store.answers.waiting(DEVICE)) == []


def test_a_gallery_changes_its_version_only_when_it_changes(store: Store) -> None:
    """The hub reloads its references by this number."""
    entry = GalleryEntry("CASE-1", "2026", b"templates")
    before = store.gallery.version()
    assert store.gallery.put(entry)
    assert not store.gallery.put(entry)
    after = store.gallery.version()
    assert after != before
    assert list(store.gallery.entries()) == [entry]
    assert not store.gallery.erase("CASE-2")
    assert store.gallery.version() == after
    assert store.gallery.erase("CASE-1")
    assert store.gallery.version() != after


def test_a_references_portrait_comes_and_goes_with_it(store: Store) -> None:
    """Kept beside it, listed nowhere, changed by nobody."""
    entry = GalleryEntry("CASE-1", "2026", b"templates", "SYR", b"jpeg")
    assert store.gallery.put(entry)
    assert store.gallery.portrait("CASE-1") == b"jpeg"
    assert not store.gallery.put(replace(entry, portrait=b"another"))
    assert store.gallery.portrait("CASE-1") == b"jpeg"
    assert list(store.gallery.entries()) == [replace(entry, portrait=b"")]
    assert store.gallery.erase("CASE-1")
    assert store.gallery.portrait("CASE-1") == b""


def test_what_returned_is_on_disk(again: Build) -> None:
    """A second process sees it at once."""
    again().inbox.commit(KEY, b"envelope", NOW)
    assert again().inbox.envelope(KEY) == b"envelope"


def test_a_held_part_takes_no_more_pieces(store: Store) -> None:
    """A late repeat leaves nothing behind that nobody would ever clear away."""
    store.chunks.add(KEY, 4, 0, b"abcd")
    store.inbox.commit(KEY, b"abcd", NOW)
    assert store.chunks.add(KEY, 4, 0, b"abcd") is None
    assert store.chunks.missing(KEY, 4) == ((0, 4),)
    assert store.chunks.whole(KEY) == b""


def test_two_that_hold_the_last_piece_at_once_hold_the_part_once(again: Build) -> None:
    """Two connections add pieces of one part and commit at the same time, many times over."""
    envelope = bytes(range(256)) * 4

    def one(store: Store, counter: int, offsets: range) -> Committed | None:
        key = PartKey(DEVICE, tcn(counter), Part.PROBE)
        for offset in offsets:
            store.chunks.add(key, 1024, offset, envelope[offset : offset + 128])
        if store.chunks.missing(key, 1024):
            return None
        whole = store.chunks.whole(key)
        return store.inbox.commit(key, whole, NOW) if whole else None

    stores = (again(), again())
    with ThreadPoolExecutor(2) as threads:
        for counter in range(1, 31):
            ways = (range(0, 1024, 128), range(896, -128, -128))
            done = list(threads.map(one, stores, (counter, counter), ways))
            assert done.count(Committed.NEW) == 1
            assert Committed.CONFLICT not in done
            key = PartKey(DEVICE, tcn(counter), Part.PROBE)
            assert stores[0].inbox.envelope(key) == envelope
            assert stores[0].chunks.whole(key) == b""
    assert len(stores[0].inbox.entries()) == 30


def test_two_answers_at_once_are_one(again: Build) -> None:
    """The first stays, whoever made it."""
    stores = (again(), again())
    with ThreadPoolExecutor(2) as threads:
        for counter in range(1, 31):
            key = PartKey(DEVICE, tcn(counter), Part.PROBE)
            stores[0].inbox.commit(key, b"probe", NOW)

            def put(store: Store, words: bytes, number: Tcn = key.tcn) -> bool:
                return store.answers.put(DEVICE, number, words, NOW)

            done = list(threads.map(put, stores, (b"first", b"second")))
            assert sorted(done) == [False, True]
            wanted = b"first" if done[0] else b"second"
            assert {store.answers.get(DEVICE, key.tcn) for store in stores} == {wanted}
            assert not stores[0].inbox.owes(key)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_any_cutting_of_an_envelope_comes_together(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever pieces came, sending what is missing completes it, byte for byte."""
    store = store_sqlite.build(store_sqlite.Options(path=tmp_path_factory.mktemp("cut") / "hub.db"))
    envelope = bytes(range(256)) * 2
    for _ in range(data.draw(st.integers(0, 6))):
        start = data.draw(st.integers(0, 511))
        stop = data.draw(st.integers(start + 1, 512))
        store.chunks.add(KEY, 512, start, envelope[start:stop])
    while missing := store.chunks.missing(KEY, 512):
        for start, stop in missing:
            store.chunks.add(KEY, 512, start, envelope[start : min(stop, start + 100)])
    assert store.chunks.whole(KEY) == envelope


def test_a_newer_edition_of_an_answer_takes_the_place_of_the_older(store: Store) -> None:
    """It waits again, even if the older was acknowledged; never the other way round."""
    assert store.answers.edition(DEVICE, tcn()) == 0
    assert store.answers.put(DEVICE, tcn(), b"first", NOW)
    assert store.answers.acknowledge(DEVICE, tcn(), NOW)
    assert store.answers.put(DEVICE, tcn(), b"third", NOW, 3)
    assert not store.answers.put(DEVICE, tcn(), b"second", NOW, 2)
    assert not store.answers.put(DEVICE, tcn(), b"other third", NOW, 3)
    assert list(store.answers.waiting(DEVICE)) == [(tcn(), b"third")]
    assert store.answers.edition(DEVICE, tcn()) == 3


def test_an_acknowledgement_of_an_older_edition_leaves_the_newer_waiting(store: Store) -> None:
    """Only who has the newest needs nothing more."""
    store.answers.put(DEVICE, tcn(), b"second", NOW, 2)
    assert not store.answers.acknowledge(DEVICE, tcn(), NOW, 1)
    assert store.answers.get(DEVICE, tcn()) == b"second"
    assert store.answers.acknowledge(DEVICE, tcn(), NOW, 2)


def test_events_of_a_case_are_kept_once_and_in_order(store: Store) -> None:
    """A repeat is told from what is new, by its name."""
    assert store.cases.add(tcn(), [("a", b"1"), ("b", b"2")], None) == (True, True)
    assert store.cases.add(tcn(), [("b", b"other"), ("c", b"3")], None) == (False, True)
    assert list(store.cases.events(tcn())) == [b"1", b"2", b"3"]
    assert list(store.cases.events(tcn(2))) == []
    store.cases.add(tcn(2), [("a", b"x")], None)
    assert list(store.cases.cases()) == [tcn(2), tcn()]


def test_a_case_is_due_until_somebody_has_looked_at_all_of_it(store: Store) -> None:
    """Who looked at fewer events than there are by now does not put it aside."""
    assert list(store.cases.due(NOW)) == []
    store.cases.add(tcn(), [("a", b"1")], NOW)
    store.cases.add(tcn(2), [("a", b"1")], NOW + timedelta(hours=1))
    assert list(store.cases.due(NOW)) == [tcn()]
    assert list(store.cases.due(NOW + timedelta(hours=2))) == [tcn(), tcn(2)]
    store.cases.add(tcn(), [("late", b"2")], NOW)
    store.cases.add(tcn(), [("told", b"3")], None, after=1)
    assert list(store.cases.due(NOW)) == [tcn()]
    store.cases.add(tcn(), [], None, after=3)
    assert list(store.cases.due(NOW)) == []
    store.cases.add(tcn(), [("told", b"3")], NOW)
    assert list(store.cases.due(NOW)) == []


def test_events_added_at_once_are_each_kept_once(again: Build) -> None:
    """Two workers, the same events in both orders."""
    stores = (again(), again())
    events = [(f"e{number}", b"%d" % number) for number in range(8)]
    with ThreadPoolExecutor(2) as threads:
        for counter in range(1, 21):

            def add(store: Store, what: list[tuple[str, bytes]], number: Tcn = tcn(counter)) -> int:  # noqa: B008
                return sum(store.cases.add(number, what, NOW))

            assert sum(threads.map(add, stores, (events, events[::-1]))) == 8
            assert sorted(stores[0].cases.events(tcn(counter))) == sorted(body for _, body in events)


def test_an_errand_is_due_once_its_evidence_is_here_and_until_it_is_done(store: Store) -> None:
    """To each partner apart, the oldest or the newest first; what was done is never due again."""
    for counter in (1, 2, 3):
        assert store.errands.put(tcn(counter), "INTERPOL", NOW + timedelta(minutes=counter))
    assert not list(store.errands.due("INTERPOL", 9))
    for counter in (1, 3):
        store.inbox.commit(PartKey(DEVICE, tcn(counter), Part.EVIDENCE), b"x", NOW)
        store.inbox.commit(PartKey(DEVICE, tcn(counter), Part.PROBE), b"x", NOW)
    assert list(store.errands.due("INTERPOL", 9)) == [tcn(1), tcn(3)]
    assert list(store.errands.due("INTERPOL", 1, newest=True)) == [tcn(3)]
    assert not list(store.errands.due("another", 9))
    store.errands.done(tcn(1), "INTERPOL")
    assert not store.errands.put(tcn(1), "INTERPOL", NOW)
    assert list(store.errands.due("INTERPOL", 9)) == [tcn(3)]


def test_errands_are_found_by_how_their_name_begins(store: Store) -> None:
    """Whether their evidence is here or not; oldest first, until they are done."""
    for counter, name in ((2, "\tx\tb"), (1, "\tx\ta"), (1, "\ty"), (3, "x"), (4, "\tx")):
        store.errands.put(tcn(counter), name, NOW + timedelta(minutes=counter))
    assert list(store.errands.named("\tx\t", 9)) == [(tcn(1), "\tx\ta"), (tcn(2), "\tx\tb")]
    assert list(store.errands.named("\tx", 1)) == [(tcn(1), "\tx\ta")]
    store.errands.done(tcn(1), "\tx\ta")
    assert list(store.errands.named("\tx\t", 9)) == [(tcn(2), "\tx\tb")]
    assert not store.errands.named("\tz", 9)


def test_pieces_of_one_device_are_bounded(store: Store) -> None:
    """The part under way stays while it alone is below; repeats count; another device's stay whatever happens."""
    other, foreign = (
        PartKey(DEVICE, tcn(2), Part.EVIDENCE),
        PartKey(DEVICE + 1, tcn(1, DEVICE + 1), Part.PROBE),
    )
    for key in (KEY, other, foreign):
        store.chunks.add(key, 100, 0, bytes(40))
    assert store.chunks.bound(KEY, 80) == 0
    store.chunks.add(KEY, 100, 0, bytes(40))
    assert store.chunks.bound(KEY, 80) == 1
    assert store.chunks.missing(KEY, 100) == ((40, 100),)
    assert store.chunks.missing(other, 100) == ((0, 100),)
    store.chunks.add(KEY, 100, 1, bytes(40))
    assert store.chunks.bound(KEY, 80) == 1
    assert store.chunks.missing(KEY, 100) == ((0, 100),)
    assert store.chunks.missing(foreign, 100) == ((40, 100),)


def test_parts_that_nobody_finishes_have_an_end(store: Store) -> None:
    """Counted from the first look that saw them; one that began since stays."""
    other, day = PartKey(DEVICE, tcn(2), Part.PROBE), timedelta(days=1)
    store.chunks.add(KEY, 4, 0, b"ab")
    assert store.chunks.outdated(NOW, 14 * day) == 0
    store.chunks.add(other, 4, 0, b"ab")
    assert store.chunks.outdated(NOW + 13 * day, 14 * day) == 0
    assert store.chunks.outdated(NOW + 15 * day, 14 * day) == 1
    assert store.chunks.missing(KEY, 4) == ((0, 4),)
    assert store.chunks.missing(other, 4) == ((2, 4),)
    assert store.chunks.add(KEY, 4, 0, b"abcd") == ()
