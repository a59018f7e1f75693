"""The first connection of all: what leaves before the broker has said a word, and what if it refuses."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar

import pytest
from mosquitto import Mosquitto

from hotspot_kiosk import seal_certificates as certificates
from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.simulator.broker import Broker, Files, find
from hotspot_kiosk.terms import EARLIEST
from hotspot_kiosk.transports import mqtt, tls
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkLost, LinkUp, Taken

E = TypeVar("E", LinkUp, LinkLost, Arrived, Taken)
PATIENCE_S = 60.0
SILENCE_S = 0.6
MESSAGE = bytes(1000)
REFUSED = bytes([0x20, 3, 0, 0x87, 0])
ACCEPTED = bytes([0x20, 3, 0, 0x00, 0])


class Ear(SimpleQueue[LinkEvent]):
    """Events as they come."""

    def until(self, kind: type[E]) -> E:
        """The next event of a kind; others are dropped."""
        while True:
            event = self.get(timeout=PATIENCE_S)
            if isinstance(event, kind):
                return event

    def silent(self) -> bool:
        """Whether nothing comes for a moment."""
        try:
            self.get(timeout=SILENCE_S)
        except Empty:
            return True
        return False


class Deaf:
    """Passes everything up and keeps what comes down until `hold` bytes have gone up."""

    def __init__(self, target: int, hold: int) -> None:
        self.up = b""
        self._hold = hold
        self._enough = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._target = target
        self._socks: list[socket.socket] = [self._listener]
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        """End the connection."""
        for sock in self._socks:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _run(self) -> None:
        client, _ = self._listener.accept()
        broker = socket.create_connection(("127.0.0.1", self._target))
        self._socks += [client, broker]
        threading.Thread(target=self._down, args=(broker, client), daemon=True).start()
        self._copy(client, broker, up=True)

    def _down(self, broker: socket.socket, client: socket.socket) -> None:
        self._enough.wait(PATIENCE_S)
        self._copy(broker, client, up=False)

    def _copy(self, source: socket.socket, sink: socket.socket, up: bool) -> None:
        try:
            while block := source.recv(4096):
                sink.sendall(block)
                self.up += block if up else b""
                if len(self.up) >= self._hold:
                    self._enough.set()
        except OSError:
            return


class Script:
    """A broker's end of two connections: the first is refused, the second accepted after a while."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.first = self.early = self.late = b""
        self.done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._thread.join(PATIENCE_S)
        self._listener.close()

    def _run(self) -> None:
        with self._listener.accept()[0] as sock:
            self.first = self._read(sock, len(MESSAGE))
            sock.sendall(REFUSED)
        with self._listener.accept()[0] as sock:
            self.early = self._read(sock, 1)
            sock.sendall(ACCEPTED)
            self.late = self._read(sock, len(MESSAGE))
        self.done.set()

    def _read(self, sock: socket.socket, least: int) -> bytes:
        """At least so many bytes, and then what comes until nothing comes for a while."""
        got = b""
        sock.settimeout(PATIENCE_S)
        try:
            while block := sock.recv(4096):
                got += block
                if len(got) >= least:
                    sock.settimeout(SILENCE_S)
        except TimeoutError:
            pass
        return got


def options(port: int, **more: object) -> mqtt.Options:
    """With short pauses."""
    return mqtt.Options(host="127.0.0.1", port=port, retry_least_s=0.05, retry_most_s=0.1, **more)  # type: ignore[arg-type]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Certificates."""
    if find() is None:
        pytest.skip("Mosquitto is not installed: run `make test`, or apt-get install mosquitto")
    return Files(tmp_path / "pki")


@pytest.fixture
def secure(files: Files) -> Iterator[Broker]:
    """A broker with TLS."""
    with Broker(files) as broker:
        yield broker


def secured(files: Files, port: int, pair: tuple[Path, Path], **more: object) -> mqtt.Options:
    """Options with certificates."""
    return options(port, ca=files.ca, certificate=pair[0], key=pair[1], **more)


def packets(stream: bytes) -> list[int]:
    """The kinds of short MQTT packets in a stream: 1 CONNECT, 3 PUBLISH, 8 SUBSCRIBE."""
    kinds = []
    while stream:
        kinds.append(stream[0] >> 4)
        size, used = stream[1] & 0x7F, 2
        if stream[1] & 0x80:
            size, used = size | stream[2] << 7, 3
        stream = stream[used + size :]
    return kinds


