"""What an officer's page asks of the daemon, and what it hears: values that go over the desk's socket.

A page has no authority of its own: every request carries the token of who is signed in and the browser's secret,
and the daemon decides. No templates, and no pixels but the two faces that an officer compares; secrets are in no repr.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from hotspot_kiosk.kiosk.care import checkup
from hotspot_kiosk.kiosk.care.loglines import Line
from hotspot_kiosk.policy import Finding

Secret = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{0,64}$")]
Name = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9._-]{0,40}$")]
Words = Annotated[str, msgspec.Meta(max_length=200)]
Doing = Literal[
    "begin",
    "hand over",
    "take back",
    "minor",
    "notice read",
    "accept",
    "retake",
    "cancel",
    "still here",
    "looked again",
    "without",
    "overrule",
    "requeue",
    "erase",
    "find",
    "pictures",
]


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="ask"):
    """Base of all. browser: the secret that the page gave this browser before anybody signed in."""

    browser: Secret = ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Who(Request, frozen=True, tag="who"):
    """Which ids may sign in here."""


class Challenge(Request, frozen=True, tag="challenge"):
    """What this officer's security key must sign; make: for a key that is to be registered."""

    officer: Name
    origin: Annotated[str, msgspec.Meta(max_length=200)]
    make: bool = False


class ByKey(Request, frozen=True, tag="by key"):
    """The key's answer, in the browser's own JSON form; make: of a key that was made."""

    response: dict[str, Any]
    make: bool = False


class ByPin(Request, frozen=True, tag="by pin"):
    """A PIN."""

    officer: Name
    pin: Annotated[str, msgspec.Meta(max_length=12)]


class Leave(Request, frozen=True, tag="leave"):
    """Sign out."""

    token: Secret


class Look(Request, frozen=True, tag="look"):
    """How everything stands. touch: somebody touched the page."""

    token: Secret
    touch: bool = False


class Act(Request, frozen=True, tag="act"):
    """Do this. adult: the officer attests that the person is 18 or older. about: a record's number.

    reason: why, in the officer's words; for `without` one of the fixed words. origins, protection: as at the desk.
    reference, finding: what somebody found who compared the pictures of a candidate (`find`; `pictures` asks for them).
    people: how many adults this officer has seen and lets begin by themselves (`hand over`).
    """

    token: Secret
    do: Doing
    adult: bool = False
    origins: tuple[str, ...] = ()
    protection: bool = False
    about: Annotated[str, msgspec.Meta(max_length=40)] = ""
    reason: Words = ""
    everything: bool = False
    reference: Words = ""
    finding: Finding | None = None
    people: Annotated[int, msgspec.Meta(ge=0, le=99)] = 0


class Picture(Request, frozen=True, tag="picture"):
    """One of the two pictures that this officer asked for, while it is here."""

    token: Secret
    about: Annotated[str, msgspec.Meta(max_length=40)]
    reference: Words
    which: Literal["theirs", "ours"]


class Care(Request, frozen=True, tag="care"):
    """How healthy the kiosk is; bundle: as a file that may be sent to whoever helps."""

    token: Secret
    bundle: bool = False


AnyRequest = Care | Who | Challenge | ByKey | ByPin | Leave | Look | Act | Picture


class Heard(msgspec.Struct, frozen=True, kw_only=True, tag_field="is"):
    """Base of all replies. training: nothing of it is real."""

    training: bool = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Names(Heard, frozen=True, tag="names"):
    """The ids that may sign in; roster: whether there is one at all."""

    names: tuple[str, ...]
    roster: bool


class Challenged(Heard, frozen=True, tag="challenged"):
    """For `navigator.credentials`; the bytes as base64url. options: for a key that is to be made."""

    rp: str
    challenge: str
    credentials: tuple[str, ...] = ()
    options: dict[str, Any] = {}


class Entered(Heard, frozen=True, tag="entered"):
    """Signed in: the token, and for how long without a sign of life."""

    token: str
    left_s: float


