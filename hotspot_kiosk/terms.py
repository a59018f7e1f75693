"""The words both houses speak: values that travel, each checking itself.

Names follow ISO/IEC 2382-37 (sample, template, probe, reference, comparison score) and, for
`tcn`, `tcr` and `tot`, ANSI/NIST-ITL 1-2011. Pixels, templates and vectors never show in a repr.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.errors import BadBytes, BadSample

CHECK_LETTERS = "ZABCDEFGHJKLMNPQRTUVWXY"
TCN_PATTERN = re.compile(r"[0-9]{14}[A-HJ-NP-RT-Z]", re.ASCII)
MAX_DEVICE = 99_999
TRAINING_DEVICES = range(98_000, 99_000)
MAX_COUNTER = 9_999_999
EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)  # this software was written later: a clock before it is wrong


class Realm(StrEnum):
    """Whether something is real or for training. It is bound into keys, envelopes and signatures; nothing turns one into the other."""

    REAL = "real"
    TRAINING = "training"


def realm_of(device: int) -> Realm:
    """The realm of a kiosk's number, and so of every TCN that it mints. The hub (0) has none of its own."""
    return Realm.TRAINING if device in TRAINING_DEVICES else Realm.REAL


class Tcn(str):
    """Transaction control number: YY, 12-digit serial, check letter (INT-I 1.009).

    The serial is the device's number (5 digits) and a counter of that device (7 digits), so two
    kiosks can never mint the same one. Raises BadBytes if the text is not a valid number.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Tcn:
        """Check the text first."""
        if not TCN_PATTERN.fullmatch(text) or text[14] != check_letter(text[:14]):
            raise BadBytes("not a transaction control number: expected 14 digits and their check letter")
        return super().__new__(cls, text)

    @classmethod
    def mint(cls, year: int, device: int, counter: int) -> Tcn:
        """The number for a device's counter in a year (any full year; two digits are kept)."""
        if not 1 <= device <= MAX_DEVICE or not 1 <= counter <= MAX_COUNTER:
            raise ValueError(f"device must be 1..{MAX_DEVICE} and counter 1..{MAX_COUNTER}")
        digits = f"{year % 100:02d}{device:05d}{counter:07d}"
        return cls(digits + check_letter(digits))

    @property
    def device(self) -> int:
        """The number of the kiosk that minted it."""
        return int(self[2:7])

    @property
    def counter(self) -> int:
        """Its place among all that this kiosk minted, whatever year its clock showed."""
        return int(self[7:14])


def as_plain(value: object) -> object:
    """A Tcn as plain text, for encoders that take exact types only (msgspec's `enc_hook`)."""
    if isinstance(value, Tcn):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} cannot be encoded")


def check_letter(digits: str) -> str:
    """The letter for 14 digits: their value modulo 23, 0 giving Z (INT-I 1.009)."""
    return CHECK_LETTERS[int(digits) % 23]


class RequestType(StrEnum):
    """What a kiosk may ask (TOT). A search only: enrolment at INTERPOL has no word here."""

    NPS = "NPS"
    CPS = "CPS"


class EnrolmentType(StrEnum):
    """What a reception asks: a place in the national gallery. It is no search, and no TOT of INTERPOL's."""

    NATIONAL = "NATENR"


Purpose = RequestType | EnrolmentType
"""What a record is for. The two are different types: neither can be turned into the other."""


class AnswerType(StrEnum):
    """What may come back (TOT)."""

    SRE = "SRE"
    ERR = "ERR"


class Part(StrEnum):
    """The two parts of one record, sent in this order."""

    PROBE = "probe"
    EVIDENCE = "evidence"


class Modality(StrEnum):
    """The biometric characteristic a sample shows."""

    FACE = "face"
    FINGER = "finger"


