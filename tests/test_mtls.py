"""Who gets in, and who may say and hear what, at a real Mosquitto with the project's configuration."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
from click.testing import CliRunner

from hotspot_kiosk import seal_certificates as certificates
from hotspot_kiosk import wire
from hotspot_kiosk.cli import keys
from hotspot_kiosk.errors import BadBytes, ConfigError
from hotspot_kiosk.simulator.broker import Broker, Files, find
from hotspot_kiosk.transports import mqtt
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkLost, LinkUp, Taken

PATIENCE_S = 60.0
NOTHING_S = 0.5


class Client:
    """A client of the broker with its certificate."""

    def __init__(self, port: int, ca: Path, pair: tuple[Path, Path], name: str, *topics: str) -> None:
        options = mqtt.Options(
            host="127.0.0.1",
            port=port,
            ca=ca,
            certificate=pair[0],
            key=pair[1],
            pipelined=False,
            retry_least_s=0.05,
            retry_most_s=0.2,
        )
        self.events: SimpleQueue[LinkEvent] = SimpleQueue()
        self.link = mqtt.build(options)
        self.link.open(name, topics, self.events.put)

    def settle(self) -> None:
        """Wait until the broker accepted it and its subscriptions are in force: packets keep their order."""
        assert isinstance(self.events.get(timeout=PATIENCE_S), LinkUp)
        self.say("nowhere", b"")

    def stays(self) -> bool:
        """Whether nothing happens for a moment."""
        try:
            return not isinstance(self.events.get(timeout=NOTHING_S), LinkLost)
        except Empty:
            return True

    def hears(self, timeout_s: float = PATIENCE_S) -> Arrived | None:
        """The next message, if one comes."""
        ends = time.monotonic() + timeout_s
        while (left := ends - time.monotonic()) > 0:
            try:
                event = self.events.get(timeout=left)
            except Empty:
                break
            if isinstance(event, Arrived):
                return event
        return None

    def say(self, topic: str, payload: bytes) -> None:
        """Publish and wait until the broker took or refused it."""
        token = self.link.publish(topic, payload)
        while (event := self.events.get(timeout=PATIENCE_S)) != Taken(token):
            assert not isinstance(event, LinkLost)


class World:
    """A broker, its certificates and whoever joins."""

    def __init__(self, folder: Path) -> None:
        self.files = Files(folder)
        self.broker = Broker(self.files)
        self.broker.start()
        self.clients: list[Client] = []

    def kiosk(self, device: int, *topics: str, name: str = "") -> Client:
        """A kiosk that is up and listens."""
        client = self.join(self.files.kiosk(device), name or f"kiosk-{device}", *(topics or (f"d/{device}",)))
        client.settle()
        return client

    def hub(self, name: str = "hub") -> Client:
        """The hub, up, listening to all kiosks."""
        client = Client(self.broker.hub_port, self.files.ca, self.files.hub, name, "u/+")
        self.clients.append(client)
        client.settle()
        return client

    def join(self, pair: tuple[Path, Path], name: str, *topics: str) -> Client:
        """Anybody."""
        client = Client(self.broker.port, self.files.ca, pair, name, *topics)
        self.clients.append(client)
        return client

    def refused(self, pair: tuple[Path, Path], words: str) -> bool:
        """Whether the broker turns this certificate away and its log says why."""
        client = self.join(pair, "stranger")
        ends = time.monotonic() + PATIENCE_S
        while words not in self.broker.log:
            assert time.monotonic() < ends, self.broker.log
            time.sleep(0.05)
        return client.events.empty()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world of its own for each test."""
    if find() is None:
        pytest.skip("Mosquitto is not installed: run `make test`, or apt-get install mosquitto")
    made = World(tmp_path / "broker")
    yield made
    for client in made.clients:
        client.link.close()
    made.broker.stop()


def test_a_kiosk_speaks_to_the_hub_and_hears_its_answer(world: World) -> None:
    """On its own two topics."""
    hub, kiosk = world.hub(), world.kiosk(17)
    kiosk.say("u/17", b"hello")
    assert hub.hears() == Arrived("u/17", b"hello")
    hub.say("d/17", b"welcome")
    assert kiosk.hears() == Arrived("d/17", b"welcome")


def test_a_kiosk_cannot_speak_for_another(world: World) -> None:
    """What it says on a foreign topic reaches nobody; what it says on its own does."""
    hub, kiosk = world.hub(), world.kiosk(17)
    kiosk.say("u/18", b"as if I were 18")
    kiosk.say("d/17", b"as if I were the hub")
    kiosk.say("u/17", b"as myself")
    assert hub.hears() == Arrived("u/17", b"as myself")
    assert kiosk.hears(NOTHING_S) is None


def test_a_kiosk_cannot_hear_anothers_answers(world: World) -> None:
    """Subscribing is granted by this broker, delivery is not."""
    hub = world.hub()
    curious = world.kiosk(18, "d/17", "d/+", "#", "d/18")
    kiosk = world.kiosk(17)
    hub.say("d/17", b"for 17 only")
    hub.say("d/18", b"for 18")
    assert kiosk.hears() == Arrived("d/17", b"for 17 only")
    assert curious.hears() == Arrived("d/18", b"for 18")
    assert curious.hears(NOTHING_S) in (None, Arrived("d/18", b"for 18"))


