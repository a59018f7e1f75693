"""Picture files from outside: what is let in comes upright and plain, all else is refused with its reason."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paintings import ORIENTATION, REFUSED, picture, saved
from PIL import Image, ImageCms

from hotspot_kiosk.errors import BadSample
from hotspot_kiosk.pictures import MAX_FILE_BYTES, decode, decode_grey, read


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_plain_picture_is_refused(kind: str) -> None:
    """Empty, foreign, cut, animated, transparent, deep, huge: each is refused with its reason."""
    data, reason = REFUSED[kind]
    for door in (decode, decode_grey):
        with pytest.raises(BadSample, match=reason):
            door(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_plain_picture_is_let_in(kind: str) -> None:
    """Pixels come as 8-bit colour, height before width, in memory of their own."""
    pixels = decode(saved(picture(), kind))
    assert pixels.shape == (30, 40, 3)
    assert pixels.dtype == np.uint8
    assert pixels.flags.writeable
    assert np.abs(pixels.astype(int) - np.asarray(picture())).max() <= 4


@pytest.mark.parametrize("mode", ["P", "1", "LA"])
def test_other_modes_are_refused(mode: str) -> None:
    """A picture of few colours, of one bit or half transparent is not plain."""
    with pytest.raises(BadSample, match=f"neither plain colour nor plain grey .mode {mode}"):
        decode(saved(picture(mode="L").convert(mode)))


def test_a_transparent_colour_is_refused() -> None:
    """A plain picture in which one colour counts as transparent is not plain."""
    with pytest.raises(BadSample, match="neither plain colour nor plain grey"):
        decode(saved(picture(), transparency=(0, 0, 0)))


def test_sixteen_bits_of_colour_are_refused() -> None:
    """A colour PNG of 16 bits a channel is not silently cut to 8."""
    data = bytearray(saved(picture()))
    data[24] = 16
    header = bytes(data[12:29])
    data[29:33] = zlib.crc32(header).to_bytes(4, "big")
    with pytest.raises(BadSample, match="16 bits a channel"):
        decode(bytes(data))


def test_a_file_cut_anywhere_is_refused() -> None:
    """No beginning of a picture counts as a picture."""
    for kind in ("JPEG", "PNG"):
        whole = saved(Image.effect_noise((64, 64), 90), kind)
        for end in range(0, len(whole) - 20, 97):
            with pytest.raises(BadSample):
                decode(whole[:end])


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_grey_finger_image_is_let_in(kind: str, mode: str) -> None:
    """A grey picture gives one channel, also if it was saved as colour; lossless ones unchanged."""
    pixels = decode_grey(saved(picture(mode=mode), kind))
    assert pixels.shape == (30, 40)
    assert pixels.flags.c_contiguous
    if kind == "PNG":
        assert np.array_equal(pixels, np.asarray(picture(mode="L")))


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_coloured_finger_image_is_refused(channel: int) -> None:
    """One pixel of colour, in whichever channel, is enough."""
    pixels = np.full((20, 20, 3), 90, np.uint8)
    pixels[3, 4, channel] = 91
    with pytest.raises(BadSample, match="coloured; a finger image is grey"):
        decode_grey(saved(Image.fromarray(pixels)))


def test_a_finger_image_stands_upright_too() -> None:
    """The EXIF orientation is applied to grey pictures."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    assert decode_grey(saved(picture(mode="L"), exif=exif)).shape == (40, 30)


@pytest.mark.parametrize("size", [(1, 1), (8192, 1), (1, 8192)])
def test_the_least_and_the_longest_are_let_in(size: tuple[int, int]) -> None:
    """One pixel, and one line of the longest side, are pictures."""
    assert decode(saved(Image.new("RGB", size))).shape == (size[1], size[0], 3)


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    """The bytes come as they are."""
    (tmp_path / "a").write_bytes(b"abc")
    assert read(tmp_path / "a") == b"abc"


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """A missing file and a folder are refused with the system's reason."""
    with pytest.raises(BadSample, match="cannot be read: No such file"):
        read(tmp_path / "nowhere")
    with pytest.raises(BadSample, match="cannot be read: Is a directory"):
        read(tmp_path)


def test_a_file_too_large_is_not_read_on(tmp_path: Path) -> None:
    """A file of more than the limit is refused; one of just the limit is read."""
    file = tmp_path / "large"
    with file.open("wb") as out:
        out.truncate(MAX_FILE_BYTES)
    assert len(read(file)) == MAX_FILE_BYTES
    with file.open("ab") as out:
        out.write(b"x")
    with pytest.raises(BadSample, match=f"larger than {MAX_FILE_BYTES} bytes"):
        read(file)


@pytest.mark.parametrize("turn", range(1, 9))
def test_pictures_stand_upright(turn: int) -> None:
    """The EXIF orientation is applied."""
    upright = picture()
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright if turn == 1 else upright.transpose(Image.Transpose(undo[turn]))
    exif = Image.Exif()
    exif[ORIENTATION] = turn
    assert np.array_equal(decode(saved(stored, exif=exif)), np.asarray(upright))


def test_grey_pictures_become_three_channels() -> None:
    """A grey picture is given with three equal channels."""
    pixels = decode(saved(picture(mode="L")))
    assert pixels.shape == (30, 40, 3)
    assert np.array_equal(pixels[..., 0], pixels[..., 2])


def test_an_srgb_profile_changes_nothing() -> None:
    """A picture that carries the sRGB profile keeps its values."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.new("RGB", (8, 8), (200, 60, 60))
    same = decode(saved(image, icc_profile=srgb))
    assert np.abs(same.astype(int) - np.asarray(image)).max() <= 1


def test_a_profile_for_other_channels_is_refused() -> None:
    """A colour picture with a profile that is not for red, green and blue is an error."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    with pytest.raises(BadSample, match="colour profile"):
        decode(saved(picture(), icc_profile=lab))


def test_profile_and_orientation_together() -> None:
    """A picture that has both a profile and an orientation is converted and turned."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert decode(saved(picture(), exif=exif, icc_profile=srgb)).shape == (40, 30, 3)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_damaged_files_give_a_picture_or_one_error(draw: st.DataObject) -> None:
    """Whatever bytes are changed or cut, there is a picture or a BadSample, nothing else."""
    exif = Image.Exif()
    exif[ORIENTATION] = 3
    whole = bytearray(saved(picture(), draw.draw(st.sampled_from(["JPEG", "PNG"])), exif=exif))
    for _ in range(draw.draw(st.integers(1, 4))):
        whole[draw.draw(st.integers(0, len(whole) - 1))] = draw.draw(st.integers(0, 255))
    cut = draw.draw(st.integers(0, len(whole)))
    try:
        pixels = decode(bytes(whole[:cut] if draw.draw(st.booleans()) else whole))
    except BadSample:
        return
    assert pixels.dtype == np.uint8
    assert pixels.shape[2] == 3
