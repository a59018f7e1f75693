"""An open BioHub-like responder: takes searches in both encodings, checks every rule, answers as its script says.

It knows nobody: candidates are made up by chance, which comes in as an argument. Pure but for its memory; time comes in as seconds of
one steady clock. How files reach it is the business of `biohub_folder` and `biohub_https`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from hotspot_kiosk import nist
from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.nist import Agency, Encoding, Transaction
from hotspot_kiosk.nist.answer import (
    MEANINGS,
    ForeignAnswer,
    ForeignCandidate,
    Reference,
    SearchError,
    SearchResult,
    answer_transaction,
)
from hotspot_kiosk.nist.finding import Finding
from hotspot_kiosk.nist.names import name_of
from hotspot_kiosk.nist.xml import looks_like_xml
from hotspot_kiosk.outcome_report import decode
from hotspot_kiosk.simulator.biohub_script import Plan
from hotspot_kiosk.terms import RequestType, Tcn

BUREAU = Agency("XPO", "BIOHUB")
DEVICE = 99_999
COUNTRIES = ("ABC", "DEF", "GHI")  # no country has these codes
DATES = (5, 14, 19, 35, 92)


@dataclass(frozen=True, slots=True)
class Due:
    """One message and when it may leave, in seconds of the responder's clock."""

    at: float
    name: str
    content: bytes = field(repr=False)


