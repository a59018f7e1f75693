"""A camera that is a folder: its frames are the picture files that appear in it.

It takes JPEG and PNG as they stand in the world, refuses what is not one plain 8-bit picture, and
never writes, moves or deletes a file.
"""

from __future__ import annotations

import io
import os
import struct
import threading
import time
import zlib
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from hotspot_kiosk.errors import BadSample, CaptureCancelled, CaptureTimeout, DeviceLost, WrongDevice
from hotspot_kiosk.kiosk.devices.port import Camera
from hotspot_kiosk.terms import FaceSample

SUFFIXES = (".jpg", ".jpeg", ".png")
FORMATS = ("JPEG", "PNG")
MODES = ("RGB", "L")
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_SIDE = 8192
MAX_PIXELS = 32_000_000
POLL_S = 0.05
PNG_DEPTH_BYTE = 24

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
    struct.error,
    zlib.error,
    UserWarning,
)

FileKey = tuple[int, str, int]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The camera's part of the configuration."""

    path: str
    name: str = "folder"


class FolderCamera:
    """The port `Camera` over a folder.

    A file counts as new if its name, time or size was not seen before, so a file that was read
    half-written is read again when it is whole. Names that begin with a dot or end in .tmp, and
    names that are no picture's, are passed over.
    """

    def __init__(self, options: Options) -> None:
        self._folder = Path(options.path)
        self._name = options.name
        self._opened = False
        self._seen: set[FileKey] = set()
        self._lock = threading.Lock()
        self._waiting = False
        self._cancelled = threading.Event()

    def open(self) -> str:
        """The camera's name. Raises DeviceLost if the folder is missing, WrongDevice if it is no folder."""
        self._files()
        self._opened = True
        return self._name

    def frame(self, timeout_s: float) -> FaceSample:
        """The newest file not returned before; waits for one.

        Raises as the port says, and BadSample, naming file and reason, once for a file that
        cannot be used.
        """
        with self._lock:
            self._cancelled.clear()
            self._waiting = True
        try:
            return self._read(self._await_file(time.monotonic() + timeout_s))
        finally:
            with self._lock:
                self._waiting = False

    def cancel(self) -> None:
        """End a running `frame` at once; without one this does nothing."""
        with self._lock:
            if self._waiting:
                self._cancelled.set()

    def close(self) -> None:
        """Stop looking; `open` may be called again. What was returned stays returned."""
        self._opened = False

    def _await_file(self, deadline: float) -> Path:
        while True:
            if not self._opened:
                raise DeviceLost("the folder camera is not open")
            files = self._files()
            self._seen.intersection_update(files)
            fresh = [key for key in files if key not in self._seen]
            if fresh:
                self._seen.add(max(fresh))
                return self._folder / max(fresh)[1]
            left = deadline - time.monotonic()
            if left <= 0:
                raise CaptureTimeout(f"no new picture came into {self._folder} in time")
            if self._cancelled.wait(min(POLL_S, left)):
                raise CaptureCancelled("the capture was stopped on request")

    def _files(self) -> list[FileKey]:
        try:
            with os.scandir(self._folder) as entries:
                return [key for entry in entries if (key := _key(entry))]
        except NotADirectoryError as error:
            raise WrongDevice(f"{self._folder} is a file, not a folder of pictures") from error
        except OSError as error:
            raise DeviceLost(f"the folder {self._folder} cannot be read: {error.strerror}") from error

    def _read(self, file: Path) -> FaceSample:
        try:
            return FaceSample(self._name, decode(_bytes(file)))
        except BadSample as error:
            raise BadSample(f"{file.name}: {error}") from error


def decode(data: bytes) -> NDArray[np.uint8]:
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


def build(options: Options) -> Camera:
    """The camera the options describe, unopened."""
    return FolderCamera(options)


def _key(entry: os.DirEntry[str]) -> FileKey | None:
    name = entry.name
    if name.startswith(".") or name.endswith(".tmp") or not name.lower().endswith(SUFFIXES):
        return None
    try:
        facts = entry.stat()
    except FileNotFoundError:
        return None
    return (facts.st_mtime_ns, name, facts.st_size) if entry.is_file() else None


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise BadSample(f"the file cannot be read: {error.strerror}") from error
    if len(data) > MAX_FILE_BYTES:
        raise BadSample(f"the file is larger than {MAX_FILE_BYTES} bytes")
    return data


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
