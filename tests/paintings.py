"""Picture files for tests, drawn here: good ones, and every kind that must be refused."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

ORIENTATION = 0x0112


def picture(size: tuple[int, int] = (40, 30), mode: str = "RGB") -> Image.Image:
    """A picture with a slope in it, so that turning it shows."""
    slope = Image.linear_gradient("L").resize(size)
    return slope.convert(mode)


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """An image file's bytes."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header claims a size and whose body is nearly empty."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(10))), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


# kind -> the file's bytes, and what its refusal says
REFUSED = {
    "empty": (b"", "empty"),
    "text": (b"this is no picture at all", "not a JPEG or PNG"),
    "gif": (saved(picture(mode="L"), "GIF"), "not a JPEG or PNG"),
    "cut": (saved(picture((400, 300)), "JPEG")[:900], "damaged or cut off"),
    "cut-png": (saved(Image.effect_noise((200, 200), 90))[:-700], "damaged or cut off"),
    "animated": (saved(picture(), save_all=True, append_images=[picture().rotate(90)]), "several frames"),
    "cmyk": (saved(picture(mode="CMYK"), "JPEG"), "CMYK"),
    "transparent": (saved(picture(mode="RGBA")), "RGBA"),
    "16-bit": (saved(Image.fromarray(np.zeros((9, 9), np.uint16))), "I;16"),
    "bomb": (png_claiming(60_000, 60_000), "too large"),
    "wide": (png_claiming(9_000, 10), "too large"),
    "large": (png_claiming(7_000, 7_000), "too large"),
    "profile": (saved(picture(), icc_profile=b"no profile"), "colour profile"),
}
