"""A FIDO2 security key in software, at the far end of the page: makes a key pair, answers challenges."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestedCredentialData

from hotspot_kiosk.officers import SecurityKey

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class SoftKey:
    """One key for one page's name."""

    def __init__(self, rp: str = "localhost", name: bytes = b"one key") -> None:
        self._rp = rp
        self._name = sha256(name).digest()
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = ES256.from_cryptography_key(self._key.public_key())
        self._data = AttestedCredentialData.create(bytes(16), self._name, public)
        self.count = 0
        self.counts = True

    @property
    def public(self) -> SecurityKey:
        """What stands on a roster."""
        return SecurityKey(rp=self._rp, credential=bytes(self._data))

    def answer(
        self, challenge: bytes, origin: str, flags: int = PRESENT | VERIFIED, rp: str = ""
    ) -> dict[str, Any]:
        """As a browser hands it to the page, in JSON's form."""
        client = self._client("webauthn.get", challenge, origin)
        self.count += self.counts
        count = self.count.to_bytes(4, "big")
        seen = sha256((rp or self._rp).encode()).digest() + bytes([flags]) + count
        signature = self._key.sign(seen + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        told = {"clientDataJSON": client, "authenticatorData": seen, "signature": signature}
        return self._told({name: websafe_encode(value) for name, value in told.items()})

    def register(self, challenge: bytes, origin: str) -> dict[str, Any]:
        """The same for a key that is made."""
        client = self._client("webauthn.create", challenge, origin)
        flags = bytes([PRESENT | VERIFIED | ATTESTED])
        seen = sha256(self._rp.encode()).digest() + flags + (0).to_bytes(4, "big") + bytes(self._data)
        attested = cbor.encode({"fmt": "none", "attStmt": {}, "authData": seen})
        told = {"clientDataJSON": websafe_encode(client), "attestationObject": websafe_encode(attested)}
        return self._told(told)

    def _client(self, kind: str, challenge: bytes, origin: str) -> bytes:
        told = {"type": kind, "challenge": websafe_encode(challenge), "origin": origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _told(self, response: dict[str, str]) -> dict[str, Any]:
        name = websafe_encode(self._name)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }
