"""What a page can be heard as: a recorded voice, a placeholder made by a machine, or nothing; and tones.

A recording is sounds/<language>/<message>.opus in this package; placeholders lie in a folder that the
config names. Tones need no language and are computed.
"""

from __future__ import annotations

import io
import math
import struct
import wave
from enum import StrEnum
from pathlib import Path

from hotspot_kiosk.kiosk.web.languages import Languages

RECORDED = Path(__file__).with_name("sounds")
RATE = 22_050
TONES = {  # (Hz, seconds) after each other; 0 Hz is silence
    "go": ((660, 0.12),),
    "good": ((660, 0.10), (990, 0.18)),
    "again": ((440, 0.14), (0, 0.06), (440, 0.14)),
    "warn": ((880, 0.18), (0, 0.10), (880, 0.18), (0, 0.10), (880, 0.18)),
    "end": ((523, 0.12), (659, 0.12), (784, 0.22)),
}
PLACE = "finger-place"
SILENT = ("slip-days", "seconds", "notice-part", "computer-voice")  # shown, never said
LOUD = 0.4
RAMP_S = 0.01


class Voice(StrEnum):
    """Where the voice of a message comes from."""

    RECORDED = "recorded"
    SYNTHETIC = "synthetic"
    MISSING = "missing"


class Sounds:
    """Finds voices. A finger's message has one a finger: `finger-place-2`."""

    def __init__(self, placeholders: Path | None, recorded: Path = RECORDED) -> None:
        self._placeholders = placeholders
        self._recorded = recorded

    def find(self, language: str, message: str) -> tuple[Voice, Path | None]:
        """The best there is, and its file."""
        own = self._recorded / language / f"{message}.opus"
        if own.is_file():
            return Voice.RECORDED, own
        if self._placeholders is not None:
            made = self._placeholders / language / f"{message}.wav"
            if made.is_file():
                return Voice.SYNTHETIC, made
        return Voice.MISSING, None


def voices(languages: Languages) -> dict[str, tuple[str, int]]:
    """Every voice that a language needs: its file's name, and the message and finger that it says."""
    needed = {name: (name, 0) for name in languages.messages if name not in (PLACE, *SILENT)}
    return needed | {f"{PLACE}-{finger}": (PLACE, finger) for finger in range(1, 11)}


def tone(name: str) -> bytes:
    """A tone as a WAV file (mono, 16 bits). Raises KeyError if there is none of this name."""
    samples = [value for hertz, seconds in TONES[name] for value in _note(hertz, seconds)]
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return file.getvalue()


def _note(hertz: int, seconds: float) -> list[int]:
    count = round(RATE * seconds)
    ramp = RATE * RAMP_S
    return [
        round(
            32767 * LOUD * min(1.0, n / ramp, (count - n) / ramp) * math.sin(2 * math.pi * hertz * n / RATE)
        )
        for n in range(count)
    ]
