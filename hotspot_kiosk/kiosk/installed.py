"""The operation that is installed at this kiosk: one signed file, read whenever somebody is checked.

It is believed only by the hub's signature, so it may come over the link, on a stick, or by hand.
"""

from __future__ import annotations

from pathlib import Path

from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.errors import BadBytes, ConfigError, Refused, SealError, StorageFailed
from hotspot_kiosk.files import write_whole
from hotspot_kiosk.operation import Operation, verify
from hotspot_kiosk.seal import Trusted


def current(path: Path, hub: Trusted) -> Operation | None:
    """The installed operation; None if there is none. Raises Refused if what lies there cannot be used."""
    try:
        return verify(path.read_bytes(), hub)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused(f"the operation in {path} cannot be read: {error.strerror}") from None
    except (BadBytes, ConfigError, SealError) as error:
        raise Refused(f"the operation in {path} cannot be used: {error}; install it again") from None


def install(path: Path, content: bytes, hub: Trusted, device: int) -> Operation:
    """Keep a signed operation for this kiosk; the one before is replaced.

    Raises BadBytes, ConfigError or SealError for what the hub did not sign, Refused if it is for other
    kiosks or older than the one that is here, StorageFailed if it cannot be kept.
    """
    fresh = verify(content, hub)
    if device not in fresh.devices:
        raise Refused(f"operation {fresh.id} is not for kiosk {device}")
    _check_newer(path, fresh, hub)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise StorageFailed(f"{path} cannot be written: {error.strerror}") from None
    return fresh


def receive(path: Path, content: bytes, hub: Trusted, device: int, journal: Journal) -> None:
    """The same for one that the hub ordered, and its line in the journal; of one that is here nothing is left to do.

    Whoever is being checked is checked to the end under the operation that it began with (`gate`). One that cannot
    be kept is refused, and proven to nobody: the hub orders it again, and nothing else waits for that.
    """
    fresh = verify(content, hub)
    if _readable(path, hub) != fresh:
        try:
            install(path, content, hub, device)
        except StorageFailed as error:
            raise Refused(f"operation {fresh.id} is not installed: {error}") from None
        journal.write(Deed.INSTALLED, "hub", fresh.id, f"edition {fresh.edition}")


def _check_newer(path: Path, fresh: Operation, hub: Trusted) -> None:
    """An operation that was replaced must not come back with an old stick."""
    before = _readable(path, hub)
    if before is not None and fresh.edition <= before.edition and fresh != before:
        raise Refused(
            f"operation {before.id}, edition {before.edition}, is here already; a newer one has a higher edition"
        )


def _readable(path: Path, hub: Trusted) -> Operation | None:
    try:
        return current(path, hub)
    except Refused:
        return None
