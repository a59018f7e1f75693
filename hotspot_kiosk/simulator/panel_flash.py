"""The panel's flash chip: erases and programs as NOR flash does, takes its time, keeps a list of both.

The list lets a test say what lay in flash if the power had gone at any command, whole or half done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rp2040py.peripherals.ssi import (
    CMD_PAGE_PROGRAM,
    CMD_READ_STATUS_1,
    CMD_SECTOR_ERASE,
    FLASH_PAGE_SIZE,
    FLASH_SECTOR_SIZE,
    RPSSI,
)
from rp2040py.rp2040 import RP2040

BUSY_BIT = 0x01
SSI_ADDRESS = 0x18000


@dataclass(frozen=True, slots=True)
class Write:
    """One command: an erased sector (no data) or a programmed page."""

    address: int
    data: bytes | None = field(repr=False)

    def done(self, flash: bytes, share: float = 1.0) -> bytes:
        """Flash after that share of it was done: what is erased turns to ones, what is programmed loses ones."""
        out = bytearray(flash)
        size = FLASH_SECTOR_SIZE if self.data is None else len(self.data)
        for i in range(int(size * share)):
            at = self.address + i
            out[at] = 0xFF if self.data is None else out[at] & self.data[i]
        return bytes(out)


def after(flash: bytes, writes: Sequence[Write]) -> bytes:
    """Flash after these commands."""
    for write in writes:
        flash = write.done(flash)
    return flash


class Nor(RPSSI):
    """The emulator's flash interface with a flash that is busy for a while after each command."""

    def __init__(
        self, chip: RP2040, erase_ms: float, program_ms: float, on_write: Callable[[Write], None]
    ) -> None:
        super().__init__(chip, "SSI")
        self._times = (erase_ms, program_ms)
        self._on_write = on_write
        self._busy_until = 0.0
        chip.ssi = self
        chip.peripherals[SSI_ADDRESS] = self

    def _shift_byte(self, byte_out: int) -> int:
        heard = int(super()._shift_byte(byte_out))
        asked = bool(self._tx_buffer) and self._tx_buffer[0] == CMD_READ_STATUS_1 and len(self._tx_buffer) > 1
        return heard | BUSY_BIT if asked and self.rp2040.clock.nanos < self._busy_until else heard

    def _apply_command(self) -> None:
        write = self._write()
        if write is not None:
            erase_ms, program_ms = self._times
            self._busy_until = self.rp2040.clock.nanos + 1e6 * (
                erase_ms if write.data is None else program_ms
            )
            self._on_write(write)
        super()._apply_command()

    def _write(self) -> Write | None:
        sent = bytes(self._tx_buffer)
        if not self._write_enabled or len(sent) < 4:
            return None
        address = int.from_bytes(sent[1:4], "big")
        if sent[0] == CMD_SECTOR_ERASE:
            return Write(address & -FLASH_SECTOR_SIZE, None)
        return Write(address, sent[4 : 4 + FLASH_PAGE_SIZE]) if sent[0] == CMD_PAGE_PROGRAM else None
