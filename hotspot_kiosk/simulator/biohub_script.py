"""What the responder says to one search after another: a script of plans, as words.

`hit, no-hit, candidates:3+shuffled+late:2, error:501`: plans follow each other and begin anew; the parts
of one plan are joined by +. `any` draws a plan by chance. Pure.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.nist.answer import MEANINGS

HELP = (
    "hit | no-hit | candidates:N | error:CODE | any, joined by + with late:S, apart:S, shuffled, repeated, "
    "verified:S (a person there confirms later), source:XYZ, outage:S"
)
DRAWN = ("hit", "no-hit", "no-hit", "candidates:3+shuffled", "hit+repeated", "hit+verified:5", "error:501")


@dataclass(frozen=True, slots=True)
class Plan:
    """The answer to one search. Times are seconds; error: a published code, 0 for none; source: a country."""

    candidates: int = 0
    error: int = 0
    late_s: float = 0.0
    apart_s: float = 0.0
    shuffled: bool = False
    repeated: bool = False
    verified_s: float = 0.0
    source: str = ""
    outage_s: float = 0.0


def read_script(text: str, chance: random.Random) -> tuple[Plan, ...]:
    """The plans of a script. Raises ConfigError naming the word that is none."""
    plans = []
    for part in text.split(","):
        words = part.strip()
        plans.append(_plan(chance.choice(DRAWN) if words == "any" else words))
    return tuple(plans)


def _plan(text: str) -> Plan:
    plan = Plan()
    for word in text.split("+"):
        plan = _with(plan, *word.strip().partition(":")[::2])
    return plan


def _with(plan: Plan, word: str, value: str) -> Plan:
    try:
        if word in ("late", "apart", "verified", "outage"):
            return _with_time(plan, word, _seconds(value))
        return _with_answer(plan, word, value)
    except ValueError:
        raise ConfigError(
            f"{word}{':' if value else ''}{value} is no part of a script; write {HELP}"
        ) from None


def _with_time(plan: Plan, word: str, seconds: float) -> Plan:
    match word:
        case "late":
            return replace(plan, late_s=seconds)
        case "apart":
            return replace(plan, apart_s=seconds)
        case "verified":
            return replace(plan, verified_s=seconds)
        case _:
            return replace(plan, outage_s=seconds)


def _with_answer(plan: Plan, word: str, value: str) -> Plan:
    if not value:
        return _with_word(plan, word)
    match word:
        case "candidates":
            return replace(plan, candidates=_among(value, range(1, 100)))
        case "error":
            return replace(plan, error=_among(value, MEANINGS))
        case "source" if len(value) == 3 and value.isascii() and value.isupper():
            return replace(plan, source=value)
    raise ValueError


def _with_word(plan: Plan, word: str) -> Plan:
    match word:
        case "hit":
            return replace(plan, candidates=1)
        case "no-hit":
            return replace(plan, candidates=0)
        case "shuffled":
            return replace(plan, shuffled=True)
        case "repeated":
            return replace(plan, repeated=True)
    raise ValueError


def _among(value: str, allowed: range | dict[int, str]) -> int:
    number = int(value)
    if number not in allowed:
        raise ValueError
    return number


def _seconds(value: str) -> float:
    seconds = float(value)
    if not 0 <= seconds <= 86_400:
        raise ValueError
    return seconds
