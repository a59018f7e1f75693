"""The folder camera: which files it takes, and that a bad one costs one clear error."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from hotspot_kiosk.config import convert
from hotspot_kiosk.errors import BadSample, CaptureTimeout, ConfigError, DeviceLost, WrongDevice
from hotspot_kiosk.kiosk.devices.folder import FolderCamera, Options
from hotspot_kiosk.pictures import decode

ORIENTATION = 0x0112


def picture(size: tuple[int, int] = (40, 30), mode: str = "RGB") -> Image.Image:
    """A picture with a slope in it, so that turning it shows."""
    slope = Image.linear_gradient("L").resize(size)
    return slope.convert(mode)


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """An image file's bytes."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header claims a size and whose body is nearly empty."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(10))), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[FolderCamera]:
    """An open camera over an empty folder."""
    camera = FolderCamera(Options(path=tmp_path))
    camera.open()
    yield camera
    camera.close()


REFUSED = {
    "empty": (b"", "empty"),
    "text": (b"this is no picture at all", "not a JPEG or PNG"),
    "gif": (saved(picture(mode="L"), "GIF"), "not a JPEG or PNG"),
    "cut": (saved(picture((400, 300)), "JPEG")[:900], "damaged or cut off"),
    "cut-png": (saved(Image.effect_noise((200, 200), 90))[:-700], "damaged or cut off"),
    "animated": (saved(picture(), save_all=True, append_images=[picture().rotate(90)]), "several frames"),
    "cmyk": (saved(picture(mode="CMYK"), "JPEG"), "CMYK"),
    "transparent": (saved(picture(mode="RGBA")), "RGBA"),
    "16-bit": (saved(Image.fromarray(np.zeros((9, 9), np.uint16))), "I;16"),
    "bomb": (png_claiming(60_000, 60_000), "too large"),
    "wide": (png_claiming(9_000, 10), "too large"),
    "large": (png_claiming(7_000, 7_000), "too large"),
    "profile": (saved(picture(), icc_profile=b"no profile"), "colour profile"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_bad_file_costs_one_error(kind: str, camera: FolderCamera, tmp_path: Path) -> None:
    """A file that cannot be used is named with its reason, once; the next good one is taken."""
    data, reason = REFUSED[kind]
    (tmp_path / "bad.png").write_bytes(data)
    with pytest.raises(BadSample, match=rf"bad\.png: .*{reason}"):
        camera.frame(0)
    with pytest.raises(CaptureTimeout):
        camera.frame(0)
    picture().save(tmp_path / "good.png")
    assert camera.frame(0).pixels.shape == (30, 40, 3)


def test_a_half_written_file_is_read_when_it_is_whole(camera: FolderCamera, tmp_path: Path) -> None:
    """A file read too early is an error once and a frame once it is complete."""
    whole = saved(picture(), "JPEG")
    (tmp_path / "a.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadSample):
        camera.frame(0)
    (tmp_path / "a.jpg").write_bytes(whole)
    camera.frame(0)


@pytest.mark.parametrize("name", [".hidden.png", "a.png.tmp", "notes.txt"])
def test_names_that_are_passed_over(name: str, camera: FolderCamera, tmp_path: Path) -> None:
    """Hidden, temporary and other files are not frames."""
    (tmp_path / name).write_bytes(saved(picture()))
    with pytest.raises(CaptureTimeout):
        camera.frame(0)


def test_a_folder_named_like_a_picture_is_passed_over(camera: FolderCamera, tmp_path: Path) -> None:
    """A directory is no frame whatever its name."""
    (tmp_path / "dir.png").mkdir()
    with pytest.raises(CaptureTimeout):
        camera.frame(0)


def test_the_newest_comes_first(camera: FolderCamera, tmp_path: Path) -> None:
    """Of several new files the newest is given first."""
    for moment, grey in ((2, 200), (3, 30), (1, 10)):
        file = tmp_path / f"{grey}.png"
        Image.new("L", (8, 8), grey).save(file)
        os.utime(file, (moment, moment))
    assert [int(camera.frame(0).pixels[0, 0, 0]) for _ in range(3)] == [30, 200, 10]


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


def test_a_missing_folder_is_a_lost_device(tmp_path: Path) -> None:
    """A folder that is not there cannot be opened."""
    with pytest.raises(DeviceLost, match="nowhere"):
        FolderCamera(Options(path=tmp_path / "nowhere")).open()


def test_a_file_is_the_wrong_device(tmp_path: Path) -> None:
    """A file is no folder."""
    (tmp_path / "file").touch()
    with pytest.raises(WrongDevice):
        FolderCamera(Options(path=tmp_path / "file")).open()


def test_camera_options_refuse_unknown_keys(tmp_path: Path) -> None:
    """A misspelt key is named."""
    with pytest.raises(ConfigError, match="folder"):
        convert({"path": "pictures", "folder": "x"}, Options, "[camera]", tmp_path)
