"""Images inside an ANSI/NIST file: their headers, their bounds, and damage."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hotspot_kiosk.errors import BadBytes, BadSample
from hotspot_kiosk.nist.compression import (
    decode_jpeg,
    decode_picture,
    decode_wsq,
    encode_jpeg,
    encode_wsq,
    portrait,
)
from hotspot_kiosk.nist.headers import read_header


def ridges(height: int = 96, width: int = 128) -> NDArray[np.uint8]:
    """Curved stripes about eight pixels apart."""
    y, x = np.mgrid[0:height, 0:width]
    return (127 + 120 * np.sin(np.hypot(y - 40, x + 30) * 2 * np.pi / 8)).astype(np.uint8)


def face(height: int = 120, width: int = 96) -> NDArray[np.uint8]:
    """A smooth coloured picture."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // width, y * 255 // height, (x + y) % 256], axis=2).astype(np.uint8)


def test_wsq_comes_back_almost_as_it_was() -> None:
    """WSQ loses little of a ridge pattern, and neither its size nor its orientation."""
    pixels = ridges()
    data = encode_wsq(pixels)
    header = read_header(data)
    assert (header.code, header.width, header.height) == ("WSQ20", 128, 96)
    (back,) = decode_wsq([data])
    assert back.shape == pixels.shape
    assert np.corrcoef(back.ravel(), pixels.ravel())[0, 1] > 0.98


def test_several_fingers_come_back_in_order() -> None:
    """One child process decodes them all, each to its own size."""
    many = [ridges(64, 80), ridges(96, 64), ridges(70, 70)]
    back = decode_wsq([encode_wsq(pixels) for pixels in many])
    assert [each.shape for each in back] == [each.shape for each in many]


def test_no_fingers_need_no_process() -> None:
    """Nothing in, nothing out."""
    assert decode_wsq([]) == []


def test_an_even_image_can_be_sent() -> None:
    """A sensor that saw nothing gives a flat picture; it is encoded like any other."""
    (back,) = decode_wsq([encode_wsq(np.full((192, 192), 255, np.uint8))])
    assert (back == 255).all()


def test_jpeg_keeps_colours_in_order() -> None:
    """Red stays red: the pixels are R, G, B on both sides."""
    red = np.zeros((40, 50, 3), np.uint8)
    red[:, :, 0] = 200
    data = encode_jpeg(red)
    header = read_header(data)
    assert (header.code, header.width, header.height, header.components) == ("JPEGB", 50, 40, 3)
    assert np.abs(decode_jpeg(data).astype(int) - red).max() < 6


def test_a_portrait_of_480_by_600_stays_small() -> None:
    """A portrait with a person's worth of detail needs 20 to 80 KB."""
    rng = np.random.default_rng(1)
    noisy = np.clip(face(600, 480).astype(float) + rng.normal(0, 2, (600, 480, 1)), 0, 255).astype(np.uint8)
    assert 20_000 < len(encode_jpeg(noisy)) < 80_000


@pytest.mark.parametrize("shape", [(31, 200), (200, 31), (1, 1), (32, 4097)])
def test_an_image_out_of_bounds_is_no_sample(shape: tuple[int, int]) -> None:
    """Too small for the codec or too large for the file: said before anything is encoded."""
    with pytest.raises(BadSample, match="pixels"):
        encode_wsq(np.zeros(shape, np.uint8))
    with pytest.raises(BadSample, match="pixels"):
        encode_jpeg(np.zeros((*shape, 3), np.uint8))


def test_a_progressive_jpeg_is_told_apart() -> None:
    """It is valid, but not what INTERPOL's profile calls JPEGB."""
    buffer = io.BytesIO()
    Image.fromarray(face()).save(buffer, "JPEG", progressive=True)
    assert read_header(buffer.getvalue()).code == "JPEG"


def test_a_grey_jpeg_is_told_apart() -> None:
    """A face has three colours; the header says how many there are."""
    buffer = io.BytesIO()
    Image.fromarray(ridges()).save(buffer, "JPEG")
    assert read_header(buffer.getvalue()).components == 1


@pytest.mark.parametrize(("irreversible", "code"), [(True, "JP2"), (False, "JP2L")])
@pytest.mark.parametrize(("no_jp2", "suffix"), [(False, "jp2"), (True, "j2k")])
def test_jpeg_2000_says_whether_it_lost_anything(
    irreversible: bool, code: str, no_jp2: bool, suffix: str
) -> None:
    """In its box or bare; size, depth and wavelet from the codestream."""
    buffer = io.BytesIO()
    Image.fromarray(ridges()).save(buffer, "JPEG2000", irreversible=irreversible, no_jp2=no_jp2)
    header = read_header(buffer.getvalue())
    assert (header.code, header.width, header.height, header.bits, header.suffix) == (
        code,
        128,
        96,
        8,
        suffix,
    )


def test_png_says_its_size() -> None:
    """Type-4 records may hold one."""
    buffer = io.BytesIO()
    Image.fromarray(face()).save(buffer, "PNG")
    header = read_header(buffer.getvalue())
    assert (header.code, header.width, header.height, header.components) == ("PNG", 96, 120, 3)


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xff\xd8\xff\xd9", b"\x89PNG\r\n", b"\xff\xa0\xff\xa1"])
def test_what_is_no_image_is_refused(data: bytes) -> None:
    """Neither of the kinds that records carry."""
    with pytest.raises(BadBytes):
        read_header(data)


