"""The folder camera: which files it takes, and that a bad one costs one clear error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from paintings import REFUSED, picture, saved
from PIL import Image

from hotspot_kiosk.config import convert
from hotspot_kiosk.errors import BadSample, CaptureTimeout, ConfigError, DeviceLost, WrongDevice
from hotspot_kiosk.kiosk.devices.folder import FolderCamera, Options


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[FolderCamera]:
    """An open camera over an empty folder."""
    camera = FolderCamera(Options(path=tmp_path))
    camera.open()
    yield camera
    camera.close()


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
    assert camera.frame(0).sample().pixels.shape == (30, 40, 3)


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
    assert [int(camera.frame(0).small[0, 0, 0]) for _ in range(3)] == [30, 200, 10]


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
