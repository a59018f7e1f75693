"""The device threads: every turn answered once, a stop at once, a lost device found again."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

import making
import numpy as np
import prints
import pytest
from fakes import ScriptedCamera, ScriptedSensor
from numpy.typing import NDArray

from hotspot_kiosk.errors import (
    BadSample,
    CaptureTimeout,
    ConfigError,
    DeviceLost,
    FingerLies,
    GlassDirty,
    WrongDevice,
)
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face import FaceEncoder
from hotspot_kiosk.inference.face_quality import face_quality
from hotspot_kiosk.inference.face_utility import NAME, FaceUtility
from hotspot_kiosk.inference.finger import extract
from hotspot_kiosk.inference.port import DetectedFace, ModelShelf
from hotspot_kiosk.kiosk.capture.booth import SLICE_S, Voices
from hotspot_kiosk.kiosk.capture.booth_face import PORTRAIT_WIDTH, FaceBooth
from hotspot_kiosk.kiosk.capture.booth_finger import FingerBooth
from hotspot_kiosk.kiosk.capture.touches import HINTS, Touches
from hotspot_kiosk.kiosk.capture.turns import Limits
from hotspot_kiosk.kiosk.devices import folder
from hotspot_kiosk.kiosk.devices.port import Frame, Light
from hotspot_kiosk.kiosk.events import (
    Event,
    Found,
    Lost,
    Missed,
    Prompt,
    Sampled,
    Show,
    TakeFace,
    TakeFinger,
)
from hotspot_kiosk.terms import Advice, FaceSample, FaceTemplate, FingerPosition, FingerSample, Quality

MANIFEST = Path(__file__).resolve().parents[1] / "models" / "manifest.toml"
THUMB = FingerPosition.LEFT_THUMB
FINGER_FAULT = "finger sensor"
MARK = (231, 7)
# Eyes, nose and mouth of a frontal face whose eyes lie one apart, around the middle of the eyes.
FRONTAL = np.array([[-0.5, 0], [0.5, 0], [0, 0.55], [-0.4, 1], [0.4, 1]])


class Ears:
    """Where a booth speaks to."""

    def __init__(self) -> None:
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.shown: list[Show] = []
        self.faults: SimpleQueue[str] = SimpleQueue()

    def voices(self) -> Voices:
        """For the booth."""
        return Voices(self.events.put, self.shown.append, self.faults.put)

    def next(self) -> Event:
        """The next event."""
        return self.events.get(timeout=60)

    def silent(self) -> bool:
        """Whether nothing is said for a while."""
        try:
            self.events.get(timeout=0.2)
        except Empty:
            return True
        return False


def await_true(true: Callable[[], bool]) -> bool:
    """Whether it becomes true within a minute."""
    ends = time.monotonic() + 60
    while not true() and time.monotonic() < ends:
        time.sleep(0.02)
    return true()


def _wait(until: threading.Event) -> None:
    until.wait(60)


class Eye:
    """Stands for the models: the blue of a frame's marked corner says how far apart its face's eyes are (0: none)."""

    def __init__(self) -> None:
        self.looking: Callable[[], None] = lambda: None

    def detect(self, pixels: NDArray[np.uint8], long_side: int = 640) -> tuple[DetectedFace, ...]:
        """The one face in the middle."""
        if pixels.ndim != 3:
            raise BadSample("no colours")
        self.looking()
        eyes = int(pixels[0, 0, 2])
        if not eyes or tuple(pixels[0, 0, :2]) != MARK:
            return ()
        height, width = pixels.shape[:2]
        points = (FRONTAL * eyes + (width / 2, height / 2)).astype(np.float32)
        box = (width / 2 - eyes, height / 2 - eyes, width / 2 + eyes, height / 2 + 1.6 * eyes)
        return (DetectedFace(box, 0.9, points),)

    def score(self, pixels: NDArray[np.uint8], face: DetectedFace) -> int:
        """Of no use is what has no light in it."""
        return 100 if pixels.any() else 0

    def encode(self, pixels: NDArray[np.uint8], face: DetectedFace) -> FaceTemplate:
        """A vector; a face of 13 pixels cannot be encoded."""
        if pixels[0, 0, 2] == 13:
            raise BadSample("the face cannot be aligned")
        return making.face_template()


def frame(eyes: int, width: int = 900) -> FaceSample:
    """A frame of fine patterns, in which the models see a face of that size."""
    grey = np.random.default_rng(eyes).integers(0, 230, (800, width, 1)).astype(np.uint8)
    pixels = np.repeat(grey, 3, axis=2)
    pixels[0, 0] = (*MARK, eyes)
    return FaceSample("scripted", pixels)


def quality(sample: FaceSample) -> Quality:
    """The frame's."""
    return face_quality(sample.pixels, Eye().detect(sample.pixels))


