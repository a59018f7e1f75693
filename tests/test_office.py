"""The officers' counter: who may do what, what is written down, what an officer sees. Without devices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from making import DEVICE, HUB, KIOSK, NOW, STAMP, face_capture, tcn
from officer_rig import BROWSER, PEOPLE, PIN, Rig

from hotspot_kiosk import finding, seal
from hotspot_kiosk.config import Page, Tablet
from hotspot_kiosk.errors import Refused, SignInNeeded
from hotspot_kiosk.kiosk.desk import Ask
from hotspot_kiosk.kiosk.events import Overrule, Sampled
from hotspot_kiosk.kiosk.session import Plan, Session, State
from hotspot_kiosk.kiosk.staff import counter
from hotspot_kiosk.kiosk.staff.authority import MAY
from hotspot_kiosk.kiosk.staff.office import origins
from hotspot_kiosk.kiosk.storage.outbox import DAMAGED, GIVEN_UP
from hotspot_kiosk.policy import Finding
from hotspot_kiosk.terms import PRESENTATION, Late, Part, QualityComponent


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """With a roster."""
    made = Rig(tmp_path)
    made.enrol()
    yield made
    made.close()


def test_without_a_roster_the_desk_works_and_nobody_signs_in(tmp_path: Path) -> None:
    """A kiosk of before goes on; the sign-in page says what to do."""
    made = Rig(tmp_path)
    made.office.authority.check_stranger(Ask("begin", adult=True, officer="k7"))
    assert made.office.authority.asked(counter.Who()) == counter.Names(names=(), roster=False)
    with pytest.raises(Refused, match="ask the bureau"):
        made.enter()
    made.close()


@pytest.mark.parametrize(
    "ask", [Ask("begin", adult=True), Ask("begin", officer="k7"), Ask("looked again", adult=True)]
)
def test_with_a_roster_nobody_acts_under_a_typed_name(rig: Rig, ask: Ask) -> None:
    """Who reaches the desk's socket is not thereby an officer."""
    with pytest.raises(Refused, match="sign in"):
        rig.office.authority.check_stranger(ask)


@pytest.mark.parametrize("do", ["cancel", "accept", "still here", "without", "notice read", "status"])
def test_a_persons_own_buttons_need_no_officer(rig: Rig, do: str) -> None:
    """Stop is always there."""
    rig.office.authority.check_stranger(Ask(do))  # type: ignore[arg-type]


def test_where_people_start_by_themselves_nobody_attests_at_the_desk(tmp_path: Path) -> None:
    """A person's touch attests nothing: it goes another way, and an officer's word needs signing in."""
    made = Rig(tmp_path, Page(starts="person"))
    made.enrol()
    made.office.authority.check_stranger(Ask("begin alone"))
    made.office.authority.check_stranger(Ask("not adult"))
    for ask in (Ask("begin", adult=True), Ask("begin alone", officer="k7")):
        with pytest.raises(Refused, match="typed name"):
            made.office.authority.check_stranger(ask)
    made.close()


@pytest.mark.parametrize("do", sorted(MAY))
def test_nothing_is_done_without_signing_in(rig: Rig, do: str) -> None:
    """Neither without a token nor with one that is made up; nothing of it is written down as done."""
    for token in ("", "made-up"):
        with pytest.raises(SignInNeeded):
            rig.act(token, do, reason="because", about=tcn())
    assert (rig.obeyed, rig.put, rig.journal()) == ([], [], "")


@pytest.mark.parametrize(
    ("do", "refused"),
    [(do, name) for do, roles in MAY.items() for name, role in PEOPLE.items() if role not in roles],
)
def test_a_role_does_not_do_what_another_does(rig: Rig, do: str, refused: str) -> None:
    """A maintainer checks nobody, an officer erases nothing."""
    token = rig.enter(refused)
    rig.session = Session(Plan(), state=State.FACE)
    with pytest.raises(Refused, match="that needs somebody signed in as"):
        rig.act(token, do, reason="cannot", about=tcn(), finding="confirm")
    assert (rig.obeyed, rig.put) == ([], [])


def test_a_check_begins_in_the_officers_name(rig: Rig) -> None:
    """Whatever the page says, the id is the one who signed in."""
    rig.act(rig.enter(), "begin", adult=True, origins=("SYR",), protection=True)
    asked = rig.obeyed[0]
    assert (asked.do, asked.adult, asked.officer, asked.origins, asked.protection) == (
        "begin",
        True,
        "k7",
        ("SYR",),
        True,
    )


