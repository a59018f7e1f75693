"""One contract for every transport: loopback, and MQTT over a real Mosquitto."""

import gc
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar

import pytest
from mosquitto import Mosquitto

from hotspot_kiosk.config import convert
from hotspot_kiosk.errors import ConfigError, LinkDown
from hotspot_kiosk.simulator.link import Link
from hotspot_kiosk.transports import loopback, mqtt
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkLost, LinkUp, Taken, Transport

E = TypeVar("E", LinkUp, LinkLost, Arrived, Taken)


class World:
    """A way to make clients of one kind, and to cut and mend client `a`'s cable."""

    def __init__(
        self, make: Callable[[str], Transport], cut: Callable[[], None], mend: Callable[[], None]
    ) -> None:
        self._make = make
        self.cut = cut
        self.mend = mend
        self.clients: list[Transport] = []

    def join(self, name: str, *topics: str) -> tuple[Transport, "Ear"]:
        """A client that listens."""
        client, ear = self._make(name), Ear()
        client.open(name, topics, ear.put)
        self.clients.append(client)
        return client, ear


class Ear(SimpleQueue[LinkEvent]):
    """Events as they come."""

    def until(self, kind: type[E], timeout_s: float = 60) -> E:
        """The next event of a kind; others are dropped."""
        ends = time.monotonic() + timeout_s
        while True:
            event = self.get(timeout=max(0.01, ends - time.monotonic()))
            if isinstance(event, kind):
                return event


def listens(client: Transport, ear: Ear, topic: str) -> None:
    """Until a client that wants this topic surely hears it: it says something to itself."""
    while True:
        try:
            client.publish(topic, b"anybody?")
            break
        except LinkDown:
            time.sleep(0.02)
    assert ear.until(Arrived).payload == b"anybody?"