def score(sample: FaceSample) -> int:
    """The frame's quality score."""
    return quality(sample).score


def eyes_score(quality: Quality) -> int:
    """That of the one component that these frames differ in on purpose."""
    return next(part.score for part in quality.components if part.name == "inter-eye distance")


def touch(seed: int = 1) -> FingerSample:
    """A touch without a finger in it; the extractor takes it."""
    pixels = np.random.default_rng(seed).integers(0, 255, (192, 192)).astype(np.uint8)
    return FingerSample(THUMB, making.R503, pixels)


def thumb(seed: int, person: int = 1) -> FingerSample:
    """A touch of a synthetic finger, called a left thumb."""
    return replace(prints.sample(prints.touch(person, seed)), position=THUMB)


GOOD, FAIR, POOR = frame(120), frame(60), frame(40)
NOBODY = frame(0)
ENOUGH = score(GOOD)


@pytest.fixture
def ears() -> Ears:
    """Hears the booth."""
    return Ears()


@pytest.fixture
def eye() -> Eye:
    """Stands for the models."""
    return Eye()


@pytest.fixture
def camera() -> ScriptedCamera:
    """At the far end."""
    return ScriptedCamera()


@pytest.fixture
def sensor() -> ScriptedSensor:
    """At the far end."""
    return ScriptedSensor()


def face_booth(camera: ScriptedCamera, eye: Eye, ears: Ears, wait_s: float = 60) -> FaceBooth:
    """A booth that waits long for a first frame, and little for a better one."""
    return FaceBooth(camera, eye, eye, eye, ears.voices(), ENOUGH, Limits(wait_s, 0.3, 0.3), reopen_s=0.01)


@pytest.fixture
def face(camera: ScriptedCamera, eye: Eye, ears: Ears) -> Iterator[FaceBooth]:
    """A booth at work."""
    booth = face_booth(camera, eye, ears)
    booth.start()
    yield booth
    booth.close()


@pytest.fixture
def finger(sensor: ScriptedSensor, ears: Ears) -> Iterator[FingerBooth]:
    """A booth at work."""
    booth = FingerBooth(sensor, ears.voices(), good_enough=25, wait_s=60, reopen_s=0.01)
    booth.start()
    yield booth
    booth.close()


def test_the_frames_of_these_tests_differ_in_quality() -> None:
    """Larger faces score higher, else nothing below shows anything."""
    assert score(NOBODY) == 0 < score(POOR) < score(FAIR) < score(GOOD)


def test_a_good_face_is_given_at_once(face: FaceBooth, camera: ScriptedCamera, ears: Ears) -> None:
    """A face that is good enough ends the turn with its number, quality and template."""
    camera.give(GOOD)
    face.take(TakeFace(7))
    sampled = ears.next()
    assert isinstance(sampled, Sampled)
    assert (sampled.turn, sampled.capture.quality.score) == (7, ENOUGH)
    assert isinstance(sampled.capture.template, FaceTemplate)


def test_the_next_finger_is_told_before_the_features_are_made(
    face: FaceBooth, camera: ScriptedCamera, ears: Ears
) -> None:
    """Nobody waits for the machine's work on their face: they are moving on already."""
    camera.give(GOOD)
    face.take(TakeFace(1, then="right index"))
    assert isinstance(ears.next(), Sampled)
    assert Show(Prompt.FACE_TAKEN, "right index") in ears.shown


