"""The line to a UART finger sensor: the adafruit library's commands over framing of our own.

Every byte that counts is verified, every wait has a deadline, and after any failure the line is
brought back to a known state before the next command. It knows nothing of fingers or geometry, and
whether an image's bytes can be believed is judged in `uart_finger_image`.
"""

from __future__ import annotations

import fcntl
import struct
import termios
import time
from collections import Counter
from collections.abc import Callable

import adafruit_fingerprint as library
import serial

from hotspot_kiosk.errors import BadBytes, CaptureCancelled, DeviceLost
from hotspot_kiosk.kiosk.devices.uart_frames import Frame, FrameReader, Kind

POLL_S = 0.02
QUIET_S = 0.06
GAP_S = 0.1
ACK_OVERHEAD = 11
PARAMETERS_ACK = 28
TRIES = 3
MOST_LATE = 300  # bytes read after a wait is over: the longest frame, come in time and read late
MAX_IMAGE_BYTES = 65_536
VERIFY_PASSWORD = 0x13
UPLOAD_IMAGE = 0x0A
READ_PARAMETERS = 0x0F
TIOCGICOUNT = 0x545D  # Linux, <asm-generic/ioctls.h>
# struct serial_icounter_struct of <linux/serial.h>: cts dsr rng dcd rx tx | frame overrun parity brk buf_overrun
COUNTERS = struct.Struct("20i")
ERROR_COUNTERS = slice(6, 11)


