"""A finding of the profile validator: where, which rule, how bad, what to do. And what a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from hotspot_kiosk.nist.model import Record, Transaction
from hotspot_kiosk.nist.names import name_of


class Severity(StrEnum):
    """How bad: an error must not be sent; a warning may be refused; a notice is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Path:
    """A place in a file: record (1 is the Type-1), its type, field, subfield and item, each from 1; 0: the whole."""

    record: int
    kind: int
    field: int = 0
    subfield: int = 0
    item: int = 0

    def __str__(self) -> str:
        name = name_of(self.kind, self.field) if self.field else f"Type-{self.kind}"
        parts = [str(each) for each in (self.subfield, self.item) if each]
        return f"record {self.record}: {name}" + (f" [{'.'.join(parts)}]" if parts else "")


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that is broken at one case."""

    path: Path
    rule: str
    severity: Severity
    words: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.path}: {self.words}. {self.remedy} ({self.rule})"


@dataclass(frozen=True, slots=True)
class Case:
    """One record among the others, for the rules to look at."""

    number: int
    record: Record
    whole: Transaction

    @property
    def tot(self) -> str:
        """The type of transaction."""
        return self.whole.tot

    @property
    def searches(self) -> bool:
        """Whether the file asks for something, as this software's own files do; else it answers."""
        return self.tot not in ("SRE", "ERR")

    @property
    def before(self) -> list[Record]:
        """The records of the same type that come before it."""
        return [each for each in self.whole.records[: self.number - 1] if each.kind == self.record.kind]

    def at(self, field: int = 0, subfield: int = 0, item: int = 0) -> Path:
        """A path in this record."""
        return Path(self.number, self.record.kind, field, subfield, item)

    def every_item(self, *fields: int) -> Iterator[tuple[Path, str]]:
        """Each item of these fields (of all if none is named), with its path."""
        for each in self.record.fields:
            if fields and each.number not in fields:
                continue
            for i, part in enumerate(each.subfields, start=1):
                for k, item in enumerate(part, start=1):
                    yield self.at(each.number, i, k), item


Fault = tuple[Path, str]  # where, and what is wrong
Check = Callable[[Case], Iterable[Fault]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the profile: for records of these types, a check, how bad it is, what to do.

    mild: in an answer from elsewhere, which nobody here can change, it is a warning only.
    """

    name: str
    kinds: tuple[int, ...]
    check: Check
    remedy: str
    severity: Severity = Severity.ERROR
    mild: bool = False

    def findings(self, case: Case) -> Iterator[Finding]:
        """What this rule finds in one record of its types."""
        eased = self.mild and not case.searches and self.severity is Severity.ERROR
        severity = Severity.WARNING if eased else self.severity
        for path, words in self.check(case):
            yield Finding(path, self.name, severity, words, self.remedy)
