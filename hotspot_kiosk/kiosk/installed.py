"""The operation that is installed at this kiosk: one signed file, read whenever somebody is checked.

It is believed only by the hub's signature, so it may come over the link, on a stick, or by hand. Which one was the newest is
remembered in a file of its own: one that is damaged, or was put back, lets no older one in.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import msgspec

from hotspot_kiosk import files
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.errors import BadBytes, ConfigError, Refused, SealError, StorageFailed
from hotspot_kiosk.files import write_whole
from hotspot_kiosk.operation import Operation, verify
from hotspot_kiosk.seal import Trusted

log = logging.getLogger(__name__)
NEWEST = ".newest"  # beside the operation's file


class Newest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The highest edition that was installed here, and the SHA-256 of what it says."""

    edition: int
    digest: bytes


def current(path: Path, hub: Trusted) -> Operation | None:
    """The installed operation; None if there is none. Raises Refused if what lies there cannot be used."""
    found, newest = _verified(path, hub), _newest(path)
    if found is not None and newest is not None and _is_older(found, newest):
        raise Refused(
            f"the operation in {path} is older than edition {newest.edition}, which was here; install the newest one again"
        )
    return found


def _verified(path: Path, hub: Trusted) -> Operation | None:
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
        newest = msgspec.json.encode(Newest(fresh.edition, _digest(fresh)))
        write_whole(path.with_name(path.name + NEWEST), newest)
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
    """An operation that was replaced must not come back with an old stick, also where the newest one is damaged."""
    newest = _newest(path)
    try:
        before = _verified(path, hub)
    except Refused as error:
        if newest is None:
            raise Refused(
                f"{error}; which edition it was cannot be read either, so none is taken in its place: ask the bureau for the "
                f"number of the newest one, then remove {path}"
            ) from None
        before = None
    editions = [known.edition for known in (before, newest) if known is not None and _is_older(fresh, known)]
    if editions:
        raise Refused(
            f"edition {max(editions)} of an operation was here already; a newer one has a higher edition"
        )


def _is_older(one: Operation, known: Operation | Newest) -> bool:
    """Or of the same edition, but another one."""
    digest = known.digest if isinstance(known, Newest) else _digest(known)
    return one.edition < known.edition or (one.edition == known.edition and _digest(one) != digest)


def _digest(operation: Operation) -> bytes:
    return hashlib.sha256(msgspec.json.encode(operation, order="deterministic")).digest()


def _newest(path: Path) -> Newest | None:
    """What is remembered; None if nothing is, or it is damaged: then what the operation's own file says counts."""
    beside = path.with_name(path.name + NEWEST)
    try:
        return msgspec.json.decode(files.read(beside), type=Newest) if beside.exists() else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        log.error("%s is damaged; it is written again with the next operation", beside)
        return None
    except StorageFailed as error:
        raise Refused(str(error)) from None


def _readable(path: Path, hub: Trusted) -> Operation | None:
    try:
        return current(path, hub)
    except Refused:
        return None
