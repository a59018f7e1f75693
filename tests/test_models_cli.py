"""`hotspot models` and `hotspot calibrate`: what they say, and what they refuse."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotspot_kiosk.cli import calibrate, models
from hotspot_kiosk.inference.port import read_manifest
from models.build import MANIFEST


def test_list_names_every_model() -> None:
    """Each with its role, licence and origin."""
    said = CliRunner().invoke(models.command, ["list", "--json"])
    rows = [json.loads(line) for line in said.output.splitlines()]
    assert [row["name"] for row in rows] == [entry.name for entry in read_manifest(MANIFEST).model]
    assert all(row["licence"] and row["origin"] and row["role"] for row in rows)


def test_verify_finds_the_altered_one(models_built: Path, tmp_path: Path) -> None:
    """All stand as built; one flipped byte and one missing file are named, and nothing else."""
    assert CliRunner().invoke(models.command, ["verify", "--folder", str(models_built)]).exit_code == 0
    folder = tmp_path / "built"
    shutil.copytree(models_built, folder)
    data = bytearray((folder / "centerface.onnx").read_bytes())
    data[-1] ^= 1
    (folder / "centerface.onnx").write_bytes(data)
    (folder / "face_utility_1.onnx").unlink()
    said = CliRunner().invoke(models.command, ["verify", "--folder", str(folder)])
    assert said.exit_code == 1
    assert "centerface: the model file" in said.output
    assert "face-utility-1: the model file" in said.output
    assert "dlib-face-resnet-v1: stands" in said.output


def test_calibration_of_the_news_is_what_the_manifest_says(shared_data: Path, models_built: Path) -> None:
    """The numbers that ship come out again."""
    said = CliRunner().invoke(calibrate.command, ["--set", str(shared_data / "faces" / "news"), "--json"])
    told = json.loads(said.output.splitlines()[0])
    entry = next(each for each in read_manifest(MANIFEST).model if each.name == told["model"])
    assert entry.calibration is not None
    assert told["slope"] == pytest.approx(entry.calibration.slope, abs=0.01)
    assert told["offset"] == pytest.approx(entry.calibration.offset, abs=0.01)
    shipped = {each.fmr: each.score for each in entry.thresholds}
    assert {each["fmr"]: pytest.approx(each["score"], abs=1e-3) for each in told["thresholds"]} == shipped
