"""Records cut out of a stream, however it comes."""

import os

import pytest

from hotspot_kiosk.simulator.tls_records import Splitter

SIZES = [5 + 207, 5 + 1, 5 + 3000]
STREAM = b"".join(
    bytes([kind, 3, 3]) + (size - 5).to_bytes(2, "big") + os.urandom(size - 5)
    for kind, size in zip((22, 20, 23), SIZES, strict=True)
)


@pytest.mark.parametrize("step", [1, 7, 1360, 10_000])
def test_records_are_told_however_the_stream_is_cut(step: int) -> None:
    """Type and size of each, at the time when its last byte came."""
    splitter = Splitter(up=True)
    found = [
        record
        for at in range(0, len(STREAM), step)
        for record in splitter.feed(STREAM[at : at + step], float(at + step))
    ]
    assert [(record.kind, record.size) for record in found] == list(zip((22, 20, 23), SIZES, strict=True))
    ends = [sum(SIZES[: number + 1]) for number in range(3)]
    assert all(end <= record.at < end + step for record, end in zip(found, ends, strict=True))


def test_what_is_no_tls_has_no_records() -> None:
    """And what follows it has none either."""
    splitter = Splitter(up=False)
    assert not list(splitter.feed(b"\x10\x0c\x00\x04MQTT", 1.0))
    assert not list(splitter.feed(STREAM, 2.0))
