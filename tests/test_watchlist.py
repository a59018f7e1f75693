"""The watchlist of a kiosk: what it may hold, who opens it, how it ends, and attempts to get round each of these."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from making import (
    DEVICE,
    HUB,
    KIOSK,
    NOW,
    STAMP,
    face_capture,
    face_template,
    finger_capture,
    keys,
    operation,
    public_file,
    reception,
    tcn,
)

from hotspot_kiosk import policy, seal, watchlist
from hotspot_kiosk.compare.port import Calibration
from hotspot_kiosk.errors import BadBytes, Refused, SealError
from hotspot_kiosk.keyring import Trust, save_public
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.link.orders import Memory as Ordered
from hotspot_kiosk.kiosk.watchlists import NOBODY, Watchlists
from hotspot_kiosk.kiosk.zeroise import Remains, destroy, destroy_keys
from hotspot_kiosk.terms import ClockStamp, FaceTemplate
from hotspot_kiosk.watchlist import Watchlist

PERMITS = operation(watchlist=True)
NOT_SHIELDED = policy.Shielded()
LEAST = -0.3


def made(edition: int = 1, people: int = 5, **changed: Any) -> Watchlist:
    """A list of the first test faces, for two days from NOW."""
    owners, vectors = watchlist.stacked([[face_template(seed)] for seed in range(1, people + 1)])
    usual: dict[str, Any] = {
        "edition": edition,
        "operation": "OP-1",
        "law": "the act, art. 7",
        "made": NOW,
        "expires": NOW + timedelta(days=2),
        "model": "test-face",
        "fpir": 0.01,
        "least": LEAST,
        "cases": tuple(f"CASE-{k}" for k in range(1, people + 1)),
        "owners": owners,
        "vectors": vectors,
    }
    return Watchlist(**{**usual, **changed})


def sealed(known: Watchlist, to: seal.PrivateKeys = KIOSK, by: seal.PrivateKeys = HUB) -> bytes:
    """As the hub hands it out."""
    return watchlist.seal_for(known, to.public(), by)


class Rig:
    """A kiosk's watchlist; `wall` and `ms` are its clocks, `hub_ms` the time that the hub told last."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.wall, self.ms, self.hub_ms, self.trusted = folder, NOW, 1000, 0, True
        self.forgotten, self.revoked = 0, False
        self.model = "test-face"
        if not (folder / "peers").exists():
            (folder / "peers").mkdir()
            save_public(folder / "peers" / "hub.pub", public_file(HUB))
        self.lists = self.started()

    def started(self) -> Watchlists:
        """The kiosk starts anew."""
        rig = self

        class Clocks(Clock):
            def now_ms(self) -> int:
                return rig.ms

            def stamp(self) -> ClockStamp:
                return rig.stamp()

        trust = Trust(self.folder / "peers")
        self.lists = Watchlists(self.folder / "outbox.db", KIOSK, trust, Clocks(), self.ordered, self.model)
        return self.lists

    def ordered(self) -> Ordered:
        """What the kiosk remembers of the hub's orders."""
        return Ordered(hub_ms=self.hub_ms, forgotten=self.forgotten, revoked=self.revoked)

    def stamp(self) -> ClockStamp:
        """This moment."""
        return ClockStamp("boot-1", self.ms, self.wall, self.trusted)

    def look(
        self, seed: int = 3, under: Any = PERMITS, person: policy.Shielded = NOT_SHIELDED
    ) -> tuple[str, ...]:
        """The cases that a face resembles."""
        return self.lists.look((face_capture(seed), finger_capture()), under, person, self.stamp()).cases

    def rest(self) -> bool:
        """A minute passes."""
        return self.lists.rest(PERMITS, self.stamp())

    def files(self) -> list[str]:
        """What lies there beside what is only remembered."""
        return sorted(path.name for path in self.folder.glob("outbox.db*") if "memory" not in path.name)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """A kiosk that never had a list."""
    return Rig(tmp_path)


OTHER = "another model"


