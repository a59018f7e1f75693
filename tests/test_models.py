"""Models: where they come from, and that nothing but the named bytes is ever opened."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from hotspot_kiosk.errors import BadBytes, ConfigError, LinkDown, ModelError
from hotspot_kiosk.inference.port import Manifest, ModelShelf, Origin, PictureEntry, read_manifest
from models import centerface_onnx, dlib_onnx
from models.build import HERE, MANIFEST, RECIPES, build
from models.fetch import fetch, member

MEMBER = "carrier/portrait.png"
CONTENT = b"not really a picture"
FOREIGN = "carrier-1.0-cp39-cp39-manylinux_2_17_aarch64.whl"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def negation() -> bytes:
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in ("a", "b")]
    graph = helper.make_graph([helper.make_node("Neg", ["a"], ["b"])], "negation", value[:1], value[1:])
    data: bytes = helper.make_model(
        graph, ir_version=8, opset_imports=[helper.make_opsetid("", 15)]
    ).SerializeToString()
    return data


MODEL_TABLE = """
[[model]]
name = "negation"
role = "test"
file = "negation.onnx"
sha256 = "{sha}"
licence = "none"
recipe = "as it is"
preprocessing = "none"
card = "none"
input = [{{ name = "a", shape = ["n"], meaning = "numbers" }}]
output = [{{ name = "b", shape = ["n"], meaning = "their negatives" }}]
origin = {{ package = "x==1", archive = "x.whl", size = 1, sha256 = "", member = "", member_sha256 = "" }}
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    (tmp_path / "negation.onnx").write_bytes(negation())
    path = tmp_path / "manifest.toml"
    path.write_text(MODEL_TABLE.format(sha=sha(negation())), encoding="utf-8")
    return path


def test_model_runs(manifest: Path) -> None:
    """An opened model gives its outputs for an input."""
    model = ModelShelf(manifest, manifest.parent, threads=1).open("negation")
    assert model.run(np.array([1, -2], np.float32))[0].tolist() == [-1, 2]


def test_altered_by_one_bit_is_refused(manifest: Path) -> None:
    """A model file with one bit turned over is not opened, and the message says what to do."""
    path = manifest.parent / "negation.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="make models"):
        ModelShelf(manifest, manifest.parent).open("negation")


def test_missing_file_is_refused(manifest: Path) -> None:
    """A model that was never built is an error that says what to do."""
    (manifest.parent / "negation.onnx").unlink()
    with pytest.raises(ModelError, match="make models"):
        ModelShelf(manifest, manifest.parent).open("negation")


def test_unknown_name_is_refused(manifest: Path) -> None:
    """A name that the manifest lacks is an error that lists the names it has."""
    with pytest.raises(ModelError, match="it names: negation"):
        ModelShelf(manifest, manifest.parent).open("nobody")