class Made(Heard, frozen=True, tag="made"):
    """The public half of a new key, for the bureau."""

    key: str


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was captured, or was refused. advice: what would make it better."""

    name: str
    score: int
    least: int
    advice: str = ""
    taken: bool = True
    parts: tuple[tuple[str, int], ...] = ()


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A record that the hub does not hold yet. trouble: what is wrong with one that it will not take, by name, and `reason`
    in the words of whoever found it; remedy: what may be done about it.
    """

    tcn: str
    captured: datetime
    state: str
    size: int
    reason: str = ""
    trouble: Literal["", "damaged", "unreadable", "given-up", "another", "unverified"] = ""
    remedy: Literal["", "requeue", "erase", "either"] = ""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What one person found about a candidate; told: whether the hub has it."""

    officer: str
    finding: str
    told: bool


class Possible(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate. score: log-odds, 0 where a partner tells none. found: what people here said of it.

    pictures: how it stands with the two faces that this officer asked for; trouble: why they do not come.
    theirs, ours: which of them are here.
    """

    reference: str
    score: float
    source: str = ""
    found: tuple[Found, ...] = ()
    pictures: Literal["", "asked", "here", "refused"] = ""
    trouble: str = ""
    theirs: bool = False
    ours: bool = False


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, or an alert about somebody whom another post captured; no verdict on a person.

    post, seen, expires: of one whose person has left. needed: how many different people must say what they found.
    """

    tcn: str
    decision: str
    edition: int
    answered: datetime
    note: str = ""
    alert: bool = False
    candidates: tuple[Possible, ...] = ()
    post: str = ""
    seen: datetime | None = None
    expires: datetime | None = None
    needed: int = 2
    law: str = ""


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """The operation under which people are checked here."""

    id: str
    name: str
    purpose: str
    legal_basis: str
    begins: datetime
    ends: datetime
    lanes: tuple[str, ...]
    fingers: tuple[str, ...]
    people: int
    small: int = 5
    pictures: bool = False


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """What this kiosk did on one day (UTC, YYYY-MM-DD); None for a count that is too small to be told."""

    day: str
    checked: int | None
    possible: int | None


class Referred(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom the kiosk referred to an officer without the hub; cases are missing after a restart."""

    tcn: str
    cases: tuple[str, ...] = ()


class View(Heard, frozen=True, tag="view"):
    """Everything an officer's page shows. Times that are spans are seconds.

    estimate_s: how long what waits will take at the measured rate; None while that is not known or the link is down.
    overrule: what may be taken though it was refused, empty if nothing. today: what this kiosk did, by kind.
    presentation: what each cue says of the face, 0 (like a picture of one) to 100; a reason to look, never a finding.
    portrait: why the face claims no subject acquisition profile.
    referred: who resembles somebody on the watchlist, until the hub has answered. watchlist: why nobody can be, and what to do.
    days: before today, as far as records are kept here; small: the least count that is told of them.
    handed: how many people may begin by themselves; None where nobody does.
    """

    officer: str
    roles: tuple[str, ...]
    how: str
    left_s: float
    now: datetime
    clock: bool
    state: str
    post: str = ""
    link: bool = False
    link_s: float | None = None
    waiting: int | None = None
    waiting_bytes: int = 0
    estimate_s: float | None = None
    faults: tuple[str, ...] = ()
    note: str = ""
    second_look: bool = False
    presentation: dict[str, int] = {}
    portrait: str = ""
    samples: tuple[Sample, ...] = ()
    overrule: str = ""
    kept: tuple[Kept, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    campaign: Campaign | None = None
    campaign_trouble: str = ""
    today: dict[str, int] = {}
    days: tuple[Day, ...] = ()
    small: int = 5
    handed: int | None = None
    referred: tuple[Referred, ...] = ()
    watchlist: str = ""


class Did(Heard, frozen=True, tag="did"):
    """It is done, or on its way; note: what else there is to know."""

    note: str = ""


class Pictured(Heard, frozen=True, tag="pictured"):
    """A small JPEG file, to be shown and not kept."""

    jpeg: bytes


class Cared(Heard, frozen=True, tag="cared"):
    """What was found, the newest log lines, or the bundle (a gzipped tar)."""

    findings: tuple[checkup.Finding, ...] = ()
    lines: tuple[Line, ...] = ()
    bundle: bytes = b""


AnyHeard = Cared | Names | Challenged | Entered | Made | View | Did | Pictured
