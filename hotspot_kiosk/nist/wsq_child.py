"""A process of its own that decodes WSQ images, so that a damaged one can harm nothing but this process.

Run by `compression` as a script. In: for each image four bytes of length, big-endian, and the image. Out:
the pixels of all, one byte each, row by row. It ends with a status other than 0 if any image is damaged.
It imports nothing of this project.
"""

from __future__ import annotations

import io
import resource
import sys
from collections.abc import Iterator

import wsq
from PIL import Image

MEMORY = 1 << 30
SECONDS = 15


def _images(stream: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(stream):
        end = at + 4 + int.from_bytes(stream[at : at + 4], "big")
        yield stream[at + 4 : end]
        at = end


def main() -> None:
    """Decode standard input to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    form = wsq.WsqImagePlugin.WsqImageFile.format
    for data in _images(sys.stdin.buffer.read()):
        with Image.open(io.BytesIO(data), formats=[form]) as picture:
            sys.stdout.buffer.write(picture.tobytes())


if __name__ == "__main__":
    main()
