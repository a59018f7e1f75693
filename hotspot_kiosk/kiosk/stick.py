"""A kiosk's outbox onto a stick, and the hub's receipts and answers back from it.

Export changes nothing in the outbox, for a stick may get lost: a part waits until the hub's signed
receipt comes, by radio or by stick, whichever is first. Import believes what the uplink would.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hotspot_kiosk import seal, wire
from hotspot_kiosk.contents import decode_answer
from hotspot_kiosk.errors import BadBytes, SealError, StorageFailed
from hotspot_kiosk.kiosk.outbox import Entry, Outbox
from hotspot_kiosk.seal_answer import open_answer
from hotspot_kiosk.stick import (
    ANSWER,
    HALF_WRITTEN,
    NOTE,
    RECEIPT,
    REFUSAL,
    SEALED,
    UNFINISHED,
    Stick,
    Tally,
    name_of,
    sign_note,
)
from hotspot_kiosk.terms import Part, Tcn

Act = Callable[[wire.Down], str]
NOT_WRITTEN = "held by the hub meanwhile, or damaged here; see: hotspot outbox list"
FOREIGN = "for a record that this outbox does not know"


def export(stick: Stick, outbox: Outbox, own: seal.PrivateKeys) -> Tally:
    """Write what waits: the note, then all probes, then all evidence, oldest first.

    Raises StorageFailed with how far it came if the stick is full or cannot be written.
    """
    tally = Tally()
    entries = list(outbox.entries())
    waiting = sorted(outbox.unheld(), key=lambda item: (item.part is not Part.PROBE, item.sequence))
    try:
        stick.write(own.owner, NOTE, _note(entries, own))
        for item in waiting:
            envelope = outbox.envelope(item)
            if envelope is None:
                tally.aside[NOT_WRITTEN] += 1
            else:
                name = name_of(item.tcn, item.part, SEALED)
                new = stick.write(own.owner, name, envelope)
                tally.done["parts written" if new else "parts on the stick already"] += 1
        stick.settle(own.owner)
    except StorageFailed as error:
        whole = sum(tally.done.values())
        raise StorageFailed(
            f"{error}; {whole} of {len(waiting)} parts are on it, the others wait here for another stick"
        ) from None
    return tally


def take_in(stick: Stick, outbox: Outbox, own: seal.PrivateKeys, hub: seal.Trusted, now: datetime) -> Tally:
    """Act on the receipts, refusals and answers for this kiosk. Raises StorageFailed for the outbox only."""
    returned = Returned(outbox, own, hub, now)
    tally = Tally()
    acts: dict[str, Act] = {RECEIPT: returned.receipt, ANSWER: returned.answer, REFUSAL: returned.refusal}
    for suffix, act in acts.items():
        for name in stick.names(own.owner, suffix):
            try:
                tally.done[act(wire.decode_down(stick.read(own.owner, name)))] += 1
            except (BadBytes, SealError) as error:
                tally.aside[str(error)] += 1
    if unfinished := stick.names(own.owner, UNFINISHED):
        tally.aside[HALF_WRITTEN] += len(unfinished)
    return tally


class Returned:
    """Acts on one message of the hub; the word it returns is for the tally. Raises BadBytes or SealError."""

    def __init__(self, outbox: Outbox, own: seal.PrivateKeys, hub: seal.Trusted, now: datetime) -> None:
        self._outbox = outbox
        self._own = own
        self._hub = hub
        self._now = now

    def receipt(self, message: wire.Down) -> str:
        """The hub holds a part: it needs not be kept here."""
        if not isinstance(message, wire.Receipt):
            raise BadBytes("another message than the file's name says")
        wire.verify_receipt(message, self._hub)
        tcn = self._known(message.tcn)
        new = self._outbox.receipt(tcn, message.part, message.digest, self._now)
        return "parts held by the hub" if new else "receipts known already"

    def refusal(self, message: wire.Down) -> str:
        """The hub will never take a part."""
        if not isinstance(message, wire.Refusal):
            raise BadBytes("another message than the file's name says")
        wire.verify_refusal(message, self._hub)
        if not self._outbox.waits(Tcn(message.tcn), message.part, message.digest):
            return "refusals of other bytes passed over"
        new = self._outbox.quarantine(self._known(message.tcn), message.part, message.reason)
        return "parts refused by the hub" if new else "refusals known already"

    def answer(self, message: wire.Down) -> str:
        """An answer: opened to see that it is one, kept sealed."""
        if not isinstance(message, wire.Answered):
            raise BadBytes("another message than the file's name says")
        tcn = self._known(message.tcn)
        digest = self._outbox.digest(tcn, Part.PROBE)
        decode_answer(open_answer(message.envelope, tcn, digest, self._hub, self._own))
        new = self._outbox.answer(tcn, message.envelope, self._now)
        return "answers" if new else "answers known already"

    def _known(self, text: str) -> Tcn:
        tcn = Tcn(text)
        if not self._outbox.knows(tcn):
            raise BadBytes(FOREIGN)
        return tcn


def _note(entries: list[Entry], own: seal.PrivateKeys) -> bytes:
    return sign_note(own.owner, tuple(str(entry.tcn) for entry in entries if entry.answered), own)
