"""Shows an officer at a kiosk two faces side by side, once: the reference's and the person's, if a law lets them go.

The kiosk cannot read what it sent, so both come from here. Every showing is in the journal before it goes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from hotspot_kiosk import nist, pair, pictures, policy, seal, wire
from hotspot_kiosk.audit_chain import Deed, printable
from hotspot_kiosk.decision import What, entitled
from hotspot_kiosk.errors import BadBytes, BadSample, ConfigError, Refused, StorageFailed
from hotspot_kiosk.hub.cases import route
from hotspot_kiosk.hub.cases.case import Case
from hotspot_kiosk.hub.cases.casebook import Casebook
from hotspot_kiosk.hub.cases.hearing import NOT_THERE
from hotspot_kiosk.nist.compression import decode_picture
from hotspot_kiosk.officers import Roster
from hotspot_kiosk.terms import Tcn

FACE = 10  # ANSI/NIST-ITL record type


class Showing:
    """One thread at a time."""

    def __init__(
        self,
        book: Casebook,
        opener: Callable[[bytes, int], bytes],
        own: seal.PrivateKeys,
        post_keys: Callable[[int], seal.PublicKeys],
        roster: Callable[[], Roster],
    ) -> None:
        """`opener`: what an envelope of that kiosk holds; raises BadBytes or SealError. post_keys: raises KeyError."""
        self._book, self._open = book, opener
        self._own, self._post_keys, self._roster = own, post_keys, roster

    def take(self, device: int, view: wire.View) -> wire.Viewed:
        """The pair, or why there is none. Raises BadBytes, SealError or KeyError for what is not believed.

        Neither is one that came while the roster cannot be read: ConfigError.
        """
        tcn, header = Tcn(view.tcn), seal.peek(view.envelope)
        if header.tcn != tcn or header.content != "view" or header.sender != device:
            raise BadBytes("a wish to see pictures is about another record, or of another kiosk")
        wish = pair.decode_wish(self._open(view.envelope, device))
        asked = hashlib.sha256(view.envelope).digest()
        try:
            found = self._pair(device, tcn, wish, asked)
        except StorageFailed as error:
            raise ConfigError(str(error)) from None
        except Refused as error:
            found = pair.Pair(asked, refused=str(error))
        envelope = seal.seal(pair.encode(found), tcn, "pair", self._post_keys(device), self._own)
        return wire.Viewed(tcn, envelope)

    def _pair(self, device: int, tcn: Tcn, wish: pair.Wish, asked: bytes) -> pair.Pair:
        case = self._book.case(tcn)
        ground = self._ground(device, case, wish)
        candidate = case.find(wish.reference)
        theirs = self._book.portrait(wish.reference) if candidate and not candidate.partner else b""
        ours = face_of(self._book, tcn)
        if not theirs:
            raise Refused("no picture of this reference is kept at the hub; ask the bureau for it")
        self._book.note(Deed.VIEWED, f"officer:{wish.officer}", tcn, printable(ground))
        return pair.Pair(asked, theirs, ours)

    def _ground(self, device: int, case: Case, wish: pair.Wish) -> str:
        told = case.opened is not None and (device == case.opened.device or device in case.told)
        if not told or case.purged is not None:
            raise Refused(NOT_THERE)
        known = self._book.known(case, self._book.asked(case.tcn))
        if wish.reference not in {each.reference for each in route.visible(case, known.person)}:
            raise Refused("the post may not see this candidate")
        entitled(self._roster(), wish.officer, What.CONFIRM)
        asks = case.opened is not None and device == case.opened.device
        post = case.opened.post if case.opened and asks else known.posts.get(device, "")
        law = policy.may_view(known.operation, post, wish.officer)
        return f"kiosk {device}, candidate {wish.reference}: {law}"


def face_of(book: Casebook, tcn: Tcn) -> bytes:
    """The person's face out of the evidence, a small JPEG file; nothing while that is not here, or holds none."""
    try:
        faces = tuple(nist.read(book.evidence(tcn) or b"").of(FACE))
        return pictures.jpeg_within(decode_picture(faces[0].data), pair.MOST_PICTURE) if faces else b""
    except (BadBytes, BadSample):
        return b""