def test_only_the_face_is_kept_of_a_frame(face: FaceBooth, camera: ScriptedCamera, ears: Ears) -> None:
    """The sample is a crop around the face, of the portrait's proportions."""
    camera.give(GOOD)
    face.take(TakeFace(1))
    sampled = ears.next()
    assert isinstance(sampled, Sampled)
    rows, columns = sampled.capture.sample.pixels.shape[:2]
    assert columns == 2 * 240
    assert rows * 4 == columns * 5


def test_a_large_face_is_shrunk(face: FaceBooth, camera: ScriptedCamera, ears: Ears) -> None:
    """No portrait is wider than the thin link deserves."""
    camera.give(frame(160, width=1200))
    face.take(TakeFace(1))
    sampled = ears.next()
    assert isinstance(sampled, Sampled)
    assert sampled.capture.sample.pixels.shape[1] == PORTRAIT_WIDTH


def test_the_best_frame_is_given_when_patience_ends(
    face: FaceBooth, camera: ScriptedCamera, ears: Ears
) -> None:
    """Of several frames that are not good enough the best one counts, whichever came when."""
    for each in (POOR, FAIR, POOR, NOBODY):
        camera.give(each)
    face.take(TakeFace(1))
    sampled = ears.next()
    assert isinstance(sampled, Sampled)
    assert eyes_score(sampled.capture.quality) == eyes_score(quality(FAIR))
    assert {show.prompt for show in ears.shown} == {Prompt.LOOK_AT_CAMERA}
    assert len(ears.shown) == 4


def test_who_comes_late_is_waited_for(camera: ScriptedCamera, eye: Eye, ears: Ears) -> None:
    """The patience for a poor picture begins with the first face, not with the empty room before it."""
    booth = FaceBooth(camera, eye, eye, eye, ears.voices(), ENOUGH, Limits(60, 0.2, 60))
    booth.start()
    camera.give(NOBODY)
    booth.take(TakeFace(1))
    assert ears.silent()
    camera.give(GOOD)
    assert isinstance(ears.next(), Sampled)
    booth.close()


def test_who_was_just_asked_may_turn_first(camera: ScriptedCamera, eye: Eye, ears: Ears) -> None:
    """An empty picture right after the request changes no word; a face changes it at once."""
    booth = FaceBooth(camera, eye, eye, eye, ears.voices(), ENOUGH, Limits(60, 0.2, 60, 60))
    booth.start()
    for each in (NOBODY, NOBODY, POOR):
        camera.give(each)
    booth.take(TakeFace(1))
    assert isinstance(ears.next(), Sampled)
    booth.close()
    assert [show.detail for show in ears.shown] == [Advice.TOO_FAR]


def test_frames_without_a_face_are_a_miss_with_advice(
    face: FaceBooth, camera: ScriptedCamera, ears: Ears
) -> None:
    """Frames in which nobody is say what to do."""
    camera.give(NOBODY)
    face.take(TakeFace(3))
    assert ears.next() == Missed(3, Advice.NO_FACE)


def test_no_frame_is_a_miss(camera: ScriptedCamera, eye: Eye, ears: Ears) -> None:
    """A camera that gives nothing in time costs the turn, not the thread."""
    booth = face_booth(camera, eye, ears, wait_s=0.05)
    booth.start()
    for turn in (4, 5):
        booth.take(TakeFace(turn))
        assert ears.next() == Missed(turn, Advice.LOOK_STRAIGHT)
    booth.close()


def test_a_bad_picture_is_passed_over(face: FaceBooth, camera: ScriptedCamera, ears: Ears) -> None:
    """A frame that cannot be used costs nothing but itself."""
    camera.give(BadSample("a.png: cut off"))
    camera.give(GOOD)
    face.take(TakeFace(1))
    assert isinstance(ears.next(), Sampled)