def test_a_list_of_another_model_is_refused_when_it_is_installed(rig: Rig) -> None:
    """In a sentence that names both; the one before stays and is used."""
    rig.lists.install(sealed(made()))
    with pytest.raises(Refused, match=r"edition 2.*another model.*test-face.*enrol these people anew"):
        rig.lists.install(sealed(made(2, model=OTHER)))
    assert rig.look() == ("CASE-3",)
    assert rig.lists.trouble(PERMITS) == ""


def test_a_list_of_another_model_that_came_in_parts_is_told_and_never_proven(rig: Rig) -> None:
    """However often a part of it comes again, also after a start; a list that fits ends the trouble."""
    envelope = sealed(made(2, people=300, model=OTHER))
    parts = list(watchlist.pieces(envelope, 2))
    assert len(parts) > 1
    for body in parts[:-1]:
        assert not rig.lists.take(body)
    for body in (parts[-1], parts[-1], parts[0]):
        with pytest.raises(Refused, match="another model"):
            rig.lists.take(body)
    again = rig.started()
    for body in (parts[0], parts[-1]):
        with pytest.raises(Refused, match="another model"):
            again.take(body)
    assert "another model" in again.trouble(PERMITS)
    assert rig.files() == ["outbox.db.watchlist-turned"]
    for body in watchlist.pieces(sealed(made(3)), 3):
        rig.lists.take(body)
    assert rig.lists.trouble(PERMITS) == ""
    assert rig.look() == ("CASE-3",)


def test_a_kiosk_that_was_updated_says_that_its_list_refers_nobody(rig: Rig) -> None:
    """Where the operation permits one; the list stays closed; back on the old software it is used again."""
    rig.lists.install(sealed(made()))
    rig.model = OTHER
    lists = rig.started()
    assert "refers nobody" in lists.trouble(PERMITS)
    with pytest.raises(Refused, match="refers nobody"):
        rig.look()
    assert rig.started().trouble(None) == ""
    assert lists.trouble(operation()) == ""
    assert rig.lists._open is None
    assert lists._open is None
    rig.model = "test-face"
    assert rig.started().trouble(PERMITS) == ""
    assert rig.look() == ("CASE-3",)


def test_a_turned_away_list_is_taken_once_the_kiosk_was_updated(rig: Rig) -> None:
    """The same edition, sent again."""
    parts = list(watchlist.pieces(sealed(made(2, model=OTHER)), 2))
    with pytest.raises(Refused, match="another model"):
        rig.lists.take(parts[-1])
    rig.model = OTHER
    assert rig.started().take(parts[-1])
    assert rig.lists.trouble(PERMITS) == ""


def test_a_list_that_cannot_be_opened_is_told_before_anybody_comes(rig: Rig) -> None:
    """Its kiosk's keys, or the file, are not what they were."""
    rig.lists.install(sealed(made()))
    path = rig.folder / "outbox.db.watchlist-list"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert "cannot be used" in rig.started().trouble(PERMITS)


def test_a_list_survives_being_sealed_and_opened() -> None:
    """Cases, scores and times exactly, faces to within what a probe's loss is."""
    known = watchlist.open_sealed(sealed(made()), KIOSK, HUB.public())
    assert (known.cases, known.edition, known.expires, known.least) == (
        made().cases,
        1,
        made().expires,
        LEAST,
    )
    assert np.abs(known.vectors - made().vectors).max() < 0.002


def test_faces_of_one_case_stay_with_it() -> None:
    """Though they were told in another order."""
    owners, vectors = np.array([1, 0, 1]), made(people=3).vectors
    known = watchlist.decode(watchlist.encode(made(cases=("A", "B"), owners=owners, vectors=vectors)))
    assert known.owners.tolist() == [0, 1, 1]
    assert np.abs(known.vectors - vectors[[1, 0, 2]]).max() < 0.002


@pytest.mark.parametrize(
    "wrong",
    [
        {"cases": ("A",) * 5},
        {"cases": ("A", "B", "C", "D", "José")},
        {"cases": ("A", "B")},
        {"expires": NOW + timedelta(days=32)},
        {"expires": NOW},
        {"law": " "},
        {"fpir": 0.5},
        {"edition": 0},
        {"least": float("nan")},
        {"vectors": np.full((5, 128), np.nan, np.float32)},
        {"owners": np.zeros(5, np.int64)},
    ],
)
def test_a_list_that_may_not_be_cannot_be_made(wrong: dict[str, Any]) -> None:
    """Twice the same case, too long, without a law, careless, without a face: refused before anything is signed."""
    with pytest.raises(ValueError, match=r".+"):
        made(**wrong)


