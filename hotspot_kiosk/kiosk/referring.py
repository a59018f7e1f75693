"""While there is no link: whether somebody who was captured is referred to an officer, and what becomes of that.

With a link the hub answers, and the list is left alone. A referral never says "match", is journaled without the case, travels in the
sealed probe, and is closed by the hub's answer. A list that cannot be used keeps nobody from being checked, and is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hotspot_kiosk import policy
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.errors import Incomparable, Refused, StorageFailed
from hotspot_kiosk.kiosk import installed
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.events import Store
from hotspot_kiosk.kiosk.place import Place
from hotspot_kiosk.kiosk.watchlists import NOBODY, Referral
from hotspot_kiosk.operation import Operation
from hotspot_kiosk.terms import AnyAnswer, Tcn

REFER = "refer to an officer"
WHY = (
    "the face resembles one on the bureau's watchlist; that is no finding: an officer compares, and the bureau looks "
    "again when there is a link"
)


class Note(Protocol):
    """Writes a line of the journal."""

    def __call__(self, what: Deed, who: str = ..., about: str = ..., ground: str = ...) -> None:
        """What was done, by whom, about which record, on what ground."""


class Referring:
    """Looks into the watchlist for the daemon. Any thread may call; nothing here raises."""

    def __init__(self, place: Place, clock: Clock, note: Note, tell: Callable[[Told], None]) -> None:
        self._place, self._clock, self._note, self._tell = place, clock, note, tell
        self._lists = place.watchlists

    def look(
        self, effect: Store, operation: Operation | None, person: policy.Shielded, link_up: bool
    ) -> Referral:
        """Whom these faces resemble; nobody while there is a link."""
        if self._lists is None or operation is None or link_up:
            return NOBODY
        try:
            return self._lists.look(effect.captures, operation, person, self._clock.stamp())
        except (Refused, Incomparable, StorageFailed) as error:
            self._alarm(str(error))
            return NOBODY

    def stored(self, tcn: Tcn, referral: Referral) -> None:
        """The record is on the disk: the officer hears of the referral, after the journal."""
        if self._lists is None or not referral.cases:
            return
        self._note(Deed.REFERRED, about=tcn, ground=f"watchlist edition {referral.edition}")
        self._tell(Told(kind="alert", tcn=tcn, decision=REFER, candidates=referral.cases, note=WHY))
        try:
            self._lists.refer(tcn, referral.cases)
        except StorageFailed as error:
            self._alarm(str(error))

    def answered(self, answer: AnyAnswer) -> None:
        """The hub looked again: the referral is closed, whatever it says."""
        try:
            if self._lists is not None and self._lists.answered(answer.tcr):
                self._note(Deed.RECHECKED, who="hub", about=answer.tcr, ground=answer.decision)
        except StorageFailed as error:
            self._alarm(str(error))

    def forget(self) -> None:
        """This kiosk was withdrawn: it refers nobody any more."""
        if self._lists is not None:
            try:
                self._lists.destroy()
            except StorageFailed as error:
                self._alarm(str(error))

    def rest(self) -> None:
        """Now and then: a list that is over is destroyed, one that nobody needs leaves the memory."""
        if self._lists is None:
            return
        try:
            if self._lists.rest(self._running(), self._clock.stamp()):
                self._note(Deed.PURGED, about="watchlist", ground="it is over, or cannot be opened any more")
        except StorageFailed as error:
            self._alarm(str(error))

    def trouble(self) -> str:
        """Why nobody is referred though the operation that runs says so; for the status and the officer's page."""
        try:
            return self._lists.trouble(self._running()) if self._lists is not None else ""
        except StorageFailed as error:
            return str(error)

    def _running(self) -> Operation | None:
        stamp = self._clock.stamp()
        try:
            found = installed.current(self._place.operation, self._place.trust.ring)
            if found is not None:
                policy.may_run(found, stamp.wall, clock_trusted=stamp.trusted, past=self._place.orders.past())
        except Refused:
            return None
        return found

    def _alarm(self, why: str) -> None:
        self._tell(Told(kind="alarm", detail=why))
