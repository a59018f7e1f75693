"""The folder on a stick that carries records and answers where there is no link. Opens nothing.

`hotspot-stick-1/<device>/` holds one file a message; names say device, TCN and part, never a person.
Each file is a frame (magic, length, SHA-256) around the very bytes that travel by radio, written
beside its place, synced and renamed: a file is whole or it is not one. Nothing here is believed for
its frame; whoever acts on a file checks the signature inside.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from hotspot_kiosk.errors import BadBytes, Refused, StorageFailed
from hotspot_kiosk.files import sync_folder
from hotspot_kiosk.seal import PrivateKeys, PublicKeys
from hotspot_kiosk.terms import MAX_COUNTER, MAX_DEVICE, Part, Tcn, as_plain
from hotspot_kiosk.wire import LARGEST_ENVELOPE

TOP = "hotspot-stick-1"
MAGIC = b"HKSTICK1"
FRAME = struct.Struct(">8sI32s")
SEALED, RECEIPT, REFUSAL, ANSWER = ".sealed", ".receipt", ".refusal", ".answer"
ORDER, PROOF, HUB_KEY = ".order", ".done", ".hubkey"
NOTE = "kiosk.note"
UNFINISHED = ".unfinished"
HALF_WRITTEN = "only half written"
O_SAFE = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class Note(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="note"):
    """Up: this kiosk was here; the answers to these TCNs are stored in it. Signed by the kiosk.

    hub_key: the id of the newest key of the hub that it knows. digests: the SHA-256 of each answer as it is held;
    software that knew one edition only tells none.
    """

    device: int
    answered: tuple[str, ...]
    hub_key: bytes
    signature: bytes
    digests: tuple[bytes, ...] = ()


@dataclass(slots=True)
class Tally:
    """What was done and what was left aside, in words, with how often."""

    done: Counter[str] = field(default_factory=Counter)
    aside: Counter[str] = field(default_factory=Counter)

    def sentences(self) -> list[str]:
        """For people: one sentence for all that was done, one for every reason to leave a file aside."""
        done = ", ".join(f"{count} {what}" for what, count in self.done.items() if count)
        lines = [f"{done or 'Nothing was to be done'}."]
        return lines + [f"Left aside: {count} {why}." for why, count in sorted(self.aside.items())]


class Stick:
    """The folder that people name, with our own folder in it. Writing may raise StorageFailed."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise Refused(f"there is no folder {folder}; is the stick in and mounted?")
        self._top = folder / TOP

    def devices(self) -> list[int]:
        """The kiosks that have a folder here."""
        names = [path.name for path in _entries(self._top)]
        return sorted(int(n) for n in names if len(n) == 5 and n.isascii() and n.isdigit() and _is_device(n))

    def names(self, device: int, suffix: str) -> list[str]:
        """The files of one kind of a kiosk, probes first, then by TCN."""
        found = [path.name for path in _entries(self._home(device)) if path.name.endswith(suffix)]
        return sorted(found, key=lambda name: (f"-{Part.EVIDENCE}" in name, name))

    def read(self, device: int, name: str) -> bytes:
        """What a file's frame holds. Raises BadBytes with the reason if it is not whole."""
        try:
            raw = _read(self._home(device) / name)
        except OSError as error:
            raise BadBytes(f"cannot be read: {error.strerror}") from None
        magic, length, digest = FRAME.unpack_from(raw) if len(raw) >= FRAME.size else (b"", 0, b"")
        payload = raw[FRAME.size :]
        if len(raw) >= len(MAGIC) and not raw.startswith(MAGIC):
            raise BadBytes("no file of this kind and version")
        if not magic or len(payload) < length:
            raise BadBytes(HALF_WRITTEN)
        if len(payload) > length or hashlib.sha256(payload).digest() != digest:
            raise BadBytes("damaged on the stick")
        return payload

    def write(self, device: int, name: str, payload: bytes) -> bool:
        """Put a file there, whole and synced; False if the very same one is there already."""
        framed = FRAME.pack(MAGIC, len(payload), hashlib.sha256(payload).digest()) + payload
        try:
            home = self._made(device)
            if _holds(home / name, framed):
                return False
            _write(home / name, framed)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise StorageFailed(
                "the stick is full" if full else f"the stick cannot be written: {error.strerror}"
            ) from None
        return True

    def settle(self, device: int) -> None:
        """Make the names durable, too; to be called before people are told to pull the stick."""
        try:
            for folder in (self._home(device), self._top):
                sync_folder(folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StorageFailed(f"the stick cannot be written: {error.strerror}") from None

    def _home(self, device: int) -> Path:
        return self._top / f"{device:05d}"

    def _made(self, device: int) -> Path:
        for folder in (self._top, self._home(device)):
            folder.mkdir(exist_ok=True)
            if folder.is_symlink():
                raise OSError(errno.ELOOP, "a folder on it is a link to elsewhere")
        return self._home(device)


def name_of(tcn: Tcn, part: Part, suffix: str) -> str:
    """The file name of a part's envelope, receipt or refusal."""
    return f"{tcn}-{part}{suffix}"


def number_of(order: int, suffix: str) -> str:
    """The file name of an order or of its proof; names sort as the orders' numbers do."""
    return f"{order:020d}{suffix}"


def sign_note(device: int, answers: Mapping[Tcn, bytes], hub_key: bytes, by: PrivateKeys) -> bytes:
    """A kiosk's note as bytes. answers: the digest of each one held."""
    answered, digests = tuple(str(tcn) for tcn in answers), tuple(answers.values())
    words = _note_words(device, answered, hub_key, digests)
    note = Note(device, answered, hub_key, by.sign(words), digests)
    return msgspec.msgpack.encode(note, enc_hook=as_plain)


def read_note(payload: bytes, by: PublicKeys) -> tuple[Mapping[Tcn, bytes], bytes]:
    """The digest of each answer that the kiosk has, empty where the note tells none, and the hub's key that it knows.

    Raises BadBytes or SealError unless `by` signed it.
    """
    try:
        note = msgspec.msgpack.decode(payload, type=Note)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes("a kiosk's note that cannot be read") from None
    if note.device != by.owner or len(note.answered) > MAX_COUNTER:
        raise BadBytes("another kiosk's note")
    if len(note.digests) not in (0, len(note.answered)):
        raise BadBytes("a kiosk's note that contradicts itself")
    by.verify(_note_words(note.device, note.answered, note.hub_key, note.digests), note.signature)
    digests = note.digests or (b"",) * len(note.answered)
    return {Tcn(text): digest for text, digest in zip(note.answered, digests, strict=True)}, note.hub_key


def _note_words(
    device: int, answered: tuple[str, ...], hub_key: bytes, digests: tuple[bytes, ...] = ()
) -> bytes:
    words = b"stick note\0" + f"{device}\0{hub_key.hex()}\0".encode() + "\0".join(answered).encode()
    return b"\0".join((words, *(each.hex().encode() for each in digests)))


def _is_device(name: str) -> bool:
    return 1 <= int(name) <= MAX_DEVICE


def _entries(folder: Path) -> Iterator[Path]:
    """What a folder holds; nothing if it is none. Raises StorageFailed if the stick cannot be read."""
    if not folder.is_dir() or folder.is_symlink():
        return
    try:
        yield from folder.iterdir()
    except OSError as error:
        raise StorageFailed(f"the stick cannot be read: {error.strerror}") from None


def _read(path: Path) -> bytes:
    """At most one byte more than any real file has; regular files only."""
    descriptor = os.open(path, os.O_RDONLY | O_SAFE)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a plain file")
        return file.read(FRAME.size + LARGEST_ENVELOPE + 1)


def _holds(path: Path, framed: bytes) -> bool:
    try:
        return _read(path) == framed
    except OSError:
        return False


def _write(path: Path, framed: bytes) -> None:
    beside = path.with_name(path.name + UNFINISHED)
    beside.unlink(missing_ok=True)
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | O_SAFE, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            file.write(framed)
            file.flush()
            os.fsync(descriptor)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