def test_a_list_has_a_largest_size() -> None:
    """One case more than that is refused."""
    count = watchlist.MOST_CASES + 1
    many = {"cases": tuple(f"C-{k}" for k in range(count)), "owners": np.arange(count)}
    with pytest.raises(ValueError, match="different cases"):
        made(**many, vectors=np.zeros((count, 128), np.float32))


def test_a_repr_tells_nobody() -> None:
    """No case id and no vector reaches a log."""
    assert "CASE" not in repr(made())
    assert "vectors" not in repr(made())


def test_the_threshold_follows_the_stated_rate() -> None:
    """For an exact likelihood ratio no more than the stated share of non-mated faces reaches it, for the whole list."""
    rng, faces, fpir = np.random.default_rng(5), 200, 0.05
    line = Calibration(4.0, -8.0, 6.0, "two normal distributions of deviation 1 at 0 and 4")
    least = watchlist.least_score(line, faces, fpir)
    best = rng.normal(size=(20_000, faces)).max(axis=1)
    assert (best >= least).mean() <= fpir
    assert watchlist.least_score(line, 10 * faces, fpir) > least
    assert watchlist.least_score(line, faces, fpir / 10) > least


@pytest.mark.parametrize("cut", [0, 10, 1300, 1900, -1])
def test_a_truncated_list_is_not_opened(rig: Rig, cut: int) -> None:
    """Nothing of it is kept."""
    with pytest.raises((BadBytes, SealError)):
        rig.lists.install(sealed(made())[:cut])
    assert rig.files() == []


@pytest.mark.parametrize(
    "envelope",
    [
        sealed(made(), by=replace(keys(5), owner=0)),
        sealed(made(), to=keys(DEVICE + 1)),
        seal.seal(watchlist.encode(made()), tcn(1), "answer", KIOSK.public(), HUB),
        seal.seal(watchlist.encode(made()), tcn(2), "watchlist", KIOSK.public(), HUB),
        seal.seal(b"x" * 100, tcn(1), "watchlist", KIOSK.public(), HUB),
        seal.seal(bytes(watchlist.LARGEST), tcn(1), "watchlist", KIOSK.public(), HUB),
    ],
    ids=["another's key", "another kiosk", "no watchlist", "another edition", "no list inside", "too large"],
)
def test_only_the_hubs_list_for_this_kiosk_is_kept(rig: Rig, envelope: bytes) -> None:
    """A list of any other kind or origin changes nothing."""
    with pytest.raises((BadBytes, SealError)):
        rig.lists.install(envelope)
    assert rig.files() == []
    assert rig.look() == ()


def test_a_face_on_the_list_is_referred_and_another_is_not(rig: Rig) -> None:
    """By its case, and nobody else's."""
    rig.lists.install(sealed(made()))
    assert rig.look(3) == ("CASE-3",)
    assert rig.look(77) == ()


def test_the_lists_own_score_decides(rig: Rig) -> None:
    """A face that is alike, but not enough, is nobody's."""
    near = face_template(3).vector + np.float32(0.02)  # at a distance of 0.23
    rig.lists.install(sealed(made()))
    capture = replace(face_capture(), template=FaceTemplate("test-face", near))
    assert rig.lists.look((capture,), PERMITS, NOT_SHIELDED, STAMP).cases == ("CASE-3",)
    rig.lists.install(sealed(made(2, least=-0.2)))
    assert rig.lists.look((capture,), PERMITS, NOT_SHIELDED, STAMP).cases == ()


def test_a_face_of_another_model_says_nothing(rig: Rig) -> None:
    """It is compared with nobody, though the list is of the kiosk's own model."""
    rig.model = OTHER
    rig.started().install(sealed(made(model=OTHER)))
    assert rig.look(3) == ()


