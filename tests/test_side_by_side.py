"""Two faces side by side: asked by an officer, sent by the hub if a law lets it, in memory for minutes, then gone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from making import DEVICE, HUB, KIOSK, NOW, face_template, finger_template, keys, operation, request, tcn
from officer_rig import BROWSER, Rig

from hotspot_kiosk import contents, nist, pair, pictures, policy, seal, wire
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.cli import case as cli_case
from hotspot_kiosk.contents import encode_templates
from hotspot_kiosk.errors import BadBytes, BadSample, Refused, SealError
from hotspot_kiosk.hub.cases.case_events import Found
from hotspot_kiosk.hub.cases.casebook import Casebook, Person
from hotspot_kiosk.hub.cases.showing import Showing
from hotspot_kiosk.hub.operations import Operations
from hotspot_kiosk.hub.storage.store import GalleryEntry, PartKey
from hotspot_kiosk.hub.storage.store_sqlite import Options, build
from hotspot_kiosk.kiosk.staff import counter
from hotspot_kiosk.kiosk.staff.pairs import KEEP_MS, REPEAT_MS
from hotspot_kiosk.officers import Officer, Role, Roster
from hotspot_kiosk.operation import Confirmation, sign
from hotspot_kiosk.policy import Shielded
from hotspot_kiosk.seal_answer import reply_key
from hotspot_kiosk.terms import Decision, Part

LAW = "Act 7, section 2"
REFERENCE = GalleryEntry(
    "REF-1",
    "2026",
    encode_templates((face_template(), finger_template())),
    portrait=pictures.jpeg_within(np.full((300, 240, 3), 90, np.uint8), pair.MOST_PICTURE),
)


class Hub:
    """A hub with one possible match, whose reference has a portrait, and the person's evidence."""

    def __init__(
        self, folder: Path, law: str = LAW, entry: GalleryEntry = REFERENCE, person: Shielded | None = None
    ) -> None:
        self.store = build(Options(path=folder / "hub.db"))
        (folder / "operations").mkdir()
        signed = msgspec.structs.replace(operation(), confirmation=Confirmation(pictures=law))
        (folder / "operations" / "one.op").write_bytes(sign(signed, HUB))
        self.notes: list[tuple[Deed, str, str, str]] = []
        self.book = Casebook(
            store=self.store,
            opener=self.open,
            operations=Operations(folder / "operations", HUB.public()),
            posts={DEVICE: operation().posts[0]},
            now=lambda: NOW,
            note=lambda *note: self.notes.append(note),
        )
        self.store.gallery.put(entry)
        officer = Officer(id="k7", roles=(Role.OFFICER,))
        self.roster = Roster(edition=1, made=NOW, officers=(officer,))
        self.showing = Showing(
            self.book,
            self.open,
            HUB,
            lambda device: keys(device).public(),
            lambda: self.roster,
        )
        self.put(Part.PROBE, contents.encode(request(), reply_key(KIOSK, tcn()), person))
        self.book.search(tcn(), self.book.asked(tcn()), Decision.POSSIBLE_MATCH, (Found("REF-1", 1, 9.5),))

    def put(self, part: Part, content: bytes) -> None:
        """The kiosk's record is here."""
        sealed = seal.seal(content, tcn(), part, HUB.public(), KIOSK)
        self.store.inbox.commit(PartKey(DEVICE, tcn(), part), sealed, NOW)

    def evidence(self) -> None:
        """The pictures came, too."""
        self.put(Part.EVIDENCE, nist.pack(request(), nist.Agency("ALB", "POLICE")))

    def open(self, envelope: bytes, device: int) -> bytes:
        """As the inbox does."""
        return seal.open_envelope(envelope, keys(device).public(), HUB)

    def ask(self, reference: str = "REF-1", officer: str = "k7", device: int = DEVICE) -> pair.Pair:
        """What that kiosk gets."""
        wish = pair.encode(pair.Wish(reference, officer, NOW.timestamp()))
        envelope = seal.seal(wish, tcn(), "view", HUB.public(), keys(device))
        viewed = self.showing.take(device, wire.View(tcn(), envelope))
        found = pair.decode_pair(seal.open_envelope(viewed.envelope, HUB.public(), keys(device)))
        assert found.asked == hashlib.sha256(envelope).digest()
        return found