class FingerLink(library.Adafruit_Fingerprint):  # type: ignore[misc]  # the library has no types
    """A sensor's commands: `verify_password`, `read_sysparam`, `set_sysparam`, `get_image`, `set_led`.

    They return the sensor's confirmation code. They raise DeviceLost if no answer comes within
    `patience_s`, BadBytes if what comes is no answer or is an error where parameters are expected,
    RuntimeError (the library's) if a parameter is refused, CaptureCancelled if `stopped` says so.
    `foreign` counts frames from other addresses.
    """

    def __init__(
        self,
        port: serial.Serial,
        address: bytes,
        password: bytes,
        patience_s: float,
        stopped: Callable[[], bool],
    ) -> None:
        # The library's constructor would talk to the sensor at once; this one only remembers.
        self.address = list(address)
        self.password = tuple(password)
        self.patience_s = patience_s
        self.foreign: Counter[bytes] = Counter()
        self._uart = port
        self._stopped = stopped
        self._reader = FrameReader()
        self._answer_owed = False

    @property
    def name(self) -> str:
        """The serial port's name."""
        return str(self._uart.port)

    def ask(self, command: Callable[[], int]) -> int:
        """A command's confirmation code; a damaged or missing answer is asked for again.

        Raises BadBytes if it stays so although the sensor is there, DeviceLost if it is not.
        """
        problem: BadBytes | DeviceLost | None = None
        for _ in range(TRIES):
            self.synchronise()
            try:
                return command()
            except (BadBytes, DeviceLost) as error:
                problem = error
        self.synchronise()
        raise BadBytes(f"it gives no clear answer: {problem}") from problem

    def upload_image(self) -> list[bytes]:
        """The packets of the image in the sensor's buffer, each verified by its sum.

        Raises BadBytes if one is damaged or the sensor refuses, DeviceLost if it falls silent.
        """
        self._send_packet([UPLOAD_IMAGE])
        code = self._get_packet(12)[0]
        if code != library.OK:
            raise BadBytes(f"the sensor refused to send its image (code {code:02X})")
        self._answer_owed = True
        packets = self._packets()
        self._answer_owed = False
        return packets

    def line_errors(self) -> int:
        """How many errors the kernel's driver has counted on this line; 0 where it counts none."""
        try:
            counted = fcntl.ioctl(self._uart.fileno(), TIOCGICOUNT, bytes(COUNTERS.size))
        except OSError:  # a pseudo-terminal and some adapters do not count
            return 0
        return errors_counted(counted)

    def synchronise(self) -> None:
        """After a failure: wait until the sensor has said everything, then make sure it listens.

        The answer to ReadSysPara has a length of its own and answers come in order, so once it
        is here no older answer can be mistaken for a new one. Raises DeviceLost if it never comes.
        """
        for _ in range(TRIES):
            if not self._answer_owed:
                return
            self.drain()
            self._write([READ_PARAMETERS])
            self._await_parameters()
        if self._answer_owed:
            raise DeviceLost(f"the finger sensor at {self._uart.port} does not answer; check cable and power")

    def drain(self) -> None:
        """Read and forget until the line is quiet. Raises DeviceLost if it never is."""
        end = time.monotonic() + self._longest_s()
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_S:
            if self._read(4096):
                quiet_since = time.monotonic()
            if quiet_since > end:
                raise DeviceLost(f"the line at {self._uart.port} is never quiet; check the wiring")
        self._reader.clear()

    def start_at(self, baud: int) -> None:
        """Start anew at a baud rate, nothing owed, once the line is quiet."""
        try:
            self._uart.baudrate = baud
        except (OSError, termios.error) as error:
            raise self._gone() from error
        self.drain()
        self._answer_owed = False

    def close(self) -> None:
        """Give the serial port back."""
        self._uart.close()

    def _await_parameters(self) -> None:
        end = time.monotonic() + self.patience_s
        try:
            while self._answer_owed:
                frame = self._frame(end, gaps=True)
                if frame.kind is not Kind.ACK:
                    return
                if frame.payload == bytes([library.PASSVERIFY]):
                    self._write([VERIFY_PASSWORD, *self.password])
                    return
                self._answer_owed = len(frame.payload) != PARAMETERS_ACK - ACK_OVERHEAD
        except DeviceLost:
            return

    def _send_packet(self, data: list[int]) -> None:
        self.synchronise()
        self._answer_owed = True
        self._write(data)

    def _get_packet(self, expected: int) -> list[int]:
        frame = self._frame(time.monotonic() + self.patience_s, gaps=True)
        if frame.kind is not Kind.ACK:
            raise BadBytes("the sensor sent image data instead of an answer")
        size = len(frame.payload)
        if size != expected - ACK_OVERHEAD and (size != 1 or frame.payload[0] == library.OK):
            raise BadBytes(f"the sensor's answer has {size} bytes, not {expected - ACK_OVERHEAD}")
        self._answer_owed = False
        if size != expected - ACK_OVERHEAD:
            raise BadBytes(f"the sensor refused a command (code {frame.payload[0]:02X})")
        return list(frame.payload)

    def _packets(self) -> list[bytes]:
        """The payloads of all data packets up to the end packet; the caller checks how many."""
        packets: list[bytes] = []
        self._reader.rejected = 0
        end = time.monotonic() + self._longest_s()
        received = 0
        while received <= MAX_IMAGE_BYTES:
            frame = self._frame(end, gaps=False)
            if self._reader.rejected or frame.kind is Kind.ACK:
                raise BadBytes("a packet of the image was damaged on the line")
            packets.append(frame.payload)
            received += len(frame.payload)
            if frame.kind is Kind.END:
                return packets
        raise BadBytes(f"the sensor's image is longer than {MAX_IMAGE_BYTES} bytes")

    def _longest_s(self) -> float:
        """Twice the time the largest image takes at the line's speed (10 bits a byte)."""
        return self.patience_s + 2 * MAX_IMAGE_BYTES * 10 / int(self._uart.baudrate)

    def _frame(self, end: float, gaps: bool) -> Frame:
        """The next frame from our address, before the moment `end`.

        `gaps` says that what was begun before a silence is no frame and is passed over. It is too late
        only once nothing is left to read: a busy machine may read late what came in time.
        """
        heard, late = time.monotonic(), 0
        while (frame := self._taken()) is None:
            chunk = self._read(self._reader.missing)
            now = time.monotonic()
            if chunk:
                self._reader.feed(chunk)
                heard, late = now, late + len(chunk) * (now >= end)
            elif gaps and now - heard > GAP_S:
                self._reader.gap()
            if late > MOST_LATE or (not chunk and now >= min(end, heard + self.patience_s)):
                raise DeviceLost(f"the finger sensor at {self._uart.port} does not answer")
        return frame

    def _taken(self) -> Frame | None:
        """A frame that is complete and from our address; others are counted."""
        while (frame := self._reader.take()) is not None and frame.address != bytes(self.address):
            self.foreign[frame.address] += 1
        return frame

    def _check_stopped(self) -> None:
        if self._stopped():
            raise CaptureCancelled("the capture was stopped on request")

    def _write(self, data: list[int]) -> None:
        try:
            self._uart.write(Frame(Kind.COMMAND, bytes(self.address), bytes(data)).encode())
        except (OSError, termios.error) as error:
            raise self._gone() from error

    def _read(self, size: int) -> bytes:
        self._check_stopped()
        try:
            return bytes(self._uart.read(size))
        except (OSError, termios.error) as error:
            raise self._gone() from error

    def _gone(self) -> DeviceLost:
        return DeviceLost(f"the line at {self._uart.port} is gone; check the cable")


def errors_counted(counters: bytes) -> int:
    """Framing, overrun, parity, break and buffer errors in Linux's serial counters."""
    return sum(COUNTERS.unpack(counters)[ERROR_COUNTERS])
