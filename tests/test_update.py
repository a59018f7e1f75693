"""The update's states: what follows what, and that power may go at any moment."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from making import DEVICE, HUB, KIOSK
from updating import NEW, OLD, QUIET, Box, invitation

from hotspot_kiosk import fleet
from hotspot_kiosk.errors import BadBytes, SealError
from hotspot_kiosk.fleet import Invitation, Outcome
from hotspot_kiosk.kiosk.update import update
from hotspot_kiosk.kiosk.update.keeping import UpdateKeeping
from hotspot_kiosk.kiosk.update.update import Phase, Update, step

CUTS = 26


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(UpdateKeeping(tmp_path / "update.db"))


def waiting() -> Update:
    return step(Update(version=OLD, boot="b1"), update.Invited(invitation()))[0]


def test_an_update_is_confirmed_after_its_self_test(box: Box) -> None:
    """And every stage is reported, once and in order."""
    state = box.live(invitation())
    assert (state.version, box.good, box.primary) == (NEW, "B", "B")
    stages = [outcome for outcome, _ in box.outcomes()]
    assert stages == [Outcome.WAITING, Outcome.INSTALLING, Outcome.INSTALLED, Outcome.CONFIRMED]


def test_a_system_that_fails_its_self_test_is_left_and_says_why(box: Box) -> None:
    """The reason outlasts the restart into the system before."""
    box.well = False
    state = box.live(invitation())
    assert (state.version, box.slots[box.running], box.good) == (OLD, OLD, "A")
    assert box.outcomes()[-1] == (Outcome.ROLLED_BACK, "the camera gives no picture")


@pytest.mark.parametrize("cut", range(1, CUTS))
@pytest.mark.parametrize("well", [True, False], ids=["well", "ill"])
def test_power_may_go_at_any_moment(tmp_path: Path, cut: int, well: bool) -> None:
    """A well system is confirmed all the same, or left for a stated reason; an ill one is never confirmed."""
    box = Box(UpdateKeeping(tmp_path / "update.db"), frozenset({cut}), well)
    state = box.live(invitation())
    outcomes = box.outcomes()
    last, reason = outcomes[-1]
    assert box.slots[box.running] == state.version == (NEW if well else OLD)
    assert last is (Outcome.CONFIRMED if well else Outcome.ROLLED_BACK)
    assert well or reason
    assert box.good == box.running
    assert sum(outcome in fleet.FINAL for outcome, _ in outcomes) == 1


@pytest.mark.parametrize("every", [5, 7, 11, 13])
def test_power_that_goes_again_and_again_ends_too(tmp_path: Path, every: int) -> None:
    """With a system that runs from a good slot, and a final word for the hub."""
    box = Box(UpdateKeeping(tmp_path / "update.db"), frozenset(range(every, 400, every)))
    box.live(invitation())
    assert box.slots[box.running] in (OLD, NEW)
    assert box.outcomes()[-1][0] in fleet.FINAL


def test_a_boot_loader_that_does_not_go_back_is_reported(box: Box) -> None:
    """Instead of a kiosk that starts again for ever."""
    box.well, box.deaf = False, True
    state = box.live(invitation(), most=12)
    assert state.phase is Phase.IDLE
    assert any("boot loader" in reason or "camera" in reason for _, reason in box.outcomes())


@pytest.mark.parametrize(
    "looked",
    [
        update.Looked(open=False, quiet=True, late=False),
        update.Looked(open=True, quiet=False, late=False),
    ],
    ids=["window closed", "session"],
)
def test_nothing_is_installed_outside_the_window_or_during_a_session(looked: update.Looked) -> None:
    """Nor does a written system start then."""
    assert step(waiting(), looked) == (waiting(), ())
    installed = Update(phase=Phase.INSTALLED, invitation=invitation(), number=1)
    assert step(installed, looked) == (installed, ())


def test_a_deadline_that_passed_is_a_failure_with_its_reason() -> None:
    """So that nobody waits for that kiosk."""
    state, effects = step(waiting(), update.Looked(open=True, quiet=True, late=True))
    assert state.phase is Phase.IDLE
    assert [e.outcome for e in effects if isinstance(e, update.Tell)] == [Outcome.FAILED]


def test_no_version_below_the_floor_is_installed() -> None:
    """The floor rises by a signed invitation, stays, and falls by none."""
    raised, _ = step(Update(version="2.0"), update.Invited(invitation(version="2.1", floor="2.0")))
    assert raised.floor == "2.0"
    idle = Update(version="2.0", floor="2.0", number=1)
    state, effects = step(idle, update.Invited(invitation(number=2, version="1.9", floor="1.0")))
    assert (state.phase, state.floor) == (Phase.IDLE, "2.0")
    assert [e.outcome for e in effects if isinstance(e, update.Tell)] == [Outcome.REFUSED]


def test_an_older_invitation_is_not_followed() -> None:
    """However validly it was signed once: a retained message may come again."""
    state = Update(version=OLD, number=5)
    assert step(state, update.Invited(invitation(number=5))) == (state, ())
    assert step(state, update.Invited(invitation(number=4))) == (state, ())


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.INSTALLED])
def test_the_hub_can_call_it_off(phase: Phase) -> None:
    """Before it begins, and even when it is written; then the boot loader is told to stay."""
    state = Update(phase=phase, version=OLD, invitation=invitation(), number=1)
    after, effects = step(state, update.Invited(invitation(number=2, hold=True)))
    assert after.phase is Phase.IDLE
    assert any(isinstance(e, update.Tell) and e.outcome is Outcome.HELD for e in effects)
    assert (update.StayHere() in effects) == (phase is Phase.INSTALLED)


def test_called_off_while_it_is_written_it_is_not_started() -> None:
    """The installation runs to its end, and the boot loader is told to stay."""
    state = Update(phase=Phase.INSTALLING, version=OLD, invitation=invitation(), number=1, tries=1)
    held, _ = step(state, update.Invited(invitation(number=2, hold=True)))
    after, effects = step(held, update.Written())
    assert after.phase is Phase.IDLE
    assert update.StayHere() in effects


def test_a_missing_server_is_tried_again_but_not_for_ever() -> None:
    """Each try waits for the window and for quiet anew."""
    state, tries = waiting(), 0
    while state.phase is not Phase.IDLE:
        state, effects = step(state, QUIET)
        tries += any(isinstance(effect, update.Install) for effect in effects)
        state, effects = step(state, update.NotWritten("no server", again=True))
    assert tries == update.MOST_TRIES
    assert effects[0] == update.Tell(Outcome.FAILED, 1, "no server")


def test_every_unlisted_pair_changes_nothing() -> None:
    """Whatever comes at a moment at which nobody waits for it."""
    for phase in Phase:
        for event in (update.Written(), update.Passed(b""), update.NotPassed("x"), update.Marked()):
            if (phase, type(event)) not in update.TABLE:
                state = Update(phase=phase, invitation=invitation())
                assert step(state, event) == (state, ())


def test_the_window_may_lie_round_midnight_in_local_time() -> None:
    """22:00 to 04:00 in Athens is 20:00 to 02:00 UTC in winter."""
    night = invitation(opens=22 * 60, closes=4 * 60, zone="Europe/Athens")
    assert [night.is_open(datetime(2026, 11, 23, hour, 30, tzinfo=UTC)) for hour in (19, 20, 23, 1, 2)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_an_invitation_is_believed_by_the_hubs_signature_only() -> None:
    """Changed, or signed by a kiosk, it is not."""
    good = fleet.encode(invitation())
    assert fleet.decode(good, Invitation, HUB.public()) == invitation()
    forged = fleet.encode(fleet.signed(invitation(), KIOSK))
    for bad in (forged, good.replace(b"1.1", b"1.2")):
        with pytest.raises(SealError):
            fleet.decode(bad, Invitation, HUB.public())


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x90", bytes(fleet.LARGEST + 1)])
def test_bytes_that_are_no_message_are_refused(payload: bytes) -> None:
    """With a sentence, not a traceback."""
    with pytest.raises(BadBytes):
        fleet.decode(payload, Invitation, HUB.public())


@pytest.mark.parametrize(
    "changed",
    [
        {"version": "1.x"},
        {"floor": "9"},
        {"manifest": "no"},
        {"zone": "Mars/Base"},
        {"opens": 1440},
        {"device": 0},
    ],
)
def test_an_invitation_that_cannot_be_is_refused(changed: dict[str, object]) -> None:
    """Before it is signed, and after."""
    with pytest.raises(ValueError, match=r"must|number|zone|minutes|version"):
        invitation(**changed)


def test_versions_are_compared_as_numbers() -> None:
    """1.10 is above 1.9, and 1.0 is 1."""
    assert fleet.newer("1.10", "1.9")
    assert not fleet.newer("1.0", "1")
    assert not fleet.newer("1", "1.0")


def test_a_report_waits_until_the_hub_has_it(tmp_path: Path) -> None:
    """Also across a restart; numbers never come twice."""
    keeping = UpdateKeeping(tmp_path / "update.db")
    make = lambda n: fleet.signed(fleet.Report(DEVICE, n, 1, Outcome.WAITING, OLD), KIOSK)  # noqa: E731
    keeping.record(waiting(), [make, make])
    keeping.close()
    again = UpdateKeeping(tmp_path / "update.db")
    assert again.state() == waiting()
    assert len(again.unheard()) == 2
    again.heard(2)
    again.record(waiting(), [make])
    assert [fleet.decode(w, fleet.Report, KIOSK.public()).sequence for w in again.unheard()] == [3]
