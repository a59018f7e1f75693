"""The UART finger sensor's driver against a line and a sensor that do wrong on purpose."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from uart_rig import (
    COUNT_TEMPLATES,
    GEN_IMAGE,
    R503,
    READ_PARAMETERS,
    UP_IMAGE,
    bench,
    finger,
)

from hotspot_kiosk.errors import (
    BadBytes,
    DeviceLost,
)
from hotspot_kiosk.kiosk.devices.uart_finger_link import FingerLink
from hotspot_kiosk.kiosk.devices.uart_finger_setup import connect
from hotspot_kiosk.kiosk.devices.uart_frames import Frame, Kind
from hotspot_kiosk.simulator.uart_faults import Fault, Faults
from hotspot_kiosk.simulator.uart_kinds import PERSONALITIES

ON_THE_WIRE = [
    Faults(Fault.WRONG_CHECKSUM),
    Faults(Fault.BIT_FLIP),
    Faults(Fault.LOST_PACKET),
    Faults(Fault.LOST_BYTE),
    Faults(Fault.LOST_BYTE, packet=10_000),
    Faults(Fault.LOST_END),
    Faults(Fault.REFUSED),
    Faults(Fault.STALL, stall_s=0.6),
    Faults(Fault.WRONG_ADDRESS),
    Faults(Fault.WRONG_ADDRESS, packet=0),
    Faults(Fault.WRONG_CHECKSUM, packet=0),
    Faults(Fault.EARLY_END),
    Faults(Fault.TWICE),
    Faults(Fault.LOST_AND_TWICE),
]


@pytest.mark.parametrize("faults", ON_THE_WIRE, ids=lambda faults: f"{faults.fault.name}-{faults.packet}")
def test_a_damaged_transfer_is_asked_for_again(faults: Faults) -> None:
    """A fault on the wire costs a second transfer and gives the true image, as does the next capture."""
    with bench() as it:
        it.sensor.inject(faults)
        before = it.asked(UP_IMAGE)
        assert np.array_equal(it.touch(1).pixels, finger(R503, 1))
        again = it.asked(UP_IMAGE)
        assert again >= before + 2  # a slow machine may take a late byte for a lost one and ask once more
        assert np.array_equal(it.touch(2).pixels, finger(R503, 2))
        assert it.asked(UP_IMAGE) >= again + 1


def test_noise_before_an_answer_costs_nothing() -> None:
    """Noise before an acknowledgement is passed over without asking again."""
    with bench(patience_s=10.0) as it:
        it.sensor.inject(Faults(Fault.NOISE, times=2, on=GEN_IMAGE))
        it.sensor.inject(Faults(Fault.NOISE))
        before = it.asked(UP_IMAGE)
        assert np.array_equal(it.touch(1).pixels, finger(R503, 1))
        assert it.asked(UP_IMAGE) == before + 1


@pytest.mark.parametrize("fault", [Fault.WRONG_CHECKSUM, Fault.WRONG_ADDRESS, Fault.LOST_BYTE])
def test_a_damaged_answer_to_an_image_command_is_asked_for_again(fault: Fault) -> None:
    """A damaged acknowledgement of GenImg does not end the capture."""
    with bench() as it:
        it.lift()
        it.on_glass = finger(R503, 1)
        it.sensor.inject(Faults(fault, on=GEN_IMAGE, packet=0))
        assert np.array_equal(it.capture().pixels, finger(R503, 1))


def test_after_five_damaged_transfers_the_finger_is_imaged_again() -> None:
    """The buffer is asked for five times, then a new image is taken of the finger that is still there."""
    with bench(patience_s=10.0) as it:
        seen = []
        it.sensor.inject(Faults(Fault.LOST_PACKET, times=5))
        looked = it.asked(GEN_IMAGE)
        it.on_glass = finger(R503, 1)
        sample = it.capture(on_finger=lambda: seen.append("finger"))
        assert np.array_equal(sample.pixels, finger(R503, 1))
        assert it.asked(GEN_IMAGE) == looked + 2
        assert seen == ["finger"]


def test_a_line_that_damages_everything_is_given_up_and_comes_back() -> None:
    """After ten damaged transfers the capture fails with DeviceLost; the very next one works."""
    with bench() as it:
        it.sensor.inject(Faults(Fault.BIT_FLIP, times=10))
        it.on_glass = finger(R503, 1)
        with pytest.raises(DeviceLost, match="damaged"):
            it.capture()
        assert np.array_equal(it.capture().pixels, finger(R503, 1))


@pytest.mark.timeout(200)
def test_a_short_error_answer_is_known_at_once() -> None:
    """An error of one byte where parameters are expected is an error with its code, not a silence."""
    with bench(patience_s=30) as it:
        it.driver.close()
        link = connect(it.options, lambda: False).link
        it.sensor.inject(Faults(Fault.SHORT_ACK, on=READ_PARAMETERS))
        it.sensor.inject(Faults(Fault.SHORT_ACK, on=COUNT_TEMPLATES))
        for command in (link.read_sysparam, link.count_templates):
            with pytest.raises(BadBytes, match="code 01"):
                command()
        link.close()


def test_unplugged_and_plugged_in_again() -> None:
    """Pulling the cable mid-transfer is DeviceLost; plugged in, the next capture works by itself."""
    with bench(speed=1, patience_s=5.0) as it:
        it.on_glass = finger(R503, 1)
        pull = threading.Timer(0.1, it.sensor.unplug)
        with pytest.raises(DeviceLost):
            it.capture(on_finger=pull.start)
        pull.join()
        with pytest.raises(DeviceLost, match="does not exist"):
            it.capture()
        it.sensor.plug()
        assert np.array_equal(it.capture().pixels, finger(R503, 1))


def test_opened_again_after_a_loss() -> None:
    """After a loss, `open` works as soon as the sensor is back."""
    with bench() as it:
        it.sensor.unplug()
        with pytest.raises(DeviceLost):
            it.driver.open()
        it.sensor.plug()
        assert it.driver.open().width == 192


def test_a_sensor_that_lost_its_power_is_greeted_again() -> None:
    """A sensor that forgot the password in a brown-out is given it again."""
    kind = PERSONALITIES["password"]
    with bench(kind, password=0x12345678) as it:
        it.sensor.brown_out()
        assert np.array_equal(it.touch(1).pixels, finger(kind, 1))


class SlowMachine:
    """A serial port with an answer in its buffer; whoever reads is put to sleep first, once, for longer than the patience."""

    port = "slow"

    def __init__(self, answer: bytes) -> None:
        self._coming, self._sleeps = bytearray(answer), [0.2]

    def write(self, data: bytes) -> None:
        """The command."""

    def read(self, size: int) -> bytes:
        """What is there."""
        time.sleep(self._sleeps.pop() if self._sleeps else 0)
        taken = bytes(self._coming[: min(size, 4)])
        del self._coming[: len(taken)]
        return taken


def test_an_answer_that_came_in_time_is_read_however_late() -> None:
    """A driver that was kept waiting by a busy machine reads what lies there before it calls a sensor gone."""
    home = b"\xff" * 4
    wire = SlowMachine(Frame(Kind.ACK, home, b"\x00").encode())
    assert FingerLink(wire, home, bytes(4), 0.05, lambda: False).verify_password() == 0
    with pytest.raises(DeviceLost):
        FingerLink(SlowMachine(b"\xef\x01"), home, bytes(4), 0.05, lambda: False).verify_password()


def test_a_line_that_never_stops_talking_is_given_up() -> None:
    """No frame in it, and no end."""
    home = b"\xff" * 4
    with pytest.raises(DeviceLost):
        FingerLink(SlowMachine(b"\x55" * 5000), home, bytes(4), 0.05, lambda: False).verify_password()