def test_a_kiosk_cannot_take_anothers_place(world: World) -> None:
    """The same client id under another certificate throws nobody out."""
    kiosk = world.kiosk(17)
    world.kiosk(18, name="17")
    world.kiosk(19, name="kiosk-17")
    assert kiosk.stays()


def test_the_hubs_workers_stand_side_by_side(world: World) -> None:
    """One identity, several clients: none throws the other out."""
    first, second = world.hub("hub-1"), world.hub("hub-2")
    world.kiosk(17).say("u/17", b"to all")
    assert first.hears() == second.hears() == Arrived("u/17", b"to all")


def test_a_foreign_authority_is_refused(world: World) -> None:
    """A certificate with the right name from the wrong CA."""
    stranger = certificates.make_authority("device-ca", world.files.term())
    assert world.refused(world.files.kiosk(17, authority=stranger), "certificate verify failed")


def test_a_brokers_certificate_opens_no_door(world: World) -> None:
    """The server CA signs no clients: with two CAs, neither side can pass for the other."""
    pair = world.files.kiosk(17, authority=world.files.server_ca)
    assert world.refused(pair, "certificate verify failed")


def test_a_certificate_past_its_end_is_refused(world: World) -> None:
    """Expired yesterday."""
    pair = world.files.kiosk(17, term=world.files.term(begins_in_days=-10, days=9))
    assert world.refused(pair, "certificate verify failed")


def test_without_a_certificate_nobody_gets_in(world: World) -> None:
    """TLS alone is not enough."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(world.files.ca)
    with (
        socket.create_connection(("127.0.0.1", world.broker.port), timeout=PATIENCE_S) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as sock,
        pytest.raises(OSError, match="certificate required"),
    ):
        sock.recv(1)


def test_a_request_names_the_key_and_the_issuer_the_kiosk() -> None:
    """Whatever subject a request carries, the certificate says what the issuer decided."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    authority = certificates.make_authority("device-ca", certificates.Term(now, 3650))
    request = certificates.make_request()
    issued = certificates.renew(authority, request.certificate, 17, certificates.Term(now, 365))
    assert certificates.lasts(issued)[1] == now + timedelta(days=365)


@pytest.mark.parametrize("spoil", [lambda pem: b"no request", lambda pem: pem[:120] + pem[200:]])
def test_a_damaged_request_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    """With a clear error."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    authority = certificates.make_authority("device-ca", certificates.Term(now, 3650))
    with pytest.raises(BadBytes):
        certificates.renew(
            authority, spoil(certificates.make_request().certificate), 17, certificates.Term(now, 9)
        )


def test_the_command_makes_two_authorities_and_what_they_sign(tmp_path: Path) -> None:
    """A second run adds a kiosk under the same authorities; private keys are their owner's only."""
    folder = tmp_path / "pki"
    for device in ("17", "18"):
        run = CliRunner().invoke(keys.command, ["certificates", "--folder", str(folder), "--device", device])
        assert run.exit_code == 0, run.output
    stems = ("broker-ca", "device-ca", "broker", "hub-link")
    kiosks = {device: folder / f"kiosk-{device:05d}-link.pem" for device in (17, 18)}
    pairs = {f"{s}{end}" for s in stems for end in (".pem", ".key")}
    files = pairs | {"withdrawn.crl"} | {file.name for file in kiosks.values()}
    assert {path.name for path in folder.iterdir()} == files
    assert {path.stat().st_mode & 0o777 for path in folder.glob("*.key")} == {0o600}
    for device, file in kiosks.items():
        assert file.stat().st_mode & 0o777 == 0o600
        certificates.check(file.read_bytes(), file.read_bytes(), device)


def test_the_command_replaces_no_kiosks_key(tmp_path: Path) -> None:
    """Refused, and the file is as it was."""
    words = ["certificates", "--folder", str(tmp_path), "--device", "17"]
    CliRunner().invoke(keys.command, words)
    before = (tmp_path / "kiosk-00017-link.pem").read_bytes()
    assert isinstance(CliRunner().invoke(keys.command, words).exception, ConfigError)
    assert (tmp_path / "kiosk-00017-link.pem").read_bytes() == before


def test_every_kiosk_hears_what_the_hub_says_to_all_and_none_can_say_it(world: World) -> None:
    """That the hub is there again; a kiosk that says so is heard by nobody."""
    hub = world.hub()
    kiosks = [world.kiosk(device, f"d/{device}", wire.ALL_TOPIC) for device in (17, 18)]
    kiosks[0].say(wire.ALL_TOPIC, b"as if I were the hub")
    hub.say(wire.ALL_TOPIC, wire.encode(wire.Here()))
    for kiosk in kiosks:
        assert kiosk.hears() == Arrived(wire.ALL_TOPIC, wire.encode(wire.Here()))
