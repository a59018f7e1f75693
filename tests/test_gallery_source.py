"""Which country placed a reference of the hub's own gallery, and the shield that asks: in both stores."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from making import DEVICE, HUB, KIOSK, NOW, ROSTER, face_template, judge, operation, public_file, request, tcn

from hotspot_kiosk import contents, seal
from hotspot_kiosk.compare.face import FaceComparator
from hotspot_kiosk.compare.finger import FingerComparator
from hotspot_kiosk.compare.port import Calibration, Thresholds
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.hub.cases.casebook import Casebook
from hotspot_kiosk.hub.cases.telling import Teller
from hotspot_kiosk.hub.link.inbox import Inbox
from hotspot_kiosk.hub.match.gallery import Gallery
from hotspot_kiosk.hub.match.identify import Identifier
from hotspot_kiosk.hub.match.searching import Searcher
from hotspot_kiosk.hub.operations import Operations
from hotspot_kiosk.hub.reception.enrolment import make_reference
from hotspot_kiosk.hub.storage import store_postgres, store_sqlite
from hotspot_kiosk.hub.storage.store import GalleryEntry, PartKey, Store
from hotspot_kiosk.hub.storage.vault import guard
from hotspot_kiosk.inference.port import ModelShelf
from hotspot_kiosk.operation import sign
from hotspot_kiosk.policy import Shielded
from hotspot_kiosk.seal_answer import open_answer, reply_key
from hotspot_kiosk.terms import Answer, Decision, Part

MODELS = Path(__file__).resolve().parents[1] / "models"
SYRIAN, SEEKER = Shielded(frozenset({"SYR"})), Shielded(frozenset(), True)
IDENTIFIER = Identifier(
    FaceComparator(Calibration(10, 5, 6, "made up: the same vector is surely the same person")),
    FingerComparator(),
    Thresholds(3, 1),
    3,
)


class Bureau:
    """A hub that searches its own gallery, over a real store."""

    def __init__(self, store: Store, folder: Path) -> None:
        (folder / "one.op").write_bytes(sign(operation(datasets=()), HUB))
        kiosks = {DEVICE: public_file(KIOSK, "Green line 4")}
        self.store = store
        self.book = Casebook(
            store=store,
            opener=Inbox(store, HUB, kiosks, lambda: NOW).open,
            operations=Operations(folder, HUB.public()),
            posts={DEVICE: "Green line 4"},
            now=lambda: NOW,
            roster=lambda: ROSTER,
        )
        self._searcher = Searcher(Gallery(store.gallery), IDENTIFIER, self.book)
        self._teller = Teller(store.answers, self.book, HUB, lambda _: KIOSK.public(), lambda: NOW)

    def enrol(self, source: str) -> None:
        """The person whom `request` shows."""
        stored = contents.encode_templates((face_template(),))
        assert self.store.gallery.put(GalleryEntry("CASE-1", "2026", stored, source))

    def check(self, person: Shielded | None) -> Answer:
        """What the post that asks reads."""
        plain = contents.encode(request(), reply_key(KIOSK, tcn()), person)
        envelope = seal.seal(plain, tcn(), Part.PROBE, HUB.public(), KIOSK)
        self.store.inbox.commit(PartKey(DEVICE, tcn(), Part.PROBE), envelope, NOW)
        asked = self.book.asked(tcn())
        assert asked is not None
        self._searcher.search(tcn(), asked.digest, plain)
        return self.told()

    def told(self) -> Answer:
        """What comes down next."""
        asked = self.book.asked(tcn())
        assert asked is not None
        ((_, message),) = self._teller.tell(tcn())
        read = open_answer(message.envelope, tcn(), asked.digest, HUB.public(), KIOSK)
        answer = contents.decode_answer(read)
        assert isinstance(answer, Answer)
        return answer


@pytest.fixture(params=["sqlite", "postgres"])
def bureau(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bureau]:
    """Nobody is in its gallery."""
    if request.param == "postgres":
        dsn = request.getfixturevalue("schema")
        store = store_postgres.build(store_postgres.Options(dsn=dsn))
    else:
        store = store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db"))
    yield Bureau(guard(store, lambda: NOW), tmp_path)
    store.close()


@pytest.mark.parametrize("source", ["SYR", "FRA", ""])
def test_a_hit_on_the_own_gallery_names_its_source(bureau: Bureau, source: str) -> None:
    """To a post that may see it: nothing is shielded about this person."""
    bureau.enrol(source)
    answer = bureau.check(None)
    assert answer.decision is Decision.POSSIBLE_MATCH
    assert [(each.reference, each.source) for each in answer.candidates] == [("CASE-1", source)]


@pytest.mark.parametrize(("source", "person"), [("SYR", SYRIAN), ("", SEEKER)])
def test_a_hit_of_the_country_fled_goes_to_the_legal_officer_first(
    bureau: Bureau, source: str, person: Shielded
) -> None:
    """The post reads no word of it; when it is released, it does."""
    bureau.enrol(source)
    sealed = bureau.check(person)
    assert sealed.decision is not Decision.POSSIBLE_MATCH
    assert sealed.candidates == ()
    judge(bureau.book, tcn(), "CASE-1", "the reference is of another matter", released=True)
    released = bureau.told()
    assert [each.reference for each in released.candidates] == ["CASE-1"]


@pytest.mark.parametrize(("source", "person"), [("FRA", SYRIAN), ("", SYRIAN), ("FRA", SEEKER)])
def test_a_hit_of_another_country_is_seen_at_once(bureau: Bureau, source: str, person: Shielded) -> None:
    """The shield is for the country of origin, and for a source that nobody knows where protection is sought."""
    bureau.enrol(source)
    assert bureau.check(person).decision is Decision.POSSIBLE_MATCH


@pytest.mark.parametrize("source", ["SYX", "Syria", "S1R", "ŠYR"])
def test_what_is_no_country_is_not_enrolled(source: str, tmp_path: Path) -> None:
    """A shield that compares codes must not be led past by a spelling."""
    shelf = ModelShelf(MODELS / "manifest.toml", MODELS / "built")
    with pytest.raises(Refused, match="three letters"):
        make_reference("CASE-1", "2026", [tmp_path / "face.png"], [], 500, shelf, source)
