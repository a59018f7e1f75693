"""Pictures side by side, as they travel: what an officer wishes to see of a candidate, and the pair the hub sends back.

Both are sealed and signed. Two small faces and nothing else: they are looked at and forgotten, never kept.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec

from hotspot_kiosk import pictures
from hotspot_kiosk.errors import BadBytes, BadSample
from hotspot_kiosk.operation import OFFICER

MOST_PICTURE = (
    12 << 10
)  # bytes of a face: a pair takes 25 s at 9.6 kbit/s, and goes only when it is asked for
STEP = 256
Jpeg = Annotated[bytes, msgspec.Meta(max_length=MOST_PICTURE)]
Words = Annotated[str, msgspec.Meta(max_length=300)]
T = TypeVar("T")


class Wish(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="hkv1"):
    """This officer is about to compare this candidate with who stood here. at: seconds since 1970."""

    reference: str
    officer: str
    at: float

    def __post_init__(self) -> None:
        if not OFFICER.fullmatch(self.officer):
            raise ValueError("a wish names its officer by an id")

    def __repr__(self) -> str:
        return "Wish(...)"


class Pair(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="hkv2"):
    """Two JPEG files, empty where there is none: theirs of the reference, ours of the person. refused: why there are none.

    asked: SHA-256 of the wish's envelope, so that an old pair answers no new wish.
    """

    asked: bytes
    theirs: Jpeg = b""
    ours: Jpeg = b""
    refused: Words = ""

    def __repr__(self) -> str:
        return "Pair(...)"


def encode(value: Wish | Pair) -> bytes:
    """Its bytes, filled up to a step."""
    packed = msgspec.msgpack.encode(value)
    head = len(packed).to_bytes(2, "big")
    return (head + packed).ljust(-(-(len(packed) + 2) // STEP) * STEP, b"\0")


def decode_wish(data: bytes) -> Wish:
    """A wish. Raises BadBytes."""
    return _decode(data, Wish)


def decode_pair(data: bytes) -> Pair:
    """A pair whose pictures are plain small pictures. Raises BadBytes."""
    found = _decode(data, Pair)
    for picture in filter(None, (found.theirs, found.ours)):
        try:
            pictures.decode(picture)
        except BadSample as error:
            raise BadBytes(f"a picture of a pair cannot be shown: {error}") from None
    return found


def _decode(data: bytes, kind: type[T]) -> T:
    size = int.from_bytes(data[:2], "big")
    try:
        return msgspec.msgpack.decode(data[2 : 2 + size], type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes("pictures that were asked for cannot be read") from None
