"""The roster that is installed at this kiosk: one signed file, read whenever somebody's rights are asked about.

Believed only by the hub's signature, so it may come over the link, on a stick, or by hand.
"""

from __future__ import annotations

from pathlib import Path

from hotspot_kiosk import files
from hotspot_kiosk.errors import BadBytes, ConfigError, Refused, SealError
from hotspot_kiosk.keyring import Trust
from hotspot_kiosk.officers import Roster, verify


class Roll:
    """Where the roster lies, and whose signature it needs. Any thread may call."""

    def __init__(self, path: Path, trust: Trust) -> None:
        self._path = path
        self._trust = trust

    def current(self) -> Roster | None:
        """The installed roster; None if there is none. Raises Refused if what lies there cannot be used."""
        try:
            return verify(self._path.read_bytes(), self._trust.ring)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Refused(f"the roster in {self._path} cannot be read: {error.strerror}") from None
        except (BadBytes, ConfigError, SealError) as error:
            raise Refused(
                f"the roster in {self._path} cannot be used: {error}; ask the bureau for it again"
            ) from None

    def install(self, content: bytes) -> Roster:
        """Keep a signed roster; the one before is replaced.

        Raises BadBytes, ConfigError or SealError for what the hub did not sign, Refused for one older than that
        which is here, StorageFailed.
        """
        fresh = verify(content, self._trust.ring)
        before = self._readable()
        if before is not None and fresh.edition <= before.edition and fresh != before:
            raise Refused(
                f"roster edition {before.edition} is here already; a newer one has a higher edition"
            )
        files.replace(self._path, content)
        return fresh

    def receive(self, content: bytes) -> None:
        """The same for one that the hub ordered; of one that is here, or older, nothing is left to do."""
        before = self._readable()
        if before is None or verify(content, self._trust.ring).edition > before.edition:
            self.install(content)

    def _readable(self) -> Roster | None:
        try:
            return self.current()
        except Refused:
            return None
