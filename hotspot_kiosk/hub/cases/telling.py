"""What `route` says must be told, sealed to each kiosk and kept until that has it.

Each kiosk's editions only rise, and each is made once: a hub claims it in the case before it keeps the answer.
What was claimed but not kept, because the hub died in between, is kept by whoever looks at the case next.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from hotspot_kiosk import contents_enrolment, seal, wire
from hotspot_kiosk.hub.cases import route
from hotspot_kiosk.hub.cases.case import Case
from hotspot_kiosk.hub.cases.case_events import Told
from hotspot_kiosk.hub.cases.casebook import Asked, Casebook
from hotspot_kiosk.hub.storage.store import AnswerStore
from hotspot_kiosk.seal_answer import ENTROPY_SIZE, seal_answer
from hotspot_kiosk.terms import AnyAnswer, Tcn

log = logging.getLogger(__name__)
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
        words = route.to_tell(case, known, now)
        told = [Told(now, word.device, _next_edition(case, word.device), word.view) for word in words]
        ours = self._book.claim(case, told)
        going = [(word, each.edition) for word, each, own in zip(words, told, ours, strict=True) if own]
        going += self._unkept(case, route.words(case, known, now)) if case.told else []
        messages = tuple(filter(None, (self._kept(case.tcn, *each, asked) for each in going)))
        self._book.settle(case, sum(ours), route.next_look(case, known, now))
        return messages

    def _unkept(self, case: Case, words: Sequence[route.Word]) -> list[tuple[route.Word, int]]:
        """What a hub claimed and did not live to keep, as long as it still is so."""
        claimed = [(word, case.told[word.device]) for word in words if word.device in case.told]
        return [
            (word, told.edition)
            for word, told in claimed
            if told.view == word.view and self._answers.edition(word.device, case.tcn) < told.edition
        ]

    def _kept(self, tcn: Tcn, word: route.Word, edition: int, asked: Asked | None) -> Message | None:
        envelope = self._sealed(tcn, word.device, replace(word.answer, edition=edition), asked)
        if envelope is None or not self._answers.put(word.device, tcn, envelope, self._now(), edition):
            return None
        return word.device, wire.Answered(tcn, envelope)

    def _sealed(self, tcn: Tcn, device: int, answer: AnyAnswer, asked: Asked | None) -> bytes | None:
        plain = contents_enrolment.encode_answer(answer)
        if asked is not None and asked.probe.reply_key and device == tcn.device:
            entropy = os.urandom(ENTROPY_SIZE)
            return seal_answer(plain, tcn, asked.digest, asked.probe.reply_key, self._own, entropy)
        try:
            keys = self._post_keys(device)
        except KeyError:
            log.warning("%s: kiosk %d is not admitted any more and is told nothing", tcn, device)
            return None
        return seal.seal(plain, tcn, "answer", keys, self._own)


def _next_edition(case: Case, device: int) -> int:
    before = case.told.get(device)
    return before.edition + 1 if before else 1