def test_bad_pictures_alone_end_in_a_miss(camera: ScriptedCamera, eye: Eye, ears: Ears) -> None:
    """A camera that gives nothing but bad pictures ends the turn in time, and not busily."""
    for _ in range(50):
        camera.give(BadSample("x"))
    booth = face_booth(camera, eye, ears, wait_s=0.25)
    booth.start()
    booth.take(TakeFace(1))
    assert ears.next() == Missed(1, Advice.LOOK_STRAIGHT)
    assert camera.waits < 10
    booth.close()


def test_an_unsettled_frame_is_never_a_sample(face: FaceBooth, camera: ScriptedCamera, ears: Ears) -> None:
    """While a camera finds its exposure the best face guides only; a worse one afterwards is taken."""
    camera.give(Frame("scripted", GOOD.pixels, lambda: GOOD.pixels, settled=False))
    camera.give(FAIR)
    face.take(TakeFace(1))
    sampled = ears.next()
    assert isinstance(sampled, Sampled)
    assert eyes_score(sampled.capture.quality) == eyes_score(quality(FAIR))


def test_every_frame_is_given_back(face: FaceBooth, camera: ScriptedCamera, ears: Ears) -> None:
    """A looked-at frame goes back to the camera, usable or not."""
    back: list[str] = []
    bad = np.zeros((4, 4), np.uint8)
    for name, pixels in (("bad", bad), ("nobody", NOBODY.pixels), ("good", GOOD.pixels)):
        camera.give(
            Frame(
                "scripted", pixels, lambda pixels=pixels: pixels, release=lambda name=name: back.append(name)
            )
        )
    face.take(TakeFace(1))
    assert isinstance(ears.next(), Sampled)
    assert back == ["bad", "nobody", "good"]


def test_a_preview_is_told_every_frame(camera: ScriptedCamera, eye: Eye, ears: Ears) -> None:
    """Whoever shows a preview gets each small picture with the faces in it."""
    told: list[int] = []
    booth = FaceBooth(
        camera,
        eye,
        eye,
        eye,
        ears.voices(),
        ENOUGH,
        Limits(60),
        seen=lambda _pixels, faces: told.append(len(faces)),
    )
    booth.start()
    for each in (NOBODY, POOR, GOOD):
        camera.give(each)
    booth.take(TakeFace(1))
    assert isinstance(ears.next(), Sampled)
    booth.close()
    assert told == [0, 1, 1]


def test_a_face_that_cannot_be_encoded_is_a_miss(face: FaceBooth, camera: ScriptedCamera, ears: Ears) -> None:
    """A face without features is asked for again, and the log says why."""
    camera.give(frame(13))
    face.take(TakeFace(1))
    assert ears.next() == Missed(1, Advice.ONCE_MORE)


def test_a_stopped_face_turn_says_nothing(face: FaceBooth, camera: ScriptedCamera, ears: Ears) -> None:
    """A stop ends the wait at once, and the next turn is answered under its own number."""
    face.take(TakeFace(1))
    camera.await_capture()
    face.stop()
    face.take(TakeFace(2))
    camera.give(GOOD)
    sampled = ears.next()
    assert isinstance(sampled, Sampled)
    assert sampled.turn == 2
    assert ears.silent()


def test_a_stop_while_a_frame_is_looked_at_counts(
    face: FaceBooth, camera: ScriptedCamera, eye: Eye, ears: Ears
) -> None:
    """A stop during the models' work, which no cancel reaches, still silences the turn."""
    eye.looking = face.stop
    camera.give(GOOD)
    face.take(TakeFace(1))
    assert ears.silent()
    assert ears.shown == []


def test_a_stop_that_the_camera_does_not_hear_counts(
    face: FaceBooth, camera: ScriptedCamera, ears: Ears
) -> None:
    """A stop in the moment before the camera waits ends the turn within a slice, not after a minute."""
    camera.before_waiting = face.stop
    face.take(TakeFace(1))
    camera.await_capture()
    camera.before_waiting = lambda: None
    face.take(TakeFace(2))
    camera.await_capture(2)
    camera.give(GOOD)
    sampled = ears.next()
    assert isinstance(sampled, Sampled)
    assert sampled.turn == 2


