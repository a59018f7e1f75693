"""Reading a sensor's image so that no wrong one is taken for the right one.

The protocol numbers no packet, and its sums of 16 bits let some damage pass: two flipped bits of one
place that go opposite ways, a burst in some hundreds. So an image counts only if its packets fit
together and the line can be trusted; on a line that was seen to do damage, only if it came twice alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hotspot_kiosk.errors import BadBytes, DeviceLost
from hotspot_kiosk.kiosk.devices.uart_finger_link import FingerLink

TRANSFERS = 5
WATCHED = 50


class ImageReader:
    """Images over one line. `damaged` counts the transfers that went wrong so far."""

    def __init__(self, link: FingerLink) -> None:
        self.damaged = 0
        self._link = link
        self._watched = 0

    def image(self, size: int | None = None) -> bytes:
        """The image in the sensor's buffer, `size` bytes if given, in at most TRANSFERS transfers.

        After damage the next WATCHED images must come twice alike, bit by bit. Raises BadBytes if
        none can be believed, DeviceLost if the sensor is gone.
        """
        problem: BadBytes | DeviceLost = BadBytes("no two transfers were alike")
        came: list[bytes] = []
        for _ in range(TRANSFERS):
            self._link.synchronise()
            try:
                image = self._transfer(size)
            except (BadBytes, DeviceLost) as error:
                problem = error
                self._note_damage()
                continue
            if not self._watched or image in came:
                self._watched = max(0, self._watched - 1)
                return image
            if came:  # one of them is wrong although its sums are right
                self._note_damage()
            came.append(image)
        raise BadBytes(str(problem)) from problem

    def watch(self) -> None:
        """The line is known to do damage: the next WATCHED images must come twice alike."""
        self._watched = WATCHED

    def _transfer(self, size: int | None) -> bytes:
        errors = self._link.line_errors()
        packets = self._link.upload_image()
        if self._link.line_errors() != errors:
            raise BadBytes("the line had errors while the image came")
        return joined(packets, size)

    def _note_damage(self) -> None:
        self.damaged += 1
        self.watch()


def joined(packets: Sequence[bytes], size: int | None) -> bytes:
    """The image that packets make. Raises BadBytes if one is missing, short, or came twice.

    Two neighbours are never equal in an image of a finger, unless they show nothing at all.
    """
    if any(len(packet) != len(packets[0]) for packet in packets[:-1]) or len(packets[-1]) > len(packets[0]):
        raise BadBytes("the packets of the image differ in size")
    for before, after in pairwise(packets):
        if before == after and len(set(before)) > 1:
            raise BadBytes("a packet of the image came twice")
    image = b"".join(packets)
    if size not in (None, len(image)):
        raise BadBytes(f"{len(image)} bytes of image came, not {size}")
    return image
