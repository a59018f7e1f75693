"""Makes every file the manifest names: fetch, check, convert, check again, write. `python -m models.build`

The result is the same to the byte on every computer, or it is not written. What is already there is
checked and left alone; archives are deleted once all files stand.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hotspot_kiosk.errors import BadBytes, ConfigError, HotspotError
from hotspot_kiosk.inference.port import Manifest, ModelEntry, Origin, PictureEntry, digest, read_manifest
from models import centerface_onnx, dlib_onnx, face_utility_onnx
from models.fetch import MEGABYTE, Say, fetch, member

HERE = Path(__file__).resolve().parent
MANIFEST = HERE / "manifest.toml"
BUILT = HERE / "built"
PICTURES = "pictures"
ARCHIVES = "archives"

RECIPES: dict[str, Callable[[bytes], bytes]] = {
    "as it is": bytes,
    "centerface": centerface_onnx.convert,
    "dlib": dlib_onnx.convert,
    "face utility": face_utility_onnx.convert,
    "finger utility": partial(face_utility_onnx.convert, name="finger-utility", output="score"),
}


@dataclass(frozen=True, slots=True)
class Product:
    """One file to make: where it goes, what it must hash to, and how it is made, of a package or of a file of ours."""

    path: Path
    sha256: str
    recipe: str
    origin: Origin | Path

    def stands(self) -> bool:
        """True if the file is there and is the right one."""
        return self.path.is_file() and digest(self.path.read_bytes()) == self.sha256


def products(manifest: Manifest, folder: Path) -> Iterator[Product]:
    """Every file the manifest names, models first."""
    for entry in manifest.model:
        yield _model(entry, folder)
    for picture in manifest.picture:
        yield _picture(picture, folder / PICTURES)


def build(manifest: Manifest, folder: Path, say: Say) -> None:
    """Make what is missing or altered in `folder`.

    Raises LinkDown offline, BadBytes if anything differs from its pinned digest, ConfigError for an unknown recipe.
    """
    for product in products(manifest, folder):
        if product.stands():
            say(f"{product.path.name} is there and is the right one")
        else:
            _make(product, folder / ARCHIVES, say)
    shutil.rmtree(folder / ARCHIVES, ignore_errors=True)


def _model(entry: ModelEntry, folder: Path) -> Product:
    if entry.recipe not in RECIPES:
        raise ConfigError(f"model {entry.name}: unknown recipe {entry.recipe!r}; known: {', '.join(RECIPES)}")
    return Product(folder / entry.file, entry.sha256, entry.recipe, entry.origin or HERE / entry.own)


def _picture(entry: PictureEntry, folder: Path) -> Product:
    return Product(folder / entry.file, entry.origin.member_sha256, "as it is", entry.origin)


def _make(product: Product, archives: Path, say: Say) -> None:
    source = _source(product.origin, archives, say)
    started = time.monotonic()
    data = RECIPES[product.recipe](source)
    if digest(data) != product.sha256:
        raise BadBytes(
            f"{product.path.name} came out other than the manifest says ({digest(data)}): "
            "delete .venv, so that the pinned packages are installed again; nothing was written"
        )
    _write(product.path, data)
    say(
        f"{product.path.name}: {len(data) / MEGABYTE:.1f} MB, checked, made in {time.monotonic() - started:.1f} s"
    )


def _source(origin: Origin | Path, archives: Path, say: Say) -> bytes:
    return origin.read_bytes() if isinstance(origin, Path) else member(origin, fetch(origin, archives, say))


def _write(path: Path, data: bytes) -> None:
    """All or nothing, also if the power fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _say(text: str) -> None:
    print(f"models: {text}", flush=True)


def main() -> int:
    """Build all; 0 if every file stands."""
    try:
        build(read_manifest(MANIFEST), BUILT, _say)
    except HotspotError as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