def test_the_first_message_leaves_before_the_broker_has_said_anything(mosquitto: Mosquitto) -> None:
    """A broker that stays silent until it has the message: no round trip is spent on CONNACK or SUBACK."""
    deaf = Deaf(mosquitto.port, hold=len(MESSAGE))
    kiosk, hub = mqtt.build(options(deaf.port)), mqtt.build(options(mosquitto.port))
    ear, hub_ear = Ear(), Ear()
    hub.open("hub", ["u/+"], hub_ear.put)
    hub_ear.until(LinkUp)
    hub_ear.until(Taken) if hub.publish("x", b"") else None
    kiosk.open("kiosk", ["d/1"], ear.put)
    try:
        ear.until(LinkUp)
        token = kiosk.publish("u/1", MESSAGE)
        assert hub_ear.until(Arrived).payload == MESSAGE
        hub.publish("d/1", b"answer")
        assert ear.until(Taken).token == token
        assert ear.until(Arrived).payload == b"answer"
        assert packets(deaf.up)[:3] == [1, 8, 3]
        assert packets(deaf.up).count(3) == 1
    finally:
        kiosk.close()
        hub.close()
        deaf.close()


def test_behind_tls_each_packet_has_a_record_of_its_own(files: Files, secure: Broker) -> None:
    """So CONNACK comes while the message is still on its way: three of the handshake, then three."""
    deaf = Deaf(secure.port, hold=100)
    kiosk = mqtt.build(secured(files, deaf.port, files.kiosk(1)))
    ear = Ear()
    kiosk.open("kiosk", ["d/1"], ear.put)
    try:
        ear.until(LinkUp)
        kiosk.publish("u/1", MESSAGE)
        ear.until(Taken)
        assert records(deaf.up)[:8] == [22, 20, 23, 23, 23, 23, 23, 23]
        assert sizes(deaf.up)[-1] == len(MESSAGE) + 11 + 1 + 16
    finally:
        kiosk.close()
        deaf.close()


def test_a_hello_is_short(files: Files, secure: Broker) -> None:
    """TLS 1.3 only, one group, no padding: under 240 bytes, where Python's default takes 517."""
    deaf = Deaf(secure.port, hold=100)
    kiosk = mqtt.build(secured(files, deaf.port, files.kiosk(1)))
    ear = Ear()
    kiosk.open("kiosk", ["d/1"], ear.put)
    try:
        ear.until(LinkUp)
        assert sizes(deaf.up)[0] + 5 < 240
    finally:
        kiosk.close()
        deaf.close()


def test_after_a_refusal_the_next_connection_waits_for_the_broker() -> None:
    """Refused once, it sends nothing but CONNECT until the broker accepts."""
    script, ear = Script(), Ear()
    kiosk = mqtt.build(options(script.port))
    kiosk.open("kiosk", ["d/1"], ear.put)
    try:
        ear.until(LinkUp)
        kiosk.publish("u/1", MESSAGE)
        assert "refused" in ear.until(LinkLost).reason
        ear.until(LinkUp)
        kiosk.publish("u/1", MESSAGE)
        assert script.done.wait(PATIENCE_S)
        assert packets(script.first) == [1, 8, 3]
        assert packets(script.early) == [1]
        assert packets(script.late) == [8, 3]
    finally:
        kiosk.close()
        script.close()


def test_a_certificate_refused_late_is_told_and_not_sent_against_again(files: Files, secure: Broker) -> None:
    """TLS 1.3 tells the client late: one message in vain, then nothing before the broker accepts."""
    stranger = certificates.make_authority("device-ca", files.term())
    kiosk = mqtt.build(secured(files, secure.port, files.kiosk(1, authority=stranger)))
    ear = Ear()
    kiosk.open("kiosk", ["d/1"], ear.put)
    try:
        ear.until(LinkUp)
        assert "alert" in ear.until(LinkLost).reason
        ends = time.monotonic() + PATIENCE_S
        while secure.log.count("certificate verify failed") < 4:
            assert time.monotonic() < ends
            time.sleep(0.05)
        assert ear.empty()
    finally:
        kiosk.close()


def test_a_broker_that_never_accepts_is_given_up(mosquitto: Mosquitto) -> None:
    """Bounded by connect_s, not by the keepalive."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        kiosk = mqtt.build(options(int(silent.getsockname()[1]), connect_s=0.2))
        ear = Ear()
        kiosk.open("kiosk", ["d/1"], ear.put)
        try:
            assert "in time" in ear.until(LinkLost).reason
        finally:
            kiosk.close()


def test_a_slow_clock_is_overruled_by_the_floor(files: Files) -> None:
    """The broker's certificate begins in 100 days by this clock, which is known to be 110 days slow."""
    now = datetime.now(UTC)
    files.broker(files.term(begins_in_days=100, days=30))
    with Broker(files) as broker:
        pair = files.kiosk(1)
        assert refused(secured(files, broker.port, pair))
        assert accepted(secured(files, broker.port, pair, floor=str(now + timedelta(days=110))))
        assert refused(secured(files, broker.port, pair, floor=str(now + timedelta(days=140))))


def test_a_fresh_certificate_passes_an_old_floor(files: Files) -> None:
    """The true time is some time after the floor, so a later beginning refuses nothing."""
    now = datetime.now(UTC)
    files.broker(files.term(begins_in_days=100, days=30))
    with Broker(files) as broker:
        assert accepted(secured(files, broker.port, files.kiosk(1), floor=str(now + timedelta(days=1))))


