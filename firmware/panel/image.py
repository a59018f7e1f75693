"""Puts the firmware together: the signed app, the factory's flash image and the UF2 for a blank board.

    image.py key OUT [--key FILE]                       the public key as a C header
    image.py sign APP OUT --version 1.2.3 --security N [--key FILE]
    image.py flash LOADER SIGNED OUT_BIN OUT_UF2

Without --key everything is signed by a key that anybody can make; the loader then says so in HELLO.
The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import struct
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hotspot_kiosk.kiosk.devices.panel_image import BOARD, HEADER_BYTES, PAGE, Header
from hotspot_kiosk.kiosk.devices.panel_protocol import SCHEMA

DEVELOPMENT = b"hotspot panel: a key that is no secret"
SLOT_A, STATE_A, FLASH_BYTES = 0x10000, 0x30000, 0x40000
CONFIRMED = 0x434F4E46
BOOT2_BYTES = 256
UF2_MAGIC = (0x0A324655, 0x9E5D5157, 0x0AB16F30)
UF2_FAMILY_PRESENT, UF2_RP2040 = 0x2000, 0xE48BFF56
FLASH_BASE = 0x10000000


def signing_key(path: Path | None) -> Ed25519PrivateKey:
    """The PEM file's key, or the one for development."""
    if path is None:
        return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(DEVELOPMENT).digest())
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise SystemExit(f"{path} holds no Ed25519 key; make one with: openssl genpkey -algorithm ed25519")
    return key


def key_header(path: Path | None) -> str:
    """key.h for the loader."""
    public = signing_key(path).public_key().public_bytes_raw()
    listed = ", ".join(f"0x{byte:02X}" for byte in public)
    return (
        "// Made by image.py; do not edit.\n#pragma once\n#include <stdint.h>\n"
        f"#define LOADER_KEY_IS_FOR_DEVELOPMENT {int(path is None)}\n"
        f"static const uint8_t LOADER_KEY[32] = {{{listed}}};\n"
    )


def signed(code: bytes, version: int, security: int, key: Ed25519PrivateKey, schema: int = SCHEMA) -> bytes:
    """Header, signature and code; what an update carries. Schema is a parameter so that tests can lie."""
    code += b"\xff" * (-len(code) % PAGE)
    head = Header(len(code), version, schema, security, BOARD).encode()
    return (head + key.sign(head + code)).ljust(HEADER_BYTES, b"\xff") + code


def with_boot2_sum(loader: bytes) -> bytes:
    """The CRC-32 that the mask ROM checks, at the end of the first 256 bytes (datasheet 2.8.1.3.1)."""
    boot2 = loader[: BOOT2_BYTES - 4]
    return boot2 + struct.pack("<I", _crc32(boot2)) + loader[BOOT2_BYTES:]


def factory(loader: bytes, image: bytes) -> bytes:
    """Flash as it leaves the factory: loader, the image in slot A, confirmed."""
    flash = bytearray(b"\xff" * FLASH_BYTES)
    loader = with_boot2_sum(loader)
    flash[: len(loader)] = loader
    flash[SLOT_A : SLOT_A + len(image)] = image
    flash[STATE_A : STATE_A + 8] = struct.pack("<II", 1, CONFIRMED)
    return bytes(flash)


def uf2(flash: bytes) -> bytes:
    """The pages that are not blank, and one blank page at the head of what must be blank."""
    pages = [
        at for at in range(0, len(flash), PAGE) if flash[at : at + PAGE] != b"\xff" * PAGE or at % 4096 == 0
    ]
    return b"".join(_uf2_block(flash, at, number, len(pages)) for number, at in enumerate(pages))


def _uf2_block(flash: bytes, at: int, number: int, count: int) -> bytes:
    head = struct.pack(
        "<8I", *UF2_MAGIC[:2], UF2_FAMILY_PRESENT, FLASH_BASE + at, PAGE, number, count, UF2_RP2040
    )
    return head + flash[at : at + PAGE].ljust(476, b"\0") + struct.pack("<I", UF2_MAGIC[2])


def _crc32(data: bytes) -> int:
    """Polynomial 04C11DB7, not reflected, from all ones, not inverted."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc


def _version(text: str) -> int:
    major, minor, patch = (int(part) for part in text.split("."))
    return major << 16 | minor << 8 | patch


def main() -> None:
    """The three commands."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in (
        ("key", ["out"]),
        ("sign", ["app", "out"]),
        ("flash", ["loader", "image", "bin", "uf2"]),
    ):
        command = commands.add_parser(name)
        for word in words:
            command.add_argument(word, type=Path)
        command.add_argument("--key", type=Path)
        command.add_argument("--version", type=_version, default=0)
        command.add_argument("--security", type=int, default=0)
    asked = parser.parse_args()
    if asked.command == "key":
        asked.out.write_text(key_header(asked.key), "ascii")
    elif asked.command == "sign":
        asked.out.write_bytes(
            signed(asked.app.read_bytes(), asked.version, asked.security, signing_key(asked.key))
        )
    else:
        flash = factory(asked.loader.read_bytes(), asked.image.read_bytes())
        asked.bin.write_bytes(flash)
        asked.uf2.write_bytes(uf2(flash))


if __name__ == "__main__":
    main()
