"""Which outcomes of hits are owed to which partner: an errand each, noted before the finding it follows from. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from hotspot_kiosk.hub.cases.case import Case
from hotspot_kiosk.hub.cases.case_events import Replied
from hotspot_kiosk.hub.cases.route import Known
from hotspot_kiosk.hub.exchange.port import Due
from hotspot_kiosk.operation import Kind, Operation
from hotspot_kiosk.outcome_report import WORDS, OutcomeReport, Word
from hotspot_kiosk.policy import Outcome, Regime


def errands(partner: str) -> str:
    """How the names of a partner's errands begin; no partner has such a name."""
    return f"\toutcome\t{partner}\t"


def owed(case: Case, reference: str, officer: str) -> Iterator[str]:
    """The errands that a finding of this officer may lead to: one for each partner that named the reference."""
    for reply in case.messages(reference):
        yield f"{errands(reply.partner)}{reply.tcn}\t{officer}"


def due(case: Case, name: str, known: Known) -> Due | None:
    """What the partner of an errand must be told now; None if nothing (yet)."""
    reply = _reply(case, name)
    word = _news(case, reply, known) if reply is not None else None
    if reply is None or word is None or known.operation is None:
        return None
    report = OutcomeReport(case.tcn, reply.tcn, word, _when(case, reply))
    return Due(report, reply.partner, known.operation, regime(known.operation), reply.source, known.person)


def over(case: Case, name: str, known: Known) -> bool:
    """Whether an errand is done: its finding was kept, and the partner knows what follows from it, or nothing does."""
    reply, officer = _reply(case, name), name.rpartition("\t")[2]
    if reply is None or _news(case, reply, known) is not None:
        return False
    return any(vote.officer == officer for vote in case.votes if vote.reference == reply.reference)


def _reply(case: Case, name: str) -> Replied | None:
    _, _, partner, message, _ = name.split("\t")
    return next((each for each in case.replies if (each.partner, each.tcn) == (partner, message)), None)


def _news(case: Case, reply: Replied, known: Known) -> Word | None:
    """What this partner does not know yet; that people disagree matters only to who was told something before."""
    told = [each for each in case.reports if (each.partner, each.answer) == (reply.partner, reply.tcn)]
    stands = case.outcome(reply.reference, known.rule)
    if stands is Outcome.DISPUTED and not told:
        return None
    word = WORDS.get(stands)
    return None if told and told[-1].outcome == word else word


def regime(operation: Operation) -> Regime:
    """Under which law a record of this operation was obtained."""
    return Regime.NATIONAL if operation.kind is Kind.RECEPTION else Regime.CHECK


def _when(case: Case, reply: Replied) -> datetime:
    return max(vote.at for vote in case.votes if vote.reference == reply.reference).astimezone(UTC)
