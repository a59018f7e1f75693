"""The shields, as pure rules: who may be captured, what may go where, who hears of it, when it goes.

None of them reads a clock, a disk or a network. The hub's README has them in a table: rule, source, place.
Who asks a rule imports it from here; the files are for who reads them.
"""

from hotspot_kiosk.policy.capture import (
    ADULTS_ONLY,
    HANDED_FOR,
    MOST_HANDED,
    may_capture,
    may_hand_over,
    may_run,
    search_type,
    second_look,
)
from hotspot_kiosk.policy.findings import Finding, Outcome, Vote, may_decide, may_vote, outcome
from hotspot_kiosk.policy.lanes import (
    UNKNOWN,
    Settled,
    Word,
    duplicate,
    enrols,
    may_enrol,
    may_enter,
    may_join,
    may_renew,
    purpose,
)
from hotspot_kiosk.policy.origins import Shielded, countries, placed_by
from hotspot_kiosk.policy.partners import (
    MAY_FLOW,
    Partner,
    Regime,
    fingers_may_go,
    may_ask_partners,
    may_report,
    may_send,
)
from hotspot_kiosk.policy.readers import Reader, first_reader, may_look, may_see, may_view, next_posts
from hotspot_kiosk.policy.rights import (
    Disclosure,
    Ended,
    disclosure,
    kept_at_most,
    may_count,
    may_erase,
    purge_at,
)

__all__ = [
    "ADULTS_ONLY",
    "HANDED_FOR",
    "MAY_FLOW",
    "MOST_HANDED",
    "UNKNOWN",
    "Disclosure",
    "Ended",
    "Finding",
    "Outcome",
    "Partner",
    "Reader",
    "Regime",
    "Settled",
    "Shielded",
    "Vote",
    "Word",
    "countries",
    "disclosure",
    "duplicate",
    "enrols",
    "fingers_may_go",
    "first_reader",
    "kept_at_most",
    "may_ask_partners",
    "may_capture",
    "may_count",
    "may_decide",
    "may_enrol",
    "may_enter",
    "may_erase",
    "may_hand_over",
    "may_join",
    "may_look",
    "may_renew",
    "may_report",
    "may_run",
    "may_see",
    "may_send",
    "may_view",
    "may_vote",
    "next_posts",
    "outcome",
    "placed_by",
    "purge_at",
    "purpose",
    "search_type",
    "second_look",
]
