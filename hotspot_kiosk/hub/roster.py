"""The hub's roster of officers: one signed file, of which every edition that was signed is the next one.

A copy of the file goes to the kiosks; what counts at the hub is what lies here now.
"""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

import msgspec

from hotspot_kiosk import files
from hotspot_kiosk.errors import BadBytes, ConfigError, Refused, SealError, StorageFailed
from hotspot_kiosk.officers import Officer, Roster, sign, verify
from hotspot_kiosk.seal import PrivateKeys, Trusted

log = logging.getLogger(__name__)
NO_ROSTER = "nobody is on the roster yet; add somebody with: hotspot officer add"


def nobody() -> Roster:
    """For a hub whose config names no roster. Raises Refused: who is on none may decide nothing."""
    raise Refused(NO_ROSTER)


class RosterFile:
    """The file. own: signs the next edition; hub: whose signature is believed."""

    def __init__(self, path: Path | None, own: PrivateKeys, hub: Trusted) -> None:
        if path is None:
            raise ConfigError("[hub] roster is missing: name a file in which it is kept who may decide what")
        self.path = path
        self._own = own
        self._hub = hub
        self._seen: tuple[int, int, int] | None = None
        self._known: Roster | None = None

    def known(self) -> Roster | None:
        """The roster by which kept signatures are verified; while it cannot be read, the last that could; None before."""
        try:
            about = self.path.stat()
            look = about.st_mtime_ns, about.st_size, about.st_ino
            if look != self._seen:
                self._known, self._seen = self.read(), look
        except FileNotFoundError:
            return self._known
        except (BadBytes, ConfigError, SealError, StorageFailed, OSError) as error:
            log.error(
                "the roster cannot be read, so no signature counts that was not known before: %s", error
            )
        return self._known

    def read(self) -> Roster:
        """The roster. Raises Refused if there is none; BadBytes, ConfigError or SealError if it is not the hub's."""
        if not self.path.exists():
            raise Refused(NO_ROSTER)
        return verify(files.read(self.path), self._hub)

    def put(self, officer: Officer, now: datetime) -> Roster:
        """The next edition, with this officer in it or replaced.

        Raises Refused for a key that another person has, or had: two people are told apart by their keys.
        """
        before = self.read() if self.path.exists() else Roster(edition=1, made=now)
        try:
            after = before.with_officer(officer, now)
        except ValueError as error:
            raise Refused(
                f"{error}; every person has keys of their own, which nobody else had before"
            ) from None
        files.replace(self.path, sign(after, self._own))
        return after

    def revoke(self, name: str, now: datetime) -> Roster:
        """The next edition, in which this officer may do nothing any more. Raises Refused if there is no such one."""
        officer = self.read().find(name)
        if officer is None:
            raise Refused(f"there is nobody {name} on the roster, or they are revoked already")
        after = self.read().with_officer(msgspec.structs.replace(officer, revoked=now), now)
        files.replace(self.path, sign(after, self._own))
        return after