@pytest.fixture
def made(tmp_path: Path) -> Iterator[list[Hub]]:
    """Hubs to be closed."""
    hubs: list[Hub] = []
    yield hubs
    for hub in hubs:
        hub.store.close()


@pytest.fixture
def hub(tmp_path: Path, made: list[Hub]) -> Hub:
    """The far end."""
    made.append(Hub(tmp_path))
    return made[0]


def test_the_hub_sends_both_faces_small_and_writes_it_down(hub: Hub) -> None:
    """The reference's from its gallery, the person's out of the evidence; the journal says who, whom and by which law."""
    hub.evidence()
    found = hub.ask()
    assert found.refused == ""
    assert found.theirs == REFERENCE.portrait
    assert 0 < len(found.ours) <= pair.MOST_PICTURE
    assert pictures.decode(found.ours).shape == (480, 384, 3)
    assert hub.notes[-1][:3] == (Deed.VIEWED, "officer:k7", tcn())
    assert LAW in hub.notes[-1][3]


def test_before_the_evidence_there_is_the_references_face_only(hub: Hub) -> None:
    """What is not here is not made up."""
    found = hub.ask()
    assert (found.theirs, found.ours) == (REFERENCE.portrait, b"")


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"device": 18}, "never told of that check"),
        ({"reference": "REF-9"}, "may not see this candidate"),
        ({"officer": "k8"}, "roster"),
    ],
)
def test_who_may_not_see_gets_a_reason_and_no_picture(hub: Hub, asked: dict[str, Any], why: str) -> None:
    """Another kiosk, a candidate that is none, somebody who is on no roster; the journal tells of no showing."""
    found = hub.ask(**asked)
    assert why in found.refused
    assert (found.theirs, found.ours) == (b"", b"")
    assert Deed.VIEWED not in {note[0] for note in hub.notes}


def test_without_a_law_no_picture_leaves_the_hub(tmp_path: Path, made: list[Hub]) -> None:
    """The operation must name one."""
    made.append(Hub(tmp_path, law=" "))
    assert "names no law" in made[0].ask().refused


def test_a_hit_that_the_legal_officer_sees_first_shows_no_face(tmp_path: Path, made: list[Hub]) -> None:
    """Placed by the country of origin: the post learns nothing, not even that there is a picture."""
    entry = replace(REFERENCE, source="SYR")
    made.append(Hub(tmp_path, entry=entry, person=Shielded(frozenset({"SYR"}), True)))
    assert made[0].ask().refused == "the post may not see this candidate"


def test_a_reference_without_a_portrait_is_told_so(tmp_path: Path, made: list[Hub]) -> None:
    """Whoever enrolled it kept none; erasing a reference takes its portrait."""
    made.append(Hub(tmp_path, entry=replace(REFERENCE, portrait=b"")))
    assert "no picture of this reference" in made[0].ask().refused
    store = made[0].store.gallery
    assert store.erase("REF-1")
    assert store.put(REFERENCE)
    assert store.portrait("REF-1") == REFERENCE.portrait
    assert store.erase("REF-1")
    assert store.portrait("REF-1") == b""


def test_what_another_sealed_shows_nothing(hub: Hub) -> None:
    """Another record's number, another kiosk's name, another kind of envelope."""
    wish = pair.encode(pair.Wish("REF-1", "k7", 0.0))
    for number, content, sender, device in (
        (tcn(2), "view", DEVICE, DEVICE),
        (tcn(), "finding", DEVICE, DEVICE),
        (tcn(), "view", 18, DEVICE),
    ):
        envelope = seal.seal(wish, number, content, HUB.public(), keys(sender))
        with pytest.raises((BadBytes, SealError)):
            hub.showing.take(device, wire.View(tcn(), envelope))


@pytest.mark.parametrize(
    "data", [b"", b"\xff" * 300, b"\0\2\x90\x91", pair.encode(pair.Wish("R", "k7", 0.0))]
)
def test_what_is_no_pair_is_refused(data: bytes) -> None:
    """Bytes come from outside."""
    with pytest.raises(BadBytes, match="cannot be read"):
        pair.decode_pair(data)


def test_a_pair_holds_small_plain_pictures_only() -> None:
    """Nothing else reaches a browser."""
    with pytest.raises(BadBytes, match="cannot be shown"):
        pair.decode_pair(pair.encode(pair.Pair(b"x", b"<svg onload='x'/>")))
    with pytest.raises(BadBytes, match="cannot be read"):
        pair.decode_pair(pair.encode(pair.Pair(b"x", bytes(pair.MOST_PICTURE + 1))))


