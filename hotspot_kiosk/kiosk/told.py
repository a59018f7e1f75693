"""What the desk is told of an answer, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.storage.outbox import Entry, PartState
from hotspot_kiosk.nist.sap import why_no_sap
from hotspot_kiosk.terms import (
    PRESENTATION,
    AnyAnswer,
    Candidate,
    Capture,
    EnrolmentAnswer,
    FaceSample,
    Modality,
)


def told_answer(answer: AnyAnswer, device: int) -> Told:
    """An answer to this kiosk, or an alert about somebody whom another captured, as the desk tells it."""
    if isinstance(answer, EnrolmentAnswer):
        return Told(
            kind="answer",
            tcn=answer.tcr,
            decision=answer.decision,
            note=answer.note,
            edition=answer.edition,
        )
    late = answer.late
    return Told(
        kind="answer" if answer.tcr.device == device else "alert",
        tcn=answer.tcr,
        decision=answer.decision,
        candidates=tuple(_words_of(each) for each in answer.candidates),
        note=answer.note,
        edition=answer.edition,
        post=late.post if late else "",
        seen=late.seen if late else None,
        expires=late.expires if late else None,
    )


def presentation(captures: Sequence[Capture]) -> dict[str, int]:
    """What each cue said of the face, if there is one."""
    parts = [part for each in captures if each.modality is Modality.FACE for part in each.quality.components]
    return {
        part.name.removeprefix(PRESENTATION): part.score
        for part in parts
        if part.name.startswith(PRESENTATION)
    }


def oldest(entries: Iterable[Entry], now: datetime) -> int | None:
    """For how many seconds the oldest record waits that the hub does not hold; None if none waits."""
    waits = [entry.captured for entry in entries if entry.state in (PartState.SEALED, PartState.SENDING)]
    if not waits:
        return None
    return max(0, int((now - min(map(datetime.fromisoformat, waits))).total_seconds()))


def portrait(captures: Sequence[Capture]) -> str:
    """Why the face claims no subject acquisition profile; empty without a face."""
    for each in captures:
        if isinstance(each.sample, FaceSample):
            height, width = each.sample.pixels.shape[:2]
            return why_no_sap(each.quality, width, height)
    return ""


def _words_of(candidate: Candidate) -> str:
    placed = f", placed by {candidate.source}" if candidate.source else ""
    score = f"{candidate.score:+.1f}" if candidate.score else "no score told"
    return f"{candidate.reference} ({score}{placed})"
