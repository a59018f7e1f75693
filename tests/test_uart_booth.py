"""The finger sensor's thread with the real driver: a pulled cable is a state, not an end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from queue import SimpleQueue

import numpy as np
import prints
import pytest
from uart_rig import INDEX, R503, Bench

from hotspot_kiosk.kiosk.capture.booth import Voices
from hotspot_kiosk.kiosk.capture.booth_finger import FingerBooth
from hotspot_kiosk.kiosk.devices.port import Light
from hotspot_kiosk.kiosk.devices.uart_finger import AURA
from hotspot_kiosk.kiosk.events import Event, Found, Lost, Prompt, Sampled, Show, TakeFinger
from hotspot_kiosk.simulator.uart_faults import Fault, Faults

SENSOR = "finger sensor"
PRINT = prints.touch(1, 1)


class Post:
    """A booth over the real driver, and what it says."""

    def __init__(self) -> None:
        self.bench = Bench(R503)
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.shown: list[Show] = []
        voices = Voices(self.events.put, self.shown.append, lambda why: self.events.put(Lost(why)))
        self.booth = FingerBooth(self.bench.driver, voices, 0, wait_s=60, reopen_s=0.02, idle_s=0.05)

    def next(self) -> Event:
        """The next event."""
        return self.events.get(timeout=60)

    def take(self, turn: int) -> Event:
        """What a turn gives, with a finger on the glass."""
        self.bench.on_glass = PRINT
        self.booth.take(TakeFinger(turn, INDEX, "left index"))
        return self.next()


@pytest.fixture
def post() -> Iterator[Post]:
    """A booth at work."""
    it = Post()
    with it.bench.sensor:
        it.booth.start()
        yield it
        it.booth.close()


def given(event: Event, turn: int) -> bool:
    """Whether this is the finger on the glass, for that turn."""
    assert isinstance(event, Sampled)
    return event.turn == turn and np.array_equal(event.capture.sample.pixels, PRINT // 17 * 17)


def test_a_cable_pulled_while_nobody_asks(post: Post) -> None:
    """The loss is told before anybody needs the sensor, and so is the return; then it works."""
    post.bench.sensor.unplug()
    assert post.next() == Lost(SENSOR)
    post.bench.sensor.plug()
    assert post.next() == Found(SENSOR)
    assert given(post.take(1), 1)


def test_a_cable_pulled_in_the_middle_of_an_image(post: Post) -> None:
    """The turn is lost with the sensor; plugged in again, it is found and gives the next turn."""
    post.bench.sensor.inject(Faults(Fault.UNPLUGGED, stall_s=0.3))
    assert post.take(1) == Lost(SENSOR)
    post.bench.on_glass = None
    assert post.next() == Found(SENSOR)
    assert given(post.take(2), 2)


def test_a_finger_that_was_lifted_from_a_damaged_image_is_asked_for_again(post: Post) -> None:
    """If no transfer came whole and the finger is gone, the person is told to put it down again."""
    post.bench.sensor.inject(Faults(Fault.LOST_PACKET, times=5))
    post.bench.on_glass = PRINT
    post.booth.take(TakeFinger(1, INDEX))
    while not post.shown:
        post.bench.looked.wait(0.01)
    post.bench.on_glass = None
    while Show(Prompt.PLACE_FINGER, "right index") not in post.shown:
        post.bench.looked.wait(0.01)
    post.bench.on_glass = PRINT
    assert given(post.next(), 1)
    assert shown(post).count(aura(Light.PLACE_FINGER)) == 2


def test_the_ring_follows_a_touch(post: Post) -> None:
    """Place, lift (while the image travels), done; and dark when nobody asks any more."""
    assert given(post.take(1), 1)
    place, off = aura(Light.PLACE_FINGER), aura(Light.OFF)
    while off not in shown(post)[shown(post).index(place) :]:
        post.bench.looked.wait(0.01)
    wanted = [aura(light) for light in (Light.PLACE_FINGER, Light.READING, Light.DONE, Light.OFF)]
    start = shown(post).index(place)
    assert shown(post)[start : start + 4] == wanted
    assert post.shown == [Show(Prompt.LIFT_FINGER, "left index"), Show(Prompt.READING)]


def shown(post: Post) -> list[tuple[int, int, int, int]]:
    """What the ring showed one after the other; a command that was repeated changed nothing."""
    return [light for light, _ in groupby(tuple(post.bench.sensor.lights))]


def aura(light: Light) -> tuple[int, int, int, int]:
    """What the ring is told, in the order of the wire."""
    color, mode, speed, cycles = AURA[light]
    return mode, speed, color, cycles
