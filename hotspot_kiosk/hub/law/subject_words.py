"""What a person is told of each thing that was done with their record. Pure.

Never a reference, never who decided or in which words; of what the legal officer keeps sealed nothing at all.
"""

from __future__ import annotations

from hotspot_kiosk.decision import What
from hotspot_kiosk.hub.cases import route
from hotspot_kiosk.hub.cases.case_events import (
    Consulted,
    Enrolling,
    Failed,
    Kept,
    Known,
    Left,
    Opened,
    Replied,
    Searched,
    Sent,
    Told,
    Voted,
)
from hotspot_kiosk.hub.reception import enrolment_case
from hotspot_kiosk.hub.reception.enrolment_case import (
    Compared,
    Enrolled,
    Requested,
    Said,
    Steps,
    Superseded,
    Turned,
    Withdrawn,
)
from hotspot_kiosk.policy import Disclosure

ASKED = {
    What.TELL: "you were told what is held",
    What.ERASE: "you asked to have it erased; it was still needed",
}
STEPS: dict[type[Steps], str] = {
    Requested: "your wish to be enrolled arrived at the bureau",
    Compared: "compared; an officer must look",
    Said: "an officer compared the pictures",
    Superseded: "you were enrolled anew; what came before goes sooner",
    Withdrawn: "to be erased, by order",
}


def of(event: Known, known: route.Known, told: Disclosure, shown: set[str], posts: set[int]) -> str:
    """What the person is told of an event; empty if nothing. `posts`: those named before, which grows."""
    if isinstance(event, Enrolling):
        return _enrolling(enrolment_case.step_of(event), told)
    if isinstance(event, Told) and event.device not in posts:
        posts.add(event.device)
        first = len(posts) == 1 or told is Disclosure.ALL
        return f"an answer was shown at {known.posts.get(event.device, 'a post')}" if first else ""
    return _always(event) or (_outcome(event, shown) if told is Disclosure.ALL else "")


def _always(event: Known) -> str:
    """What says nothing about a result."""
    match event:
        case Opened():
            return "your check arrived at the bureau"
        case Searched():
            return "compared with the bureau's own gallery"
        case Sent(partner=partner):
            return f"sent to {partner}"
        case Left():
            return "noted that you left the post"
        case Consulted(what=What.TELL | What.ERASE as what):
            return ASKED[what]
    return ""


def _enrolling(step: Steps, told: Disclosure) -> str:
    """Of an enrolment all is told; whether anybody looked like them only where such a thing may be."""
    match step:
        case Turned(why=why):
            return f"not enrolled: {why}"
        case Enrolled(edition=edition):
            return "enrolled" if edition == 1 else "enrolled anew"
        case Compared() | Said() if told is not Disclosure.ALL:
            return ""
    return STEPS[type(step)]


def _outcome(event: Known, shown: set[str]) -> str:
    """Of what follows from a result, nothing about what the legal officer keeps sealed."""
    match event:
        case Kept(partner=partner):
            return f"not sent to {partner}"
        case Failed(partner=partner):
            return f"{partner} could not search"
        case Replied(partner=partner, sequence=sequence, reference=reference):
            return f"{partner} answered" if not sequence or reference in shown else ""
        case Voted(reference=reference):
            return "an officer compared the pictures" if reference in shown else ""
        case Consulted(what=What.LOOK):
            return "an officer looked at your pictures"
    return ""
