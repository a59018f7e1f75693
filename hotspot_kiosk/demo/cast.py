"""Who plays in the demo: A, whom the hub knows, B, whom nobody knows, and others in the gallery.

The portraits are freely usable pictures, the fingers belong to nobody. A second capture is the same
portrait taken again by the machine: other crop, light, blur and noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from hotspot_kiosk import pictures
from hotspot_kiosk.cli.hub import open_store
from hotspot_kiosk.demo.stage import Folders
from hotspot_kiosk.hub.reception.enrolment import make_reference
from hotspot_kiosk.inference.port import ModelShelf, read_manifest
from hotspot_kiosk.simulator.finger_touch import R503
from hotspot_kiosk.simulator.subject import Subject, Visit
from hotspot_kiosk.terms import FingerPosition

FINGERS = (FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX)
CASE_A = "CASE-A"
OTHERS = 5


class Cast:
    """The people of the demo."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        files = {entry.name: entry.file for entry in read_manifest(folders.models / "manifest.toml").picture}
        self.a = Subject("A", 1, self._portrait(files["portrait-a"]))
        self.b = Subject("B", 2, self._portrait(files["portrait-b"]))

    def enrol(self) -> None:
        """A, with face and fingers, and five others, with fingers, into the hub's own gallery."""
        folder = self._folders.root / "enrolment"
        folder.mkdir()
        face = folder / "a.png"
        Image.fromarray(self.a.portrait).save(face)
        self._enrol(CASE_A, self.a, [face])
        for number in range(1, OTHERS + 1):
            self._enrol(f"CASE-OTHER-{number}", Subject(f"OTHER-{number}", 100 + number, self.a.portrait), [])

    def visit(self, subject: Subject, seed: int) -> Visit:
        """A subject at the kiosk; every seed has other touches and other light."""
        return Visit(subject, self._folders.camera, self._folders.glass, R503, seed)

    def _enrol(self, name: str, subject: Subject, faces: Sequence[Path]) -> None:
        models = self._folders.models
        files = []
        for finger in FINGERS:
            file = self._folders.root / "enrolment" / f"{subject.name}-{finger.value}.png"
            Image.fromarray(subject.print_full(finger)).save(file)
            files.append((finger, file))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        shelf = ModelShelf(models / "manifest.toml", models / "built")
        open_store(self._folders.hub_config).gallery.put(make_reference(name, now, faces, files, 500, shelf))

    def _portrait(self, file: str) -> pictures.Pixels:
        return pictures.decode(pictures.read(self._folders.models / "built" / "pictures" / file))