def test_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    """A file that has the right digest but is no network is an error, not a crash."""
    (tmp_path / "negation.onnx").write_bytes(CONTENT)
    (tmp_path / "manifest.toml").write_text(MODEL_TABLE.format(sha=sha(CONTENT)), encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be loaded"):
        ModelShelf(tmp_path / "manifest.toml", tmp_path).open("negation")


@pytest.mark.parametrize("text", ["", "[[model]]\nname = 3", MODEL_TABLE + "colour = 'red'\n", "]", "\0"])
def test_bad_manifest_is_refused(tmp_path: Path, text: str) -> None:
    """A manifest that is empty, wrong or holds an unknown key is a configuration error."""
    path = tmp_path / "manifest.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="manifest"):
        ModelShelf(path, tmp_path)


def test_missing_manifest_is_refused(tmp_path: Path) -> None:
    """A manifest that is not there is a configuration error."""
    with pytest.raises(ConfigError, match="cannot be read"):
        read_manifest(tmp_path / "manifest.toml")


def test_our_manifest_is_whole() -> None:
    """Every model has a card, a known recipe and full digests; names are unique; no address is named."""
    text = MANIFEST.read_text(encoding="utf-8")
    manifest = read_manifest(MANIFEST)
    names = [*(model.name for model in manifest.model), *(picture.name for picture in manifest.picture)]
    assert len(set(names)) == len(names)
    assert "://" not in text
    for entry in manifest.model:
        assert (HERE / entry.card).is_file()
        assert entry.recipe in RECIPES
        assert len(entry.sha256) == 64
        if entry.origin is None:
            assert (HERE / entry.own).is_file()
        else:
            assert len(entry.origin.sha256) == len(entry.origin.member_sha256) == 64


def test_our_models_open(models_built: Path) -> None:
    """Everything the manifest names was built, is unaltered, and has the inputs and outputs it says."""
    shelf = ModelShelf(MANIFEST, models_built, threads=1)
    found = shelf.open("dlib-face-resnet-v1").run(np.zeros((2, 3, 150, 150), np.float32))
    assert [part.shape for part in found] == [(2, 128)]
    maps = shelf.open("centerface").run(np.zeros((1, 3, 64, 96), np.float32))
    assert [part.shape for part in maps] == [(1, count, 16, 24) for count in (1, 2, 2, 10)]


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for all the registries there are."""
    folder = tmp_path / "registry"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def carrier(folder: Path, name: str = FOREIGN) -> Origin:
    """A wheel with one picture in it, offered in `folder`, and how a manifest would pin it."""
    with zipfile.ZipFile(folder / name, "w") as wheel:
        wheel.writestr(MEMBER, CONTENT)
        wheel.writestr(
            "carrier-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n"
        )
        tag = "-".join(name.removesuffix(".whl").split("-")[2:])
        wheel.writestr("carrier-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
        wheel.writestr("carrier-1.0.dist-info/RECORD", "")
    data = (folder / name).read_bytes()
    return Origin("carrier==1.0", name, len(data), sha(data), MEMBER, sha(CONTENT))


def pinned(origin: Origin) -> Manifest:
    return Manifest(model=(), picture=(PictureEntry("portrait", "portrait.png", "nobody", "none", origin),))


def silent(text: str) -> None:
    assert "://" not in text


@pytest.mark.parametrize("name", [FOREIGN, "carrier-1.0-py3-none-any.whl"])
def test_archive_is_fetched_for_any_computer(registry: Path, tmp_path: Path, name: str) -> None:
    """A wheel for another Python and processor is fetched as a container of data."""
    origin = carrier(registry, name)
    assert member(origin, fetch(origin, tmp_path / "archives", silent)) == CONTENT


def test_other_archive_is_refused(registry: Path, tmp_path: Path) -> None:
    """An archive of the right name and version with other bytes is refused."""
    origin = carrier(registry)
    with zipfile.ZipFile(registry / FOREIGN, "a") as wheel:
        wheel.writestr("more", "bytes")
    with pytest.raises(BadBytes, match="not the pinned archive"):
        fetch(origin, tmp_path / "archives", silent)


def test_offline_says_so(registry: Path, tmp_path: Path) -> None:
    """An archive that cannot be had names the network and the command to repeat."""
    origin = carrier(registry)
    (registry / FOREIGN).unlink()
    with pytest.raises(LinkDown, match="check the network connection and run `make models` again"):
        fetch(origin, tmp_path / "archives", silent)


def test_half_an_archive_is_fetched_again(registry: Path, tmp_path: Path) -> None:
    """What an interrupted build left behind is replaced."""
    origin, archives = carrier(registry), tmp_path / "archives"
    archives.mkdir()
    (archives / FOREIGN).write_bytes((registry / FOREIGN).read_bytes()[:100])
    assert member(origin, fetch(origin, archives, silent)) == CONTENT


def test_member_must_be_the_pinned_one(tmp_path: Path) -> None:
    """A file missing from the archive, or other than pinned, or an archive that is none, is refused."""
    origin = carrier(tmp_path)
    for change in ({"member": "absent"}, {"member_sha256": "0" * 64}):
        fields = {name: getattr(origin, name) for name in origin.__struct_fields__}
        with pytest.raises(BadBytes):
            member(Origin(**{**fields, **change}), tmp_path / FOREIGN)
    (tmp_path / FOREIGN).write_bytes(CONTENT)
    with pytest.raises(BadBytes):
        member(origin, tmp_path / FOREIGN)


def test_build_makes_checks_and_repairs(registry: Path, tmp_path: Path) -> None:
    """A build writes what is missing, leaves what stands alone, repairs what was altered, and keeps no archive."""
    manifest, built = pinned(carrier(registry)), tmp_path / "built"
    said: list[str] = []
    build(manifest, built, said.append)
    product = built / "pictures" / "portrait.png"
    assert product.read_bytes() == CONTENT
    build(manifest, built, said.append)
    assert said[-1] == "portrait.png is there and is the right one"
    product.write_bytes(b"altered")
    build(manifest, built, said.append)
    assert product.read_bytes() == CONTENT
    assert sorted(path.name for path in built.iterdir()) == ["pictures"]


def test_dlib_converter_refuses_other_bytes() -> None:
    """Bytes that do not hold dlib's network are refused, whole or cut short."""
    for data in (b"", bytes(1000), bytes.fromhex("01020280120101010101") + bytes(64)):
        with pytest.raises(BadBytes, match="not dlib's face network"):
            dlib_onnx.convert(data)


def test_centerface_converter_refuses_other_graphs() -> None:
    """An ONNX graph other than CenterFace is refused."""
    with pytest.raises(BadBytes, match="not the CenterFace graph"):
        centerface_onnx.convert(negation())


def test_the_command_builds_as_make_does(models_built: Path, tmp_path: Path) -> None:
    """From the project's own virtual environment, wherever it is called: here everything stands already."""
    hotspot = Path(sys.executable).with_name("hotspot")
    ran = subprocess.run(
        [hotspot, "models", "build"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "centerface.onnx is there and is the right one" in ran.stdout + ran.stderr
