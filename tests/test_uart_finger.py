"""The UART finger sensor's driver against a sensor that does wrong on purpose."""

from __future__ import annotations

import os
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import serial
from numpy.typing import NDArray
from PIL import Image

from hotspot_kiosk.config import convert
from hotspot_kiosk.errors import (
    BadBytes,
    BadSample,
    CaptureCancelled,
    CaptureTimeout,
    ConfigError,
    DeviceLost,
    WrongDevice,
)
from hotspot_kiosk.kiosk.devices.port import Light
from hotspot_kiosk.kiosk.devices.uart_finger import Options, UartFingerSensor, unpack
from hotspot_kiosk.kiosk.devices.uart_finger_setup import connect
from hotspot_kiosk.kiosk.devices.uart_frames import Frame, Kind
from hotspot_kiosk.simulator.uart_faults import Fault, Faults
from hotspot_kiosk.simulator.uart_glass import FolderGlass, lift_finger, place_finger
from hotspot_kiosk.simulator.uart_sensor import PERSONALITIES, Personality, UartSensor, run_sensor
from hotspot_kiosk.terms import FingerPosition, FingerSample

INDEX = FingerPosition.RIGHT_INDEX
GEN_IMAGE, UP_IMAGE, SET_PARAMETER, READ_PARAMETERS, COUNT_TEMPLATES, AURA = (
    0x01,
    0x0A,
    0x0E,
    0x0F,
    0x1D,
    0x35,
)
FRESH_R503, R305 = PERSONALITIES["r503"], PERSONALITIES["r305"]
R503 = replace(FRESH_R503, packet=256)  # as an earlier start of the driver left it
VERIFY_PASSWORD = Frame(Kind.COMMAND, b"\xff" * 4, bytes([0x13, 0, 0, 0, 0])).encode()
Pixels = NDArray[np.uint8]

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
]


def finger(personality: Personality, seed: int) -> Pixels:
    """A picture that fits the sensor, in the 16 levels it can show."""
    levels = np.random.default_rng(seed).integers(0, 16, (personality.height, personality.width), np.uint8)
    return levels * np.uint8(17)


class Bench:
    """A simulated sensor, its glass, and a driver on its line."""

    def __init__(self, personality: Personality, speed: float, **options: object) -> None:
        self.on_glass: Pixels | None = None
        self.looked = threading.Event()
        self.sensor = UartSensor(personality, self._look, speed=speed)
        self.options = Options(port=self.sensor.link, **{"patience_s": 0.25, **options})  # type: ignore[arg-type]
        self.driver = UartFingerSensor(self.options)

    def _look(self) -> Pixels | None:
        self.looked.set()
        return self.on_glass

    def touch(self, seed: int, timeout_s: float = 5) -> FingerSample:
        """Lift the finger, put another down as soon as the driver has seen the glass free, capture."""
        self.lift()
        self.on_glass = finger(self.sensor.personality, seed)
        return self.capture(timeout_s)

    def lift(self) -> None:
        """Take the finger off and let the driver see it."""
        self.on_glass = None
        with pytest.raises(CaptureTimeout):
            self.capture(0)

    def capture(self, timeout_s: float = 5, on_finger: Callable[[], None] = lambda: None) -> FingerSample:
        """One capture."""
        return self.driver.capture(INDEX, timeout_s, on_finger)

    def asked(self, command: int) -> int:
        """How often the sensor was given a command."""
        return self.sensor.heard.count(command)


@contextmanager
def bench(personality: Personality = R503, speed: float = 60, **options: object) -> Iterator[Bench]:
    """A bench whose sensor is plugged in and whose driver is open."""
    it = Bench(personality, speed, **options)
    with it.sensor:
        it.driver.open()
        try:
            yield it
        finally:
            it.driver.close()


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
    with bench() as it:
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


def test_after_three_damaged_transfers_the_finger_is_imaged_again() -> None:
    """The buffer is asked for three times, then a new image is taken of the finger that is still there."""
    with bench() as it:
        seen = []
        it.sensor.inject(Faults(Fault.LOST_PACKET, times=3))
        it.on_glass = finger(R503, 1)
        sample = it.capture(on_finger=lambda: seen.append("finger"))
        assert np.array_equal(sample.pixels, finger(R503, 1))
        assert it.asked(GEN_IMAGE) == 2
        assert seen == ["finger"]