def test_every_cut_of_a_header_is_refused_or_read() -> None:
    """A header that ends early gives a sentence, never a crash."""
    buffer = io.BytesIO()
    Image.fromarray(ridges()).save(buffer, "JPEG2000")
    for whole in (encode_jpeg(face()), encode_wsq(ridges()), buffer.getvalue()):
        for end in range(min(len(whole), 400)):
            try:
                read_header(whole[:end])
            except BadBytes:
                continue


def test_a_huge_image_is_refused_before_it_is_decoded() -> None:
    """A header that states 60,000 pixels costs nothing."""
    data = bytearray(encode_wsq(ridges()))
    at = data.index(b"\xff\xa2") + 6
    data[at : at + 4] = b"\xea\x60\xea\x60"
    with pytest.raises(BadBytes, match="60000 x 60000"):
        decode_wsq([bytes(data)])


def _with_size(data: bytes, at: int, size: bytes) -> bytes:
    return data[:at] + size + data[at + len(size) :]


def bombs() -> dict[str, bytes]:
    """A JPEG, a JPEG 2000 and a PNG whose headers state sizes that would fill the memory."""
    jpeg = encode_jpeg(face())
    jp2, png = io.BytesIO(), io.BytesIO()
    Image.fromarray(ridges()).save(jp2, "JPEG2000")
    Image.fromarray(ridges()).save(png, "PNG")
    box = jp2.getvalue().index(b"\xff\x4f\xff\x51") + 8
    return {
        "jpeg": _with_size(jpeg, jpeg.index(b"\xff\xc0") + 5, b"\xff\xff\xff\xff"),
        "jpeg 2000": _with_size(jp2.getvalue(), box, b"\x7f\xff\xff\xff\x7f\xff\xff\xff"),
        "png": _with_size(png.getvalue(), 16, b"\x00\x01\x00\x00\x00\x01\x00\x00"),
    }


@pytest.mark.parametrize("data", bombs().values(), ids=bombs())
def test_a_bomb_is_refused_before_it_is_decoded(data: bytes) -> None:
    """Sizes are looked at first."""
    with pytest.raises(BadBytes, match="pixels are decoded"):
        decode_picture(data)


def test_an_image_that_opens_to_another_size_is_refused() -> None:
    """A box that says otherwise than the codestream."""
    jp2 = io.BytesIO()
    Image.fromarray(ridges()).save(jp2, "JPEG2000")
    at = jp2.getvalue().index(b"ihdr") + 4
    with pytest.raises(BadBytes):
        decode_picture(_with_size(jp2.getvalue(), at, b"\x00\x00\x00\x40\x00\x00\x00\x40"))


def test_damaged_wsq_never_harms_this_process() -> None:
    """The C decoder aborts or fails on damaged images; here that is a BadBytes or wrong pixels, no more."""
    whole = encode_wsq(ridges())
    outcomes = set()
    for seed in range(30):
        rng = random.Random(seed)
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if seed % 3 == 0:
            data = data[: rng.randrange(700, len(data))] + b"\xff\xa1"
        outcomes.add(_decodes(bytes(data)))
    assert outcomes == {True, False}


def _decodes(data: bytes) -> bool:
    try:
        (back,) = decode_wsq([data])
    except BadBytes:
        return False
    return back.ndim == 2


def test_damaged_jpeg_is_bad_bytes_or_pixels() -> None:
    """Every cut and 300 damaged files: an image of the stated size, or BadBytes."""
    whole = encode_jpeg(face())
    rng = random.Random(5)
    files = [whole[:end] + b"\xff\xd9" for end in range(0, len(whole), 40)]
    for _ in range(300):
        data = bytearray(whole)
        data[rng.randrange(len(data))] = rng.randrange(256)
        files.append(bytes(data))
    refused = 0
    for data in files:
        try:
            assert decode_jpeg(data).shape[2] == 3
        except BadBytes:
            refused += 1
    assert 0 < refused < len(files)


def test_a_portrait_is_four_by_five_around_the_face() -> None:
    """Twice as wide as the face, its middle above the crop's middle, nothing scaled."""
    frame = np.zeros((1080, 1920, 3), np.uint8)
    frame[400:640, 900:1100] = 255
    crop = portrait(frame, (900, 400, 200, 240))
    assert crop.shape == (500, 400, 3)
    rows, columns = np.nonzero(crop[:, :, 0])
    assert abs(columns.mean() - 199.5) <= 1
    assert rows.mean() < 250


@pytest.mark.parametrize("box", [(0, 0, 300, 400), (340, 180, 300, 300), (0, 0, 640, 480)])
def test_a_portrait_at_the_edge_stays_in_the_frame(box: tuple[int, int, int, int]) -> None:
    """It is moved or made smaller, never padded."""
    crop = portrait(np.zeros((480, 640, 3), np.uint8), box)
    height, width = crop.shape[:2]
    assert height <= 480
    assert width <= 640
    assert abs(height * 4 - width * 5) < 5


@pytest.mark.parametrize("box", [(-1, 0, 10, 10), (0, 0, 0, 10), (630, 0, 20, 10), (0, 470, 10, 20)])
def test_a_box_outside_the_frame_is_refused(box: tuple[int, int, int, int]) -> None:
    """A face's box lies in its frame."""
    with pytest.raises(BadSample, match="box"):
        portrait(np.zeros((480, 640, 3), np.uint8), box)
