"""A recorded finger sensor at the far end of a line: it answers as the recorded one did.

To a command it gives the answers that were recorded for it at the host's speed, in their order, and
the last of them again when they are used up. With a glass it picks, for a look, an answer that fits.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from hotspot_kiosk.recordings import Answer, Exchange, Noise, Packets, Piece, Recording, image_bytes, stand_in
from hotspot_kiosk.simulator.uart_faults import Pause
from hotspot_kiosk.simulator.uart_line import PtyLine
from hotspot_kiosk.simulator.uart_packets import frame, next_request

GEN_IMAGE, UP_IMAGE, VERIFY_PASSWORD = 0x01, 0x0A, 0x13
CODE_AT = 9
NO_FINGER = 0x02

Touched = Callable[[], bool]


class Replay:
    """Plays a recording; as a context manager it is plugged in and `link` is the host's port.

    `strayed` are the commands for which nothing was recorded. `touched` says whether a finger lies on
    the glass; without it the looks come as they were recorded.
    """

    def __init__(self, recording: Recording, touched: Touched | None = None, speed: float = 1.0) -> None:
        self.strayed: list[bytes] = []
        self._exchanges = [each for each in recording.exchanges if each.asked]
        self._used: set[int] = set()
        self._touched, self._speed = touched, speed
        self._folder = tempfile.TemporaryDirectory(prefix="replay-")
        self.link = Path(self._folder.name) / "tty"
        self._stop = threading.Event()
        self._line = PtyLine(self.link, 57_600, speed, follows=True)
        self._thread = threading.Thread(target=self._serve, name="uart-replay")

    def __enter__(self) -> Replay:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._folder.cleanup()

    def _serve(self) -> None:
        inbox = bytearray()
        try:
            while not self._stop.is_set():
                inbox += self._line.read(0.02)
                while (request := next_request(inbox)) is not None:
                    self._answer(request)
        finally:
            self._line.close()

    def _answer(self, request: bytes) -> None:
        exchange = self._choose(request)
        if exchange is None:
            self.strayed.append(request)
            return
        for piece in played(exchange):
            if isinstance(piece, Pause):
                self._line.deaf(piece.seconds / self._speed, self._stop)
            else:
                self._line.write(piece, self._stop)

    def _choose(self, request: bytes) -> Exchange | None:
        """The next exchange for this command that was not played yet, else the last one."""
        fitting = [at for at, each in enumerate(self._exchanges) if self._fits(each, request)]
        if not fitting:
            return None
        at = next((each for each in fitting if each not in self._used), fitting[-1])
        self._used.add(at)
        return self._exchanges[at]

    def _fits(self, exchange: Exchange, request: bytes) -> bool:
        asked = bytes.fromhex(exchange.asked)
        if exchange.baud != self._line.baud or len(request) <= CODE_AT:
            return False
        if request[CODE_AT] == VERIFY_PASSWORD:  # the password was not kept
            return asked[: CODE_AT + 1] == request[: CODE_AT + 1]
        if request[CODE_AT] == GEN_IMAGE and self._touched is not None:
            return asked == request and _code(exchange) == (0 if self._touched() else NO_FINGER)
        return asked == request


def played(exchange: Exchange) -> list[bytes | Pause]:
    """What the sensor puts on the line, pauses included."""
    address = bytes.fromhex(exchange.asked)[2:6]
    image, at = stand_in(image_bytes(exchange.came)), 0
    pieces: list[bytes | Pause] = []
    for piece in exchange.came:
        if piece.pause:
            pieces.append(Pause(piece.pause))
        data = _bytes(piece, address, image[at:])
        at += piece.size * piece.count if isinstance(piece, Packets) else 0
        pieces.append(data)
    return pieces


def _bytes(piece: Piece, address: bytes, image: bytes) -> bytes:
    if isinstance(piece, Answer):
        return bytes.fromhex(piece.frame)
    if isinstance(piece, Noise):
        return bytes(piece.count)
    parts = [image[at : at + piece.size] for at in range(0, piece.size * piece.count, piece.size)]
    frames = [frame(piece.kind, address, part) for part in parts]
    return b"".join(frames if piece.sound else map(_spoilt, frames))


def _spoilt(whole: bytes) -> bytes:
    return whole[:-1] + bytes([whole[-1] ^ 1])


def _code(exchange: Exchange) -> int:
    """The confirmation code of a clean exchange; -1 if it was not clean."""
    if len(exchange.came) != 1 or not isinstance(exchange.came[0], Answer):
        return -1
    return bytes.fromhex(exchange.came[0].frame)[CODE_AT]
