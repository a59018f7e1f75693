"""Finding a UART finger sensor: at any speed, of the right kind, on the right port."""

from __future__ import annotations

import os
import threading
import tty
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from uart_rig import (
    FRESH_R503,
    INDEX,
    R305,
    R503,
    READ_PARAMETERS,
    SET_PARAMETER,
    SPEED,
    UP_IMAGE,
    Bench,
    bench,
    finger,
)

from hotspot_kiosk.config import convert
from hotspot_kiosk.errors import (
    CaptureCancelled,
    ConfigError,
    DeviceLost,
    WrongDevice,
)
from hotspot_kiosk.kiosk.devices.uart_finger import Options, UartFingerSensor
from hotspot_kiosk.kiosk.devices.uart_finger_setup import Baud
from hotspot_kiosk.simulator.uart_faults import Fault, Faults
from hotspot_kiosk.simulator.uart_kinds import PERSONALITIES, Personality
from hotspot_kiosk.simulator.uart_sensor import UartSensor


@pytest.mark.parametrize("command", [0x13, READ_PARAMETERS, UP_IMAGE, SET_PARAMETER])
@pytest.mark.parametrize("fault", [Fault.SHORT_ACK, Fault.LOST_BYTE])
def test_faults_while_opening_are_survived(command: int, fault: Fault) -> None:
    """One damaged answer in the handshake does not stop the sensor from being opened."""
    it = Bench(FRESH_R503)
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
    with bench(replace(R503, packet=128)) as it:
        assert it.asked(SET_PARAMETER) == 1
        it.driver.close()
        it.driver.open()
        assert it.asked(SET_PARAMETER) == 1


def test_the_speed_is_raised_and_kept() -> None:
    """A sensor fresh from the shop is moved to 115,200 once; a driver started later finds it there."""
    with bench(replace(FRESH_R503, packet=256)) as it:
        assert (it.sensor.baud, it.asked(SET_PARAMETER)) == (115_200, 1)
        it.driver.close()
        it.driver.open()
        assert it.asked(SET_PARAMETER) == 1


@pytest.mark.parametrize(
    ("left_at", "fastest"), [(9600, 115200), (19200, 57600), (38400, 115200), (115200, 57600)]
)
def test_a_sensor_is_found_at_any_speed(left_at: Baud, fastest: Baud) -> None:
    """Wherever a crash or another host left it, it is found and moved to the configured speed."""
    with bench(replace(R503, baud=left_at), fastest=fastest) as it:
        assert it.sensor.baud == fastest
        assert np.array_equal(it.touch(1).pixels, finger(R503, 1))


@pytest.mark.parametrize("cut", ["before the answer", "after the switch"])
def test_a_power_cut_in_the_moment_of_the_switch(cut: str) -> None:
    """Whichever speed the sensor woke up at, it is found and ends at the fastest."""
    it = Bench(replace(FRESH_R503, packet=256))
    lost = Faults(
        Fault.UNPLUGGED if cut == "before the answer" else Fault.LOST_END, on=SET_PARAMETER, packet=0
    )
    it.sensor.inject(replace(lost, stall_s=0.1))
    with it.sensor:
        try:
            it.driver.open()
        except DeviceLost:
            while not it.sensor.link.exists():
                it.looked.wait(0.02)
            it.driver.open()
        assert it.sensor.baud == 115_200
        assert np.array_equal(it.touch(1).pixels, finger(R503, 1))
        it.driver.close()


def test_a_line_too_bad_for_the_fastest_speed() -> None:
    """If images come damaged at 115,200 the sensor goes back to 57,600 and works there."""
    it = Bench(replace(FRESH_R503, packet=256))
    it.sensor.inject(Faults(Fault.BIT_FLIP, times=15, above=57_600))
    with it.sensor:
        it.driver.open()
        assert it.sensor.baud == 57_600
        assert np.array_equal(it.touch(1).pixels, finger(R503, 1))
        it.driver.close()


