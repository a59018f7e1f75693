"""A bench over anybody's folder of faces: read, compared, foreseen, drawn; each fault falls on its own component."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hotspot_kiosk.bench import face_faults, face_set
from hotspot_kiosk.bench.face_set import FaceSet, FaceShot
from hotspot_kiosk.bench.set_options import SetOptions
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.port import ModelShelf
from hotspot_kiosk.simulator.retake import retake, scene
from models.build import MANIFEST


@pytest.fixture(scope="module")
def shelf(models_built: Path) -> ModelShelf:
    """The built models."""
    return ModelShelf(MANIFEST, models_built, threads=1)


@pytest.fixture(scope="module")
def folder(models_built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people, two retakes of each, one picture of nobody and one file that is none."""
    made = tmp_path_factory.mktemp("faces")
    for person, name in enumerate(("portrait_a.png", "portrait_b.jpg")):
        pixels = np.array(Image.open(models_built / "pictures" / name).convert("RGB"))
        for take in range(2):
            Image.fromarray(retake(pixels, take)).save(made / f"p{person}_{take}.png")
    Image.fromarray(np.full((200, 200, 3), 90, np.uint8)).save(made / "p1_9.png")
    (made / "p1_8.png").write_bytes(b"not a picture")
    return made


def test_a_folder_is_measured_and_drawn(folder: Path, shelf: ModelShelf, tmp_path: Path) -> None:
    """Two people are told apart; nobody and no picture are counted, not dropped; the page holds its plots."""
    said: list[str] = []
    found = {each.figure: each for each in face_set.run_set(SetOptions(folder, tmp_path), shelf, said.append)}
    assert found["TAR at FMR 1 %"].value == 100
    assert found["TAR at FMR 1 %"].low is not None
    assert found["TAR at FMR 1 %"].low < 50, "two people cannot show more"
    assert found["no face found"].value == pytest.approx(20)
    assert any("p1_8.png" in text for text in said)
    assert (tmp_path / "face.html").read_text("utf-8").count("<svg") == 2


def test_too_few_faces_are_refused(tmp_path: Path, shelf: ModelShelf) -> None:
    """A rate needs a mated pair and a non-mated one."""
    with pytest.raises(Refused, match="at least two subjects"):
        face_set.read_set(tmp_path, shelf)


def shots(chance: np.random.Generator) -> Iterator[FaceShot]:
    """Thirty people, four shots each, some far off; `good` tells how far."""
    for subject in range(30):
        middle = chance.normal(size=128)
        for _ in range(4):
            off = chance.uniform(0.1, 1.5)
            vector = (middle + off * chance.normal(size=128)).astype(np.float32)
            yield FaceShot(subject, vector, {"good": -off, "bad": off})


def test_discarding_by_a_true_measure_helps() -> None:
    """Leaving out what a true measure calls worst lowers the errors; by its opposite they rise."""
    faces = FaceSet(tuple(shots(np.random.default_rng(4))), 0, ())
    found = {each.figure: each.value for each in face_set.figures(faces, face_set.trials(faces))}

    def left(name: str) -> float:
        return found[f"FNMR at FMR 0.1 % without the worst fifth by {name}"]

    assert left("nobody can do better") <= left("good") < left("chance") < left("bad")


def test_each_fault_falls_on_its_own_component(models_built: Path, shelf: ModelShelf) -> None:
    """On portraits no ramp was set on by name: the component that names the fault loses at least 25 points."""
    files = sorted((models_built / "pictures").glob("portrait_*"))
    shown = [scene(np.array(Image.open(file).convert("RGB")), fill=0.95) for file in files]
    detector = FaceDetector(shelf.open("centerface"))
    names, falls = face_faults.matrix(shown, detector)
    for (fault, (_, own)), row in zip(face_faults.FAULTS.items(), falls, strict=True):
        assert row[names.index(own)] >= 25, fault
