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
END = 0x08
FIRST_PAYLOAD_BYTE = 9
FLIPPED = 0x10


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
    EARLY_END = "the end packet comes before all data were sent"
    TWICE = "one data packet sent twice"
    LOST_AND_TWICE = "one data packet lost and another sent twice"
    FLIPS_THAT_CANCEL = "two bits of a payload flipped so that its sum stays right"
    UNPLUGGED = "the cable pulled in the middle of a packet, and plugged in again"


@dataclass(frozen=True, slots=True)
class Faults:
    """A fault done to the next `times` answers to the command `on`, in its frame number `packet`.

    It strikes only while the sensor is faster than `above`. Frame 0 is the acknowledgement, 1 the first data packet. `stall_s` is the pause of a stall, or
    how long the cable is out.
    """

    fault: Fault
    times: int = 1
    on: int = UP_IMAGE
    packet: int = 3
    stall_s: float = 1.5
    above: int = 0


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is sent for `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Pull:
    """The cable is pulled, and plugged in again after `seconds`; nothing that follows is sent."""

    seconds: float


Piece = bytes | Pause | Pull


def spoil(frames: list[bytes], faults: Faults, refuse: Callable[[int], bytes]) -> list[Piece]:
    """The pieces that reach the line instead of `frames`; `refuse` makes an error answer of a code."""
    at = _place(frames, faults)
    before, frame, after = frames[:at], frames[at], frames[at + 1 :]
    whole: dict[Fault, Callable[[], list[Piece]]] = {
        Fault.REFUSED: lambda: [refuse(UPLOAD_FAILED)],
        Fault.SHORT_ACK: lambda: [refuse(PACKET_ERROR)],
        Fault.LOST_END: lambda: [*frames[:-1]],
        Fault.NOISE: lambda: [b"\x00\xef\x55\xef\x01\xff", *frames],
        Fault.EARLY_END: lambda: [*before, _ended(frame)],
        Fault.LOST_PACKET: lambda: [*before, *after],
        Fault.TWICE: lambda: [*before, frame, frame, *after],
        Fault.LOST_AND_TWICE: lambda: [*before, frame, frame, *after[1:]],
        Fault.STALL: lambda: [*before, frame[:20], Pause(faults.stall_s), frame[20:], *after],
        Fault.UNPLUGGED: lambda: [*before, frame[:20], Pull(faults.stall_s)],
    }
    if faults.fault in whole:
        return whole[faults.fault]()
    return [*before, _damaged(frame, faults.fault), *after]


def _place(frames: list[bytes], faults: Faults) -> int:
    """The frame that is spoilt: the one asked for, or for some faults the next that shows something."""
    last = len(frames) - 1
    at = min(faults.packet, last)
    if faults.fault in (Fault.LOST_AND_TWICE, Fault.FLIPS_THAT_CANCEL):
        return next((each for each in range(at, last) if _shows_something(frames[each])), at)
    return at


def _shows_something(frame: bytes) -> bool:
    """Whether its payload has a byte with the bit that is flipped, and one without."""
    return len({byte & FLIPPED for byte in frame[FIRST_PAYLOAD_BYTE:-2]}) > 1


def _damaged(frame: bytes, fault: Fault) -> bytes:
    if fault is Fault.LOST_BYTE:
        return frame[:FIRST_PAYLOAD_BYTE] + frame[FIRST_PAYLOAD_BYTE + 1 :]
    if fault is Fault.FLIPS_THAT_CANCEL:
        return _flip_two(frame)
    places = {
        Fault.WRONG_CHECKSUM: len(frame) - 1,
        Fault.BIT_FLIP: FIRST_PAYLOAD_BYTE,
        Fault.WRONG_ADDRESS: 5,
    }
    return _flip(frame, places[fault])


def _flip(frame: bytes, place: int) -> bytes:
    return frame[:place] + bytes([frame[place] ^ FLIPPED]) + frame[place + 1 :]


def _flip_two(frame: bytes) -> bytes:
    """The first payload byte whose bit is not set, and the first whose bit is, change places."""
    if not _shows_something(frame):
        return frame
    payload = frame[FIRST_PAYLOAD_BYTE:-2]
    clear = next(at for at, byte in enumerate(payload) if not byte & FLIPPED)
    is_set = next(at for at, byte in enumerate(payload) if byte & FLIPPED)
    return _flip(_flip(frame, FIRST_PAYLOAD_BYTE + clear), FIRST_PAYLOAD_BYTE + is_set)


def _ended(frame: bytes) -> bytes:
    body = bytes([END]) + frame[7:-2]
    return frame[:6] + body + (sum(body) & 0xFFFF).to_bytes(2, "big")
