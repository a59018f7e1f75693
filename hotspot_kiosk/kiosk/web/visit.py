"""One person's time at the screen: who holds it, in which language, and how far the notice was shown,
and the slip that stays until they took it.

Lives in memory; a new person gets a new one, and the old one's tokens open nothing any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe

from hotspot_kiosk.errors import Refused
from hotspot_kiosk.kiosk.web.languages import Language
from hotspot_kiosk.operation import Kind
from hotspot_kiosk.slip import Paper

Part = tuple[str, ...]  # the statements of a notice that stand on the screen together
NOTICES: dict[Kind, tuple[Part, ...]] = {
    Kind.HOTSPOT: (("notice-1", "notice-2"), ("notice-3", "notice-4"), ("notice-5", "notice-6")),
    Kind.RECEPTION: (
        ("notice-1", "enrol-1"),
        ("notice-3", "enrol-2"),
        ("enrol-3", "notice-5"),
        ("notice-6",),
    ),
}
LEAST_S = 0.8  # for each of its statements; a part that was on the screen for less was not shown
NOTICE_HEADER = "hotspot-notice"


@dataclass(slots=True)
class Visit:
    """`token` proves who holds the screen, `form` that a request came from its pages.

    choosing: the list of languages is open; what was spoken before is spoken until another one is touched.
    """

    token: str = field(default_factory=lambda: token_urlsafe(24), repr=False)
    form: str = field(default_factory=lambda: token_urlsafe(24), repr=False)
    language: Language | None = None
    choosing: bool = False
    part: int = 0
    low: bool = False
    slip: Paper | None = field(default=None, repr=False)
    not_adult: bool = False
    since: float = 0.0
    kind: Kind | None = None
    spent: dict[int, float] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of the notice that is due; none if it is not known whose lane this is."""
        return NOTICES[self.kind] if self.kind is not None else ()

    def choose(self, now: float) -> None:
        """Open the list of languages; what lies under it is not being shown."""
        self._count(now)
        self.choosing = True

    def speak(self, language: Language, now: float) -> None:
        """Choose the language; a notice begun in another one begins again."""
        if language is not self.language:
            self.part, self.spent = 0, {}
        self.language, self.choosing, self.since = language, False, now

    def turn(self, step: int, now: float) -> None:
        """To the notice's next or last part. Raises Refused if this one was not on the screen long enough."""
        if not self.parts:
            raise Refused("no notice is due")
        self._count(now)
        if step > 0 and not self.read(self.part):
            raise Refused("that part of the notice was not shown yet")
        self.part = min(max(self.part + step, 0), len(self.parts) - 1)
        self.since = now

    def proof(self, now: float, sound: str) -> str:
        """How the notice was shown, for the journal. Raises Refused unless every part was."""
        self._count(now)
        shown = [part for part in range(len(self.parts)) if self.read(part)]
        if self.language is None or self.kind is None or len(shown) < len(self.parts):
            raise Refused("the notice was not shown to its end yet")
        seconds = round(sum(self.spent.values()))
        edition = edition_of(self.language, self.parts)
        which = f"language={self.language.code} notice={self.kind} edition={edition}"
        return f"{which} parts={len(shown)} seconds={seconds} sound={sound}"

    def begin_notice(self, now: float, kind: Kind | None) -> None:
        """The notice of this lane appears now."""
        self.kind, self.part, self.since, self.spent = kind, 0, now, {}

    def read(self, part: int) -> bool:
        """Whether that part was on the screen long enough to be read."""
        return self.spent.get(part, 0.0) >= LEAST_S * len(self.parts[part])

    def _count(self, now: float) -> None:
        shown = 0.0 if self.choosing or self.language is None else now - self.since
        self.spent[self.part] = self.spent.get(self.part, 0.0) + shown
        self.since = now


def edition_of(language: Language, parts: Sequence[Part]) -> str:
    """Which words were shown: 16 hex digits of their SHA-256."""
    text = "\n".join(language.text(statement) for part in parts for statement in part)
    return sha256(f"{NOTICE_HEADER}\n{text}".encode()).hexdigest()[:16]
