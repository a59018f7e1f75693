"""What every finger sensor must do, run over every variant there is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import making
import numpy as np
import pytest
from fakes import ScriptedSensor
from uart_rig import SPEED, finger

from hotspot_kiosk import recordings
from hotspot_kiosk.errors import CaptureCancelled, CaptureTimeout, DeviceLost
from hotspot_kiosk.kiosk.devices import fap_usb, uart_finger
from hotspot_kiosk.kiosk.devices.port import FingerSensor, Light
from hotspot_kiosk.simulator.uart_kinds import PERSONALITIES
from hotspot_kiosk.simulator.uart_replay import Replay
from hotspot_kiosk.simulator.uart_sensor import UartSensor
from hotspot_kiosk.terms import FingerPosition, FingerSample

THUMB = FingerPosition.LEFT_THUMB
RECORDINGS = Path(__file__).parent / "recordings"


@dataclass
class SensorRig:
    """A finger sensor that is not yet open, and the hand that touches it."""

    sensor: FingerSensor
    touch: Callable[[], None]
    lift: Callable[[], None]


def uart_rig(name: str) -> Iterator[SensorRig]:
    """A UART sensor of that personality at the far end of a line."""
    kind = replace(PERSONALITIES[name], baud=115_200)
    glass: list[np.ndarray] = []
    simulated = UartSensor(kind, lambda: glass[0] if glass else None, speed=SPEED)
    secrets = {name: int.from_bytes(getattr(kind, name), "big") for name in ("password", "address")}
    sensor = uart_finger.build(uart_finger.Options(port=simulated.link, **secrets))
    with simulated:
        yield SensorRig(sensor, lambda: glass.append(finger(kind, 1)), glass.clear)
        sensor.close()


def recorded_rig(name: str) -> Iterator[SensorRig]:
    """The sensor of a recording: it gives the recorded answers that fit what lies on its glass."""
    recording = recordings.load(RECORDINGS / f"{name}.jsonl")
    glass: list[bool] = []
    with Replay(recording, touched=lambda: bool(glass), speed=SPEED) as replay:
        address = int.from_bytes(bytes.fromhex(recording.exchanges[0].asked)[2:6], "big")
        sensor = uart_finger.build(uart_finger.Options(port=replay.link, address=address))
        yield SensorRig(sensor, lambda: glass.append(True), glass.clear)
        sensor.close()
    assert replay.strayed == []


def scripted_rig(_name: str) -> Iterator[SensorRig]:
    """The fake that other tests use: it must keep the same promises."""
    sensor = ScriptedSensor()
    grey = np.arange(192 * 192, dtype=np.uint32).reshape(192, 192) % making.R503.grey_levels
    sample = FingerSample(THUMB, making.R503, grey.astype(np.uint8) * np.uint8(17))
    yield SensorRig(sensor, lambda: sensor.give(sample), lambda: None)


MAKERS: dict[str, Callable[[str], Iterator[SensorRig]]] = {
    "scripted": scripted_rig,
    "simulated": uart_rig,
    "recorded": recorded_rig,
}


@pytest.fixture(
    params=[
        "scripted fake",
        *("simulated r503", "simulated packets-32"),
        "recorded zfm-20",
    ]
)
def rig(request: pytest.FixtureRequest) -> Iterator[SensorRig]:
    """Each finger sensor in turn."""
    way, name = request.param.split()
    yield from MAKERS[way](name)


def capture(rig: SensorRig, timeout_s: float = 60.0) -> FingerSample:
    """One capture."""
    return rig.sensor.capture(THUMB, timeout_s, lambda: None)


def test_a_sample_is_what_the_grade_says(rig: SensorRig) -> None:
    """The sample has the grade, the size and the grey levels that `open` promised."""
    grade = rig.sensor.open()
    assert grade.fap is None or fap_usb.check_grade(grade) is None
    rig.touch()
    sample = capture(rig)
    assert (sample.position, sample.grade) == (THUMB, grade)
    assert sample.pixels.shape == (grade.height, grade.width)
    assert len(np.unique(sample.pixels)) == grade.grey_levels


def test_the_finger_is_told_once(rig: SensorRig) -> None:
    """`on_finger` is called once a capture, and not when there is no finger."""
    told: list[int] = []
    rig.sensor.open()
    with pytest.raises(CaptureTimeout):
        rig.sensor.capture(THUMB, 0, lambda: told.append(0))
    rig.touch()
    rig.sensor.capture(THUMB, 5, lambda: told.append(1))
    assert told == [1]


def test_a_touch_gives_one_image(rig: SensorRig) -> None:
    """A finger left lying gives no second image; lifted and placed again it does."""
    rig.sensor.open()
    rig.touch()
    capture(rig)
    with pytest.raises(CaptureTimeout):
        capture(rig, 0.1)
    rig.lift()
    with pytest.raises(CaptureTimeout):
        capture(rig, 0)
    rig.touch()
    capture(rig)


def test_what_is_passed_over_gives_no_image(rig: SensorRig) -> None:
    """What lies there when nobody is asked must be lifted; then the next touch counts."""
    rig.sensor.open()
    rig.touch()
    rig.sensor.pass_over()
    with pytest.raises(CaptureTimeout):
        capture(rig, 0.1)
    rig.lift()
    rig.sensor.pass_over()
    rig.touch()
    capture(rig)


def test_cancel_ends_a_capture(rig: SensorRig) -> None:
    """Another thread's cancel ends the wait for a finger; the next capture works."""
    rig.sensor.open()
    timer = threading.Timer(0.1, rig.sensor.cancel)
    timer.start()
    with pytest.raises(CaptureCancelled):
        capture(rig, 60)
    timer.join()
    rig.touch()
    capture(rig)


def test_a_cancel_outside_a_capture_is_forgotten(rig: SensorRig) -> None:
    """A cancel before `open` or between captures ends nothing later."""
    rig.sensor.cancel()
    rig.sensor.open()
    rig.sensor.cancel()
    rig.touch()
    capture(rig)


def test_every_light_can_be_shown(rig: SensorRig) -> None:
    """Lights are shown or passed over, never refused."""
    rig.sensor.open()
    for light in Light:
        rig.sensor.show(light)


def test_a_closed_sensor_takes_nothing(rig: SensorRig) -> None:
    """Before `open` and after `close` a capture is refused; closing twice is fine; opening again works."""
    with pytest.raises(DeviceLost):
        capture(rig)
    rig.sensor.open()
    rig.sensor.close()
    rig.sensor.close()
    with pytest.raises(DeviceLost):
        capture(rig)
    rig.sensor.open()
