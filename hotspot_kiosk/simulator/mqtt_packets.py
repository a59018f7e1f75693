"""The few MQTT 5 packets that a crowd of simulated kiosks speaks, as bytes (OASIS MQTT 5.0, 3.1-3.9)."""

from __future__ import annotations

from collections.abc import Iterator

CONNACK, PUBLISH, PUBACK = 0x20, 0x30, 0x40


def connect(client: str, keepalive_s: int = 300) -> bytes:
    """CONNECT with a clean start."""
    return _packet(0x10, b"\x00\x04MQTT\x05\x02" + keepalive_s.to_bytes(2) + b"\x00" + _text(client))


def subscribe(number: int, topic: str) -> bytes:
    """SUBSCRIBE at QoS 1."""
    return _packet(0x82, number.to_bytes(2) + b"\x00" + _text(topic) + b"\x01")


def publish(number: int, topic: str, payload: bytes) -> bytes:
    """PUBLISH at QoS 1."""
    return _packet(0x32, _text(topic) + number.to_bytes(2) + b"\x00" + payload)


def puback(number: int) -> bytes:
    """PUBACK."""
    return _packet(PUBACK, number.to_bytes(2))


def message(kind: int, body: bytes) -> tuple[int, bytes]:
    """A PUBLISH's packet number (0 at QoS 0) and payload."""
    at = 2 + int.from_bytes(body[:2])
    number = 0
    if kind & 0x06:
        number = int.from_bytes(body[at : at + 2])
        at += 2
    length, used = _varint(body[at:]) or (0, 1)
    return number, body[at + used + length :]


def split(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """Take whole packets off the buffer: first byte and body (PUBLISH keeps its flags)."""
    while len(buffer) >= 2:
        header = _varint(buffer[1:5])
        if header is None or len(buffer) < 1 + header[1] + header[0]:
            return
        length, used = header
        kind, body = buffer[0], bytes(buffer[1 + used : 1 + used + length])
        del buffer[: 1 + used + length]
        yield kind, body


def _varint(data: bytes | bytearray) -> tuple[int, int] | None:
    value = 0
    for used, byte in enumerate(data[:4]):
        value |= (byte & 0x7F) << (7 * used)
        if not byte & 0x80:
            return value, used + 1
    return None


def _packet(kind: int, body: bytes) -> bytes:
    length, size = b"", len(body)
    while True:
        size, low = divmod(size, 128)
        length += bytes([low | (0x80 if size else 0)])
        if not size:
            return bytes([kind]) + length + body


def _text(words: str) -> bytes:
    data = words.encode()
    return len(data).to_bytes(2) + data
