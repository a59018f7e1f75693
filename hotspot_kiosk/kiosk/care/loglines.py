"""Log lines for a maintainer, with nothing of a person in them: only words that this software itself could say.

A word passes if it stands in a sentence of the program or of the operating system; a name, a record's number, a date,
an address or a row of pixels does not, whoever wrote it into a line. Nothing here is written to a disk.
"""

from __future__ import annotations

import errno
import logging
import os
import pkgutil
import re
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from types import CodeType

import msgspec

PACKAGE = "hotspot_kiosk"
OURS = ("kiosk", "transports", "inference", "compare", "nist")  # and what stands on the street beside them
MOST_LINES, LONGEST = 300, 400
LEFT_OUT = "…"
MOST_DIGITS = 5
TOKEN = re.compile(r"\S+")
PART = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)?|_+")
ANNOTATION = re.compile(r"\w\[| \| ")
WORD = re.compile(r"[A-Za-z]+")
WORDS_OF_THE_SYSTEM = frozenset(
    ["Errno", "systemd", "Started", "Starting", "Stopped", "Stopping", "exited", "status", "code", "signal"]
)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line. at: UTC, to the second; where: the part of the program; text: what may be shown of it."""

    at: str
    level: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that may be shown, as they are written."""

    words: frozenset[str]

    def plain(self, text: str) -> str:
        """What may be shown of a text; everything else is left out, and a sign says so."""
        kept = [self._kept(token) for token in TOKEN.findall(text[: 4 * LONGEST])]
        return " ".join(_once(_no_rows(kept)))[:LONGEST]

    def _kept(self, token: str) -> str:
        parts = PART.findall(token)
        numbers = [part for part in parts if part[0].isdigit()]
        known = all(part in self.words or part in numbers or part[0] == "_" for part in parts)
        small = all(len(number.replace(".", "")) <= MOST_DIGITS for number in numbers)
        odd = re.sub(r"[A-Za-z0-9_.,:;!?()\[\]%'\"/+°-]", "", token)
        return token if parts and known and small and len(numbers) <= 1 and not odd else _bare(token)


def _bare(token: str) -> str:
    """A sign of punctuation alone says nothing; anything else is left out."""
    return token if token in ("-", "/", "=", "%", "->", ":") else LEFT_OUT


def _no_rows(tokens: list[str]) -> Iterator[str]:
    """Numbers side by side are no measure of ours: a date, a telephone, pixels."""
    holds = [bool(re.search(r"\d", token)) for token in tokens]
    for at, token in enumerate(tokens):
        beside = (at > 0 and holds[at - 1]) or (at + 1 < len(holds) and holds[at + 1])
        yield LEFT_OUT if holds[at] and beside else token


def _once(tokens: Iterable[str]) -> Iterator[str]:
    before = ""
    for token in tokens:
        if token != LEFT_OUT or before != LEFT_OUT:
            yield token
        before = token


@cache
def vocabulary() -> Vocabulary:
    """Every word in a sentence of the kiosk's own code and of the system's errors. Read once, in a fraction of a second."""
    said = {word for text in _sentences() for word in WORD.findall(text)}
    system = {word for code in errno.errorcode for word in WORD.findall(os.strerror(code))}
    return Vocabulary(frozenset(said | system | WORDS_OF_THE_SYSTEM))


def _sentences() -> Iterator[str]:
    """Sentences and small words in the code. Docstrings end in a full stop, what is logged does not; names of classes are no words."""
    root = find_spec(PACKAGE)
    folders = list(root.submodule_search_locations or ()) if root else []
    for found in pkgutil.walk_packages(folders, f"{PACKAGE}.", onerror=lambda _name: None):
        if "." in found.name.removeprefix(f"{PACKAGE}.") and found.name.split(".")[1] not in OURS:
            continue
        spec = found.module_finder.find_spec(found.name, None)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            code = spec.loader.get_code(found.name)
            if isinstance(code, CodeType):
                yield from _constants(code)


def _constants(code: CodeType) -> Iterator[str]:
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from _constants(value)
        elif isinstance(value, str) and _is_said(value):
            yield value


def _is_said(text: str) -> bool:
    if "\n" in text or text.rstrip().endswith(".") or ANNOTATION.search(text):
        return False
    return " " in text.strip() or text.islower()


class Recent(logging.Handler):
    """The newest lines of this process, in memory, as they may be shown. `start` and `close` like any part."""

    def __init__(self, most: int = MOST_LINES) -> None:
        super().__init__(logging.INFO)
        self._records: deque[tuple[float, str, str, str]] = deque(maxlen=most)
        self._guard = threading.Lock()

    def start(self) -> None:
        """Hear everything that is logged."""
        logging.getLogger().addHandler(self)

    def close(self) -> None:
        """Hear nothing more, and forget."""
        logging.getLogger().removeHandler(self)
        with self._guard:
            self._records.clear()
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it. A line that cannot be put together is kept without its words."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = ""
        with self._guard:
            self._records.append((record.created, record.levelname, record.name, text))

    def lines(self) -> tuple[Line, ...]:
        """What may be shown, oldest first."""
        with self._guard:
            kept = tuple(self._records)
        words = vocabulary()
        return tuple(line(words, *each) for each in kept)


def line(words: Vocabulary, created: float, level: str, name: str, text: str) -> Line:
    """A line as it may be shown. created: seconds since 1970; name: of the logger."""
    at = f"{datetime.fromtimestamp(created, UTC):%Y-%m-%d %H:%M:%S}"
    where = name.removeprefix(f"{PACKAGE}.") if name.startswith(f"{PACKAGE}.") else "other"
    return Line(at=at, level=words.plain(level.lower()), where=words.plain(where), text=words.plain(text))
