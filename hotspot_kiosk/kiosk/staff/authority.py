"""Who may do what at a kiosk: the daemon's answer to an officer's page. A page asks; here it is decided.

Every deed is in the journal, with the officer's id and the ground, before it takes effect; one that cannot be
written down is not done.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from hotspot_kiosk import policy
from hotspot_kiosk.audit_chain import Deed, printable
from hotspot_kiosk.errors import BadBytes, Refused
from hotspot_kiosk.kiosk.care.health import Health
from hotspot_kiosk.kiosk.desk import Ask
from hotspot_kiosk.kiosk.events import Event, Overrule
from hotspot_kiosk.kiosk.place import Place
from hotspot_kiosk.kiosk.session import Session, State
from hotspot_kiosk.kiosk.staff import counter, security_keys
from hotspot_kiosk.kiosk.staff.door import Badge, Door
from hotspot_kiosk.kiosk.staff.overview import Overview, remedy
from hotspot_kiosk.kiosk.staff.pairs import Pairs
from hotspot_kiosk.kiosk.staff.witnesses import Witnesses
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.officers import Role
from hotspot_kiosk.terms import Tcn

CHECKING = frozenset({Role.OFFICER, Role.SUPERVISOR})
MENDING = frozenset({Role.SUPERVISOR, Role.MAINTAINER})
REASONS = ("missing", "partly", "bandaged", "cannot", "refuses")
BUTTONS = ("notice read", "accept", "retake", "cancel", "still here", "looked again", "without")
MAY: Mapping[str, frozenset[Role]] = {
    **dict.fromkeys(
        ("begin", "hand over", "take back", "minor", "overrule", "find", "pictures", *BUTTONS), CHECKING
    ),
    "requeue": MENDING,
    "erase": frozenset({Role.SUPERVISOR}),
}
WHY = "say in a few words why"


@dataclass(frozen=True, slots=True)
class Reach:
    """What an officer's word sets going. obey: the daemon follows a request of the desk. put: an event.

    changed: what the screens show of the kiosk's state is to be told anew.
    """

    session: Callable[[], Session]
    obey: Callable[[Ask], object]
    put: Callable[[Event], None]
    wake: Callable[[], None]
    changed: Callable[[], None] = lambda: None


class Authority:
    """Answers officers' pages. Any thread may call."""

    def __init__(
        self,
        door: Door,
        place: Place,
        outbox: Outbox,
        overview: Overview,
        witnesses: Witnesses,
        pairs: Pairs,
        reach: Reach,
        *,
        health: Health | None = None,
    ) -> None:
        self._door, self._place, self._outbox = door, place, outbox
        self._overview, self._witnesses, self._pairs, self._reach = overview, witnesses, pairs, reach
        self._health = health
        self._deeds: dict[str, Callable[[Badge, counter.Act], str]] = {
            "begin": self._begin,
            "hand over": self._hand_over,
            "take back": self._take_back,
            "minor": self._minor,
            "overrule": self._overrule,
            "requeue": self._requeue,
            "erase": self._erase,
            "find": self._find,
            "pictures": self._pictures,
            **dict.fromkeys(BUTTONS, self._press),
        }

    def asked(self, request: counter.AnyRequest) -> counter.AnyHeard:
        """The reply. Raises Refused with what to do, StorageFailed if it cannot be written down."""
        match request:
            case counter.Act():
                return self._act(request)
            case counter.Look():
                badge, left_ms = self._door.who(request.token, request.browser, touch=request.touch)
                return self._overview.view(badge, left_ms)
            case counter.Care():
                return self._care(request)
            case counter.Leave():
                return self._leave(request)
            case counter.Picture():
                badge, _ = self._door.who(request.token, request.browser, touch=False)
                tcn = Tcn(request.about)
                return counter.Pictured(
                    jpeg=self._pairs.picture(tcn, request.reference, badge.officer, request.which)
                )
            case _:
                return self._sign_in(request)

    def _leave(self, leave: counter.Leave) -> counter.Did:
        with contextlib.suppress(Refused):
            badge, _ = self._door.who(leave.token, leave.browser, touch=False)
            self._pairs.wipe(badge.officer)
        self._door.leave(leave.token, leave.browser)
        return counter.Did()

    def check_stranger(self, ask: Ask) -> None:
        """What nobody may ask at the desk without signing in, once there is a roster. Raises Refused."""
        if (ask.officer or ask.do in ("begin", "looked again")) and self._door.stands:
            raise Refused("officers sign in here, on the officer's page; nobody acts under a typed name")

    def _sign_in(
        self, request: counter.Who | counter.Challenge | counter.ByKey | counter.ByPin
    ) -> counter.AnyHeard:
        if isinstance(request, counter.Who):
            return counter.Names(names=self._door.names(), roster=self._door.stands)
        if not request.browser:
            raise Refused("open the sign-in page first")
        match request:
            case counter.Challenge(officer=name, origin=origin, make=make):
                return _told(self._door.challenge(request.browser, name, origin, make=make), make=make)
            case counter.ByKey(response=response, make=True):
                made = self._door.new_key(request.browser, response)
                return counter.Made(key=security_keys.packed(made))
            case counter.ByKey(response=response):
                token = self._door.by_key(request.browser, response)
            case counter.ByPin(officer=name, pin=pin):
                token = self._door.by_pin(request.browser, name, pin)
        _, left_ms = self._door.who(token, request.browser, touch=True)
        return counter.Entered(token=token, left_s=left_ms / 1000)

    def _act(self, act: counter.Act) -> counter.Did:
        badge, _ = self._door.who(act.token, act.browser, touch=True)
        if not MAY[act.do] & badge.roles:
            raise Refused(f"that needs somebody signed in as {' or '.join(sorted(MAY[act.do]))}")
        return counter.Did(note=self._deeds[act.do](badge, act))

    def _care(self, request: counter.Care) -> counter.Cared:
        badge, _ = self._door.who(request.token, request.browser, touch=True)
        if Role.MAINTAINER not in badge.roles:
            raise Refused("that needs somebody signed in as maintainer")
        if self._health is None:
            raise Refused("this kiosk cannot be examined from here; on it: hotspot doctor")
        if not request.bundle:
            return counter.Cared(findings=self._health.findings(), lines=self._health.lines())
        self._write(Deed.SUPPORTED, badge, "", "for whoever helps")
        return counter.Cared(bundle=self._health.bundle())

    def _begin(self, badge: Badge, act: counter.Act) -> str:
        self._reach.obey(
            Ask(
                "begin",
                adult=act.adult,
                officer=badge.officer,
                origins=act.origins,
                protection=act.protection,
            )
        )
        return ""

    def _hand_over(self, badge: Badge, act: counter.Act) -> str:
        """People whom this officer attests begin by themselves."""
        handover = self._place.handover
        if handover is None:
            raise Refused("people do not begin by themselves at this kiosk")
        span = policy.may_hand_over(act.people, adult=act.adult, officer=badge.officer)
        minutes = span // timedelta(minutes=1)
        self._write(Deed.HANDED_OVER, badge, "", f"{act.people} for {minutes} minutes")
        handover.open(badge.officer, act.people, minutes * 60_000)
        self._reach.changed()
        return ""

    def _take_back(self, badge: Badge, act: counter.Act) -> str:
        if self._place.handover is None:
            raise Refused("people do not begin by themselves at this kiosk")
        self._place.handover.close()
        self._write(Deed.TAKEN_BACK, badge, "", "")
        self._reach.changed()
        return ""

    def _minor(self, badge: Badge, act: counter.Act) -> str:
        """No biometrics: what runs is stopped, the person is counted, and that is all."""
        if self._reach.session().state in (State.NOTICE, State.FACE, State.FINGERS, State.REVIEW):
            self._reach.obey(Ask("cancel"))
        if self._place.handover is not None:
            self._place.handover.close()
            self._reach.changed()
        if self._place.minors is None:
            raise Refused("this kiosk counts nobody")
        self._write(Deed.CHECK_REFUSED, badge, "", "may be under 18")
        self._place.minors.add()
        return policy.ADULTS_ONLY

    def _press(self, badge: Badge, act: counter.Act) -> str:
        if act.do == "without" and act.reason not in REASONS:
            raise Refused(f"say why: {', '.join(REASONS)}")
        about = self._running()
        if act.do != "still here":
            self._write(Deed.PRESSED, badge, about, f"{act.do} {act.reason}".strip())
        why = act.reason if act.do == "without" else ""
        officer = badge.officer if act.do == "looked again" else ""
        self._reach.obey(
            Ask(act.do, adult=act.adult, officer=officer, reason=why, everything=act.everything)  # type: ignore[arg-type]
        )
        return ""

    def _overrule(self, badge: Badge, act: counter.Act) -> str:
        session = self._reach.session()
        if session.refused is None:
            raise Refused("nothing was refused that could be taken")
        reason = _reason(act)
        score = session.refused.capture.quality.score
        self._write(Deed.OVERRULED, badge, self._running(), f"{score} of 100: {reason}")
        self._reach.put(Overrule(badge.officer, reason))
        return ""

    def _requeue(self, badge: Badge, act: counter.Act) -> str:
        tcn = self._quarantined(act, ("requeue", "either"))
        self._write(Deed.REQUEUED, badge, tcn, _reason(act))
        self._outbox.requeue(tcn)
        self._reach.wake()
        return ""

    def _erase(self, badge: Badge, act: counter.Act) -> str:
        tcn = self._quarantined(act, ("erase", "either"))
        self._write(Deed.ERASED, badge, tcn, _reason(act))
        self._outbox.erase(tcn)
        return ""

    def _find(self, badge: Badge, act: counter.Act) -> str:
        if act.finding is None:
            raise Refused("say whether the pictures show the same person: confirm or refute")
        answer = self._overview.answer(Tcn(act.about))
        operation = self._overview.operation()
        vote = policy.Vote(badge.officer, act.finding, _reason(act))
        self._witnesses.say(answer, operation, act.reference, vote)
        self._pairs.wipe(badge.officer, answer.tcr)
        self._reach.wake()
        return ""

    def _pictures(self, badge: Badge, act: counter.Act) -> str:
        """Asked of the hub, which decides for itself whether they may be shown here."""
        answer = self._overview.answer(Tcn(act.about))
        if act.reference not in {each.reference for each in answer.candidates}:
            raise Refused("the answer names no such candidate; look at it again")
        law = policy.may_view(self._overview.operation(), self._place.post, badge.officer)
        self._write(Deed.VIEWED, badge, answer.tcr, f"candidate {act.reference}: {law}")
        self._pairs.ask(answer.tcr, act.reference, badge.officer)
        self._reach.wake()
        return ""

    def _quarantined(self, act: counter.Act, remedies: tuple[str, ...]) -> Tcn:
        for entry in self._outbox.entries():
            if entry.tcn == act.about:
                reason = next((why for _, state, _, why in entry.parts if state == "quarantined"), "")
                if remedy(entry.state, reason) in remedies:
                    return entry.tcn
                raise Refused("that does not help with this record; see what its line says")
        raise Refused("there is no such record here")

    def _running(self) -> str:
        if self._reach.session().state in (State.IDLE, State.DONE, State.FAULT):
            raise Refused("nobody is being checked")
        operation = self._overview.operation()
        return operation.id if operation else ""

    def _write(self, deed: Deed, badge: Badge, about: str, ground: str) -> None:
        try:
            self._place.journal.write(deed, f"officer:{badge.officer}", about, printable(ground))
        except ValueError as error:
            raise BadBytes(f"this cannot be written down: {error}") from None


def _reason(act: counter.Act) -> str:
    if not act.reason.strip():
        raise Refused(WHY)
    return " ".join(act.reason.split())


def _told(asked: security_keys.Challenge, *, make: bool) -> counter.Challenged:
    return counter.Challenged(
        rp=asked.rp,
        challenge=security_keys.word(asked),
        credentials=asked.credentials,
        options=security_keys.options(asked) if make else {},
    )
