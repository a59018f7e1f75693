"""What was captured becomes a sealed record on the disk; nobody is told "captured" before it is there."""

from __future__ import annotations

from hotspot_kiosk import contents, nist, policy, seal
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.events import Store
from hotspot_kiosk.kiosk.outbox import Outbox
from hotspot_kiosk.kiosk.place import Place
from hotspot_kiosk.operation import Operation
from hotspot_kiosk.seal_answer import reply_key
from hotspot_kiosk.terms import Part, Request, Tcn


class Recorder:
    """Writes one record a check, under the operation that allowed it."""

    def __init__(self, place: Place, clock: Clock, outbox: Outbox) -> None:
        self._place = place
        self._clock = clock
        self._outbox = outbox

    def put(self, effect: Store, operation: Operation | None, shielded: policy.Shielded) -> Tcn:
        """Seal what was captured for the hub and keep it. Raises any HotspotError; then nothing was kept."""
        place, stamp = self._place, self._clock.stamp()
        if operation is None:
            raise Refused("nobody was captured under an operation")
        tcn = self._outbox.mint(stamp.wall.year, place.device)
        request = Request(
            tcn=tcn,
            tot=effect.tot,
            post=place.post,
            operation=operation.id,
            notice=operation.notice,
            stamp=stamp,
            captures=effect.captures,
            acquisition_failures=effect.failures,
            overruled=effect.overruled,
        )
        parts = (
            (Part.PROBE, contents.encode(request, reply_key(place.own, tcn), shielded)),
            (Part.EVIDENCE, nist.pack(request, place.agency)),
        )
        hub = place.trust.ring.newest
        self._outbox.put(
            tcn, stamp, [(part, seal.seal(content, tcn, part, hub, place.own)) for part, content in parts]
        )
        return tcn
