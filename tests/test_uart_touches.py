"""Touches of a UART finger sensor: each once, stopped at once, dirt told, the light following."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import combinations

import numpy as np
import prints
import pytest
from uart_rig import (
    AURA,
    FRESH_R503,
    R305,
    R503,
    UP_IMAGE,
    Bench,
    bench,
    faded,
    finger,
)

from hotspot_kiosk.errors import (
    BadSample,
    CaptureCancelled,
    CaptureTimeout,
    DeviceLost,
)
from hotspot_kiosk.kiosk.devices.port import Light
from hotspot_kiosk.kiosk.devices.uart_finger import unpack
from hotspot_kiosk.kiosk.devices.uart_finger_glass import ALIKE, alike
from hotspot_kiosk.simulator.uart_kinds import Personality


def test_a_touch_is_given_once() -> None:
    """A finger that stays on the glass gives no second image; lifted and placed again it does."""
    with bench() as it:
        it.touch(1)
        with pytest.raises(CaptureTimeout):
            it.capture(0.3)
        assert np.array_equal(it.touch(2).pixels, finger(R503, 2))


def test_cancel_in_the_middle_of_a_transfer() -> None:
    """A cancel during the transfer ends the capture; the next one gives the new finger, not the old."""
    with bench(speed=1, patience_s=5.0) as it:
        it.on_glass = finger(R503, 1)
        with pytest.raises(CaptureCancelled):
            it.capture(on_finger=lambda: threading.Timer(0.1, it.driver.cancel).start())
        it.on_glass = finger(R503, 2)
        assert np.array_equal(it.capture().pixels, finger(R503, 2))


def test_cancel_while_the_sensor_takes_an_image() -> None:
    """An answer that comes after a cancel is not taken for the next person's."""
    with bench(replace(R503, imaging_s=9.0), patience_s=1.0) as it:
        it.looked.clear()
        it.on_glass = finger(R503, 1)
        cancel = threading.Thread(target=lambda: (it.looked.wait(60), it.driver.cancel()))
        cancel.start()
        with pytest.raises(CaptureCancelled):
            it.capture()
        cancel.join()
        it.on_glass = None
        with pytest.raises(CaptureTimeout):
            it.capture(0.5)
        assert np.array_equal(it.touch(2).pixels, finger(R503, 2))


def test_the_light_follows() -> None:
    """The words of the port become the R503's ring commands."""
    with bench(patience_s=10.0) as it:
        it.driver.show(Light.PLACE_FINGER)
        it.driver.show(Light.OFF)
        assert it.sensor.lights == [(1, 0x60, 2, 0), (4, 0, 2, 0)]


def test_a_sensor_without_light_is_asked_once() -> None:
    """A sensor that refuses the ring command is remembered as having no light."""
    with bench(R305, patience_s=10.0) as it:
        it.driver.show(Light.READING)
        it.driver.show(Light.DONE)
        assert it.asked(AURA) == 1


def test_unpack_refuses_bytes_that_do_not_fit() -> None:
    """An image of another size is an error, not a skewed picture."""
    with pytest.raises(BadSample):
        unpack(bytes(100), 192, 192)


def test_a_finger_that_is_not_lifted_is_told_so() -> None:
    """A finger that stays too long is asked to go; once it did, the next one is taken."""
    with bench(lying_s=0.3) as it:
        it.touch(1)
        with pytest.raises(BadSample, match="lift your finger"):
            it.capture()
        assert np.array_equal(it.touch(2).pixels, finger(R503, 2))


def test_dirt_that_a_finger_left_is_told() -> None:
    """A picture that stays with a third of its contrast is dirt, and is never taken for a touch."""
    with bench(lying_s=0.3) as it:
        it.touch(1)
        it.on_glass = faded(finger(R503, 1))
        for _ in range(2):
            with pytest.raises(BadSample, match="glass is dirty"):
                it.capture()


def test_a_finger_on_dirty_glass_is_taken() -> None:
    """A finger that stands out of the dirt is taken although the glass was never seen free."""
    with bench(lying_s=0.3) as it:
        it.touch(1)
        it.on_glass = faded(finger(R503, 1))
        with pytest.raises(BadSample, match="glass is dirty"):
            it.capture()
        it.on_glass = finger(R503, 2)
        assert np.array_equal(it.capture().pixels, finger(R503, 2))