class FingerPosition(IntEnum):
    """Finger position codes (ANSI/NIST-ITL FGP)."""

    RIGHT_THUMB = 1
    RIGHT_INDEX = 2
    RIGHT_MIDDLE = 3
    RIGHT_RING = 4
    RIGHT_LITTLE = 5
    LEFT_THUMB = 6
    LEFT_INDEX = 7
    LEFT_MIDDLE = 8
    LEFT_RING = 9
    LEFT_LITTLE = 10

    @property
    def words(self) -> str:
        """As a person would say it: `right index`."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class SensorGrade:
    """What a finger sensor really delivers. `fap` is None unless the device is certified for it."""

    device: str
    width: int
    height: int
    ppi: int
    grey_levels: int
    fap: int | None = None


@dataclass(frozen=True, slots=True)
class FingerSample:
    """One touch: pixels uint8 (height, width), dark ridges on light, `grade.ppi` pixels an inch."""

    position: FingerPosition
    grade: SensorGrade
    pixels: NDArray[np.uint8] = field(repr=False)

    def __post_init__(self) -> None:
        _check_pixels(self.pixels, dimensions=2)


@dataclass(frozen=True, slots=True)
class FaceSample:
    """One frame: pixels uint8 (height, width, 3), sRGB order R, G, B."""

    device: str
    pixels: NDArray[np.uint8] = field(repr=False)

    def __post_init__(self) -> None:
        _check_pixels(self.pixels, dimensions=3)
        if self.pixels.shape[2] != 3:
            raise BadSample("a face sample needs three colour channels")


Sample = FingerSample | FaceSample


def _check_pixels(pixels: NDArray[np.uint8], dimensions: int) -> None:
    if pixels.dtype != np.uint8 or pixels.ndim != dimensions or min(pixels.shape[:2]) < 1:
        raise BadSample(f"expected 8-bit pixels in {dimensions} dimensions")
    if max(pixels.shape[:2]) > 8192:
        raise BadSample("the image is larger than 8192 pixels on a side")


class Advice(StrEnum):
    """What may be done about a sample, or that nothing need be; the words are chosen where it is shown."""

    NONE = ""
    NO_FACE = "no face"
    SEVERAL_FACES = "several faces"
    TOO_FAR = "too far"
    TOO_CLOSE = "too close"
    OUT_OF_FRAME = "out of frame"
    LOOK_STRAIGHT = "look straight"
    HEAD_UPRIGHT = "head upright"
    EYES = "eyes"
    FACE_COVERED = "face covered"
    TOO_DARK = "too dark"
    GLARE = "glare"
    UNEVEN_LIGHT = "uneven light"
    HOLD_STILL = "hold still"
    BACKGROUND = "background"
    ONCE_MORE = "once more"
    NO_FINGER = "no finger"
    MORE_FINGER = "more of the finger"
    FINGER_MIDDLE = "middle of the finger"
    PRESS_HARDER = "press harder"
    FINGER_WET = "wet finger"
    FINGER_STILL = "hold finger still"
    OTHER_FINGER = "other finger"
    SAME_FINGER = "same finger"
    LIFT_FINGER = "lift finger"
    WIPE_GLASS = "wipe glass"
    ROLL_LEFT = "roll left"
    ROLL_RIGHT = "roll right"
    FINGERTIP = "fingertip"
    FURTHER_FORWARD = "further forward"


# How the components begin that tell whether a face looks like a picture of one; they advise an officer, no more.
PRESENTATION = "presentation: "
LOW_CUE = 50  # a presentation cue below it is a reason for the officer to look, and no finding


@dataclass(frozen=True, slots=True)
class QualityComponent:
    """One aspect of a sample's quality, 0 (useless) to 100, and what to do when it is low.

    counts: whether it limits the sample's score; what does not is only told.
    """

    name: str
    score: int
    advice: Advice = Advice.NONE
    counts: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 100:
            raise ValueError(f"quality of {self.name} must be 0..100, got {self.score}")


@dataclass(frozen=True, slots=True)
class Quality:
    """Quality score of a sample, 0..100: the least of the components that count (ISO/IEC 29794-1 sense)."""

    components: tuple[QualityComponent, ...]

    @property
    def score(self) -> int:
        """The least component's score; 0 if nothing was measured."""
        return min((part.score for part in self.components if part.counts), default=0)

    @property
    def advice(self) -> Advice:
        """What to do about the least component that counts."""
        counting = [part for part in self.components if part.counts]
        return min(counting, key=lambda part: part.score).advice if counting else Advice.NONE


@dataclass(frozen=True, slots=True)
class FaceTemplate:
    """Features of a face: a float32 vector of the named model."""

    model: str
    vector: NDArray[np.float32] = field(repr=False)


