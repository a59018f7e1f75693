"""What kiosks sent on a stick, into the hub; receipts, refusals and answers back onto it.

A stick is a kiosk that speaks slowly: its envelopes go through the same offer, missing ranges and
chunks as by radio, so whatever holds for the radio (verify, dedupe, commit, answer) holds here. Only
signatures are looked at before that: whoever hands in a stick must not bring about a refusal.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec

from hotspot_kiosk import seal, wire
from hotspot_kiosk.errors import BadBytes, SealError, StorageFailed
from hotspot_kiosk.keyring import PublicFile
from hotspot_kiosk.stick import (
    ANSWER,
    HALF_WRITTEN,
    HUB_KEY,
    NOTE,
    ORDER,
    PROOF,
    RECEIPT,
    REFUSAL,
    SEALED,
    UNFINISHED,
    Stick,
    Tally,
    name_of,
    number_of,
    read_note,
)
from hotspot_kiosk.terms import Part, Tcn

Take = Callable[[int, wire.Up], Sequence[wire.Down]]
CHUNK = wire.LARGEST_MESSAGE - 1024
TRIES = 2
NOT_TAKEN = "not taken by this hub"


class Import:
    """One stick at one hub. `take` is the hub's own way with a message; `ignored` its reasons not to act.

    `acknowledge`: a kiosk holds the answer to this TCN with this digest, as its signed note says.
    """

    def __init__(
        self,
        stick: Stick,
        take: Take,
        acknowledge: Callable[[int, Tcn, bytes], None],
        kiosks: Mapping[int, PublicFile],
        ignored: Mapping[str, int],
    ) -> None:
        self._stick = stick
        self._take = take
        self._acknowledge = acknowledge
        self._kiosks = kiosks
        self._ignored = ignored
        self._unwritten = ""
        self._knows = b""
        self.tally = Tally()

    def run(self) -> str:
        """Take in everything; returns why nothing could be written back, empty if it could.

        Raises StorageFailed for the hub's own storage only.
        """
        for device in self._stick.devices():
            self._device(device)
        return self._unwritten

    def _device(self, device: int) -> None:
        if device not in self._kiosks:
            files = len(self._stick.names(device, ""))
            self.tally.aside[f"of device {device}, whose .pub file is not among the peers"] += files
            return
        for name in self._stick.names(device, SEALED):
            self._aside(lambda name=name: self._sealed(device, name))  # type: ignore[misc]
        for name in self._stick.names(device, PROOF):
            self._aside(lambda name=name: self._proof(device, name))  # type: ignore[misc]
        self._knows = b""
        for _ in self._stick.names(device, NOTE):
            self._aside(lambda: self._note(device))
        if unfinished := self._stick.names(device, UNFINISHED):
            self.tally.aside[HALF_WRITTEN] += len(unfinished)
        for reply in self._take(device, wire.Ask(b"", self._knows)):
            self._back(device, reply)
        self._settle(device)

    def _aside(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (BadBytes, SealError) as error:
            self.tally.aside[str(error)] += 1

    def _sealed(self, device: int, name: str) -> None:
        envelope = self._stick.read(device, name)
        header = seal.peek(envelope)
        if header.content not in tuple(Part) or name != name_of(header.tcn, Part(header.content), SEALED):
            raise BadBytes("another record than the file's name says")
        seal.verify_envelope(envelope, self._kiosks[device].keys())
        before = Counter(self._ignored)
        replies = self._deliver(device, header.tcn, Part(header.content), envelope)
        for reply in replies:
            self._back(device, reply)
        if not replies:
            why = next(iter(Counter(self._ignored) - before), "")
            raise BadBytes(f"{NOT_TAKEN}: {why}" if why else NOT_TAKEN)

    def _deliver(self, device: int, tcn: Tcn, part: Part, envelope: bytes) -> list[wire.Down]:
        """The hub's receipt or refusal; nothing if it took the envelope neither way.

        The second try is for pieces that came by radio and did not fit: they are forgotten by then.
        """
        size = len(envelope)
        replies = self._take(device, wire.Offer(tcn, part, size, hashlib.sha256(envelope).digest()))
        if verdict := _verdict(replies):
            self.tally.done["parts known already"] += isinstance(verdict[0], wire.Receipt)
            return verdict
        for _ in range(TRIES):
            ranges = next((r.ranges for r in replies if isinstance(r, wire.Missing)), None)
            if ranges is None:
                return []
            for start, stop in _pieces(ranges or ((0, size),)):
                replies = self._take(device, wire.Chunk(tcn, part, size, start, envelope[start:stop]))
            if verdict := _verdict(replies):
                self.tally.done["parts taken in"] += isinstance(verdict[0], wire.Receipt)
                return verdict
            if ranges == ((0, size),):
                return []
        return []

    def _note(self, device: int) -> None:
        answered, self._knows = read_note(self._stick.read(device, NOTE), self._kiosks[device].keys())
        for tcn, digest in answered.items():
            self._acknowledge(device, tcn, digest)

    def _proof(self, device: int, name: str) -> None:
        done = wire.decode_up(self._stick.read(device, name))
        if not isinstance(done, wire.Done) or name != number_of(done.number, PROOF):
            raise BadBytes("another proof than the file's name says")
        wire.verify_done(done, device, self._kiosks[device].keys())
        self._take(device, done)

    def _back(self, device: int, reply: wire.Down) -> None:
        if isinstance(reply, wire.Receipt):
            name = name_of(Tcn(reply.tcn), reply.part, RECEIPT)
            what, reply = "receipts written", msgspec.structs.replace(reply, answer=b"")
        elif isinstance(reply, wire.Refusal):
            name, what = name_of(Tcn(reply.tcn), reply.part, REFUSAL), "refusals written"
        elif isinstance(reply, wire.Answered):
            name, what = f"{reply.tcn}{ANSWER}", "answers written"
        elif isinstance(reply, wire.Order) and reply.kind is not wire.OrderKind.WATCHLIST:
            new_key = reply.kind is wire.OrderKind.HUB_KEY
            name = f"newest{HUB_KEY}" if new_key else number_of(reply.number, ORDER)
            what = "new keys written" if new_key else "orders written"
        else:
            return
        self._write(device, name, what, wire.encode(reply))

    def _write(self, device: int, name: str, what: str, payload: bytes) -> None:
        """A stick that is full or locked does not keep the hub from taking the rest in."""
        try:
            self.tally.done[what] += self._stick.write(device, name, payload)
        except StorageFailed as error:
            self._unwritten = str(error)

    def _settle(self, device: int) -> None:
        try:
            self._stick.settle(device)
        except StorageFailed as error:
            self._unwritten = str(error)


def _verdict(replies: Sequence[wire.Down]) -> list[wire.Down]:
    return [reply for reply in replies if isinstance(reply, wire.Receipt | wire.Refusal)]


def _pieces(ranges: Sequence[wire.Range]) -> list[wire.Range]:
    return [(at, min(at + CHUNK, stop)) for start, stop in ranges for at in range(start, stop, CHUNK)]
