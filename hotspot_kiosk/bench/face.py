"""Faces: how long detection and encoding take, and how well mated pairs are told from others.

Times stand beside the same networks run bare by onnxruntime in the same minute; accuracy needs labelled
pictures (one sub-folder per person) and is left out where there are none.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hotspot_kiosk import pictures
from hotspot_kiosk.bench import camera, face_fairness, face_faults, face_set, face_shift
from hotspot_kiosk.bench.face_set import DETECTOR, ENCODER
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.peers import pipe
from hotspot_kiosk.bench.prints import named
from hotspot_kiosk.bench.set_options import SetOptions
from hotspot_kiosk.errors import ModelError
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face import FaceEncoder
from hotspot_kiosk.inference.port import REMEDY, ModelShelf

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / "models" / "manifest.toml"
BUILT = ROOT / "models" / "built"
PORTRAIT = BUILT / "pictures" / "portrait_b.jpg"
NEWS = ROOT.parent / "shared" / "data" / "faces" / "news"
SUFFIXES = (".jpg", ".jpeg", ".png")
FRAME = (640, 480)
PREVIEW = 288  # kiosk/capture/looks.py
ROUNDS = 25
GOAL_MS = 20.0
GOAL_OVERHEAD = 1.15


MEMORY = """
import sys
from pathlib import Path
from hotspot_kiosk.inference.port import ModelShelf
def now():
    return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmRSS"))
before = now()
shelf = ModelShelf(Path(sys.argv[1]), Path(sys.argv[2]), 1)
from hotspot_kiosk.inference.detect import FaceDetector
import numpy as np
from hotspot_kiosk.inference.face_utility import NAME
from hotspot_kiosk.inference.finger_utility import NAME as FINGER
models = [shelf.open(name) for name in ("centerface", "dlib-face-resnet-v1", NAME, "age-v1", FINGER)]
FaceDetector(models[0]).detect(np.zeros((480, 640, 3), np.uint8), 640)
models[1].run(np.zeros((1, 3, 150, 150), np.float32))
models[2].run(np.zeros((1, 21), np.float32))
models[3].run(np.zeros((1, 3, 64, 64), np.float32))
models[4].run(np.zeros((1, 16), np.float32))
print(now() - before)
"""


def run() -> Iterator[Figure]:
    """Times with one and two threads, then accuracy if the pictures are there. Raises ModelError without models."""
    for threads in (1, 2):
        yield from _times(threads)
    yield from camera.step_times()
    yield _memory()
    if NEWS.is_dir():
        shelf = ModelShelf(MANIFEST, BUILT)
        with face_set.peer_at(pipe.cache(), _aside) as peer:
            faces = face_set.read_set(NEWS, shelf, peer)
        yield from face_set.figures(faces, face_set.trials(faces), ", news")
        shown, detector = _some(NEWS), FaceDetector(shelf.open(DETECTOR))
        yield from face_faults.figures(shown, detector)
        yield from face_fairness.figures(shown, detector)
        yield from face_shift.figures(NEWS, shelf)


def _aside(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 (a bench's word beside its figures)


def run_set(options: SetOptions, say: Callable[[str], None]) -> Iterator[Figure]:
    """Rates on a folder of faces, as shipped."""
    yield from face_set.run_set(options, ModelShelf(MANIFEST, BUILT), say)


def _memory() -> Figure:
    """What all models of a kiosk take once they have worked, in a process of their own."""
    command = [sys.executable, "-c", MEMORY, str(MANIFEST), str(BUILT)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    against = "the same process before they were opened"
    return Figure("face", "memory_of_models", int(done.stdout) / 1024, "MiB", 200.0, "lower", against, 1)


def _some(folder: Path) -> list[NDArray[np.uint8]]:
    """Every third picture."""
    return [pictures.decode(pictures.read(path)) for path, _ in list(named(folder))[::3]]


def _times(threads: int) -> Iterator[Figure]:
    """Whole steps and bare networks, turn by turn, so that a busy computer slows both."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(threads)
    try:
        clock = time.process_time if threads == 1 else time.perf_counter
        medians = _medians(_steps(ModelShelf(MANIFEST, BUILT, threads)), clock)
    finally:
        cv2.setNumThreads(before)
    yield from _figures(medians, "1_thread" if threads == 1 else f"{threads}_threads", threads == 1)


def _steps(shelf: ModelShelf) -> dict[str, Callable[[], object]]:
    networks = shelf.open(DETECTOR), shelf.open(ENCODER)
    detector, encoder = FaceDetector(networks[0]), FaceEncoder(networks[1])
    frame = _frame()
    face = detector.detect(frame)[0]
    height, width = -(-PREVIEW * FRAME[1] // FRAME[0] // 32) * 32, PREVIEW
    small, chip = (np.full((1, 3, *side), 0.5, np.float32) for side in ((height, width), (150, 150)))
    return {
        "detect_640": lambda: detector.detect(frame, 640),
        "detect_preview": lambda: detector.detect(frame, PREVIEW),
        "encode": lambda: encoder.encode(frame, face),
        "bare_detect": lambda: networks[0].run(small),
        "bare_encode": lambda: networks[1].run(chip),
    }


def _frame() -> NDArray[np.uint8]:
    """A portrait in a camera's frame."""
    if not PORTRAIT.is_file():
        raise ModelError(f"the portrait {PORTRAIT} is missing: {REMEDY}")
    with Image.open(PORTRAIT) as picture:
        picture.thumbnail(FRAME)
        frame = Image.new("RGB", FRAME, (170, 174, 178))
        frame.paste(picture, ((FRAME[0] - picture.width) // 2, 0))
    return np.asarray(frame)


def _medians(steps: dict[str, Callable[[], object]], clock: Callable[[], float]) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name, step in steps.items():
            started = clock()
            step()
            taken[name].append(clock() - started)
    return {name: 1000 * float(np.median(times)) for name, times in taken.items()}


def _figures(medians: dict[str, float], how: str, single: bool) -> Iterator[Figure]:
    bare = medians["bare_detect"] + medians["bare_encode"]
    whole = medians["detect_preview"] + medians["encode"]
    goal = GOAL_MS if single else None
    of = "the processor's time, which others on it hardly change" if single else "the clock"
    clock = f"{of}; the frame is 640 x 480"
    for name in ("detect_640", "detect_preview", "encode"):
        yield Figure("face", f"{name}_{how}", medians[name], "ms", None, "lower", clock, ROUNDS)
    yield Figure("face", f"detect_preview_and_encode_{how}", whole, "ms", goal, "lower", clock, ROUNDS)
    against = "the same networks run bare by onnxruntime"
    yield Figure("face", f"overhead_{how}", whole / bare, "ratio", GOAL_OVERHEAD, "lower", against, ROUNDS)
