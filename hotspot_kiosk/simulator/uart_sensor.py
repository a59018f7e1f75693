"""A finger sensor at the far end of a serial line: the R503/R305 protocol with its physics.

It paces itself, powers up deaf, really switches baud, keeps templates (`uart_library`), and does
every fault of `uart_faults` on request. A power cut takes what it holds in memory.
"""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from hotspot_kiosk.errors import BadSample, ConfigError
from hotspot_kiosk.simulator.uart_faults import Faults, Pause, Piece, Pull, spoil
from hotspot_kiosk.simulator.uart_glass import FolderGlass, Glass, pack
from hotspot_kiosk.simulator.uart_kinds import PERSONALITIES, Personality
from hotspot_kiosk.simulator.uart_library import Library
from hotspot_kiosk.simulator.uart_line import PtyLine
from hotspot_kiosk.simulator.uart_packets import frame, next_request, sum_fits

log = logging.getLogger(__name__)

COMMAND, DATA, ACK, END = 0x01, 0x02, 0x07, 0x08
OK, PACKET_ERROR, NO_FINGER, IMAGING_FAILED = 0x00, 0x01, 0x02, 0x03
WRONG_PASSWORD, BAD_REGISTER, PASSWORD_FIRST, HEALTHY = 0x13, 0x1A, 0x21, 0x55
DOWNLOAD_TEMPLATE, DOWNLOAD_IMAGE = 0x09, 0x0B
DEAF_S = 0.05
PACKET_SIZES = (32, 64, 128, 256)
BAUDS = (9600, 19200, 38400, 57600, 115200)


@dataclass(frozen=True, slots=True)
class _Answer:
    ack: bytes
    data: bytes | None = None
    tail: bytes = b""
    then: Callable[[], None] | None = None