@pytest.mark.parametrize("left_at", [57_600, 115_200])
def test_a_line_on_which_nothing_is_understood_at_the_fastest_speed(left_at: Baud) -> None:
    """A sensor that hears at 115,200 but whose answers never come whole is told blindly to go back."""
    it = Bench(replace(R503, baud=left_at))
    for command in (0x13, READ_PARAMETERS, SET_PARAMETER, UP_IMAGE):
        it.sensor.inject(Faults(Fault.WRONG_CHECKSUM, times=999, on=command, packet=0, above=57_600))
    with it.sensor:
        it.driver.open()
        assert it.sensor.baud == 57_600
        assert np.array_equal(it.touch(1).pixels, finger(R503, 1))
        it.driver.close()


def test_one_damaged_trial_does_not_cost_the_speed() -> None:
    """A single damaged transfer is no reason to go slow."""
    it = Bench(R503)
    it.sensor.inject(Faults(Fault.BIT_FLIP))
    with it.sensor:
        it.driver.open()
        assert it.sensor.baud == 115_200
        it.driver.close()


def test_two_sensors_may_have_two_addresses() -> None:
    """The address belongs to one driver, not to all of them."""
    address = PERSONALITIES["address"]
    with bench() as first, bench(address, address=0x2A) as second:
        assert np.array_equal(first.touch(1).pixels, finger(R503, 1))
        assert np.array_equal(second.touch(2).pixels, finger(address, 2))


@pytest.mark.timeout(300)
def test_a_transfer_at_the_real_speed_of_115200() -> None:
    """At the wire's true pace an image comes whole in one transfer."""
    with bench(speed=1, patience_s=10.0) as it:
        before = it.asked(UP_IMAGE)
        assert np.array_equal(it.touch(1).pixels, finger(R503, 1))
        assert it.asked(UP_IMAGE) == before + 1


def test_a_restart_in_the_middle_of_a_transfer() -> None:
    """A driver that is started while the sensor still sends waits for it and opens."""
    with bench(speed=1, patience_s=5.0) as it:
        it.on_glass = finger(R503, 1)
        with pytest.raises(CaptureCancelled):
            it.capture(on_finger=threading.Timer(0.1, it.driver.cancel).start)
        it.driver.close()
        later = UartFingerSensor(it.options)
        assert later.open().width == 192
        later.close()


def test_another_sensor_in_its_place_is_refused(tmp_path: Path) -> None:
    """A sensor of another kind on the same port is not used silently."""
    port = tmp_path / "tty"
    driver = UartFingerSensor(Options(port=port, patience_s=0.3))
    with UartSensor(R503, lambda: None, port, speed=SPEED):
        driver.open()
    with pytest.raises(DeviceLost):
        driver.capture(INDEX, 0, lambda: None)
    with (
        UartSensor(R305, lambda: None, port, speed=SPEED),
        pytest.raises(WrongDevice, match="not the one it was"),
    ):
        driver.capture(INDEX, 0, lambda: None)


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
    it = Bench(personality, **options)
    with it.sensor, pytest.raises((WrongDevice, DeviceLost), match=reason):
        it.driver.open()


def test_a_sensor_with_another_address_is_silent() -> None:
    """A sensor that does not feel addressed is not found, and the message says what to check."""
    it = Bench(PERSONALITIES["address"])
    with it.sensor, pytest.raises(DeviceLost, match="address"):
        it.driver.open()


def test_answers_from_another_address_are_refused() -> None:
    """A sensor that answers from another address is named with it."""
    it = Bench(R503)
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


@pytest.mark.parametrize(
    "bad", [{"paswword": 1}, {"fastest": 1}, {"address": -1}, {"patience_s": 0.0}, {"ppi": 5}], ids=str
)
def test_options_refuse_what_they_do_not_know(bad: dict[str, object], tmp_path: Path) -> None:
    """A misspelt key and a value out of bounds are named."""
    with pytest.raises(ConfigError, match=next(iter(bad))):
        convert({"port": "serial", **bad}, Options, "[finger]", tmp_path)


def test_the_password_stays_out_of_reprs(tmp_path: Path) -> None:
    """The options' repr shows no password."""
    assert "305419896" not in repr(Options(port=tmp_path, password=305419896))
