"""Key files on disk: one private `.key` (mode 0600), any number of peers' public `.pub`.

Both are small JSON texts whose type says real or training; keys of the two never stand in one ring or
folder of peers. A private file that others may read refuses to load. Nothing here prints or logs a key.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from hotspot_kiosk import files
from hotspot_kiosk.errors import BadBytes, ConfigError, KeyMissing, Refused
from hotspot_kiosk.seal import PrivateKeys, PublicKeys, Ring
from hotspot_kiosk.terms import MAX_DEVICE, Realm

HUB = 0
SETTLED_NS = 2_000_000_000  # a folder that changed just now may change once more within the same tick
OWNERS = range(MAX_DEVICE + 1)
MIXED = (
    "this mixes training with what is real: the config's `training`, its own key and its peers' keys must "
    "all be of one kind; nothing is done"
)


class PrivateFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="hotspot-private-1"):
    """What a `.key` file holds; bytes are base64 in JSON."""

    realm: ClassVar[Realm] = Realm.REAL
    owner: int
    name: str
    signing_seed: bytes
    mlkem_seed: bytes
    x25519_seed: bytes

    def __post_init__(self) -> None:
        self.keys()
        _check_owner(self.owner)

    def keys(self) -> PrivateKeys:
        """The keys themselves."""
        return PrivateKeys(self.owner, self.signing_seed, self.mlkem_seed, self.x25519_seed, self.realm)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(owner={self.owner})"


class TrainingPrivateFile(PrivateFile, frozen=True, tag="hotspot-training-private-1"):
    """The same of a training kiosk or hub."""

    realm: ClassVar[Realm] = Realm.TRAINING


class PublicFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="hotspot-public-1"):
    """What a `.pub` file holds: `owner` is the device number (0: the hub), `name` the post's."""

    realm: ClassVar[Realm] = Realm.REAL
    owner: int
    name: str
    signing: bytes
    sealing: bytes
    generation: int = 1

    def __post_init__(self) -> None:
        self.keys().check()
        _check_owner(self.owner)

    def keys(self) -> PublicKeys:
        """The keys themselves."""
        return PublicKeys(self.owner, self.signing, self.sealing, self.realm)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(owner={self.owner})"


class TrainingPublicFile(PublicFile, frozen=True, tag="hotspot-training-public-1"):
    """The same of a training kiosk or hub."""

    realm: ClassVar[Realm] = Realm.TRAINING


AnyPrivate, AnyPublic = PrivateFile | TrainingPrivateFile, PublicFile | TrainingPublicFile
KINDS: Mapping[Realm, tuple[type[PrivateFile], type[PublicFile]]] = {
    Realm.REAL: (PrivateFile, PublicFile),
    Realm.TRAINING: (TrainingPrivateFile, TrainingPublicFile),
}


def make_pair(
    folder: Path,
    stem: str,
    owner: int,
    name: str,
    entropy: bytes,
    generation: int = 1,
    realm: Realm = Realm.REAL,
) -> tuple[Path, Path]:
    """Write `stem.key` and `stem.pub` into `folder`; never overwrites. Returns both paths.

    `generation` counts an owner's keys: the highest is the newest. Raises ConfigError if one is there already or cannot be written.
    """
    private, public = folder / f"{stem}.key", folder / f"{stem}.pub"
    for path in (private, public):
        if path.exists():
            raise ConfigError(f"{path} exists already; move it away if it is really to be replaced")
    keys = PrivateKeys.make(owner, entropy, realm)
    half = keys.public()
    hidden, shown = KINDS[realm]
    secret = hidden(owner, name, keys.signing_seed, keys.mlkem_seed, keys.x25519_seed)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(private, secret, 0o600)
        _write(public, shown(owner, name, half.signing, half.sealing, generation), 0o644)
    except OSError as error:
        raise ConfigError(f"the keys cannot be written into {folder}: {error.strerror}") from None
    return private, public


def save_public(path: Path, file: PublicFile) -> None:
    """Write a `.pub` file, whole or not at all; never overwrites. Raises ConfigError."""
    if path.exists():
        raise ConfigError(f"{path} exists already; move it away if it is really to be replaced")
    try:
        files.write_whole(path, msgspec.json.format(as_bytes(file)) + b"\n")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None


def load_private(path: Path) -> PrivateKeys:
    """This machine's own keys. Raises KeyMissing, ConfigError or BadBytes."""
    text = _read(path)
    if path.stat().st_mode & 0o077:
        raise ConfigError(f"{path} can be read by others; run: chmod 600 {path}")
    secret: PrivateFile = _decode(text, AnyPrivate, path)
    return secret.keys()


def load_public(path: Path) -> PublicFile:
    """One public file. Raises KeyMissing or BadBytes."""
    shown: PublicFile = _decode(_read(path), AnyPublic, path)
    return shown


