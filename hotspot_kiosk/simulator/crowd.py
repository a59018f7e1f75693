"""A crowd of kiosks as a hub sees them: one MQTT 5 connection each, all in one thread.

Each member asks what waits for it, offers what it holds, sends what is missing and repeats until
the hub's receipt verifies. It stands for many kiosks' control traffic, not for one kiosk's care:
nothing is on disk. The link is plain TCP, or TLS with each member's own certificate.
"""

from __future__ import annotations

import hashlib
import random
import selectors
import socket
import ssl
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence

from hotspot_kiosk import wire
from hotspot_kiosk.seal import PrivateKeys, PublicKeys
from hotspot_kiosk.simulator import mqtt_packets as packets
from hotspot_kiosk.terms import Part, Tcn

CHUNK = 8 << 10
WINDOW = 3
Key = tuple[Tcn, Part]


class Member:
    """One kiosk of the crowd: what it holds, what the hub said.

    live: the people of its records stand there. tls: how its connections are secured, if they are.
    waited_s: from its first call to its last receipt, once it has that.
    """

    def __init__(
        self,
        own: PrivateKeys,
        hub: PublicKeys,
        holds: dict[Key, bytes],
        *,
        live: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.device = own.owner
        self.live = live
        self.tls = tls
        self.called: float | None = None
        self.waited_s: float | None = None
        self.open = dict(holds)
        self.receipts: Counter[Key] = Counter()
        self.refused: list[str] = []
        self.answers: dict[Tcn, set[bytes]] = {}
        self._own, self._hub = own, hub
        self._todo: deque[bytes] = deque()
        self._unacknowledged = 0
        self._next_id = 1

    def came_up(self) -> list[bytes]:
        """Packets that follow the CONNACK: listen, ask, begin."""
        self._unacknowledged = 0
        self._todo = deque([wire.encode(wire.Ask())])
        self.begin()
        return [packets.subscribe(1, wire.down_topic(self.device)), *self.ready()]

    def begin(self) -> None:
        """Offer everything that is still open, if nothing else is on its way."""
        if len(self._todo) <= 1:
            self._todo += [wire.encode(self._first(key, envelope)) for key, envelope in self.open.items()]

    def ready(self) -> list[bytes]:
        """As many packets as the window allows."""
        out = []
        while self._todo and self._unacknowledged < WINDOW:
            self._unacknowledged += 1
            self._next_id = self._next_id % 60_000 + 1
            out.append(packets.publish(self._next_id, wire.up_topic(self.device), self._todo.popleft()))
        return out

    def took(self) -> None:
        """The broker acknowledged one packet."""
        self._unacknowledged = max(0, self._unacknowledged - 1)

    def heard(self, payload: bytes) -> bool:
        """Take in a message; True if it settled a part."""
        message = wire.decode_down(payload)
        if isinstance(message, wire.Receipt):
            return self._receipt(message)
        if isinstance(message, wire.Missing):
            self._missing(message)
        elif isinstance(message, wire.Answered):
            self._answered(Tcn(message.tcn), message.envelope)
        elif isinstance(message, wire.Refusal):
            self.refused.append(message.reason)
        return False

    def _first(self, key: Key, envelope: bytes) -> wire.Up:
        if len(envelope) <= CHUNK:
            return wire.Chunk(key[0], key[1], len(envelope), 0, envelope, self.live)
        return wire.Offer(key[0], key[1], len(envelope), hashlib.sha256(envelope).digest(), self.live)

    def _missing(self, message: wire.Missing) -> None:
        key = (Tcn(message.tcn), message.part)
        envelope = self.open.get(key, b"")
        for start, stop in message.ranges:
            for at in range(start, min(stop, len(envelope)), CHUNK):
                data = envelope[at : min(stop, at + CHUNK)]
                self._todo.append(wire.encode(wire.Chunk(*key, len(envelope), at, data, self.live)))

    def _receipt(self, receipt: wire.Receipt) -> bool:
        wire.verify_receipt(receipt, self._hub)
        key = (Tcn(receipt.tcn), receipt.part)
        if receipt.answer:
            self._answered(key[0], receipt.answer)
        envelope = self.open.get(key)
        if envelope is None or hashlib.sha256(envelope).digest() != receipt.digest:
            return False
        del self.open[key]
        self.receipts[key] += 1
        return True

    def _answered(self, tcn: Tcn, envelope: bytes) -> None:
        self.answers.setdefault(tcn, set()).add(envelope)
        self._todo.append(wire.encode(wire.sign_got(tcn, envelope, self._own)))


class Crowd:
    """All members' connections. `run` works until something is true.

    repeat_s: silence after which a member offers again what is open. spread_s: members call at
    random within this time, and again after as long when they were cut off. `settled`: when each
    part was receipted.
    """

    def __init__(
        self, port: int, members: Sequence[Member], *, repeat_s: float, spread_s: float = 0.0, seed: int = 1
    ) -> None:
        self.members = members
        self.settled: list[float] = []
        self.connections = 0
        self._port = port
        self._repeat_s = repeat_s
        self._spread_s = spread_s
        self._chance = random.Random(seed)  # noqa: S311 - a simulation's dice
        self._selector = selectors.DefaultSelector()
        began = time.monotonic()
        self._calls = [(began + self._chance.uniform(0, spread_s), member) for member in members]
        self._lines: dict[Member, _Line] = {}

    def run(self, done: Callable[[], bool], timeout_s: float) -> bool:
        """Work until `done`; False if that took too long."""
        ends = time.monotonic() + timeout_s
        while not done():
            now = time.monotonic()
            if now > ends:
                return False
            self._call(now)
            for chosen, _ in self._selector.select(0.02):
                self._read(chosen.data)
            self._repeat(now)
        return True

    def all_settled(self) -> bool:
        """Whether every part of every member is receipted."""
        return not any(member.open for member in self.members)

    def all_answered(self) -> bool:
        """Whether every member has an answer to each of its probes."""
        return all(
            member.answers.keys() >= {tcn for tcn, part in member.receipts if part is Part.PROBE}
            for member in self.members
        )

    def close(self) -> None:
        """Hang up."""
        for line in self._lines.values():
            line.sock.close()
        self._selector.close()

    def _call(self, now: float) -> None:
        due = [call for call in self._calls if call[0] <= now]
        self._calls = [call for call in self._calls if call[0] > now]
        for at, member in due:
            member.called = member.called or at
            try:
                sock = self._connected(member)
            except OSError:
                self._call_again(member)
                continue
            self.connections += 1
            line = _Line(sock, member, now)
            self._lines[member] = line
            self._selector.register(sock, selectors.EVENT_READ, line)
            self._write(line, [packets.connect(f"kiosk-{member.device}")])

    def _connected(self, member: Member) -> socket.socket:
        """Handshake and all; one after the other, as one machine for all members has to."""
        sock = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        if member.tls is None:
            return sock
        try:
            return member.tls.wrap_socket(sock, server_hostname="127.0.0.1")
        except OSError:
            sock.close()
            raise

    def _call_again(self, member: Member) -> None:
        pause = self._chance.uniform(0.5, 1.0) * max(self._spread_s, 0.5)
        self._calls.append((time.monotonic() + pause, member))

    def _read(self, line: _Line) -> None:
        try:
            data = line.sock.recv(1 << 16)
            while isinstance(line.sock, ssl.SSLSocket) and line.sock.pending():
                data += line.sock.recv(line.sock.pending())
        except OSError:
            data = b""
        if not data:
            self._hang_up(line)
            return
        line.buffer += data
        for kind, body in packets.split(line.buffer):
            self._packet(line, kind, body)

    def _packet(self, line: _Line, kind: int, body: bytes) -> None:
        member = line.member
        if kind == packets.CONNACK:
            line.at = time.monotonic()
            line.up = True
            self._write(line, member.came_up())
        elif kind == packets.PUBACK:
            member.took()
            self._write(line, member.ready())
        elif kind & 0xF0 == packets.PUBLISH:
            number, payload = packets.message(kind, body)
            settled = member.heard(payload)
            line.at = time.monotonic()
            if settled:
                self.settled.append(line.at)
                if not member.open and member.called is not None:
                    member.waited_s = line.at - member.called
            acknowledged = [packets.puback(number)] if number else []
            self._write(line, acknowledged + member.ready())

    def _write(self, line: _Line, out: list[bytes]) -> None:
        try:
            line.sock.sendall(b"".join(out))
        except OSError:
            self._hang_up(line)

    def _hang_up(self, line: _Line) -> None:
        if self._lines.pop(line.member, None) is not None:
            self._selector.unregister(line.sock)
            line.sock.close()
            self._call_again(line.member)

    def _repeat(self, now: float) -> None:
        for line in list(self._lines.values()):
            if line.up and line.member.open and now - line.at > self._repeat_s:
                line.at = now
                line.member.begin()
                self._write(line, line.member.ready())


class _Line:
    """One member's connection; `at` is when something last happened on it."""

    def __init__(self, sock: socket.socket, member: Member, at: float) -> None:
        self.sock = sock
        self.member = member
        self.at = at
        self.up = False
        self.buffer = bytearray()