@pytest.mark.parametrize(
    "under",
    [operation(), operation(id="OP-9", watchlist=True), reception()],
    ids=["no", "another", "reception"],
)
def test_only_the_operation_that_it_is_for_opens_a_list(rig: Rig, under: Any) -> None:
    """Off by default, for no other operation, and never at a reception."""
    rig.lists.install(sealed(made()))
    assert rig.look(3, under) == ()


def test_a_reception_cannot_permit_a_list() -> None:
    """Its lane searches for nobody."""
    with pytest.raises(ValueError, match="watchlist"):
        reception(watchlist=True)


def test_who_seeks_protection_or_names_an_origin_is_never_looked_for(rig: Rig) -> None:
    """What is found about them is the legal officer's first, who is not there without a link."""
    rig.lists.install(sealed(made()))
    assert rig.look(3, person=policy.Shielded(protection_sought=True)) == ()
    assert rig.look(3, person=policy.Shielded(frozenset({"SYR"}))) == ()


def test_an_older_list_does_not_come_back(rig: Rig) -> None:
    """Nor the same one, nor after it was destroyed, nor after a restart."""
    older, newer = sealed(made(1)), sealed(made(2, people=2))
    rig.lists.install(newer)
    for envelope in (older, newer):
        with pytest.raises(Refused, match="edition"):
            rig.lists.install(envelope)
    rig.lists.destroy()
    with pytest.raises(Refused, match="edition"):
        rig.started().install(newer)
    assert rig.files() == []


def test_an_older_list_put_into_its_place_is_not_used(rig: Rig) -> None:
    """Whoever copies files about gains nothing."""
    rig.lists.install(sealed(made(1)))
    copied = (rig.folder / "outbox.db.watchlist-list").read_bytes()
    rig.lists.install(sealed(made(2, people=2)))
    (rig.folder / "outbox.db.watchlist-list").write_bytes(copied)
    with pytest.raises(Refused, match="older"):
        rig.started().look((face_capture(3),), PERMITS, NOT_SHIELDED, STAMP)


def test_a_list_ends_by_a_trusted_clock(rig: Rig) -> None:
    """It is not used from that moment on, and destroyed at the next minute."""
    rig.lists.install(sealed(made()))
    rig.wall = NOW + timedelta(days=2)
    with pytest.raises(Refused, match="over"):
        rig.look()
    assert rig.rest()
    assert rig.files() == []
    assert rig.look() == ()


def test_a_list_ends_by_the_hubs_time_though_the_clock_was_set_back(rig: Rig) -> None:
    """What the hub told last is surely past."""
    rig.lists.install(sealed(made()))
    rig.wall, rig.trusted = NOW - timedelta(days=300), False
    rig.hub_ms = int((NOW + timedelta(days=3)).timestamp() * 1000)
    with pytest.raises(Refused, match="over"):
        rig.look()
    assert rig.rest()
    assert rig.files() == []


def test_a_list_ends_by_the_time_that_passed_while_the_kiosk_ran(rig: Rig) -> None:
    """Over restarts, too, with a clock that nobody trusts and that says nothing."""
    rig.lists.install(sealed(made()))
    rig.wall, rig.trusted = NOW - timedelta(days=300), False
    for _ in range(2):
        assert rig.look() == ("CASE-3",)
        assert not rig.rest()
        rig.ms += int(timedelta(hours=17).total_seconds() * 1000)
        assert not rig.rest()
        rig.started()
    rig.ms += int(timedelta(hours=17).total_seconds() * 1000)
    with pytest.raises(Refused, match="over"):
        rig.look()
    assert rig.rest()
    assert rig.files() == []


def test_a_list_that_is_over_is_not_taken(rig: Rig) -> None:
    """An old stick brings nothing."""
    rig.wall = NOW + timedelta(days=5)
    with pytest.raises(Refused, match="over"):
        rig.lists.install(sealed(made()))
    assert rig.files() == []


def test_a_list_leaves_memory_with_its_operation(rig: Rig) -> None:
    """What was open is overwritten, not only forgotten."""
    rig.lists.install(sealed(made()))
    rig.look()
    assert rig.lists._open is not None
    vectors = rig.lists._open[1].vectors
    assert not rig.lists.rest(None, rig.stamp())
    assert rig.lists._open is None
    assert not vectors.any()


