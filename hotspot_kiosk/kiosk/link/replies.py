"""Sealed answers into the outbox: opened, believed by the hub's signature, never an older over a newer one.

The same for what came by radio and by stick. Nothing is shown from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from hotspot_kiosk import seal
from hotspot_kiosk.contents_enrolment import decode_answer
from hotspot_kiosk.errors import BadBytes, SealError
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.seal_answer import is_sealed_answer, open_answer
from hotspot_kiosk.terms import AnyAnswer, Part, Tcn

TRIES = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an answer. held, edition: what the outbox holds now, to be acknowledged."""

    answer: AnyAnswer
    new: bool
    held: bytes = field(repr=False)
    edition: int


def keep(
    outbox: Outbox, tcn: Tcn, envelope: bytes, now: datetime, hub: seal.Trusted, own: seal.PrivateKeys
) -> Kept:
    """Keep an answer unless this edition, or a newer one, is here already.

    An answer that proves its probe to be held settles that, too. Raises BadBytes or SealError for what
    is not believed, StorageFailed.
    """
    digest = outbox.digest(tcn, Part.PROBE)
    answer = decode_answer(open_answer(envelope, tcn, digest, hub, own))
    proves = digest if is_sealed_answer(envelope) else b""
    if outbox.answer(tcn, envelope, now, proves):
        return Kept(answer, True, envelope, answer.edition)
    for _ in range(TRIES):
        held = outbox.sealed_answer(tcn) or b""
        edition = _edition(held, tcn, digest, hub, own)
        if answer.edition <= edition:
            return Kept(answer, False, held, edition)
        if outbox.supersede(tcn, held, envelope, now):
            return Kept(answer, True, envelope, answer.edition)
    raise BadBytes("another process changes this answer again and again")


def _edition(held: bytes, tcn: Tcn, digest: bytes, hub: seal.Trusted, own: seal.PrivateKeys) -> int:
    """0 for one that cannot be opened any more: any other is better."""
    try:
        return decode_answer(open_answer(held, tcn, digest, hub, own)).edition
    except (BadBytes, SealError):
        return 0
