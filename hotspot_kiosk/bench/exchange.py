"""What an exchange with another bureau costs: from captures to a sealed file, in both encodings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from hotspot_kiosk import nist, seal
from hotspot_kiosk.bench.evidence import HERE, TIMES, example_request, median_ms
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.terms import Request

PACK_GOAL_MS = 150


def run() -> Iterator[Figure]:
    """A face of 480 x 600 px and two fingers of 192 x 192 px: compressed, packed, every rule checked, sealed."""
    request = example_request()
    own, hub = (seal.PrivateKeys.make(owner, bytes([owner]) * 128) for owner in (1, 0))
    for encoding in nist.Encoding:
        spent = median_ms(partial(_sealed, request, encoding, hub.public(), own))
        name = f"pack, validate and seal, {encoding}"
        yield Figure("exchange", name, spent, "ms", PACK_GOAL_MS, "lower", "goal", TIMES)


def _sealed(request: Request, encoding: nist.Encoding, hub: seal.PublicKeys, own: seal.PrivateKeys) -> bytes:
    data = nist.pack(request, HERE, encoding=encoding)
    return seal.seal(data, request.tcn, "evidence", hub, own)
