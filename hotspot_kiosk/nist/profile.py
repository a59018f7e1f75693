"""The validator of INT-I v6 as this software uses it: all rules over a transaction, as a list of findings.

Pure: nothing is decoded, changed or logged. The tables of rules stand in `rules_*`.
"""

from __future__ import annotations

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.nist import rules_finger, rules_head, rules_image, rules_text
from hotspot_kiosk.nist.finding import Case, Finding, Severity
from hotspot_kiosk.nist.model import Transaction

RULES = rules_head.RULES + rules_text.RULES + rules_image.RULES + rules_finger.RULES
_OF_KIND = {kind: tuple(rule for rule in RULES if kind in rule.kinds) for kind in range(1, 100)}
MOST = 200  # findings; a file with more has no use for the rest


def validate(transaction: Transaction) -> list[Finding]:
    """What is wrong with a file, in its own order, at most 200 findings."""
    found: list[Finding] = []
    for number, record in enumerate(transaction.records, start=1):
        case = Case(number, record, transaction)
        for rule in _OF_KIND[record.kind]:
            found += rule.findings(case)
        if len(found) >= MOST:
            break
    return found[:MOST]


def errors(findings: list[Finding]) -> list[Finding]:
    """Those that forbid the file to be sent."""
    return [each for each in findings if each.severity is Severity.ERROR]


def refuse_errors(transaction: Transaction) -> Transaction:
    """The same transaction. Raises BadBytes with the first error there is."""
    for each in errors(validate(transaction)):
        raise BadBytes(f"{each.path}: {each.words}. {each.remedy}")
    return transaction
