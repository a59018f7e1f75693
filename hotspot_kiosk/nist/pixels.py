"""The pixels of a transaction's images, and whether they are what the records state.

Unlike the profile's rules this decodes: WSQ in a child process, the others here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.nist.compression import decode_picture, decode_wsq
from hotspot_kiosk.nist.finding import Finding, Path, Severity
from hotspot_kiosk.nist.headers import read_header
from hotspot_kiosk.nist.model import Record, Transaction


def images(transaction: Transaction) -> list[NDArray[np.uint8]]:
    """The pixels of every image, in the records' order: faces (height, width, 3), others (height, width).

    Raises BadBytes if an image is damaged.
    """
    held = transaction.images
    packed = [each.data for each in held if _is_wsq(each)]
    fingers = iter(decode_wsq(packed))
    return [next(fingers) if _is_wsq(each) else _decoded(each) for each in held]


def _is_wsq(record: Record) -> bool:
    return read_header(record.data).code == "WSQ20"


def _decoded(record: Record) -> NDArray[np.uint8]:
    pixels = decode_picture(record.data)
    return pixels if record.kind == 10 else pixels[:, :, 0]


def check_pixels(transaction: Transaction) -> list[Finding]:
    """An error for every image that cannot be decoded."""
    found = []
    for number, record in enumerate(transaction.records, start=1):
        if record.shows:
            try:
                images(Transaction((transaction.head, record)))
            except BadBytes as error:
                path = Path(number, record.kind, 999)
                remedy = "Capture it again; it cannot be repaired."
                found.append(Finding(path, "PIXELS", Severity.ERROR, str(error), remedy))
    return found