def test_requests_that_wait_are_forgotten_by_a_stop(
    face: FaceBooth, camera: ScriptedCamera, ears: Ears
) -> None:
    """A stop covers every turn asked for before it."""
    for turn in (1, 2, 3):
        face.take(TakeFace(turn))
    camera.await_capture()
    face.stop()
    camera.give(GOOD)
    assert ears.silent()


def test_a_lost_camera_is_told_and_found_again(face: FaceBooth, camera: ScriptedCamera, ears: Ears) -> None:
    """A camera that goes is closed and reported; opened until it is back; then it works."""
    camera.refusals = [DeviceLost("still away"), WrongDevice("another one")]
    camera.give(DeviceLost("the cable"))
    face.take(TakeFace(1))
    assert [ears.next(), ears.next()] == [Lost("camera"), Found("camera")]
    assert camera.opened == 4
    assert camera.closed == 3
    camera.give(GOOD)
    face.take(TakeFace(2))
    sampled = ears.next()
    assert isinstance(sampled, Sampled)
    assert sampled.turn == 2


def test_a_camera_that_goes_while_nobody_asks_is_known(camera: ScriptedCamera, eye: Eye, ears: Ears) -> None:
    """It is looked after between people: a slow one is left in peace, a lost one is told and found again."""
    camera.trouble = CaptureTimeout("slow")
    booth = FaceBooth(camera, eye, eye, eye, ears.voices(), ENOUGH, Limits(60), reopen_s=0.01, idle_s=0.01)
    booth.start()
    assert ears.silent()
    assert camera.checked > 1
    camera.trouble = DeviceLost("the cable")
    assert ears.next() == Lost("camera")
    camera.trouble = None
    while ears.next() != Found("camera"):
        pass
    booth.close()


def test_a_camera_that_is_not_there_does_not_start(eye: Eye, ears: Ears) -> None:
    """Without its device a booth refuses to start, and can still be closed."""
    camera = ScriptedCamera(refusals=[DeviceLost("no camera")])
    booth = face_booth(camera, eye, ears)
    with pytest.raises(DeviceLost, match="no camera"):
        booth.start()
    booth.close()
    assert camera.closed == 1


