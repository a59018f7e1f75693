"""`hotspot languages`: what each language of the pages still lacks, and placeholders for voices nobody recorded."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import click

from hotspot_kiosk.cli.options import json_option, list_out
from hotspot_kiosk.errors import ConfigError, HotspotError
from hotspot_kiosk.kiosk.web import mark, words_officer
from hotspot_kiosk.kiosk.web.languages import Language, Languages
from hotspot_kiosk.kiosk.web.sounds import Sounds, Voice, voices

ESPEAK = "espeak-ng"
NAMES = {"prs": "fa"}  # what espeak-ng calls a language, where it is not our code; Dari as Persian
SPEED = "140"  # words a minute


class Incomplete(HotspotError):
    """A language lacks something that people depend on."""


@click.group("languages")
def command() -> None:
    """What each language of the pages still lacks."""


@command.command()
@json_option
@click.option("--voices", "folder", type=click.Path(path_type=Path), help="The folder of placeholders.")
@click.option("--complete", is_flag=True, help="Fail, too, where a review or a recorded voice is missing.")
def check(as_json: bool, folder: Path | None, complete: bool) -> None:
    """Count per language what is untranslated, unreviewed, recorded, synthetic and missing.

    Exits 1 if a message of any language is untranslated.
    """
    subject, officer = Languages(), Languages(words_officer.FOLDER)
    rows = [_row("people", subject, each, _voiced(subject, each, Sounds(folder))) for each in subject.all()]
    rows += [_row("officers", officer, each, Counter()) for each in officer.all()]
    training = Languages(mark.FOLDER)
    rows += [_row("training", training, each, Counter()) for each in training.all()]
    list_out(rows, as_json, "there are no languages")
    if lacking := [f"{row['language']} ({row['for']})" for row in rows if _lacks(row, complete)]:
        where = "kiosk/web/locales, locales_officer, locales_training and sounds"
        raise Incomplete(f"not complete: {', '.join(lacking)}; the files are in {where}")


@command.command("voices")
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, help="Where they go.")
def make_voices(folder: Path) -> None:
    """Make placeholders with espeak-ng where it knows the language; the pages mark them as a computer's voice."""
    if shutil.which(ESPEAK) is None:
        raise ConfigError("espeak-ng is not installed: apt-get install espeak-ng")
    languages = Languages()
    for language in languages.all():
        made = _speak(languages, language, folder / language.code)
        click.echo(f"{language.code}: {made} placeholders" if made else f"{language.code}: espeak-ng cannot")


def _row(whose: str, languages: Languages, language: Language, count: Counter[Voice]) -> dict[str, Any]:
    """whose: for whom the words are. Officers' words are read, never heard."""
    untranslated = languages.untranslated(language)
    return {
        "language": language.code,
        "for": whose,
        "name": language.name,
        "direction": language.direction,
        "reviewed": language.review,
        "untranslated": len(untranslated),
        **{str(voice): count[voice] for voice in Voice},
        "lacks": " ".join(untranslated),
    }


def _voiced(languages: Languages, language: Language, sounds: Sounds) -> Counter[Voice]:
    return Counter(sounds.find(language.code, name)[0] for name in voices(languages))


def _lacks(row: dict[str, Any], complete: bool) -> bool:
    if row["untranslated"]:
        return True
    return complete and (row["reviewed"] == "none" or row["synthetic"] + row["missing"] > 0)


def _speak(languages: Languages, language: Language, folder: Path) -> int:
    """How many were made; none where espeak-ng does not know the language."""
    folder.mkdir(parents=True, exist_ok=True)
    name = NAMES.get(language.code, language.code)
    for made, (voice, (message, finger)) in enumerate(voices(languages).items()):
        text = language.text(message, finger=finger)
        said = subprocess.run(
            [ESPEAK, "-v", name, "-s", SPEED, "-w", str(folder / f"{voice}.wav"), "--stdin"],
            input=text.encode(),
            capture_output=True,
            check=False,
        )
        if said.returncode or b"Error" in said.stderr:
            (folder / f"{voice}.wav").unlink(missing_ok=True)
            return made
    return len(voices(languages))