class BioHub:
    """Answers searches in the order of its plans, over and over. One thread at a time.

    per_minute: how many searches it lets in, 0 for any number. seen: how often each number came. outcomes: the same
    of what it was told about its hits.
    """

    def __init__(
        self,
        plans: Sequence[Plan],
        chance: random.Random,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        per_minute: int = 0,
    ) -> None:
        self._plans = tuple(plans)
        self._chance = chance
        self._clock = clock
        self._now = now
        self._per_minute = per_minute
        self._let_in: list[float] = []
        self._away_until = -math.inf
        self._minted = 0
        self._searches = 0
        self._due: list[Due] = []
        self._asked_by: dict[str, Tcn] = {}
        self.seen: dict[Tcn, int] = {}
        self.outcomes: dict[str, int] = {}

    def closed_s(self) -> float:
        """For how many seconds nothing is taken: an outage, or too many searches in a minute."""
        now = self._clock()
        if self.away:
            return self._away_until - now
        self._let_in = [at for at in self._let_in if now - at < 60]
        full = self._per_minute and len(self._let_in) >= self._per_minute
        return self._let_in[0] + 60 - now if full else 0.0

    @property
    def away(self) -> bool:
        """Whether there is an outage."""
        return self._clock() < self._away_until

    def be_away(self, seconds: float) -> None:
        """An outage from now on."""
        self._away_until = self._clock() + seconds

    def take(self, content: bytes) -> Tcn:
        """One file; its answers come due later. The same number again is answered as before, not searched again.

        Raises BadBytes for a file that does not even say its number.
        """
        transaction = nist.parse(content)
        tcn = transaction.tcn
        self.seen[tcn] = self.seen.get(tcn, 0) + 1
        if self.seen[tcn] > 1:
            return tcn
        self._let_in.append(self._clock())
        encoding = Encoding.XML if looks_like_xml(content) else Encoding.TRADITIONAL
        fault = self._fault(transaction, tcn)
        if fault is not None:
            self._plan_out([(0.0, fault)], transaction, encoding)
            return tcn
        plan = self._plans[self._searches % len(self._plans)]
        self._searches += 1
        if plan.outage_s:
            self.be_away(plan.outage_s)
        self._plan_out(list(self._answers(plan, transaction)), transaction, encoding)
        return tcn

    def take_outcome(self, content: bytes, name: str) -> None:
        """What people found of a hit of ours; `outcomes` counts how often each came.

        Raises BadBytes for what is none, or is about no hit that was given, or comes under another name.
        """
        report = decode(content)
        if self._asked_by.get(report.answer) != report.tcr or name != report.name:
            raise BadBytes("no hit of that number was given to that search")
        self.outcomes[name] = self.outcomes.get(name, 0) + 1

    def waiting(self) -> list[Due]:
        """The messages whose time has come, in the order in which they leave."""
        now = self._clock()
        return [due for due in sorted(self._due, key=lambda due: due.at) if due.at <= now]

    def forget(self, name: str) -> None:
        """It was delivered."""
        self._due = [due for due in self._due if due.name != name]

    def _fault(self, transaction: Transaction, tcn: Tcn) -> SearchError | None:
        found = nist.errors(nist.validate(transaction))
        if transaction.tot not in set(RequestType):
            return self._error(tcn, 116, "TOT", "only NPS and CPS are searched")
        return self._error(tcn, *_code_of(found[0])) if found else None

    def _answers(self, plan: Plan, request: Transaction) -> Iterator[tuple[float, ForeignAnswer]]:
        """What a plan says to one search, with delays in seconds."""
        if plan.error:
            yield plan.late_s, self._error(request.tcn, plan.error, "", MEANINGS.get(plan.error, ""))
            return
        results = [self._result(request, number, plan) for number in range(1, plan.candidates + 1)]
        results = results or [self._result(request, 0, plan)]
        if plan.shuffled:
            results.reverse()
        for place, result in enumerate(results):
            at = plan.late_s + place * plan.apart_s
            yield at, result
            if plan.repeated:
                yield at, result
            if plan.verified_s and result.candidate:
                verified = replace(result.candidate, verified=True)
                yield at + plan.verified_s, replace(result, tcn=self._mint(), candidate=verified)

    def _result(self, request: Transaction, number: int, plan: Plan) -> SearchResult:
        candidate = self._candidate(number, plan.source) if number else None
        mode = "AC" if any(request.of(14)) else "UC"
        return SearchResult(
            self._mint(), request.tcn, None, BUREAU.country, request.tot, plan.candidates, candidate, mode
        )

    def _candidate(self, number: int, source: str) -> ForeignCandidate:
        country = source or self._chance.choice(COUNTRIES)
        value = f"{self._chance.randrange(10**8):08d}"
        return ForeignCandidate(
            sequence=number,
            verified=False,
            numbers=(Reference(country, value),),
            cases=(Reference(country, f"CASE-{value[:4]}"),),
            interpol=f"2026/{value[4:]}",
            matched=(0, 0),
            score=None,
            remark="MADE UP: NOBODY REAL",
            names=(),
        )

    def _error(self, tcr: Tcn, code: int, mnemonic: str, text: str) -> SearchError:
        return SearchError(self._mint(), tcr, None, BUREAU.country, code, mnemonic, text[:60])

    def _mint(self) -> Tcn:
        self._minted += 1
        return Tcn.mint(self._now().year, DEVICE, self._minted)

    def _plan_out(
        self, answers: list[tuple[float, ForeignAnswer]], request: Transaction, encoding: Encoding
    ) -> None:
        """Each message under a name of its own; a repeated one has the same content under another name."""
        country, _, name = request.head.text(8).partition("/")
        for place, (delay_s, answer) in enumerate(answers):
            whole = answer_transaction(answer, BUREAU, Agency(country, name), self._now())
            content = nist.write(whole, encoding)
            if isinstance(answer, SearchResult) and answer.candidate is not None:
                self._asked_by[answer.tcn] = request.tcn
            self._due.append(Due(self._clock() + delay_s, f"{answer.tcn}-{place}", content))


def _code_of(finding: Finding) -> tuple[int, str, str]:
    """The published code, mnemonic and words for a rule that is broken."""
    path = finding.path
    mnemonic = name_of(path.kind, path.field).split(" ")[1] if path.field else ""
    if (path.kind, path.field) == (1, 9):
        return 201, mnemonic, finding.words
    if "is missing" in finding.words:
        return 101, mnemonic, finding.words
    if path.kind in (1, 2) and path.field in DATES:
        return 112, mnemonic, finding.words
    return (117 if path.kind > 2 else 115), mnemonic, finding.words