def test_a_list_is_not_opened_to_know_that_it_may_not_be_used(rig: Rig) -> None:
    """Nor for its end, nor for another operation, nor for somebody who is shielded."""
    rig.lists.install(sealed(made()))
    assert not rig.rest()
    rig.look(3, operation())
    rig.look(3, operation(id="OP-9", watchlist=True))
    rig.look(3, person=policy.Shielded(protection_sought=True))
    assert rig.lists._open is None


def test_a_list_installed_by_hand_is_seen_by_the_kiosk_that_runs(rig: Rig) -> None:
    """Another process does it; the one that runs knows its end, and takes no older one."""
    running = rig.lists
    running.install(sealed(made(1)))
    rig.look()
    rig.started().install(sealed(made(3, people=2)))
    rig.lists = running
    assert rig.look(3) == ()
    assert rig.look(2) == ("CASE-2",)
    with pytest.raises(Refused, match="edition 3"):
        running.install(sealed(made(2)))
    rig.wall = NOW + timedelta(days=2)
    assert rig.rest()
    assert rig.files() == []


def test_what_lies_on_the_disk_tells_nothing(rig: Rig) -> None:
    """Neither a case nor a vector stands there."""
    rig.lists.install(sealed(made()))
    for path in rig.folder.glob("outbox.db*"):
        assert b"CASE-3" not in path.read_bytes()


def test_without_the_kiosks_keys_a_list_does_not_open(rig: Rig) -> None:
    """An opened box destroys them, and with them what was sealed."""
    rig.lists.install(sealed(made()))
    left = (rig.folder / "outbox.db.watchlist-list").read_bytes()
    with pytest.raises(SealError):
        watchlist.open_sealed(left, replace(keys(5), owner=DEVICE), HUB.public())
    key = rig.folder / "kiosk.key"
    key.write_bytes(b"seed")
    destroy_keys(Remains((key,)))
    assert not key.exists()


def test_zeroise_destroys_the_list_and_its_parts(rig: Rig) -> None:
    """Everything whose name begins like the outbox's."""
    rig.lists.install(sealed(made()))
    rig.lists.take(next(watchlist.pieces(sealed(made(2, people=900)), 2)))
    assert len(rig.files()) == 2
    destroy(Remains((), (rig.folder / "outbox.db",)))
    assert list(rig.folder.glob("outbox.db*")) == []


def test_a_list_comes_in_parts_in_any_order_and_twice(rig: Rig) -> None:
    """The last of them installs it; then nothing is left to do."""
    parts = list(watchlist.pieces(sealed(made(1, people=2000)), 1))
    assert len(parts) > 2
    for body in [*parts[1:], parts[1]]:
        rig.lists.take(body)
        assert rig.look() == ()
    rig.lists.take(parts[0])
    assert rig.look(3) == ("CASE-3",)
    assert rig.files() == ["outbox.db.watchlist-list"]
    rig.lists.take(parts[0])
    assert rig.files() == ["outbox.db.watchlist-list"]


def test_a_newer_list_sweeps_away_what_came_of_an_older_one(rig: Rig) -> None:
    """Parts of two editions are never joined."""
    older, newer = (list(watchlist.pieces(sealed(made(k, people=900)), k)) for k in (1, 2))
    rig.lists.take(older[0])
    rig.lists.take(newer[0])
    assert rig.files() == ["outbox.db.watchlist-part-0000002-000"]


