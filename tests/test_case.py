"""What the hub knows of a check, as a fold over its events."""

import random
from datetime import datetime, timedelta

import msgspec
import pytest
from making import DEVICE, NOW, ROSTER, own_key, signed, tcn

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.hub.cases.case import Case, fold
from hotspot_kiosk.hub.cases.case_events import (
    Failed,
    Found,
    Judged,
    Kept,
    Known,
    Left,
    Opened,
    Purged,
    Replied,
    Searched,
    Sent,
    Told,
    Voted,
    decode,
    encode,
)
from hotspot_kiosk.officers import Roster
from hotspot_kiosk.operation import Confirmation
from hotspot_kiosk.policy import Ended, Finding, Outcome
from hotspot_kiosk.terms import Decision, RequestType

PATIENCE = timedelta(hours=72)
OPENED = Opened(NOW, DEVICE, "Green line 4", "OP-1", RequestType.NPS, NOW, True)
NOTHING = Searched(NOW, Decision.NO_HIT)
POSSIBLE = Searched(NOW, Decision.POSSIBLE_MATCH, (Found("CASE-1", 1, 9.5),))


def reply(message: int, sequence: int, total: int = 2, *, verified: bool = False) -> Replied:
    """One message of INTERPOL."""
    number = tcn(message, 900)
    reference = f"XPO/{sequence}" if sequence else ""
    return Replied(NOW, "INTERPOL", number, "XPO", sequence, total, reference, verified)


ALL: tuple[Known, ...] = (
    OPENED,
    POSSIBLE,
    Sent(NOW, "INTERPOL", ("fingers taken out",)),
    Kept(NOW, "national", "not lawful"),
    reply(1, 1),
    Failed(NOW, "national", tcn(3, 900), 115, "maintainer"),
    Told(NOW, DEVICE, 2, b"view"),
    Voted(NOW, "CASE-1", "k7", Finding.CONFIRM, "same scar", b"signed"),
    Judged(NOW, "CASE-1", "l1", True, "cleared with the bureau"),
    Left(NOW, "officer:k7"),
    Purged(NOW, Ended.HIT),
)


@pytest.mark.parametrize("event", ALL, ids=lambda event: type(event).__name__)
def test_an_event_comes_back(event: Known) -> None:
    """Every kind, through the store's bytes."""
    assert decode(encode(event)) == event


def test_noise_is_no_event() -> None:
    """Damage in the store is told, not guessed at."""
    for noise in (b"", b"\x90", encode(OPENED)[:-1], b"\x91\xa3odd"):
        with pytest.raises(BadBytes, match="event"):
            decode(noise)


def test_repeated_events_change_nothing() -> None:
    """Twice everything, in a shuffled order after the first, is the same case."""
    again = list(ALL)
    random.Random(5).shuffle(again)
    assert fold(tcn(), [*ALL, *again]) == fold(tcn(), ALL)
    assert fold(tcn(), ALL).events == len(ALL)


def test_a_partner_is_waited_for_until_all_announced_candidates_came() -> None:
    """Two were announced; a repeat of the first, under another number, does not count for the second."""
    asked = [OPENED, NOTHING, Sent(NOW, "INTERPOL")]
    assert fold(tcn(), asked).owing == ("INTERPOL",)
    assert fold(tcn(), [*asked, reply(1, 1), reply(2, 1)]).owing == ("INTERPOL",)
    done = fold(tcn(), [*asked, reply(1, 2), reply(2, 1)])
    assert done.owing == ()
    assert [each.reference for each in done.possible] == ["XPO/1", "XPO/2"]


def test_a_no_hit_or_an_error_ends_the_waiting() -> None:
    """For this partner only."""
    asked = [OPENED, NOTHING, Sent(NOW, "INTERPOL"), Sent(NOW, "national")]
    assert fold(tcn(), [*asked, reply(1, 0, 0)]).owing == ("national",)
    failed = Failed(NOW, "national", tcn(3, 900), 501, "recapture")
    assert fold(tcn(), [*asked, reply(1, 0, 0), failed]).owing == ()


def test_waiting_ends_at_the_deadline() -> None:
    """The case is closed then, though the partner still owes."""
    case = fold(tcn(), [OPENED, NOTHING, Sent(NOW, "INTERPOL")])
    assert case.is_open(NOW + PATIENCE - timedelta(seconds=1), PATIENCE)
    assert not case.is_open(NOW + PATIENCE, PATIENCE)


def test_a_verified_word_on_a_candidate_replaces_the_unverified() -> None:
    """Whichever came first; it stays one candidate."""
    for order in ((reply(1, 1), reply(2, 1, verified=True)), (reply(2, 1, verified=True), reply(1, 1))):
        (only,) = fold(tcn(), [OPENED, *order]).possible
        assert only.verified


