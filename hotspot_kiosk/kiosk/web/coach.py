"""The lessons of a training, as the officers' pages see them: who plays them listens on a Unix socket.

Only ids go over it; the words stand in Fluent files. The page knows nothing of how a lesson is played, and nothing
is kept of who learned what.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from hotspot_kiosk.errors import LinkDown
from hotspot_kiosk.kiosk.web.mark import Mark

LONGEST = 64 << 10


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an officer wants: begin `about` (a lesson), say `about` to the person, stop, or only look."""

    do: Literal["look", "begin", "say", "stop"] = "look"
    about: str = ""


class Step(msgspec.Struct, frozen=True):
    """One step of a lesson: the number in its words' id, and whether it is done."""

    number: int
    done: bool


class Stand(msgspec.Struct, frozen=True):
    """How the lesson stands; without one, what may be begun.

    says: what may be said to the person now. aside: what was done otherwise than the lesson asks, as ids.
    """

    lessons: tuple[str, ...] = ()
    lesson: str = ""
    steps: tuple[Step, ...] = ()
    says: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    learned: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """The same for a page: with what is to be done now, in words."""

    stand: Stand
    now: str


class Coach:
    """Asks whoever plays the lessons."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def course(self, code: str, mark: Mark) -> Course:
        """How the lesson stands. A coach that is away plays nothing."""
        stand = Stand()
        with contextlib.suppress(LinkDown):
            stand = await self._ask(Word())
        return Course(stand, mark.words(code, _now(stand)))

    async def asked(self, fields: Mapping[str, str]) -> None:
        """An officer's choice. Raises LinkDown if nobody plays."""
        try:
            word = msgspec.convert({"do": fields.get("do", ""), "about": fields.get("about", "")}, Word)
        except msgspec.ValidationError:
            return
        await self._ask(word)

    async def _ask(self, word: Word) -> Stand:
        try:
            reader, writer = await asyncio.open_unix_connection(str(self._socket), limit=LONGEST)
        except OSError:
            raise LinkDown("nobody plays the lessons; start them with: hotspot training") from None
        try:
            writer.write(msgspec.json.encode(word) + b"\n")
            return msgspec.json.decode(await reader.readline(), type=Stand)
        except (OSError, ValueError, msgspec.DecodeError):
            raise LinkDown("whoever plays the lessons did not answer; try once more") from None
        finally:
            writer.close()


def _now(stand: Stand) -> str:
    """The id of what is to be done."""
    if not stand.lesson:
        return "lesson-none"
    if stand.learned:
        return f"lesson-{stand.lesson}-learned"
    return next(
        (f"lesson-{stand.lesson}-{each.number}" for each in stand.steps if not each.done), "lesson-none"
    )
