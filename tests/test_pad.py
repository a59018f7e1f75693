"""Cues of presentation attacks: what each answers to, what it leaves open, and that none of them decides."""

import math
import random
from pathlib import Path

import cv2
import making
import numpy as np
import pytest
from fakes import ScriptedCamera
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from test_booths import ENOUGH, GOOD, Ears, Eye
from test_models import MANIFEST

from hotspot_kiosk.bench import pad as bench_pad
from hotspot_kiosk.bench import pad_set
from hotspot_kiosk.bench.pad_set import Presentation, Share
from hotspot_kiosk.bench.set_options import SetOptions
from hotspot_kiosk.errors import BadSample, ModelError, Refused
from hotspot_kiosk.inference import pad, pad_signals
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.pad_signals import Glimpse, PadSignal
from hotspot_kiosk.inference.port import DetectedFace, Model, ModelShelf
from hotspot_kiosk.kiosk.capture.booth_face import FaceBooth
from hotspot_kiosk.kiosk.capture.turns import Limits
from hotspot_kiosk.kiosk.capture.watch import BRIGHT, DIM, PHASE_S, SETTLES_S, Challenge, Watch
from hotspot_kiosk.kiosk.events import Sampled, TakeFace
from hotspot_kiosk.kiosk.told import portrait, presentation
from hotspot_kiosk.nist.sap import why_no_sap
from hotspot_kiosk.simulator import presentation as drawn
from hotspot_kiosk.terms import Capture, Quality, QualityComponent

POINTS = np.array([[120, 120], [180, 120], [150, 150], [125, 185], [175, 185]], np.float32)
FACE = DetectedFace((90.0, 80.0, 210.0, 230.0), 0.9, POINTS)
LIGHTS = (0.0, 1.0, 1.0, 0.0, 1.0, 0.0)


def lit(face: float, beside: float) -> pad_signals.PadSignal:
    """The light's cue where face and surroundings gain these shares under full light."""
    return pad_signals.light_signal([Glimpse(x, 100 * (1 + face * x), 80 * (1 + beside * x)) for x in LIGHTS])


def moved(face: tuple[float, float], beside: tuple[float, float]) -> PadSignal:
    """The motion's cue where both made these steps, five times."""
    return pad_signals.motion_signal([Glimpse(None, 100, 80, face, beside)] * 5)


