"""The whole life of a kiosk over real brokers and processes: asks, is accepted while the hub runs, works, is withdrawn, proves it."""

import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest
from newcomer_rig import POST, Bureau, Machine

from hotspot_kiosk.config import KioskConfig, load
from hotspot_kiosk.errors import LinkDown, Refused
from hotspot_kiosk.kiosk import desk
from hotspot_kiosk.simulator.broker import CONFIG, Broker, Files, find
from hotspot_kiosk.transports import mqtt, tls
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkUp, Taken

pytestmark = pytest.mark.skipif(
    find() is None, reason="there is no Mosquitto on this machine: apt-get install mosquitto"
)
PATIENCE_S = 300.0


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait for it, with patience."""
    ends = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < ends, what
        time.sleep(0.05)


class Processes:
    """`hotspot` commands that run beside the test; ended by their handles."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._running = folder, list[subprocess.Popen[bytes]]()

    def start(self, name: str, *words: str) -> None:
        """Start one."""
        with (self._folder / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-c", "from hotspot_kiosk.cli import main; main()", *words]
            self._running.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def said(self, name: str) -> str:
        """What it printed."""
        return (self._folder / f"{name}.log").read_text(errors="replace")

    def close(self) -> None:
        """End them."""
        for process in reversed(self._running):
            process.terminate()
        for process in self._running:
            process.wait(PATIENCE_S)


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """For one test."""
    made = Processes(tmp_path)
    yield made
    made.close()


def status(config: Path) -> desk.Told | None:
    """The running kiosk's word."""
    try:
        return desk.ask(load(config, KioskConfig).kiosk.desk, desk.Ask("status"))
    except (LinkDown, Refused):
        return None


CONNECT = b"\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x01x"  # MQTT 5, 3.1: a clean start as client x
CONNACK = b"\x20"


def accepted(files: Files, broker: Broker, link: Path) -> bool:
    """Whether the broker takes a link certificate: in TLS 1.3 its word about that comes after the handshake."""
    context = tls.context(files.ca, (link, link), "X25519", None)
    with socket.create_connection(("127.0.0.1", broker.port), timeout=PATIENCE_S) as plain:
        try:
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
                secure.sendall(CONNECT)
                return secure.recv(1) == CONNACK
        except (ssl.SSLError, ConnectionError):  # the alert that says why may be lost behind a reset
            return False


def shut(bureau: Bureau, brokers: list[Broker]) -> None:
    """What hotspot-shut.service does when the lists change."""
    script = [str(CONFIG / "shut"), str(bureau.folder / "broker")]
    subprocess.run(script, env={**os.environ, "MOSQUITTO": str(bureau.files.folder)}, check=True)
    for broker in brokers:
        broker.reload()


def test_a_kiosks_life_from_its_first_start_to_its_proof(tmp_path: Path, processes: Processes) -> None:
    """Nobody edits a file on the kiosk, and no hub process is started anew for it."""
    files = Files(tmp_path / "pki")
    with Broker(files) as broker, Broker(files, "renewal.conf") as renewal:
        bureau = Bureau(tmp_path / "hub", files, broker.hub_port, renewal.hub_port, broker.port, renewal.port)
        machine = Machine(tmp_path / "new", bureau.known)
        processes.start("hub", "hub", "run", "-c", str(bureau.config))
        processes.start("first", *machine.words())
        waiting = bureau.folder / "newcomers"
        eventually(lambda: any(waiting.glob("*.json")), "the hub never heard of the new kiosk")
        code = next(line for line in processes.said("first").splitlines() if "Code of this kiosk" in line)
        done = bureau.run("provision", "accept", code.split()[-1], "--number", "17", "--post", POST)
        assert done.exit_code == 0, (done.output, done.exception)
        eventually(machine.config.exists, "the kiosk never heard that it was accepted")

        serial, glass = machine.folder / "serial", machine.folder / "glass"
        processes.start("sensor", "simulate", "sensor", "--link", str(serial), "--glass", str(glass))
        eventually(serial.is_symlink, "no sensor")
        processes.start("kiosk", "kiosk", "run", "-c", str(machine.config))
        eventually(lambda: (told := status(machine.config)) is not None and bool(told.link), "no link")
        assert bureau.withdraw("17", "--erase").exit_code == 0
        eventually(lambda: ".done" in bureau.run("withdrawn").output, "no proof came")
        key = machine.state / "keys" / "kiosk.key"
        eventually(lambda: not key.exists(), "it proved what it never did")
        denied = bureau.folder / "broker" / "withdrawn.acl"
        eventually(lambda: "user 17" in denied.read_text(), "the brokers' lists lack it")


def test_a_withdrawn_kiosk_is_shut_out_of_a_running_broker_and_nobody_else_is(tmp_path: Path) -> None:
    """Its open connection falls silent, its certificate is refused, and the broker is never started anew."""
    files, stick = Files(tmp_path / "pki"), tmp_path / "stick"
    stick.mkdir()
    bureau = Bureau(tmp_path / "hub", files)
    machines = {number: Machine(tmp_path / str(number), bureau.known) for number in (17, 18)}
    for number, machine in machines.items():
        code = machine.code()
        machine.run("--stick", str(stick))
        bureau.run("provision", "stick", str(stick))
        bureau.run("provision", "accept", code, "--number", str(number), "--post", POST)
        bureau.run("provision", "stick", str(stick))
        assert machine.run("--stick", str(stick)).exit_code == 0
    with Broker(files) as broker:
        links = {number: machine.state / "link.pem" for number, machine in machines.items()}
        assert all(accepted(files, broker, link) for link in links.values())
        hub, heard = connected(files, broker.hub_port, files.hub, ["u/+"])
        thief, stolen = connected(files, broker.port, (links[17], links[17]), [])
        other, _ = connected(files, broker.port, (links[18], links[18]), [])
        try:
            assert bureau.withdraw("17", "--stolen").exit_code == 0
            shut(bureau, [broker])

            def only_the_other_is_heard() -> bool:
                thief.publish("u/17", b"stolen")
                taken(stolen)
                other.publish("u/18", b"honest")
                return [event.topic for event in until(heard, "u/18")] == ["u/18"]

            eventually(only_the_other_is_heard, "the thief is still heard")
        finally:
            for client in (thief, other, hub):
                client.close()
        assert [accepted(files, broker, links[number]) for number in (17, 18)] == [False, True]


def test_a_stranger_at_the_listener_without_certificates_hears_and_says_nothing_else(tmp_path: Path) -> None:
    """It may ask to become a kiosk or to be renewed; it can neither answer in the hub's name nor reach a kiosk."""
    files = Files(tmp_path / "pki")
    with Broker(files, "renewal.conf") as broker:
        hub, heard = connected(files, broker.hub_port, files.hub, ["p/+", "r/+"])
        stranger, seen = connected(
            files, broker.port, None, ["q/+", "n/+", "p/+", "r/+", "u/+", "d/+", "fs/+"]
        )
        try:
            for topic in ("q/0", "n/17", "u/17", "d/17", "fs/17", "$SYS/x", "p/1", "r/1"):
                stranger.publish(topic, b"x")
            assert {event.topic for event in until(heard, "r/1")} == {"p/1", "r/1"}
            for topic in ("q/1", "n/1"):
                hub.publish(topic, b"sealed")
            assert {event.topic for event in until(seen, "n/1")} == {"q/1", "n/1"}
        finally:
            stranger.close()
            hub.close()


def connected(
    files: Files, port: int, own: tuple[Path, Path] | None, topics: list[str]
) -> tuple[mqtt.Mqtt, SimpleQueue[LinkEvent]]:
    """A client that the broker has accepted."""
    events: SimpleQueue[LinkEvent] = SimpleQueue()
    who = {"certificate": own[0], "key": own[1]} if own else {"anonymous": True}
    client = mqtt.build(mqtt.Options(host="127.0.0.1", port=port, ca=files.ca, pipelined=False, **who))  # type: ignore[arg-type]
    client.open(f"client-{port}-{id(events)}", topics, events.put)
    assert isinstance(events.get(timeout=PATIENCE_S), LinkUp)
    client.publish("x/settled", b"")  # taken or refused after the subscriptions before it
    taken(events)
    return client, events


def taken(events: SimpleQueue[LinkEvent]) -> None:
    """Wait until the broker has taken, or refused, what was published."""
    while not isinstance(events.get(timeout=PATIENCE_S), Taken):
        pass


def until(events: SimpleQueue[LinkEvent], topic: str) -> list[Arrived]:
    """Everything that arrived up to a message on this topic."""
    found: list[Arrived] = []
    while not found or found[-1].topic != topic:
        event = events.get(timeout=PATIENCE_S)
        if isinstance(event, Arrived):
            found.append(event)
    return found
