"""An update's life at one kiosk, as values: `step(state, event) -> (state, effects)`. Touches nothing.

Whoever carries it out (`update_agent`) writes the state and what it tells down first and acts then; after a cut the
event Started leads on from whatever was written. Installed is not confirmed: a system that has not passed its
self-test is left again, and why is kept. The table stands at the foot; an unlisted pair changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec

from hotspot_kiosk.fleet import Invitation, Outcome, newer, parsed

MOST_TRIES = 5  # of an installation that is cut off or finds no server
MOST_BOOTS = 3  # of a new system that does not finish its self-test
MOST_RETURNS = 3  # restarts by which a refused system tries to get back to the one before


class Phase(StrEnum):
    """Where an update is. What is not IDLE or WAITING is finished before another begins."""

    IDLE = "idle"
    WAITING = "waiting"
    INSTALLING = "installing"
    INSTALLED = "installed"
    TRYING = "trying"
    CONFIRMING = "confirming"
    REJECTED = "rejected"


class Update(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The state, as it is kept on disk.

    version, boot: what runs, and during which start of the machine this was last told. floor: the least version that may be installed.
    number: of the newest invitation that was looked at. tries, boots: of this update. held: the hub called it off.
    """

    phase: Phase = Phase.IDLE
    version: str = "0"
    boot: str = ""
    floor: str = "0"
    number: int = 0
    invitation: Invitation | None = None
    tries: int = 0
    boots: int = 0
    held: bool = False
    reason: str = ""
    sealed: bytes = b""


class Event(msgspec.Struct, frozen=True):
    """Base of what can happen."""


class Started(Event, frozen=True):
    """The agent started: this version runs, in this start of the machine."""

    version: str
    boot: str


class Invited(Event, frozen=True):
    """The newest invitation, signed by the hub, for this kiosk."""

    invitation: Invitation


class Looked(Event, frozen=True):
    """The agent looked round. open: the window is. quiet: no session and no live record. late: past the deadline."""

    open: bool
    quiet: bool
    late: bool


class Written(Event, frozen=True):
    """RAUC has written the other slot and will start from it next."""


class NotWritten(Event, frozen=True):
    """RAUC has not. again: it may work another time."""

    reason: str
    again: bool


class Passed(Event, frozen=True):
    """The self-test passed; its sealed record for the hub."""

    sealed: bytes


class NotPassed(Event, frozen=True):
    """The self-test did not pass."""

    reason: str


class Marked(Event, frozen=True):
    """The boot loader was told, and confirmed, that this system is good."""


class Effect(msgspec.Struct, frozen=True):
    """Base of what is to be done, after the state is on disk."""


class Install(Effect, frozen=True):
    """Let RAUC write the bundle into the other slot."""

    invitation: Invitation


class Examine(Effect, frozen=True):
    """Let the self-test run and wait for its verdict."""


class MarkGood(Effect, frozen=True):
    """Tell the boot loader to stay with this system."""


class MarkBad(Effect, frozen=True):
    """Tell the boot loader never to start this system again."""


class StayHere(Effect, frozen=True):
    """Tell the boot loader to start from the running slot after all."""


class Restart(Effect, frozen=True):
    """Start the machine anew."""


class Tell(Effect, frozen=True):
    """Report this to the hub; kept in one with the state."""

    outcome: Outcome
    number: int
    reason: str = ""
    sealed: bytes = b""


Effects = tuple[Effect, ...]
Step = tuple[Update, Effects]


def step(state: Update, event: Event) -> Step:
    """What the event makes of the state, and what is to be done then."""
    handler = TABLE.get((state.phase, type(event)))
    return handler(state, event) if handler else (state, ())


def _changed(state: Update, **fields: Any) -> Update:
    return msgspec.structs.replace(state, **fields)


def _over(state: Update, outcome: Outcome, reason: str = "", sealed: bytes = b"") -> Step:
    """Back to IDLE; what runs and the floor stay as they are."""
    idle = Update(version=state.version, boot=state.boot, floor=state.floor, number=state.number)
    number = state.invitation.number if state.invitation else state.number
    return idle, (Tell(outcome, number, reason, sealed),)


def _known(state: Update, event: Started) -> Step:
    """Nothing was under way."""
    return _changed(state, version=event.version, boot=event.boot), ()


def _invited(state: Update, event: Invited) -> Step:
    """Only ever a higher number; its floor counts from now on, whatever becomes of the rest."""
    fresh = event.invitation
    if fresh.number <= state.number:
        return state, ()
    floor = fresh.floor if newer(fresh.floor, state.floor) else state.floor
    state = _changed(state, number=fresh.number, floor=floor, invitation=fresh, tries=0, phase=Phase.WAITING)
    if fresh.hold:
        return _over(state, Outcome.HELD, "the hub called the update off")
    if newer(floor, fresh.version):
        return _over(
            state, Outcome.REFUSED, f"version {fresh.version} is below the floor {floor}; ask for a newer one"
        )
    if parsed(fresh.version) == parsed(state.version):
        return _over(state, Outcome.CONFIRMED, "it runs already")
    return state, (Tell(Outcome.WAITING, fresh.number),)


def _called_off(state: Update, event: Invited) -> Step:
    """While it is written, or waits for its restart: only a word to stop counts; other invitations come again."""
    fresh = event.invitation
    if not fresh.hold or fresh.number <= state.number:
        return state, ()
    if state.phase is Phase.INSTALLING:
        return _changed(state, number=fresh.number, held=True), ()
    return _stopped(_changed(state, number=fresh.number))


def _stopped(state: Update) -> Step:
    idle, tells = _over(state, Outcome.HELD, "the hub called the update off before the restart")
    return idle, (StayHere(), *tells)


