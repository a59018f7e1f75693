"""What can happen to a check: events, each kept once, as the store keeps them. Values only.

Nothing is ever changed, only added. What is shielded about the person is in no event.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from hotspot_kiosk.decision import What, signer
from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.officers import Roster
from hotspot_kiosk.policy import Ended, Finding, Vote
from hotspot_kiosk.terms import Decision, RequestType, Tcn, as_plain


class Event(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Base of all events. `at`: the hub's time. `name` is what makes two of a case the same event."""

    at: datetime

    @property
    def name(self) -> str:
        """One of each: a repeat is dropped."""
        return type(self).__name__.lower()


class Opened(Event, frozen=True):
    """A probe came. captured: when, by the kiosk's clock; clock: whether that was trusted.

    failures: how many samples could not be acquired. overruled: samples that an officer took though their
    quality was poor, and why.
    """

    device: int
    post: str
    operation: str
    tot: RequestType
    captured: datetime
    clock: bool
    failures: int = 0
    overruled: tuple[str, ...] = ()


class Found(msgspec.Struct, frozen=True, array_like=True):
    """A candidate of the own gallery; why: what each comparison added to the score (log-odds).

    strong: its score alone makes it a possible match; otherwise it is undecided.
    """

    reference: str
    rank: int
    score: float
    strong: bool = True
    source: str = ""
    why: tuple[tuple[str, float], ...] = ()


class Searched(Event, frozen=True):
    """What the own gallery says."""

    decision: Decision
    found: tuple[Found, ...] = ()
    trouble: str = ""


class Rechecked(Event, frozen=True):
    """A kiosk referred its person without us: what this case of its watchlist and the whole probe gave."""

    reference: str

    @property
    def name(self) -> str:
        """Once a case of the list, however often the probe comes."""
        return f"rechecked/{self.reference}"


class Sent(Event, frozen=True):
    """The evidence went to a partner. notes: what was taken out of it before."""

    partner: str
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Once to each."""
        return f"sent/{self.partner}"


class Kept(Event, frozen=True):
    """The evidence will not go to a partner, and why. told: the post may hear it, because it tells nothing of the person."""

    partner: str
    why: str
    told: bool = False

    @property
    def name(self) -> str:
        """Once for each."""
        return f"kept/{self.partner}"


class Replied(Event, frozen=True):
    """One message of a partner: no hit (sequence 0), or one of `total` candidates.

    tcn: the message's own number. source: the country the reference came from. verified: by a person there.
    """

    partner: str
    tcn: str
    source: str
    sequence: int
    total: int
    reference: str
    verified: bool = False

    @property
    def name(self) -> str:
        """A repeated message carries its number again."""
        return f"replied/{self.partner}/{self.tcn}"


class Failed(Event, frozen=True):
    """A partner could not search. course: what to do about it, in words."""

    partner: str
    tcn: str
    code: int
    course: str

    @property
    def name(self) -> str:
        """A repeated message carries its number again."""
        return f"failed/{self.partner}/{self.tcn}"


class Told(Event, frozen=True):
    """A kiosk was given this edition; view: a digest of what it says."""

    device: int
    edition: int
    view: bytes

    @property
    def name(self) -> str:
        """Editions of a kiosk only rise."""
        return f"told/{self.device}/{self.edition}"


class Voted(Event, frozen=True):
    """One person compared the pictures of one candidate. signed: with that person's own key (`decision`).

    Nothing is signed of what a kiosk vouches for, where the person was signed in; kiosk: which one that is.
    """

    reference: str
    officer: str
    finding: Finding
    reason: str
    signed: bytes = b""
    kiosk: int = 0

    @property
    def name(self) -> str:
        """A person speaks once about a candidate."""
        return f"voted/{self.reference}/{self.officer}"

    def vote(self, tcn: Tcn, roster: Roster | None) -> Vote:
        """As the rules count it: what was kept of a signature is verified each time, and whose key it was then."""
        key = b""
        if self.signed and roster is not None:
            what = What(self.finding.value)
            key = signer(self.signed, self.officer, what, tcn, self.reference, self.reason, self.at)
            key = key if key and roster.held(self.officer, key, self.at) else b""
        return Vote(self.officer, self.finding, self.reason, key, self.kiosk)


class Judged(Event, frozen=True):
    """The legal officer let a sealed candidate go to the post, or did not."""

    reference: str
    officer: str
    released: bool
    reason: str
    signed: bytes = b""

    @property
    def name(self) -> str:
        """What was withheld may still be released; what was released cannot be called back."""
        return f"judged/{self.reference}/{self.released}"


class Reported(Event, frozen=True):
    """The partner was told what became of its hit; withheld: why it was not. answer: its message's number.

    found: when people came to say so.
    """

    partner: str
    answer: str
    outcome: str
    withheld: str = ""
    found: datetime | None = None

    @property
    def name(self) -> str:
        """Each outcome once, unless people said otherwise between."""
        when = f"/{self.found.timestamp():.3f}" if self.found is not None else ""
        return f"reported/{self.partner}/{self.answer}/{self.outcome}{when}"


class Left(Event, frozen=True):
    """The person is not at the post any more."""

    who: str
    signed: bytes = b""


class Consulted(Event, frozen=True):
    """Somebody was shown something of it, or told its person; what: as they signed it (`decision.What`)."""

    who: str
    what: What
    signed: bytes = b""

    @property
    def name(self) -> str:
        """Each time."""
        return f"consulted/{self.who}/{self.what}/{self.at.timestamp():.6f}"


class Enrolling(Event, frozen=True):
    """A step of an enrolment, which is no check: what it says is read by `enrolment_case` alone."""

    step: str
    body: bytes

    @property
    def name(self) -> str:
        """As the step's; never that of a check's event."""
        return f"enrolling/{self.step}"


class Purged(Event, frozen=True):
    """What the hub opened of this record was destroyed; due: its deadline.

    slip: of a record that its person had erased: by which their number is known again (`slip.Encounter.kept`).
    signed: the decision of whoever ordered it before its time (`decision`): nothing of the person stands in it.
    """

    ended: Ended
    due: datetime | None = None
    slip: bytes = b""
    signed: bytes = b""


Known = (
    Opened
    | Searched
    | Rechecked
    | Sent
    | Kept
    | Replied
    | Failed
    | Told
    | Voted
    | Judged
    | Reported
    | Left
    | Consulted
    | Enrolling
    | Purged
)
_encoder = msgspec.msgpack.Encoder(enc_hook=as_plain)
_decoder: msgspec.msgpack.Decoder[Known] = msgspec.msgpack.Decoder(Known)


def encode(event: Known) -> bytes:
    """An event's bytes, for the store."""
    return _encoder.encode(event)


def decode(body: bytes) -> Known:
    """The inverse of `encode`. Raises BadBytes."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadBytes("an event of a case cannot be read") from None
