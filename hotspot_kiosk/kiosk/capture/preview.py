"""The preview: what the camera sees, small, for a page beside the daemon. Nothing of it touches a disk.

A Unix socket; whoever may open it gets a JPEG, says one byte when it is on the screen, and gets the
newest one then. Nothing is copied or encoded while nobody looks.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import struct
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.inference.port import DetectedFace
from hotspot_kiosk.kiosk.desk import make_way

log = logging.getLogger(__name__)
HEAD = struct.Struct(">IQ")  # bytes of the JPEG, and when it was seen: nanoseconds of the monotonic clock
SHOWN = b"\x06"  # what the far end says when a picture is on its screen
LONG_SIDE = 480
QUALITY = 70
STALLED_S = 5.0
Pixels = NDArray[np.uint8]


def of(desk: Path) -> Path:
    """Where the preview of the kiosk with this desk is."""
    return desk.with_name(f"{desk.name}.preview")


class Preview:
    """Shows one client at a time the newest picture; `seen` is called by the camera's thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._news = threading.Condition()
        self._wanted = False
        self._closing = False
        self._picture: tuple[int, Pixels] | None = None
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="preview")

    def start(self) -> None:
        """Begin to listen. Raises ConfigError if the socket cannot be made."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            make_way(self._path)
            listener.bind(str(self._path))
            self._path.chmod(0o660)
            listener.listen(1)
        except OSError as error:
            listener.close()
            raise ConfigError(f"[kiosk] desk = {self._path}: {error.strerror or error}") from None
        self._socket = listener
        self._thread.start()

    def seen(self, pixels: Pixels, _faces: Sequence[DetectedFace]) -> None:
        """A picture (height, width, RGB) that may be shown; returns at once."""
        if not self._wanted:
            return
        with self._news:
            self._picture = (time.monotonic_ns(), pixels.copy())
            self._news.notify_all()

    def close(self) -> None:
        """Send the client away and forget the last picture."""
        with self._news:
            self._closing = True
            self._picture = None
            self._news.notify_all()
        if self._socket is None:
            return
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()
        self._socket = None
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while self._socket is not None and not self._closing:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                client.settimeout(STALLED_S)
                self._show(client)

    def _show(self, client: socket.socket) -> None:
        while (picture := self._next(client)) is not None:
            at, pixels = picture
            jpeg = _jpeg(pixels)
            client.sendall(HEAD.pack(len(jpeg), at) + jpeg)
            if client.recv(1) != SHOWN:
                return

    def _next(self, client: socket.socket) -> tuple[int, Pixels] | None:
        """The next picture; None at the end of this client or of all."""
        with self._news:
            self._picture, self._wanted = None, True
            try:
                while not self._news.wait_for(lambda: self._picture or self._closing, 0.5):
                    if _gone(client):
                        return None
                picture, self._picture = self._picture, None
                return picture
            finally:
                self._wanted = False


def _gone(client: socket.socket) -> bool:
    """Whether the far end hung up; between pictures it says nothing else."""
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False


def _jpeg(pixels: Pixels) -> bytes:
    factor = LONG_SIDE / max(pixels.shape[:2])
    if factor < 1:
        size = (round(pixels.shape[1] * factor), round(pixels.shape[0] * factor))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return jpeg.tobytes()