def test_what_lies_there_at_the_start_is_no_touch() -> None:
    """Dirt, or a finger, on the glass before anybody was asked for one is told, not taken."""
    it = Bench(R503, lying_s=0.3)
    it.on_glass = finger(R503, 1)
    with it.sensor:
        it.driver.open()
        with pytest.raises(BadSample, match="wipe it"):
            it.capture()
        assert np.array_equal(it.touch(2).pixels, finger(R503, 2))
        it.driver.close()


def test_a_glass_seen_free_in_between_is_remembered() -> None:
    """When the light is put out the glass is looked at; the next person need not lift twice."""
    with bench() as it:
        it.touch(1)
        it.on_glass = None
        it.driver.show(Light.OFF)
        it.on_glass = finger(R503, 2)
        assert np.array_equal(it.capture().pixels, finger(R503, 2))


@pytest.mark.parametrize("kind", [R503, R305], ids=lambda kind: kind.name)
def test_a_light_is_a_sign_of_life(kind: Personality) -> None:
    """A sensor that is gone is noticed when its light is set, whether it has one or not."""
    with bench(kind) as it:
        it.driver.show(Light.PLACE_FINGER)
        it.sensor.unplug()
        with pytest.raises(DeviceLost):
            it.driver.show(Light.OFF)
        it.sensor.plug()
        it.driver.show(Light.OFF)


def test_the_light_may_be_set_once_a_finger_is_imaged() -> None:
    """`on_finger` comes before the transfer, so a light it sets says lift while the image still travels."""
    with bench(FRESH_R503, patience_s=10.0) as it:
        sent: list[int] = []

        def seen() -> None:
            sent.append(it.asked(UP_IMAGE))
            it.driver.show(Light.READING)

        before = it.asked(UP_IMAGE)
        it.on_glass = finger(R503, 1)
        assert np.array_equal(it.capture(on_finger=seen).pixels, finger(R503, 1))
        assert sent == [before]
        assert it.sensor.lights == [(3, 0, 3, 0)]


def test_a_finger_that_took_the_place_of_another_is_a_new_one() -> None:
    """Put down before the driver saw the glass free, it is told from the one before by its lines, and told once."""
    with bench() as it:
        it.on_glass = prints.touch(1, 1)
        it.capture()
        it.on_glass = prints.touch(2, 1)
        told: list[int] = []
        pixels = it.capture(on_finger=lambda: told.append(1)).pixels
        assert np.array_equal(pixels, prints.touch(2, 1) // 17 * 17)
        assert told == [1]


@pytest.mark.parametrize("slid", [(0, 0), (9, -6)])
def test_a_finger_that_slides_is_not_a_new_one(slid: tuple[int, int]) -> None:
    """It lies there still, a little elsewhere: whoever it is taken for next, it is the one before."""
    with bench(lying_s=1.0) as it:
        it.on_glass = prints.touch(1, 1)
        it.capture()
        it.on_glass = np.roll(prints.touch(1, 1), slid, (0, 1))
        with pytest.raises(BadSample, match="lift your finger"):
            it.capture()


def test_a_finger_that_is_passed_over_must_be_lifted() -> None:
    """Whichever it is: nobody asked for it."""
    with bench() as it:
        it.on_glass = prints.touch(1, 1)
        it.capture()
        it.on_glass = prints.touch(2, 1)
        it.driver.pass_over()
        with pytest.raises(CaptureTimeout):
            it.capture(0.8)
        it.lift()
        it.on_glass = prints.touch(2, 1)
        it.capture()


def test_other_fingers_have_other_lines() -> None:
    """Touches of different synthetic fingers are told apart, and a touch from itself a little later is not."""
    touches = [prints.touch(person, 1) for person in range(1, 7)]
    assert max(alike(a, b) for a, b in combinations(touches, 2)) < ALIKE
    noise = np.random.default_rng(1).normal(0, 12, touches[0].shape)
    later = [np.clip(np.roll(each, (5, 3), (0, 1)) + noise, 0, 255).astype(np.uint8) for each in touches]
    assert min(map(alike, touches, later)) > ALIKE