def test_a_line_that_damages_everything_is_given_up_and_comes_back() -> None:
    """After six damaged transfers the capture fails with DeviceLost; the very next one works."""
    with bench() as it:
        it.sensor.inject(Faults(Fault.BIT_FLIP, times=6))
        it.on_glass = finger(R503, 1)
        with pytest.raises(DeviceLost, match="damaged"):
            it.capture()
        assert np.array_equal(it.capture().pixels, finger(R503, 1))


@pytest.mark.timeout(15)
def test_a_short_error_answer_is_known_at_once() -> None:
    """An error of one byte where parameters are expected is an error with its code, not a silence."""
    with bench(patience_s=30) as it:
        it.driver.close()
        link, _ = connect(it.options, lambda: False)
        it.sensor.inject(Faults(Fault.SHORT_ACK, on=READ_PARAMETERS))
        it.sensor.inject(Faults(Fault.SHORT_ACK, on=COUNT_TEMPLATES))
        for command in (link.read_sysparam, link.count_templates):
            with pytest.raises(BadBytes, match="code 01"):
                command()
        link.close()


@pytest.mark.parametrize("command", [0x13, READ_PARAMETERS, UP_IMAGE, SET_PARAMETER])
@pytest.mark.parametrize("fault", [Fault.SHORT_ACK, Fault.WRONG_CHECKSUM, Fault.NOISE, Fault.LOST_BYTE])
def test_faults_while_opening_are_survived(command: int, fault: Fault) -> None:
    """One damaged answer in the handshake does not stop the sensor from being opened."""
    it = Bench(FRESH_R503, 60, fast=True)
    with it.sensor:
        it.sensor.inject(Faults(fault, on=command, packet=0))
        assert it.driver.open().width == 192
        assert np.array_equal(it.touch(1).pixels, finger(R503, 1))
        it.driver.close()


def test_a_sensor_with_the_smallest_packets_is_read() -> None:
    """1152 packets of 32 bytes make an image; nothing is nested once a packet."""
    with bench(PERSONALITIES["packets-32"]) as it:
        assert np.array_equal(it.touch(1).pixels, finger(it.sensor.personality, 1))


def test_the_largest_packets_are_agreed_and_kept() -> None:
    """The packet size is set once; a driver started later finds it and writes nothing."""
    with bench(FRESH_R503) as it:
        assert it.asked(SET_PARAMETER) == 1
        it.driver.close()
        it.driver.open()
        assert it.asked(SET_PARAMETER) == 1


def test_the_speed_is_raised_and_found_again() -> None:
    """With `fast` the sensor is moved to 115,200; a driver that looks at 57,600 first still finds it."""
    with bench(fast=True) as it:
        assert it.sensor.baud == 115_200
        it.driver.close()
        later = UartFingerSensor(Options(port=it.sensor.link, patience_s=0.3))
        assert later.open().width == 192
        later.close()


def test_two_sensors_may_have_two_addresses() -> None:
    """The address belongs to one driver, not to all of them."""
    address = PERSONALITIES["address"]
    with bench() as first, bench(address, address=0x2A) as second:
        assert np.array_equal(first.touch(1).pixels, finger(R503, 1))
        assert np.array_equal(second.touch(2).pixels, finger(address, 2))


@pytest.mark.timeout(60)
def test_a_transfer_at_the_real_speed_of_115200() -> None:
    """At the wire's true pace an image comes whole in one transfer."""
    with bench(speed=1, fast=True) as it:
        before = it.asked(UP_IMAGE)
        assert np.array_equal(it.touch(1).pixels, finger(R503, 1))
        assert it.asked(UP_IMAGE) == before + 1


def test_a_touch_is_given_once() -> None:
    """A finger that stays on the glass gives no second image; lifted and placed again it does."""
    with bench() as it:
        it.touch(1)
        with pytest.raises(CaptureTimeout):
            it.capture(0.3)
        assert np.array_equal(it.touch(2).pixels, finger(R503, 2))


def test_cancel_in_the_middle_of_a_transfer() -> None:
    """A cancel during the transfer ends the capture; the next one gives the new finger, not the old."""
    with bench(speed=8) as it:
        it.on_glass = finger(R503, 1)
        with pytest.raises(CaptureCancelled):
            it.capture(on_finger=lambda: threading.Timer(0.1, it.driver.cancel).start())
        it.on_glass = finger(R503, 2)
        assert np.array_equal(it.capture().pixels, finger(R503, 2))


