"""What an image's own header says: its compression, size, colours. Nothing is decoded here.

JPEG (ISO/IEC 10918-1, annex B), WSQ 3.1 (same markers, other meanings), JPEG 2000 (ISO/IEC 15444-1, annexes A
and I) and PNG, for those are what records of Type-4, 10, 14 and 15 carry.
"""

from __future__ import annotations

from dataclasses import dataclass

from hotspot_kiosk.errors import BadBytes

_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_SKIPPED = frozenset({0xC4, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)})
_WSQ_SKIPPED = frozenset({0xA4, 0xA5, 0xA6, 0xA8})
_BASELINE, _LOSSLESS = 0xC0, 0xC3
_JP2_BOX = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
_CODESTREAM = b"\xff\x4f\xff\x51"


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What an image states. code: as ANSI/NIST names the compression (CGA), or `JPEG` for another kind of JPEG.

    components: 1 grey, 3 colours. bits: of each component. suffix: of a file with such an image.
    """

    code: str
    width: int
    height: int
    components: int
    bits: int
    suffix: str


def read_header(data: bytes) -> ImageHeader:
    """The header of an image of any of the kinds. Raises BadBytes if it is none of them, or cut off."""
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data.startswith(b"\xff\xa0\xff"):
        return _wsq(data)
    if data.startswith((_JP2_BOX, _CODESTREAM)):
        return _jpeg_2000(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR") and len(data) > 26:
        colours = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}.get(data[25], 0)
        return ImageHeader("PNG", _number(data[16:20]), _number(data[20:24]), colours, data[24], "png")
    raise BadBytes("the image is none that this software knows: expected WSQ, JPEG, JPEG 2000 or PNG")


def _jpeg(data: bytes) -> ImageHeader:
    marker, body = _frame(data, _JPEG_SKIPPED, scan=0xDA)
    if not data.endswith(b"\xff\xd9"):
        raise BadBytes("not a whole JPEG file")
    if marker not in _JPEG_FRAMES or len(body) < 6:
        raise BadBytes("the JPEG is not readable")
    code = {_BASELINE: "JPEGB", _LOSSLESS: "JPEGL"}.get(marker, "JPEG")
    return ImageHeader(code, _number(body[3:5]), _number(body[1:3]), body[5], body[0], "jpg")


def _wsq(data: bytes) -> ImageHeader:
    marker, body = _frame(data, _WSQ_SKIPPED, scan=0xA3)
    if not data.endswith(b"\xff\xa1"):
        raise BadBytes("not a whole WSQ file")
    if marker != 0xA2 or len(body) < 6:
        raise BadBytes("the WSQ image has no frame header")
    return ImageHeader("WSQ20", _number(body[4:6]), _number(body[2:4]), 1, 8, "wsq")


def _frame(data: bytes, skipped: frozenset[int], scan: int) -> tuple[int, bytes]:
    """The only segment before the scan that is not to be skipped: its marker, and what it holds."""
    at, frame = 2, (0, b"")
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, end = data[at + 1], at + 2 + _number(data[at + 2 : at + 4])
        if marker == scan:
            return frame
        if marker not in skipped:
            if frame[0]:
                break
            frame = marker, data[at + 4 : end]
        at = end
    return 0, b""


def _jpeg_2000(data: bytes) -> ImageHeader:
    """From the codestream: SIZ has the size, COD whether the wavelet can be undone exactly."""
    at = data.find(_CODESTREAM)
    size = data[at + 6 : at + 4 + _number(data[at + 4 : at + 6])] if at >= 0 else b""
    if len(size) < 39:
        raise BadBytes("the JPEG 2000 image has no size")
    width, height = (_number(size[i : i + 4]) - _number(size[i + 8 : i + 12]) for i in (2, 6))
    components, bits = _number(size[34:36]), (size[36] & 0x7F) + 1
    code = "JP2L" if _reversible(data, at + 4 + _number(data[at + 4 : at + 6])) else "JP2"
    return ImageHeader(code, width, height, components, bits, "jp2" if at else "j2k")


def _reversible(data: bytes, at: int) -> bool:
    """Whether the first COD segment after `at` names the reversible wavelet."""
    while at + 4 <= len(data) and data[at] == 0xFF:
        if data[at + 1] == 0x52:
            return data[at + 13 : at + 14] == b"\x01"
        at += 2 + _number(data[at + 2 : at + 4])
    return False


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
