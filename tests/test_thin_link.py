"""The model of a thin link: never faster than the arithmetic, and nothing lost on the way."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from hotspot_kiosk.simulator.thin_link import HEADERS, SEGMENT, SYN, Shape, ThinLink

QUICK = Shape(rate=400_000, round_trip_s=0.1)


class Echo:
    """Sends back what it hears."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _run(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with sock:
                try:
                    while block := sock.recv(65536):
                        sock.sendall(block)
                except OSError:
                    pass


@pytest.fixture
def link() -> Iterator[ThinLink]:
    """A link to an echo."""
    echo = Echo()
    made = ThinLink(echo.port, QUICK)
    yield made
    made.close()
    echo.close()


def there_and_back(link: ThinLink, payload: bytes) -> tuple[bytes, float]:
    """What the echo says, and the seconds it took from the first SYN on."""
    began = time.monotonic()
    got = b""
    with socket.create_connection(("127.0.0.1", link.port), timeout=60) as sock:
        sock.sendall(payload)
        while len(got) < len(payload):
            got += sock.recv(65536)
    return got, time.monotonic() - began


def test_bytes_arrive_whole_and_in_order(link: ThinLink) -> None:
    """Whatever the segments."""
    payload = bytes(range(256)) * 20
    assert there_and_back(link, payload)[0] == payload


def test_it_is_never_faster_than_the_arithmetic(link: ThinLink) -> None:
    """Two round trips, the handshake's and the payload's; every byte and header at the line's rate."""
    size = 4 * SEGMENT
    least = 2 * QUICK.round_trip_s + (2 * SYN + 5 * (SEGMENT + HEADERS)) * 8 / QUICK.rate
    assert there_and_back(link, bytes(size))[1] >= least


def test_headers_and_handshake_are_counted(link: ThinLink) -> None:
    """Payload as it is; on the wire each segment has its headers, each connection its SYNs."""
    there_and_back(link, bytes(SEGMENT))
    passed = link.traffic
    assert (passed.up, passed.down) == (SEGMENT, SEGMENT)
    assert passed.wire_up >= SEGMENT + HEADERS + SYN + HEADERS
    assert passed.wire_down >= SEGMENT + HEADERS + SYN


def test_a_segment_alone_is_acknowledged_after_a_while(link: ThinLink) -> None:
    """The answer's last segment costs the way up 40 bytes."""
    with socket.create_connection(("127.0.0.1", link.port), timeout=60) as sock:
        sock.sendall(b"x")
        sock.recv(1)
        before = link.traffic.wire_up
        ends = time.monotonic() + 60
        while link.traffic.wire_up < before + HEADERS:
            assert time.monotonic() < ends
            time.sleep(0.01)


def test_a_cut_breaks_and_a_mended_link_carries_again(link: ThinLink) -> None:
    """As with the other link."""
    with socket.create_connection(("127.0.0.1", link.port), timeout=60) as sock:
        sock.sendall(b"x")
        sock.recv(1)
        link.cut()
        with contextlib.suppress(ConnectionResetError):
            assert sock.recv(1) == b""
    link.mend()
    assert there_and_back(link, b"again")[0] == b"again"
