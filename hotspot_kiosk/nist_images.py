"""Images inside an ANSI/NIST file: pixels to WSQ and JPEG, their headers, and back to pixels.

It never resamples, pads or enhances: what leaves is what the device gave. WSQ is decoded in a child
process, because the C decoder under it aborts the whole process on some damaged images.
"""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import wsq
from numpy.typing import NDArray
from PIL import Image

from hotspot_kiosk.errors import BadBytes, BadSample

MIN_SIDE, MAX_SIDE = 32, 4096  # px; below 32 the WSQ encoder has nothing to work on
JPEG_QUALITY = 90  # about 40-60 KB for a portrait of 480 x 600 px, colour not thinned out
DECODE_SECONDS = 20.0

_DECODER = Path(__file__).with_name("nist_wsq.py")
_SIZE = struct.Struct(">HH")
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_SKIPPED = frozenset({0xC4, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)})
_WSQ_SKIPPED = frozenset({0xA4, 0xA5, 0xA6, 0xA8})


def encode_wsq(pixels: NDArray[np.uint8]) -> bytes:
    """WSQ 3.1 of a finger, uint8 (height, width), at the codec's fixed rate of 0.75 bit a pixel.

    Raises BadSample outside 32..4096 pixels a side.
    """
    return _encode(pixels, wsq.WsqImagePlugin.WsqImageFile.format)


def encode_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """JPEG baseline of a face, uint8 (height, width, 3), sRGB, without any metadata.

    Raises BadSample outside 32..4096 pixels a side.
    """
    return _encode(pixels, "JPEG", quality=JPEG_QUALITY, subsampling=0)


def _encode(pixels: NDArray[np.uint8], form: str, **options: int) -> bytes:
    height, width = pixels.shape[:2]
    if not _allowed(width, height):
        raise BadSample(f"a side of an image must be {MIN_SIDE} to {MAX_SIDE} pixels, not {width} x {height}")
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, form, **options)
    return buffer.getvalue()


def portrait(pixels: NDArray[np.uint8], box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """The part of a frame around a face: 4 wide to 5 high, twice as wide as the face, eyes above the middle.

    box: the face's left, top, width and height in pixels. Near the frame's edge the crop is moved, and
    made smaller if it must; it is never padded or scaled (proportions after ISO/IEC 19794-5, 8.3).
    Raises BadSample if the box does not lie in the frame.
    """
    height, width = pixels.shape[:2]
    left, top, wide, high = box
    if wide < 1 or high < 1 or left < 0 or top < 0 or left + wide > width or top + high > height:
        raise BadSample("the face's box does not lie in the frame")
    span = min(2 * wide, width, height * 4 // 5)
    rows = span * 5 // 4
    x = min(max(left + wide // 2 - span // 2, 0), width - span)
    y = min(max(top + high * 2 // 5 - rows * 2 // 5, 0), height - rows)
    return pixels[y : y + rows, x : x + span]


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height a baseline colour JPEG states. Raises BadBytes if it is anything else."""
    if not (data.startswith(b"\xff\xd8\xff") and data.endswith(b"\xff\xd9")):
        raise BadBytes("10.999 DATA: not a whole JPEG file")
    marker, body = _first_frame(data, _JPEG_SKIPPED)
    if marker != 0xC0 or len(body) < 6 or body[0] != 8 or body[5] != 3:
        kind = "baseline with three colours" if marker in _JPEG_FRAMES else "readable"
        raise BadBytes(f"10.011 CGA: the JPEG is not {kind}")
    return int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big")


def wsq_size(data: bytes) -> tuple[int, int]:
    """Width and height a WSQ file states. Raises BadBytes if it is anything else."""
    if not (data.startswith(b"\xff\xa0\xff") and data.endswith(b"\xff\xa1")):
        raise BadBytes("14.999 DATA: not a whole WSQ file")
    marker, body = _first_frame(data, _WSQ_SKIPPED)
    if marker != 0xA2 or len(body) < 6:
        raise BadBytes("14.011 CGA: the WSQ image has no frame header")
    return int.from_bytes(body[4:6], "big"), int.from_bytes(body[2:4], "big")


def _first_frame(data: bytes, skipped: frozenset[int]) -> tuple[int, bytes]:
    """The first segment that is not to be skipped: its marker, and what it holds."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] not in skipped:
            return data[at + 1], data[at + 4 : end]
        at = end
    return 0, b""


def decode_jpeg(data: bytes) -> NDArray[np.uint8]:
    """Pixels of a face, uint8 (height, width, 3). Raises BadBytes for a damaged image or a huge one."""
    width, height = jpeg_size(data)
    _check_size((width, height))
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as picture:
            pixels = np.asarray(picture.convert("RGB"))
    except (OSError, ValueError, SyntaxError, struct.error) as error:
        raise BadBytes("10.999 DATA: the JPEG cannot be decoded") from error
    if pixels.shape != (height, width, 3):
        raise BadBytes("10.999 DATA: the JPEG decodes to another size than it states")
    return pixels


def decode_wsq(images: list[bytes]) -> list[NDArray[np.uint8]]:
    """Pixels of fingers, uint8 (height, width) each, from one child process (about 50 ms).

    Raises BadBytes if one of them is damaged or huge.
    """
    if not images:
        return []
    sizes = [wsq_size(data) for data in images]
    for size in sizes:
        _check_size(size)
    raw = _run_decoder(b"".join(len(data).to_bytes(4, "big") + data for data in images))
    if len(raw) != sum(width * height for width, height in sizes):
        raise BadBytes("14.999 DATA: a WSQ image decodes to another size than it states")
    ends = np.cumsum([width * height for width, height in sizes])
    parts = np.split(np.frombuffer(raw, np.uint8), ends[:-1])
    return [part.reshape(height, width) for part, (width, height) in zip(parts, sizes, strict=True)]


def _run_decoder(stdin: bytes) -> bytes:
    command = [sys.executable, "-I", str(_DECODER)]
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=DECODE_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise BadBytes("14.999 DATA: a WSQ image takes too long to decode") from error
    if done.returncode != 0:
        raise BadBytes("14.999 DATA: a WSQ image cannot be decoded")
    return done.stdout


def _check_size(size: tuple[int, int]) -> None:
    if not _allowed(*size):
        raise BadBytes(f"an image states {size[0]} x {size[1]} pixels; {MIN_SIDE} to {MAX_SIDE} are allowed")


def _allowed(width: int, height: int) -> bool:
    return min(width, height) >= MIN_SIDE and max(width, height) <= MAX_SIDE
