"""Picture files in, references out: enrolment into this hub's own gallery, never into INTERPOL's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hotspot_kiosk import pictures, policy
from hotspot_kiosk.contents import encode_templates
from hotspot_kiosk.errors import BadSample
from hotspot_kiosk.hub.storage.store import GalleryEntry
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face import FaceEncoder
from hotspot_kiosk.inference.finger import extract
from hotspot_kiosk.inference.port import ModelShelf
from hotspot_kiosk.nist.compression import portrait as crop
from hotspot_kiosk.pair import MOST_PICTURE
from hotspot_kiosk.terms import (
    FaceTemplate,
    FingerPosition,
    FingerSample,
    FingerTemplate,
    SensorGrade,
    Template,
)

LEAST_MINUTIAE = 6


def make_reference(
    reference: str,
    enrolled: str,
    faces: Sequence[Path],
    fingers: Sequence[tuple[FingerPosition, Path]],
    ppi: int,
    shelf: ModelShelf,
    source: str = "",
    *,
    portrait: bool = False,
) -> GalleryEntry:
    """A gallery entry out of picture files. portrait: keep a small picture of the first face, for people to compare.

    faces: each shows one face. fingers: grey images, dark ridges on light, `ppi` pixels an inch.
    source: the country that placed it, three letters (ISO 3166-1 alpha-3), empty if that is not known.
    Raises BadSample naming the file that cannot be used, Refused for what is no country.
    """
    if not faces and not fingers:
        raise BadSample("a reference needs at least one face or one finger")
    placed = next(iter(policy.countries([source])), "") if source else ""
    detector, encoder = FaceDetector(shelf.open("centerface")), FaceEncoder(shelf.open("dlib-face-resnet-v1"))
    if portrait and not faces:
        raise BadSample("a portrait is kept of a face; name one")
    templates: list[Template] = [_face(path, detector, encoder) for path in faces]
    templates += [_finger(path, position, ppi) for position, path in fingers]
    small = _portrait(faces[0], detector) if portrait else b""
    return GalleryEntry(reference, enrolled, encode_templates(tuple(templates)), placed, small)


def _portrait(path: Path, detector: FaceDetector) -> bytes:
    """Cut around the face, as small as it travels to a post (`pair`)."""
    pixels = _named(path, pictures.decode)
    left, top, width, height = (max(0, round(float(each))) for each in detector.detect(pixels)[0].box)
    return pictures.jpeg_within(crop(pixels, (left, top, width, height)), MOST_PICTURE)


def _face(path: Path, detector: FaceDetector, encoder: FaceEncoder) -> FaceTemplate:
    pixels = _named(path, pictures.decode)
    found = detector.detect(pixels)
    if len(found) != 1:
        raise BadSample(f"{path.name} shows {len(found)} faces; a reference needs exactly one")
    return encoder.encode(pixels, found[0])


def _finger(path: Path, position: FingerPosition, ppi: int) -> FingerTemplate:
    pixels = _named(path, pictures.decode_grey)
    height, width = pixels.shape
    grade = SensorGrade("file", width, height, ppi, 256)
    template = extract(FingerSample(position, grade, pixels))
    if len(template.minutiae) < LEAST_MINUTIAE:
        raise BadSample(f"{path.name} shows too few ridges for a reference")
    return template


def _named(path: Path, decode: pictures.Decode) -> pictures.Pixels:
    try:
        return decode(pictures.read(path))
    except BadSample as error:
        raise BadSample(f"{path.name}: {error}") from None
