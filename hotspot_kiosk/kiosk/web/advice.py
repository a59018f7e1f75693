"""From what the daemon says to the id of a message. A message's id is its sound's name, too.

The daemon's advice comes as an id or as its English sentence; either finds its message here.
"""

from __future__ import annotations

import re

from hotspot_kiosk.kiosk.web.languages import Languages
from hotspot_kiosk.terms import FingerPosition

POSITIONS = {position.words: int(position) for position in FingerPosition}


class Advices:
    """Finds the message for an advice."""

    def __init__(self, languages: Languages) -> None:
        known = [name for name in languages.messages if name.startswith("advice-")]
        self._by_word = {_plain(languages.source.text(name)): name for name in known}
        self._by_word |= {_plain(name.removeprefix("advice-")): name for name in known}

    def find(self, said: str, otherwise: str) -> str:
        """The message's id; `otherwise` where nothing fits."""
        return self._by_word.get(_plain(said), otherwise)


def _plain(said: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", said.lower().removeprefix("please ")))