def test_an_apparent_minor_is_stopped_counted_and_nothing_else(rig: Rig) -> None:
    """No biometrics; the journal holds no word about the person."""
    rig.session = Session(Plan(), state=State.FACE)
    rig.act(rig.enter(), "minor")
    assert [ask.do for ask in rig.obeyed] == ["cancel"]
    assert rig.place.minors is not None
    assert rig.place.minors.count == 1
    assert '"check refused"' in rig.journal()


def test_a_button_is_written_down_with_who_pressed_it(rig: Rig) -> None:
    """And refused where nobody is being checked."""
    token = rig.enter()
    with pytest.raises(Refused, match="nobody is being checked"):
        rig.act(token, "cancel")
    rig.session = Session(Plan(), state=State.FACE)
    rig.act(token, "cancel")
    assert [ask.do for ask in rig.obeyed] == ["cancel"]
    assert '"who":"officer:k7","what":"button pressed","about":"OP-1","ground":"cancel"' in rig.journal()


@pytest.mark.parametrize("reason", ["", "no idea"])
def test_without_needs_one_of_the_reasons(rig: Rig, reason: str) -> None:
    """They are counted, so they are fixed words."""
    rig.session = Session(Plan(), state=State.FINGERS)
    with pytest.raises(Refused, match="missing, partly, bandaged"):
        rig.act(rig.enter(), "without", reason=reason)


def test_what_was_refused_is_taken_with_a_reason(rig: Rig) -> None:
    """Written down first; without a reason, or with nothing refused, not at all."""
    token = rig.enter()
    rig.session = Session(Plan(), state=State.FACE)
    with pytest.raises(Refused, match="nothing was refused"):
        rig.act(token, "overrule", reason="scarred")
    rig.session = Session(Plan(), state=State.FACE, refused=Sampled(1, face_capture(1, 20)))
    with pytest.raises(Refused, match="why"):
        rig.act(token, "overrule", reason="  ")
    assert rig.look(token).overrule == "face"
    rig.act(token, "overrule", reason="scarred \n face")
    assert rig.put == [Overrule("k7", "scarred face")]
    assert '"ground":"20 of 100: scarred face"' in rig.journal()


def quarantined(rig: Rig, reason: str) -> str:
    """A record that the hub will not take, for that reason."""
    rig.outbox.put(tcn(5), STAMP, [(Part.PROBE, b"sealed")])
    rig.outbox.quarantine(tcn(5), Part.PROBE, reason)
    return tcn(5)


@pytest.mark.parametrize(
    ("reason", "remedy", "refused"),
    [(GIVEN_UP, "requeue", "erase"), (DAMAGED, "erase", "requeue")],
)
def test_a_quarantined_record_has_its_remedy(rig: Rig, reason: str, remedy: str, refused: str) -> None:
    """What helps is offered and done, with a reason in the journal; what does not is refused."""
    token, number = rig.enter("k9"), quarantined(rig, reason)
    assert rig.look(token).kept[0].remedy == remedy
    with pytest.raises(Refused, match="does not help"):
        rig.act(token, refused, about=number, reason="because")
    with pytest.raises(Refused, match="why"):
        rig.act(token, remedy, about=number)
    rig.act(token, remedy, about=number, reason="the hub is in order")
    states = [entry.state for entry in rig.outbox.entries()]
    assert states == (["sealed"] if remedy == "requeue" else [])
    assert f'"about":"{number}","ground":"the hub is in order"' in rig.journal()


@pytest.mark.parametrize("do", ["requeue", "erase"])
def test_what_waits_is_neither_erased_nor_sent_again(rig: Rig, do: str) -> None:
    """Only what is in quarantine is anybody's to decide about."""
    token = rig.enter("k9")
    rig.outbox.put(tcn(5), STAMP, [(Part.PROBE, b"sealed")])
    for about in (tcn(5), tcn(6)):
        with pytest.raises(Refused):
            rig.act(token, do, about=about, reason="because")
    assert [entry.state for entry in rig.outbox.entries()] == ["sealed"]


def test_an_officer_sees_the_answer_with_its_candidates(rig: Rig) -> None:
    """Score, source and how many people are needed."""
    answer = rig.answered()
    verdict = rig.look(rig.enter()).verdicts[0]
    assert (verdict.tcn, verdict.decision, verdict.needed) == (answer.tcr, "possible match, verify", 2)
    assert [(each.reference, each.score, each.source) for each in verdict.candidates] == [
        ("REF-1", 9.5, "FRA"),
        ("REF-2", 7.1, ""),
    ]


