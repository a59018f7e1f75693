"""What `route` says must be told, sealed to each kiosk and kept until that has it.

Each kiosk's editions only rise. What was kept but not noted, because the hub died in between, is told again
as a later edition: twice is better than never.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from hotspot_kiosk import contents, seal, wire
from hotspot_kiosk.hub import route
from hotspot_kiosk.hub.case import Case, Told
from hotspot_kiosk.hub.casebook import Asked, Casebook
from hotspot_kiosk.hub.store import AnswerStore
from hotspot_kiosk.seal_answer import ENTROPY_SIZE, seal_answer
from hotspot_kiosk.terms import Answer, Tcn

log = logging.getLogger(__name__)
TRIES = 5
Message = tuple[int, wire.Answered]


class Teller:
    """Tells what is not told yet. One thread at a time."""

    def __init__(
        self,
        answers: AnswerStore,
        book: Casebook,
        own: seal.PrivateKeys,
        post_keys: Callable[[int], seal.PublicKeys],
        now: Callable[[], datetime],
    ) -> None:
        self._answers = answers
        self._book = book
        self._own = own
        self._post_keys = post_keys
        self._now = now

    def tell(self, tcn: Tcn, asked: Asked | None = None) -> tuple[Message, ...]:
        """Keep what must be told about a case; returns it for those kiosks that listen now.

        asked: its probe, where that was just opened. Raises BadBytes, StorageFailed.
        """
        case, now = self._book.case(tcn), self._now()
        asked = asked or self._book.asked(tcn)
        known = self._book.known(case, asked)
        messages, told = [], []
        for word in route.to_tell(case, known, now):
            kept = self._keep(case, word, asked)
            if kept is not None:
                edition, envelope = kept
                told.append(Told(now, word.device, edition, word.view))
                messages.append((word.device, wire.Answered(tcn, envelope)))
        self._book.told(case, told, route.next_look(case, known, now))
        return tuple(messages)

    def _keep(self, case: Case, word: route.Word, asked: Asked | None) -> tuple[int, bytes] | None:
        before = case.told.get(word.device)
        edition = before.edition + 1 if before else 1
        for _ in range(TRIES):
            envelope = self._sealed(case.tcn, word.device, replace(word.answer, edition=edition), asked)
            if envelope is None:
                return None
            if self._answers.put(word.device, case.tcn, envelope, self._now(), edition):
                return edition, envelope
            edition = self._answers.edition(word.device, case.tcn) + 1
        return None

    def _sealed(self, tcn: Tcn, device: int, answer: Answer, asked: Asked | None) -> bytes | None:
        plain = contents.encode_answer(answer)
        if asked is not None and asked.probe.reply_key and device == tcn.device:
            entropy = os.urandom(ENTROPY_SIZE)
            return seal_answer(plain, tcn, asked.digest, asked.probe.reply_key, self._own, entropy)
        try:
            keys = self._post_keys(device)
        except KeyError:
            log.warning("%s: kiosk %d is not admitted any more and is told nothing", tcn, device)
            return None
        return seal.seal(plain, tcn, "answer", keys, self._own)
