"""What keeps training and what is real apart on one machine, before anything runs: folders and settings.

A folder with a file named TRAINING in it, and all below, is for training; what is real keeps nothing there, and
training nothing anywhere else. Keys, envelopes and journals hold the same word in themselves (`seal`); this only
refuses early and says what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.terms import Realm

MARK = "TRAINING"
AGENCY = "TRAINING"
HERE = ("127.0.0.1", "localhost", "::1")
ALONE = "training stays on this machine: [link] needs driver loopback, or host 127.0.0.1"


def of_folder(path: Path) -> Realm:
    """Whether a file of this name would be for training; it need not be there."""
    folders = (path.absolute(), *path.absolute().parents)
    return Realm.TRAINING if any((each / MARK).is_file() for each in folders) else Realm.REAL


def mark(folder: Path) -> None:
    """Make a folder, and all below it, one for training."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text("All below this folder is for training. Nothing real belongs here.\n")


def check_places(realm: Realm, places: Iterable[Path]) -> None:
    """Raises ConfigError naming the first place that is not of this realm.

    Where this process may not look it keeps nothing: the pages, which read the daemon's settings, are shut out of its
    folders, and the daemon looks itself.
    """
    for place in places:
        try:
            found = of_folder(place)
        except PermissionError:
            continue
        if found is realm:
            continue
        if realm is Realm.REAL:
            raise ConfigError(f"{place} lies in a folder for training; what is real keeps nothing there")
        raise ConfigError(
            f"{place} lies in no folder for training (one with a file {MARK}); training keeps all it has in one"
        )


def check_agency(agency: str, *, training: bool) -> None:
    """Raises ValueError: the agency stands inside every record, and in training it is this word."""
    if training != (agency == AGENCY):
        raise ValueError(f'agency = "{AGENCY}" is for training (training = true), which has no other')


def check_link(link: Mapping[str, Any]) -> None:
    """Raises ValueError if training would talk to another machine."""
    if link.get("driver") != "loopback" and link.get("host") not in HERE:
        raise ValueError(ALONE)