def test_what_must_be_decided_is_seen_however_much_waits(rig: Rig) -> None:
    """A record in quarantine comes first, then what has waited longest: behind sixty newer ones it is not lost."""
    number = quarantined(rig, GIVEN_UP)
    oldest = replace(STAMP, wall=NOW - timedelta(hours=5))
    rig.outbox.put(tcn(6), oldest, [(Part.PROBE, b"sealed")])
    for counted in range(7, 67):
        rig.outbox.put(tcn(counted), STAMP, [(Part.PROBE, b"sealed")])
    kept = rig.look(rig.enter("k9")).kept
    assert [each.tcn for each in kept[:2]] == [number, tcn(6)]
    assert min(each.captured for each in kept) == oldest.wall


def test_a_possible_match_stays_until_somebody_has_looked_at_it(rig: Rig) -> None:
    """However many answers are newer; once it is said what was found, the newest answers come first again."""
    number = rig.answered(1).tcr
    for counted in range(2, 57):
        rig.kept(counted, STAMP, hit=False)
    token = rig.enter()
    assert rig.look(token).verdicts[0].tcn == number
    for reference in ("REF-1", "REF-2"):
        rig.act(token, "find", about=number, reference=reference, finding="refute", reason="other ears")
    shown = [each.tcn for each in rig.look(token).verdicts]
    assert (shown[0], len(shown), number in shown) == (tcn(56), 50, False)


def test_a_late_hit_of_another_post_comes_first_until_it_expires(rig: Rig) -> None:
    """With the post, when the person was last seen, and until when it counts."""
    rig.answered(1)
    late = Late("Green line 9", NOW - timedelta(hours=1), True, NOW + timedelta(hours=2))
    rig.answered(2, DEVICE + 1, late=late)
    token = rig.enter()
    first = rig.look(token).verdicts[0]
    assert (first.alert, first.post, first.expires) == (True, "Green line 9", NOW + timedelta(hours=2))
    rig.now = NOW + timedelta(hours=3)
    assert [verdict.alert for verdict in rig.look(token).verdicts] == [False]


def test_two_different_people_say_what_they_found(rig: Rig) -> None:
    """Each once, with a reason, sealed for the hub; the second time of one person is refused."""
    number = rig.answered().tcr
    first, second = rig.enter("k7"), rig.enter("k8")
    said = {"about": number, "reference": "REF-1", "finding": "confirm"}
    with pytest.raises(Refused, match="in a few words why"):
        rig.act(first, "find", **said)
    rig.act(first, "find", **said, reason="same scar")
    with pytest.raises(Refused, match="another person must look"):
        rig.act(first, "find", **{**said, "finding": "refute"}, reason="after all not")
    rig.act(second, "find", **said, reason="same ears")
    found = rig.look(first).verdicts[0].candidates[0].found
    assert [(each.officer, each.finding, each.told) for each in found] == [
        ("k7", "confirm", False),
        ("k8", "confirm", False),
    ]
    sent = [seal.open_envelope(each.envelope, KIOSK.public(), HUB) for each in rig.office.findings.untold()]
    assert [finding.decode(each).reason for each in sent] == ["same scar", "same ears"]
    assert '"match confirmed"' in rig.journal()


def test_a_finding_is_about_a_candidate_of_the_answer(rig: Rig) -> None:
    """Not about one that somebody made up, nor about a record without an answer."""
    number = rig.answered().tcr
    token = rig.enter()
    with pytest.raises(Refused, match="no such candidate"):
        rig.act(token, "find", about=number, reference="REF-9", finding="confirm", reason="same scar")
    with pytest.raises(Refused, match="no answer to this record"):
        rig.act(token, "find", about=tcn(9), reference="REF-1", finding="confirm", reason="same scar")
    with pytest.raises(Refused, match="confirm or refute"):
        rig.act(token, "find", about=number, reference="REF-1", reason="same scar")


def test_what_the_hub_took_is_told_so(rig: Rig) -> None:
    """By the digest of what was sent; what it refused counts for nothing."""
    number = rig.answered().tcr
    for name in ("k7", "k8"):
        rig.act(
            rig.enter(name), "find", about=number, reference="REF-1", finding="refute", reason="other ears"
        )
    took, will_not = rig.office.findings.untold()
    assert rig.office.findings.settle(sha256(took.envelope).digest())
    assert rig.office.findings.settle(sha256(will_not.envelope).digest(), "not at this post")
    assert not rig.office.findings.settle(sha256(took.envelope).digest())
    assert rig.office.findings.untold() == ()
    found = rig.look(rig.enter()).verdicts[0].candidates[0].found
    assert [(each.officer, each.told) for each in found] == [("k7", True)]


