"""What a kernel takes and gives, in a line: `u1[:,::1], f8[:,::1]!, i8 -> f8[::1], i8`.

Numbers are `i8`, `f8` and `b1`, elements NumPy's own codes; `::1` says that an array lies in one piece, `!` that
the kernel writes into it. Nothing behind an arrow: the kernel gives nothing back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NUMBERS = {"i8": "q", "f8": "d", "b1": "q"}
WORD = re.compile(r"(?P<code>[biuf][1248])(?:\[(?P<axes>(?::,)*:(?::1)?)\](?P<written>!?))?")


@dataclass(frozen=True, slots=True)
class Kind:
    """Of one value. axes: 0 for a number; whole: in one piece, row by row; written: by the kernel."""

    code: str
    axes: int = 0
    whole: bool = False
    written: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """Of one kernel."""

    taken: tuple[Kind, ...]
    given: tuple[Kind, ...]


def parse(text: str) -> Signature:
    """Raises ValueError for what says nothing."""
    taken, _, given = text.partition("->")
    return Signature(_kinds(taken), _kinds(given))


def _kinds(text: str) -> tuple[Kind, ...]:
    words = [word.strip() for word in re.split(r",(?![^\[]*\])", text)] if text.strip() else []
    return tuple(_kind(word) for word in words)


def _kind(word: str) -> Kind:
    found = WORD.fullmatch(word)
    if found is None or not (found["axes"] or found["code"] in NUMBERS):
        raise ValueError(f"{word} is no kind of value a kernel takes")
    axes = found["axes"] or ""
    return Kind(
        found["code"], axes.count(",") + 1 if axes else 0, axes.endswith("::1"), bool(found["written"])
    )
