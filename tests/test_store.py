"""The hub's storage port: one contract for every variant."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import DEVICE, NOW, tcn

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.hub import store_sqlite
from hotspot_kiosk.hub.store import Committed, GalleryEntry, PartKey, Store
from hotspot_kiosk.terms import Part

KEY = PartKey(DEVICE, tcn(), Part.PROBE)


@pytest.fixture(params=["sqlite"])
def store(tmp_path: Path) -> Store:
    """An empty store of each variant."""
    return store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db"))


def test_pieces_make_a_whole(store: Store) -> None:
    """Out of order, twice, in any size."""
    store.chunks.add(KEY, 10, 6, b"ghij")
    assert store.chunks.missing(KEY, 10) == ((0, 6),)
    store.chunks.add(KEY, 10, 0, b"abc")
    store.chunks.add(KEY, 10, 0, b"abc")
    assert store.chunks.missing(KEY, 10) == ((3, 6),)
    with pytest.raises(BadBytes, match="whole"):
        store.chunks.whole(KEY)
    store.chunks.add(KEY, 10, 2, b"cdefg")
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
    store.answers.put(DEVICE, tcn(), b"answer", NOW)
    assert list(store.inbox.unanswered()) == []


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


def test_what_returned_is_on_disk(tmp_path: Path) -> None:
    """A second process sees it at once."""
    options = store_sqlite.Options(path=tmp_path / "hub.db")
    store_sqlite.build(options).inbox.commit(KEY, b"envelope", NOW)
    assert store_sqlite.build(options).inbox.envelope(KEY) == b"envelope"


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
