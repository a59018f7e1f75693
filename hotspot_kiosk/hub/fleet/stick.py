"""A rollout onto a stick, for kiosks whose link does not carry it. Decides nothing new: whose wave is not open gets none."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hotspot_kiosk import files, fleet
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.fleet import FINAL, Outcome
from hotspot_kiosk.hub.fleet.fleet import Course, by_stick
from hotspot_kiosk.hub.fleet.rollout import Rollout
from hotspot_kiosk.seal import PrivateKeys
from hotspot_kiosk.stick_update import UpdateStick, url


def write(stick: UpdateStick, course: Course, bundle: Path, own: PrivateKeys) -> list[int]:
    """The bundle, then an invitation to each kiosk whose wave is open and that has not come to an end; returns which.

    Raises Refused, or StorageFailed if the stick is full or cannot be written.
    """
    if course.halted or course.done:
        raise Refused(f"rollout {course.rollout.id} is over: nothing was written; begin another")
    left = _left(course)
    if not left:
        raise Refused("no kiosk whose wave is open is left to update; see: hotspot fleet rollout show")
    _check(bundle, course.rollout)
    version = course.rollout.version
    stick.bring(bundle, version)
    for device in left:
        invitation = fleet.signed(by_stick(course, device, url(version)), own)
        stick.invite(device, fleet.encode(invitation))
    return left


def _left(course: Course) -> list[int]:
    """Whoever failed over the link may be brought a stick; whoever runs it already, or went back from it, may not."""
    ended = [
        device
        for device, outcome in course.outcomes.items()
        if outcome in FINAL and outcome is not Outcome.FAILED
    ]
    return [device for device in course.invited() if device not in ended]


def _check(bundle: Path, rollout: Rollout) -> None:
    """By the words beside the bundle that image-build/bundle writes; RAUC at the kiosk looks at the bundle itself."""
    if not bundle.is_file():
        raise Refused(f"there is no bundle {bundle}")
    words = bundle.with_suffix(".toml")
    try:
        said = tomllib.loads(files.read(words).decode("utf-8")) if words.is_file() else {}
    except (ValueError, RecursionError):
        said = {}
    if (said.get("version"), said.get("manifest")) != (rollout.version, rollout.manifest):
        raise Refused(
            f"{words} does not name version and manifest of rollout {rollout.id}: take the bundle that was rolled out, "
            "with the .toml that was written beside it"
        )
