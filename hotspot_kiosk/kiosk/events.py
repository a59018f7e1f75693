"""What can happen to a capture session (events) and what it wants done (effects). Values only.

A `turn` numbers each request to a device; a sample that answers an older turn belongs to nobody
who still stands there, and the session drops it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from hotspot_kiosk.terms import (
    Advice,
    AnyAnswer,
    Capture,
    FingerPosition,
    FingerTemplate,
    Purpose,
    RequestType,
    Tcn,
)


class Prompt(StrEnum):
    """What a person is told to do, or is told; the words for each are chosen where it is shown."""

    READY = "ready"
    READ_NOTICE = "read notice"
    LOOK_AT_CAMERA = "look at camera"
    FACE_TAKEN = "face taken"
    PLACE_FINGER = "place finger"
    LIFT_FINGER = "lift finger"
    READING = "reading"
    AGAIN = "again"
    GOING_ON = "going on without"
    REVIEW = "review"
    CHECKING = "checking"
    KEPT = "kept, will be checked"
    LATE = "no answer yet"
    ANSWERED = "answered"
    ENROLLED = "enrolled"
    OFFICER_LOOKS = "an officer will look at it"
    NOT_ENROLLED = "not enrolled"
    STOPPED = "stopped"
    NOTHING_CAPTURED = "nothing captured"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Begin:
    """An officer, or the person, starts; the rules have been checked already.

    fingers: those that the operation asks for; None leaves it to the plan. majority: its age of majority. alone: no
    officer stands by, so that a second look that is asked for is waited for.
    """

    tot: Purpose = RequestType.NPS
    fingers: tuple[FingerPosition, ...] | None = None
    majority: int = 18
    alone: bool = False


@dataclass(frozen=True, slots=True)
class NoticeRead:
    """The notice was shown to its end."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """A device gave a sample, and features were made of it.

    look_again: the face may be younger than the operation allows; how young it looks is not told.
    """

    turn: int
    capture: Capture
    look_again: bool = False


@dataclass(frozen=True, slots=True)
class Missed:
    """A try gave nothing usable; `advice` says what to do."""

    turn: int
    advice: Advice


@dataclass(frozen=True, slots=True)
class Accept:
    """The review is over: send it."""


@dataclass(frozen=True, slots=True)
class Retake:
    """Begin the captures again."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop and forget everything that is not stored yet."""


@dataclass(frozen=True, slots=True)
class Without:
    """What is asked for now cannot or will not be given, for this reason; go on to what comes next.

    everything: no finger can be given at all.
    """

    reason: str
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Partly:
    """A part of the finger that is asked for is missing; what is there of it is taken."""


@dataclass(frozen=True, slots=True)
class Overrule:
    """An officer takes the best of what was refused for its quality; the reason travels with the record."""

    officer: str
    reason: str


@dataclass(frozen=True, slots=True)
class StillHere:
    """The person needs more time."""


@dataclass(frozen=True, slots=True)
class LookedAgain:
    """The officer looked at the person once more and still attests an adult."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The record is on disk, sealed."""

    tcn: Tcn


@dataclass(frozen=True, slots=True)
class StoreRefused:
    """The record could not be stored."""

    reason: str


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer came down, for this person or another."""

    answer: AnyAnswer


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The hub will not take a part of this record; somebody must look at it."""

    tcn: Tcn
    reason: str


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The link came up or went down."""

    up: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """A device does not answer."""

    device: str


@dataclass(frozen=True, slots=True)
class Found:
    """A device answers again."""

    device: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed."""


Event = (
    Begin
    | NoticeRead
    | Sampled
    | Missed
    | Accept
    | Retake
    | Cancel
    | Without
    | Partly
    | Overrule
    | StillHere
    | LookedAgain
    | Stored
    | StoreRefused
    | Answered
    | Quarantined
    | LinkChanged
    | Lost
    | Found
    | Tick
)

# Effects


@dataclass(frozen=True, slots=True)
class Show:
    """Tell the person or the officer; `detail` completes the prompt (a finger, an advice); `hint`: how to place it."""

    prompt: Prompt
    detail: str = ""
    hint: Advice = Advice.NONE


@dataclass(frozen=True, slots=True)
class TakeFace:
    """Ask the camera for a face; of one that may be younger than `majority` the answer says so.

    then: the finger that comes after it, if any; it is told while the face's features are still being made.
    """

    turn: int
    majority: int = 18
    then: str = ""


@dataclass(frozen=True, slots=True)
class TakeFinger:
    """Ask the sensor for a touch of this finger; `then` names the finger that comes after it, if any.

    taken: features of this person's touches so far, by which a finger given twice is seen. again: a try for this
    very touch failed before.
    """

    turn: int
    position: FingerPosition
    then: str = ""
    taken: tuple[FingerTemplate, ...] = field(default=(), repr=False, compare=False)
    again: bool = False


@dataclass(frozen=True, slots=True)
class StopTaking:
    """Whatever device is capturing: stop."""


@dataclass(frozen=True, slots=True)
class Store:
    """Seal these and put them into the outbox; answer with Stored or StoreRefused."""

    tot: Purpose
    captures: tuple[Capture, ...] = field(repr=False)
    failures: tuple[str, ...] = ()
    overruled: tuple[str, ...] = ()
    partly: tuple[FingerPosition, ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something an officer must know at once."""

    text: str


Effect = Show | TakeFace | TakeFinger | StopTaking | Store | Alarm
