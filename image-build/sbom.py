"""What is in an image, as CycloneDX 1.6 (bom.cdx.json), and under which licences (licences.txt, licences.tar.gz).

Usage: sbom.py --base ROOT --python ROOT --unused LIST --kernel LAYER --models MANIFEST --name N --version V --epoch SECONDS OUTPUT
Reads what Debian and the wheels say of themselves; a licence that they do not name is written down as unknown.
"""

from __future__ import annotations

import argparse
import email.parser
import gzip
import io
import json
import re
import tarfile
import tomllib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import quote

UNKNOWN = "not stated"
LEGAL = re.compile(r"(?i)(^|/)(licen[cs]es?|copying|notice|authors)")
DEP5 = re.compile(r"^License:[ \t]*(\S[^\n]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """One component: its kind for CycloneDX, name, version, package URL, licences, and the files that hold their texts."""

    kind: str
    name: str
    version: str
    purl: str
    licences: tuple[str, ...]
    texts: tuple[Path, ...] = ()
    sha256: str = ""


def debian(root: Path) -> Iterator[Part]:
    """Every installed package of a Debian root."""
    status = (root / "var/lib/dpkg/status").read_text("utf-8")
    for paragraph in status.split("\n\n"):
        package = email.parser.Parser().parsestr(paragraph)
        if "installed" not in package.get("Status", "").split():
            continue
        name, version = package["Package"], package["Version"]
        text = root / f"usr/share/doc/{name}/copyright"
        licences = sorted(set(DEP5.findall(text.read_text("utf-8", "replace")))) if text.is_file() else []
        purl = f"pkg:deb/debian/{name}@{quote(version, safe='')}?arch={package['Architecture']}&distro=trixie"
        yield Part(
            "library", name, version, purl, tuple(licences) or (UNKNOWN,), (text,) if text.is_file() else ()
        )


def kernel(layer: Path) -> Iterator[Part]:
    """What stands in the boot partition: Debian packages that were unpacked, not installed."""
    for line in (layer / "packages").read_text("utf-8").splitlines():
        name, version = line.split()
        purl = f"pkg:deb/debian/{name}@{quote(version, safe='')}?arch=arm64&distro=trixie"
        text = layer / f"{name}.copyright"
        yield Part("operating-system", name, version, purl, ("GPL-2.0-only",), (text,))


def python(root: Path, unused: Sequence[str]) -> Iterator[Part]:
    """Every Python package that the image keeps, by its own metadata. unused: patterns of what it leaves out."""
    for folder in sorted((root / "opt/hotspot/lib/python3.13/site-packages").glob("*.dist-info")):
        if any(fnmatch(f"/{folder.relative_to(root)}", pattern) for pattern in unused):
            continue
        about = email.parser.Parser().parsestr((folder / "METADATA").read_text("utf-8"))
        name = re.sub(r"[-_.]+", "-", about["Name"]).lower()
        texts = [
            path
            for path in folder.rglob("*")
            if path.is_file() and LEGAL.search(path.relative_to(folder).as_posix())
        ]
        purl = f"pkg:pypi/{name}@{about['Version']}"
        yield Part("library", name, about["Version"], purl, stated(about), tuple(sorted(texts)))


def stated(about: Message) -> tuple[str, ...]:
    """The licences that a wheel's metadata names."""
    if about.get("License-Expression"):
        return (about["License-Expression"],)
    classes = [text for text in about.get_all("Classifier", []) if text.startswith("License ::")]
    if classes:
        return tuple(sorted(text.split(" :: ")[-1] for text in classes))
    said = (about.get("License") or "").strip().splitlines()
    return (said[0],) if said else (UNKNOWN,)


def models(manifest: Path) -> Iterator[Part]:
    """The models, with their digests."""
    for model in tomllib.loads(manifest.read_text("utf-8"))["model"]:
        yield Part(
            "machine-learning-model",
            model["name"],
            str(model.get("version", "1")),
            "",
            (model.get("licence", UNKNOWN),),
            sha256=model["sha256"],
        )


def component(part: Part) -> dict[str, object]:
    """One component of the bill of materials."""
    found: dict[str, object] = {"type": part.kind, "name": part.name, "version": part.version}
    if part.purl:
        found |= {"bom-ref": part.purl, "purl": part.purl}
    if part.sha256:
        found["hashes"] = [{"alg": "SHA-256", "content": part.sha256}]
    found["licenses"] = [{"license": {"name": licence}} for licence in part.licences]
    return found


def bill(parts: list[Part], name: str, version: str, root_hash: str, epoch: int) -> dict[str, object]:
    """The whole document; its serial number comes from the root hash, so the same image has the same document."""
    product = {
        "type": "firmware",
        "name": name,
        "version": version,
        "properties": [{"name": "hotspot:root-hash", "value": root_hash}],
    }
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{name} {version} {root_hash}')}",
        "version": 1,
        "metadata": {
            "timestamp": f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "component": product,
        },
        "components": [component(part) for part in parts],
    }


def texts(parts: list[Part], epoch: int) -> bytes:
    """Every licence text, in a compressed archive that is the same for the same parts."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for part in parts:
            for number, path in enumerate(part.texts):
                content = path.read_bytes()
                entry = tarfile.TarInfo(f"{part.name}/{number}-{path.name}")
                entry.size, entry.mtime = len(content), epoch
                archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(tar.getvalue(), 9, mtime=epoch)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser()
    for name in ("base", "python", "unused", "kernel", "models"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("name", "version"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--epoch", type=int, required=True)
    parser.add_argument("output", type=Path)
    return parser.parse_args()


def write(asked: argparse.Namespace) -> None:
    """The three files."""
    unused = [line for line in asked.unused.read_text("utf-8").splitlines() if line.startswith("/")]
    parts = sorted(
        {
            *debian(asked.base),
            *python(asked.python, unused),
            *kernel(asked.kernel),
            *models(asked.models),
            Part("application", "hotspot-kiosk", asked.version, "", ("Apache-2.0",)),
        }
    )
    root_hash = (asked.output / "root.hash").read_text("utf-8").split()[0]
    document = bill(parts, asked.name, asked.version, root_hash, asked.epoch)
    (asked.output / "bom.cdx.json").write_text(
        json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )
    lines = [f"{part.name} {part.version}: {', '.join(part.licences)}" for part in parts]
    (asked.output / "licences.txt").write_text("\n".join(lines) + "\n", "utf-8")
    (asked.output / "licences.tar.gz").write_bytes(texts(parts, asked.epoch))


if __name__ == "__main__":
    write(arguments())
