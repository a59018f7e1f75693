"""The simulated UART finger sensor: the physics of its line, and every command there is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import adafruit_fingerprint as library
import numpy as np
import pytest
import serial
from PIL import Image
from uart_rig import (
    FRESH_R503,
    INDEX,
    R503,
    SPEED,
    UP_IMAGE,
    VERIFY_PASSWORD,
    Bench,
    finger,
)

from hotspot_kiosk.errors import (
    CaptureTimeout,
    ConfigError,
)
from hotspot_kiosk.kiosk.devices.uart_finger import Options, UartFingerSensor
from hotspot_kiosk.kiosk.devices.uart_frames import Frame, Kind
from hotspot_kiosk.simulator.uart_faults import Fault, Faults
from hotspot_kiosk.simulator.uart_glass import FolderGlass, lift_finger, pack, place_finger
from hotspot_kiosk.simulator.uart_sensor import UartSensor, run_sensor


def test_a_folder_is_a_glass(tmp_path: Path) -> None:
    """A finger put into the glass folder by another process is the one captured; lifted, it is gone."""
    glass, link, stop = tmp_path / "glass", tmp_path / "tty", threading.Event()
    glass.mkdir()
    serving = threading.Thread(target=run_sensor, args=(link, glass, "r503", stop))
    serving.start()
    try:
        while not link.exists():
            stop.wait(0.01)
        driver = UartFingerSensor(Options(port=link))
        driver.open()
        place_finger(glass, finger(R503, 3))
        assert np.array_equal(driver.capture(INDEX, 60, lambda: None).pixels, finger(R503, 3))
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
    sensor = UartSensor(R503, FolderGlass(tmp_path), speed=SPEED)
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
    it = Bench(replace(R503, baud=57_600))
    with it.sensor, serial.Serial(str(it.sensor.link), 9600, timeout=0.3) as host:
        host.write(VERIFY_PASSWORD)
        assert b"\xef\x01" not in host.read(64)
        assert it.sensor.heard == []


def test_the_simulator_does_not_hear_while_it_sends() -> None:
    """A command given during a transfer is lost, as it is on a real sensor."""
    it = Bench(replace(R503, baud=57_600), 20)
    with it.sensor, serial.Serial(str(it.sensor.link), 57600, timeout=0.3) as host:
        it.sensor.inject(Faults(Fault.LOST_END))
        while not host.read(12):  # deaf while it powers up
            host.write(Frame(Kind.COMMAND, b"\xff" * 4, bytes([UP_IMAGE])).encode())
        host.write(VERIFY_PASSWORD)
        while host.read(4096):
            pass
    assert it.sensor.heard == [UP_IMAGE]


@pytest.fixture
def host() -> Iterator[tuple[Bench, library.Adafruit_Fingerprint]]:
    """A sensor fresh from the shop, and the bare library as its host."""
    it = Bench(FRESH_R503)
    with it.sensor, serial.Serial(str(it.sensor.link), 57600, timeout=2) as port:
        it.looked.wait(0.2)  # deaf while it powers up
        yield it, library.Adafruit_Fingerprint(port)


def learn(it: Bench, host: library.Adafruit_Fingerprint, seed: int, slot: int) -> int:
    """Take an image and make a template of it in a slot."""
    it.on_glass = finger(R503, seed)
    assert host.get_image() == library.OK
    return int(host.image_2_tz(slot))


def test_templates_are_made_stored_and_found(host: tuple[Bench, library.Adafruit_Fingerprint]) -> None:
    """A finger enrolled with two images is found by a search, another finger is not."""
    it, sensor = host
    assert learn(it, sensor, 1, 1) == learn(it, sensor, 1, 2) == library.OK
    assert sensor.create_model() == library.OK
    assert sensor.store_model(7) == library.OK
    assert sensor.finger_search() == sensor.finger_fast_search() == library.OK
    assert sensor.finger_id == 7
    assert sensor.compare_templates() == library.OK
    assert (sensor.count_templates(), sensor.template_count) == (library.OK, 1)
    assert (sensor.read_templates(), sensor.templates) == (library.OK, [7])


def test_template_commands_fail_as_a_sensor_does(host: tuple[Bench, library.Adafruit_Fingerprint]) -> None:
    """No image, an empty slot, a page that is not there, fingers that differ: each has its code."""
    it, sensor = host
    assert sensor.image_2_tz() == library.INVALIDIMAGE
    it.on_glass = np.full((192, 192), 255, np.uint8)
    assert sensor.get_image() == library.OK
    assert sensor.image_2_tz() == library.FEATUREFAIL
    assert learn(it, sensor, 1, 1) == learn(it, sensor, 2, 2) == library.OK
    assert sensor.create_model() == library.ENROLLMISMATCH
    assert sensor.store_model(200) == library.BADLOCATION
    assert sensor.load_model(3) == library.DBRANGEFAIL
    assert sensor.delete_model(200) == library.DELETEFAIL


def test_templates_go_both_ways_and_outlive_a_reset(
    host: tuple[Bench, library.Adafruit_Fingerprint],
) -> None:
    """A template read out and sent back is found again; a reset takes the slots, not the pages."""
    it, sensor = host
    assert learn(it, sensor, 1, 1) == library.OK
    template = sensor.get_fpdata("char", 1)
    assert len(template) == 512
    assert sensor.send_fpdata(template, "char", 2)
    assert sensor.compare_templates() == library.OK
    assert sensor.store_model(0) == library.OK
    sensor.soft_reset()
    assert sensor.load_model(0) == library.OK
    assert bytes(sensor.get_fpdata("char", 1)) == bytes(template)
    assert sensor.delete_model(0) == sensor.empty_library() == library.OK
    assert (sensor.count_templates(), sensor.template_count) == (library.OK, 0)


def test_an_image_can_be_sent_to_the_sensor(host: tuple[Bench, library.Adafruit_Fingerprint]) -> None:
    """DownImage fills the image buffer; UpImage gives it back."""
    it, sensor = host
    image = pack(finger(R503, 5), 192, 192)
    assert sensor.send_fpdata(list(image), "image")
    it.looked.wait(0.2)  # there is no acknowledgement to wait for
    assert bytes(sensor.get_fpdata("image")) == image


def test_the_remaining_commands(host: tuple[Bench, library.Adafruit_Fingerprint]) -> None:
    """Echo, light and security level are obeyed; an unknown register is refused."""
    it, sensor = host
    assert sensor.check_module()
    assert sensor.set_led(1, 2, 3, 4) == library.OK
    assert it.sensor.lights == [(2, 3, 1, 4)]
    assert sensor.set_sysparam(5, 2) == library.OK
    with pytest.raises(RuntimeError):
        sensor.set_sysparam(9, 9)
