"""How often damage on the finger sensor's line could pass for a right image.

What the frames' sums let pass is measured on the real reader; the rate of wrong images at the worst
level of noise follows from it, with the sums alone and with the rule that a line seen to do damage
must give an image twice alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.kiosk.devices.uart_finger_image import WATCHED
from hotspot_kiosk.kiosk.devices.uart_frames import HEADER_BYTES, SUM_BYTES, Frame, FrameReader, Kind

FRAMES = 20_000
PACKET, PACKETS = 256, 72  # an image of 192x192
BURST_BYTES = 8
ADDRESS = b"\xff\xff\xff\xff"
Damage = Callable[[np.random.Generator, bytearray], None]


def run() -> Iterator[Figure]:
    """Shares of damaged packets that pass, and wrong images a million at the worst noise."""
    flips, bursts = passing(two_flips), passing(burst)
    yield _figure("packets with two flipped bits that pass their sum", flips, None, "all such packets")
    yield _figure("packets with a burst that pass their sum", bursts, None, f"{BURST_BYTES} random bytes")
    alone, ruled = worst_rate(flips, 0), worst_rate(flips, WATCHED)
    yield _figure("wrong images a million at the worst noise, sums alone", 1e6 * alone, None, "random flips")
    yield _figure(
        "wrong images a million at the worst noise", 1e6 * ruled, 1.0, f"sums alone: {1e6 * alone:.0f}"
    )


def passing(damage: Damage, frames: int = FRAMES, seed: int = 1) -> float:
    """The share of damaged packets that the reader takes for sound ones of other content."""
    rng = np.random.default_rng(seed)
    passed = 0
    for _ in range(frames):
        frame = Frame(Kind.DATA, ADDRESS, rng.bytes(PACKET))
        wire = bytearray(frame.encode())
        damage(rng, wire)
        reader = FrameReader()
        reader.feed(bytes(wire))
        taken = reader.take()
        passed += taken is not None and taken.kind is Kind.DATA and taken.payload != frame.payload
    return passed / frames


def two_flips(rng: np.random.Generator, wire: bytearray) -> None:
    """Flip two bits anywhere."""
    for bit in rng.choice(8 * len(wire), 2, replace=False):
        wire[bit // 8] ^= 1 << bit % 8


def burst(rng: np.random.Generator, wire: bytearray) -> None:
    """Make some bytes of the payload in a row random."""
    at = rng.integers(HEADER_BYTES, len(wire) - SUM_BYTES - BURST_BYTES)
    wire[at : at + BURST_BYTES] = rng.bytes(BURST_BYTES)


def worst_rate(two_pass: float, watched: int) -> float:
    """Wrong images an image at the noise that is worst, if `watched` clean ones must have come before.

    With f flips an image at random places, a packet has two with f^2 / 2 packets^2; the image is wrong
    if they pass, no other packet is damaged, and none was in the images before.
    """
    rates: list[float] = np.geomspace(1e-3, 30, 400).tolist()
    return max(
        rate**2 / (2 * PACKETS) * two_pass * math.exp(-rate) * math.exp(-rate * watched) for rate in rates
    )


def _figure(name: str, value: float, goal: float | None, against: str) -> Figure:
    return Figure(
        "sensor_trust",
        name,
        value,
        "ratio" if value < 1 and goal is None else "images",
        goal,
        "lower",
        against,
        FRAMES,
    )
