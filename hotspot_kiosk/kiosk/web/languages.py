"""The languages of the pages: one Fluent file each, read from a folder; nothing else names a language.

A message that a language lacks is said in the source language, and `Language.untranslated` tells of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import FluentParser
from fluent.syntax.ast import Junk, Message

from hotspot_kiosk.errors import BadBytes

SOURCE = "en"
FOLDER = Path(__file__).with_name("locales")
META = "meta-"
NOBODY = "none"  # `meta-review` of a file that no native speaker has checked


@dataclass(frozen=True, slots=True)
class Language:
    """One language: `code` is its file's name; `direction` is ltr or rtl."""

    code: str
    name: str
    direction: str
    review: str
    own: frozenset[str]
    bundles: tuple[FluentBundle, ...] = field(repr=False)

    def text(self, message: str, **words: str | int) -> str:
        """A message's words, in the source language if this one lacks it. Raises KeyError if none has it."""
        for bundle in self.bundles:
            if bundle.has_message(message):
                return _said(bundle, message, words)
        raise KeyError(message)

    @property
    def reviewed(self) -> bool:
        """Whether somebody signed for the translation."""
        return self.review != NOBODY


class Languages:
    """All languages of a folder, in the order asked for; without an order by their codes."""

    def __init__(self, folder: Path = FOLDER, wanted: Sequence[str] = ()) -> None:
        """Raises BadBytes if a file is no Fluent file or lacks its head, or a wanted one is missing."""
        source = _read(folder / f"{SOURCE}.ftl")
        self.messages = tuple(sorted(name for name in source.messages if not name.startswith(META)))
        codes = list(wanted) or sorted(path.stem for path in folder.glob("*.ftl"))
        self._all = {code: _language(code, _read(folder / f"{code}.ftl"), source) for code in codes}
        self.source = self._all.get(SOURCE) or _language(SOURCE, source, source)

    def all(self) -> tuple[Language, ...]:
        """Every language."""
        return tuple(self._all.values())

    def get(self, code: str) -> Language | None:
        """The language with this code."""
        return self._all.get(code)

    def untranslated(self, language: Language) -> tuple[str, ...]:
        """Messages that this language lacks."""
        return tuple(name for name in self.messages if name not in language.own)


@dataclass(frozen=True, slots=True)
class _File:
    text: str
    messages: frozenset[str]


def _read(path: Path) -> _File:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadBytes(f"the language file {path} cannot be read: {error}") from None
    parsed = FluentParser().parse(text)
    junk = [entry for entry in parsed.body if isinstance(entry, Junk)]
    if junk:
        raise BadBytes(f"{path}: not a Fluent message: {(junk[0].content or '').strip()[:60]!r}")
    names = [entry.id.name for entry in parsed.body if isinstance(entry, Message)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadBytes(f"{path}: said twice: {', '.join(twice)}")
    return _File(text, frozenset(names))


def _language(code: str, file: _File, source: _File) -> Language:
    missing = sorted({"meta-name", "meta-direction", "meta-locale", "meta-review"} - file.messages)
    if missing:
        raise BadBytes(f"{code}.ftl lacks {', '.join(missing)}")
    head = _bundle(SOURCE, file)
    locale, direction = _said(head, "meta-locale"), _said(head, "meta-direction")
    if direction not in ("ltr", "rtl"):
        raise BadBytes(f"{code}.ftl: meta-direction must be ltr or rtl")
    return Language(
        code=code,
        name=_said(head, "meta-name"),
        direction=direction,
        review=_said(head, "meta-review"),
        own=file.messages,
        bundles=(_bundle(locale, file), _bundle(SOURCE, source)),
    )


def _bundle(locale: str, file: _File) -> FluentBundle:
    bundle = FluentBundle([locale], use_isolating=False)
    bundle.add_resource(FluentResource(file.text))
    return bundle


def _said(bundle: FluentBundle, message: str, words: Mapping[str, str | int] = MappingProxyType({})) -> str:
    value = bundle.get_message(message).value
    if value is None:
        raise KeyError(message)
    said, errors = bundle.format_pattern(value, dict(words))
    if errors:
        raise BadBytes(f"the message {message} cannot be said: {errors[0]}")
    return str(said)