def _looked_waiting(state: Update, event: Looked) -> Step:
    invitation = state.invitation
    if invitation is None or event.late:
        return _over(
            state, Outcome.FAILED, "the deadline passed before the kiosk was free; start the rollout anew"
        )
    if not (event.open and event.quiet):
        return state, ()
    begun = _changed(state, phase=Phase.INSTALLING, tries=state.tries + 1)
    return begun, (Tell(Outcome.INSTALLING, invitation.number), Install(invitation))


def _looked_installed(state: Update, event: Looked) -> Step:
    """The restart waits for quiet and for the window; not for the deadline, which is for beginning."""
    return state, (Restart(),) if event.quiet and event.open else ()


def _written(state: Update, _event: Written) -> Step:
    if state.held:
        return _stopped(state)
    number = state.invitation.number if state.invitation else 0
    return _changed(state, phase=Phase.INSTALLED), (Tell(Outcome.INSTALLED, number),)


def _not_written(state: Update, event: NotWritten) -> Step:
    if state.held:
        return _over(state, Outcome.HELD, "the hub called the update off")
    if event.again and state.tries < MOST_TRIES:
        return _changed(state, phase=Phase.WAITING, reason=event.reason), ()
    return _over(state, Outcome.FAILED, event.reason)


def _started_installing(state: Update, event: Started) -> Step:
    """Power went while the slot was written: it is written anew. Or just after, and the new system runs already."""
    fresh = state.invitation
    if fresh and event.boot != state.boot and parsed(event.version) == parsed(fresh.version):
        state = _changed(state, boots=0, version=event.version)
        if state.held:
            return _rejected(_changed(state, boot=event.boot), "the hub called the update off")
        return _on_trial(state, event)
    state = _changed(state, version=event.version, boot=event.boot)
    why = "the installation was cut off each time; look at the kiosk's power"
    return _not_written(state, NotWritten(why, again=True))


def _started_installed(state: Update, event: Started) -> Step:
    if event.boot == state.boot:
        return state, ()
    return _on_trial(_changed(state, boots=0, reason="it did not come up far enough to test itself"), event)


def _on_trial(state: Update, event: Started) -> Step:
    """A start in the new system is a trial, unless it had enough of them; one in the old is the way back."""
    before = state.boot
    state = _changed(state, version=event.version, boot=event.boot)
    if state.invitation is None or parsed(event.version) != parsed(state.invitation.version):
        return _over(state, Outcome.ROLLED_BACK, state.reason)
    boots = state.boots + (event.boot != before)
    if boots > MOST_BOOTS:
        return _rejected(
            _changed(state, boots=boots), f"it started {MOST_BOOTS} times and never finished its self-test"
        )
    reason = "it stopped during its self-test"
    return _changed(state, phase=Phase.TRYING, boots=boots, reason=reason), (Examine(),)


def _passed(state: Update, event: Passed) -> Step:
    return _changed(state, phase=Phase.CONFIRMING, sealed=event.sealed, reason=""), (MarkGood(),)


def _not_passed(state: Update, event: NotPassed) -> Step:
    return _rejected(state, event.reason)


def _rejected(state: Update, reason: str) -> Step:
    return _changed(state, phase=Phase.REJECTED, boots=0, reason=reason), (MarkBad(), Restart())


def _looked_confirming(state: Update, _event: Looked) -> Step:
    """The boot loader could not be told; a system that is not marked good is left by it at some start."""
    return state, (MarkGood(),)


def _marked(state: Update, _event: Marked) -> Step:
    return _over(state, Outcome.CONFIRMED, sealed=state.sealed)


def _started_confirming(state: Update, event: Started) -> Step:
    """Power went before the boot loader's confirmation was seen."""
    state = _changed(state, version=event.version, boot=event.boot)
    if state.invitation is None or parsed(event.version) != parsed(state.invitation.version):
        return _over(
            state,
            Outcome.ROLLED_BACK,
            "it passed its self-test, but the boot loader went back before it was told",
        )
    return state, (MarkGood(),)


def _started_rejected(state: Update, event: Started) -> Step:
    """Mostly the system before runs now. A boot loader that does not go back is told so often, then people are."""
    again = event.boot != state.boot
    state = _changed(state, version=event.version, boot=event.boot, boots=state.boots + again)
    if state.invitation is None or parsed(event.version) != parsed(state.invitation.version):
        return _over(state, Outcome.ROLLED_BACK, state.reason)
    if state.boots > MOST_RETURNS:
        return _over(
            state,
            Outcome.FAILED,
            f"{state.reason}; and the boot loader does not go back: a maintainer has to come",
        )
    return state, (MarkBad(), Restart())


TABLE: dict[tuple[Phase, type[Event]], Callable[[Update, Any], Step]] = {
    (Phase.IDLE, Started): _known,
    (Phase.IDLE, Invited): _invited,
    (Phase.WAITING, Started): _known,
    (Phase.WAITING, Invited): _invited,
    (Phase.WAITING, Looked): _looked_waiting,
    (Phase.INSTALLING, Started): _started_installing,
    (Phase.INSTALLING, Invited): _called_off,
    (Phase.INSTALLING, Written): _written,
    (Phase.INSTALLING, NotWritten): _not_written,
    (Phase.INSTALLED, Started): _started_installed,
    (Phase.INSTALLED, Invited): _called_off,
    (Phase.INSTALLED, Looked): _looked_installed,
    (Phase.TRYING, Started): _on_trial,
    (Phase.TRYING, Passed): _passed,
    (Phase.TRYING, NotPassed): _not_passed,
    (Phase.CONFIRMING, Started): _started_confirming,
    (Phase.CONFIRMING, Looked): _looked_confirming,
    (Phase.CONFIRMING, Marked): _marked,
    (Phase.REJECTED, Started): _started_rejected,
}
