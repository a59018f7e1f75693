"""A thin link on loopback: a TCP proxy that passes bytes as late as a modem would.

Modelled: serialisation at a bit rate, one direction at a time and shared by all connections; 40
bytes of TCP/IP headers a segment of at most 1,360; SYN, SYN-ACK and ACK; propagation each way;
delayed ACKs (every second segment, or after 40 ms unless data goes that way); a burst of ten
segments queues before the line, as behind a modem, and what is written apart stays apart; cuts.
Not modelled: loss, retransmission, growth of the congestion window, Nagle (senders must set
TCP_NODELAY), FIN, radio framing and attach, DNS. The proxy ends the TCP connections, so real
kernel timers never see the delay.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from hotspot_kiosk.simulator.tls_records import Record, Splitter

HEADERS = 40
SYN = 60
SEGMENT = 1360
BURST = 10
DELAYED_ACK_S = 0.04


@dataclass(frozen=True, slots=True)
class Shape:
    """A link's rate in bit/s, the same both ways, and its round trip in seconds."""

    rate: float
    round_trip_s: float


GPRS = Shape(9_600, 0.6)
IRIDIUM = Shape(2_400, 1.2)
GOOD = Shape(1_000_000, 0.05)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes so far: payload of TCP, and on the wire with headers, SYNs and ACKs."""

    up: int
    down: int
    wire_up: int
    wire_down: int

    def since(self, before: Traffic) -> Traffic:
        """What passed after `before`."""
        return Traffic(
            self.up - before.up,
            self.down - before.down,
            self.wire_up - before.wire_up,
            self.wire_down - before.wire_down,
        )


class _Line:
    """One direction: who speaks next waits until the one before has finished."""

    def __init__(self, shape: Shape) -> None:
        self._lock = threading.Lock()
        self._shape = shape
        self.free_at = 0.0
        self.payload = self.wire = 0

    def wait(self) -> None:
        """Until fewer than BURST segments queue before the line."""
        queued_s = (BURST - 1) * (SEGMENT + HEADERS) * 8 / self._shape.rate
        while self.free_at - queued_s > time.monotonic():
            _sleep_until(self.free_at - queued_s)

    def send(self, wire: int, payload: int = 0) -> float:
        """Put bytes on the line; returns when the last one arrives at the other end."""
        with self._lock:
            self.wire += wire
            self.payload += payload
            self.free_at = max(time.monotonic(), self.free_at) + wire * 8 / self._shape.rate
            return self.free_at + self._shape.round_trip_s / 2


class ThinLink:
    """Listens on a loopback port and forwards to another, as slowly as its shape says."""

    def __init__(self, target: int, shape: Shape) -> None:
        self._target = target
        self._lines = _Line(shape), _Line(shape)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._lock = threading.Lock()
        self._socks: set[socket.socket] = set()
        self._records: list[Record] = []
        self._cut = False
        self._quiet_s = 2 * shape.round_trip_s + 0.5
        threading.Thread(target=self._accept, name="thin link", daemon=True).start()

    @property
    def traffic(self) -> Traffic:
        """Bytes so far."""
        up, down = self._lines
        return Traffic(up.payload, down.payload, up.wire, down.wire)

    @property
    def records(self) -> tuple[Record, ...]:
        """The TLS records that went onto the line so far, both ways."""
        return tuple(self._records)

    def settle(self) -> None:
        """Wait until nothing is on its way and nobody has anything more to say."""
        while (free_at := max(line.free_at for line in self._lines)) + self._quiet_s > time.monotonic():
            _sleep_until(free_at + self._quiet_s)

    def cut(self) -> None:
        """Break every connection and refuse new ones; what is on its way is lost."""
        with self._lock:
            self._cut = True
            socks, self._socks = self._socks, set()
        for sock in socks:
            _drop(sock)

    def mend(self) -> None:
        """Let connections through again."""
        with self._lock:
            self._cut = False

    def close(self) -> None:
        """Stop for good."""
        self.cut()
        _drop(self._listener)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        """Spend the time of the TCP handshake; what is sent early waits in the near socket."""
        up, down = self._lines
        _sleep_until(up.send(SYN))
        _sleep_until(down.send(SYN))
        up.send(HEADERS)
        try:
            far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
        except OSError:
            _drop(near)
            return
        far.settimeout(None)
        if self._keep(near, far):
            there = _Way(near, far, up, down, Splitter(up=True), self._records)
            back = _Way(far, near, down, up, Splitter(up=False), self._records)
            there.start(back)
            back.start(there)

    def _keep(self, *socks: socket.socket) -> bool:
        with self._lock:
            refused = self._cut
            if not refused:
                self._socks.update(socks)
        for sock in socks:
            if refused:
                _drop(sock)
            else:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return not refused


class _Way:
    """One direction of one connection: one thread sends segments, one delivers them when they arrive."""

    def __init__(
        self,
        source: socket.socket,
        sink: socket.socket,
        line: _Line,
        back: _Line,
        splitter: Splitter,
        records: list[Record],
    ) -> None:
        self._source, self._sink = source, sink
        self._line, self._back = line, back
        self._splitter, self._records = splitter, records
        self._under_way: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
        self._owed = 0
        self._due = 0.0

    def start(self, other: _Way) -> None:
        """Begin; `other` is the way back, whose acknowledgements ride on what this one sends."""
        threading.Thread(target=self._send, args=(other,), daemon=True).start()
        threading.Thread(target=self._deliver, daemon=True).start()

    def _send(self, other: _Way) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._line.wait()
                block = self._source.recv(SEGMENT)
                if not block:
                    break
                other._owed = 0
                at = self._line.send(len(block) + HEADERS, len(block))
                self._records.extend(self._splitter.feed(block, at))
                self._under_way.put((at, block))
        self._under_way.put((time.monotonic(), b""))

    def _deliver(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                at, block = self._next()
                if not block:
                    break
                if self._owed and self._due < at:
                    _sleep_until(self._due)
                    self._acknowledge()
                _sleep_until(at)
                self._sink.sendall(block)
                self._owe()
        _drop(self._sink)
        _drop(self._source)

    def _next(self) -> tuple[float, bytes]:
        while self._owed:
            try:
                return self._under_way.get(timeout=max(0.0, self._due - time.monotonic()))
            except Empty:
                self._acknowledge()
        return self._under_way.get()

    def _owe(self) -> None:
        self._owed += 1
        self._due = time.monotonic() + DELAYED_ACK_S
        if self._owed >= 2:
            self._acknowledge()

    def _acknowledge(self) -> None:
        if self._owed:
            self._owed = 0
            self._back.send(HEADERS)


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def _drop(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