def test_a_picture_is_made_as_small_as_it_must() -> None:
    """Even noise fits, at a lesser size; what cannot is refused."""
    noise = np.random.default_rng(1).integers(0, 256, (2000, 1600, 3)).astype(np.uint8)
    assert len(pictures.jpeg_within(noise, pair.MOST_PICTURE)) <= pair.MOST_PICTURE
    with pytest.raises(BadSample, match="as small as"):
        pictures.jpeg_within(noise, 100)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A kiosk's office with a possible match, under an operation that names the law."""
    folder = tmp_path / "office"
    folder.mkdir()
    made = Rig(folder)
    made.enrol()
    signed = msgspec.structs.replace(operation(), confirmation=Confirmation(pictures=LAW))
    (folder / "operation.json").write_bytes(sign(signed, HUB))
    made.answered(1)
    yield made
    made.close()


def shown(rig: Rig, token: str) -> counter.Possible:
    """The first candidate as that officer sees it."""
    return rig.look(token).verdicts[0].candidates[0]


def picture(rig: Rig, token: str, which: str = "theirs") -> bytes:
    """What their browser gets."""
    asked = {"ask": "picture", "browser": BROWSER, "token": token, "about": tcn(1), "reference": "REF-1"}
    heard = rig.office.authority.asked(msgspec.convert({**asked, "which": which}, counter.Picture))
    assert isinstance(heard, counter.Pictured)
    return heard.jpeg


def come(rig: Rig, hub: Hub) -> None:
    """What is asked goes up, what the hub says comes down."""
    view = rig.pairs.next(10_000_000)
    assert view is not None
    rig.pairs.take(hub.showing.take(DEVICE, view), HUB.public())


def test_an_officer_sees_them_and_they_go_with_the_decision(rig: Rig, hub: Hub, tmp_path: Path) -> None:
    """Asked, here, gone once that officer said what they found; nothing of it is on the kiosk's disk."""
    hub.evidence()
    token = rig.enter("k7")
    rig.act(token, "pictures", about=tcn(1), reference="REF-1")
    assert shown(rig, token).pictures == "asked"
    assert f"candidate REF-1: {LAW}" in rig.journal()
    come(rig, hub)
    now = shown(rig, token)
    assert (now.pictures, now.theirs, now.ours) == ("here", True, True)
    assert picture(rig, token) == REFERENCE.portrait
    assert picture(rig, token, "ours").startswith(b"\xff\xd8")
    piece = REFERENCE.portrait[-200:-100]
    assert not [file for file in rig.folder.rglob("*") if file.is_file() and piece in file.read_bytes()]
    rig.act(token, "find", about=tcn(1), reference="REF-1", finding="confirm", reason="the same scar")
    assert shown(rig, token).pictures == ""
    with pytest.raises(Refused, match="not here any more"):
        picture(rig, token)


def test_only_who_asked_sees_them(rig: Rig, hub: Hub) -> None:
    """The second officer asks for themselves; signing out takes them along."""
    first, second = rig.enter("k7"), rig.enter("k8")
    rig.act(first, "pictures", about=tcn(1), reference="REF-1")
    come(rig, hub)
    assert shown(rig, second).pictures == ""
    with pytest.raises(Refused, match="not here any more"):
        picture(rig, second)
    rig.office.authority.asked(counter.Leave(browser=BROWSER, token=first))
    assert shown(rig, rig.enter("k7")).pictures == ""


def test_why_there_are_none_is_told(rig: Rig, tmp_path: Path, made: list[Hub]) -> None:
    """The hub's own words."""
    made.append(Hub(tmp_path, entry=replace(REFERENCE, portrait=b"")))
    token = rig.enter("k7")
    rig.act(token, "pictures", about=tcn(1), reference="REF-1")
    come(rig, made[0])
    assert shown(rig, token).pictures == "refused"
    assert "no picture of this reference" in shown(rig, token).trouble


