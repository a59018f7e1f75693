"""From what was said on a line to a recording that may be given away; and the session that is recorded.

Only what is known to be harmless is kept as it was: whole answers to commands that are on the list below.
Of an image the packets' sizes are kept, of everything else the number of bytes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hotspot_kiosk import recordings
from hotspot_kiosk.errors import CaptureTimeout, HotspotError
from hotspot_kiosk.kiosk.devices.port import FingerSensor, Light
from hotspot_kiosk.kiosk.devices.uart_finger_link import UPLOAD_IMAGE, VERIFY_PASSWORD
from hotspot_kiosk.kiosk.devices.uart_finger_tap import Spoken, Tape
from hotspot_kiosk.kiosk.devices.uart_frames import (
    HEADER_BYTES,
    SENSOR_PAYLOADS,
    START,
    SUM_BYTES,
    Frame,
    Kind,
)
from hotspot_kiosk.recordings import Answer, Exchange, Header, Noise, Packets, Piece, Recording
from hotspot_kiosk.terms import FingerPosition

# GenImg, UpImage, SetSysPara, ReadSysPara, VfyPwd, AuraLed: their answers say nothing of a person.
HARMLESS = (0x01, UPLOAD_IMAGE, 0x0E, 0x0F, VERIFY_PASSWORD, 0x35)
PAUSE_S = 0.1
WAIT_S = 30.0
FINGER = FingerPosition.RIGHT_INDEX
PLACE, LIFT = "Put a finger on the glass.", "Lift your finger."


def record(
    sensor: FingerSensor, tape: Tape, touches: int, say: Callable[[str], None], words: str
) -> Recording:
    """Open the sensor, show every light, take touches, open it again as after a restart.

    What was said comes back even if it failed.
    """
    name, problem = "unknown", ""
    try:
        name = sensor.open().device
        _play(sensor, touches, say)
        sensor.close()
        sensor.open()
    except HotspotError as error:
        problem = str(error)
        say(f"The session ended early: {problem}. What was said until then is kept.")
    finally:
        sensor.close()
    return redacted(tape.spoken, Header(recordings.FORMAT, name, "; ".join(filter(None, (words, problem)))))


def redacted(spoken: Sequence[Spoken], header: Header) -> Recording:
    """The recording of what was said, without pixels, templates and passwords."""
    start = spoken[0].at_s if spoken else 0.0
    return Recording(header, tuple(_exchange(part, start) for part in _exchanges(spoken)))


def _play(sensor: FingerSensor, touches: int, say: Callable[[str], None]) -> None:
    for light in Light:
        sensor.show(light)
    for _ in range(touches):
        say(LIFT)
        _see_free(sensor)
        say(PLACE)
        sensor.capture(FINGER, WAIT_S, lambda: sensor.show(Light.READING))
        sensor.show(Light.DONE)
    say(LIFT)
    _see_free(sensor)
    sensor.show(Light.OFF)


def _see_free(sensor: FingerSensor) -> None:
    try:
        sensor.capture(FINGER, 0, lambda: None)
    except CaptureTimeout:
        return


def _exchanges(spoken: Sequence[Spoken]) -> Iterator[list[Spoken]]:
    """Each command with all that came until the next one."""
    part: list[Spoken] = []
    for each in spoken:
        if each.by_host and part:
            yield part
            part = []
        part.append(each)
    if part:
        yield part


def _exchange(part: list[Spoken], start: float) -> Exchange:
    first, answers = part[0], [each for each in part if not each.by_host]
    asked = first.data if first.by_host else b""
    command = asked[HEADER_BYTES] if len(asked) > HEADER_BYTES else -1
    if command == VERIFY_PASSWORD:
        asked = Frame(Kind.COMMAND, asked[2:6], bytes([VERIFY_PASSWORD, 0, 0, 0, 0])).encode()
    if command not in HARMLESS:
        asked = b""
    came = tuple(_pieces(answers, first.at_s, asked[2:6]))
    return Exchange(round(first.at_s - start, 4), first.baud, asked.hex(), came)


@dataclass(frozen=True, slots=True)
class _Found:
    """What stands at a place of the stream: a frame of a kind, or noise (no kind)."""

    at: int
    size: int
    kind: Kind | None
    sound: bool


def _pieces(answers: list[Spoken], before_s: float, address: bytes) -> Iterator[Piece]:
    """What came, in runs; a silence longer than PAUSE_S before one is kept with it.

    `address` is that of the sensor that was asked; empty if its answer may not be kept.
    """
    stream = b"".join(each.data for each in answers)
    ends = [sum(len(each.data) for each in answers[: at + 1]) for at in range(len(answers))]
    run: Piece | None = None
    for found in _scan(stream):
        at_s = answers[bisect_right(ends, found.at)].at_s
        pause = round(at_s - before_s, 3) if at_s - before_s > PAUSE_S else 0.0
        before_s = answers[bisect_right(ends, found.at + found.size - 1)].at_s
        piece = _piece(found, stream, pause, address)
        longer = _joined(run, piece)
        if run is not None and longer is None:
            yield run
        run = longer or piece
    if run is not None:
        yield run


def _piece(found: _Found, stream: bytes, pause: float, address: bytes) -> Piece:
    if found.kind in (Kind.DATA, Kind.END):
        return Packets(pause, int(found.kind), found.size - HEADER_BYTES - SUM_BYTES, 1, found.sound)
    whole = stream[found.at : found.at + found.size]
    if found.kind is Kind.ACK and found.sound and whole[2:6] == address:
        return Answer(pause, whole.hex())
    return Noise(pause, found.size)


def _joined(run: Piece | None, piece: Piece) -> Piece | None:
    """Both as one, if they are of one kind and no pause lies between."""
    if piece.pause:
        return None
    if isinstance(run, Noise) and isinstance(piece, Noise):
        return Noise(run.pause, run.count + piece.count)
    if not (isinstance(run, Packets) and isinstance(piece, Packets)):
        return None
    if (run.kind, run.size, run.sound) != (piece.kind, piece.size, piece.sound):
        return None
    return Packets(run.pause, run.kind, run.size, run.count + 1, run.sound)


def _scan(stream: bytes) -> Iterator[_Found]:
    """Frames and what lies between them, in order; a frame whose sum is wrong counts if one follows it."""
    at = 0
    while at < len(stream):
        found = _frame_at(stream, at)
        if found is None:
            following = stream.find(START, at + 1)
            found = _Found(at, (following if following >= 0 else len(stream)) - at, None, False)
        yield found
        at += found.size


def _frame_at(stream: bytes, at: int) -> _Found | None:
    head = stream[at : at + HEADER_BYTES]
    if len(head) < HEADER_BYTES or not head.startswith(START) or head[6] not in SENSOR_PAYLOADS:
        return None
    payload = int.from_bytes(head[7:9], "big") - SUM_BYTES
    end = at + HEADER_BYTES + payload + SUM_BYTES
    if payload not in SENSOR_PAYLOADS[head[6]] or end > len(stream):
        return None
    sound = sum(stream[at + 6 : end - 2]) & 0xFFFF == int.from_bytes(stream[end - 2 : end], "big")
    if not sound and stream[end : end + 2] not in (START, b""):
        return None
    return _Found(at, end - at, Kind(head[6]), sound)