def test_the_queue_is_told_as_it_is(rig: Rig) -> None:
    """How many wait, how large they are, since when the link is down; an estimate only from what was measured."""
    token = rig.enter()
    for number in (1, 2, 3):
        rig.outbox.put(tcn(number), STAMP, [(Part.PROBE, b"x" * 1000)])
    assert rig.look(token).link_s is None
    rig.office.overview.link_changed(False)
    rig.rate = 500.0
    view = rig.look(token)
    assert (view.link, view.waiting, view.waiting_bytes, view.estimate_s) == (False, 3, 3000, None)
    assert view.link_s is not None
    rig.session = Session(Plan(), link_up=True)
    assert rig.look(token).estimate_s == 6.0
    rig.rate = 0.0
    assert rig.look(token).estimate_s is None


def test_quality_is_told_with_what_would_make_it_better(rig: Rig) -> None:
    """Taken and refused, each with its score, the least score, and the advice."""
    rig.session = Session(
        Plan(), state=State.FACE, captures=(face_capture(1, 80),), refused=Sampled(1, face_capture(2, 12))
    )
    good, poor = rig.look(rig.enter()).samples
    assert (good.taken, good.score, poor.taken, poor.score, poor.least) == (True, 80, False, 12, 30)
    assert poor.advice == "Look straight."


def test_the_day_is_counted_without_anybody_in_it(rig: Rig) -> None:
    """Records of this kiosk and day, answers, possible matches, minors; the operation beside it."""
    rig.answered(1)
    rig.outbox.put(tcn(2), STAMP, [(Part.PROBE, b"waits")])
    view = rig.look(rig.enter())
    assert view.today == {"checked": 2, "answered": 1, "possible": 1, "minors": 0}
    assert view.campaign is not None
    assert (view.campaign.id, view.campaign.people) == ("OP-1", 2)


def test_days_before_are_counted_unless_that_tells_of_a_few(rig: Rig) -> None:
    """A small count is left out, and so is one that leaves a small rest; today stands for itself."""
    numbers = iter(range(1, 100))
    for day, checked, hits in ((0, 1, 0), (1, 12, 6), (2, 12, 2), (3, 12, 9), (4, 3, 0), (5, 12, 0)):
        stamp = replace(STAMP, wall=NOW - timedelta(days=day))
        for each in range(checked):
            rig.kept(next(numbers), stamp, hit=each < hits)
    view = rig.look(rig.enter())
    assert [(day.checked, day.possible) for day in view.days] == [
        (12, 6),
        (12, None),
        (12, None),
        (None, None),
        (12, 0),
    ]
    assert view.days[0].day == f"{NOW - timedelta(days=1):%Y-%m-%d}"
    assert view.small == 5


def test_what_the_face_told_is_there_as_the_desk_tells_it(rig: Rig) -> None:
    """Cues and why no portrait standard is claimed, while that person is here."""
    assert rig.look(rig.enter()).presentation == {}
    face = face_capture(1, 80)
    cue = QualityComponent(PRESENTATION + "pattern", 31, counts=False)
    quality = replace(face.quality, components=(*face.quality.components, cue))
    rig.session = Session(Plan(), state=State.REVIEW, captures=(replace(face, quality=quality),))
    view = rig.look(rig.enter())
    assert view.presentation == {"pattern": 31}
    assert "expression not measured" in view.portrait


def test_keys_are_used_at_names_never_at_numbers() -> None:
    """The kiosk's own page, and the tablet's if there is one."""
    tablet = Tablet(host="post4.example:8443", certificate=Path("c"), key=Path("k"))
    assert origins(Page(port=8081, tablet=tablet)) == {"http://localhost:8081", "https://post4.example:8443"}
    with pytest.raises(ValueError, match="a name with a port"):
        Tablet(host="10.0.0.4:8443", certificate=Path("c"), key=Path("k"))


def test_no_secret_is_in_a_repr() -> None:
    """Logs and tracebacks hold reprs."""
    said = counter.ByPin(browser=BROWSER, officer="k7", pin=PIN)
    asked = Ask("counter", counter=said)
    for value in (said, asked, counter.Entered(token="secret-token", left_s=1)):
        assert PIN not in repr(value)
        assert "secret" not in repr(value)
    assert Finding.CONFIRM.value not in repr(finding.Statement("REF", "k7", Finding.CONFIRM, "r", 1.0))