@pytest.mark.parametrize(
    ("events", "ended"),
    [
        ([OPENED], Ended.UNANSWERED),
        ([OPENED, NOTHING], Ended.NO_HIT),
        ([OPENED, POSSIBLE], Ended.HIT),
        ([OPENED, Searched(NOW, Decision.UNDECIDED, (Found("CASE-1", 1, 4.0),))], Ended.HIT),
        ([OPENED, NOTHING, Sent(NOW, "INTERPOL")], Ended.UNANSWERED),
        ([OPENED, NOTHING, reply(1, 0, 0)], Ended.NO_HIT),
        ([OPENED, NOTHING, reply(1, 1)], Ended.HIT),
        ([OPENED, NOTHING, Failed(NOW, "INTERPOL", tcn(3, 900), 115, "")], Ended.UNANSWERED),
    ],
)
def test_how_a_case_ended_decides_how_long_it_is_kept(events: list[Known], ended: Ended) -> None:
    """Nothing that is owed or failed counts as no hit."""
    assert fold(tcn(), events).ended(NOW, PATIENCE) is ended


def test_one_person_counts_once_and_two_decide() -> None:
    """The same officer's second word is no second person."""
    one, two = said("k7"), said("k8")
    other = signed(Voted(NOW, "CASE-2", "k8", Finding.CONFIRM, "another candidate"), tcn())
    assert stands(one, one, other) is Outcome.OPEN
    assert stands(one, two) is Outcome.CONFIRMED
    assert stands(one, said("k8", Finding.REFUTE)) is Outcome.DISPUTED


def said(officer: str, finding: Finding = Finding.CONFIRM, by: str = "", at: datetime = NOW) -> Voted:
    """A finding about CASE-1, signed with that officer's key or with somebody else's."""
    return signed(Voted(at, "CASE-1", officer, finding, "same scar"), tcn(), by)


def stands(*votes: Voted, roster: Roster | None = ROSTER) -> Outcome:
    """Where CASE-1 stands after these votes."""
    return fold(tcn(), [OPENED, POSSIBLE, *votes], roster).outcome("CASE-1", Confirmation())


FORGED = (
    said("k8", by="k7"),
    said("k8", by="stranger"),
    msgspec.structs.replace(said("k8", Finding.REFUTE), finding=Finding.CONFIRM),
    msgspec.structs.replace(said("k9"), officer="k8"),
    msgspec.structs.replace(said("k8"), reason="another reason"),
    msgspec.structs.replace(said("k8"), at=NOW + timedelta(days=1)),
    msgspec.structs.replace(said("k8"), signed=b"signed"),
    msgspec.structs.replace(said("k8"), signed=b""),
    signed(Voted(NOW, "CASE-1", "k8", Finding.CONFIRM, "same scar"), tcn(2)),
    Voted(NOW, "CASE-1", "k8", Finding.CONFIRM, "x" * 4000, b"{}"),
)


@pytest.mark.parametrize("forged", FORGED, ids=range(len(FORGED)))
def test_whoever_writes_a_finding_into_the_store_makes_up_nobody(forged: Voted) -> None:
    """What was kept is verified each time: another's key, another finding, person, reason, time or check counts as nothing."""
    assert stands(said("k7"), forged) is Outcome.OPEN
    assert stands(said("k7"), said("k9"), forged) is Outcome.CONFIRMED


def test_without_the_roster_no_signature_counts() -> None:
    """Nobody knows then whose key it was."""
    assert stands(said("k7"), said("k8"), roster=None) is Outcome.OPEN


def test_a_key_counts_for_what_it_signed_while_it_was_its_owners() -> None:
    """Neither a revocation nor a new key undoes what was decided before; nothing that is said after it counts."""
    k8, later = ROSTER.officers[1], NOW + timedelta(days=1)
    revoked = ROSTER.with_officer(msgspec.structs.replace(k8, revoked=later), later)
    changed = ROSTER.with_officer(msgspec.structs.replace(k8, signing=own_key("new").public), later)
    both = revoked.with_officer(
        msgspec.structs.replace(k8, signing=own_key("new").public), NOW + timedelta(days=9)
    )
    for roster in (revoked, changed, both):
        assert stands(said("k7"), said("k8"), roster=roster) is Outcome.CONFIRMED
        assert stands(said("k7"), said("k8", at=later + timedelta(hours=1)), roster=roster) is Outcome.OPEN
    fresh = said("k8", by="new", at=later + timedelta(hours=1))
    assert stands(said("k7"), fresh, roster=changed) is Outcome.CONFIRMED
    assert stands(said("k7"), fresh, roster=revoked) is Outcome.OPEN


def test_what_was_released_cannot_be_withheld_again() -> None:
    """The post has seen it; the other way round is allowed."""
    released = Judged(NOW, "CASE-1", "l1", True, "cleared")
    withheld = Judged(NOW, "CASE-1", "l1", False, "a persecutor's notice")
    for order in ((released, withheld), (withheld, released)):
        assert fold(tcn(), [OPENED, POSSIBLE, *order]).judged["CASE-1"].released


def test_the_newest_edition_told_counts() -> None:
    """Whatever order the events stand in."""
    case = fold(tcn(), [Told(NOW, DEVICE, 2, b"b"), Told(NOW, DEVICE, 1, b"a"), Told(NOW, 18, 1, b"c")])
    assert {device: told.edition for device, told in case.told.items()} == {DEVICE: 2, 18: 1}


def test_a_case_shows_no_reference_in_its_repr() -> None:
    """Nor who said what."""
    words = repr(fold(tcn(), [*ALL, reply(2, 2)]))
    assert "scar" not in words
    assert "XPO" not in words
    assert isinstance(fold(tcn(), ()), Case)
