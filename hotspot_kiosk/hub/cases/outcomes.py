"""Which outcomes of hits are owed to which partner: an errand each, noted before the finding it follows from. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from hotspot_kiosk.hub.cases.case import Case, Replied
from hotspot_kiosk.hub.cases.route import Known
from hotspot_kiosk.hub.exchange.port import Due
from hotspot_kiosk.operation import Kind, Operation
from hotspot_kiosk.outcome_report import WORDS, OutcomeReport
from hotspot_kiosk.policy import Outcome, Regime


def errands(partner: str) -> str:
    """How the names of a partner's errands begin; no partner has such a name."""
    return f"\toutcome\t{partner}\t"


def owed(case: Case, reference: str, before: Outcome, after: Outcome) -> Iterator[str]:
    """The errands that follow when a candidate's outcome changes; that people disagree matters only to who was told before."""
    if after is before or (after is Outcome.DISPUTED and before is Outcome.OPEN):
        return
    for reply in case.messages(reference):
        yield f"{errands(reply.partner)}{reply.tcn}\t{WORDS[after]}"


def due(case: Case, name: str, known: Known) -> Due | None:
    """What an errand of that name has to tell now; None if nothing, because the finding was not kept (yet)."""
    _, _, partner, message, word = name.split("\t")
    reply = next((each for each in case.replies if (each.partner, each.tcn) == (partner, message)), None)
    if reply is None or known.operation is None:
        return None
    if WORDS.get(case.outcome(reply.reference, known.rule)) != word:
        return None
    report = OutcomeReport(
        case.tcn, reply.tcn, WORDS[case.outcome(reply.reference, known.rule)], _when(case, reply)
    )
    return Due(report, partner, known.operation, regime(known.operation), reply.source, known.person)


def name_of(due: Due) -> str:
    """The errand that this does."""
    return f"{errands(due.partner)}{due.report.answer}\t{due.report.outcome}"


def regime(operation: Operation) -> Regime:
    """Under which law a record of this operation was obtained."""
    return Regime.NATIONAL if operation.kind is Kind.RECEPTION else Regime.CHECK


def _when(case: Case, reply: Replied) -> datetime:
    return max(vote.at for vote in case.votes if vote.reference == reply.reference).astimezone(UTC)
