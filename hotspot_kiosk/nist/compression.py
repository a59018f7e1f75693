"""Images inside an ANSI/NIST file: pixels to WSQ and JPEG, and back to pixels.

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
from hotspot_kiosk.nist.headers import ImageHeader, read_header

MIN_SIDE, MAX_SIDE = 32, 4096  # px; below 32 the WSQ encoder has nothing to work on
JPEG_QUALITY = 90  # about 40-60 KB for a portrait of 480 x 600 px, colour not thinned out
DECODE_SECONDS = 20.0
MAX_READ = 8192  # px a side of an image that is decoded; a portrait of SAP 50 has 3300 x 4400
MAX_PIXELS = 20_000_000

_DECODER = Path(__file__).with_name("wsq_child.py")


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


def decode_jpeg(data: bytes) -> NDArray[np.uint8]:
    """Pixels of a face, uint8 (height, width, 3). Raises BadBytes for a damaged image or a huge one."""
    _check_code(data, "JPEGB", "JPEG")
    return decode_picture(data)


def decode_picture(data: bytes) -> NDArray[np.uint8]:
    """Pixels of a JPEG, JPEG 2000 or PNG image, uint8 (height, width, 3). Raises BadBytes as `decode_jpeg`."""
    header = read_header(data)
    check_size(header)
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "JPEG2000", "PNG"]) as picture:
            if picture.size != (header.width, header.height):
                raise BadBytes("DATA: the image opens to another size than it states")
            return np.asarray(picture.convert("RGB"))
    except (OSError, ValueError, SyntaxError, struct.error, EOFError) as error:
        if isinstance(error, BadBytes):
            raise
        raise BadBytes(f"DATA: the {header.code} image cannot be decoded") from error


def _check_code(data: bytes, *codes: str) -> ImageHeader:
    header = read_header(data)
    if header.code not in codes:
        raise BadBytes(f"CGA: expected {codes[0]}, the image is {header.code}")
    return header


def decode_wsq(images: list[bytes]) -> list[NDArray[np.uint8]]:
    """Pixels of fingers, uint8 (height, width) each, from one child process (about 50 ms).

    Raises BadBytes if one of them is damaged or huge.
    """
    if not images:
        return []
    headers = [_check_code(data, "WSQ20") for data in images]
    for header in headers:
        check_size(header)
    sizes = [(header.width, header.height) for header in headers]
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


def check_size(header: ImageHeader) -> None:
    """Refuse an image that would take too much memory to decode. Raises BadBytes."""
    width, height = header.width, header.height
    if not min(width, height) >= 1 or max(width, height) > MAX_READ or width * height > MAX_PIXELS:
        raise BadBytes(f"the image states {width} x {height} pixels; at most {MAX_PIXELS} pixels are decoded")


def _allowed(width: int, height: int) -> bool:
    return min(width, height) >= MIN_SIDE and max(width, height) <= MAX_SIDE
