"""How near the finger sensor's image transfer comes to what the line can carry.

The sensor is the simulated one, which paces itself at the baud rate; the driver is the real one.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.kiosk.devices.uart_finger_image import ImageReader
from hotspot_kiosk.kiosk.devices.uart_finger_setup import Baud, Options, connect
from hotspot_kiosk.simulator.uart_kinds import PERSONALITIES, Personality
from hotspot_kiosk.simulator.uart_sensor import UartSensor

RUNS = 3
SPEEDS: tuple[Baud, ...] = (57600, 115200)
GOAL = 1.03
BITS_PER_BYTE = 10
PACKET = 256
PACKET_OVERHEAD = 11
COMMAND_AND_ACK = 24


def run() -> Iterator[Figure]:
    """Transfer time over the line's limit, for two kinds of sensor at two speeds."""
    for name in ("r503", "r305"):
        for baud in SPEEDS:
            yield _figure(PERSONALITIES[name], baud)


def _figure(kind: Personality, baud: Baud) -> Figure:
    with UartSensor(kind, lambda: None) as sensor:
        found = connect(Options(port=sensor.link, fastest=baud), lambda: False)
        taken = statistics.median(_transfer(found.images, kind) for _ in range(RUNS))
        found.link.close()
    return Figure(
        bench="sensor",
        figure=f"image transfer {kind.width}x{kind.height} at {baud}",
        value=taken / _limit_s(kind, baud),
        unit="ratio",
        goal=GOAL,
        better="lower",
        against="line limit (10 bits a byte)",
        n=RUNS,
    )


def _transfer(images: ImageReader, kind: Personality) -> float:
    start = time.perf_counter()
    images.image(kind.width * kind.height // 2)
    return time.perf_counter() - start


def _limit_s(kind: Personality, baud: int) -> float:
    """The time of all bytes, command and acknowledgement too, without a pause between them."""
    image = kind.width * kind.height // 2
    wire = COMMAND_AND_ACK + image + PACKET_OVERHEAD * -(-image // PACKET)
    return wire * BITS_PER_BYTE / baud