class UartSensor:
    """A simulated sensor; as a context manager it is plugged in and `link` is the host's port.

    `inject` asks for faults, `unplug` and `plug` pull and push the cable. `problem` is the last
    reason why a finger on the glass could not be imaged; `heard` are the commands it obeyed,
    `lights` what its ring was told.
    """

    def __init__(
        self, personality: Personality, glass: Glass, link: Path | None = None, speed: float = 1.0
    ) -> None:
        self.personality = personality
        self.lights: list[tuple[int, ...]] = []
        self.library = Library(personality.capacity)
        self.problem = ""
        self.heard: list[int] = []
        self.baud = personality.baud
        self._folder = None if link else tempfile.TemporaryDirectory(prefix="sensor-")
        self.link = link or Path(self._folder.name if self._folder else "") / "tty"
        self._glass, self._speed = glass, speed
        self._packet = personality.packet
        self._image: bytes | None = None
        self._verified = not any(personality.password)
        self._inbox = bytearray()
        self._downloading = bytes(2)
        self._download = bytearray()
        self._faults: list[Faults] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> UartSensor:
        self.plug()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unplug()
        if self._folder:
            self._folder.cleanup()

    def plug(self) -> None:
        """Power up in a thread of its own."""
        self._stop.clear()
        line = PtyLine(self.link, self.baud, self._speed)
        self._thread = threading.Thread(target=self._serve, args=(line, self._stop), name="uart-sensor")
        self._thread.start()

    def unplug(self) -> None:
        """Pull the cable, even in the middle of a transfer."""
        self._stop.set()
        if self._thread:
            self._thread.join()
            self._thread = None

    def inject(self, faults: Faults) -> None:
        """Do this to the next answers it fits."""
        self._faults.append(faults)

    def brown_out(self) -> None:
        """Lose what a sensor keeps in memory only: the verified password, the image, the slots."""
        self._verified = not any(self.personality.password)
        self._image = None
        self.library.forget()

    def serve(self, stop: threading.Event) -> None:
        """Power up here and answer until told to stop."""
        self._serve(PtyLine(self.link, self.baud, self._speed), stop)

    def _blank(self) -> bytes:
        return bytes([0xFF]) * (self.personality.width * self.personality.height // 2)

    def _serve(self, line: PtyLine, stop: threading.Event) -> None:
        while True:
            try:
                away_s = self._work(line, stop)
            finally:
                line.close()
            if stop.wait(away_s):
                return
            line = PtyLine(self.link, self.baud, self._speed)

    def _work(self, line: PtyLine, stop: threading.Event) -> float:
        """Until the cable is pulled; returns for how long."""
        self.brown_out()
        self._inbox.clear()
        line.deaf(DEAF_S, stop)
        while not stop.is_set():
            self._inbox += line.read(0.02)
            while (request := next_request(self._inbox)) is not None:
                away_s = self._answer(line, request, stop)
                if away_s is not None:
                    return away_s
        return 0.0

    def _answer(self, line: PtyLine, request: bytes, stop: threading.Event) -> float | None:
        """Answer a command; for how long the cable is pulled meanwhile, if it is."""
        if len(request) < 12 or request[2:6] != self.personality.address:
            return None
        if request[6] != COMMAND:
            self._take_in(request)
            return None
        self.heard.append(request[9])
        answer = self._obey(request[9:-2], stop) if sum_fits(request) else _Answer(bytes([PACKET_ERROR]))
        for piece in self._on_the_wire(request[9], answer):
            if isinstance(piece, Pull):
                return piece.seconds
            if isinstance(piece, Pause):
                line.deaf(piece.seconds, stop)
            else:
                line.write(piece, stop)
        if answer.then:
            answer.then()
            line.baud = self.baud
        return None

    def _take_in(self, frame: bytes) -> None:
        """A data packet of a template or an image that the host was allowed to send."""
        self._download += frame[9:-2]
        if frame[6] != END:
            return
        data = bytes(self._download)
        self._download.clear()
        if self._downloading[0] == DOWNLOAD_TEMPLATE:
            self.library.receive(self._downloading[1], data)
        elif self._downloading[0] == DOWNLOAD_IMAGE and len(data) == len(self._blank()):
            self._image = data
        self._downloading = bytes(2)

    def _on_the_wire(self, command: int, answer: _Answer) -> list[Piece]:
        frames = [self._frame(ACK, answer.ack)]
        if answer.data is not None:
            size = self._packet
            parts = [answer.data[at : at + size] for at in range(0, len(answer.data), size)]
            frames += [self._frame(DATA, part) for part in parts[:-1]]
            frames.append(self._frame(END, parts[-1]))
        for at, faults in enumerate(self._faults):
            if faults.on == command and self.baud > faults.above:
                self._use_up(at)
                return _joined(spoil(frames, faults, lambda code: self._frame(ACK, bytes([code]))))
        return _joined([*frames, answer.tail])

    def _use_up(self, at: int) -> None:
        left = replace(self._faults[at], times=self._faults[at].times - 1)
        self._faults[at : at + 1] = [left] if left.times else []

    def _frame(self, kind: int, payload: bytes) -> bytes:
        return frame(kind, self.personality.address, payload)

    def _obey(self, request: bytes, stop: threading.Event) -> _Answer:
        code = request[0]
        if code == 0x13:
            return self._verify(request)
        if not self._verified:
            return _Answer(bytes([PASSWORD_FIRST]))
        reply = self.library.obey(request, self._image)
        if reply is not None:
            return _Answer(*reply)
        table: dict[int, Callable[[], _Answer]] = {
            0x01: lambda: self._take_image(stop),
            DOWNLOAD_TEMPLATE: lambda: self._begin_download(request),
            0x0A: lambda: _Answer(bytes([OK]), data=self._image or self._blank()),
            DOWNLOAD_IMAGE: lambda: self._begin_download(request + bytes(1)),
            0x0E: lambda: self._set_parameter(request),
            0x0F: lambda: _Answer(bytes([OK]) + self._parameters()),
            0x35: lambda: self._set_light(request),
            0x3D: self._reset,
            0x53: lambda: _Answer(bytes([HEALTHY])),
        }
        return table.get(code, lambda: _Answer(bytes([PACKET_ERROR])))()

    def _begin_download(self, request: bytes) -> _Answer:
        self._downloading = request
        self._download.clear()
        return _Answer(bytes([OK if len(request) == 2 else PACKET_ERROR]))

    def _verify(self, request: bytes) -> _Answer:
        self._verified = request[1:] == self.personality.password
        return _Answer(bytes([OK if self._verified else WRONG_PASSWORD]))

    def _parameters(self) -> bytes:
        words = (0, 9, self.personality.capacity, 3)
        tail = (PACKET_SIZES.index(self._packet), self.baud // 9600)
        fields = [word.to_bytes(2, "big") for word in words], [word.to_bytes(2, "big") for word in tail]
        return b"".join(fields[0]) + self.personality.address + b"".join(fields[1])

    def _set_parameter(self, request: bytes) -> _Answer:
        register, value = request[1:3] if len(request) == 3 else (0, 0)
        if register == 4 and value * 9600 in BAUDS:
            return _Answer(bytes([OK]), then=lambda: self._switch(value * 9600))
        if register == 6 and value < len(PACKET_SIZES) and not self.personality.fixed_packet:
            self._packet = PACKET_SIZES[value]
            return _Answer(bytes([OK]))
        return _Answer(bytes([OK if register == 5 and 1 <= value <= 5 else BAD_REGISTER]))

    def _switch(self, baud: int) -> None:
        self.baud = baud

    def _take_image(self, stop: threading.Event) -> _Answer:
        try:
            pixels = self._glass()
            if pixels is None:
                return _Answer(bytes([NO_FINGER]))
            self._image = pack(pixels, self.personality.width, self.personality.height)
        except BadSample as error:
            if str(error) != self.problem:
                self.problem = str(error)
                log.warning("%s", error)
            return _Answer(bytes([IMAGING_FAILED]))
        stop.wait(self.personality.imaging_s / self._speed)
        return _Answer(bytes([OK]))

    def _set_light(self, request: bytes) -> _Answer:
        if not self.personality.light or len(request) != 5:
            return _Answer(bytes([PACKET_ERROR]))
        self.lights.append(tuple(request[1:]))
        return _Answer(bytes([OK]))

    def _reset(self) -> _Answer:
        self.brown_out()
        return _Answer(bytes([OK]), tail=bytes([HEALTHY]))


def run_sensor(link: Path, glass: Path, personality: str, stop: threading.Event) -> None:
    """Serve a sensor of that personality at `link`, with the folder `glass`, until told to stop.

    Raises ConfigError for an unknown personality or a missing folder.
    """
    if personality not in PERSONALITIES:
        raise ConfigError(f"no sensor personality {personality}; there are: {', '.join(PERSONALITIES)}")
    if not glass.is_dir():
        raise ConfigError(f"the glass folder {glass} does not exist; make it first")
    UartSensor(PERSONALITIES[personality], FolderGlass(glass), link).serve(stop)


def _joined(pieces: list[Piece]) -> list[Piece]:
    joined: list[Piece] = []
    for piece in pieces:
        if joined and isinstance(piece, bytes) and isinstance(joined[-1], bytes):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined
