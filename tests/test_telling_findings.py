"""What officers at a kiosk found, on its way to the hub: counted once, acknowledged, refused with a word; the roster as an order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from making import DEVICE, HUB, KIOSK, NOW, ROSTER, keys, operation, request, tcn, vote

from hotspot_kiosk import contents, finding, officers, seal, wire
from hotspot_kiosk.errors import BadBytes, ConfigError, Refused, SealError, StorageFailed
from hotspot_kiosk.hub.cases.case_events import Found
from hotspot_kiosk.hub.cases.casebook import Casebook, Person
from hotspot_kiosk.hub.cases.hearing import Hearing
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.operations import Operations
from hotspot_kiosk.hub.storage.store import PartKey
from hotspot_kiosk.hub.storage.store_sqlite import Options, build
from hotspot_kiosk.kiosk.link.telling import REPEAT_MS, Telling
from hotspot_kiosk.kiosk.staff.findings import Findings
from hotspot_kiosk.officers import Officer, Role, Roster
from hotspot_kiosk.operation import sign
from hotspot_kiosk.policy import Finding, Outcome, Vote
from hotspot_kiosk.seal_answer import reply_key
from hotspot_kiosk.terms import Decision, Part

POST = operation().posts[0]
OTHER = 18


def officer(name: str, role: Role = Role.OFFICER) -> Officer:
    """Somebody on the roster."""
    return Officer(id=name, roles=(role,))


class Hub:
    """A casebook with one possible match, and what takes findings in."""

    def __init__(self, folder: Path) -> None:
        self.store = build(Options(path=folder / "hub.db"))
        (folder / "operations").mkdir()
        (folder / "operations" / "one.op").write_bytes(sign(operation(), HUB))
        self.book = Casebook(
            store=self.store,
            opener=self.open,
            operations=Operations(folder / "operations", HUB.public()),
            posts={DEVICE: POST},
            now=lambda: NOW,
            roster=lambda: ROSTER,
        )
        self.roster = Roster(edition=1, made=NOW, officers=tuple(map(officer, ("k7", "k8"))))
        self.hearing = Hearing(self.book, self.open, HUB, lambda: self.roster)
        probe = contents.encode(request(), reply_key(KIOSK, tcn()), None)
        sealed = seal.seal(probe, tcn(), Part.PROBE, HUB.public(), KIOSK)
        self.store.inbox.commit(PartKey(DEVICE, tcn(), Part.PROBE), sealed, NOW)
        found = (Found("REF-1", 1, 9.5),)
        self.book.search(tcn(), self.book.asked(tcn()), Decision.POSSIBLE_MATCH, found)

    def open(self, envelope: bytes, device: int) -> bytes:
        """As the inbox does."""
        return seal.open_envelope(envelope, keys(device).public(), HUB)

    def stands(self) -> Outcome:
        """How the candidate stands."""
        return self.book.case(tcn()).outcome("REF-1", operation().confirmation)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """The far end."""
    made = Hub(tmp_path)
    yield made
    made.store.close()


def said(
    officer: str, reason: str = "same scar", device: int = DEVICE, reference: str = "REF-1"
) -> wire.Said:
    """A finding as that kiosk sends it."""
    statement = finding.Statement(reference, officer, Finding.CONFIRM, reason, NOW.timestamp())
    envelope = seal.seal(finding.encode(statement), tcn(), "finding", HUB.public(), keys(device))
    return wire.Said(tcn(), envelope)


def test_a_stolen_kiosk_cannot_make_up_two_people(hub: Hub) -> None:
    """Whomever of the roster it names, its word is one; somebody's own key is the second."""
    for name in ("k7", "k8"):
        assert hub.hearing.take(DEVICE, said(name)).refused == ""
        assert hub.stands() is Outcome.OPEN
    vote(hub.book, tcn(), "REF-1", Person("k9"), Finding.CONFIRM, "the chin")
    assert hub.stands() is Outcome.CONFIRMED


@pytest.mark.parametrize(
    ("name", "why"), [("nobody", "roster"), ("gone", "revoked"), ("m1", "role"), ("l1", "role")]
)
def test_only_officers_on_the_hubs_roster_count(hub: Hub, name: str, why: str) -> None:
    """Neither somebody unknown, nor revoked, nor in another role; their word is refused for good."""
    gone = msgspec.structs.replace(officer("gone"), revoked=NOW)
    people = (gone, officer("m1", Role.MAINTAINER), officer("l1", Role.LEGAL))
    hub.roster = Roster(edition=2, made=NOW, officers=people)
    assert why in hub.hearing.take(DEVICE, said(name)).refused
    assert hub.book.case(tcn()).votes == ()


def test_what_counted_stays_acknowledged_after_its_officer_is_revoked(hub: Hub) -> None:
    """Only the word about it was lost."""
    hub.hearing.take(DEVICE, said("k7"))
    hub.roster = Roster(edition=2, made=NOW)
    assert hub.hearing.take(DEVICE, said("k7")).refused == ""


def test_while_the_roster_cannot_be_read_nothing_is_acknowledged(hub: Hub) -> None:
    """It comes again, and counts then."""

    def away() -> Roster:
        raise StorageFailed("the roster cannot be read")

    hearing = Hearing(hub.book, hub.open, HUB, away)
    with pytest.raises(ConfigError, match="cannot be read"):
        hearing.take(DEVICE, said("k7"))
    assert hub.book.case(tcn()).votes == ()


def test_a_finding_that_comes_again_counts_once_and_is_acknowledged_again(hub: Hub) -> None:
    """The word about it was lost on the way."""
    first = said("k7")
    hub.hearing.take(DEVICE, first)
    again = hub.hearing.take(DEVICE, first)
    wire.verify_noted(again, HUB.public())
    assert (again.refused, again.digest) == ("", hashlib.sha256(first.envelope).digest())
    assert len(hub.book.case(tcn()).votes) == 1


def test_the_same_person_is_not_two(hub: Hub) -> None:
    """Another finding of theirs is refused with the rule."""
    hub.hearing.take(DEVICE, said("k7"))
    assert "another person must look" in hub.hearing.take(DEVICE, said("k7", "other words")).refused
    assert hub.stands() is Outcome.OPEN


def test_a_kiosk_that_was_told_nothing_says_nothing(hub: Hub) -> None:
    """Nor does anybody say anything of a candidate that the post may not see."""
    assert "never told" in hub.hearing.take(OTHER, said("k7", device=OTHER)).refused
    assert hub.hearing.take(DEVICE, said("k7", reference="REF-9")).refused
    assert hub.book.case(tcn()).votes == ()


def test_what_another_sealed_is_not_believed(hub: Hub) -> None:
    """A kiosk's word in another's name, another record's number, any other envelope."""
    with pytest.raises((BadBytes, SealError)):
        hub.hearing.take(DEVICE, said("k7", device=OTHER))
    with pytest.raises(BadBytes, match="another record"):
        hub.hearing.take(DEVICE, wire.Said(tcn(2), said("k7").envelope))
    probe = seal.seal(b"probe", tcn(), "probe", HUB.public(), KIOSK)
    with pytest.raises(BadBytes, match="another record"):
        hub.hearing.take(DEVICE, wire.Said(tcn(), probe))
    assert hub.book.case(tcn()).votes == ()


def kept(folder: Path, *names: str) -> Findings:
    """What these people found, on the kiosk's disk."""
    findings = Findings(folder / "outbox.db")
    for second, name in enumerate(names):
        at = NOW + timedelta(seconds=second)
        findings.put(tcn(), "REF-1", Vote(name, Finding.CONFIRM, "same scar"), said(name).envelope, at)
    return findings


def test_a_kiosk_tells_one_after_the_other_until_the_hubs_word_comes(tmp_path: Path, hub: Hub) -> None:
    """Again after a while, at once when the link comes up anew, and never after the word."""
    findings = kept(tmp_path, "k7", "k8")
    telling = Telling(findings)
    first = telling.next(0)
    assert first is not None
    assert telling.next(REPEAT_MS - 1) is None
    assert telling.next(REPEAT_MS) == first
    telling.came_up()
    assert telling.next(REPEAT_MS + 1) == first
    telling.noted(hub.hearing.take(DEVICE, first), HUB.public())
    second = telling.next(REPEAT_MS + 2)
    assert second is not None
    assert second != first
    telling.noted(hub.hearing.take(DEVICE, second), HUB.public())
    assert telling.next(10 * REPEAT_MS) is None
    assert [each.told for each in findings.of(tcn())] == [True, True]
    findings.close()


def test_only_the_hubs_word_settles_a_finding(tmp_path: Path, hub: Hub) -> None:
    """Another's signature, a changed word, or one about something that was never said: ignored."""
    findings = kept(tmp_path, "k7")
    telling = Telling(findings)
    word = hub.hearing.take(DEVICE, findings_first(findings))
    forged = wire.sign_noted(tcn(), word.digest, "", keys(OTHER))
    for wrong in (forged, wire.Noted(tcn(), word.digest, "no", word.signature)):
        with pytest.raises(SealError):
            telling.noted(wrong, HUB.public())
    with pytest.raises(Refused, match="never made"):
        telling.noted(wire.sign_noted(tcn(), bytes(32), "", HUB), HUB.public())
    assert len(findings.untold()) == 1
    findings.close()


def findings_first(findings: Findings) -> wire.Said:
    """The oldest that the hub lacks."""
    first = findings.untold()[0]
    return wire.Said(first.tcn, first.envelope)


def test_findings_and_words_go_over_the_wire() -> None:
    """As bytes and back."""
    up = said("k7")
    assert wire.decode_up(wire.encode(up)) == up
    down = wire.sign_noted(tcn(), bytes(32), "why", HUB)
    assert wire.decode_down(wire.encode(down)) == down


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\xff" * 300, b"\0\x05abcde"])
def test_what_is_no_finding_is_refused(data: bytes) -> None:
    """Whatever was sealed."""
    with pytest.raises(BadBytes):
        finding.decode(data)


def test_a_findings_length_tells_nothing() -> None:
    """Confirm or refute, a long reason or a short one."""
    lengths = {
        len(finding.encode(finding.Statement("REF-1", "k7", found, reason, 1.0)))
        for found in Finding
        for reason in ("x", "x" * 150)
    }
    assert len(lengths) == 1


def test_a_roster_order_is_no_withdrawal_and_only_the_newest_waits(tmp_path: Path) -> None:
    """Otherwise a new officer would end a kiosk's certificate."""
    book = OrderBook(tmp_path)
    for edition in (1, 2):
        content = officers.sign(officers.Roster(edition=edition, made=NOW), HUB)
        last = book.give(DEVICE, wire.OrderKind.ROSTER, HUB, NOW, content)
    assert [order.number for order in book.waiting(DEVICE)] == [last.number]
    assert not book.withdrawn(DEVICE)
    assert book.done(DEVICE, wire.sign_done(DEVICE, last.number, KIOSK), KIOSK.public())
    assert not book.withdrawn(DEVICE)
    assert book.waiting(DEVICE) == []
    book.give(DEVICE, wire.OrderKind.REVOKE, HUB, NOW)
    assert book.withdrawn(DEVICE)
