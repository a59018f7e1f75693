"""One partner's clerk: sends what is due and lawful, takes in what comes, and knows what every error asks for.

Nothing is sent again by itself once it has gone, nothing is dropped unseen: what cannot be used is set
aside and journaled. Only a lane that nobody stopped sends; answers are taken in either way.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from hotspot_kiosk import nist
from hotspot_kiosk.audit_chain import MOST_GROUND, Deed
from hotspot_kiosk.errors import BadBytes, BadSample, HotspotError, Refused, StorageFailed, Temporary
from hotspot_kiosk.hub.exchange.gate import Ready, Terms, check_report, make_ready
from hotspot_kiosk.hub.exchange.port import Desk, Due, Exchange, Incoming, Outgoing
from hotspot_kiosk.hub.exchange.shelf import Shelf, plain_name
from hotspot_kiosk.nist.answer import Course, SearchError, SearchResult, read_answer

log = logging.getLogger(__name__)
AT_ONCE = 8
LEAST_PAUSE_S, MOST_PAUSE_S = 1.0, 300.0
Answer = SearchResult | SearchError


class Journal(Protocol):
    """The machine's journal, as the clerk needs it."""

    def write(self, what: Deed, who: str = "machine", about: str = "", ground: str = "") -> object:
        """Add an entry, durably."""