@pytest.fixture(params=["loopback", "mqtt"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Each variant in turn."""
    if request.param == "loopback":
        board = loopback.Switchboard()
        made = World(lambda _: loopback.Loopback(board), lambda: board.cut("a"), lambda: board.mend("a"))
    else:
        broker: Mosquitto = request.getfixturevalue("mosquitto")
        link = Link(broker.port)

        def make(name: str) -> Transport:
            port = link.port if name == "a" else broker.port
            return mqtt.build(mqtt.Options(host="127.0.0.1", port=port, retry_least_s=0.05, retry_most_s=0.2))

        made = World(make, link.cut, link.mend)
    yield made
    for client in made.clients:
        client.close()
    made.cut()


def test_a_message_reaches_who_listens_and_nobody_else(world: World) -> None:
    """By topic, wildcards included, byte for byte."""
    a, ear_a = world.join("a", "d/1")
    b, ear_b = world.join("b", "u/+")
    ear_a.until(LinkUp)
    listens(b, ear_b, "u/2")
    a.publish("u/1", b"\x00\xffhello")
    assert ear_b.until(Arrived) == Arrived("u/1", b"\x00\xffhello")
    with pytest.raises(Empty):
        ear_a.until(Arrived, 0.2)


def test_every_publish_is_told_apart_and_taken(world: World) -> None:
    """Each token comes back once."""
    a, ear = world.join("a", "d/1")
    ear.until(LinkUp)
    tokens = [a.publish("u/1", bytes(1000)) for _ in range(5)]
    assert sorted(ear.until(Taken).token for _ in tokens) == sorted(tokens)
    assert len(set(tokens)) == 5


def test_a_cut_is_told_and_so_is_its_end(world: World) -> None:
    """Lost, publishing refused, then up again without anybody's help."""
    a, ear = world.join("a", "d/1")
    ear.until(LinkUp)
    world.cut()
    ear.until(LinkLost)
    with pytest.raises(LinkDown):
        a.publish("u/1", b"x")
    world.mend()
    ear.until(LinkUp)
    a.publish("u/1", b"x")
    ear.until(Taken)


def test_after_a_cut_a_client_still_hears(world: World) -> None:
    """Subscriptions are made again."""
    a, ear = world.join("a", "d/1")
    b, ear_b = world.join("b")
    ear.until(LinkUp)
    ear_b.until(LinkUp)
    world.cut()
    ear.until(LinkLost)
    world.mend()
    ear.until(LinkUp)
    listens(a, ear, "d/1")
    b.publish("d/1", b"still there?")
    assert ear.until(Arrived).payload == b"still there?"


def test_no_event_comes_after_close(world: World) -> None:
    """Closing twice is fine, too."""
    a, ear = world.join("a", "d/1")
    b, ear_b = world.join("b")
    ear.until(LinkUp)
    ear_b.until(LinkUp)
    a.close()
    a.close()
    while not ear.empty():
        ear.get()
    b.publish("d/1", b"anybody?")
    ear_b.until(Taken)
    with pytest.raises(Empty):
        ear.get(timeout=0.2)


def test_large_messages_pass_whole(world: World) -> None:
    """Up to what LinkUp says."""
    a, ear_a = world.join("a")
    b, ear_b = world.join("b", "u/1")
    largest = ear_a.until(LinkUp).largest
    listens(b, ear_b, "u/1")
    payload = bytes(range(256)) * (min(largest, 200_000) // 256)
    a.publish("u/1", payload)
    assert ear_b.until(Arrived).payload == payload


def test_the_brokers_largest_packet_is_respected(tmp_path: Path) -> None:
    """A chunk is cut to what this broker takes, or it would never pass: told as soon as it says so."""
    broker = Mosquitto(tmp_path, "max_packet_size 5000")
    if mqtt_missing():
        pytest.skip("Mosquitto is not installed: run `make test`, or apt-get install mosquitto")
    broker.start()
    client = mqtt.build(mqtt.Options(host="127.0.0.1", port=broker.port))
    ear = Ear()
    client.open("a", ["d/1"], ear.put)
    try:
        assert ear.until(LinkUp).largest == mqtt.FIRST_LARGEST
        assert ear.until(LinkUp).largest <= 5000 - 20
    finally:
        client.close()
        broker.stop()


def test_a_broker_that_comes_back_is_found(mosquitto: Mosquitto) -> None:
    """Down for a while, then up: no help needed."""
    client = mqtt.build(
        mqtt.Options(host="127.0.0.1", port=mosquitto.port, retry_least_s=0.05, retry_most_s=0.2)
    )
    ear = Ear()
    client.open("a", ["d/1"], ear.put)
    ear.until(LinkUp)
    mosquitto.stop()
    ear.until(LinkLost)
    mosquitto.start()
    ear.until(LinkUp)
    client.close()


def test_a_raising_listener_does_not_kill_the_link(mosquitto: Mosquitto) -> None:
    """An error in whoever listens ends one connection, never the thread."""
    client = mqtt.build(
        mqtt.Options(host="127.0.0.1", port=mosquitto.port, retry_least_s=0.05, retry_most_s=0.2)
    )
    ups = threading.Semaphore(0)

    def listen(event: LinkEvent) -> None:
        if isinstance(event, LinkUp):
            ups.release()
            raise ValueError("a listener's mistake")

    client.open("a", ["d/1"], listen)
    try:
        assert ups.acquire(timeout=60)
        assert ups.acquire(timeout=60)
    finally:
        client.close()


def test_connections_that_came_to_nothing_leave_no_socket(free_of_collection: None) -> None:
    """Each client goes at once with its own sockets, not when the collector comes round to it."""
    heard: list[LinkEvent] = []
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        options = mqtt.Options(
            host="127.0.0.1",
            port=deaf.getsockname()[1],
            connect_s=1.0,
            pipelined=False,
            retry_least_s=0.1,
            retry_most_s=0.1,
        )
        client = mqtt.build(options)
        client.open("nobody", ["a/b"], heard.append)
        for _ in range(2):
            deaf.accept()[0].close()
        client.close()
    assert not [each for each in gc.get_objects() if type(each).__module__ == "paho.mqtt.client"]


@pytest.fixture
def free_of_collection() -> Iterator[None]:
    """What others left is collected before, and nothing meanwhile."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_half_of_tls_is_refused(tmp_path: Path) -> None:
    """Certificates come together or not at all."""
    with pytest.raises(ConfigError, match="together"):
        mqtt.build(mqtt.Options(host="x", ca=tmp_path / "ca.pem"))


def mqtt_missing() -> bool:
    """Whether there is no Mosquitto to test with."""
    from mosquitto import find

    return find() is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": " "},
        {"port": 0},
        {"port": 70_000},
        {"keepalive_s": 70_000},
        {"retry_most_s": -1.0},
        {"retry_least_s": 9.0, "retry_most_s": 1.0},
    ],
)
def test_numbers_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    """At the start and in a sentence, not at every retry in a log."""
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        convert({"host": "x", **wrong}, mqtt.Options, "[link]", Path())