def test_cancel_while_the_sensor_takes_an_image() -> None:
    """An answer that comes after a cancel is not taken for the next person's."""
    with bench(replace(R503, imaging_s=18.0), patience_s=1.0) as it:
        it.looked.clear()
        it.on_glass = finger(R503, 1)
        cancel = threading.Thread(target=lambda: (it.looked.wait(5), it.driver.cancel()))
        cancel.start()
        with pytest.raises(CaptureCancelled):
            it.capture()
        cancel.join()
        it.on_glass = None
        with pytest.raises(CaptureTimeout):
            it.capture(0.5)
        assert np.array_equal(it.touch(2).pixels, finger(R503, 2))


def test_a_restart_in_the_middle_of_a_transfer() -> None:
    """A driver that is started while the sensor still sends waits for it and opens."""
    with bench(speed=4) as it:
        it.on_glass = finger(R503, 1)
        with pytest.raises(CaptureCancelled):
            it.capture(on_finger=threading.Timer(0.1, it.driver.cancel).start)
        it.driver.close()
        later = UartFingerSensor(it.options)
        assert later.open().width == 192
        later.close()


def test_unplugged_and_plugged_in_again() -> None:
    """Pulling the cable mid-transfer is DeviceLost; plugged in, the next capture works by itself."""
    with bench(speed=8) as it:
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


def test_another_sensor_in_its_place_is_refused(tmp_path: Path) -> None:
    """A sensor of another kind on the same port is not used silently."""
    port = tmp_path / "tty"
    driver = UartFingerSensor(Options(port=port, patience_s=0.3))
    with UartSensor(R503, lambda: None, port, speed=60):
        driver.open()
    with pytest.raises(DeviceLost):
        driver.capture(INDEX, 0, lambda: None)
    with (
        UartSensor(R305, lambda: None, port, speed=60),
        pytest.raises(WrongDevice, match="not the one it was"),
    ):
        driver.capture(INDEX, 0, lambda: None)


def test_a_sensor_that_lost_its_power_is_greeted_again() -> None:
    """A sensor that forgot the password in a brown-out is given it again."""
    kind = PERSONALITIES["password"]
    with bench(kind, password=0x12345678) as it:
        it.sensor.brown_out()
        assert np.array_equal(it.touch(1).pixels, finger(kind, 1))


@pytest.mark.parametrize(
    ("personality", "options", "reason"),
    [
        (PERSONALITIES["password"], {}, "password"),
        (Personality("odd", 160, 160), {}, "12800 bytes"),
    ],
)
def test_a_sensor_that_is_not_the_configured_one(
    personality: Personality, options: dict[str, int], reason: str
) -> None:
    """A wrong password, a wrong address and an unknown geometry are refused, each with its reason."""
    it = Bench(personality, 60, **options)
    with it.sensor, pytest.raises((WrongDevice, DeviceLost), match=reason):
        it.driver.open()


def test_a_sensor_with_another_address_is_silent() -> None:
    """A sensor that does not feel addressed is not found, and the message says what to check."""
    it = Bench(PERSONALITIES["address"], 60)
    with it.sensor, pytest.raises(DeviceLost, match="address"):
        it.driver.open()


def test_answers_from_another_address_are_refused() -> None:
    """A sensor that answers from another address is named with it."""
    it = Bench(R503, 60)
    it.sensor.inject(Faults(Fault.WRONG_ADDRESS, on=0x13, packet=0, times=9))
    with it.sensor, pytest.raises(WrongDevice, match="ffffffef"):
        it.driver.open()


def test_a_port_that_does_not_exist(tmp_path: Path) -> None:
    """A missing port is a lost device whose message names it."""
    with pytest.raises(DeviceLost, match="nothing-here"):
        UartFingerSensor(Options(port=tmp_path / "nothing-here")).open()


def test_a_port_that_is_a_file(tmp_path: Path) -> None:
    """A plain file is no serial port."""
    (tmp_path / "file").touch()
    with pytest.raises(WrongDevice, match="not a serial port"):
        UartFingerSensor(Options(port=tmp_path / "file")).open()


def test_a_line_on_which_nobody_answers() -> None:
    """A line without a sensor is a lost device."""
    near, far = os.openpty()
    tty.setraw(far)
    with pytest.raises(DeviceLost, match="no finger sensor answers"):
        UartFingerSensor(Options(port=Path(os.ttyname(far)), patience_s=0.1)).open()
    os.close(near)
    os.close(far)


def test_a_port_in_use() -> None:
    """Two drivers cannot hold one port."""
    with bench() as it, pytest.raises(DeviceLost, match="cannot be opened"):
        UartFingerSensor(it.options).open()