class Clerk:
    """Serves one partner; one thread calls `step`. poll_s: how often it looks when all is well."""

    def __init__(
        self,
        *,
        partner: str,
        terms: Terms,
        exchange: Exchange,
        desk: Desk,
        shelf: Shelf,
        journal: Journal,
        now: Callable[[], datetime],
        chance: random.Random,
        poll_s: float = 1.0,
    ) -> None:
        self._partner = partner
        self._terms = terms
        self._exchange = exchange
        self._desk = desk
        self._shelf = shelf
        self._journal = journal
        self._now = now
        self._chance = chance
        self._poll_s = poll_s
        self._pause_s = 0.0
        self._woken = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, and `end` was called to say so."""
        try:
            while not stop.is_set():
                self._woken.clear()
                self._woken.wait(self.step())
        finally:
            self._exchange.close()

    def wake(self) -> None:
        """Look at once, unless the way is down and tried in its own time; any thread may call this."""
        if not self._pause_s:
            self._woken.set()

    def end(self) -> None:
        """Look at once whether to stop."""
        self._woken.set()

    def step(self) -> float:
        """Take in what has come, send what may go; returns in how many seconds to look again.

        A way that is down, or a full disk, is tried less and less often, at moments that differ from hub to hub.
        """
        try:
            more = self._work()
        except (Temporary, StorageFailed) as error:
            return self._wait(error)
        if self._pause_s:
            log.info("%s: it works again", self._partner)
        self._pause_s = 0.0
        return 0.0 if more else self._poll_s

    def _work(self) -> bool:
        try:
            for incoming in self._exchange.collect():
                self._take_in(incoming)
            return not self._shelf.stopped and (self._send_due() | self._report_outcomes())
        except Refused as error:
            self._stop_lane(str(error))
            return False

    def _wait(self, error: HotspotError) -> float:
        if not self._pause_s:
            log.warning("%s: %s; it is tried again", self._partner, error)
        self._pause_s = min(max(2 * self._pause_s, LEAST_PAUSE_S), MOST_PAUSE_S)
        return self._pause_s * self._chance.uniform(0.5, 1.0)

    def _send_due(self) -> bool:
        """Whether there was as much as is sent at once, so that there may be more."""
        due = self._desk.due(self._partner, AT_ONCE)
        for out in due:
            self._offer(out)
        return len(due) == AT_ONCE

    def _report_outcomes(self) -> bool:
        """What people found of this partner's hits; whether there may be more."""
        due = self._desk.outcomes(self._partner, AT_ONCE)
        for each in due:
            self._report(each)
        return len(due) == AT_ONCE

    def _report(self, due: Due) -> None:
        try:
            check_report(due, self._terms)
        except Refused as error:
            self._keep_outcome(due, error)
            return
        try:
            self._exchange.report(due.report)
        except BadBytes as error:
            self._keep_outcome(due, error)
            return
        told = f"{self._partner}, message {due.report.answer}: {due.report.outcome}"
        self._write(Deed.REPORTED, due.report.tcr, told)
        self._desk.reported(due, self._now())

    def _keep_outcome(self, due: Due, error: HotspotError) -> None:
        told = f"{self._partner}, outcome for message {due.report.answer}: {error}"
        self._write(Deed.KEPT_FROM, due.report.tcr, told)
        self._desk.reported(due, self._now(), str(error))

    def _offer(self, out: Outgoing) -> None:
        try:
            ready = make_ready(out, self._terms, self._now())
        except (Refused, BadBytes, BadSample) as error:
            self._withhold(out, error)
            return
        self._send(out, ready)

    def _send(self, out: Outgoing, ready: Ready) -> None:
        try:
            self._exchange.send(out.tcn, ready.content)
        except BadBytes as error:
            self._withhold(out, error)
            return
        told = "; ".join((f"{self._partner}, operation {out.operation.id}", *ready.notes))
        self._write(Deed.EXCHANGED, out.tcn, told)
        self._desk.sent(out.tcn, self._partner, self._now(), ready.notes)

    def _withhold(self, out: Outgoing, error: HotspotError) -> None:
        if not isinstance(error, Refused):
            log.error("%s cannot be sent to %s: %s", out.tcn, self._partner, error)
        self._write(Deed.KEPT_FROM, out.tcn, f"{self._partner}: {error}")
        self._desk.withheld(out.tcn, self._partner, self._now(), str(error))

    def _take_in(self, incoming: Incoming) -> None:
        try:
            answer = read_answer(nist.parse(incoming.content))
        except BadBytes as error:
            self._set_aside(incoming, f"it cannot be read as an answer: {error}")
            return
        if not self._keep(answer):
            self._set_aside(incoming, f"it answers {answer.tcr}, which this partner was never asked")
        elif isinstance(answer, SearchError):
            self._follow(answer, incoming)
        else:
            self._exchange.done(incoming)

    def _keep(self, answer: Answer) -> bool:
        at = self._now()
        if isinstance(answer, SearchError):
            known, told = self._desk.failed(self._partner, answer, at), f"error {answer.code:03d}"
        else:
            known, told = self._desk.replied(self._partner, answer, at), "hit" if answer.hit else "no hit"
        if known:
            self._write(Deed.REPLIED, answer.tcr, f"{self._partner}, message {answer.tcn}: {told}")
        return known

    def _follow(self, error: SearchError, incoming: Incoming) -> None:
        """Do what an error asks for; a recapture is the desk's to ask for."""
        told = f"error {error.code:03d} for {error.tcr}: {error.meaning}"
        if error.course is Course.STOP:
            self._stop_lane(told)
        if error.course is Course.MAINTAINER:
            self._set_aside(incoming, f"{told}; hold what was sent against that partner's rules")
        else:
            self._exchange.done(incoming)

    def _stop_lane(self, why: str) -> None:
        """Send nothing more until somebody opens the lane: hotspot hub exchange open."""
        if self._shelf.stopped:
            return
        log.error("the lane to %s is stopped: %s", self._partner, why)
        self._shelf.stop(why)
        self._write(Deed.LANE_STOPPED, self._partner, why)

    def _set_aside(self, incoming: Incoming, why: str) -> None:
        name = plain_name(incoming.name)
        log.error("%s: %s was set aside: %s", self._partner, name, why)
        self._exchange.set_aside(incoming, why)
        self._write(Deed.SET_ASIDE, name, f"{self._partner}: {why}")

    def _write(self, what: Deed, about: str, ground: str) -> None:
        plain = "".join(each if each.isprintable() else " " for each in ground)
        self._journal.write(what, "machine", plain_name(about), plain[:MOST_GROUND])
