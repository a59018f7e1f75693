"""The camera's buffers become upright RGB pictures, whatever lies between their rows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hotspot_kiosk.errors import WrongDevice
from hotspot_kiosk.kiosk.devices.picamera_planes import Layout, Pixels, rgb

WIDTH, HEIGHT = 64, 36
RED, GREEN, BLUE, GREY = (200, 30, 30), (30, 190, 40), (20, 40, 210), (128, 128, 128)


def quarters() -> Pixels:
    """Four colours: red, green above, blue, grey below."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for row, pair in enumerate(((RED, GREEN), (BLUE, GREY))):
        for column, colour in enumerate(pair):
            picture[row * 18 : (row + 1) * 18, column * 32 : (column + 1) * 32] = colour
    return picture


def planar(picture: Pixels, padding: int) -> Pixels:
    """YUV420 as the Pi lays it down: each row padded, those of the colour planes by half as much."""
    height, width = picture.shape[:2]
    packed = cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420)
    luma = np.full((height, width + padding), 255, np.uint8)
    luma[:, :width] = packed[:height]
    colour = np.full((height, (width + padding) // 2), 255, np.uint8)
    colour[:, : width // 2] = packed[height:].reshape(height, width // 2)
    return np.vstack([luma, colour.reshape(height // 2, width + padding)])


def interleaved(picture: Pixels) -> Pixels:
    """NV12."""
    height, width = picture.shape[:2]
    packed = cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420)
    u, v = packed[height:].reshape(2, height // 2, width // 2)
    return np.vstack([packed[:height], np.stack([u, v], axis=2).reshape(height // 2, width)])


def test_padding_is_cut_off_and_colours_stay() -> None:
    """With any padding the picture is the same, chroma included, and near what went in."""
    plain = rgb(planar(quarters(), 0), Layout("YUV420", WIDTH, HEIGHT))
    assert np.abs(plain.astype(int) - quarters()).mean() < 3
    for padding in (2, 64, 128):
        padded = rgb(planar(quarters(), padding), Layout("YUV420", WIDTH, HEIGHT))
        assert np.array_equal(padded, plain)
    assert np.array_equal(rgb(interleaved(quarters()), Layout("NV12", WIDTH, HEIGHT)), plain)


@pytest.mark.parametrize(("rotation", "upper_left"), [(0, RED), (90, BLUE), (180, GREY), (270, GREEN)])
def test_rotation_is_clockwise(rotation: int, upper_left: tuple[int, int, int]) -> None:
    """A quarter turn swaps width and height; what comes to lie at the upper left is known."""
    turned = rgb(planar(quarters(), 64), Layout("YUV420", WIDTH, HEIGHT, rotation))
    assert turned.shape[:2] == ((WIDTH, HEIGHT) if rotation in (90, 270) else (HEIGHT, WIDTH))
    assert np.abs(turned[4, 4].astype(int) - upper_left).max() < 12
    assert turned.flags.c_contiguous


@pytest.mark.parametrize("shape", [(54, 60), (53, 64), (36, 64), (54, 65)])
def test_a_buffer_that_is_no_such_picture_is_refused(shape: tuple[int, int]) -> None:
    """Too small, cut off or odd: refused in a sentence, not shown crooked."""
    with pytest.raises(WrongDevice, match="no picture of 64x36"):
        rgb(np.zeros(shape, np.uint8), Layout("YUV420", WIDTH, HEIGHT))


def test_an_unknown_format_is_refused() -> None:
    """A camera of another kind is named."""
    with pytest.raises(WrongDevice, match="MJPEG"):
        Layout.of({"size": (640, 360), "format": "MJPEG"}, 0)
