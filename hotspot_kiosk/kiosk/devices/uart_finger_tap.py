"""Listening in on the line to a UART finger sensor: what is said is kept in memory, with its time.

It alters nothing. What it keeps holds pixels and the password; `uart_finger_recording` takes them out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import serial

from hotspot_kiosk.kiosk.devices.uart_finger_setup import OpenPort, open_port


@dataclass(frozen=True, slots=True)
class Spoken:
    """Bytes that one side said, at a moment and at the speed of the host's port."""

    at_s: float
    baud: int
    by_host: bool
    data: bytes = field(repr=False)


class Tape:
    """What was said on the line, oldest first."""

    def __init__(self) -> None:
        self.spoken: list[Spoken] = []

    def keep(self, baud: int, by_host: bool, data: bytes) -> None:
        """Keep what was said just now."""
        if data:
            self.spoken.append(Spoken(time.monotonic(), baud, by_host, data))


def tapped(tape: Tape) -> OpenPort:
    """Opens a port whose line is listened in on."""

    class Tapped(serial.Serial):  # type: ignore[misc]  # pyserial has no types
        def read(self, size: int = 1) -> bytes:
            data = bytes(super().read(size))
            tape.keep(self.baudrate, False, data)
            return data

        def write(self, data: bytes) -> Any:
            tape.keep(self.baudrate, True, data)
            return super().write(data)

    def opened(path: Path, baud: int) -> serial.Serial:
        return open_port(path, baud, Tapped)

    return opened