def noise(seed: int = 1) -> np.ndarray:
    """A picture with smooth detail all over, 300 x 300."""
    grain = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 200, (300, 300)), (0, 0), 2.5)
    return np.clip(128 + grain[..., None] + np.zeros((1, 1, 3)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("brightness", [20, 60, 120, 200])
def test_a_near_face_answers_the_light_whatever_its_colour(brightness: float) -> None:
    """Gain is a share of the face's own brightness: dark skin is no reason to doubt."""
    glimpses = [Glimpse(x, brightness * (1 + 0.3 * x), 80 * (1 + 0.05 * x)) for x in LIGHTS]
    assert pad_signals.light_signal(glimpses).score == 100


def test_a_print_answers_the_light_as_its_own_background_does() -> None:
    """Face and what is beside it lie in one plane."""
    assert lit(0.3, 0.3).score == 0


def test_a_screen_hardly_answers_the_light() -> None:
    """It shines by itself."""
    assert lit(0.01, 0.0).score == 0


@pytest.mark.parametrize("lights", [(), (1.0,) * 9, (None,) * 9, (0.0, 0.0, 1.0, 0.0)])
def test_light_that_was_not_changed_says_nothing(lights: tuple[float | None, ...]) -> None:
    """Not measured is no accusation and no acquittal."""
    assert pad_signals.light_signal([Glimpse(x, 100, 80) for x in lights]).score is None


def test_a_face_that_moves_by_itself_is_told_from_a_picture_that_is_held() -> None:
    """The wall stays behind a person; a picture takes its background along."""
    assert moved((0.1, 0.0), (0.0, 0.0)).score == 100
    assert moved((0.1, 0.02), (0.1, 0.02)).score == 0


def test_a_face_that_keeps_still_says_nothing() -> None:
    """Nor does one before a plain wall."""
    assert moved((0.001, 0.0), (0.0, 0.0)).score is None
    assert pad_signals.motion_signal([Glimpse(None, 100, 80, (0.2, 0.2), None)] * 9).score is None


def test_steps_are_measured_on_pixels() -> None:
    """Everything shifted by 6 pixels is a step of a tenth of the eyes' distance, face and surroundings alike."""
    before = noise()
    seen = pad_signals.glimpse(np.roll(before, 6, axis=1), FACE, (before, FACE), None)
    assert seen.face_step == pytest.approx((0.1, 0.0), abs=0.02)
    assert seen.beside_step == pytest.approx((0.1, 0.0), abs=0.02)


def test_dots_of_a_print_are_seen_and_grain_is_not() -> None:
    """Dots four pixels apart, as a print has them, over a camera's noise."""
    grainy = np.random.default_rng(3).normal(128, 8, (300, 300, 1)) + np.zeros((1, 1, 3))
    rows, columns = np.mgrid[0:300, 0:300]
    dots = 30 * np.cos(2 * np.pi * columns / 4.3) * np.cos(2 * np.pi * rows / 4.3)
    plain, printed = (np.clip(each, 0, 255).astype(np.uint8) for each in (grainy, grainy + dots[..., None]))
    assert pad_signals.pattern_signal(plain, FACE).score == 100
    assert pad_signals.pattern_signal(printed, FACE).score < 20


def test_a_face_too_small_for_a_pattern_says_nothing() -> None:
    """A grid that cannot be resolved is not missing."""
    small = DetectedFace((10, 10, 60, 70), 0.9, POINTS / 4)
    assert pad_signals.pattern_signal(noise(), small).score is None


def test_a_lamp_mirrored_over_the_face_is_seen() -> None:
    """Shine on a nose is not."""
    shiny, mirrored = np.full((300, 300, 3), 120, np.uint8), np.full((300, 300, 3), 120, np.uint8)
    shiny[150:158, 145:155] = 255
    mirrored[110:160, 120:180] = 255
    assert pad_signals.mirror_signal(shiny, FACE).score == 100
    assert pad_signals.mirror_signal(mirrored, FACE).score == 0


@given(arrays(np.uint8, (40, 50, 3)), st.lists(st.floats(-60, 120, width=32), min_size=4, max_size=4))
@settings(max_examples=60, deadline=None)
def test_no_picture_and_no_box_breaks_a_cue(pixels: np.ndarray, box: list[float]) -> None:
    """Whatever the detector says, each cue is 0 to 100 or not measured."""
    left, right = sorted(box[:2])
    top, bottom = sorted(box[2:])
    face = DetectedFace((left, top, right, bottom), 0.5, POINTS)
    seen = [pad_signals.glimpse(pixels, face, (pixels, face), 1.0)] * 4
    for signal in pad.judge(seen, pixels, face).signals:
        assert signal.score is None or 0 <= signal.score <= 100


def test_a_picture_without_colours_is_refused() -> None:
    """With the sentence for every face picture."""
    with pytest.raises(BadSample):
        pad_signals.glimpse(np.zeros((9, 9), np.uint8), FACE, None, None)  # type: ignore[arg-type]


def test_cues_never_lower_a_samples_score() -> None:
    """They are told beside it; the quality score and its advice stay."""
    good = QualityComponent("sharpness", 80)
    result = pad.PadResult((PadSignal("light", 0, ""), PadSignal("motion", None, "")))
    quality = Quality((good, *result.components()))
    assert (quality.score, quality.advice) == (80, "")
    assert [part.name for part in quality.components] == ["sharpness", "presentation: light"]


def test_cues_stay_out_of_the_evidence() -> None:
    """Nobody abroad reads a suspicion that nobody measured."""
    quality = Quality(
        (QualityComponent("sharpness", 20), QualityComponent("presentation: light", 0, counts=False))
    )
    assert "presentation" not in why_no_sap(quality, 480, 600)
    assert "sharpness 20" in why_no_sap(quality, 480, 600)


def test_the_officer_is_told_the_cues_and_why_there_is_no_sap() -> None:
    """Both from the captures that the session holds; nothing without a face."""
    face, finger = making.face_capture(), making.finger_capture()
    marked = Quality((*face.quality.components, QualityComponent("presentation: motion", 12, counts=False)))
    captures = (finger, Capture(face.sample, marked, face.template))
    assert presentation(captures) == {"motion": 12}
    assert "expression not measured" in portrait(captures)
    assert (presentation((finger,)), portrait((finger,))) == ({}, "")


def test_a_model_of_the_manifest_is_one_more_cue() -> None:
    """It sees the face with room around it, 0 to 1, and what is no number is not measured."""
    told = []

    def run(array: np.ndarray) -> list[np.ndarray]:
        told.append(array)
        return [np.array([[0.25]], np.float32)]

    signal = pad.PadModel(Model("some-pad", run), 80).signal(noise(), FACE)
    assert (signal.score, told[0].shape) == (25, (1, 3, 80, 80))
    assert told[0].max() <= 1
    broken = pad.PadModel(Model("some-pad", lambda _: [np.array([math.nan], np.float32)]), 80)
    assert broken.signal(noise(), FACE).score is None


def _manifest(folder: Path, shape: str, count: int = 1) -> ModelShelf:
    """A manifest that names models for the role, whose files are not there."""
    text = MANIFEST.read_text("utf-8").split("[[model]]")[1]
    text = text.replace("face detection", pad.PAD_ROLE).replace('[1, 3, "height", "width"]', shape)
    named = [text.replace("centerface", f"pad-{k}") for k in range(count)]
    (folder / "manifest.toml").write_text("".join(f"[[model]]{each}" for each in named), "utf-8")
    return ModelShelf(folder / "manifest.toml", folder, 1)


def test_no_model_is_installed_by_default(tmp_path: Path) -> None:
    """The manifest that comes with the kiosk names none for this role."""
    assert pad.installed(ModelShelf(MANIFEST, tmp_path, 1)) is None


def test_a_model_that_is_named_but_missing_is_not_passed_over(tmp_path: Path) -> None:
    """It refuses to start, as for every model."""
    with pytest.raises(ModelError, match="make models"):
        pad.installed(_manifest(tmp_path, '["N", 3, 80, 80]'))


@pytest.mark.parametrize(
    ("shape", "count", "why"), [('["N", 3, 80, 90]', 1, "side, side"), ('["N", 3, 80, 80]', 2, "leave one")]
)
def test_a_model_that_does_not_fit_the_slot_is_refused(
    tmp_path: Path, shape: str, count: int, why: str
) -> None:
    """With what is expected."""
    with pytest.raises(ModelError, match=why):
        pad.installed(_manifest(tmp_path, shape, count))


class Lamp:
    """Remembers what it was set to, and a clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.set: list[tuple[float, float]] = []

    def light(self, share: float) -> None:
        """Only changes are kept."""
        if not self.set or self.set[-1][1] != share:
            self.set.append((self.now, share))


def test_the_light_never_changes_more_than_twice_a_second() -> None:
    """So that it harms nobody who may have a seizure; and at the end it is as before."""
    lamp = Lamp()
    challenge = Challenge(lamp.light, random.Random(4))
    challenge.begin(lamp.now)
    for _ in range(400):
        lamp.now += 0.01
        challenge.level(lamp.now)
    moments = [at for at, _ in lamp.set]
    assert min(np.diff(moments)) >= PHASE_S - 0.02
    assert lamp.set[-1][1] == BRIGHT
    assert {share for _, share in lamp.set} == {BRIGHT, DIM}


def test_the_order_is_chance() -> None:
    """Who plays back a film does not know it."""
    orders = set()
    for seed in range(20):
        challenge = Challenge(lambda _: None, random.Random(seed))
        challenge.begin(0.0)
        orders.add(tuple(challenge.level(PHASE_S * (k + 0.99)) for k in range(6)))
    assert len(orders) > 5
    assert all(sorted(order) == [DIM] * 3 + [BRIGHT] * 3 for order in orders)


def test_a_picture_while_the_light_changes_does_not_count() -> None:
    """Lamp and camera need a moment."""
    challenge = Challenge(lambda _: None, random.Random(1))
    assert challenge.level(5.0) is None
    challenge.begin(10.0)
    assert challenge.level(10.0 + SETTLES_S / 2) is None
    assert challenge.level(10.0 + SETTLES_S + 0.01) in (BRIGHT, DIM)
    assert challenge.level(10.0 + 7 * PHASE_S) is None


def test_a_watch_forgets_the_person_and_sets_the_light_back() -> None:
    """Nothing of the one before is judged with the next."""
    lamp = Lamp()
    watch = Watch(lambda: lamp.now, challenge=Challenge(lamp.light, random.Random(2)))
    for _ in range(9):
        watch.see(noise(), (FACE,))
        lamp.now += 0.35
    assert len(watch._glimpses) == 9
    watch.forget()
    assert (watch._glimpses, watch._before, watch.ends) == ([], None, 0.0)
    assert lamp.set[-1][1] == BRIGHT


def test_the_booth_looks_on_until_the_challenge_is_over() -> None:
    """The capture carries the light's cue, from pictures of both kinds of light; the sample's score is as without."""
    ears, eye, camera, lamp = Ears(), Eye(), ScriptedCamera(), Lamp()

    def now() -> float:
        lamp.now += 0.21
        return lamp.now

    watch = Watch(now, challenge=Challenge(lamp.light, random.Random(2)))
    booth = FaceBooth(camera, eye, eye, eye, ears.voices(), ENOUGH, Limits(60, 0.3, 0.3), watch=watch)
    booth.start()
    for _ in range(3):
        camera.give(GOOD)
    booth.take(TakeFace(1))
    said = ears.next()
    booth.close()
    assert isinstance(said, Sampled)
    assert said.capture.quality.score == ENOUGH
    assert any(part.name == "presentation: mirror" for part in said.capture.quality.components)
    assert lamp.set[-1][1] == BRIGHT


def some(species: str, *scores: int | None) -> list[Presentation]:
    """Presentations with these scores; None for one in which nothing was measured."""
    return [Presentation(species, pad.PadResult((PadSignal("light", score, ""),))) for score in scores]


def test_rates_are_those_of_the_standard() -> None:
    """APCER by species, BPCER, and non-responses apart from both."""
    found = [*some("", 90, 80, 40, None), *some("print", 10, 60), *some("mask", 90, 90, None, 0)]
    assert pad_set.bpcer(found) == Share(1, 3)
    assert pad_set.apcer(found, "print") == Share(1, 2)
    assert pad_set.apcer(found, "mask") == Share(2, 3)
    assert pad_set.non_response(found, "mask") == Share(1, 4)
    assert pad_set.species_of(found) == ["mask", "print"]


def test_an_interval_holds_for_none_seen() -> None:
    """Of ten without an error up to 28 % may still be wrong (Wilson); of none everything may."""
    low, high = Share(0, 10).interval
    assert (low, high) == (0, pytest.approx(0.2775, abs=1e-3))
    assert Share(0, 0).interval == (0, 1)


def test_drawn_prints_and_screens_are_told_from_drawn_people(models_built: Path) -> None:
    """All cues together, on synthetic presentations: they answer what they are made for, no more is shown."""
    found = bench_pad.synthetic(
        FaceDetector(ModelShelf(MANIFEST, models_built, 1).open("centerface")), seeds=1
    )
    assert len(found) == 6
    assert all((each.score or 0) >= 50 for each in found if not each.species)
    assert all((each.score or 0) < 50 for each in found if each.species)


def test_a_folder_is_measured_and_reported(models_built: Path, tmp_path: Path) -> None:
    """Sequences with their light, single pictures, damaged ones left out with the reason; a page with a plot."""
    from PIL import Image

    pixels = np.asarray(Image.open(models_built / "pictures" / "portrait_a.png").convert("RGB"))
    face = FaceDetector(ModelShelf(MANIFEST, models_built, 1).open("centerface")).detect(pixels)[0]
    oval = bench_pad._oval(face)
    for kind, where in ((drawn.BONA_FIDE, "bona_fide/one"), (drawn.SCREEN, "attack/screen/one")):
        folder = tmp_path / "set" / where
        folder.mkdir(parents=True)
        shots = list(drawn.presentation(pixels, oval, kind, 1, count=8))
        for number, shot in enumerate(shots):
            Image.fromarray(shot.pixels).save(folder / f"{number:02}.png")
        (folder / "light.txt").write_text("\n".join(str(shot.light) for shot in shots))
    (tmp_path / "set/attack/screen/broken.png").write_bytes(b"\x89PNG nothing")
    Image.new("RGB", (64, 64)).save(tmp_path / "set/bona_fide/nobody.png")
    heard: list[str] = []
    figures = {
        f.figure: f
        for f in bench_pad.run_set(SetOptions(tmp_path / "set", tmp_path / "report"), heard.append)
    }
    assert figures["APCER of screen at 50"].value == 0
    assert figures["BPCER at 50"].value == 0
    assert figures["BPNRR"].value == 50
    assert any("broken.png" in text for text in heard)
    page = (tmp_path / "report/pad.html").read_text("utf-8")
    assert "keeps nobody out" in page
    assert "<svg" in page


@pytest.mark.parametrize("lights", ["1\n0", "1\n2\n0", "x\n1\n1"])
def test_a_light_file_that_does_not_fit_is_told(tmp_path: Path, lights: str) -> None:
    """Not guessed."""
    (tmp_path / "light.txt").write_text(lights)
    with pytest.raises(BadSample, match=r"light\.txt needs"):
        pad_set._lights(tmp_path, 3)


def test_a_folder_without_both_kinds_is_refused(models_built: Path, tmp_path: Path) -> None:
    """With what belongs into it."""
    with pytest.raises(Refused, match="bona_fide"):
        list(bench_pad.run_set(SetOptions(tmp_path), lambda _: None))
