"""What was captured becomes a sealed record on the disk; nobody is told "captured" before it is there.

A search and an enrolment are packed apart, each as a type of its own. The signed operation says which
of the two it is; a capture that began as the other is refused here once more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hotspot_kiosk import contents, contents_enrolment, nist, policy, seal
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.kiosk.capture.touches import Touches
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.events import Store
from hotspot_kiosk.kiosk.place import Place
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.nist import enrolment as enrolment_file
from hotspot_kiosk.operation import Operation
from hotspot_kiosk.seal_answer import reply_key
from hotspot_kiosk.terms import ClockStamp, EnrolmentRequest, EnrolmentType, Part, Request, Tcn

Parts = tuple[tuple[Part, bytes], ...]


@dataclass(frozen=True, slots=True)
class Again:
    """An officer's word that somebody was enrolled before: in which encounter, and who says so."""

    renews: Tcn | None = None
    officer: str = ""


FIRST = Again()


class Recorder:
    """Writes one record a capture, under the operation that allowed it."""

    def __init__(self, place: Place, clock: Clock, outbox: Outbox) -> None:
        self._place = place
        self._clock = clock
        self._outbox = outbox
        self._touches = Touches()

    def put(
        self,
        effect: Store,
        operation: Operation | None,
        shielded: policy.Shielded,
        again: Again = Again(),
        referred: tuple[str, ...] = (),
    ) -> Tcn:
        """Seal what was captured for the hub and keep it. Raises any HotspotError; then nothing was kept."""
        place, stamp = self._place, self._clock.stamp()
        if operation is None:
            raise Refused("nobody was captured under an operation")
        policy.may_enter(operation, effect.tot)
        effect = replace(effect, captures=self._touches.most_telling_first(effect.captures))
        tcn = self._outbox.mint(stamp.wall.year, place.device)
        if isinstance(effect.tot, EnrolmentType):
            parts = self._enrolment(tcn, stamp, effect, operation, shielded, again)
        else:
            parts = self._search(tcn, stamp, effect, operation, shielded, referred)
        hub = place.trust.ring.newest
        self._outbox.put(
            tcn, stamp, [(part, seal.seal(content, tcn, part, hub, place.own)) for part, content in parts]
        )
        if place.tallying is not None:
            place.tallying.take(effect.captures)
        return tcn

    def _search(
        self,
        tcn: Tcn,
        stamp: ClockStamp,
        effect: Store,
        operation: Operation,
        shielded: policy.Shielded,
        referred: tuple[str, ...],
    ) -> Parts:
        place = self._place
        request = Request(
            tcn=tcn,
            tot=policy.search_type(operation, None),
            post=place.post,
            operation=operation.id,
            notice=operation.notice,
            stamp=stamp,
            captures=effect.captures,
            acquisition_failures=effect.failures,
            overruled=effect.overruled,
            referred=referred,
            partly=effect.partly,
        )
        return (
            (Part.PROBE, contents.encode(request, reply_key(place.own, tcn), shielded)),
            (Part.EVIDENCE, nist.pack(request, place.agency)),
        )

    def _enrolment(
        self,
        tcn: Tcn,
        stamp: ClockStamp,
        effect: Store,
        operation: Operation,
        shielded: policy.Shielded,
        again: Again,
    ) -> Parts:
        place = self._place
        request = EnrolmentRequest(
            tcn=tcn,
            post=place.post,
            operation=operation.id,
            notice=operation.notice,
            stamp=stamp,
            captures=effect.captures,
            acquisition_failures=effect.failures,
            renews=again.renews,
            officer=again.officer,
            overruled=effect.overruled,
            partly=effect.partly,
        )
        return (
            (Part.PROBE, contents_enrolment.encode(request, reply_key(place.own, tcn), shielded)),
            (Part.EVIDENCE, enrolment_file.pack(request, place.agency)),
        )