def load_peers(folder: Path) -> Mapping[int, PublicFile]:
    """The kiosks' `.pub` files in a folder, by device.

    Raises KeyMissing if there is no `.pub` file at all, ConfigError if two claim one device or real and training are mixed.
    """
    peers: dict[int, PublicFile] = {}
    files = _all(folder)
    if len({file.realm for file in files}) > 1:
        raise ConfigError(
            f"{folder} mixes real keys with keys for training; keep them in folders of their own"
        )
    for file in files:
        if file.owner in peers:
            raise ConfigError(f"two files in {folder} claim to be device {file.owner}; remove one")
        if file.owner != HUB:
            peers[file.owner] = file
    return peers


class Peers(Mapping[int, PublicFile]):
    """The kiosks' `.pub` files in a folder, by device, read again when the folder changed: one that is admitted is known at once.

    A folder that holds none is an empty one. Any thread may look.
    """

    def __init__(self, folder: Path, realm: Realm = Realm.REAL) -> None:
        """Raises ConfigError if there is no such folder, two files claim one device or one is of another realm; BadBytes."""
        self._folder, self._realm = folder, realm
        self._seen = -1
        self._known: Mapping[int, PublicFile] = {}
        self._look()

    def __getitem__(self, device: int) -> PublicFile:
        return self._look()[device]

    def __iter__(self) -> Iterator[int]:
        return iter(self._look())

    def __len__(self) -> int:
        return len(self._look())

    def _look(self) -> Mapping[int, PublicFile]:
        try:
            changed = self._folder.stat().st_mtime_ns
        except OSError as error:
            raise ConfigError(
                f"the folder of peers {self._folder} cannot be read: {error.strerror}"
            ) from None
        if changed != self._seen:
            known = load_peers(self._folder) if any(self._folder.glob("*.pub")) else {}
            if any(file.realm is not self._realm for file in known.values()):
                raise ConfigError(MIXED)
            self._known = known
            self._seen = changed if time.time_ns() - changed > SETTLED_NS else -1
        return self._known

    @property
    def names(self) -> Mapping[int, str]:
        """What each file calls its post."""
        return _Names(self)


class _Names(Mapping[int, str]):
    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    def __getitem__(self, device: int) -> str:
        return self._peers[device].name

    def __iter__(self) -> Iterator[int]:
        return iter(self._peers)

    def __len__(self) -> int:
        return len(self._peers)


def load_hub(folder: Path) -> Ring:
    """The hub's public keys out of a kiosk's peers, the newest generation first. Raises KeyMissing."""
    files = sorted((f for f in _all(folder) if f.owner == HUB), key=lambda f: -f.generation)
    if not files:
        raise KeyMissing(f"the hub's public key is not in {folder}; copy hub.pub there")
    if len({file.realm for file in files}) > 1:
        raise ConfigError(
            f"{folder} mixes real keys with keys for training; keep them in folders of their own"
        )
    return Ring(tuple(file.keys() for file in files))


def check_realm(own: PrivateKeys, realm: Realm, *others: Realm) -> None:
    """Raises ConfigError unless the config, this machine's key and its peers' are all real or all for training."""
    if any(each is not own.realm for each in (realm, *others)):
        raise ConfigError(MIXED)


class Trust:
    """The hub's keys that a kiosk trusts, in its folder of peers and in memory. Any thread may call."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ring = load_hub(folder)

    def add(self, file: PublicFile) -> None:
        """Trust newer keys, too; of the older ones only the last before them is kept.

        Raises Refused for keys that are not the hub's or not newer, ConfigError if they cannot be kept.
        """
        known = {path: load_public(path) for path in self._folder.glob("*.pub")}
        hubs = {path: each for path, each in known.items() if each.owner == HUB}
        newest = max(each.generation for each in hubs.values())
        if file.owner != HUB or file.generation <= newest or file.realm is not self.ring.realm:
            raise Refused("these are no newer keys of the hub")
        save_public(self._folder / f"hub-{file.keys().key_id.hex()}.pub", file)
        for path, each in hubs.items():
            if each.generation < newest:
                path.unlink()
        self.ring = load_hub(self._folder)


def _all(folder: Path) -> Sequence[PublicFile]:
    files = [load_public(path) for path in sorted(folder.glob("*.pub"))]
    if not files:
        raise KeyMissing(f"there is no .pub file in {folder}; copy the other side's public key there")
    return files


def as_bytes(file: PublicFile) -> bytes:
    """A public file's text."""
    return msgspec.json.encode(file)


def from_bytes(text: bytes) -> PublicFile:
    """A public file out of its text. Raises BadBytes."""
    try:
        shown: PublicFile = msgspec.json.decode(text, type=AnyPublic)
        return shown
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes("this is no public key") from None


def _write(path: Path, file: msgspec.Struct, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as out:
        out.write(msgspec.json.format(msgspec.json.encode(file)) + b"\n")
        out.flush()
        os.fsync(out.fileno())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise KeyMissing(f"there is no key file {path}; run: hotspot keys make") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None


def _decode(text: bytes, kind: Any, path: Path) -> Any:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes(f"{path} is not a whole key file of the expected kind; copy it again") from None


def _check_owner(owner: int) -> None:
    if owner not in OWNERS:
        raise ValueError(f"owner must be 0 (the hub) to {MAX_DEVICE}")