@dataclass(frozen=True, slots=True)
class FingerTemplate:
    """Features of one touch, made by the named extractor.

    minutiae: int16 (n, 4): x and y in pixels, y down; direction in 1/256 turn, counted from +x
    towards +y, pointing along the ridge it ends (or, at a fork, between the two close branches);
    kind 0 ending, 1 bifurcation.
    area: bool (ceil(height/8), ceil(width/8)), blocks of 8x8 px in which ridges were readable.
    ridges: bool (height//2, width//2), True on a ridge, at half the sample's resolution; shape
    (0, 0) where it did not travel.
    """

    model: str
    position: FingerPosition
    ppi: int
    width: int
    height: int
    minutiae: NDArray[np.int16] = field(repr=False)
    area: NDArray[np.bool_] = field(repr=False)
    ridges: NDArray[np.bool_] = field(repr=False)

    def __post_init__(self) -> None:
        blocks = (-(-self.height // 8), -(-self.width // 8))
        halves = (self.height // 2, self.width // 2)
        if self.minutiae.ndim != 2 or self.minutiae.shape[1] != 4:
            raise BadBytes("a finger template's minutiae need four columns")
        if self.area.shape != blocks or self.ridges.shape not in (halves, (0, 0)):
            raise BadBytes("a finger template's area or ridges do not fit its width and height")


Template = FaceTemplate | FingerTemplate


@dataclass(frozen=True, slots=True)
class Capture:
    """A sample that was accepted, with its quality and features."""

    sample: Sample
    quality: Quality
    template: Template

    @property
    def modality(self) -> Modality:
        """Which characteristic it shows."""
        return Modality.FACE if isinstance(self.sample, FaceSample) else Modality.FINGER


@dataclass(frozen=True, slots=True)
class ClockStamp:
    """A moment, told by three clocks, and whether the wall clock could be trusted then.

    boot_id names this start of the machine; monotonic_ms counts within it; wall is UTC.
    """

    boot_id: str
    monotonic_ms: int
    wall: datetime
    trusted: bool


@dataclass(frozen=True, slots=True)
class Request:
    """One person's check: what a post asks the hub. overruled: what an officer took though it was poor, and why.

    referred: the cases of the kiosk's watchlist for which it sent the person to an officer, without the hub.
    partly: fingers of which a part is missing; only their images say so, the probe does not carry it.
    """

    tcn: Tcn
    tot: RequestType
    post: str
    operation: str
    notice: str
    stamp: ClockStamp
    captures: tuple[Capture, ...]
    acquisition_failures: tuple[str, ...] = ()
    overruled: tuple[str, ...] = ()
    referred: tuple[str, ...] = ()
    partly: tuple[FingerPosition, ...] = ()


@dataclass(frozen=True, slots=True)
class EnrolmentRequest:
    """What a reception asks the hub: to enrol one person into the national gallery of its operation.

    renews: the TCN of an earlier encounter that an officer says was the same person, or None.
    officer: the id of that officer, never a name; empty where a person began by themselves.
    overruled, partly: as for `Request`.
    """

    tcn: Tcn
    post: str
    operation: str
    notice: str
    stamp: ClockStamp
    captures: tuple[Capture, ...]
    acquisition_failures: tuple[str, ...] = ()
    renews: Tcn | None = None
    officer: str = ""
    overruled: tuple[str, ...] = ()
    partly: tuple[FingerPosition, ...] = ()


class Decision(StrEnum):
    """What the comparisons say. None of these is a verdict on a person: two people decide."""

    POSSIBLE_MATCH = "possible match, verify"
    NO_HIT = "no hit"
    UNDECIDED = "undecided"
    PENDING = "no answer yet"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reference that resembles the probe; score in log-odds, fused; 0 where a partner tells none.

    source: which country placed the reference, empty if that is not told.
    """

    reference: str
    rank: int
    score: float
    source: str = ""


@dataclass(frozen=True, slots=True)
class Late:
    """An answer after its person has left: the post that captured them, when, and until when it counts.

    clock: whether the kiosk's clock was trusted; if not, `seen` is when the hub got the record.
    """

    post: str
    seen: datetime
    clock: bool
    expires: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes down for a request; `tcr` is the request's tcn (INT-I 1.010).

    edition: a later or better answer has a higher one, and replaces those before it.
    """

    tcr: Tcn
    tot: AnswerType
    decision: Decision
    candidates: tuple[Candidate, ...]
    answered: datetime
    note: str = ""
    edition: int = 1
    late: Late | None = None


class EnrolmentDecision(StrEnum):
    """How an enrolment stands. None of these says anything about a person."""

    ENROLLED = "enrolled"
    OFFICER = "an officer will look at it"
    NOT_ENROLLED = "not enrolled"


@dataclass(frozen=True, slots=True)
class EnrolmentAnswer:
    """What comes down for an enrolment: it names no reference, and says what to do where it did not work.

    edition: as for `Answer`.
    """

    tcr: Tcn
    decision: EnrolmentDecision
    answered: datetime
    note: str = ""
    edition: int = 1


AnyAnswer = Answer | EnrolmentAnswer


def same_lane(asked: Purpose, answer: AnyAnswer) -> bool:
    """Whether an answer is one to what was asked: a search hears of a search, an enrolment of an enrolment."""
    return isinstance(asked, EnrolmentType) == isinstance(answer, EnrolmentAnswer)
