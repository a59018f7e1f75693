"""The fuzz target: files changed at random, and an oracle of the mandatory rules that knows no validator.

`python tests/fuzz_nist.py --count 100000` is the whole campaign; `test_nist_fuzz.py` runs a short one. Three
sorts of files: bytes changed anywhere, whole fields changed, and one mandatory field broken on purpose. Nothing
but BadBytes or BadSample may ever be raised; a file that is accepted must keep what `oracle` asks; a file that was
broken on purpose must be refused, with a finding at that very field.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import re
import sys
import tempfile
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

from nistanswers import error, hit, no_hit
from nistfiles import finger, records_of, sample, sample_file, sample_xml, with_length, with_records
from PIL import Image

from hotspot_kiosk.errors import BadBytes, BadSample
from hotspot_kiosk.nist import Encoding, describe, outline, parse, read, validate, write
from hotspot_kiosk.nist.answer import read_answer
from hotspot_kiosk.nist.finding import Finding
from hotspot_kiosk.nist.model import Record, Transaction, counted, make_field
from hotspot_kiosk.nist.profile import errors

ODD = (
    b"\x1c",
    b"\x1d",
    b"\x1e",
    b"\x1f",
    b":",
    b"0",
    b"999:",
    b"\x1d14.999:",
    b"\xff",
    b"9" * 12,
    b"<",
    b"&#0;",
)
MANDATORY = {  # record of the sample -> its mandatory fields, from the profile's own table
    0: (2, 3, 4, 5, 9, 11, 12, 13, 14),
    1: (2, 11),
    2: (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
    3: (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13),
}
WRONG = {  # for each of them, texts that cannot be right
    (0, 2): ["0300", "5", "O5O2"],
    (0, 3): ["1", "x", "2"],
    (0, 4): ["ATP", "MPS", "nps", "NPSX"],
    (0, 5): ["20261131", "2026-11-23", "00000000", "today"],
    (0, 9): ["26000170000004A", "2600017000000", "26000170000004e"],
    (0, 11): ["19.68", "0", "x"],
    (0, 12): ["19.68", "0", "x"],
    (0, 13): ["INT-I", "EBTS", "int-i"],
    (0, 14): ["20261123140506", "20261123146006Z", "20261123140506+0100"],
    (1, 2): [],
    (1, 11): ["XYZ", "xyz", "v"],
    (2, 2): ["100", "x"],
    (2, 3): ["SCAR", "face"],
    (2, 8): ["1", "2"],
    (2, 9): ["0", "x", "99"],
    (2, 10): ["0", "x", "99"],
    (2, 11): ["PNG", "WSQ20", "JP2"],
    (2, 12): ["GRAY", "YCC"],
    (3, 2): ["100", "x"],
    (3, 3): ["2", "7", "x"],
    (3, 8): ["0", "2"],
    (3, 9): ["508", "250", "1000"],
    (3, 10): ["508", "250", "1000"],
    (3, 11): ["NONE", "JPEGB", "JP2"],
    (3, 12): ["16", "1"],
    (3, 13): ["0", "16", "21", "x"],
    **{(n, 4): [] for n in (2, 3)},
    **{(n, 5): ["20261131", "2026"] for n in (2, 3)},
    **{(n, field): ["1", "0", "4097", "x"] for n in (2, 3) for field in (6, 7)},
}


@cache
def corpus() -> tuple[bytes, ...]:
    """Files of both encodings to begin with: searches, answers, slaps, a missing finger, other records."""
    slap = finger((13, "13"), idc=1)
    gone = Record(14, (*(f for f in finger(idc=2).fields if f.number in (2, 3, 4, 5, 13)),))
    gone = gone.changed(make_field(18, ("2", "UP")), make_field(13, ("2",)))
    mixed = with_records(slap, Record(9, (make_field(2, ("3",)), make_field(300, ("1", "2")))))
    older = with_records(sample().records[2], Record(7, (make_field(2, ("9",)),), b"bytes"))
    missing = with_records(sample().records[2], gone)
    answers = [no_hit(), hit(), error()]
    traditional = [write(parse(each)) for each in answers] + [write(each) for each in (mixed, older, missing)]
    return (sample_file(), *traditional, sample_xml(), *answers, write(missing, Encoding.XML))


def mutated(rng: random.Random) -> bytes:
    """A file of the corpus with one to four changes anywhere; lengths often made true again."""
    whole = rng.choice(corpus())
    if whole.startswith(b"<"):
        return _bent(rng, whole, len(whole))
    if rng.random() < 0.1:
        return _bent(rng, whole, len(whole))
    try:
        records = records_of(whole)
    except (ValueError, IndexError):
        return _bent(rng, whole, len(whole))
    number = rng.randrange(len(records))
    text = records[number].find(b".999:")
    record = _bent(rng, records[number], text if text > 0 and rng.random() < 0.7 else len(records[number]))
    true = rng.random() < 0.8 and b".001:" in record[:8] and b"\x1d" in record
    records[number] = with_length(record) if true else record
    return b"".join(records)


def _bent(rng: random.Random, data: bytes, reach: int) -> bytes:
    bent = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(max(1, min(reach, len(bent))))
        kind = rng.randrange(6)
        if kind == 0:
            bent[at : at + 1] = bytes([rng.randrange(256)])
        elif kind == 1:
            bent[at : at + rng.randint(1, 9)] = b""
        elif kind == 2:
            bent[at:at] = bent[at : at + rng.randint(1, 40)]
        elif kind == 3:
            bent[at:at] = rng.choice(ODD)
        elif kind == 4:
            other = rng.randrange(len(bent) or 1)
            bent[at : at + 4] = bent[other : other + 4]
        else:
            bent[at : at + 1] = bytes([rng.choice(b"0123456789ABCXYZ<>&\"'/:.")])
    return bytes(bent)


@cache
def pool() -> tuple[str, ...]:
    """Texts to put anywhere: all that stand in the corpus, and some that stand nowhere."""
    records = [record for data in corpus() for record in parse(data).records]
    items = {item for record in records for each in record.fields for part in each.subfields for item in part}
    return (
        *sorted(items),
        "",
        " ",
        "-1",
        "0",
        "00",
        "100",
        "999",
        "1e3",
        "\u0661",
        "caf\u00e9",
        "999:",
        "x" * 200,
    )


def rearranged(rng: random.Random) -> bytes:
    """A file of the corpus with one to three whole fields or records changed, written in either encoding."""
    records = list(parse(rng.choice(corpus())).records)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(records))
        if rng.random() < 0.75:
            records[at] = _refielded(rng, records[at])
        elif at and rng.random() < 0.5:
            records.insert(at, records[rng.randrange(1, len(records))])
        elif at:
            records[at] = Record(rng.choice((2, 9, 10, 14, 15)), records[at].fields, rng.choice(records).data)
    whole = Transaction(tuple(records))
    whole = counted(whole) if rng.random() < 0.7 else whole
    with contextlib.suppress(BadBytes, BadSample):
        return write(whole, rng.choice(list(Encoding)))
    return sample_file()


def _refielded(rng: random.Random, record: Record) -> Record:
    """With one field given other texts, taken out or put in; or with its image torn."""
    kind = rng.randrange(5)
    number = rng.choice([each.number for each in record.fields] or [2])
    if kind == 0:
        return record.without(number)
    if kind == 1:
        number = rng.randrange(2, 100)
    if kind == 2 and record.data:
        return Record(record.kind, record.fields, _bent(rng, record.data, len(record.data)))
    items = [[rng.choice(pool()) for _ in range(rng.randint(1, 3))] for _ in range(rng.choice((1, 1, 1, 2)))]
    return record.changed(make_field(number, *items))


def broken_on_purpose(rng: random.Random) -> tuple[bytes, int, int]:
    """The sample with one mandatory field wrong, empty or gone; its record (from 1) and field."""
    number = rng.choice(sorted(MANDATORY))
    field = rng.choice(MANDATORY[number])
    text = rng.choice(["", None, *WRONG[number, field]])
    records = list(sample().records)
    record = records[number].without(field)
    records[number] = record if text is None else record.changed(make_field(field, (text,)))
    in_xml = text and not re.match(r"\d{4}-", text) and rng.random() < 0.5  # there, dates are spelled so
    encoding = Encoding.XML if in_xml else Encoding.TRADITIONAL
    return write(Transaction(tuple(records)), encoding), number + 1, field


def oracle(data: bytes) -> None:
    """What must hold in a file that is accepted as a search, told from the model's texts by other means."""
    transaction = parse(data)
    head, others = transaction.records[0], transaction.records[1:]
    digits, letter = head.text(9)[:14], head.text(9)[14:]
    assert len(digits) == 14
    assert "ZABCDEFGHJKLMNPQRTUVWXY"[int(digits) % 23] == letter
    assert head.text(4) in {"NPS", "CPS"}
    day = head.text(5)
    assert date(int(day[:4]), int(day[4:6]), int(day[6:8]))
    assert re.fullmatch(r"\d{14}Z", head.text(14))
    assert head.subfields(13)[0] in {("INT-I", "0600"), ("INT-I", "06.00")}
    listed = [(int(entry[0]), int(entry[1])) for entry in head.subfields(3)[1:]]
    assert listed == [(record.kind, int(record.text(2))) for record in others]
    assert others[0].kind == 2
    assert not any(others[0].find(number) for number in (30, 34, 38))
    assert others[0].find(10) or others[0].find(11)
    assert any(record.data for record in others if record.kind in (4, 10, 14, 15))
    for record in others:
        if record.kind == 10:
            _face_holds(record)
        elif record.kind == 14:
            _finger_holds(record)


def _face_holds(record: Record) -> None:
    assert record.text(3) == "FACE"
    assert record.text(11) in {"JPEGB", "JPEGL"}
    assert record.text(12) == "SRGB"
    with contextlib.suppress(OSError, SyntaxError), Image.open(io.BytesIO(record.data)) as picture:
        assert picture.size == (int(record.text(6)), int(record.text(7)))  # if not too damaged to open


def _finger_holds(record: Record) -> None:
    assert int(record.text(13)) in range(1, 16)
    if not record.data:
        assert any(part[1] == "UP" for part in record.subfields(18))
        return
    pair = (int(record.text(9)), record.text(11))
    assert pair in {(500, "WSQ20"), (1000, "JP2"), (1000, "JP2L")}
    if pair[1] == "WSQ20":
        at = 2
        while record.data[at + 1] != 0xA2:
            at += 2 + int.from_bytes(record.data[at + 2 : at + 4], "big")
        height, width = (int.from_bytes(record.data[at + i : at + i + 2], "big") for i in (6, 8))
        assert (width, height) == (int(record.text(6)), int(record.text(7)))


def try_file(data: bytes) -> str:
    """Everything that can be done with a file; how far it came. Raises whatever should not be raised."""
    return _tried(data)[0]


def _tried(data: bytes) -> tuple[str, list[Finding]]:
    """How far it came, and what was found."""
    try:
        transaction = parse(data)
    except BadBytes:
        return "no file", []
    findings = validate(transaction)
    describe(transaction)
    outline(transaction)
    for encoding in Encoding:
        try:
            again = parse(write(transaction, encoding))
            if encoding is Encoding.TRADITIONAL:
                assert write(again) == write(transaction)
        except (BadBytes, BadSample):
            continue
    with contextlib.suppress(BadBytes):
        read_answer(transaction)
    try:
        read(data)
    except BadBytes:
        return "refused", findings
    assert not errors(findings)
    oracle(data)
    return "accepted", findings


def try_broken(data: bytes, record: int, field: int) -> str:
    """A file that was broken on purpose: refused, and the finding is at that field."""
    outcome, findings = _tried(data)
    assert outcome == "refused", f"{outcome} with a broken {field} in record {record}"
    found = {(each.path.record, each.path.field) for each in errors(findings)}
    assert (record, field) in found, f"no finding at field {field} of record {record}"
    return "broken, found"


def campaign(count: int, seed: int) -> Counter[str]:
    """`count` files, a quarter of them broken on purpose. Keeps the file that failed, then raises."""
    rng = random.Random(seed)
    tally: Counter[str] = Counter()
    for _ in range(count):
        on_purpose = rng.random() < 0.25
        change = rearranged if rng.random() < 0.5 else mutated
        data, record, field = broken_on_purpose(rng) if on_purpose else (change(rng), 0, 0)
        try:
            tally[try_broken(data, record, field) if on_purpose else try_file(data)] += 1
        except BaseException:
            kept = Path(tempfile.gettempdir()) / "fuzz_nist.failed"
            kept.write_bytes(data)
            sys.stderr.write(f"the file that failed: {kept}\n")
            raise
    return tally


def main() -> None:
    """The whole campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    for outcome, times in sorted(campaign(asked.count, asked.seed).items()):
        sys.stdout.write(f"{times:8d}  {outcome}\n")


if __name__ == "__main__":
    main()
