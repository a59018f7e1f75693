"""Everything the driver asks of picamera2 exists in its pinned source, which is parsed and never imported."""

from __future__ import annotations

import ast
import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import fake_picamera2
import pytest

from hotspot_kiosk.kiosk.devices import picamera

LOCK = Path(__file__).parent / "camera" / "requirements.lock"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hotspot-kiosk"
WHEEL = "picamera2-0.3.38-py3-none-any.whl"
# The driver's names for picamera2's objects.
CLASSES = {"camera": "Picamera2", "request": "CompletedRequest"}


@dataclass(frozen=True)
class Use:
    """One attribute that is read or called: on which class, with which arguments."""

    owner: str
    name: str
    positional: int = 0
    keywords: tuple[str, ...] = ()
    called: bool = False


@dataclass(frozen=True)
class Source:
    """The classes of picamera2: their functions, and everything else that an object of them has."""

    functions: dict[tuple[str, str], ast.FunctionDef]
    attributes: set[tuple[str, str]]


def pinned() -> bytes:
    """The wheel, from the cache or the package index. Skips where neither has it."""
    entry = re.search(
        r"^picamera2==\S+ \\\n(?: +--hash\S+(?: \\)?\n)+", LOCK.read_text("utf-8"), re.MULTILINE
    )
    assert entry is not None
    file = CACHE / WHEEL
    if not file.is_file():
        _download(entry.group())
    data = file.read_bytes()
    assert hashlib.sha256(data).hexdigest() in entry.group(), (
        "not the pinned picamera2: remove it from the cache"
    )
    return data


def _download(entry: str) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:")
    done = subprocess.run(
        [*pip, "--require-hashes", "-d", CACHE, "-r", "/dev/stdin"],
        input=entry,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        pytest.skip("picamera2 cannot be had: no cache and no package index")


@pytest.fixture(scope="module")
def source() -> Source:
    """The classes of the pinned picamera2."""
    functions: dict[tuple[str, str], ast.FunctionDef] = {}
    attributes: set[tuple[str, str]] = set()
    with zipfile.ZipFile(io.BytesIO(pinned())) as wheel:
        for file in ("picamera2/picamera2.py", "picamera2/request.py"):
            for kind in (n for n in ast.parse(wheel.read(file)).body if isinstance(n, ast.ClassDef)):
                for node in ast.walk(kind):
                    if isinstance(node, ast.FunctionDef):
                        functions[kind.name, node.name] = node
                attributes |= {(kind.name, name) for name in assigned(kind)}
    return Source(functions, attributes)


def assigned(kind: ast.ClassDef) -> Iterator[str]:
    """Names that the class's body or its methods give to its objects."""
    for node in ast.walk(kind):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def uses(text: str) -> set[Use]:
    """What a driver's source asks of picamera2's objects."""
    tree = ast.parse(text)
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (owner := owner_of(node.value)):
            call = calls.get(id(node))
            arguments = (len(call.args), tuple(k.arg or "**" for k in call.keywords)) if call else (0, ())
            found.add(Use(owner, node.attr, *arguments, called=call is not None))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr":
            thing, name = node.args[:2]
            if (owner := owner_of(thing)) and isinstance(name, ast.Constant):
                found.add(Use(owner, str(name.value)))
    return found


def owner_of(node: ast.expr) -> str:
    """The class of the object that an expression names, empty if it is none of picamera2's."""
    if isinstance(node, ast.Name):
        return CLASSES.get(node.id, "")
    if isinstance(node, ast.Attribute) and node.attr == "_cm":
        return "CameraManager"
    return "Picamera2" if ast.unparse(node) in ("self._library.camera", "self._camera") else ""


def wrong(use: Use, source: Source) -> str:
    """Why this cannot work, empty if it can."""
    function = source.functions.get((use.owner, use.name))
    if function is None:
        return "" if (use.owner, use.name) in source.attributes and not use.called else f"there is no {use}"
    known = [argument.arg for argument in function.args.args if argument.arg != "self"]
    strange = [name for name in use.keywords if name not in known]
    return f"it does not take {strange}: {use}" if strange or use.positional > len(known) else ""


def test_every_call_exists(source: Source) -> None:
    """Each attribute, method, positional and named argument that the driver uses is there."""
    asked = uses(Path(picamera.__file__).read_text("utf-8"))
    assert [why for use in asked if (why := wrong(use, source))] == []
    assert {use.name for use in asked} >= {
        *("global_camera_info", "create_video_configuration", "configure", "start", "set_controls", "close"),
        *("capture_request", "wait", "cancel_all_and_flush", "stream_configuration", "camera_controls"),
        *("get_metadata", "make_array", "release", "reset", "notifymeread", "notifyme_w"),
    }


@pytest.mark.parametrize(
    "line",
    [
        "camera.capture_frame()",
        "camera.capture_request(wait=False, callback=None)",
        "camera.wait(job, 1, 2)",
        "request.metadata()",
        "self._library.camera.list_cameras()",
        "camera._cm.rescan()",
        "getattr(camera, 'notify_fd')",
    ],
)
def test_a_call_that_does_not_exist_is_found(line: str, source: Source) -> None:
    """This test can fail: a method, an argument, an attribute that picamera2 does not have is named."""
    assert [why for use in uses(line) if (why := wrong(use, source))]


def test_the_fake_promises_no_more_than_picamera2(source: Source) -> None:
    """Every public method of the fake is one of picamera2's, and its arguments have picamera2's names."""
    tree = ast.parse(Path(fake_picamera2.__file__).read_text("utf-8"))
    kinds = {"FakePicamera2": "Picamera2", "Request": "CompletedRequest"}
    checked = 0
    for kind in (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name in kinds):
        for method in (n for n in kind.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")):
            names = tuple(a.arg for a in method.args.args if a.arg not in ("self", "cls"))
            assert wrong(Use(kinds[kind.name], method.name, 0, names), source) == ""
            checked += 1
    assert checked >= 12


def test_what_comes_from_libcamera_is_used_by_picamera2_alike(source: Source) -> None:
    """The colours that the driver asks for are those picamera2 itself asks libcamera for."""
    create = ast.unparse(source.functions["Picamera2", "create_video_configuration"])
    assert "libcamera.ColorSpace.Smpte170m()" in create
    assert "ColorSpace.Smpte170m()" in Path(picamera.__file__).read_text("utf-8")