def test_parts_that_do_not_fit_each_other_are_thrown_away(rig: Rig) -> None:
    """Nothing half and nothing mixed is installed."""
    one, other = (list(watchlist.pieces(sealed(made(1, people=700 + k)), 1)) for k in (0, 1))
    rig.lists.take(one[0])
    for body in other[1:-1]:
        rig.lists.take(body)
    with pytest.raises(BadBytes, match="fit"):
        rig.lists.take(other[-1])
    assert rig.files() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"index": 3, "count": 3},
        {"index": -1},
        {"count": watchlist.MOST_PIECES + 1},
        {"edition": 0},
        {"data": b""},
        {"data": bytes(watchlist.PIECE + 1)},
        {"digest": b"short"},
        {"index": 0, "data": b"too short to be followed"},
    ],
)
def test_a_part_with_impossible_numbers_is_refused(rig: Rig, wrong: dict[str, Any]) -> None:
    """Before it is kept."""
    piece = msgspec.structs.replace(watchlist.Piece(1, 2, 1, bytes(32), b"x"), **wrong)
    with pytest.raises(BadBytes):
        rig.lists.take(msgspec.msgpack.encode(piece))
    assert rig.files() == []


def test_changed_bytes_never_become_a_list() -> None:
    """A hundred and more columns that do not fit end in BadBytes, never in another error."""
    whole, rng = watchlist.encode(made()), np.random.default_rng(7)
    for _ in range(400):
        changed = bytearray(whole)
        for at in rng.integers(0, len(whole), 3):
            changed[at] ^= int(rng.integers(1, 256))
        try:
            watchlist.decode(bytes(changed[: rng.integers(1, len(whole) + 1)]))
        except BadBytes:
            continue


def test_a_referral_is_closed_once(rig: Rig) -> None:
    """Over a restart, and only for the check that it was about."""
    rig.lists.refer(tcn(1), ("CASE-3",))
    assert rig.lists.referred() == ((tcn(1), ("CASE-3",)),)
    lists = rig.started()
    assert lists.referred() == ((tcn(1), ()),)
    assert not lists.answered(tcn(2))
    assert lists.answered(tcn(1))
    assert lists.referred() == ()
    assert not lists.answered(tcn(1))


def test_a_damaged_memory_costs_the_list_and_not_the_kiosk(rig: Rig) -> None:
    """Nobody knows any more which lists are past."""
    rig.lists.install(sealed(made()))
    (rig.folder / "outbox.db.watchlist-memory").write_bytes(b"\xff{")
    assert rig.started().look((face_capture(3),), PERMITS, NOT_SHIELDED, STAMP) == NOBODY
    assert "outbox.db.watchlist-list" not in rig.files()


@pytest.mark.parametrize("lost", ["outbox.db.watchlist-memory", "watchlist_floor"])
def test_a_list_whose_memory_is_lost_goes_and_does_not_come_back(rig: Rig, lost: str) -> None:
    """Whichever of the two files somebody removes: neither it nor one before it is taken again."""
    rig.lists.install(sealed(made(5)))
    (rig.folder / lost).unlink()
    lists = rig.started()
    if "memory" in lost:
        assert rig.look() == ()
        assert lists.rest(PERMITS, rig.stamp())
        assert rig.files() == []
    for edition in (4, 5):
        with pytest.raises(Refused, match="edition 5"):
            lists.install(sealed(made(edition)))
    assert lists.install(sealed(made(6))).edition == 6


def test_a_forgotten_list_that_is_put_back_by_hand_is_not_used(rig: Rig) -> None:
    """Its file alone does not bring it back, and goes at the next look."""
    rig.lists.install(sealed(made(5)))
    copied = (rig.folder / "outbox.db.watchlist-list").read_bytes()
    rig.lists.forget(5)
    rig.forgotten = 5
    assert rig.files() == []
    (rig.folder / "outbox.db.watchlist-list").write_bytes(copied)
    assert rig.look() == ()
    assert rig.started().rest(PERMITS, rig.stamp())
    assert rig.files() == []


def test_a_newer_list_outlasts_an_order_about_an_older_one(rig: Rig) -> None:
    """What was sealed after the order stays, and its parts."""
    parts = list(watchlist.pieces(sealed(made(7, people=900)), 7))
    older = next(watchlist.pieces(sealed(made(3, people=900)), 3))
    rig.lists.take(older)
    rig.lists.forget(3)
    assert rig.files() == []
    rig.lists.take(parts[0])
    rig.lists.forget(6)
    assert not rig.lists.take(older)
    assert [rig.lists.take(body) for body in parts[1:]][-1]
    rig.lists.forget(6)
    assert rig.look(3) == ("CASE-3",)