def test_an_unexpected_error_ends_the_thread_with_a_fault(
    face: FaceBooth, camera: ScriptedCamera, ears: Ears, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody foresaw is reported as a fault of the named device; closing still works."""
    camera.give(ZeroDivisionError("what"))
    face.take(TakeFace(1))
    assert ears.faults.get(timeout=60) == "the camera: what"
    assert ears.silent()
    assert "thread stopped" in caplog.text


@pytest.mark.parametrize("heard", [True, False])
def test_close_ends_a_running_turn(heard: bool, camera: ScriptedCamera, eye: Eye, ears: Ears) -> None:
    """Close waits neither for a person nor, if the camera did not hear it, for more than a slice."""
    booth = face_booth(camera, eye, ears)
    booth.start()
    camera.before_waiting = (lambda: None) if heard else booth.stop
    booth.take(TakeFace(1))
    camera.await_capture()
    booth.close()
    assert camera.closed == 1
    assert ears.silent()


def test_close_ends_the_search_for_a_lost_camera(camera: ScriptedCamera, eye: Eye, ears: Ears) -> None:
    """A booth whose camera is away closes without it."""
    camera.give(DeviceLost("x"))
    booth = FaceBooth(camera, eye, eye, eye, ears.voices(), ENOUGH, Limits(60), reopen_s=60)
    booth.start()
    booth.take(TakeFace(1))
    assert ears.next() == Lost("camera")
    booth.close()
    assert camera.opened == 1


def test_devices_of_the_other_kind_are_refused(
    camera: ScriptedCamera, sensor: ScriptedSensor, eye: Eye, ears: Ears
) -> None:
    """A sensor in the camera's table, or a camera in the sensor's, refuses to start."""
    with pytest.raises(ConfigError, match=r"\[camera\] driver"):
        FaceBooth(sensor, eye, eye, eye, ears.voices(), 30, Limits(1))
    with pytest.raises(ConfigError, match=r"\[finger\] driver"):
        FingerBooth(camera, ears.voices(), 30, 1)


def test_a_touch_is_given_with_its_turn(finger: FingerBooth, sensor: ScriptedSensor, ears: Ears) -> None:
    """A touch becomes a capture of that turn; the person is told to lift and that it is read."""
    sensor.give(touch())
    finger.take(TakeFinger(9, THUMB))
    sampled = ears.next()
    assert isinstance(sampled, Sampled)
    assert (sampled.turn, sampled.capture.sample.grade) == (9, making.R503)
    assert sensor.asked == [THUMB]
    assert ears.shown == [Show(Prompt.LIFT_FINGER), Show(Prompt.READING)]


def test_the_light_says_whether_a_touch_was_good(sensor: ScriptedSensor, ears: Ears) -> None:
    """The sensor's light invites, and then praises or asks again as the plan's quality wants."""
    for enough, light in ((0, Light.DONE), (100, Light.AGAIN)):
        booth = FingerBooth(sensor, ears.voices(), good_enough=enough, wait_s=60)
        booth.start()
        sensor.lights.clear()
        sensor.give(touch())
        booth.take(TakeFinger(1, THUMB))
        assert isinstance(ears.next(), Sampled)
        booth.close()
        assert sensor.lights == [Light.PLACE_FINGER, Light.READING, light]


def test_the_next_finger_is_told_while_the_image_travels(
    finger: FingerBooth, sensor: ScriptedSensor, ears: Ears
) -> None:
    """Once a finger is imaged the person is told to lift it and which comes next."""
    sensor.give(touch())
    finger.take(TakeFinger(1, THUMB, then="left index"))
    ears.next()
    assert ears.shown[0] == Show(Prompt.LIFT_FINGER, "left index")


def test_the_light_goes_out_when_nobody_asks(sensor: ScriptedSensor, ears: Ears) -> None:
    """After a while without a turn the light is put out."""
    booth = FingerBooth(sensor, ears.voices(), good_enough=25, wait_s=60, idle_s=0.05)
    booth.start()
    while Light.OFF not in sensor.lights:
        time.sleep(0.01)
    booth.close()
    assert ears.silent()


def test_a_sensor_that_goes_while_nobody_asks_is_told(sensor: ScriptedSensor, ears: Ears) -> None:
    """The session hears of a loss before the next person comes, and of the return."""
    sensor.dark = [DeviceLost("the cable")]
    booth = FingerBooth(sensor, ears.voices(), good_enough=25, wait_s=60, reopen_s=0.01, idle_s=0.05)
    booth.start()
    assert [ears.next(), ears.next()] == [Lost(FINGER_FAULT), Found(FINGER_FAULT)]
    booth.close()


def test_no_touch_is_a_miss(sensor: ScriptedSensor, ears: Ears) -> None:
    """A finger that does not come costs the turn; the wait is whole although it is asked for in slices."""
    wait_s = 1.5 * SLICE_S
    booth = FingerBooth(sensor, ears.voices(), good_enough=25, wait_s=wait_s)
    booth.start()
    began = time.monotonic()
    booth.take(TakeFinger(1, THUMB))
    assert ears.next() == Missed(1, Advice.NO_FINGER)
    assert time.monotonic() - began >= wait_s
    assert sensor.lights == [Light.PLACE_FINGER, Light.AGAIN]
    booth.close()


def test_a_touch_in_a_later_slice_is_taken(finger: FingerBooth, sensor: ScriptedSensor, ears: Ears) -> None:
    """A person who takes his time is waited for."""
    finger.take(TakeFinger(1, THUMB))
    time.sleep(1.2 * SLICE_S)
    sensor.give(touch())
    assert isinstance(ears.next(), Sampled)


@pytest.mark.parametrize(
    ("bad", "advice"),
    [
        (BadSample("the image is damaged"), Advice.ONCE_MORE),
        (GlassDirty("dirt"), Advice.WIPE_GLASS),
        (FingerLies("it lies there"), Advice.LIFT_FINGER),
        (FingerSample(THUMB, making.R503, np.zeros((20, 20), np.uint8)), Advice.ONCE_MORE),
    ],
    ids=["device", "dirt", "not lifted", "extractor"],
)
def test_a_bad_touch_is_a_miss(
    bad: BadSample | FingerSample, advice: Advice, finger: FingerBooth, sensor: ScriptedSensor, ears: Ears
) -> None:
    """What the sensor or the extractor refuses is asked for again, in words that every page can say."""
    sensor.give(bad)
    finger.take(TakeFinger(1, THUMB))
    assert ears.next() == Missed(1, advice)
    assert await_true(lambda: sensor.lights[-1] is Light.AGAIN)


def test_a_further_touch_is_asked_for_where_it_is_new(
    finger: FingerBooth, sensor: ScriptedSensor, ears: Ears
) -> None:
    """Beside the finger's name the hint travels as an advice that every page can say."""
    first = thumb(1)
    sensor.give(first)
    finger.take(TakeFinger(1, THUMB, taken=(extract(first),)))
    assert isinstance(ears.next(), Sampled)
    assert ears.shown[0].hint in HINTS.values()
    assert ears.shown[0] == Show(Prompt.PLACE_FINGER, THUMB.words, Touches().hint(THUMB, [extract(first)]))


def test_a_finger_given_under_another_name_is_asked_for_again(
    finger: FingerBooth, sensor: ScriptedSensor, ears: Ears
) -> None:
    """The same finger as before, called another: which one is asked for is said, nobody is accused."""
    before = replace(extract(thumb(1)), position=FingerPosition.LEFT_LITTLE)
    sensor.give(thumb(2))
    finger.take(TakeFinger(1, THUMB, taken=(before,)))
    assert ears.next() == Missed(1, Advice.OTHER_FINGER)


def test_a_touch_unlike_those_before_it_is_doubted_once(
    finger: FingerBooth, sensor: ScriptedSensor, ears: Ears
) -> None:
    """Another finger under the same name is asked for again; at the next try it is taken."""
    before = extract(thumb(1))
    for again, expected in ((False, Missed), (True, Sampled)):
        sensor.give(thumb(1, person=2))
        finger.take(TakeFinger(1, THUMB, taken=(before,), again=again))
        assert isinstance(ears.next(), expected)


def test_a_stopped_finger_turn_says_nothing(finger: FingerBooth, sensor: ScriptedSensor, ears: Ears) -> None:
    """A stop ends the wait at once and puts the inviting light out; the next turn is its own."""
    finger.take(TakeFinger(1, THUMB))
    sensor.await_capture()
    finger.stop()
    finger.take(TakeFinger(2, THUMB))
    sensor.give(touch())
    sampled = ears.next()
    assert isinstance(sampled, Sampled)
    assert sampled.turn == 2
    assert sensor.lights[:3] == [Light.PLACE_FINGER, Light.OFF, Light.PLACE_FINGER]
    assert ears.silent()


def test_a_stop_that_the_sensor_does_not_hear_counts(
    finger: FingerBooth, sensor: ScriptedSensor, ears: Ears
) -> None:
    """A stop in the moment before the sensor waits silences even a touch that comes at once."""
    sensor.before_waiting = finger.stop
    sensor.give(touch())
    finger.take(TakeFinger(1, THUMB))
    assert ears.silent()
    assert ears.shown == []


def test_a_stop_that_the_sensor_does_not_hear_ends_the_wait(
    finger: FingerBooth, sensor: ScriptedSensor, ears: Ears
) -> None:
    """Such a stop ends the turn within a slice, not after a minute."""
    sensor.before_waiting = finger.stop
    finger.take(TakeFinger(1, THUMB))
    sensor.await_capture()
    sensor.before_waiting = lambda: None
    finger.take(TakeFinger(2, THUMB))
    sensor.await_capture(2)
    sensor.give(touch())
    sampled = ears.next()
    assert isinstance(sampled, Sampled)
    assert sampled.turn == 2


def test_a_sensor_that_hangs_is_seen(finger: FingerBooth, sensor: ScriptedSensor, ears: Ears) -> None:
    """Its thread turns no more; once it answers again, it does."""
    answers = threading.Event()
    sensor.before_waiting = lambda: _wait(answers)
    finger.take(TakeFinger(1, THUMB))
    assert await_true(lambda: finger.silent_s > 3 * SLICE_S)
    answers.set()
    assert await_true(lambda: finger.silent_s < SLICE_S)
    finger.stop()


def test_a_lost_sensor_is_told_and_found_again(
    finger: FingerBooth, sensor: ScriptedSensor, ears: Ears
) -> None:
    """A sensor that goes is reported under its name, and works when it is back."""
    sensor.give(DeviceLost("the cable"))
    finger.take(TakeFinger(1, THUMB))
    assert [ears.next(), ears.next()] == [Lost(FINGER_FAULT), Found(FINGER_FAULT)]
    sensor.give(touch())
    finger.take(TakeFinger(2, THUMB))
    assert isinstance(ears.next(), Sampled)


def test_portraits_in_a_folder_become_captures(models_built: Path, tmp_path: Path, ears: Ears) -> None:
    """With the real models and the folder camera: a bad file is passed over, a portrait is captured."""
    shelf = ModelShelf(MANIFEST, models_built, threads=1)
    booth = FaceBooth(
        folder.build(folder.Options(path=tmp_path)),
        FaceDetector(shelf.open("centerface")),
        FaceEncoder(shelf.open("dlib-face-resnet-v1")),
        FaceUtility(shelf.open(NAME)),
        ears.voices(),
        good_enough=30,
        limits=Limits(60),
    )
    booth.start()
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    booth.take(TakeFace(1))
    fresh = tmp_path / "portrait.tmp"
    shutil.copyfile(models_built / "pictures" / "portrait_b.jpg", fresh)
    fresh.rename(tmp_path / "portrait.jpg")
    sampled = ears.next()
    booth.close()
    assert isinstance(sampled, Sampled)
    assert isinstance(sampled.capture.template, FaceTemplate)
    assert sampled.capture.template.vector.shape == (128,)
    assert sampled.capture.quality.score >= 30


def test_who_was_shown_the_next_finger_is_not_taken_for_the_one_asked_again(
    finger: FingerBooth, sensor: ScriptedSensor, ears: Ears
) -> None:
    """A touch is on its way before anybody could hear that the last finger is asked for again: it is passed over."""
    sensor.give(touch())
    finger.take(TakeFinger(1, THUMB, then="left index"))
    ears.next()
    sensor.give(touch())
    finger.take(TakeFinger(2, THUMB, then="left index", again=True))
    while not sensor.passed:
        time.sleep(0.01)
    assert ears.silent()
    sensor.give(touch())
    sampled = ears.next()
    assert isinstance(sampled, Sampled)
    assert sampled.turn == 2


@pytest.mark.parametrize(
    ("then", "again"), [("left index", False), ("", True), (THUMB.words, True)], ids=["next", "last", "same"]
)
def test_who_was_shown_no_other_finger_is_heard_at_once(
    finger: FingerBooth, sensor: ScriptedSensor, ears: Ears, then: str, again: bool
) -> None:
    """Nothing is passed over where the finger on its way is the one that is asked for."""
    sensor.give(touch())
    finger.take(TakeFinger(1, THUMB, then=then))
    ears.next()
    sensor.give(touch())
    finger.take(TakeFinger(2, THUMB, again=again))
    assert isinstance(ears.next(), Sampled)
    assert sensor.passed == 0


def test_a_stop_is_heard_while_a_touch_is_passed_over(
    finger: FingerBooth, sensor: ScriptedSensor, ears: Ears
) -> None:
    """Nobody waits for who has gone; the next turn is as any other."""
    sensor.give(touch())
    finger.take(TakeFinger(1, THUMB, then="left index"))
    ears.next()
    finger.take(TakeFinger(2, THUMB, again=True))
    finger.stop()
    finger.take(TakeFinger(3, THUMB))
    sensor.await_capture(2)
    sensor.give(touch())
    sampled = ears.next()
    assert isinstance(sampled, Sampled)
    assert sampled.turn == 3