def test_they_are_forgotten_after_minutes(rig: Rig, hub: Hub) -> None:
    """Asked for in vain, or here and not looked at."""
    now = 0
    rig.clock.now_ms = lambda: now  # type: ignore[method-assign]
    rig.pairs.ask(tcn(1), "REF-1", "k7")
    come(rig, hub)
    now = KEEP_MS - 1
    assert rig.pairs.find(tcn(1), "REF-1", "k7") is not None
    now = KEEP_MS
    assert rig.pairs.find(tcn(1), "REF-1", "k7") is None


def test_a_question_goes_again_until_it_is_answered_and_an_old_answer_counts_for_nothing(
    rig: Rig, hub: Hub
) -> None:
    """After a while, at once with a new link; a pair for an earlier question is refused."""
    rig.pairs.ask(tcn(1), "REF-1", "k7")
    first = rig.pairs.next(0)
    assert first is not None
    assert rig.pairs.next(REPEAT_MS - 1) is None
    assert rig.pairs.next(REPEAT_MS) == first
    rig.pairs.came_up()
    assert rig.pairs.next(REPEAT_MS) == first
    rig.pairs.ask(tcn(1), "REF-1", "k7")
    with pytest.raises(Refused, match="nobody waits for"):
        rig.pairs.take(hub.showing.take(DEVICE, first), HUB.public())
    come(rig, hub)
    assert rig.pairs.next(99 * REPEAT_MS) is None


def test_a_pair_that_the_hub_did_not_seal_is_not_believed(rig: Rig, hub: Hub) -> None:
    """Nor one that is called something else."""
    rig.pairs.ask(tcn(1), "REF-1", "k7")
    view = rig.pairs.next(0)
    assert view is not None
    asked = hashlib.sha256(view.envelope).digest()
    for content, by in (("pair", keys(18)), ("answer", HUB)):
        data = pair.encode(pair.Pair(asked, REFERENCE.portrait))
        forged = seal.seal(data, tcn(1), content, KIOSK.public(), by)
        with pytest.raises((SealError, Refused)):
            rig.pairs.take(wire.Viewed(tcn(1), forged), HUB.public())


def test_without_a_law_the_kiosk_asks_for_nothing(rig: Rig) -> None:
    """The officer hears why, and nothing goes over the link."""
    (rig.folder / "operation.json").write_bytes(sign(operation(), HUB))
    token = rig.enter("k7")
    with pytest.raises(Refused, match="names no law"):
        rig.act(token, "pictures", about=tcn(1), reference="REF-1")
    assert rig.pairs.next(0) is None
    campaign = rig.look(token).campaign
    assert campaign is not None
    assert not campaign.pictures


def test_the_rule_names_its_ground() -> None:
    """The law that the operation names, for its posts and its officers."""
    lawful = msgspec.structs.replace(operation(), confirmation=Confirmation(pictures=LAW), officers=("k7",))
    assert policy.may_view(lawful, lawful.posts[0], "k7") == LAW
    for wrong, post, officer in (
        (None, "Green line 4", "k7"),
        (lawful, "elsewhere", "k7"),
        (lawful, lawful.posts[0], "x"),
    ):
        with pytest.raises(Refused):
            policy.may_view(wrong, post, officer)


def test_questions_and_pairs_go_over_the_wire() -> None:
    """As bytes and back; a pair fits one message."""
    view, viewed = wire.View(tcn(), b"e"), wire.Viewed(tcn(), bytes(2 * pair.MOST_PICTURE + 4096))
    assert wire.decode_up(wire.encode(view)) == view
    assert wire.decode_down(wire.encode(viewed)) == viewed


def test_at_the_hub_the_faces_are_put_into_a_new_folder(hub: Hub, tmp_path: Path) -> None:
    """The route where no law lets them go to a post: only what may be seen, for nobody else's eyes, and noted."""
    hub.evidence()
    names = cli_case._put(hub.book, tcn(), tmp_path / "faces", Person("k7", signed=b"by k7"))
    assert names == ["0-person.jpg", "1-REF-1.jpg"]
    assert (tmp_path / "faces" / "1-REF-1.jpg").read_bytes() == REFERENCE.portrait
    assert (tmp_path / "faces").stat().st_mode & 0o077 == 0
    assert hub.notes[-1][:2] == (Deed.VIEWED, "officer:k7")
    assert [each.signed for each in hub.book.case(tcn()).consulted] == [b"by k7"]
    with pytest.raises(Refused, match="a new folder"):
        cli_case._put(hub.book, tcn(), tmp_path / "faces", Person("k7", signed=b"by k7"))