def test_a_floor_does_not_loosen_anything_else(files: Files) -> None:
    """A foreign CA stays foreign, whatever the clock."""
    with Broker(files) as broker:
        other = Files(files.folder / "other")
        mine = secured(other, broker.port, files.kiosk(1), floor=str(datetime.now(UTC) + timedelta(days=1)))
        assert refused(mine)


def test_the_later_of_both_floors_counts(tmp_path: Path) -> None:
    """The image's date, and the last time heard from the hub; what is damaged is not believed."""
    assert tls.Floor(file=tmp_path / "no", epoch=tmp_path / "no").time() == EARLIEST
    kept = tmp_path / "last-time"
    floor = tls.Floor("2026-11-23T00:00:00Z", kept)
    assert floor.time() == datetime(2026, 11, 23, tzinfo=UTC)
    kept.write_text("2027-01-01T00:00:00+00:00\n")
    assert floor.time() == datetime(2027, 1, 1, tzinfo=UTC)
    assert floor.instead_of(datetime(2026, 12, 1, tzinfo=UTC))
    assert floor.instead_of(datetime(2027, 1, 2, tzinfo=UTC)) is None
    kept.write_bytes(b"\x00\xff")
    assert floor.time() == datetime(2026, 11, 23, tzinfo=UTC)


def test_an_images_date_is_a_floor(tmp_path: Path) -> None:
    """The date of the file that systemd, too, takes for that."""
    made = datetime(2027, 3, 1, tzinfo=UTC)
    epoch = tmp_path / "clock-epoch"
    epoch.touch()
    os.utime(epoch, (made.timestamp(), made.timestamp()))
    assert tls.Floor(epoch=epoch).time() == made
    assert tls.Floor(at="2028-01-01T00:00:00Z", epoch=epoch).time() > made


@pytest.mark.parametrize("begins", [20_000, -40], ids=["clock decades slow", "clock fast"])
def test_a_clock_that_nobody_set_keeps_no_kiosk_from_its_broker(
    files: Files, tmp_path: Path, begins: int
) -> None:
    """By this clock the broker's certificate has yet to begin, or ended; once somebody set it, it counts."""
    mark = tmp_path / "synchronised"
    files.broker(files.term(begins_in_days=begins, days=30))
    with Broker(files) as broker:
        chosen = secured(files, broker.port, files.kiosk(1), synchronised=mark)
        assert accepted(chosen)
        mark.touch()
        assert refused(chosen)


@pytest.mark.parametrize("shown", [1970, 2090])
def test_a_clock_before_the_software_is_never_believed_and_a_late_one_if_somebody_set_it(shown: int) -> None:
    """Without any setting."""
    now = datetime(shown, 1, 1, tzinfo=UTC)
    assert tls.Floor().instead_of(now) == (EARLIEST if shown == 1970 else None)
    assert tls.Floor(synchronised=Path("/no/such/mark")).instead_of(now) == EARLIEST


def test_an_unset_clock_lets_no_certificate_in_that_had_ended_by_the_hubs_last_word(
    files: Files, tmp_path: Path
) -> None:
    """The floor rises with every contact."""
    files.broker(files.term(begins_in_days=-20, days=10))
    heard = tmp_path / "hub_time"
    heard.write_text((datetime.now(UTC) - timedelta(days=5)).isoformat())
    with Broker(files) as broker:
        chosen = secured(files, broker.port, files.kiosk(1), synchronised=tmp_path / "no", floor_file=heard)
        assert refused(chosen)


def test_a_floor_that_is_no_time_is_refused() -> None:
    """At the start."""
    with pytest.raises(ConfigError, match="floor"):
        mqtt.build(options(1, floor="soon"))


def accepted(chosen: mqtt.Options) -> bool:
    """Whether a connection gets as far as the broker's consent."""
    client, ear = mqtt.build(chosen), Ear()
    client.open("kiosk", ["d/1"], ear.put)
    try:
        ear.until(LinkUp)
        client.publish("u/1", b"")
        ear.until(Taken)
    except Empty:
        return False
    finally:
        client.close()
    return True


def refused(chosen: mqtt.Options) -> bool:
    """Whether the handshake fails, so that nobody is ever told of a link."""
    client, ear = mqtt.build(chosen), Ear()
    client.open("kiosk", ["d/1"], ear.put)
    try:
        return ear.silent()
    finally:
        client.close()


def records(stream: bytes) -> list[int]:
    """The kinds of TLS records: 22 handshake, 20 for old middleboxes, 23 anything encrypted."""
    return [kind for kind, _ in _records(stream)]


def sizes(stream: bytes) -> list[int]:
    """The sizes of TLS records, without their headers."""
    return [size for _, size in _records(stream)]


def _records(stream: bytes) -> Iterator[tuple[int, int]]:
    while len(stream) >= 5:
        size = int.from_bytes(stream[3:5])
        yield stream[0], size
        stream = stream[5 + size :]
