"""Picture files from outside, as pixels: one door, which lets in plain 8-bit JPEG and PNG only.

It writes nothing, and its errors never show a pixel.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from hotspot_kiosk.errors import BadSample

FORMATS = ("JPEG", "PNG")
MODES = ("RGB", "L")
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_SIDE = 8192
MAX_PIXELS = 32_000_000
PNG_DEPTH_BYTE = 24
LONG_SIDES, QUALITIES = (480, 400, 320, 240, 160), (80, 65, 50, 35)

Pixels = NDArray[np.uint8]
Decode = Callable[[bytes], Pixels]

# What Pillow and its EXIF reader raise on damaged files; UserWarning where warnings are errors.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
    EOFError,
    struct.error,
    zlib.error,
    UserWarning,
)


def read(file: Path) -> bytes:
    """A file's bytes, at most MAX_FILE_BYTES. Raises BadSample with the reason."""
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise BadSample(f"the file cannot be read: {error.strerror}") from error
    if len(data) > MAX_FILE_BYTES:
        raise BadSample(f"the file is larger than {MAX_FILE_BYTES} bytes")
    return data


def decode(data: bytes) -> Pixels:
    """Pixels uint8 (height, width, 3), sRGB, upright, of a JPEG or PNG file's bytes.

    Raises BadSample if it is no such file, is damaged, animated, transparent, CMYK, 16-bit or
    larger than 32 megapixels.
    """
    if not data:
        raise BadSample("the file is empty")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check(image, data)
            image.load()
            plain = _in_srgb(ImageOps.exif_transpose(image))
            return np.array(plain.convert("RGB"), np.uint8)
    except UnidentifiedImageError as error:
        raise BadSample("the file is not a JPEG or PNG picture") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadSample("the picture is too large") from error
    except BadSample:
        raise
    except DAMAGE as error:
        raise BadSample("the picture is damaged or cut off") from error


def decode_grey(data: bytes) -> Pixels:
    """Pixels uint8 (height, width) of a grey JPEG or PNG file's bytes. Raises BadSample as `decode` does."""
    pixels = decode(data)
    if (pixels[..., 0] != pixels[..., 1]).any() or (pixels[..., 0] != pixels[..., 2]).any():
        raise BadSample("the picture is coloured; a finger image is grey")
    return np.ascontiguousarray(pixels[..., 0])


def shrunk(pixels: Pixels, long_side: int) -> Pixels:
    """The picture with a long side of at most `long_side` pixels; a smaller one as it is."""
    height, width = pixels.shape[:2]
    factor = long_side / max(height, width)
    if factor >= 1:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def jpeg_within(pixels: Pixels, most: int) -> bytes:
    """A JPEG file of at most `most` bytes, as large and as good as that allows. Raises BadSample if none is."""
    for long_side in LONG_SIDES:
        small = Image.fromarray(np.ascontiguousarray(shrunk(pixels, long_side)))
        for quality in QUALITIES:
            out = io.BytesIO()
            small.save(out, "JPEG", quality=quality)
            if out.tell() <= most:
                return out.getvalue()
    raise BadSample(f"the picture cannot be made as small as {most} bytes")


def _check(image: Image.Image, data: bytes) -> None:
    width, height = image.size
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise BadSample(f"the picture is too large ({width}x{height} pixels)")
    if getattr(image, "n_frames", 1) != 1:
        raise BadSample("the picture has several frames")
    if image.mode not in MODES or "transparency" in image.info:
        raise BadSample(f"the picture is neither plain colour nor plain grey (mode {image.mode})")
    if image.format == "PNG" and data[PNG_DEPTH_BYTE] == 16:
        raise BadSample("the picture has 16 bits a channel, not 8")


def _in_srgb(image: Image.Image) -> Image.Image:
    """The picture with its own colour profile, if it has one, turned into sRGB."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode != "RGB":
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    except (OSError, ImageCms.PyCMSError) as error:
        raise BadSample("the picture's colour profile cannot be used") from error
    return image if converted is None else converted
