"""Makes a kiosk of whoever asked, once a person typed its code: number, certificate, grant, its key among the peers.

The one file of the request is the decision; what follows from it is done again by whoever finds it undone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from hotspot_kiosk import keyring, provisioning
from hotspot_kiosk import seal_certificates as certificates
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.hub.provision.waiting import Newcomer, State, WaitingRoom
from hotspot_kiosk.keyring import PublicFile
from hotspot_kiosk.provisioning import Asked, Grant
from hotspot_kiosk.seal import PrivateKeys


@dataclass(frozen=True, slots=True)
class Terms:
    """What every kiosk of this bureau gets. days: of its certificate. settings: TOML."""

    country: str
    agency: str
    days: int
    settings: str


class Admission:
    """Decides nothing: it does what a person said. used: every number that was ever given."""

    def __init__(
        self,
        room: WaitingRoom,
        peers: Path,
        own: PrivateKeys,
        authority: certificates.Identity,
        used: Callable[[], Sequence[int]],
        now: Callable[[], datetime],
    ) -> None:
        self._room, self._peers, self._own = room, peers, own
        self._authority, self._used, self._now = authority, used, now

    def accept(self, words: str, device: int, post: str, terms: Terms, operation: bytes = b"") -> Newcomer:
        """Give the request of this whole code a number. Raises Refused, StorageFailed or ConfigError; repeated, it goes on."""
        try:
            code = provisioning.typed(words)
        except ValueError as error:
            raise Refused(f"{error}; type the whole code as the kiosk shows it") from None
        with self._room.alone():
            known = self._room.of(code)
            if known is None:
                raise Refused("no kiosk asked with this code; compare it once more, sign by sign")
            if known.state is State.WAITING:
                known = self._decide(code, known, device, post, terms, operation)
        if known.state is State.REFUSED or (known.device, known.post) != (device, post):
            became = known.reason or f"it is kiosk {known.device} at {known.post}"
            raise Refused(f"this request was decided before: {became}")
        self.complete(known)
        return known

    def refuse(self, words: str, reason: str) -> tuple[str, Newcomer]:
        """Tell it no; of one that is a kiosk already withdraw it instead. Raises Refused."""
        with self._room.alone():
            code, known = self._room.find(words)
            if known.state is State.ACCEPTED:
                raise Refused(f"it is kiosk {known.device} already; see: hotspot hub withdraw")
            changed = msgspec.structs.replace(known, state=State.REFUSED, reason=reason)
            self._room.keep(code, changed)
        return code, changed

    def complete(self, known: Newcomer) -> None:
        """Its key among the peers, if a cut kept it from there."""
        path = self._peers / f"kiosk-{known.device:05d}.pub"
        if known.state is State.ACCEPTED and not path.exists():
            asked = known.asked
            keyring.save_public(path, PublicFile(known.device, known.post, asked.signing, asked.sealing))

    def _decide(
        self, code: str, known: Newcomer, device: int, post: str, terms: Terms, operation: bytes
    ) -> Newcomer:
        asked = known.asked
        if provisioning.code_of(asked) != code:
            raise Refused("this request is another's; move its file away")
        if asked.hub != self._own.public().key_id:
            raise Refused("this kiosk trusts another hub's key; give it this bureau's stick, and ask anew")
        if device in self._used():
            raise Refused(f"number {device} was given before; a number is never given twice")
        certificate = certificates.renew(
            self._authority, asked.request, device, certificates.Term(self._now(), terms.days)
        )
        decided = msgspec.structs.replace(
            known,
            state=State.ACCEPTED,
            device=device,
            post=post,
            serial=str(certificates.serial(certificate)),
            answer=self._grant(asked, Grant(
                code, device, post, terms.country, terms.agency, certificate, terms.settings, operation
            )),
        )  # fmt: skip
        self._room.keep(code, decided)
        return decided

    def _grant(self, asked: Asked, what: Grant) -> bytes:
        answer = provisioning.grant(what, asked, self._own, self._now().year)
        if len(answer) > provisioning.LARGEST:
            raise Refused(
                "operation and settings together are too large for a grant; leave the operation out, and send it "
                "afterwards: hotspot operation send"
            )
        return answer


def numbers(peers: Mapping[int, object], room: WaitingRoom, folders: Sequence[Path]) -> list[int]:
    """Every number that was ever given: of peers, of accepted requests, of files named N.* or N-* in these folders."""
    named = [
        path.name.partition(".")[0].partition("-")[0]
        for folder in folders
        if folder.is_dir()
        for path in folder.iterdir()
    ]
    return sorted(
        {
            *peers,
            *(each.device for _, each in room.all() if each.device),
            *(int(n) for n in named if n.isdigit()),
        }
    )
