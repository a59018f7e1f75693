"""What can go wrong on a sensor's line, done on request to the next answers.

`spoil` turns the frames a healthy sensor would send into what arrives at the host instead.
It is a pure function; pauses are part of its result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

UP_IMAGE = 0x0A
PACKET_ERROR = 0x01
UPLOAD_FAILED = 0x0F
FIRST_PAYLOAD_BYTE = 9


class Fault(StrEnum):
    """One way an answer goes wrong."""

    WRONG_CHECKSUM = "wrong checksum in a data packet"
    BIT_FLIP = "one bit of the payload flipped"
    LOST_PACKET = "one data packet lost"
    LOST_BYTE = "one byte lost"
    LOST_END = "last packet lost"
    REFUSED = "refusal instead of an image"
    STALL = "a pause in the middle of a packet"
    SHORT_ACK = "short error answer where a longer one is expected"
    WRONG_ADDRESS = "a frame from another address"
    NOISE = "noise before the answer"


@dataclass(frozen=True, slots=True)
class Faults:
    """A fault done to the next `times` answers to the command `on`, in its frame number `packet`.

    Frame 0 is the acknowledgement, 1 the first data packet. `stall_s` is the pause of a stall.
    """

    fault: Fault
    times: int = 1
    on: int = UP_IMAGE
    packet: int = 3
    stall_s: float = 1.5


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is sent for `seconds`."""

    seconds: float


Piece = bytes | Pause


def spoil(frames: list[bytes], faults: Faults, refuse: Callable[[int], bytes]) -> list[Piece]:
    """The pieces that reach the line instead of `frames`; `refuse` makes an error answer of a code."""
    if faults.fault is Fault.REFUSED:
        return [refuse(UPLOAD_FAILED)]
    if faults.fault is Fault.SHORT_ACK:
        return [refuse(PACKET_ERROR)]
    if faults.fault is Fault.LOST_END:
        return list(frames[:-1])
    if faults.fault is Fault.NOISE:
        return [b"\x00\xef\x55\xef\x01\xff", *frames]
    at = min(faults.packet, len(frames) - 1)
    return [*frames[:at], *_spoil_one(frames[at], faults), *frames[at + 1 :]]


def _spoil_one(frame: bytes, faults: Faults) -> list[Piece]:
    if faults.fault is Fault.LOST_PACKET:
        return []
    if faults.fault is Fault.LOST_BYTE:
        return [frame[:FIRST_PAYLOAD_BYTE] + frame[FIRST_PAYLOAD_BYTE + 1 :]]
    if faults.fault is Fault.STALL:
        return [frame[:20], Pause(faults.stall_s), frame[20:]]
    places = {
        Fault.WRONG_CHECKSUM: len(frame) - 1,
        Fault.BIT_FLIP: FIRST_PAYLOAD_BYTE,
        Fault.WRONG_ADDRESS: 5,
    }
    return [_flip(frame, places[faults.fault])]


def _flip(frame: bytes, place: int) -> bytes:
    return frame[:place] + bytes([frame[place] ^ 0x10]) + frame[place + 1 :]