def test_the_light_follows() -> None:
    """The words of the port become the R503's ring commands."""
    with bench() as it:
        it.driver.show(Light.PLACE_FINGER)
        assert it.sensor.light == (1, 0x60, 2, 0)
        it.driver.show(Light.OFF)
        assert it.sensor.light is not None
        assert it.sensor.light[0] == 4


def test_a_sensor_without_light_is_asked_once() -> None:
    """A sensor that refuses the ring command is remembered as having no light."""
    with bench(R305) as it:
        it.driver.show(Light.READING)
        it.driver.show(Light.DONE)
        assert it.asked(AURA) == 1


@pytest.mark.parametrize(
    "bad", [{"paswword": 1}, {"baud": 1}, {"address": -1}, {"patience_s": 0.0}, {"ppi": 5}], ids=str
)
def test_options_refuse_what_they_do_not_know(bad: dict[str, object], tmp_path: Path) -> None:
    """A misspelt key and a value out of bounds are named."""
    with pytest.raises(ConfigError, match=next(iter(bad))):
        convert({"port": "serial", **bad}, Options, "[finger]", tmp_path)


def test_the_password_stays_out_of_reprs(tmp_path: Path) -> None:
    """The options' repr shows no password."""
    assert "305419896" not in repr(Options(port=tmp_path, password=305419896))


def test_unpack_refuses_bytes_that_do_not_fit() -> None:
    """An image of another size is an error, not a skewed picture."""
    with pytest.raises(BadSample):
        unpack(bytes(100), 192, 192)


def test_a_folder_is_a_glass(tmp_path: Path) -> None:
    """A finger put into the glass folder by another process is the one captured; lifted, it is gone."""
    glass, link, stop = tmp_path / "glass", tmp_path / "tty", threading.Event()
    glass.mkdir()
    serving = threading.Thread(target=run_sensor, args=(link, glass, "r503", stop))
    serving.start()
    try:
        while not link.exists():
            stop.wait(0.01)
        driver = UartFingerSensor(Options(port=link, fast=True))
        driver.open()
        place_finger(glass, finger(R503, 3))
        assert np.array_equal(driver.capture(INDEX, 5, lambda: None).pixels, finger(R503, 3))
        lift_finger(glass)
        with pytest.raises(CaptureTimeout):
            driver.capture(INDEX, 0.1, lambda: None)
        driver.close()
    finally:
        stop.set()
        serving.join()
    assert not link.is_symlink()


def test_a_finger_that_does_not_fit_the_glass(tmp_path: Path) -> None:
    """A picture of another size cannot be imaged, and the simulator says why."""
    Image.fromarray(np.zeros((10, 20), np.uint8)).save(tmp_path / "finger.png")
    sensor = UartSensor(R503, FolderGlass(tmp_path), speed=60)
    driver = UartFingerSensor(Options(port=sensor.link))
    with sensor:
        driver.open()
        with pytest.raises(CaptureTimeout):
            driver.capture(INDEX, 0, lambda: None)
        driver.close()
    assert "20x10" in sensor.problem


def test_an_unknown_personality_is_refused(tmp_path: Path) -> None:
    """The simulator names the personalities there are."""
    with pytest.raises(ConfigError, match="r503"):
        run_sensor(tmp_path / "tty", tmp_path, "r999", threading.Event())


def test_the_simulator_is_not_understood_at_another_speed() -> None:
    """A host at the wrong baud rate gets no frame from the simulated sensor."""
    it = Bench(R503, 60)
    with it.sensor, serial.Serial(str(it.sensor.link), 9600, timeout=0.3) as host:
        host.write(VERIFY_PASSWORD)
        assert b"\xef\x01" not in host.read(64)
        assert it.sensor.heard == []


def test_the_simulator_does_not_hear_while_it_sends() -> None:
    """A command given during a transfer is lost, as it is on a real sensor."""
    it = Bench(R503, 20)
    with it.sensor, serial.Serial(str(it.sensor.link), 57600, timeout=0.3) as host:
        it.sensor.inject(Faults(Fault.LOST_END))
        while not host.read(12):  # deaf while it powers up
            host.write(Frame(Kind.COMMAND, b"\xff" * 4, bytes([UP_IMAGE])).encode())
        host.write(VERIFY_PASSWORD)
        while host.read(4096):
            pass
    assert it.sensor.heard == [UP_IMAGE]
