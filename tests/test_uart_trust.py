"""No wrong image for a right one: what fits together, what came twice alike, and how often damage passes."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
import serial
from uart_rig import R503, UP_IMAGE, bench, finger

from hotspot_kiosk.bench.sensor_trust import burst, passing, two_flips, worst_rate
from hotspot_kiosk.errors import BadBytes, DeviceLost
from hotspot_kiosk.kiosk.devices.uart_finger_image import WATCHED, ImageReader, joined
from hotspot_kiosk.kiosk.devices.uart_finger_link import COUNTERS, FingerLink, errors_counted
from hotspot_kiosk.kiosk.devices.uart_frames import Frame, Kind
from hotspot_kiosk.simulator.uart_faults import Fault, Faults
from hotspot_kiosk.simulator.uart_glass import pack

HOME = b"\xff\xff\xff\xff"


class NoisyWire:
    """A serial port whose sensor knows one image and two commands, with bits flipped on the way."""

    port = "noisy"
    baudrate = 57_600

    def __init__(self, image: bytes, flips: float, cancelling: float) -> None:
        self._frames = [Frame(Kind.ACK, HOME, b"\x00")]
        parts = [image[at : at + 256] for at in range(0, len(image), 256)]
        self._frames += [Frame(Kind.DATA, HOME, part) for part in parts[:-1]]
        self._frames.append(Frame(Kind.END, HOME, parts[-1]))
        self._flips, self._share, self._rng = flips, cancelling, np.random.default_rng(1)
        self._coming = bytearray()
        self.sent = self.wrong = 0

    def fileno(self) -> int:
        """None that counts errors."""
        raise OSError

    def write(self, data: bytes) -> None:
        """The host's command; the answer comes at once."""
        if data[9] == UP_IMAGE:
            self.sent += 1
            self._coming += self._damaged(b"".join(frame.encode() for frame in self._frames))
        else:
            self._coming += Frame(Kind.ACK, HOME, bytes(17)).encode()

    def read(self, size: int) -> bytes:
        """What has come."""
        taken = bytes(self._coming[:size])
        del self._coming[:size]
        return taken

    def _damaged(self, stream: bytes) -> bytes:
        """Single flips, and now and then two that cancel."""
        wire = bytearray(stream)
        for bit in self._rng.integers(0, 8 * len(wire), self._rng.poisson(self._flips)):
            wire[bit // 8] ^= 1 << bit % 8
        if self._rng.random() < self._share:
            self._cancelling(wire)
        return bytes(wire)

    def _cancelling(self, wire: bytearray) -> None:
        start = 12 + 267 * int(self._rng.integers(0, 71)) + 9
        places = range(start, start + 256)
        clear = [at for at in places if not wire[at] & 1]
        is_set = [at for at in places if wire[at] & 1]
        if clear and is_set:
            self.wrong += 1
            wire[int(self._rng.choice(clear))] |= 1
            wire[int(self._rng.choice(is_set))] &= ~1 & 0xFF


def test_a_noisy_line_gives_right_images_or_none() -> None:
    """Once a line was seen to do damage, no image with flips that cancel is believed."""
    image = pack(finger(R503, 1), 192, 192)
    wire = NoisyWire(image, flips=0.5, cancelling=0.5)
    link = FingerLink(wire, HOME, bytes(4), 0.05, lambda: False)
    reader = ImageReader(link)
    with pytest.raises(BadBytes):  # a first, certain damage
        reader.image(1)
    believed = 0
    for _ in range(25):
        try:
            assert reader.image(len(image)) == image
        except BadBytes:
            continue
        believed += 1
    assert believed
    assert wire.wrong > 10


def test_flips_that_cancel_are_noticed_after_damage() -> None:
    """A transfer whose sums are right but whose bits are wrong differs from the next, and is not taken."""
    with bench() as it:
        it.sensor.inject(Faults(Fault.BIT_FLIP))
        it.sensor.inject(Faults(Fault.FLIPS_THAT_CANCEL, packet=20))
        before = it.asked(UP_IMAGE)
        assert np.array_equal(it.touch(1).pixels, finger(R503, 1))
        assert it.asked(UP_IMAGE) >= before + 4


def test_a_line_that_was_lost_is_watched() -> None:
    """After a cable was pulled in the middle of an image, the next images must come twice alike."""
    with bench() as it:
        it.sensor.inject(Faults(Fault.UNPLUGGED, stall_s=0.1))
        it.on_glass = finger(R503, 1)
        with pytest.raises(DeviceLost):
            it.capture()
        while not it.sensor.link.exists():
            it.looked.wait(0.02)
        it.lift()
        before = it.asked(UP_IMAGE)
        it.sensor.inject(Faults(Fault.FLIPS_THAT_CANCEL, packet=20))
        assert np.array_equal(it.touch(2).pixels, finger(R503, 2))
        assert it.asked(UP_IMAGE) >= before + 3


def test_a_clean_line_gives_an_image_in_one_transfer() -> None:
    """Trust comes back: after enough clean images one transfer is enough again."""
    image = pack(finger(R503, 1), 192, 192)
    wire = NoisyWire(image, flips=0.0, cancelling=0.0)
    reader = ImageReader(FingerLink(wire, HOME, bytes(4), 0.05, lambda: False))
    with pytest.raises(BadBytes):
        reader.image(1)
    before = wire.sent
    for _ in range(WATCHED + 1):
        assert reader.image(len(image)) == image
    assert wire.sent == before + 2 * WATCHED + 1


@pytest.mark.parametrize(
    "packets",
    [
        [b"\x01" * 32, b"\x02" * 64],
        [b"\x01" * 32, b"\x02" * 31, b"\x03" * 32],
        [b"\x01\x02" * 16, b"\x01\x02" * 16],
        [b"\x01" * 32],
    ],
    ids=["a larger last one", "a short one", "one twice", "too few"],
)
def test_packets_that_do_not_fit_together(packets: list[bytes]) -> None:
    """Packets of other sizes, one that came twice, and a wrong total are no image."""
    with pytest.raises(BadBytes):
        joined(packets, 64)


def test_blank_packets_may_follow_each_other() -> None:
    """The empty margin of an image is no packet that came twice."""
    assert joined([b"\xff" * 32, b"\xff" * 32, b"\x0f\xf0" * 16], 96).startswith(b"\xff" * 64)


def test_how_often_damage_passes_the_sums() -> None:
    """Two flips pass about one time in sixteen, a burst some in a thousand: sums alone are not enough."""
    assert 0.03 < passing(two_flips, 4000) < 0.09
    assert passing(burst, 4000) < 0.02


def test_the_rule_makes_wrong_images_rare() -> None:
    """At the worst level of noise fewer than one image in a million is wrong, over a hundred with sums alone."""
    two_pass = passing(two_flips, 4000)
    assert worst_rate(two_pass, 0) > 100e-6
    assert worst_rate(two_pass, WATCHED) < 1e-6


def test_the_kernels_counters_are_read() -> None:
    """Framing, overrun, parity, break and buffer errors are added up, traffic is not."""
    counters = COUNTERS.pack(*[0] * 4, 1000, 1000, 1, 2, 3, 4, 5, *[9] * 9)
    assert errors_counted(counters) == 15


def test_a_pseudo_terminal_counts_no_errors() -> None:
    """Where the kernel does not count, nothing is held against the line."""
    near, far = os.openpty()
    with serial.Serial(os.ttyname(far), 57600) as port:
        assert FingerLink(port, HOME, bytes(4), 1.0, lambda: False).line_errors() == 0
    os.close(near)
    os.close(far)


def test_an_image_lost_with_the_power_is_taken_again() -> None:
    """A sensor that lost its memory between image and transfer sends a blank; the finger is imaged again."""
    with bench(replace(R503)) as it:
        it.on_glass = finger(R503, 1)
        cut: list[int] = []

        def seen() -> None:
            cut.append(1)
            it.sensor.brown_out()

        assert np.array_equal(it.capture(on_finger=seen).pixels, finger(R503, 1))
        assert cut == [1]
