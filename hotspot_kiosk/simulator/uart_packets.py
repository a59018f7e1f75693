"""Frames as the simulated sensors make and read them: apart from the kiosk's own, so that neither can err alone."""

from __future__ import annotations

START = b"\xef\x01"
HEADER_BYTES = 9
LONGEST = 258


def frame(kind: int, address: bytes, payload: bytes) -> bytes:
    """A frame's bytes on the line."""
    body = bytes([kind]) + (len(payload) + 2).to_bytes(2, "big") + payload
    return START + address + body + (sum(body) & 0xFFFF).to_bytes(2, "big")


def next_request(inbox: bytearray) -> bytes | None:
    """Take the next frame out of what was heard; empty if it was too long, None if more is needed."""
    start = inbox.find(START)
    del inbox[: start if start >= 0 else max(0, len(inbox) - 1)]
    if len(inbox) < HEADER_BYTES:
        return None
    size = HEADER_BYTES + int.from_bytes(inbox[7:9], "big")
    if size > HEADER_BYTES + LONGEST:
        del inbox[: len(START)]
        return b""
    if len(inbox) < size:
        return None
    taken = bytes(inbox[:size])
    del inbox[:size]
    return taken


def sum_fits(whole: bytes) -> bool:
    """Whether a frame's sum is right."""
    return sum(whole[6:-2]) & 0xFFFF == int.from_bytes(whole[-2:], "big")
