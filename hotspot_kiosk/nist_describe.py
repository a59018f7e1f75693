"""A transaction in plain words, for a person who opens a file, and as a structure for a program.

Neither ever contains image bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from hotspot_kiosk.nist_model import Context, FaceRecord, FingerRecord, Record, Transaction
from hotspot_kiosk.terms import RequestType

SEARCHES = {RequestType.NPS: "search, non-criminal", RequestType.CPS: "search, criminal"}
IMPRESSIONS = {0: "live scan, plain", 1: "live scan, rolled", 8: "live scan, swipe"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line about a file: which record, which field, what it says."""

    record: str
    field: str
    words: str


def describe(transaction: Transaction) -> list[Row]:
    """Every field that carries something, in the file's order."""
    rows = _head(transaction) + _context(transaction.context)
    for record in transaction.records:
        rows += _face(record) if isinstance(record, FaceRecord) else _finger(record)
    return rows


def outline(transaction: Transaction) -> dict[str, object]:
    """The same as plain lists and strings, ready for JSON."""
    records: dict[str, dict[str, str]] = {}
    for row in describe(transaction):
        records.setdefault(row.record, {})[row.field] = row.words
    return {"tcn": str(transaction.tcn), "tot": transaction.tot.value, "records": records}


def _head(transaction: Transaction) -> list[Row]:
    fields = {
        "1.002 VER": transaction.version,
        "1.003 CNT": f"{len(transaction.records) + 1} records follow",
        "1.004 TOT": f"{transaction.tot.value}: {SEARCHES[transaction.tot]}",
        "1.005 DAT": transaction.date.isoformat(),
        "1.007 DAI": f"to {transaction.destination}",
        "1.008 ORI": f"from {transaction.origin}",
        "1.009 TCN": str(transaction.tcn),
        "1.013 DOM": f"INT-I, version {transaction.domain_version}",
        "1.014 GMT": transaction.sent.isoformat(),
    }
    return _rows("Type-1", fields)


def _context(context: Context) -> list[Row]:
    fields = {
        "2.011 ORN": ", ".join(f"{each.country} {each.value}" for each in context.references),
        "2.012 MN1": f"post {context.post}",
        "2.013 MN2": f"device {context.device}",
        "2.019 DPR": f"captured {context.captured.isoformat()}",
        "2.023 OBU": f"{context.organisation}, {context.post}",
    }
    if context.reason:
        fields["2.096 COT"] = f"reason: {context.reason.lower()}"
    return _rows("Type-2", fields)


def _face(record: FaceRecord) -> list[Row]:
    profile = f"subject acquisition profile {record.sap}" if record.sap is not None else "none claimed"
    fields = {
        "10.003 IMT": "face",
        **_image(record, "10", "10.005 PHD"),
        "10.011 CGA": f"JPEG baseline, {len(record.data)} bytes",
        "10.013 SAP": profile,
        "10.038 COM": record.comment,
    }
    return _rows(f"Type-10 #{record.idc}", fields)


def _finger(record: FingerRecord) -> list[Row]:
    profile = f"fingerprint acquisition profile {record.fap}" if record.fap is not None else "none claimed"
    fields = {
        "14.003 IMP": IMPRESSIONS.get(record.impression, f"impression type {record.impression}"),
        **_image(record, "14", "14.005 FCD"),
        "14.009 THPS": f"{record.ppi} pixels an inch",
        "14.011 CGA": f"WSQ, {len(record.data)} bytes",
        "14.013 FGP": record.fgp.words,
        "14.020 COM": record.comment,
        "14.031 FAP": profile,
    }
    return _rows(f"Type-14 #{record.idc}", fields)


def _image(record: Record, kind: str, day: str) -> dict[str, str]:
    return {
        f"{kind}.004 SRC": record.source,
        day: record.captured.isoformat(),
        f"{kind}.006 HLL": f"{record.width} pixels wide",
        f"{kind}.007 VLL": f"{record.height} pixels high",
        f"{kind}.904 MMS": f"device {record.device}",
    }


def _rows(record: str, fields: dict[str, str]) -> list[Row]:
    return [Row(record, *pair) for pair in sorted(fields.items())]
