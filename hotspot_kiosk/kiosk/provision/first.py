"""A new machine's first steps: its keys, made here and nowhere else, its request, and the hub's answer. One folder.

Each step is whole on disk before the next begins, so that a cut anywhere only repeats a step. Who asks over the link
needs no secret: the request was signed when the keys were made.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from hotspot_kiosk import files, provisioning
from hotspot_kiosk import seal_certificates as certificates
from hotspot_kiosk.errors import BadBytes, Refused, SealError, StorageFailed
from hotspot_kiosk.keyring import HUB
from hotspot_kiosk.kiosk.provision.safe import Safe
from hotspot_kiosk.kiosk.zeroise import overwrite
from hotspot_kiosk.provisioning import Grant, Granted
from hotspot_kiosk.seal import PrivateKeys, Ring, peek

SECRET, REQUEST, ANSWER = "secret", "request", "answer"
CREDENTIAL = "kiosk.first"


class Secret(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="hotspot-first-1"):
    """The seeds of the device's keys, and the link's private key (PEM)."""

    signing: bytes
    mlkem: bytes
    x25519: bytes
    link: bytes

    def keys(self, device: int) -> PrivateKeys:
        """The device's keys under a number."""
        return PrivateKeys(device, self.signing, self.mlkem, self.x25519)

    def __repr__(self) -> str:
        return "Secret()"


class First:
    """The folder. Every method may raise StorageFailed, or Refused with what to do."""

    def __init__(self, folder: Path, hub: Ring, safe: Safe) -> None:
        self._folder, self._hub, self._safe = folder, hub, safe

    def begin(self, entropy: bytes, about: str) -> str:
        """Make keys and request unless they are here; returns the code. entropy: 128 random bytes."""
        if not (self._folder / REQUEST).exists():
            self._make(entropy, about)
        asked = provisioning.read_ask(self.request())
        if asked.hub not in {keys.key_id for keys in self._hub.keys}:
            raise Refused(
                "this kiosk asked another bureau before; to ask this one: hotspot kiosk provision --anew"
            )
        return provisioning.code_of(asked)

    def request(self) -> bytes:
        """What is asked."""
        return files.read(self._folder / REQUEST)

    @property
    def code(self) -> str:
        """The code that people compare."""
        return provisioning.code_of(provisioning.read_ask(self.request()))

    @property
    def answered(self) -> bool:
        """Whether the hub's grant is here."""
        return (self._folder / ANSWER).exists()

    def hear(self, payload: bytes) -> str:
        """Keep a grant; of another answer only why the hub refused comes back. Raises BadBytes or SealError."""
        asked = provisioning.read_ask(self.request())
        answer = provisioning.read_answer(payload, provisioning.code_of(asked), self._hub)
        if isinstance(answer, Granted):
            if peek(answer.envelope).key_id != asked.keys(HUB).key_id:
                raise BadBytes("a grant is for another kiosk")
            files.replace(self._folder / ANSWER, payload)
            return ""
        return answer.refused

    def open(self) -> tuple[Grant, Secret]:
        """What was granted, and to which keys. A grant that is not ours is put away, so that one asks again."""
        code, secret = self.code, self._secret()
        try:
            answer = provisioning.read_answer(files.read(self._folder / ANSWER), code, self._hub)
            if not isinstance(answer, Granted):
                raise BadBytes("it grants nothing")
            found = provisioning.open_grant(answer, code, self._hub, secret.keys(HUB))
            certificates.check(found.certificate, secret.link, found.device)
        except (BadBytes, SealError):
            (self._folder / ANSWER).unlink(missing_ok=True)
            raise
        return found, secret

    def _make(self, entropy: bytes, about: str) -> None:
        own, link = PrivateKeys.make(HUB, entropy), certificates.make_request()
        secret = Secret(own.signing_seed, own.mlkem_seed, own.x25519_seed, link.key)
        with files.plainly(str(self._folder)):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._safe.put(self._folder / SECRET, CREDENTIAL, msgspec.msgpack.encode(secret))
        request = provisioning.ask(own, link.certificate, self._hub.newest, about)
        files.replace(self._folder / REQUEST, request)
        for each in (self._folder / REQUEST, self._folder):
            files.give(each, self._folder.parent)  # who asks over the network is the daemon's user

    def _secret(self) -> Secret:
        kept = self._safe.get(self._folder / SECRET, CREDENTIAL)
        try:
            return msgspec.msgpack.decode(kept, type=Secret)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise StorageFailed(
                f"{self._folder / SECRET} is damaged; begin again: hotspot kiosk provision --anew"
            ) from None


def forget(folder: Path) -> None:
    """Nothing is left of the first steps: the secret is overwritten first. Raises StorageFailed."""
    overwrite(tuple(folder / name for name in (SECRET, ANSWER, REQUEST)))
