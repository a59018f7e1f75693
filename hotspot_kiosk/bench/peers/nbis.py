"""NIST's MINDTCT and BOZORTH3 as a peer for fingers: the bench's side, and the process it asks (this file, run).

The library is public-domain C that the package afis wraps; its score is the better of both directions.
"""

from __future__ import annotations

import ctypes
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.bench.peers.pipe import Child, needed, serve
from hotspot_kiosk.errors import ModelError

NAME = "MINDTCT and BOZORTH3"
LIBRARY = "libafis_lfs.so"
MOST_MINUTIAE = 200
PPI = 500.0
IMAGE = struct.Struct("<cHH")
SCORE = struct.Struct("<id")


class Minutia(ctypes.Structure):
    """As the library lays it out."""

    _fields_ = [
        ("x", ctypes.c_int32),
        ("y", ctypes.c_int32),
        ("direction", ctypes.c_int32),
        ("reliability", ctypes.c_double),
        ("type", ctypes.c_int32),
    ]


class Template(ctypes.Structure):
    """As the library lays it out."""

    _fields_ = [
        ("n", ctypes.c_int32),
        ("width", ctypes.c_int32),
        ("height", ctypes.c_int32),
        ("minutiae", Minutia * MOST_MINUTIAE),
    ]


class Nbis:
    """Templates and scores from the process; `seconds` sums the processor time of comparisons, `count` counts them."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self.seconds, self.count = 0.0, 0

    def template(self, pixels: NDArray[np.uint8]) -> bytes:
        """Minutiae of a picture of 500 ppi; a picture it cannot read has none."""
        height, width = pixels.shape
        return self._child.ask(IMAGE.pack(b"R", width, height) + np.ascontiguousarray(pixels).tobytes())

    def compare(self, probe: bytes, reference: bytes) -> float:
        """BOZORTH3's score, 0 or more."""
        score, seconds = SCORE.unpack(self._child.ask(b"C" + probe + reference))
        self.seconds, self.count = self.seconds + seconds, self.count + 1
        return float(score)


def start(folder: Path) -> Child:
    """The process. Raises ModelError with the reason if the library is not there."""
    needed(folder, "nbis", (LIBRARY,))
    return Child("hotspot_kiosk.bench.peers.nbis", [str(folder / LIBRARY)])


def answering(path: str) -> Callable[[bytes], bytes]:
    """Answers of the library at this path."""
    library = ctypes.CDLL(path)
    library.afis_mindtct_extract.argtypes = [
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_double,
        ctypes.POINTER(Template),
    ]
    library.afis_bozorth3_match.argtypes = [ctypes.POINTER(Template)] * 2

    def read(question: bytes) -> bytes:
        _, width, height = IMAGE.unpack_from(question)
        found = Template()
        pixels = question[IMAGE.size :]
        if len(pixels) != width * height:
            raise ModelError("the picture has another size than it says")
        if library.afis_mindtct_extract(pixels, width, height, PPI, ctypes.byref(found)):
            found = Template(width=width, height=height)
        return bytes(found)

    def compare(question: bytes) -> bytes:
        size = ctypes.sizeof(Template)
        probe = Template.from_buffer_copy(question, 1)
        reference = Template.from_buffer_copy(question, 1 + size)
        started = time.process_time()
        score = library.afis_bozorth3_match(ctypes.byref(probe), ctypes.byref(reference))
        return SCORE.pack(score, time.process_time() - started)

    return lambda question: read(question) if question[:1] == b"R" else compare(question)


if __name__ == "__main__":
    serve(answering(sys.argv[1]))
