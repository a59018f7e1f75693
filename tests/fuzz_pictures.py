"""The fuzz target of the picture decoders: files changed at random give a plain picture or BadSample, nothing else.

`python -W error tests/fuzz_pictures.py --count 100000` is the campaign; `test_pictures_fuzz.py` runs a short one.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from paintings import picture, png_claiming, saved

from hotspot_kiosk import pictures
from hotspot_kiosk.errors import BadSample

WORDS = (
    b"IHDR",
    b"IDAT",
    b"acTL",
    b"fcTL",
    b"tRNS",
    b"iCCP",
    b"PLTE",
    b"\xff\xd8",
    b"\xff\xc0",
    b"\xff\xda",
    b"Exif\0\0",
)


@cache
def corpus() -> tuple[bytes, ...]:
    """Files of both formats, plain and odd ones."""
    colour, grey = picture((40, 30)), picture((40, 30), "L")
    plain = [saved(image, kind) for image in (colour, grey) for kind in ("PNG", "JPEG")]
    odd = [saved(picture((9, 7), mode), "PNG") for mode in ("1", "P", "LA", "RGBA", "I;16")]
    more = [
        saved(picture((9, 7), "CMYK"), "JPEG"),
        saved(colour, "JPEG", progressive=True),
        saved(colour, "GIF"),
    ]
    moving = saved(colour, "PNG", save_all=True, append_images=[picture((40, 30)).rotate(90)])
    return (*plain, *odd, *more, moving, png_claiming(60_000, 60_000), png_claiming(1, 1), b"")


def mutated(rng: random.Random) -> bytes:
    """A file of the corpus with up to six changes."""
    return changed(rng, corpus(), WORDS)


def changed(rng: random.Random, good: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """One of the good ones with up to six changes: bytes, cuts, repeats, words of the formats, another one's part."""
    data = bytearray(rng.choice(good))
    for _ in range(rng.randrange(7)):
        at = rng.randrange(len(data) + 1)
        change = rng.randrange(5)
        if change == 0 and at < len(data):
            data[at] = rng.randrange(256)
        elif change == 1:
            del data[at : at + rng.randrange(1, 40)]
        elif change == 2:
            data[at:at] = data[at : at + rng.randrange(1, 40)]
        elif change == 3:
            data[at : at + 4] = rng.choice(words)
        else:
            other = rng.choice(good)
            data[at:] = other[at:]
    return bytes(data)


def outcome(data: bytes) -> str:
    """What became of it; anything but a plain picture or BadSample is raised."""
    words = []
    for decode, dimensions in ((pictures.decode, 3), (pictures.decode_grey, 2)):
        try:
            pixels = decode(data)
        except BadSample as error:
            words.append(str(error).split("(")[0].strip())
            continue
        assert pixels.dtype == np.uint8
        assert pixels.ndim == dimensions
        assert max(pixels.shape) <= pictures.MAX_SIDE
        words.append("a picture")
    return " / ".join(words)


def campaign(
    count: int,
    seed: int,
    make: Callable[[random.Random], bytes] = mutated,
    judge: Callable[[bytes], str] = outcome,
) -> Counter[str]:
    """How often what became of the files; the first that breaks the rule ends it, and can be made again by its number."""
    found: Counter[str] = Counter()
    for number in range(count):
        try:
            found[judge(make(random.Random(f"{seed}/{number}")))] += 1
        except BaseException as error:
            error.add_note(f"file {number} of seed {seed}")
            raise
    return found


def main(run: Callable[[int, int], Counter[str]] = campaign) -> None:
    """Run as many as asked for, and tell."""
    options = argparse.ArgumentParser()
    options.add_argument("--count", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    for what, often in run(asked.count, asked.seed).most_common():
        sys.stdout.write(f"{often:8}  {what}\n")


if __name__ == "__main__":
    main()
